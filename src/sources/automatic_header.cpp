#include "sources/automatic_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bindings/bindings.hpp"
#include "bindings/c_header.hpp"
#include "input/btf_cache.hpp"
#include "sources/diagnostics.hpp"
#include "sources/identifiers.hpp"
#include "sources/lexer.hpp"
#include "sources/scan.hpp"
#include "sources/uapi_macros.hpp"
#include "support/byte_order.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_state.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

// The files that the kernel types come from. Both are empty if there is no BTF.
struct btf_files {
  fs::path file;
  fs::path base;
};

// Lines that say what files are like. They stand for the content of the files, because the key and
// the record exist to avoid reading them.
class file_stamps {
 public:
  // Throws a `failure` that names the path.
  void add(const fs::path& path) {
    const auto state = file_state(path);
    are_reliable_ = are_reliable_ && !state.empty();
    text_ += fmt::format("{} {}\n", state, path.string());
  }

  // Returns nothing if one of the files is too new to tell whether somebody writes to it again.
  std::optional<std::string> text() const {
    return are_reliable_ ? std::optional(text_) : std::nullopt;
  }

 private:
  std::string text_;
  bool are_reliable_ = true;
};

void add_btf(file_stamps& stamps, const fs::path& path) {
  try {
    if (!path.empty())
      stamps.add(path);
  } catch (const failure& error) {
    throw failure(
        error.what(),
        "Name a kernel's BTF: ebpf_add_program(... BTF <file>), or -DEBPFKIT_BTF=<file>. Without "
        "CMake: --btf FILE.");
  }
}

void add_header(file_stamps& stamps, const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error))
    stamps.add(path);
}

// Returns a digest of all that the header's text depends on, except the kernel headers that it
// takes macros from. Returns nothing if a file is too new. `header_directories`: where those are.
std::optional<std::string> key_of(const compile_request& request, const btf_files& btf,
                                  const std::vector<fs::path>& header_directories,
                                  const identifier_set& words) {
  file_stamps stamps;
  add_btf(stamps, btf.file);
  add_btf(stamps, btf.base);
  for (const auto& directory : header_directories)
    add_header(stamps, directory);
  const auto files = stamps.text();
  if (!files)
    return std::nullopt;
  const auto text = fmt::format(
      "{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n", EBPFKIT_VERSION, request.architecture,
      request.byte_order ? byte_order_name(*request.byte_order) : "",
      request.allow_other_architecture, request.origin.source_label, request.origin.kernel_release,
      fmt::join(request.types, "\n"), fmt::join(words, "\n"), *files);
  return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// The file beside the header that says what the header was made from: the key, and below it a stamp
// for each kernel header. Returns nothing if a header is too new.
std::optional<std::string> record_text(std::string_view key,
                                       const std::set<fs::path>& kernel_headers) {
  file_stamps stamps;
  for (const auto& header : kernel_headers)
    add_header(stamps, header);
  const auto files = stamps.text();
  return files ? std::optional(fmt::format("{}\n{}", key, *files)) : std::nullopt;
}

// Returns the kernel headers in the record. Nothing when the record has another key, or when one of
// them has changed.
std::optional<std::set<fs::path>> read_record(const fs::path& record, std::string_view key) {
  std::error_code error;
  if (!fs::is_regular_file(record, error))
    return std::nullopt;
  const auto bytes = read_file(record);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::set<fs::path> headers;
  for (auto begin = text.find('\n'); begin != std::string_view::npos && begin + 1 < text.size();
       begin = text.find('\n', begin + 1)) {
    const auto line = text.substr(begin + 1, text.find('\n', begin + 1) - begin - 1);
    const auto slash = line.find('/');
    if (slash != std::string_view::npos)
      headers.insert(line.substr(slash));
  }
  if (text != record_text(key, headers))
    return std::nullopt;
  return headers;
}

// Begins the part of the header that macros_for() makes.
constexpr std::string_view macros_begin =
    "// Macros of the installed kernel headers, which the source uses. BTF has no macros.\n";

// The part of the header with the macros that the source uses and nobody defines, except
// `unwanted`.
std::string macros_for(const identifier_set& words, std::string_view header, uapi_macros& macros,
                       const std::set<std::string>& unwanted) {
  std::vector<std::string> wanted;
  for (const auto& word : words) {
    if (is_constant_name(word) && !unwanted.contains(word) && !words.contains("own " + word) &&
        !words.contains("checked " + word))
      wanted.push_back(word);
  }
  if (wanted.empty())
    return {};
  // Enumerators, and members that a macro of their name would break.
  const auto content = read_source(header);
  const std::unordered_set<std::string_view> present(content.words.begin(), content.words.end());
  std::string text;
  for (const auto& name : wanted) {
    if (present.contains(name))
      continue;
    if (const auto macro = macros.find(name))
      text += fmt::format("#ifndef {0}\n#define {0} {1}  // {2}\n#endif\n", name, macro->value,
                          macro->header);
  }
  if (text.empty())
    return {};
  return std::string(macros_begin) + text + "\n";
}

identifier_set identifiers_of(const compile_request& request, fs::path& spellings_directory) {
  const auto header_name = request.header.filename().string();
  std::set<std::string> spellings;
  auto words = scan_source(request.source, header_name, request.compiler, &spellings);
  spellings_directory = write_spellings(request.spellings_directory, header_name, spellings);
  if (words)
    return std::move(*words);
  auto compiler = request.compiler;
  if (!spellings_directory.empty())
    compiler.push_back("-idirafter" + spellings_directory.string());
  return preprocess({compiler, request.source, request.marker_directory});
}

}  // namespace

