// Which of the embedded BTF is a machine's.
#pragma once

#include <optional>
#include <string>

#include "ebpfkit/btf_source.hpp"
#include "embedded_btf.hpp"
#include "machine.hpp"

namespace ebpfkit::detail {

// For the end of remedies.
constexpr const char* how_to_name_a_file =
    "A file with this kernel's BTF can be named in the environment: EBPFKIT_BTF_FILE=<file>.";

struct embedded_choice {
  std::optional<embedded_kernel> kernel;  // none: nothing fits
  btf_choice choice = btf_choice::embedded_by_release;
  int code = 0;          // without a kernel: ENOENT, or ENOTUNIQ
  std::string why_none;  // a sentence that names the nearest, or those that nothing decides between
};

// Takes the kernel of the same release and architecture; of several that differ, or of one whose
// architecture is not known, the one of the same distribution and, better still, its version.
embedded_choice choose_kernel(const embedded_btf_reader& reader, const machine& running);

// "debian 12 x86_64 6.1.0-18-amd64", without what is not known.
std::string text_of(const embedded_kernel& kernel);

}  // namespace ebpfkit::detail
