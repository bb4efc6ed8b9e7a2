#include "support/input_times.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "support/depfile.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {
namespace {

namespace fs = std::filesystem;

// Seconds and nanoseconds.
using file_time = std::pair<std::int64_t, std::int64_t>;

struct input_state {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  file_time modified;
  file_time changed;  // programs cannot set it
  bool operator==(const input_state&) const = default;
};

std::optional<input_state> state_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return std::nullopt;
  return input_state{status.st_dev,
                     status.st_ino,
                     status.st_size,
                     {status.st_mtim.tv_sec, status.st_mtim.tv_nsec},
                     {status.st_ctim.tv_sec, status.st_ctim.tv_nsec}};
}

struct watched_files {
  std::set<fs::path> outputs;
  std::set<fs::path> inputs;
};

// Compilers write paths such as source/../build/vmlinux.h.
bool is_below(const fs::path& path, const fs::path& directory) {
  return path.lexically_normal().native().starts_with((directory / "").native());
}

std::string text_of(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) ? std::string(as_text(read_file(path))) : std::string();
}

watched_files read_list(const input_times_request& request) {
  watched_files files;
  std::vector<fs::path> made;
  std::vector<fs::path> of_depfiles;
  std::istringstream lines(text_of(request.list));
  for (std::string line; std::getline(lines, line);) {
    const auto blank = line.find(' ');
    if (blank == std::string::npos)
      continue;
    const auto kind = std::string_view(line).substr(0, blank);
    const fs::path path = line.substr(blank + 1);
    if (kind == "output") {
      files.outputs.insert(path);
    } else if (kind == "input") {
      files.inputs.insert(path);
    } else if (kind == "made") {
      made.push_back(path);
    } else {
      std::ranges::move(depfile_inputs(text_of(path)), std::back_inserter(of_depfiles));
    }
  }
  for (const auto& input : of_depfiles) {
    if (std::ranges::none_of(made, [&](const auto& each) { return is_below(input, each); }))
      files.inputs.insert(input);
  }
  std::erase_if(files.inputs, [&](const auto& input) {
    return files.outputs.contains(input.lexically_normal());
  });
  return files;
}

using input_states = std::map<fs::path, input_state>;

input_states read_record(const fs::path& record) {
  input_states states;
  std::istringstream lines(text_of(record));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    input_state state;
    std::string path;
    fields >> state.device >> state.inode >> state.size >> state.modified.first >>
        state.modified.second >> state.changed.first >> state.changed.second;
    if (fields.get() == ' ' && std::getline(fields, path))
      states.emplace(path, state);
  }
  return states;
}

std::string record_text(const input_states& states) {
  std::string text;
  for (const auto& [path, state] : states)
    text += fmt::format("{} {} {} {} {} {} {} {}\n", state.device, state.inode, state.size,
                        state.modified.first, state.modified.second, state.changed.first,
                        state.changed.second, path.string());
  return text;
}

// The time of the last check, or a little before it: the kernel rounds times of files down to its
// clock's ticks, which are 10 ms apart at most.
std::optional<file_time> time_of_check(const fs::path& record) {
  const auto state = state_of(record);
  if (!state)
    return std::nullopt;
  constexpr std::int64_t tick = 10'000'000;
  constexpr std::int64_t second = 1'000'000'000;
  auto [seconds, nanoseconds] = state->modified;
  if (nanoseconds < tick)
    return file_time(seconds - 1, nanoseconds + second - tick);
  return file_time(seconds, nanoseconds - tick);
}

}  // namespace

std::vector<fs::path> check_input_times(const input_times_request& request) {
  const auto begin = fs::file_time_type::clock::now();
  const auto files = read_list(request);
  const auto known = read_record(request.record);
  const auto last_check = time_of_check(request.record);

  file_time newest;
  for (const auto& output : files.outputs) {
    if (const auto state = state_of(output))
      newest = std::max(newest, state->modified);
  }
  for (const auto& [path, state] : known)
    newest = std::max(newest, state.modified);

  input_states found;
  std::vector<fs::path> odd;
  for (const auto& input : files.inputs) {
    const auto state = state_of(input);
    if (!state)
      continue;
    found.emplace(input, *state);
    const auto before = known.find(input);
    // A header is new in its depfile after the step that read it.
    const bool is_changed = before != known.end() ? before->second != *state
                                                  : last_check && state->changed >= *last_check;
    if (is_changed && state->modified <= newest)
      odd.push_back(input);
  }
  std::error_code ignored;
  if (!odd.empty() || !fs::exists(request.stamp, ignored))
    write_output(request.stamp, {}, unchanged::touch);
  write_output(request.record, record_text(found), unchanged::touch);
  // What changes during the check changes after it.
  fs::last_write_time(request.record, begin);
  return odd;
}

}  // namespace ebpfkit::host
