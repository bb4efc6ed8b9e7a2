// Usage: run_<program> checked|forced
#include <bpf/bpf.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

int main(int, char** argv) try {
  auto program = ebpf::PROGRAM::open().value();
  ebpfkit::load_options load;
  load.force_fixed_layout = std::string_view(argv[1]) == "forced";
  program.load(load).value();
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  if (bpf_prog_test_run_opts(program.programs().read_value.fd(), &options) != 0) {
    std::perror("bpf_prog_test_run_opts");
    return EXIT_FAILURE;
  }
  std::puts(program.bss().value == getpid() ? "loaded, the process id" : "loaded, another number");
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::puts(error.what());
  return EXIT_SUCCESS;
}
