// Linked into programs that tests run with more rights than the user has. LeakSanitizer cannot look
// at such a process (ptrace(2)) and would end it.
extern "C" const char* __asan_default_options();

extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}
