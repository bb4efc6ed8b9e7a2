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
#include "sources/identifiers.hpp"
#include "sources/lexer.hpp"
#include "sources/scan.hpp"
#include "sources/uapi_macros.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

// The files that the kernel types come from. Both are empty if there is no BTF.
struct btf_files {
  fs::path file;
  fs::path base;
};

// Returns the file's size, modification time and path, in one line. They stand for its content,
// because the key exists to avoid reading it.
std::string stamp_of(const fs::path& path, std::error_code& error) {
  const auto size = fs::is_directory(path, error) ? 0 : fs::file_size(path, error);
  const auto time = error ? fs::file_time_type() : fs::last_write_time(path, error);
  return fmt::format("{} {} {}", size, time.time_since_epoch().count(), path.string());
}

std::string stamp_of_btf(const fs::path& path) {
  if (path.empty())
    return {};
  std::error_code error;
  auto stamp = stamp_of(path, error);
  if (error)
    throw failure(
        fmt::format("cannot read '{}': {}", path.string(), error.message()),
        "Name a kernel's BTF: ebpf_add_program(... BTF <file>), or -DEBPFKIT_BTF=<file>.");
  return stamp;
}

// Returns a digest of all that the header's text depends on, except the kernel headers that it
// takes macros from. `header_directories`: where those are.
std::string key_of(const compile_request& request, const btf_files& btf,
                   const std::vector<fs::path>& header_directories, const identifier_set& words) {
  auto text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n", EBPFKIT_VERSION,
                          stamp_of_btf(btf.file), stamp_of_btf(btf.base), request.architecture,
                          request.byte_order == std::endian::big, request.allow_other_architecture,
                          request.origin.source_label, request.origin.kernel_release,
                          fmt::join(request.types, "\n"), fmt::join(words, "\n"));
  std::error_code error;
  for (const auto& directory : header_directories)
    text += stamp_of(directory, error) + "\n";
  return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// The file beside the header that says what the header was made from: the key, and below it a stamp
// for each kernel header.
std::string record_text(std::string_view key, const std::set<fs::path>& kernel_headers) {
  auto text = fmt::format("{}\n", key);
  std::error_code error;
  for (const auto& header : kernel_headers)
    text += stamp_of(header, error) + "\n";
  return text;
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
    write_output((searched / spelling).lexically_normal(),
                 fmt::format("#include <{}>\n", header_name), unchanged::keep);
  }
  return searched;
}

std::vector<fs::path> make_automatic_header(const compile_request& request,
                                            fs::path& spellings_directory, std::string& warnings,
                                            const std::set<std::string>* unwanted_macros) {
  const auto words = identifiers_of(request, spellings_directory);
  if (!words.contains(header_marker))
    return {};
  if (request.btf.empty())
    throw failure(
        fmt::format("'{}' includes {}, and no BTF is given to make it from",
                    request.source.string(), request.header.filename().string()),
        "Name a kernel's BTF: ebpf_add_program(... BTF <file>), or -DEBPFKIT_BTF=<file>.");

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
  if (unwanted_macros == nullptr && fs::is_regular_file(request.header, error)) {
    if (const auto kernel_headers = read_record(record, key))
      return files_with(*kernel_headers);
  }
  // Remove the old record first: none may stand beside a header that is not complete.
  fs::remove(record, error);
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
        header, macros_for(words, header, macros,
                           unwanted_macros ? *unwanted_macros : std::set<std::string>()));
  write_output(request.header, header, unchanged::keep);
  write_output(record, record_text(key, macros.used_files()), unchanged::keep);
  return files_with(macros.used_files());
}

std::set<std::string> macros_in_errors(const fs::path& header, std::string_view errors) {
  const auto bytes = read_file(header);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto begin = text.find(macros_begin);
  std::set<std::string> found;
  if (begin == std::string_view::npos)
    return found;
  const auto macros = text.substr(begin);
  constexpr std::string_view note = "expanded from macro '";
  for (auto at = errors.find(note); at != std::string_view::npos; at = errors.find(note, at + 1)) {
    const auto rest = errors.substr(at + note.size());
    const auto name = rest.substr(0, rest.find('\''));
    if (macros.find(fmt::format("#define {} ", name)) != std::string_view::npos)
      found.emplace(name);
  }
  return found;
}

}  // namespace ebpfkit::host
