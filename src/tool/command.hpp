// Options and functions that the subcommands of `ebpfkit` share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "support/file.hpp"
#include "support/terminal.hpp"

namespace ebpfkit::host::tool {

// `--output FILE` and `--touch-unchanged` (for make, see `unchanged`). Every subcommand that writes
// one file has these options.
struct output_options {
  std::filesystem::path path;
  bool touch_unchanged = false;

  unchanged when_unchanged() const { return touch_unchanged ? unchanged::touch : unchanged::keep; }

  // Writes the output. `inputs`: the files that `content` was made from, see date_output().
  void write(std::string_view content, std::span<const std::filesystem::path> inputs) const;
};

// Returns what to write instead of the first word that a command line misspells: the subcommands
// that there are, or the nearest option. Ends with a newline; empty when no word is misspelt.
std::string misspelt_word_hint(const CLI::App& app, std::span<const char* const> words);

void add_output_options(CLI::App& command, output_options& options);

// The words for an option whose value is a std::endian: little, big.
CLI::CheckedTransformer byte_order_words();

// Begins the JSON document of a subcommand. Every document of `ebpfkit` is an object that begins
// with `version` and `command`: see docs/json.md. Members are added; none changes its meaning or
// goes while the version stays 1.
inline constexpr int json_version = 1;
nlohmann::ordered_json json_document(std::string_view command);

// Subcommands that only write files get `--json` from add_commands(). After such a command,
// `print_written_files` prints the document with the files, when it was asked for.
void print_written_files(const CLI::App& app);

// Prints JSON (nlohmann's, ordered or not) to standard output, in ASCII. Replaces bytes that are
// not UTF-8: file names and source lines may have some.
template <class Json>
void print_json(const Json& json) {
  write_to_terminal(stdout, json.dump(2, ' ', true, Json::error_handler_t::replace));
  write_to_terminal(stdout, "\n");
}

// Registers all subcommands.
void add_commands(CLI::App& app);

// Each function registers one subcommand. The subcommand runs in its callback and throws `failure`.
void add_bindings_command(CLI::App& app);
void add_btf_command(CLI::App& app);
void add_build_command(CLI::App& app);
void add_compile_command(CLI::App& app);
void add_completion_command(CLI::App& app);
void add_core_command(CLI::App& app);
void add_explain_command(CLI::App& app);
void add_export_command(CLI::App& app);
void add_embed_command(CLI::App& app);
void add_generate_command(CLI::App& app);
void add_inputs_command(CLI::App& app);
void add_inspect_command(CLI::App& app);
void add_kernel_command(CLI::App& app);
void add_load_test_command(CLI::App& app);
void add_manual_command(CLI::App& app);
void add_new_command(CLI::App& app);
void add_object_command(CLI::App& app);
void add_size_command(CLI::App& app);
void add_skeleton_command(CLI::App& app);
void add_sysroot_command(CLI::App& app);
void add_vm_test_command(CLI::App& app);

}  // namespace ebpfkit::host::tool
