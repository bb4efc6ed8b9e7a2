#include "tool/inspect_removal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "support/terminal.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::tool {

bool may_remove(const inspect_context& context, bool given_yes, bool is_json,
                std::string_view question) {
  if (context.flag(given_yes, "YES"))
    return true;
  if (is_json)
    return false;
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    print_output("Nothing was removed. YES=1 (--yes) removes it.\n");
    return false;
  }
  print_output("{} [y/N] ", question);
  flush_output();
  std::string answer;
  std::getline(std::cin, answer);
  const bool is_yes = answer == "y" || answer == "Y" || answer == "yes";
  if (!is_yes)
    print_output("Nothing was removed.\n");
  return is_yes;
}

std::string processes_text(const std::vector<owning_process>& processes) {
  std::string text;
  for (const auto& process : processes)
    text +=
        fmt::format("{}{} ({})", text.empty() ? "" : ", ", printable(process.command), process.id);
  return text.empty() ? "-" : text;
}

nlohmann::ordered_json processes_json(const std::vector<owning_process>& processes) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& process : processes)
    list.push_back({{"pid", process.id}, {"command", process.command}});
  return list;
}

}  // namespace ebpfkit::host::tool
