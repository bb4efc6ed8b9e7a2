#include "kernels/kernel_fragment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

#include "kernels/kconfig_files.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/nearest_names.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view option_prefix = "CONFIG_";
constexpr std::string_view optional_word = "# optional ";
constexpr std::string_view not_set_end = " is not set";
constexpr std::string_view machine_name = "machine";
constexpr std::size_t longest_fragment = std::size_t{1} << 20;
constexpr std::size_t most_refusals = 8;

bool is_option_name(std::string_view name) {
  return name.size() > option_prefix.size() && name.starts_with(option_prefix) &&
         std::ranges::all_of(name,
                             [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool is_number(std::string_view text) {
  const auto is_all = [](std::string_view digits, int (*is_digit)(int)) {
    return !digits.empty() &&
           std::ranges::all_of(digits, [&](unsigned char c) { return is_digit(c) != 0; });
  };
  if (text.starts_with("0x") || text.starts_with("0X"))
    return is_all(text.substr(2), [](int c) { return std::isxdigit(c); });
  return is_all(text.starts_with('-') ? text.substr(1) : text,
                [](int c) { return std::isdigit(c); });
}

// "text": quotes and backslashes in it have a backslash before them, as Kconfig writes them.
bool is_quoted_text(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"')
    return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::iscntrl(static_cast<unsigned char>(text[i])) != 0 || text[i] == '"')
      return false;
    if (text[i] == '\\' && ++i == text.size())
      return false;
  }
  return true;
}

// Returns the option in a line of a fragment or of a .config. Nothing: it is a comment or no
// option.
std::optional<kernel_option> parse_option(std::string_view line) {
  if (line.starts_with("# ") && line.ends_with(not_set_end)) {
    const auto name = line.substr(2, line.size() - 2 - not_set_end.size());
    if (is_option_name(name))
      return kernel_option{std::string(name), "n", false, {}};
  }
  const auto equals = line.find('=');
  if (equals == std::string_view::npos || !is_option_name(line.substr(0, equals)))
    return std::nullopt;
  const auto value = line.substr(equals + 1);
  if (value == "y" || value == "m" || value == "n" || is_number(value) || is_quoted_text(value))
    return kernel_option{std::string(line.substr(0, equals)), std::string(value), false, {}};
  return std::nullopt;
}

std::string line_of(const kernel_option& option) {
  return option.value == "n" ? fmt::format("# {}{}", option.name, not_set_end)
                             : fmt::format("{}={}", option.name, option.value);
}

const shipped_fragment* find_shipped(std::string_view name) {
  const auto found = std::ranges::find(shipped_fragments(), name, &shipped_fragment::name);
  return found == shipped_fragments().end() ? nullptr : &*found;
}

void add_options(std::vector<kernel_option>& all, std::vector<kernel_option> more) {
  for (auto& option : more) {
    const auto old = std::ranges::find(all, option.name, &kernel_option::name);
    if (old == all.end())
      all.push_back(std::move(option));
    else
      *old = std::move(option);
  }
}

// Adds the shipped file NAME.config and, where it is there, NAME.ARCHITECTURE.config.
void add_shipped(std::vector<kernel_option>& all, std::string_view name,
                 std::string_view architecture) {
  for (const auto& file : {std::string(name), fmt::format("{}.{}", name, architecture)})
    if (const auto* shipped = find_shipped(file))
      add_options(all, parse_fragment(shipped->text, file + ".config"));
}

std::string text_of_fragment(const std::string& word) {
  std::error_code error;
  const auto names = fragment_names();
  if (!fs::exists(word, error))
    throw failure(fmt::format("--fragment {}: there is no such fragment and no such file{}",
                              printable(word), nearest_names_hint(word, names)),
                  fmt::format("Give one of {}, or a file with lines of a kernel's configuration.",
                              fmt::join(names, ", ")));
  const auto bytes = read_file(word);
  if (bytes.size() > longest_fragment)
    throw failure(fmt::format("--fragment {}: the file has more than {} bytes", printable(word),
                              longest_fragment),
                  "Give a file with lines of a kernel's configuration.");
  return std::string(as_text(bytes));
}

}  // namespace

