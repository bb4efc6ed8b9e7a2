#include "tool/command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/byte_order.hpp"
#include "support/nearest_names.hpp"
#include "support/progress.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::tool {

void output_options::write(std::string_view content,
                           std::span<const std::filesystem::path> inputs) const {
  write_output(path, content, when_unchanged());
  date_output(path, inputs);
}

void add_output_options(CLI::App& command, output_options& options) {
  command.add_option("--output", options.path, "File to write")->required();
  command.add_flag("--touch-unchanged", options.touch_unchanged,
                   "Renew the file's time even when its content stays the same (for make)");
}

CLI::CheckedTransformer byte_order_words() {
  std::map<std::string, std::endian> words;
  for (const auto order : {std::endian::little, std::endian::big})
    words.emplace(byte_order_name(order), order);
  return CLI::CheckedTransformer(words);
}

namespace {

// Returns the hint for an option, without the value behind '='.
std::string misspelt_option_hint(const CLI::App& command, std::string_view option) {
  std::vector<std::string> names;
  for (const auto* known : command.get_options()) {
    for (const auto& name : known->get_lnames())
      names.push_back("--" + name);
  }
  if (std::ranges::find(names, option) != names.end())
    return {};
  const auto nearest = nearest_names(option, {names.begin(), names.end()});
  return nearest.empty() ? std::string()
                         : fmt::format("  '{}' is no option of '{}'. The nearest is {}.\n",
                                       printable(option), command.get_name(), nearest.front());
}

}  // namespace

std::string misspelt_word_hint(const CLI::App& app, std::span<const char* const> words) {
  const auto* command = &app;
  for (const std::string_view word : words) {
    if (word == "--")
      return {};
    if (word.starts_with("--")) {
      auto hint = misspelt_option_hint(*command, word.substr(0, word.find('=')));
      if (!hint.empty())
        return hint;
      continue;
    }
    const auto subcommands = command->get_subcommands([](const CLI::App*) { return true; });
    if (subcommands.empty())
      continue;
    std::vector<std::string> names;
    const CLI::App* found = nullptr;
    for (const auto* subcommand : subcommands) {
      names.push_back(subcommand->get_name());
      if (subcommand->get_name() == word)
        found = subcommand;
    }
    if (found == nullptr)
      return fmt::format("  '{}' is no subcommand of '{}'. It has: {}\n", printable(word),
                         command->get_name(), fmt::join(names, ", "));
    command = found;
  }
  return {};
}

nlohmann::ordered_json json_document(std::string_view command) {
  return {{"version", json_version}, {"command", command}};
}

namespace {

constexpr const char* json_option = "--json";
// The help shows the option below this heading, which also tells it from those of other commands.
constexpr const char* written_files_group = "Output";

// What these print belongs to other programs: the compiler, a virtual machine, a test, a shell.
bool passes_output_on(const std::string& path) {
  static const std::set<std::string> names{"compile",       "vm-test",         "kernel run",
                                           "load-test run", "load-test check", "inspect tracelog",
                                           "inspect load"};
  return names.contains(path) || path.starts_with("completion ");
}

// Calls `function` with each subcommand that has none of its own, and its words: "kernel list".
template <class Function>
void each_leaf(CLI::App& app, const std::string& path, const Function& function) {
  const auto subcommands = app.get_subcommands([](CLI::App*) { return true; });
  if (subcommands.empty())
    function(app, path);
  for (auto* subcommand : subcommands)
    each_leaf(*subcommand,
              path.empty() ? subcommand->get_name() : path + " " + subcommand->get_name(),
              function);
}

void add_json_of_written_files(CLI::App& app) {
  const std::string description = "Print JSON: the files that were written";
  each_leaf(app, "", [&](CLI::App& command, const std::string& path) {
    if (command.get_option_no_throw(json_option) != nullptr || passes_output_on(path))
      return;
    auto* json = command.add_flag(json_option, description)->group(written_files_group);
    // Without --output, what is made goes to standard output.
    auto* output = command.get_option_no_throw("--output");
    if (output != nullptr && !output->get_required())
      json->needs(output);
  });
}

}  // namespace

void print_written_files(const CLI::App& app) {
  std::string path;
  const auto* command = &app;
  for (auto chosen = command->get_subcommands(); !chosen.empty();
       chosen = command->get_subcommands()) {
    command = chosen.front();
    path += (path.empty() ? "" : " ") + command->get_name();
  }
  const auto* option = command->get_option_no_throw(json_option);
  if (option == nullptr || option->count() == 0 || option->get_group() != written_files_group)
    return;
  auto document = json_document(path);
  document["outputs"] = nlohmann::ordered_json::array();
  for (const auto& file : written_files())
    document["outputs"].push_back(file.string());
  print_json(document);
}

namespace {

constexpr const char* by_hand_group = "Commands for people";
constexpr const char* for_cmake_group = "Commands that EbpfKit's CMake commands call";

// Puts the commands that `add` adds under a heading of --help.
void add_group(CLI::App& app, const char* heading,
               std::initializer_list<void (*)(CLI::App&)> commands) {
  const auto all = [](CLI::App*) { return true; };
  for (const auto add : commands) {
    const auto known = app.get_subcommands(all).size();
    add(app);
    auto subcommands = app.get_subcommands(all);
    for (auto at = known; at < subcommands.size(); ++at)
      subcommands[at]->group(heading);
  }
}

// `new` has its own --quiet, which also asks no questions.
void add_quiet_option(CLI::App& app) {
  each_leaf(app, "", [](CLI::App& command, const std::string&) {
    if (command.get_option_no_throw("--quiet") == nullptr)
      command.add_flag_callback("--quiet", silence_progress,
                                "Print no progress: nothing but errors, warnings and results");
  });
}

}  // namespace

void add_commands(CLI::App& app) {
  add_group(
      app, by_hand_group,
      {add_new_command, add_generate_command, add_build_command, add_btf_command, add_core_command,
       add_explain_command, add_inspect_command, add_kernel_command, add_load_test_command,
       add_size_command, add_sysroot_command, add_completion_command, add_manual_command});
  add_group(app, for_cmake_group,
            {add_bindings_command, add_compile_command, add_embed_command, add_export_command,
             add_inputs_command, add_object_command, add_skeleton_command, add_vm_test_command});
  app.footer(
      "Exit status: 0: success. 1: the command failed, or found what it looks for: differences,\n"
      "relocations that fail, refused programs. 2: `btf info`: damaged BTF. 64: the command line "
      "is\n"
      "wrong. `kernel run` ends with the status of its command. Errors go to standard error.");
  add_json_of_written_files(app);
  add_quiet_option(app);
}

}  // namespace ebpfkit::host::tool
