// What the subcommands of `ebpfkit inspect` share.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host::tool {

// A BPF object of the project: `--object NAME=PATH`.
struct project_object {
  std::string name;
  std::filesystem::path path;
};

// The options of `ebpfkit inspect` itself. CMake's targets give them; people need none of them.
class inspect_context {
 public:
  explicit inspect_context(CLI::App& inspect);

  // The project's objects. Throws `failure` for a word that is no NAME=PATH.
  std::vector<project_object> objects() const;
  std::vector<std::filesystem::path> object_paths() const;

  // Where the sources of the objects are: relative names in their debug information begin there, or
  // in a directory above.
  std::vector<std::filesystem::path> source_directories() const;
  // The build directory of the project; the current directory when no target calls.
  std::filesystem::path build_directory() const;

  // Returns `given`, the value of an option, or what the variable has when the option is not given:
  // `MAP_ID=12 cmake --build . --target dump-map`. Only targets read variables (--environment, and
  // --default for CMake's variables).
  std::string value(const std::string& given, const char* variable) const;
  // The same for a flag: the variable counts when it is neither empty nor 0, OFF, NO or FALSE.
  bool flag(bool given, const char* variable) const;

  // The bpftool to call: a name that is looked up in PATH, or a path.
  const std::string& bpftool() const { return bpftool_; }

  // Returns when this process may look at the kernel's BPF objects. Else runs this command again
  // through the launcher (sudo) and does not return; throws `failure` when there is none. `purpose`
  // completes "...: only root may <purpose>".
  void need_root(std::string_view purpose) const;

 private:
  std::vector<std::string> object_words_;
  std::vector<std::string> source_directories_;
  std::string build_directory_;
  std::vector<std::string> launcher_;
  std::vector<std::string> defaults_;
  std::string bpftool_ = "bpftool";
  std::vector<std::string> environment_;  // names of variables
};

// Read an option's value. Throw `failure` that names the option for a word that is no number.
// Without a value, `inspect_seconds` returns `otherwise`.
std::uint32_t inspect_number(const std::string& word, std::string_view option);
std::chrono::duration<double> inspect_seconds(const std::string& word, double otherwise);

// Begins a document of version 1: see docs/inspect.md.
nlohmann::ordered_json inspect_document(std::string_view command);

// Each function registers one subcommand or a few that belong together.
using shared_context = std::shared_ptr<inspect_context>;
void add_inspect_relocations_command(CLI::App& inspect, const shared_context& context);
void add_inspect_visualize_command(CLI::App& inspect, const shared_context& context);
void add_inspect_load_command(CLI::App& inspect, const shared_context& context);
void add_inspect_map_commands(CLI::App& inspect, const shared_context& context);
void add_inspect_map_update_command(CLI::App& inspect, const shared_context& context);
void add_inspect_bpftool_commands(CLI::App& inspect, const shared_context& context);
void add_inspect_verbose_load_command(CLI::App& inspect, const shared_context& context);
void add_inspect_list_commands(CLI::App& inspect, const shared_context& context);
void add_inspect_detach_command(CLI::App& inspect, const shared_context& context);
void add_inspect_pin_commands(CLI::App& inspect, const shared_context& context);
void add_inspect_stats_commands(CLI::App& inspect, const shared_context& context);
void add_inspect_globals_command(CLI::App& inspect, const shared_context& context);
void add_inspect_events_command(CLI::App& inspect, const shared_context& context);
void add_inspect_xdp_command(CLI::App& inspect, const shared_context& context);

}  // namespace ebpfkit::host::tool
