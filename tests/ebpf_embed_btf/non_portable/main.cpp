// Usage: run_<program> refused|checked|forced. Reads the process's parent from the kernel.
#include <bpf/bpf.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

int main(int, char** argv) try {
  const std::string_view mode = argv[1];
  ebpfkit::btf_search search;
  search.fallback = mode == "forced"    ? &ebpfkit::forced_build_layout
                    : mode == "checked" ? &ebpfkit::checked_build_layout
                                        : nullptr;
  const auto btf = ebpfkit::btf_source::find(ebpf::KERNELS(), search).value();
  std::printf("%s\n%s, %zu mismatches\n", btf.description().c_str(),
              btf.is_portable() ? "portable" : "not portable", btf.mismatches().size());
  auto program = ebpf::PROGRAM::open(btf.open_options()).value();
  program.load().value();
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  if (bpf_prog_test_run_opts(program.programs().read_task.fd(), &options) != 0) {
    std::perror("bpf_prog_test_run_opts");
    return EXIT_FAILURE;
  }
  std::puts(program.bss().parent_process_id == getppid() ? "agrees with /proc"
                                                         : "differs from /proc");
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::puts(error.what());
  return EXIT_SUCCESS;
}
