#include "sources/scan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "sources/lexer.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

// libbpf's headers for BPF programs. They use `##` only for names of their own macros, with one
// exception: `type_pasting_macro` makes `struct bpf_iter_TYPE`. They use `#` only for arguments
// that nothing else replaces before.
constexpr std::array<std::string_view, 6> libbpf_headers = {"bpf_helpers.h",   "bpf_helper_defs.h",
                                                            "bpf_core_read.h", "bpf_tracing.h",
                                                            "bpf_endian.h",    "usdt.bpf.h"};
constexpr std::string_view type_pasting_macro = "bpf_for_each";

// EbpfKit's own header for BPF programs defines the same macros.
constexpr std::string_view compatibility_header = "bpf_compat.h";

bool is_libbpf_header(const fs::path& path) {
  if (path.parent_path().filename() == "ebpfkit" && path.filename() == compatibility_header)
    return true;
  return path.parent_path().filename() == "bpf" &&
         std::ranges::find(libbpf_headers, path.filename().string()) != libbpf_headers.end();
}

struct search_path {
  std::vector<fs::path> quoted;       // searched first, only for "..."
  std::vector<fs::path> directories;  // in the compiler's order
  std::string definitions;            // the values of -D, as text that has words
  bool needs_preprocessor = false;
};

// Returns true for options that change where headers are found, or what is read before the source,
// in ways that this scanner does not follow.
bool only_the_compiler_understands(std::string_view flag) {
  static constexpr std::array<std::string_view, 16> beginnings = {
      "-include",   "-imacros",   "-Wp,",         "-Xpreprocessor",
      "-Xclang",    "-iprefix",   "-iwith",       "-isysroot",
      "--sysroot",  "--include",  "--imacros",    "-I-",
      "-iapinotes", "-c-isystem", "-cxx-isystem", "@"};
  return std::ranges::any_of(beginnings, [&](auto begin) { return flag.starts_with(begin); });
}

search_path read_flags(const std::vector<std::string>& flags) {
  search_path found;
  // The compiler searches the four groups in this order, not in the order of the flags.
  std::array<std::pair<std::string_view, std::vector<fs::path>>, 4> searched = {
      {{"-iquote", {}}, {"-I", {}}, {"-isystem", {}}, {"-idirafter", {}}}};
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const std::string_view flag = flags[i];
    // The value follows in the same word, or is the next word.
    const auto value_of = [&](std::string_view option) {
      return flag.size() > option.size() ? std::string(flag.substr(option.size()))
             : i + 1 < flags.size()      ? flags[i + 1]
                                         : std::string();
    };
    for (auto& [option, directories] : searched) {
      if (!flag.starts_with(option))
        continue;
      directories.emplace_back(value_of(option));
      // "=" stands for the sysroot.
      if (directories.back().string().starts_with('='))
        found.needs_preprocessor = true;
      break;
    }
    if (flag.starts_with("-D"))
      found.definitions += value_of("-D") + "\n";
    if (only_the_compiler_understands(flag))
      found.needs_preprocessor = true;
  }
  found.quoted = std::move(searched.front().second);
  for (auto& [option, directories] : searched)
    std::ranges::move(directories, std::back_inserter(found.directories));
  return found;
}

class scanner {
 public:
  // `reads_header`: whether a file `header_name` that is found is read as other headers are.
  scanner(std::string_view header_name, const search_path& search, const source_files& files,
          bool reads_header)
      : header_name_(header_name), search_(search), files_(files), reads_header_(reads_header) {}

  // False: only the preprocessor can tell the words. The spellings are collected all the same.
  bool run(const fs::path& source) {
    waiting_.push_back(source);
    seen_.insert(source);
    bool is_certain = true;
    while (!waiting_.empty()) {
      const auto file = std::move(waiting_.back());
      waiting_.pop_back();
      is_certain = read(file) && is_certain;
    }
    return is_certain;
  }

  identifier_set words;
  std::set<std::string> spellings;  // see find_header_spellings()

