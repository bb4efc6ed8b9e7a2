#include "tool/new_questions.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <string_view>

#include "support/failure.hpp"
#include "support/nearest_names.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "support/text_table.hpp"
#include "templates/project_name.hpp"

namespace ebpfkit::host::tool {

namespace {

std::string next_answer() {
  flush_output();
  std::string line;
  if (!std::getline(std::cin, line))
    throw failure(
        "new: the input ended before all questions were answered",
        "Nothing was written. Answer the questions, or give the options: ebpfkit new NAME "
        "--template TEMPLATE.");
  const auto begin = line.find_first_not_of(" \t\r");
  const auto end = line.find_last_not_of(" \t\r");
  return begin == std::string::npos ? std::string() : line.substr(begin, end - begin + 1);
}

// Asks until `check` accepts the answer. An empty answer stands for `proposed`.
std::string ask(std::string_view question, const std::string& proposed,
                const std::function<void(const std::string&)>& check) {
  for (;;) {
    print_output("{}{}: ", question, proposed.empty() ? "" : fmt::format(" [{}]", proposed));
    auto answer = next_answer();
    if (answer.empty())
      answer = proposed;
    try {
      check(answer);
      return answer;
    } catch (const failure& error) {
      print_output("  {}\n  {}\n", error.what(), error.remedy());
    }
  }
}

void show_templates(const template_directory& templates) {
  std::vector<std::vector<std::string>> rows{{"template", "what the project does"}};
  for (const auto& known : templates.list())
    rows.push_back({known.name, known.about});
  print_output("\n{}", text_table(rows));
}

}  // namespace

bool may_ask() {
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
}

vendor vendor_of_word(const std::string& word) {
  std::vector<std::string_view> known;
  for (const auto& [name, meaning] : vendor_words()) {
    if (name == word)
      return meaning;
    known.emplace_back(name);
  }
  throw failure(fmt::format("new: --vendor '{}' is no way to get EbpfKit{}", printable(word),
                            nearest_names_hint(word, known)),
                "Write find_package, fetchcontent or submodule.");
}

void ask_for_rest(new_project_words& words, const template_directory& templates) {
  print_output("A new project with eBPF. The Enter key takes what stands in brackets.\n");
  if (words.name.empty())
    words.name = ask("Name", "my_bpf", [](const auto& name) { check_project_name(name); });
  if (words.template_name.empty()) {
    show_templates(templates);
    words.template_name =
        ask("Template", "tracepoint", [&](const auto& name) { templates.require(name); });
  }
  if (words.directory.empty())
    words.directory = ask("Directory", "./" + words.name, [](const auto&) {});
  if (words.how.empty()) {
    print_output(
        "\nfind_package: EbpfKit is installed; fetchcontent: CMake fetches it; submodule: of "
        "git\n");
    words.how = ask("How the project gets EbpfKit", "find_package",
                    [](const auto& word) { static_cast<void>(vendor_of_word(word)); });
  }
  if (words.repository.empty() && vendor_of_word(words.how) != vendor::find_package)
    words.repository =
        ask("Address of EbpfKit's git repository", "", [&](const std::string& repository) {
          check({.name = words.name,
                 .template_name = words.template_name,
                 .how = vendor_of_word(words.how),
                 .repository = repository,
                 .revision = words.revision,
                 .presets = {}});
        });
}

bool confirms(const std::filesystem::path& directory, const std::vector<project_file>& files) {
  print_output("\nThese files go to '{}':\n", directory.string());
  for (const auto& file : files)
    print_output("  {}\n", file.path.string());
  print_output("Write them? [Y/n] ");
  const auto answer = next_answer();
  const bool is_yes = answer.empty() || answer == "y" || answer == "Y" || answer == "yes";
  if (!is_yes)
    print_output("Nothing was written.\n");
  return is_yes;
}

}  // namespace ebpfkit::host::tool
