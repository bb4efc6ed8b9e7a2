// Links compiled BPF sources into the object that the application ships.
#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
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
  // Warns of CO-RE relocations: no application has BTF for them.
  bool no_embedded_btf = false;
  // BTF of kernels that the object is for, as files or names in the BTF cache: hook_warnings()
  // looks into them. What cannot be read is left out, because a source may need no kernel types.
  std::vector<std::filesystem::path> kernel_btf;
  std::filesystem::path base_btf;   // what the BTF of a module continues; empty: nothing
  std::filesystem::path btf_cache;  // empty: the default
  unchanged when_unchanged = unchanged::keep;
};

// Links the inputs. bpftool gets them in the byte order of this machine, which every bpftool can
// link, and its result is converted back. Writes `output` only after it has checked that the result
// is a BPF object of the requested byte order with BTF. A `failure` contains the linker's own
// words.
void link_object(const link_request& request);

// The two parts of link_object() that need no files and no linker. `shown` is the object's name in
// messages.

// Checks `object`, the bytes of an input, and converts it to this machine's byte order. If there
// are several inputs, also removes what libbpf's linker takes in one of them only
// (leave_out_declared_functions()); `declared` is what the inputs before it declare. Otherwise
// `declared` is null. Returns whether `object` changed.
bool prepare_linker_input(std::vector<std::uint8_t>& object, std::string_view shown,
                          std::endian order, std::set<std::string>* declared);

struct linked_object {
  bool is_changed = false;  // converted, or mend_variables() changed it
  std::vector<std::string> warnings;
};

// Converts `object`, the bytes that the linker wrote, to the requested byte order. Mends and checks
// it. `request` tells what it must be.
linked_object finish_linked_object(std::vector<std::uint8_t>& object, const std::string& shown,
                                   const link_request& request);

}  // namespace ebpfkit::host
