// What the subcommands of `ebpfkit` share.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "support/file.hpp"

namespace ebpfkit::host::tool {

// `--output FILE` and `--touch-unchanged` (for make, see `unchanged`), the same in every
// subcommand that writes one file.
struct output_options {
  std::filesystem::path path;
  bool touch_unchanged = false;

  unchanged when_unchanged() const { return touch_unchanged ? unchanged::touch : unchanged::keep; }
};

void add_output_options(CLI::App& command, output_options& options);

// Prints JSON (nlohmann's, ordered or not) to standard output. File names and source lines may hold
// bytes that are no UTF-8: these are replaced.
template <class Json>
void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

// Each registers one subcommand, which runs in its callback and throws `failure`.
void add_bindings_command(CLI::App& app);
void add_btf_command(CLI::App& app);
void add_compile_command(CLI::App& app);
void add_core_command(CLI::App& app);
void add_export_command(CLI::App& app);
void add_embed_command(CLI::App& app);
void add_object_command(CLI::App& app);
void add_skeleton_command(CLI::App& app);

}  // namespace ebpfkit::host::tool
