#include "sources/uapi_macros.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "btf/architecture.hpp"
#include "sources/tokens.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

// AF_INET is PF_INET, which is 2.
constexpr int maximum_depth = 4;

// The headers whose macros BPF programs use most.
constexpr std::array<std::string_view, 17> preferred_headers = {
    "linux/if_ether.h", "linux/pkt_cls.h",   "linux/in.h",     "linux/in6.h",
    "linux/ip.h",       "linux/tcp.h",       "linux/icmp.h",   "linux/icmpv6.h",
    "linux/if_arp.h",   "linux/if_packet.h", "linux/limits.h", "linux/sched.h",
    "linux/stat.h",     "linux/magic.h",     "linux/fs.h",     "asm-generic/errno-base.h",
    "bits/socket.h"};

// arch/*/include/uapi/asm of these architectures takes them as they are, but for some of the
// values.
constexpr std::array<std::string_view, 4> generic_headers = {
    "asm-generic/errno.h", "asm-generic/fcntl.h", "asm-generic/mman-common.h",
    "asm-generic/signal.h"};
constexpr std::array<std::string_view, 5> generic_architectures = {"x86", "arm64", "riscv",
                                                                   "loongarch", "s390"};

bool is_space_or_tab(char c) {
  return c == ' ' || c == '\t';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_space_or_tab(text.front()))
    text.remove_prefix(1);
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word))
    return false;
  text.remove_prefix(word.size());
  return true;
}

// The tokens of a value with one space between them.
std::string tidy(std::string_view value) {
  source_tokens tokens(value);
  std::string text;
  std::string_view before;
  for (auto token = tokens.next(); token.kind != token_kind::end; token = tokens.next()) {
    const bool is_adjacent = before.data() + before.size() == token.text.data();
    if (!text.empty() && !is_adjacent)
      text += ' ';
    text += token.text;
    before = token.text;
  }
  return text;
}

// Takes the directive of a line and the blanks around it. Empty when the line has none.
std::string_view take_directive(std::string_view& line) {
  skip_blanks(line);
  if (!take(line, "#"))
    return {};
  skip_blanks(line);
  const auto length = static_cast<std::size_t>(
      std::ranges::find_if_not(line, [](char c) { return c >= 'a' && c <= 'z'; }) - line.begin());
  const auto directive = line.substr(0, length);
  line.remove_prefix(length);
  skip_blanks(line);
  return directive;
}

// Follows the conditions around the lines of a header.
class conditions {
 public:
  // `rest`: what stands behind the directive.
  void add(std::string_view directive, std::string_view rest) {
    if (directive.starts_with("if")) {
      const bool is_first = !has_condition_;
      has_condition_ = true;
      const auto asked =
          directive == "ifndef" ? rest.substr(0, rest.find_first_of(" \t\r/")) : std::string_view();
      // The include guard, and names that a libc may have defined.
      const bool holds = (is_first && directive == "ifndef") || rest.starts_with("__UAPI_DEF_");
      open_.push_back({asked, holds});
    } else if (directive.starts_with("el") && !open_.empty()) {
      open_.back() = {};
    } else if (directive == "endif" && !open_.empty()) {
      open_.pop_back();
    }
  }

  // Whether a line that defines `name` here counts on every machine.
  bool hold_for(std::string_view name) const {
    return std::ranges::all_of(
        open_, [&](const condition& each) { return each.holds || each.asked == name; });
  }

 private:
  struct condition {
    std::string_view asked;  // #ifndef NAME
    bool holds = false;
  };
  std::vector<condition> open_;
  bool has_condition_ = false;
};

}  // namespace

bool is_constant_name(std::string_view name) {
  return name.size() > 1 && name.front() >= 'A' && name.front() <= 'Z' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

std::string defined_value(std::string_view text, std::string_view name) {
  if (text.find(name) == std::string_view::npos)
    return {};
  std::string value;
  conditions around;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    while (end != std::string_view::npos && end > 0 && text[end - 1] == '\\')
      end = text.find('\n', end + 1);
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto directive = take_directive(line);
    // A macro with parameters has the parenthesis at once.
    if (directive != "define" || !take(line, name) || line.empty() ||
        !is_space_or_tab(line.front())) {
      if (!directive.empty())
        around.add(directive, line);
      continue;
    }
    const auto joined = join_lines(line);
    auto found = tidy(joined.empty() ? line : joined);
    if (found.empty() || (!value.empty() && value != found) || !around.hold_for(name))
      return {};
    value = std::move(found);
  }
  return value;
}

uapi_macros::uapi_macros(std::vector<fs::path> directories, std::string_view architecture)
    : directories_(std::move(directories)),
      has_generic_values_(
          architecture.empty() ||
          std::ranges::find(generic_architectures, architecture_of_name(architecture)) !=
              generic_architectures.end()) {}