fs::path write_spellings(const fs::path& directory, std::string_view header_name,
                         const std::set<std::string>& spellings) {
  if (spellings.empty() || directory.empty())
    return {};
  // A spelling that begins with "../" must stay below `directory`.
  std::ptrdiff_t deepest = 0;
  for (const fs::path spelling : spellings)
    deepest = std::max(deepest, std::ranges::count(spelling, fs::path("..")));
  auto searched = directory;
  for (std::ptrdiff_t level = 0; level < deepest; ++level)
    searched /= "level";
  fs::create_directories(searched);
  for (const fs::path spelling : spellings) {
    // The compiler opens the path as it is spelled, so each of its directories must exist.
    auto parent = searched;
    for (const auto& part : spelling.parent_path()) {
      parent /= part;
      fs::create_directories(parent.lexically_normal());
    }
    const auto file = (searched / spelling).lexically_normal();
    write_output(file, fmt::format("#include <{}>\n", header_name), unchanged::keep);
    date_output(file, {});
  }
  return searched;
}

std::vector<fs::path> make_automatic_header(const compile_request& request,
                                            fs::path& spellings_directory, std::string& warnings,
                                            const own_names* own) {
  auto words = identifiers_of(request, spellings_directory);
  if (!words.contains(header_marker))
    return {};
  if (request.btf.empty())
    throw failure(
        fmt::format("'{}' includes {}, and no BTF is given to make it from",
                    request.source.string(), request.header.filename().string()),
        "Name a kernel's BTF: ebpf_add_program(... BTF <file>), or -DEBPFKIT_BTF=<file>. Without "
        "CMake: --btf FILE.");

  btf_files btf{find_btf_file(request.btf, request.btf_cache), {}};
  if (!request.base_btf.empty())
    btf.base = find_btf_file(request.base_btf, request.btf_cache);
  uapi_macros macros(
      request.with_uapi_macros ? header_directories(request.compiler) : std::vector<fs::path>(),
      request.architecture);
  const auto record = fs::path(request.header).concat(".key");
  const auto key = key_of(request, btf, macros.header_directories(), words);
  const auto files_with = [&](const std::set<fs::path>& kernel_headers) {
    std::vector<fs::path> files{btf.file};
    if (!btf.base.empty())
      files.push_back(btf.base);
    files.insert(files.end(), kernel_headers.begin(), kernel_headers.end());
    return files;
  };
  std::error_code error;
  if (key && own == nullptr && fs::is_regular_file(request.header, error)) {
    if (const auto kernel_headers = read_record(record, *key))
      return files_with(*kernel_headers);
  }
  // Remove the old record first: none may stand beside a header that is not complete.
  fs::remove(record, error);
  // The key is that of the source's text: it does not change while the text stays.
  if (own != nullptr)
    words.insert(own->tags.begin(), own->tags.end());
  bindings_request bindings;
  bindings.btf = btf.file;
  bindings.base_btf = btf.base;
  bindings.types.types = request.types;
  bindings.types.identifiers.assign(words.begin(), words.end());
  bindings.origin = request.origin;
  bindings.architecture = request.architecture;
  bindings.byte_order = request.byte_order;
  bindings.refuse_other_architecture = !request.allow_other_architecture;
  std::vector<std::string> found;
  auto header = make_bindings(std::move(bindings), found);
  if (request.allow_other_architecture) {
    for (const auto& warning : found)
      warnings += fmt::format("ebpfkit: warning: {}\n", warning);
  }
  if (request.with_uapi_macros)
    header = append_to_c_header(
        header, macros_for(words, header, macros, own ? own->macros : std::set<std::string>()));
  write_output(request.header, header, unchanged::keep);
  date_output(request.header, {});
  if (const auto text = key ? record_text(*key, macros.used_files()) : std::nullopt)
    write_output(record, *text, unchanged::keep);
  return files_with(macros.used_files());
}

own_names names_in_errors(const fs::path& header, std::string_view errors) {
  const auto bytes = read_file(header);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  own_names found;
  for (const auto& message : read_diagnostics(errors)) {
    constexpr std::string_view redefinition = "redefinition of '";
    // A header that has a record twice is an include too many, about which a hint tells.
    if (!message.message.starts_with(redefinition) || !message.includes.empty())
      continue;
    const auto rest = std::string_view(message.message).substr(redefinition.size());
    const auto name = rest.substr(0, rest.find('\''));
    for (const auto* keyword : {"struct", "union", "enum"}) {
      auto tag = fmt::format("{} {}", keyword, name);
      if (text.find(fmt::format("\n{} {{", tag)) != std::string_view::npos)
        found.tags.insert(std::move(tag));
    }
  }
  const auto begin = text.find(macros_begin);
  if (begin == std::string_view::npos)
    return found;
  const auto macros = text.substr(begin);
  constexpr std::string_view note = "expanded from macro '";
  for (auto at = errors.find(note); at != std::string_view::npos; at = errors.find(note, at + 1)) {
    const auto rest = errors.substr(at + note.size());
    const auto name = rest.substr(0, rest.find('\''));
    if (macros.find(fmt::format("#define {} ", name)) != std::string_view::npos)
      found.macros.emplace(name);
  }
  return found;
}

}  // namespace ebpfkit::host
