// Links compiled BPF sources into the object that the application ships.
#pragma once

#include <bit>
#include <filesystem>
#include <string>
#include <vector>

#include "support/file.hpp"

namespace ebpfkit::host {

struct link_request {
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path output;
  // bpftool links objects of its own byte order, and newer ones link those of the other. Where it
  // cannot, llvm-objcopy stands in for a single input: nothing is linked, DWARF is removed.
  std::string bpftool;
  // If not empty, llvm-objcopy replaces bpftool. It takes a single input and only removes DWARF.
  std::string objcopy;
  std::endian order = std::endian::little;
  // Refuses an object that needs the running kernel's own BTF (kernel_btf_use.hpp).
  bool no_kernel_btf = false;
  unchanged when_unchanged = unchanged::keep;
};

// Links the inputs. Writes `output` only after it has checked that the result is a BPF object of
// the requested byte order with BTF. A `failure` contains the linker's own words.
void link_object(const link_request& request);

}  // namespace ebpfkit::host
