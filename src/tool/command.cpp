#include "tool/command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>
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
  add_object_command(app);
  add_size_command(app);
  add_skeleton_command(app);
  add_sysroot_command(app);
  add_vm_test_command(app);
}

}  // namespace ebpfkit::host::tool
