#include "kernel_types.hpp"

#include <iostream>

#include "kernels.btf.hpp"

namespace kernel_watch {
namespace {

ebpfkit::btf_search search() {
  ebpfkit::btf_search search;
  search.fallback = &ebpfkit::checked_build_layout;
  return search;
}

}  // namespace

ebpfkit::btf_source find_kernel_types() {
  auto types = ebpfkit::btf_source::find(ebpf::kernels(), search()).value();
  if (!types.is_portable())
    std::cerr << "kernel-watch: " << types.description() << '\n';
  return types;
}

ebpfkit::result<ebpfkit::btf_source> find_embedded_kernel_types() {
  auto without_kernel_btf = search();
  without_kernel_btf.kernel_btf = "";
  return ebpfkit::btf_source::find(ebpf::kernels(), without_kernel_btf);
}

}  // namespace kernel_watch
