// libbpf's BTF object with its owner.
#pragma once

#include <bpf/btf.h>

#include <memory>

namespace ebpfkit::host {

struct btf_closer {
  void operator()(btf* types) const { btf__free(types); }
};

using owned_btf = std::unique_ptr<btf, btf_closer>;

}  // namespace ebpfkit::host
