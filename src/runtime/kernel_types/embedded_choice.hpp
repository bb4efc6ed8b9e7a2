// Chooses the embedded BTF for a machine.
#pragma once

#include <optional>
#include <string>

#include "ebpfkit/btf_source.hpp"
#include "embedded_btf.hpp"
#include "machine.hpp"

namespace ebpfkit::detail {

// The end of a remedy.
constexpr const char* how_to_name_a_file =
    "To take this kernel's BTF from a file, set EBPFKIT_BTF_FILE=<file> in the environment.";

struct embedded_choice {
  std::optional<embedded_kernel> kernel;  // empty: no kernel fits
  btf_choice choice = btf_choice::embedded_by_release;
  int code = 0;          // without a kernel: ENOENT, or ENOTUNIQ
  std::string why_none;  // a sentence that names the nearest kernels, or the equally good ones
};

// Chooses the kernel with the same release and architecture. If several fit and differ, or if their
// architecture is not known, chooses the one with the same distribution, preferably also with the
// same version of it.
embedded_choice choose_kernel(const embedded_btf_reader& reader, const machine& running);

// A text such as "debian 12 x86_64 6.1.0-18-amd64". It omits what is not known.
std::string text_of(const embedded_kernel& kernel);

}  // namespace ebpfkit::detail