std::vector<fs::path> uapi_macros::header_directories() const {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& directory : directories_) {
    if (fs::is_directory(directory / "linux", error))
      found.push_back(directory / "linux");
  }
  return found;
}

const std::string& uapi_macros::text_of(const fs::path& file) {
  const auto [entry, is_new] = texts_.try_emplace(file.string());
  if (is_new) {
    try {
      const auto bytes = read_file(file);
      entry->second.assign(bytes.begin(), bytes.end());
    } catch (const failure&) {
      // The directory has no such header.
    }
  }
  return entry->second;
}

std::optional<uapi_macros::definition> uapi_macros::definition_in(const std::string& header,
                                                                  std::string_view name) {
  for (const auto& directory : directories_) {
    const auto file = directory / header;
    const auto& text = text_of(file);
    // The compiler takes the first file of this name.
    if (text.empty())
      continue;
    auto value = defined_value(text, name);
    if (value.empty())
      return std::nullopt;
    return definition{std::move(value), header, file};
  }
  return std::nullopt;
}

void uapi_macros::list_headers() {
  headers_.emplace();
  std::error_code error;
  for (const auto& directory : header_directories()) {
    for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
      // The compiler takes the first file of a name.
      if (entry.path().extension() == ".h")
        headers_->try_emplace(entry.path().lexically_relative(directory.parent_path()).string(),
                              entry.path());
    }
  }
}

std::optional<uapi_macros::definition> uapi_macros::definition_in_any(std::string_view name) {
  if (!headers_)
    list_headers();
  std::optional<definition> only;
  for (const auto& [header, file] : *headers_) {
    auto value = defined_value(text_of(file), name);
    if (value.empty())
      continue;
    if (only && only->value != value)
      return std::nullopt;
    if (!only)
      only = definition{std::move(value), header, file};
  }
  return only;
}

std::set<std::string> uapi_macros::constant_names() {
  std::set<std::string> names;
  const auto add = [&](const std::string& text) {
    constexpr std::string_view directive = "define";
    for (auto at = text.find(directive); at != std::string::npos;
         at = text.find(directive, at + 1)) {
      auto rest = std::string_view(text).substr(at + directive.size());
      skip_blanks(rest);
      const auto name = rest.substr(0, rest.find_first_of(" \t\r\n(/\\"));
      if (is_constant_name(name))
        names.emplace(name);
    }
  };
  if (!headers_)
    list_headers();
  for (const auto& [header, file] : *headers_)
    add(text_of(file));
  for (const auto& directory : directories_) {
    for (const auto header : preferred_headers)
      add(text_of(directory / header));
  }
  return names;
}

std::optional<uapi_macros::definition> uapi_macros::find_definition(const std::string& name) {
  for (const auto header : preferred_headers) {
    if (auto found = definition_in(std::string(header), name))
      return found;
  }
  if (has_generic_values_) {
    for (const auto header : generic_headers) {
      if (auto found = definition_in(std::string(header), name))
        return found;
    }
  }
  return definition_in_any(name);
}

std::optional<std::string> uapi_macros::constant_of(const definition& found, int depth) {
  source_tokens tokens(found.value);
  std::string constant;
  std::size_t copied = 0;
  for (auto token = tokens.next(); token.kind != token_kind::end; token = tokens.next()) {
    if (token.kind == token_kind::hash || token.kind == token_kind::paste)
      return std::nullopt;
    if (token.kind != token_kind::word)
      continue;
    // Other words are types, functions and enumerators.
    if (depth == 0 || !is_constant_name(token.text))
      return std::nullopt;
    const std::string name(token.text);
    auto inner = definition_in(found.header, name);
    if (!inner)
      inner = find_definition(name);
    const auto value = inner ? constant_of(*inner, depth - 1) : std::nullopt;
    if (!value)
      return std::nullopt;
    const auto at = static_cast<std::size_t>(token.text.data() - found.value.data());
    constant.append(found.value, copied, at - copied);
    const bool is_whole = token.text.size() == found.value.size();
    const bool needs_parentheses = !is_whole && value->front() != '(' &&
                                   value->find_first_of(" +-*/%<>&|^?:") != std::string::npos;
    constant += needs_parentheses ? "(" + *value + ")" : *value;
    copied = at + token.text.size();
  }
  constant.append(found.value, copied);
  used_.insert(found.file);
  return constant;
}

std::optional<uapi_macro> uapi_macros::find(const std::string& name) {
  if (!is_constant_name(name))
    return std::nullopt;
  const auto found = find_definition(name);
  if (!found)
    return std::nullopt;
  auto value = constant_of(*found, maximum_depth);
  if (!value)
    return std::nullopt;
  return uapi_macro{name, std::move(*value), found->header};
}

}  // namespace ebpfkit::host
