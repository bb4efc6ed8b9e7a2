// `ebpfkit new`: makes a project from a template.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "support/failure.hpp"
#include "support/program_path.hpp"
#include "support/shell_words.hpp"
#include "support/terminal.hpp"
#include "support/text_table.hpp"
#include "templates/new_project.hpp"
#include "templates/project_name.hpp"
#include "templates/project_template.hpp"
#include "templates/project_writer.hpp"
#include "tool/command.hpp"
#include "tool/new_questions.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;

struct new_arguments {
  new_project_words words;
  fs::path templates;
  bool is_list = false;
  bool is_json = false;
  bool is_quiet = false;
};

template_directory templates_of(const new_arguments& given) {
  return given.templates.empty() ? template_directory::installed()
                                 : template_directory(given.templates);
}

void print_templates(const template_directory& templates, bool is_json) {
  const auto all = templates.list();
  if (is_json) {
    auto json = json_document("new");
    json["templates"] = nlohmann::ordered_json::array();
    for (const auto& known : all)
      json["templates"].push_back({{"name", known.name}, {"about", known.about}});
    print_json(json);
    return;
  }
  std::vector<std::vector<std::string>> rows{{"template", "what the project does"}};
  for (const auto& known : all)
    rows.push_back({known.name, known.about});
  print_output("{}", text_table(rows));
}

void require_words(const new_project_words& words) {
  constexpr const char* usage =
      "Write `ebpfkit new NAME --template TEMPLATE`. `ebpfkit new --list` shows the templates.";
  if (words.name.empty())
    throw failure("new: the name of the project is missing", usage);
  if (words.template_name.empty())
    throw failure("new: --template is missing", usage);
}

// The prefix of an installed tool that a shell does not find. CMake finds packages in prefixes
// whose `bin` is on PATH. Empty when the shell finds it, and for a tool that is not installed.
fs::path prefix_to_name(const new_arguments& given) {
  std::error_code error;
  const auto tool = fs::read_symlink("/proc/self/exe", error);
  if (error || !given.templates.empty() || fs::equivalent(find_program("ebpfkit"), tool, error))
    return {};
  return tool.parent_path().parent_path();
}

std::vector<std::string> next_commands(const new_project& project, const fs::path& directory,
                                       const fs::path& prefix) {
  auto commands = first_commands(project);
  if (project.how == vendor::find_package && !prefix.empty())
    commands.front() += " " + shell_command({"-DCMAKE_PREFIX_PATH=" + prefix.string()});
  commands.insert(commands.begin(), shell_command({"cd", directory.string()}));
  return commands;
}

void tell(const new_arguments& given, const new_project& project, const fs::path& directory,
          const std::vector<project_file>& files) {
  const auto commands = next_commands(project, directory, prefix_to_name(given));
  if (given.is_json) {
    auto json = json_document("new");
    json["name"] = project.name;
    json["template"] = project.template_name;
    json["vendor"] = word_of(project.how);
    json["directory"] = directory.string();
    json["files"] = nlohmann::ordered_json::array();
    for (const auto& file : files)
      json["files"].push_back(file.path.string());
    json["next"] = commands;
    print_json(json);
  } else if (!given.is_quiet) {
    print_output("Made '{}' with {} files. README.md there tells what to change first. Next:\n",
                 directory.string(), files.size());
    for (const auto& command : commands)
      print_output("  {}\n", command);
  }
}

void run_new(new_arguments given) {
  const auto templates = templates_of(given);
  if (given.is_list) {
    print_templates(templates, given.is_json);
    return;
  }
  auto& words = given.words;
  if (!words.name.empty())
    check_project_name(words.name);
  if (!words.template_name.empty())
    templates.require(words.template_name);
  if (!words.how.empty())
    static_cast<void>(vendor_of_word(words.how));
  const bool asks = (words.name.empty() || words.template_name.empty()) && !given.is_json &&
                    !given.is_quiet && may_ask();
  if (asks)
    ask_for_rest(words, templates);
  require_words(words);

  new_project project{.name = words.name,
                      .template_name = words.template_name,
                      .how = words.how.empty() ? vendor::find_package : vendor_of_word(words.how),
                      .repository = words.repository,
                      .revision = words.revision,
                      .presets = template_directory::presets()};
  auto directory =
      fs::absolute(words.directory.empty() ? words.name : words.directory).lexically_normal();
  if (!directory.has_filename())
    directory = directory.parent_path();
  const auto files = files_of(project, templates);
  check_project_place(directory, files);
  if (asks && !confirms(directory, files))
    return;
  write_project(directory, files);
  tell(given, project, directory, files);
}

}  // namespace

void add_new_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "new", "Make a project from a template; on a terminal, ask for what is not given");
  auto given = std::make_shared<new_arguments>();
  auto& words = given->words;
  words.revision = std::string("v") + EBPFKIT_VERSION;
  command->add_option("name", words.name,
                      "Name of the project and its program: letters, digits and _");
  command->add_option("--template", words.template_name, "What the project does; see --list");
  command->add_option("--directory", words.directory,
                      "Where the project goes (default: the name). Nothing there is overwritten");
  command->add_option("--vendor", words.how,
                      "How the project gets EbpfKit: find_package (default), fetchcontent or "
                      "submodule");
  command->add_option("--repository", words.repository,
                      "Address of EbpfKit's git repository, for fetchcontent and submodule");
  command->add_option("--revision", words.revision, "Tag, branch or commit there")
      ->capture_default_str();
  command->add_option("--templates", given->templates,
                      "Directory of templates (default: the installed ones)");
  command->add_flag("--list", given->is_list, "List the templates");
  command->add_flag("--json", given->is_json, "Print JSON, and do not ask");
  command->add_flag("--quiet", given->is_quiet, "Print nothing but errors, and do not ask");
  command->callback([given] { run_new(*given); });
}

}  // namespace ebpfkit::host::tool
