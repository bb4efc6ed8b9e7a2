#include "input/btf_file_name.hpp"

namespace ebpfkit::host {

std::optional<std::string_view> btf_stem(std::string_view file_name) {
  // No suffix ends with another one, so at most one suffix matches.
  for (const auto suffix : btf_suffixes) {
    if (file_name.size() > suffix.size() && file_name.ends_with(suffix))
      return file_name.substr(0, file_name.size() - suffix.size());
  }
  return std::nullopt;
}

}  // namespace ebpfkit::host
