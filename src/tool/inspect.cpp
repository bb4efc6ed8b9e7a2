// `ebpfkit inspect`: what is inside BPF objects and inside the kernel. CMake's inspection targets
// call it.
#include "tool/inspect.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

namespace {

std::vector<std::string> own_command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto words = split_text(text, '\0');
  if (!words.empty())
    words.pop_back();  // behind the last NUL
  return words;
}

// Whether the process has one of the capabilities that BPF needs (man 7 capabilities).
bool may_use_bpf() {
  if (::geteuid() == 0)
    return true;
  std::ifstream lines("/proc/self/status");
  constexpr std::uint64_t wanted =
      (std::uint64_t{1} << CAP_SYS_ADMIN) | (std::uint64_t{1} << CAP_BPF);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("CapEff:"))
      return (std::strtoull(line.c_str() + sizeof("CapEff:"), nullptr, 16) & wanted) != 0;
  return false;
}

}  // namespace

inspect_context::inspect_context(CLI::App& inspect) {
  const auto take_one = [](CLI::Option* option) {
    option->take_all()->allow_extra_args(false)->group("Given by CMake's targets");
  };
  take_one(inspect.add_option("--object", object_words_,
                              "NAME=PATH: a BPF object of the project. May be repeated"));
  take_one(inspect.add_option("--source-directory", source_directories_,
                              "Directory of a program's CMakeLists.txt. May be repeated"));
  inspect.add_option("--build-directory", build_directory_, "Build directory of the project")
      ->group("Given by CMake's targets");
  take_one(inspect.add_option("--launcher", launcher_,
                              "A word of the command that gives the right to use BPF (sudo)"));
  take_one(inspect.add_option("--default", defaults_, "NAME=VALUE: as a variable"));
  inspect.add_option("--bpftool", bpftool_, "The bpftool to call")->capture_default_str();
  take_one(inspect.add_option("--environment", environment_,
                              "An environment variable that gives an option"));
}

std::vector<project_object> inspect_context::objects() const {
  std::vector<project_object> found;
  for (const auto& word : object_words_) {
    const auto equals = word.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == word.size())
      throw failure(fmt::format("--object '{}' is no NAME=PATH", word),
                    "Write the name of the program and the path of its object.");
    found.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return found;
}

std::vector<std::filesystem::path> inspect_context::object_paths() const {
  std::vector<std::filesystem::path> paths;
  for (const auto& object : objects())
    paths.push_back(object.path);
  return paths;
}

std::vector<std::filesystem::path> inspect_context::source_directories() const {
  return {source_directories_.begin(), source_directories_.end()};
}

std::filesystem::path inspect_context::build_directory() const {
  std::error_code error;
  return build_directory_.empty() ? std::filesystem::current_path(error)
                                  : std::filesystem::path(build_directory_);
}

std::string inspect_context::value(const std::string& given, const char* variable) const {
  if (!given.empty())
    return given;
  if (std::ranges::find(environment_, variable) != environment_.end()) {
    const char* found = std::getenv(variable);
    if (found != nullptr && *found != '\0')
      return found;
  }
  const auto begin = fmt::format("{}=", variable);
  for (const auto& word : defaults_)
    if (word.starts_with(begin))
      return word.substr(begin.size());
  return {};
}

bool inspect_context::flag(bool given, const char* variable) const {
  const auto word = given ? "1" : value({}, variable);
  return !(word.empty() || word == "0" || word == "OFF" || word == "NO" || word == "FALSE");
}

void inspect_context::need_root(std::string_view purpose) const {
  if (may_use_bpf())
    return;
  const auto words = own_command_line();
  if (launcher_.empty() || words.size() < 2)
    throw failure(fmt::format("ebpfkit inspect: only root may {}", purpose),
                  fmt::format("Run it as root: sudo {}", fmt::join(words, " ")));
  auto command = launcher_;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  command.push_back(error ? words[0] : program.string());
  for (std::size_t i = 1; i < words.size(); ++i) {
    // Without a launcher, the other process cannot come here again.
    if (words[i].starts_with("--launcher=") || words[i].starts_with("--environment="))
      continue;
    if (words[i] == "--launcher" || words[i] == "--environment") {
      ++i;
      continue;
    }
    command.push_back(words[i]);
    if (words[i] != "inspect" || i != 1)
      continue;
    // sudo removes the environment.
    for (const auto& variable : environment_)
      if (const auto known = value({}, variable.c_str()); !known.empty())
        command.push_back(fmt::format("--default={}={}", variable, known));
  }
  std::vector<char*> pointers;
  for (auto& word : command)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execvp(pointers[0], pointers.data());
  throw failure(fmt::format("'{}': cannot run it: {}", launcher_.front(), std::strerror(errno)),
                fmt::format("Only root may {}. Name the command that makes you root: "
                            "-DEBPFKIT_LAUNCHER=<command>",
                            purpose));
}

std::uint32_t inspect_number(const std::string& word, std::string_view option) {
  std::uint32_t number = 0;
  const auto* end = word.data() + word.size();
  const auto result = std::from_chars(word.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end)
    throw failure(fmt::format("{} '{}' is no number", option, word),
                  "Write a whole number, such as 12.");
  return number;
}

std::chrono::duration<double> inspect_seconds(const std::string& word, double otherwise) {
  char* end = nullptr;
  const double seconds = word.empty() ? otherwise : std::strtod(word.c_str(), &end);
  if ((end != nullptr && *end != '\0') || !(seconds >= 0.01 && seconds <= 86400))
    throw failure(fmt::format("INTERVAL '{}' is no number of seconds", word),
                  "Write a number from 0.01 to 86400, such as 2 or 0.5.");
  return std::chrono::duration<double>(seconds);
}

nlohmann::ordered_json inspect_document(std::string_view command) {
  return json_document(command);
}

void add_inspect_command(CLI::App& app) {
  auto* inspect = app.add_subcommand("inspect", "What is inside BPF objects and inside the kernel");
  inspect->require_subcommand(1);
  const auto context = std::make_shared<inspect_context>(*inspect);
  add_inspect_bpftool_commands(*inspect, context);
  add_inspect_list_commands(*inspect, context);
  add_inspect_map_update_command(*inspect, context);
  add_inspect_map_commands(*inspect, context);
  add_inspect_relocations_command(*inspect, context);
  add_inspect_visualize_command(*inspect, context);
  add_inspect_load_command(*inspect, context);
  add_inspect_pin_commands(*inspect, context);
  add_inspect_detach_command(*inspect, context);
  add_inspect_stats_commands(*inspect, context);
  add_inspect_globals_command(*inspect, context);
  add_inspect_events_command(*inspect, context);
  add_inspect_xdp_command(*inspect, context);
  add_inspect_verbose_load_command(*inspect, context);
}

}  // namespace ebpfkit::host::tool
