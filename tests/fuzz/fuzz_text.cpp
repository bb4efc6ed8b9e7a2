// A libFuzzer target: text. C sources, headers, the text that bpftool prints, names of BTF and of
// kernels, maps of linkers, configurations of kernels. Any text must give a failure or a result.
#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "input/btf_cache.hpp"
#include "input/btf_fetch.hpp"
#include "input/kernel_release.hpp"
#include "kernels/kernel_fragment.hpp"
#include "linked_elf.hpp"
#include "size/link_map.hpp"
#include "size/size_json.hpp"
#include "size/size_report.hpp"
#include "skeleton/header_scanner.hpp"
#include "skeleton/macro_shield.hpp"
#include "sources/lexer.hpp"
#include "sources/scan.hpp"
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

// Makes a program that has the sections of the map. Every byte of it must have one owner.
void use_map(std::string_view text) {
  const auto map = parse_link_map(text, "map");
  std::vector<test::linked_section> sections;
  constexpr std::uint64_t code = SHF_ALLOC | SHF_EXECINSTR;
  std::uint64_t size = 0;
  for (const auto& section : map.sections) {
    constexpr std::uint64_t most = 1 << 16;
    if (section.size > most - std::min(most, size) || sections.size() == 1000 ||
        section.name.raw().find('\0') != std::string_view::npos)
      continue;
    size += section.size;
    sections.push_back({std::string(section.name.raw()), SHT_PROGBITS,
                        section.address % 2 != 0 ? code : std::uint64_t{SHF_ALLOC}, section.address,
                        section.size});
  }
  const auto report = make_size_report(test::linked_elf_64(std::endian::little, sections), "app",
                                       map_file{"map", text});
  byte_count owned;
  for (const auto& library : report.libraries)
    owned += library.bytes;
  if (owned != report.loaded || report.loaded.in_file != size)
    __builtin_trap();
}

// A fragment that was written again says the same, and a kernel that has it lacks nothing.
void use_fragment(std::string_view text) {
  static_cast<void>(find_untaken({}, text));
  const auto options = parse_fragment(text, "fragment");
  const auto written = configuration_text(options);
  if (configuration_text(parse_fragment(written, "fragment")) != written ||
      !find_untaken(options, written).empty())
    __builtin_trap();
}

// Scans a tree of files in memory. The first line of the text has the compiler's flags. After it, a
// line `@name` begins the next file; the text before the first is the source.
std::size_t scan_tree(std::string_view text) {
  const auto end_of_flags = std::min(text.find('\n'), text.size());
  std::vector<std::string> flags;
  try {
    flags = split_shell_words(text.substr(0, end_of_flags));
  } catch (const failure&) {
  }
  text.remove_prefix(end_of_flags);
  std::map<std::filesystem::path, std::string_view> tree;
  std::filesystem::path name = "/source/prog.bpf.c";
  for (;;) {
    const auto mark = text.find("\n@");
    tree.emplace(name, text.substr(0, mark));
    if (mark == std::string_view::npos)
      break;
    text.remove_prefix(mark + 2);
    const auto end_of_name = std::min(text.find('\n'), text.size());
    name = text.substr(0, end_of_name);
    text.remove_prefix(end_of_name);
  }
  source_files files;
  files.has = [&](const auto& path) { return tree.contains(path); };
  files.read = [&](const auto& path) {
    const auto content = tree.at(path);
    return std::vector<std::uint8_t>(content.begin(), content.end());
  };
  std::set<std::string> spellings;
  const auto words = scan_source("/source/prog.bpf.c", "vmlinux.h", flags, &spellings, files);
  // Nobody may be asked to make a file outside of the directory that is searched.
  const auto again = find_header_spellings("/source/prog.bpf.c", "vmlinux.h", flags, files);
  for (const auto& spelling : again) {
    if (std::filesystem::path(spelling).is_absolute())
      __builtin_trap();
  }
  return (words ? words->size() : 0) + spellings.size() + again.size();
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
  sink = scan_tree(text);
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
  try {
    use_map(text);
  } catch (const failure&) {
  }
  try {
    use_fragment(text);
  } catch (const failure&) {
  }
  try {
    size_report_json(parse_size_report(text, "file"));
  } catch (const failure&) {
  }
  return 0;
}