std::vector<std::string_view> fragment_names() {
  std::vector<std::string_view> names;
  for (const auto& fragment : shipped_fragments())
    if (fragment.name.find('.') == std::string_view::npos && fragment.name != machine_name)
      names.push_back(fragment.name);
  return names;
}

std::vector<kernel_option> parse_fragment(std::string_view text, const std::string& file) {
  std::vector<kernel_option> options;
  std::size_t number = 0;
  for (const auto& whole_line : split_text(text, '\n')) {
    ++number;
    std::string_view line = whole_line;
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty())
      continue;
    const auto place = fmt::format("{}:{}", file, number);
    const bool is_optional = line.starts_with(optional_word);
    if (is_optional)
      line.remove_prefix(optional_word.size());
    auto option = parse_option(line);
    if (!option && !is_optional && line.starts_with('#'))
      continue;
    if (!option)
      throw failure(fmt::format("{}: '{}' sets no option", place, printable(line)),
                    "Write CONFIG_X=y, CONFIG_X=250, CONFIG_X=\"text\", `# CONFIG_X is not set`, "
                    "or `# optional CONFIG_X=y`.");
    if (option->value == "m")
      throw failure(fmt::format("{}: {}=m: no modules are built", place, option->name),
                    fmt::format("Build it in: {}=y.", option->name));
    option->is_optional = is_optional;
    option->origin = place;
    const auto old = std::ranges::find(options, option->name, &kernel_option::name);
    if (old == options.end())
      options.push_back(std::move(*option));
    else if (old->value != option->value)
      throw failure(fmt::format("{}: {} is {} here, and {} in {}", place, option->name,
                                option->value, old->value, old->origin),
                    "Keep one of the two lines.");
  }
  return options;
}

std::vector<kernel_option> read_fragments(std::span<const std::string> fragments,
                                          std::string_view architecture) {
  std::vector<kernel_option> all;
  add_shipped(all, machine_name, architecture);
  const auto names = fragment_names();
  for (const auto& word : fragments) {
    if (std::ranges::find(names, word) != names.end())
      add_shipped(all, word, architecture);
    else
      add_options(all, parse_fragment(text_of_fragment(word), printable(word)));
  }
  return all;
}

std::string configuration_text(std::span<const kernel_option> options) {
  std::string text;
  for (const auto& option : options)
    text += line_of(option) + "\n";
  return text;
}

std::string value_in(std::string_view configuration, std::string_view name) {
  for (const auto& line : split_text(configuration, '\n'))
    if (const auto option = parse_option(line); option && option->name == name)
      return option->value;
  return "n";
}

std::vector<kernel_option> find_untaken(std::span<const kernel_option> options,
                                        std::string_view configuration) {
  std::vector<kernel_option> taken;
  for (const auto& line : split_text(configuration, '\n'))
    if (auto option = parse_option(line))
      taken.push_back(std::move(*option));
  std::ranges::sort(taken, {}, &kernel_option::name);
  std::vector<kernel_option> untaken;
  for (const auto& option : options) {
    const auto found = std::ranges::lower_bound(taken, option.name, {}, &kernel_option::name);
    const bool is_there = found != taken.end() && found->name == option.name;
    if ((is_there ? found->value : "n") != option.value)
      untaken.push_back(option);
  }
  return untaken;
}

void require_taken(std::span<const kernel_option> options, std::string_view configuration,
                   const fs::path& source) {
  auto untaken = find_untaken(options, configuration);
  std::erase_if(untaken, [](const kernel_option& option) { return option.is_optional; });
  if (untaken.empty())
    return;
  std::string lines;
  for (std::size_t i = 0; i < std::min(untaken.size(), most_refusals); ++i) {
    const auto& option = untaken[i];
    const auto definition =
        describe_kconfig_option(source, std::string_view(option.name).substr(option_prefix.size()));
    lines += fmt::format("\n  {} ({}): the kernel has {}; {}", line_of(option), option.origin,
                         value_in(configuration, option.name), definition);
  }
  if (untaken.size() > most_refusals)
    lines += fmt::format("\n  and {} more", untaken.size() - most_refusals);
  throw failure(
      fmt::format("the kernel's Kconfig does not take {} of the options:{}", untaken.size(), lines),
      "Add the options that they depend on, or leave them out. An option that only some versions "
      "of "
      "the kernel have is written `# optional CONFIG_X=y`.");
}

}  // namespace ebpfkit::host
