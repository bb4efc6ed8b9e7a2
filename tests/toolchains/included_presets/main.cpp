// Opens its object with the embedded BTF, and catches an exception of the library.
#include <exception>
#include <iostream>

#include "kernels.btf.hpp"
#include "prog.skel.hpp"

int main() {
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.machine = "aarch64";
  search.release = "6.1.0-50-cloud-arm64";
  const auto btf = ebpfkit::btf_source::find(ebpf::kernels(), search).value();
  auto prog = ebpf::prog::open(btf.open_options()).value();
  std::cout << "opened, last_process " << prog.bss().last_process << '\n'
            << btf.description() << '\n';
  search.release = "6.1.0-51-cloud-arm64";
  try {
    static_cast<void>(ebpfkit::btf_source::find(ebpf::kernels(), search).value());
  } catch (const std::exception& error) {
    std::cout << "caught: " << error.what() << '\n';
  }
}
