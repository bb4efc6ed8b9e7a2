#include "kernel_types.hpp"

#include "kernels.btf.hpp"
#include "output.hpp"

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
    print_message(types.description());
  return types;
}

ebpfkit::result<ebpfkit::btf_source> find_embedded_kernel_types() {
  auto without_kernel_btf = search();
  without_kernel_btf.kernel_btf = "";
  return ebpfkit::btf_source::find(ebpf::kernels(), without_kernel_btf);
}

}  // namespace kernel_watch
