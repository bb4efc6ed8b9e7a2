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
  std::string bpftool;
  std::endian order = std::endian::little;  // of the inputs and of the output
  // Refuses an object that needs the running kernel's own BTF (kernel_btf_use.hpp).
  bool no_kernel_btf = false;
  unchanged when_unchanged = unchanged::keep;
};

// Links the inputs. bpftool gets them in the byte order of this machine, which every bpftool can
// link, and its result is converted back. Writes `output` only after it has checked that the result
// is a BPF object of the requested byte order with BTF. A `failure` contains the linker's own
// words.
void link_object(const link_request& request);

}  // namespace ebpfkit::host
