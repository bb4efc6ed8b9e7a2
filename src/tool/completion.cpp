// `ebpfkit completion`: prints what makes a shell complete the tool's words. The words come from
// the parser itself, so they are those of this release.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/file.hpp"
#include "support/terminal.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {
namespace {

// A command, and the words that may follow it.
struct completed_command {
  std::string path;  // "kernel fetch"; empty: the tool itself
  std::vector<const CLI::App*> subcommands;
  std::vector<const CLI::Option*> options;
};

std::vector<completed_command> completed_commands(const CLI::App& app) {
  std::vector<completed_command> found;
  const std::function<void(const CLI::App&, const std::string&)> look =
      [&](const CLI::App& command, const std::string& path) {
        completed_command entry{path, {}, {}};
        for (const auto* option : command.get_options()) {
          if (!option->get_lnames().empty())
            entry.options.push_back(option);
        }
        entry.subcommands = command.get_subcommands([](const CLI::App*) { return true; });
        found.push_back(entry);
        for (const auto* subcommand : entry.subcommands)
          look(*subcommand,
               path.empty() ? subcommand->get_name() : path + " " + subcommand->get_name());
      };
  look(app, {});
  return found;
}

std::string long_name(const CLI::Option& option) {
  return "--" + option.get_lnames().front();
}

bool takes_value(const CLI::Option& option) {
  return option.get_expected_max() > 0;
}

std::vector<std::string> words_of(const completed_command& command) {
  std::vector<std::string> words;
  for (const auto* subcommand : command.subcommands)
    words.push_back(subcommand->get_name());
  for (const auto* option : command.options)
    words.push_back(long_name(*option));
  return words;
}

// Text inside single quotes of sh, zsh and fish.
std::string in_single_quotes(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c == '\n' ? ' ' : c;
  }
  return quoted;
}

std::string bash_text(const std::vector<completed_command>& commands) {
  std::string cases;
  std::string paths;
  for (const auto& command : commands) {
    cases +=
        fmt::format("    '{}') words='{}' ;;\n", command.path, fmt::join(words_of(command), " "));
    paths += fmt::format("{}'{}'", paths.empty() ? "" : " | ", command.path);
  }
  return fmt::format(R"(# Completion of ebpfkit for bash. Made by `ebpfkit completion bash`.
_ebpfkit() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} path= words= word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${{COMP_WORDS[index]}}
    case "${{path:+$path }}$word" in
    {}) path="${{path:+$path }}$word" ;;
    esac
  done
  case $path in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ ${{#COMPREPLY[@]}} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
}}
complete -o filenames -F _ebpfkit ebpfkit
)",
                     paths, cases);
}

// _describe wants `word:description`, with a backslash before colons of the word.
std::string zsh_text(const std::vector<completed_command>& commands) {
  std::string cases;
  std::string paths;
  for (const auto& command : commands) {
    std::string words;
    for (const auto* subcommand : command.subcommands)
      words += fmt::format("      '{}:{}'\n", subcommand->get_name(),
                           in_single_quotes(subcommand->get_description()));
    for (const auto* option : command.options)
      words += fmt::format("      '{}:{}'\n", long_name(*option),
                           in_single_quotes(option->get_description()));
    cases += fmt::format("    '{}') entries=(\n{}    ) ;;\n", command.path, words);
    paths += fmt::format("{}'{}'", paths.empty() ? "" : "|", command.path);
  }
  return fmt::format(R"(#compdef ebpfkit
# Completion of ebpfkit for zsh. Made by `ebpfkit completion zsh`.
_ebpfkit() {{
  local command_path= word
  local -a entries
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "${{command_path:+$command_path }}$word" in
      {}) command_path="${{command_path:+$command_path }}$word" ;;
    esac
  done
  case "$command_path" in
{}  esac
  _describe 'ebpfkit' entries
  _files
}}
if [ "$funcstack[1]" = "_ebpfkit" ]; then
  _ebpfkit "$@"
else
  compdef _ebpfkit ebpfkit
fi
)",
                     paths, cases);
}

std::string fish_text(const std::vector<completed_command>& commands) {
  std::string paths;
  std::string lines;
  for (const auto& command : commands) {
    if (!command.path.empty())
      paths += fmt::format(" '{}'", command.path);
    const auto condition = fmt::format("-n '__ebpfkit_is \"{}\"'", command.path);
    for (const auto* subcommand : command.subcommands)
      lines += fmt::format("complete -c ebpfkit {} -a '{}' -d '{}'\n", condition,
                           subcommand->get_name(), in_single_quotes(subcommand->get_description()));
    for (const auto* option : command.options)
      lines += fmt::format("complete -c ebpfkit {} -l '{}'{} -d '{}'\n", condition,
                           option->get_lnames().front(), takes_value(*option) ? " -r" : "",
                           in_single_quotes(option->get_description()));
  }
  return fmt::format(R"(# Completion of ebpfkit for fish. Made by `ebpfkit completion fish`.
function __ebpfkit_is
    set -l path ''
    for word in (commandline -opc)[2..-1]
        set -l longer (string trim -- "$path $word")
        if contains -- $longer{}
            set path $longer
        end
    end
    test "$path" = "$argv[1]"
end
{})",
                     paths, lines);
}

}  // namespace

void add_completion_command(CLI::App& app) {
  auto* completion = app.add_subcommand("completion", "Print completions for a shell");
  completion->require_subcommand(1);
  struct shell {
    const char* name;
    std::string (*text)(const std::vector<completed_command>&);
  };
  for (const auto& [name, text] :
       {shell{"bash", bash_text}, shell{"zsh", zsh_text}, shell{"fish", fish_text}}) {
    auto* command = completion->add_subcommand(name, fmt::format("For {}", name));
    auto output = std::make_shared<std::filesystem::path>();
    command->add_option("--output", *output, "File to write (default: standard output)");
    command->callback([&app, output, make = text] {
      const auto script = make(completed_commands(app));
      if (output->empty())
        print_output("{}", script);
      else
        write_output(*output, script, unchanged::touch);
    });
  }
}

}  // namespace ebpfkit::host::tool
