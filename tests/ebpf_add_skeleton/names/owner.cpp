#include <bpf/libbpf.h>

#include <cstdio>

#include "minimal.skel.hpp"

#if !defined(NAMESPACE)
#define NAMESPACE ebpf
#endif

int main() {
  const auto minimal = NAMESPACE::minimal::open().value();
  std::puts(bpf_object__name(minimal.get()));
}
