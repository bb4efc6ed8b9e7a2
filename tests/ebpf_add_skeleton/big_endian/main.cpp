#include <elf.h>

#include <cstdio>

#include "router.skel.hpp"
#include "router_kernels.btf.hpp"
#include "router_types.hpp"

extern "C" int byte_order_of_the_object(void);

int main() {
  const ebpf::router::event event{};
  static_assert(sizeof(event) == sizeof(::router::event));
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.release = "6.1.0-1-s390x";
  search.machine = "s390x";
  const auto found = ebpfkit::btf_source::find(ebpf::router_kernels(), search);
  std::puts(found ? found->description().c_str() : found.error().message().c_str());
  return byte_order_of_the_object() == ELFDATA2MSB ? 0 : 1;
}
