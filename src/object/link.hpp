// Linking compiled BPF sources into the object that is shipped.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/file.hpp"

namespace ebpfkit::host {

enum class byte_order { little, big };

struct link_request {
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path output;
  // bpftool links objects of its own byte order, and newer ones link those of the other. Where it
  // cannot, llvm-objcopy stands in for a single input: nothing is linked, DWARF is removed.
  std::string bpftool;
  std::string objcopy;
  byte_order order = byte_order::little;
  // Refuse an object that needs the running kernel's own BTF (kernel_btf_use.hpp).
  bool no_kernel_btf = false;
  unchanged when_unchanged = unchanged::keep;
};

// Links the inputs, checks that the result is a BPF object of the asked byte order with BTF, and
// only then gives it its name. Throws `failure` with the linker's own words intact.
void link_object(const link_request& request);

}  // namespace ebpfkit::host
