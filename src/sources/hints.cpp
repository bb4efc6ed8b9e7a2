#include "sources/hints.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "bindings/bindings.hpp"
#include "btf/kernel_functions.hpp"
#include "btf/type_graph.hpp"
#include "sources/diagnostics.hpp"
#include "sources/lexer.hpp"
#include "sources/line_hints.hpp"
#include "sources/scan.hpp"
#include "sources/uapi_macros.hpp"
#include "support/compat_macros.hpp"
#include "support/file.hpp"
#include "support/helper_names.hpp"
#include "support/libbpf_macros.hpp"
#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t maximum_hints = 3;

// An anonymous member can hold another one, and so on.
constexpr int maximum_member_depth = 16;

bool is_error(const diagnostic& message) {
  return message.kind == "error" || message.kind == "fatal error";
}

// The text in the first quotes behind `beginning`. Nothing when `message` does not have it.
std::optional<std::string_view> quoted_behind(std::string_view message,
                                              std::string_view beginning) {
  const auto found = message.find(beginning);
  if (found == std::string_view::npos)
    return std::nullopt;
  const auto open = message.find('\'', found + beginning.size());
  if (open == std::string_view::npos)
    return std::nullopt;
  const auto close = message.find('\'', open + 1);
  if (close == std::string_view::npos)
    return std::nullopt;
  return message.substr(open + 1, close - open - 1);
}