 private:
  bool read(const fs::path& file) {
    const auto bytes = files_.read(file);
    const auto text = as_text(bytes);
    auto content = read_source(text);
    // libbpf's macros make names out of their parts: they are no constants of the source.
    if (is_libbpf_header(file))
      content.checked_names = content.words;
    bool is_certain = is_libbpf_header(file) ||
                      (!content.pastes && !content.stringizes &&
                       std::ranges::find(content.words, type_pasting_macro) == content.words.end());
    if (file.filename() == "bpf_helper_defs.h")
      helper_declarations_ += text;
    else
      for (const auto word : content.words) {
        if (!words.contains(word))
          words.emplace(word);
      }
    add_declarations(content, words);
    for (const auto& included : content.includes)
      is_certain = follow(file, included) && is_certain;
    return is_certain;
  }

  bool follow(const fs::path& file, const include& included) {
    if (included.file.empty())
      return false;
    const auto take = [&](const fs::path& path) {
      if (!files_.has(path))
        return false;
      const bool is_read = reads_header_ || path.filename() != header_name_;
      if (is_read && seen_.insert(path).second)
        waiting_.push_back(path);
      return true;
    };
    if (included.is_quoted && take(file.parent_path() / included.file))
      return true;
    if (included.is_quoted && std::ranges::any_of(search_.quoted, [&](const fs::path& directory) {
          return take(directory / included.file);
        }))
      return true;
    bool is_found = false;
    for (const auto& directory : search_.directories) {
      is_found = take(directory / included.file) || is_found;
      // #include_next can mean any later directory: read the file in all of them.
      if (is_found && !included.is_next)
        return true;
    }
    if (is_found)
      return true;
    const fs::path spelling(included.file);
    if (spelling.filename() != header_name_ || spelling.is_absolute())
      return false;
    if (spelling.has_parent_path())
      spellings.insert(included.file);
    words.emplace(header_marker);
    return true;
  }

  std::string_view header_name_;
  const search_path& search_;
  const source_files& files_;
  bool reads_header_;
  std::set<fs::path> seen_;
  std::vector<fs::path> waiting_;
  std::string helper_declarations_;

 public:
  std::string_view helper_declarations() const { return helper_declarations_; }
};

}  // namespace

source_files files_on_disk() {
  return {[](const fs::path& path) {
            std::error_code ignored;
            return fs::is_regular_file(path, ignored);
          },
          [](const fs::path& path) { return read_file(path); }};
}

std::optional<identifier_set> scan_source(const fs::path& source, std::string_view header_name,
                                          const std::vector<std::string>& flags,
                                          std::set<std::string>* spellings,
                                          const source_files& files) {
  const auto search = read_flags(flags);
  if (search.needs_preprocessor && spellings == nullptr)
    return std::nullopt;
  scanner scan(header_name, search, files, true);
  bool is_certain = false;
  try {
    is_certain = scan.run(source) && !search.needs_preprocessor;
  } catch (const failure&) {
    // The compiler will say what it thinks of the file.
  }
  if (spellings != nullptr)
    *spellings = std::move(scan.spellings);
  if (!is_certain)
    return std::nullopt;
  const auto definitions = read_source(search.definitions);
  if (definitions.pastes || definitions.stringizes)
    return std::nullopt;
  for (const auto word : definitions.words)
    scan.words.emplace(word);
  add_used_helpers(scan.helper_declarations(), scan.words);
  return std::move(scan.words);
}

std::set<std::string> find_header_spellings(const fs::path& source, std::string_view header_name,
                                            const std::vector<std::string>& flags,
                                            const source_files& files) {
  const auto search = read_flags(flags);
  scanner scan(header_name, search, files, false);
  try {
    scan.run(source);
  } catch (const failure&) {
    // The compiler will say what it thinks of the file.
  }
  return std::move(scan.spellings);
}

std::vector<fs::path> header_directories(const std::vector<std::string>& flags) {
  return read_flags(flags).directories;
}

}  // namespace ebpfkit::host
