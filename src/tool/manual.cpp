// `ebpfkit manual`: describes the subcommands, as man pages and as JSON. The description comes from
// the commands themselves, so it fits what --help prints.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "tool/command.hpp"
#include "tool/man_page.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;

struct manual_arguments {
  fs::path directory;
  bool is_json = false;
};

// Options without a group are hidden from the help. All commands have --help.
std::vector<const CLI::Option*> shown_options(const CLI::App& command) {
  std::vector<const CLI::Option*> shown;
  for (const auto* option : command.get_options()) {
    if (!option->get_group().empty() && !option->check_lname("help"))
      shown.push_back(option);
  }
  return shown;
}

std::string option_names(const CLI::Option& option) {
  std::string names;
  for (const auto& name : option.get_snames())
    names += (names.empty() ? "-" : ", -") + name;
  for (const auto& name : option.get_lnames())
    names += (names.empty() ? "--" : ", --") + name;
  return names;
}

manual_option described(const CLI::Option& option) {
  const bool is_positional = option.get_positional();
  manual_option text;
  text.names = is_positional ? option.get_name() : option_names(option);
  if (!is_positional && option.get_expected_max() != 0)
    text.value = option.get_type_name();
  text.default_value = option.get_default_str();
  text.description = option.get_description();
  text.is_positional = is_positional;
  text.is_required = option.get_required();
  text.is_repeated = option.get_expected_max() > 1;
  return text;
}

std::vector<const CLI::App*> subcommands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* sub) { return !sub->get_name().empty(); });
}

// `path`: the words that call the command, "ebpfkit core check".
manual_command described(const CLI::App& command, const std::string& path) {
  manual_command text{path, command.get_description(), command.get_footer(), {}, {}};
  for (const auto* option : shown_options(command))
    text.options.push_back(described(*option));
  for (const auto* subcommand : subcommands_of(command))
    text.subcommands.push_back(described(*subcommand, path + " " + subcommand->get_name()));
  return text;
}

nlohmann::ordered_json json_of(const manual_command& command) {
  auto options = nlohmann::ordered_json::array();
  for (const auto& option : command.options)
    options.push_back({{"names", option.names},
                       {"value", option.value},
                       {"default", option.default_value},
                       {"description", option.description},
                       {"positional", option.is_positional},
                       {"required", option.is_required},
                       {"repeated", option.is_repeated}});
  auto subcommands = nlohmann::ordered_json::array();
  for (const auto& subcommand : command.subcommands)
    subcommands.push_back(json_of(subcommand));
  return {{"name", command.path},          {"description", command.description},
          {"footer", command.footer},      {"synopsis", synopsis_of(command)},
          {"options", std::move(options)}, {"subcommands", std::move(subcommands)}};
}

void run_manual(const manual_arguments& given, const CLI::App& app) {
  if (given.directory.empty() && !given.is_json)
    throw failure("manual: neither --output nor --json is given",
                  "--output DIRECTORY writes man pages, --json prints the description.");
  const auto all = described(app, app.get_name());
  if (!given.directory.empty()) {
    for (const auto& page : man_pages(all, EBPFKIT_VERSION))
      write_output(given.directory / page.file_name, page.text, unchanged::keep);
  }
  if (!given.is_json)
    return;
  auto document = json_document("manual");
  document["manual"] = json_of(all);
  print_json(document);
}

}  // namespace

void add_manual_command(CLI::App& app) {
  auto* command = app.add_subcommand("manual", "Describe all subcommands: man pages, JSON");
  const auto given = std::make_shared<manual_arguments>();
  command->add_option("--output", given->directory,
                      "Directory to write the man pages to, which is made when it is missing");
  command->add_flag("--json", given->is_json, "Print the description as JSON");
  command->callback([given, &app] { run_manual(*given, app); });
}

}  // namespace ebpfkit::host::tool
