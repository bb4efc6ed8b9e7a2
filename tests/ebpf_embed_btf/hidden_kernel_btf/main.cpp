#include <bpf/bpf.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "prog.skel.hpp"
#if defined(WITHOUT_EMBEDDED_BTF)
#include <ebpfkit/btf_source.hpp>
#else
#include "kernels.btf.hpp"
#endif

namespace {

// Returns the start time in clock ticks since boot: field 22 of proc(5)'s stat. The name in field 2
// has no blanks here.
unsigned long long start_time_of_proc() {
  std::FILE* file = std::fopen("/proc/self/stat", "r");
  unsigned long long ticks = 0;
  if (!file)
    return ticks;
  for (int field = 1; field < 22; ++field)
    static_cast<void>(std::fscanf(file, "%*s"));
  static_cast<void>(std::fscanf(file, "%llu", &ticks));
  std::fclose(file);
  return ticks;
}

}  // namespace

int main() try {
#if defined(WITHOUT_EMBEDDED_BTF)
  const ebpfkit::embedded_btf embedded;
#else
  const auto embedded = ebpf::kernels();
#endif
  const auto btf = ebpfkit::btf_source::find(embedded).value();
  std::puts(btf.description().c_str());
  auto prog = ebpf::prog::open(btf.open_options()).value();
  prog.load().value();
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  if (bpf_prog_test_run_opts(prog.programs().read_task.fd(), &options) != 0) {
    std::perror("bpf_prog_test_run_opts");
    return EXIT_FAILURE;
  }
  const auto per_tick = 1'000'000'000ULL / static_cast<unsigned long long>(sysconf(_SC_CLK_TCK));
  const bool agrees = prog.bss().parent_process_id == getppid() &&
                      prog.bss().start_time / per_tick == start_time_of_proc();
  std::puts(agrees ? "agrees with /proc" : "differs from /proc");
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::puts(error.what());
  return EXIT_SUCCESS;
}
