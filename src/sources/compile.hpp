// Compiles one BPF source. Makes the header of kernel types with the types that the source uses.
#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bindings/c_header.hpp"

namespace ebpfkit::host {

struct compile_request {
  // Compiler and flags. The command runs in the current directory, behind the launcher (ccache...).
  std::vector<std::string> compiler;
  std::vector<std::string> launcher;
  std::filesystem::path source;
  std::filesystem::path output;
  std::filesystem::path depfile;  // in make's syntax, for the rule's output `output`

  // The header of kernel types. It is made if the source includes a header of this name. Its
  // directory contains no other header and is searched last.
  std::filesystem::path header;
  // The file name of a header that exists already, instead of `header`. Empty: there is none.
  std::string existing_header;
  // Directory for small files that include the header. They stand where the source looks for it
  // when it names a directory that has no such file: `#include <bpf/vmlinux.h>`.
  std::filesystem::path spellings_directory;
  std::filesystem::path marker_directory;  // see preprocess_request
  // Where its types come from, a file or a name in the BTF cache. Empty: nowhere; then a source
  // that includes the header is refused. Without `header`: what another header was made from, only
  // for the warning about the architecture.
  std::filesystem::path btf;
  std::filesystem::path base_btf;   // the base of split BTF; empty: none
  std::filesystem::path btf_cache;  // empty: default_btf_cache()
  // Of the CPU that the program is for, by any alias; empty: any. Kernel types of another
  // architecture are refused, or warned about when such BTF is meant.
  std::string architecture;
  std::optional<std::endian> byte_order;  // of the program; the same holds
  bool allow_other_architecture = false;
  // Define the macros of the installed kernel headers that the source uses and that it does not
  // define itself, such as ETH_P_IP. BTF has no macros.
  bool with_uapi_macros = true;
  std::vector<std::string> types;  // wanted besides what the source uses, see type_request
  header_origin origin;            // asked_for is filled in, see bindings_request
};

// Makes the header with what the source uses, if it includes it, and compiles the source. A header
// whose identifiers, BTF and kernel headers are those of last time is left as it is, without
// reading the BTF. The depfile has absolute paths, whatever the launcher does to them. It also
// names the files that the header is made from. Returns warnings: our own about the BTF, and what
// the compiler printed. Throws `compile_failure` when it failed, with what the compiler printed and
// hints behind it (hints.hpp), `failure` for all else.
std::string compile_source(const compile_request& request);

}  // namespace ebpfkit::host
