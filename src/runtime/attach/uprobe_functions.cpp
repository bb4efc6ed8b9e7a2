// uprobe.multi by the names of functions. libbpf can do that since 1.3; this works with older ones.
#include <errno.h>
#include <fcntl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../system/function_offsets.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "attach_with.hpp"
#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/program.hpp"

namespace ebpfkit {
namespace {

std::string offsets_remedy(const std::string& binary, const std::string& culprit, int code) {
  switch (code) {
    case ENOENT:
      return detail::formatted(
          "'%s' has no function '%s' in its symbol tables: it is inlined, or the file is stripped "
          "(then give its offset to attach_uprobe_multi()).",
          binary.c_str(), culprit.c_str());
    case ENOTUNIQ:
      return detail::formatted(
          "'%s' has several local functions '%s': give the offset to attach_uprobe_multi().",
          binary.c_str(), culprit.c_str());
    case ENOEXEC:
      return detail::formatted(
          "'%s' is no ELF file with section headers and this machine's byte order, or is damaged.",
          binary.c_str());
    default:
      return "Give at least one function.";
  }
}

}  // namespace

result<link> program::attach_uprobe_functions(const std::string& binary,
                                              const std::vector<std::string>& functions,
                                              const uprobe_multi_options& options) {
  std::vector<std::uint64_t> offsets;
  std::string culprit;
  const detail::unique_fd file(open(binary.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const int code = file ? detail::find_function_offsets(detail::file_bytes(file.get()), functions,
                                                        offsets, culprit)
                        : file.code();
  if (code == 0)
    return attach_uprobe_multi(binary, offsets, options);
  return detail::attach_error_with(
      program_, detail::formatted("functions of '%s'", binary.c_str()), code, {},
      [&](int) -> std::string {
        return file ? offsets_remedy(binary, culprit, code)
                    : detail::formatted("There is no readable file '%s'.", binary.c_str());
      });
}

}  // namespace ebpfkit