std::string file_text(const fs::path& path) {
  const auto bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

// The line of a file, counted from 1.
std::string line_of(const diagnostic_position& position) {
  const auto text = file_text(position.file);
  std::size_t begin = 0;
  for (std::size_t line = 1; line < position.line; ++line) {
    begin = text.find('\n', begin);
    if (begin == std::string::npos)
      return {};
    ++begin;
  }
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string spelled(const include& included) {
  return included.is_quoted ? "\"" + included.file + "\"" : "<" + included.file + ">";
}

std::string file_name_of(const std::string& path) {
  return fs::path(path).filename().string();
}

// libbpf's headers for BPF programs are in a directory `bpf`.
bool is_libbpf_spelling(const std::string& file) {
  return file.starts_with("bpf/");
}

class explainer {
 public:
  explicit explainer(const hint_request& request)
      : request_(request), messages_(read_diagnostics(request.compiler_text)) {}

  std::string run() {
    for (std::size_t i = 0; i < messages_.size() && hints_.size() < maximum_hints; ++i) {
      if (!is_error(messages_[i])) {
        // A warning of older compilers only. Often it is the cause of the errors.
        explain_undeclared_function(messages_[i]);
        continue;
      }
      explain_file_not_found(messages_[i]);
      explain_helpers_without_types(messages_[i]);
      explain_redefinition(i);
      explain_unknown_type(messages_[i]);
      explain_unknown_member(messages_[i]);
      explain_undeclared(messages_[i]);
      explain_undeclared_function(messages_[i]);
      explain_broken_line(messages_[i]);
    }
    std::string text;
    for (const auto& hint : hints_)
      text += fmt::format("ebpfkit: note: {}\n", hint);
    return text;
  }

 private:
  void add(std::string hint) {
    if (hints_.size() < maximum_hints && std::ranges::find(hints_, hint) == hints_.end())
      hints_.push_back(std::move(hint));
  }

  std::string header() const { return "\"" + request_.header_name + "\""; }

  // The directories that the compiler searches for headers.
  bool is_in_search_path(const fs::path& file) const {
    std::error_code error;
    return std::ranges::any_of(header_directories(request_.flags), [&](const fs::path& directory) {
      return fs::is_regular_file(directory / file, error);
    });
  }

  void explain_file_not_found(const diagnostic& message) {
    if (!message.message.ends_with("file not found"))
      return;
    const auto quoted = quoted_behind(message.message, "");
    if (!quoted)
      return;
    const std::string file(*quoted);
    const auto name = file_name_of(file);
    // An #include of the source may name a directory (compile_request::spellings_directory).
    if (name == request_.header_name && name != file) {
      add(fmt::format("options and macros name the header of kernel types without a directory: {}",
                      name));
      return;
    }
    if (is_in_search_path("bpf/" + name)) {
      if (file != "bpf/" + name)
        add(fmt::format("libbpf's headers are in a directory 'bpf': #include <bpf/{}>", name));
      return;
    }
    if (is_libbpf_spelling(file)) {
      std::vector<std::string> headers;
      std::error_code error;
      for (const auto& directory : header_directories(request_.flags)) {
        for (const auto& entry : fs::directory_iterator(directory / "bpf", error))
          headers.push_back("bpf/" + entry.path().filename().string());
      }
      std::ranges::sort(headers);
      const auto nearest =
          nearest_names_hint(file, std::vector<std::string_view>(headers.begin(), headers.end()));
      add(fmt::format("the installed libbpf has no header <{}>{}", file, nearest));
      return;
    }
    static constexpr std::array<std::string_view, 6> kernel_directories = {
        "uapi/", "linux/", "net/", "asm/", "kernel/", "trace/"};
    if (name != request_.header_name &&
        (name == "vmlinux.h" || !nearest_names(name, {request_.header_name}).empty()))
      add(fmt::format("the header of kernel types is called {} here: #include {}",
                      request_.header_name, header()));
    else if (std::ranges::any_of(kernel_directories,
                                 [&](auto directory) { return file.starts_with(directory); }))
      add(
          fmt::format("BPF programs take the kernel's types from #include {}, and not from the "
                      "kernel's own header <{}>",
                      header(), file));
  }

  void explain_helpers_without_types(const diagnostic& message) {
    const auto type = quoted_behind(message.message, "unknown type name");
    const fs::path file(message.position.file);
    if (!type || !type->starts_with("__") || file.parent_path().filename() != "bpf" ||
        message.includes.empty())
      return;
    // The header of libbpf that the project includes.
    auto included = file.filename().string();
    for (const auto& position : message.includes) {
      const fs::path path(position.file);
      if (path.parent_path().filename() == "bpf") {
        included = path.filename().string();
        break;
      }
    }
    add(fmt::format("{}:{}: write #include {} before <bpf/{}>, which uses its types ('{}')",
                    message.includes.front().file, message.includes.front().line, header(),
                    included, *type));
  }

  // `index`: of an error.
  void explain_redefinition(std::size_t index) {
    const auto& message = messages_[index];
    if (message.message.find("redefinition") == std::string::npos)
      return;
    const diagnostic* previous = nullptr;
    for (auto i = index + 1; i < messages_.size() && !is_error(messages_[i]); ++i) {
      if (messages_[i].message.starts_with("previous definition is here"))
        previous = &messages_[i];
    }
    if (previous == nullptr)
      return;
    const bool is_in_header = file_name_of(message.position.file) == request_.header_name;
    if (is_in_header == (file_name_of(previous->position.file) == request_.header_name))
      return;
    const auto dropped =
        is_in_header ? includes_before(message.includes) : system_include(message.includes);
    if (dropped.empty()) {
      // Automatic headers leave out what the source defines, unless other types need it.
      if (const auto name = quoted_behind(message.message, "redefinition of"))
        add(
            fmt::format("the kernel has a type '{0}', too, and {1} needs it for others that the "
                        "source uses: give the program's own '{0}' another name",
                        *name, request_.header_name));
      return;
    }
    add(fmt::format("remove {}: {} has the kernel's types", fmt::join(dropped, " and "),
                    request_.header_name));
    add(request_.header_has_macros
            ? fmt::format("{} then also defines the macros of kernel headers that the source uses",
                          request_.header_name)
            : fmt::format(
                  "{} has no macros: write a #define for each macro that you used from there",
                  request_.header_name));
  }

  // The first include on the way to a header that is not the project's own.
  std::vector<std::string> system_include(const std::vector<diagnostic_position>& way) const {
    for (const auto& position : way) {
      const auto line = line_of(position);
      const auto content = read_source(line);
      for (const auto& included : content.includes) {
        if (!included.is_quoted && !is_libbpf_spelling(included.file))
          return {placed(included, position)};
      }
    }
    return {};
  }

  // The includes of system headers that stand before the header of kernel types. clang does not say
  // which of them defined the type.
  std::vector<std::string> includes_before(const std::vector<diagnostic_position>& way) const {
    if (way.empty())
      return {};
    std::vector<std::string> found;
    for (std::size_t line = 1; line < way.front().line; ++line) {
      const diagnostic_position position{way.front().file, line};
      const auto text = line_of(position);
      const auto content = read_source(text);
      for (const auto& included : content.includes) {
        if (!included.is_quoted && !included.file.empty() && !is_libbpf_spelling(included.file))
          found.push_back(placed(included, position));
      }
    }
    return found;
  }

  static std::string placed(const include& included, const diagnostic_position& position) {
    return fmt::format("#include {} ({}:{})", spelled(included), position.file, position.line);
  }

  const type_graph* graph() {
    if (!was_read_ && !request_.btf.empty()) {
      was_read_ = true;
      bindings_source source;
      source.btf = request_.btf;
      source.base_btf = request_.base_btf;
      std::vector<std::string> warnings;
      input_ = read_bindings_source(source, {}, warnings);
    }
    return input_.graph.get();
  }

  // Whether clang suggests the nearest name already. It knows only the names that the header has.
  static bool has_suggestion(const diagnostic& message, std::string_view name,
                             const std::vector<std::string_view>& candidates) {
    const auto nearest = nearest_names(name, candidates);
    return !nearest.empty() && message.message.ends_with("did you mean '" + nearest.front() + "'?");
  }

  // The names of all types that `is_wanted` takes.
  template <class Wanted>
  std::vector<std::string_view> type_names(const type_graph& types, Wanted is_wanted) {
    std::vector<std::string_view> names;
    for (type_id type = 1; type < types.type_count(); ++type) {
      if (is_wanted(types.kind(type)) && !types.name(type).empty())
        names.push_back(types.name(type));
    }
    return names;
  }

  void explain_unknown_type(const diagnostic& message) {
    static constexpr std::string_view unknown = "unknown type name";
    std::string_view keyword;
    std::string_view name;
    if (const auto quoted = quoted_behind(message.message, unknown)) {
      name = *quoted;
    } else if (const auto incomplete = quoted_behind(message.message, "incomplete ")) {
      // 'const struct name', 'struct name[4]'
      for (const std::string_view word : {"struct", "union", "enum"}) {
        const auto found = incomplete->find(std::string(word) + " ");
        if (found == std::string_view::npos)
          continue;
        keyword = word;
        name = incomplete->substr(found + word.size() + 1);
        name = name.substr(0, name.find_first_of(" *[("));
        break;
      }
    }
    // libbpf's headers have a hint of their own.
    if (name.empty() || !is_c_identifier(name) ||
        fs::path(message.position.file).parent_path().filename() == "bpf")
      return;
    explain_unknown_name(message, keyword, name);
  }

  // Names the types that are like one that the BTF does not have. `keyword`: struct, union or enum;
  // empty: a typedef.
  void explain_unknown_name(const diagnostic& message, std::string_view keyword,
                            std::string_view name) {
    const auto* types = graph();
    if (types == nullptr)
      return;
    const auto names = type_names(*types, [&](type_kind kind) {
      return keyword.empty() ? kind == type_kind::type_definition || kind == type_kind::integer
                             : kind_name(kind) == keyword;
    });
    // A type that exists is unknown for another reason.
    if (std::ranges::find(names, name) != names.end())
      return;
    if (has_suggestion(message, name, names))
      return;
    const auto separator = keyword.empty() ? "" : " ";
    add(fmt::format("'{}' has no type '{}{}{}'{}", request_.btf.string(), keyword, separator, name,
                    nearest_names_hint(name, names)));
  }

  void collect_members(const type_graph& types, type_id record, int depth,
                       std::vector<std::string_view>& names) {
    for (const auto& field : types.members(record)) {
      if (!field.name.empty()) {
        names.push_back(field.name);
        continue;
      }
      const auto inner = types.skip_wrappers(field.type);
      if (types.is_record(inner) && depth < maximum_member_depth)
        collect_members(types, inner, depth + 1, names);
    }
  }

  void explain_unknown_member(const diagnostic& message) {
    const auto member = quoted_behind(message.message, "no member named");
    const auto record = quoted_behind(message.message, "' in ");
    if (!member || !record)
      return;
    const auto space = record->rfind(' ');
    if (space == std::string_view::npos)
      return;
    const auto name = record->substr(space + 1);
    const auto* types = graph();
    if (types == nullptr)
      return;
    std::vector<std::string_view> members;
    for (const auto type : types->find_types(name)) {
      if (types->is_record(type))
        collect_members(*types, type, 0, members);
    }
    // The program's own record, or a member that is there.
    if (members.empty() || std::ranges::find(members, *member) != members.end() ||
        has_suggestion(message, *member, members))
      return;
    add(fmt::format("'{}' of '{}' has no member '{}'{}", *record, request_.btf.string(), *member,
                    nearest_names_hint(*member, members)));
  }

  // Compilers say both: the macro itself is no function, and its arguments are no expressions.
  void explain_undeclared_function(const diagnostic& message) {
    auto name = quoted_behind(message.message, "undeclared function");
    if (!name)
      name = quoted_behind(message.message, "implicit declaration of function");
    if (!name)
      return;
    if (is_compat_macro(*name)) {
      add(compat_macro_remedy(*name));
      return;
    }
    if (message.message.find("did you mean") != std::string::npos)
      return;
    const auto helpers = helper_names();
    std::vector<std::string_view> functions(helpers.begin(), helpers.end());
    functions.insert(functions.end(), std::begin(libbpf_macros), std::end(libbpf_macros));
    if (const auto* types = graph()) {
      for (const auto function : find_kernel_functions(*types))
        functions.push_back(types->name(function));
    }
    const auto nearest = nearest_names_hint(*name, functions);
    if (!nearest.empty())
      add(fmt::format("no header declares '{}'{}", *name, nearest));
  }

  // Constants of enums are in BTF. Macros are in no BTF.
  void explain_undeclared(const diagnostic& message) {
    const auto name = quoted_behind(message.message, "use of undeclared identifier");
    if (!name || message.message.find("did you mean") != std::string::npos)
      return;
    if (!is_constant_name(*name)) {
      if (begins_declaration(line_of(message.position), *name))
        explain_unknown_name(message, {}, *name);
      return;
    }
    uapi_macros macros(header_directories(request_.flags), request_.architecture);
    if (explain_macro(macros, *name))
      return;
    const auto* types = graph();
    if (types == nullptr)
      return;
    const auto defined = macros.constant_names();
    std::vector<std::string_view> constants(defined.begin(), defined.end());
    for (type_id type = 1; type < types->type_count(); ++type) {
      if (!types->is_enumeration(type))
        continue;
      for (const auto& constant : types->enumerators(type))
        constants.push_back(constant.name);
    }
    if (std::ranges::find(constants, *name) != constants.end())
      return;
    const auto nearest = nearest_names_hint(*name, constants);
    if (!nearest.empty())
      add(fmt::format("'{}' has no enum with '{}', and no kernel header defines it{}",
                      request_.btf.string(), *name, nearest));
  }

  // A misspelt macro that takes the place of a declaration, and a misspelt type in an argument of
  // bpf_core_enum_value() and its like: clang's errors do not name these words.
  void explain_broken_line(const diagnostic& message) {
    const bool is_about_type = message.message.find("__builtin_preserve_") != std::string::npos;
    if (!is_about_type && !message.message.starts_with("expected "))
      return;
    const auto line = line_of(message.position);
    if (!is_about_type) {
      if (auto hint = like_libbpf_macro(line); !hint.empty())
        add(std::move(hint));
      return;
    }
    for (const auto& [keyword, name] : tags_in(line))
      explain_unknown_name(message, keyword, name);
  }

  bool explain_macro(uapi_macros& macros, std::string_view name) {
    const auto found = macros.find(std::string(name));
    if (found)
      add(fmt::format("{} has no macros. Write what <{}> has: #define {} {}", request_.header_name,
                      found->header, name, found->value));
    return found.has_value();
  }

  const hint_request& request_;
  std::vector<diagnostic> messages_;
  std::vector<std::string> hints_;
  bindings_input input_;
  bool was_read_ = false;
};

}  // namespace

std::string explain_compile_errors(const hint_request& request) {
  try {
    return explainer(request).run();
  } catch (const std::exception&) {
    // A file that is gone, or BTF that is not sound: clang's text says what is wrong.
    return {};
  }
}

}  // namespace ebpfkit::host
