#include "tool/command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/byte_order.hpp"
#include "support/nearest_names.hpp"
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

// What these print belongs to other programs: the compiler, a virtual machine, a test.
bool passes_output_on(const std::string& path) {
  static const std::set<std::string> names{"compile",       "vm-test",         "kernel run",
                                           "load-test run", "load-test check", "inspect tracelog",
                                           "inspect load"};
  return names.contains(path);
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
    if (command.get_option_no_throw(json_option) == nullptr && !passes_output_on(path))
      command.add_flag(json_option, description)->group(written_files_group);
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

void add_commands(CLI::App& app) {
  add_bindings_command(app);
  add_btf_command(app);
  add_compile_command(app);
  add_core_command(app);
  add_explain_command(app);
  add_export_command(app);
  add_embed_command(app);
  add_inputs_command(app);
  add_inspect_command(app);
  add_kernel_command(app);
  add_load_test_command(app);
  add_new_command(app);
  add_object_command(app);
  add_size_command(app);
  add_skeleton_command(app);
  add_sysroot_command(app);
  add_vm_test_command(app);
  add_json_of_written_files(app);
}

}  // namespace ebpfkit::host::tool
