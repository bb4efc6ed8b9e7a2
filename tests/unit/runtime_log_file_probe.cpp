// Opens the verifier's log file as object::load() does. Says whether the environment names one
// (exit status 1) or not (0). Adds 2 if this program has more rights than its user.
#include <sys/auxv.h>

#include "errors/verifier_log_file.hpp"

int main() {
  ebpfkit::detail::verifier_log_file file;
  const auto opened = file.open(nullptr);
  const bool is_named = !opened || file;
  return (is_named ? 1 : 0) + (getauxval(AT_SECURE) != 0 ? 2 : 0);
}
