// Finds the identifiers that a source uses, without running the preprocessor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sources/identifiers.hpp"

namespace ebpfkit::host {

// How the scanner gets the source and the headers.
struct source_files {
  // Whether there is such a regular file, or a link to one.
  std::function<bool(const std::filesystem::path&)> has;
  // Throws `failure` when it cannot be read.
  std::function<std::vector<std::uint8_t>(const std::filesystem::path&)> read;
};

// Those of the file system.
source_files files_on_disk();

// The identifiers of `source` and of every header that it can include, found through the `-I`,
// `-iquote`, `-isystem` and `-idirafter` directories among `flags`, and those of `-D` flags.
// Conditions are not evaluated and macros not expanded, so there can be more words than the
// preprocessor would leave, and never fewer. They hold `header_marker` when a header `header_name`
// is included, in whatever directory, and found nowhere.
//
// Nothing is returned when only the preprocessor can tell: identifiers that `##` makes and those
// that
// `#` makes text of (but for those of libbpf's own headers, of which only bpf_for_each makes names
// of kernel types), includes by macro, headers that are not found, flags such as `-include` and
// `--sysroot`. It costs a process start of the compiler, which is what this is to save.
//
// `spellings`, if it is not null, gets what find_header_spellings() returns, in any case.
std::optional<identifier_set> scan_source(const std::filesystem::path& source,
                                          std::string_view header_name,
                                          const std::vector<std::string>& flags,
                                          std::set<std::string>* spellings = nullptr,
                                          const source_files& files = files_on_disk());

// The includes that name a header `header_name` in a directory (`bpf/vmlinux.h`) and that find no
// file. They are relative paths.
std::set<std::string> find_header_spellings(const std::filesystem::path& source,
                                            std::string_view header_name,
                                            const std::vector<std::string>& flags,
                                            const source_files& files = files_on_disk());

// The directories that `flags` name for headers, in the order in which clang searches them.
std::vector<std::filesystem::path> header_directories(const std::vector<std::string>& flags);

}  // namespace ebpfkit::host
