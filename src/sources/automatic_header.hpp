// The header of kernel types that EbpfKit makes for one source.
//
//   words of the source -> types out of the BTF, macros out of the kernel headers -> header
//
// A record beside the header says what it was made from. While nothing of that has changed, the
// header stays, and nobody reads the BTF.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sources/compile.hpp"

namespace ebpfkit::host {

// Makes a file for each spelling that includes the header `header_name` (find_header_spellings()).
// Returns the directory to search them in, or nothing when there are no spellings.
std::filesystem::path write_spellings(const std::filesystem::path& directory,
                                      std::string_view header_name,
                                      const std::set<std::string>& spellings);

// Names that a source turns out to define itself, though its text does not show it.
struct own_names {
  std::set<std::string> macros;
  std::set<std::string> tags;  // with the keyword: `struct name`

  bool empty() const { return macros.empty() && tags.empty(); }
};

// Makes `request.header` if the source includes it. Returns the files that it is made from: none
// when the source does not include it. Sets `spellings_directory` to the directory of
// write_spellings(). With `own`, makes the header in any case, and without these macros and
// records. Adds warnings about the BTF to `warnings`, as lines. Throws `failure`, and
// `compile_failure` when the source cannot be preprocessed.
std::vector<std::filesystem::path> make_automatic_header(const compile_request& request,
                                                         std::filesystem::path& spellings_directory,
                                                         std::string& warnings,
                                                         const own_names* own = nullptr);

// Returns the names of such a header from which clang's errors come: macros by its notes "expanded
// from macro 'NAME'", records by its errors "redefinition of 'NAME'" in the source itself.
own_names names_in_errors(const std::filesystem::path& header, std::string_view errors);

}  // namespace ebpfkit::host
