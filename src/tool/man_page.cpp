#include "tool/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebpfkit::host::tool {

namespace {

std::string page_name_of(const manual_command& command) {
  auto name = command.path;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

// Descriptions of commands have no full stop, unless they have several sentences.
std::string sentence(std::string_view text) {
  return roff_text(text) + (text.ends_with('.') || text.ends_with('?') ? "" : ".");
}

std::string with_value(const manual_option& option) {
  return option.names + (option.value.empty() ? "" : " ") + option.value +
         (option.is_repeated ? "..." : "");
}

void add_options(std::string& page, const manual_command& command) {
  for (const auto& option : command.options) {
    page += fmt::format(".TP\n\\fB{}\\fR", roff_text(option.names));
    if (!option.value.empty())
      page += fmt::format(" \\fI{}\\fR", roff_text(option.value));
    page += fmt::format("{}\n{}", option.is_repeated ? "..." : "", sentence(option.description));
    if (option.is_required)
      page += " Required.";
    if (!option.default_value.empty())
      page += fmt::format(" Default: {}.", roff_text(option.default_value));
    page += '\n';
  }
}

// The command and its subcommands, each below a heading of its own.
void add_subcommands(std::string& page, const manual_command& command) {
  for (const auto& subcommand : command.subcommands) {
    page += fmt::format(".SS {}\n{}\n", roff_text(synopsis_of(subcommand)),
                        sentence(subcommand.description));
    add_options(page, subcommand);
    if (!subcommand.footer.empty())
      page += fmt::format(".PP\n{}\n", roff_text(subcommand.footer));
    add_subcommands(page, subcommand);
  }
}

std::string head_of(const manual_command& command, std::string_view version) {
  const auto name = page_name_of(command);
  std::string title;
  for (const char letter : name)
    title += letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  return fmt::format(
      ".TH {} 1 \"\" \"EbpfKit {}\" \"EbpfKit\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}\n",
      roff_text(title), roff_text(version), roff_text(name), roff_text(command.description),
      roff_text(synopsis_of(command)));
}

std::string text_of(const manual_command& command, std::string_view version) {
  auto page = head_of(command, version);
  if (!command.footer.empty())
    page += fmt::format(".SH DESCRIPTION\n{}\n", roff_text(command.footer));
  if (!command.options.empty())
    page += ".SH OPTIONS\n";
  add_options(page, command);
  return page;
}

}  // namespace

std::string roff_text(std::string_view text) {
  std::string escaped;
  bool is_at_begin = true;
  for (const char letter : text) {
    if (is_at_begin && (letter == '.' || letter == '\''))
      escaped += "\\&";
    if (letter == '\\')
      escaped += "\\e";
    else if (letter == '-')
      escaped += "\\-";
    else
      escaped += letter;
    is_at_begin = letter == '\n';
  }
  return escaped;
}

std::string synopsis_of(const manual_command& command) {
  std::string text = command.path;
  const bool has_options =
      std::any_of(command.options.begin(), command.options.end(),
                  [](const auto& option) { return !option.is_positional && !option.is_required; });
  if (has_options)
    text += " [OPTION]...";
  if (!command.subcommands.empty())
    text += " COMMAND";
  for (const bool is_positional : {false, true}) {
    for (const auto& option : command.options) {
      if (option.is_positional != is_positional || (!is_positional && !option.is_required))
        continue;
      text +=
          option.is_required ? " " + with_value(option) : fmt::format(" [{}]", with_value(option));
    }
  }
  return text;
}

std::vector<man_page> man_pages(const manual_command& program, std::string_view version) {
  auto overview = text_of(program, version) + ".SH COMMANDS\n";
  for (const auto& command : program.subcommands)
    overview += fmt::format(".TP\n\\fB{}\\fR(1)\n{}\n", roff_text(page_name_of(command)),
                            sentence(command.description));
  std::vector<man_page> pages{{page_name_of(program) + ".1", std::move(overview)}};
  for (const auto& command : program.subcommands) {
    auto page = text_of(command, version);
    if (!command.subcommands.empty())
      page += ".SH COMMANDS\n";
    add_subcommands(page, command);
    page += ".SH SEE ALSO\n" + roff_text(program.path) + "(1)\n";
    pages.push_back({page_name_of(command) + ".1", std::move(page)});
  }
  return pages;
}

}  // namespace ebpfkit::host::tool
