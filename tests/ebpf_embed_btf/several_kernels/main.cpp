#include <cstdio>
#include <cstdlib>

#include "embedded_kernels.btf.hpp"

// usage: application <release> <machine> <os-release>
int main(int argument_count, char** arguments) {
  if (argument_count != 4)
    return EXIT_FAILURE;
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.release = arguments[1];
  search.machine = arguments[2];
  search.os_release = arguments[3];
  const auto found = ebpfkit::btf_source::find(ebpf::embedded_kernels(), search);
  std::puts(found ? found->description().c_str() : found.error().message().c_str());
  return EXIT_SUCCESS;
}
