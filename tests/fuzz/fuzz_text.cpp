// A libFuzzer target: text. C sources, headers, the text that bpftool prints, names of BTF and of
// kernels. Any text must give a failure or a result.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "input/btf_cache.hpp"
#include "input/btf_fetch.hpp"
#include "input/kernel_release.hpp"
#include "skeleton/header_scanner.hpp"
#include "skeleton/macro_shield.hpp"
#include "sources/lexer.hpp"
#include "support/failure.hpp"
#include "support/shell_words.hpp"
#include "support/text.hpp"

namespace {

using namespace ebpfkit::host;

// Every view of the result must lie in the text.
std::size_t use(const source_text& source) {
  std::size_t length = 0;
  for (const auto* words :
       {&source.words, &source.declared_names, &source.own_names, &source.checked_names}) {
    for (const auto word : *words) {
      for (const char c : word)
        length += static_cast<unsigned char>(c);
    }
  }
  for (const auto& each : source.includes)
    length += each.file.size();
  for (const auto& tag : source.defined_tags)
    length += tag.size();
  return length;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of the exact size, so that AddressSanitizer sees reads beyond the end.
  const std::vector<char> copy(data, data + size);
  const std::string_view text(copy.data(), copy.size());
  [[maybe_unused]] static volatile std::size_t sink;
  sink = use(read_source(text)) + scan_header(text).tags.size();
  sink = printable(text).size() + release_in_file_name(text).size() + leading_release(text).size();
  sink = distribution_path(text).size();
  sink = shield_from_macros(text).begin.size();
  if (is_cache_name(text) && (text.starts_with('/') || text.starts_with("../")))
    __builtin_trap();
  try {
    sink = split_shell_words(text).size();
  } catch (const failure&) {
  }
  try {
    find_cached_btf("/nonexistent", text);
  } catch (const failure&) {
  }
  return 0;
}
