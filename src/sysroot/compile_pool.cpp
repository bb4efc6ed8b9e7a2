#include "sysroot/compile_pool.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>

#include "support/failure.hpp"
#include "support/process.hpp"
#include "support/text.hpp"
#include "support/threads.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

void make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    throw failure(
        fmt::format("cannot make the directory '{}': {}", directory.string(), error.message()));
}

// Whether the command failed because the device of `output` is full. GNU ar does not say so:
// "unable to copy file; reason: Success".
bool is_full(const std::string& errors, const fs::path& output) {
  constexpr std::uintmax_t least_bytes = 65536;
  std::error_code error;
  const auto space = fs::space(output.parent_path(), error);
  return errors.find("No space left on device") != std::string::npos ||
         errors.find("no space left on device") != std::string::npos ||
         (!error && space.available < least_bytes);
}

// Runs the command, which writes `output`. Throws `failure` with the first lines of its errors.
void run(const std::vector<std::string>& command, const std::string& what, const fs::path& output) {
  const auto result = run_process(command);
  if (result.exit_status == 0)
    return;
  constexpr std::size_t longest = 2000;
  throw failure(fmt::format("{} failed with status {}:\n{}\n{}", what, result.exit_status,
                            result.errors.substr(0, longest), fmt::join(command, " ")),
                is_full(result.errors, output)
                    ? "Make room on the device of the cache, or name another one: --cache DIR."
                    : "");
}

std::uintmax_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;
}

}  // namespace

void compile_all(const std::vector<compile_job>& work, unsigned jobs) {
  std::vector<std::pair<std::uintmax_t, const compile_job*>> order;
  for (const auto& job : work) {
    order.emplace_back(size_of(job.source), &job);
    make_directory(job.object.parent_path());
  }
  std::ranges::stable_sort(order, std::greater<>(), [](const auto& job) { return job.first; });

  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr problem;
  const auto compile = [&] {
    for (;;) {
      const auto index = next.fetch_add(1);
      if (index >= order.size())
        return;
      const auto& job = *order[index].second;
      auto command = job.command;
      auto source = job.source;
      if (!job.directory.empty()) {
        command.push_back("-working-directory=" + job.directory.string());
        source = source.lexically_relative(job.directory);
      }
      command.insert(command.end(), {"-c", source.string(), "-o", job.object.string()});
      try {
        run(command, fmt::format("compiling '{}'", job.source.string()), job.object);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!problem)
          problem = std::current_exception();
        next = order.size();
        return;
      }
    }
  };
  call_in_threads(std::min<std::size_t>(std::max(jobs, 1U), order.size()), compile);
  if (problem)
    std::rethrow_exception(problem);
}

void make_library(const fs::path& library, const std::string& archiver,
                  const std::vector<fs::path>& objects) {
  make_directory(library.parent_path());
  // D: no times and no users in the library.
  std::vector<std::string> command{archiver, "rcsD", library.string()};
  for (const auto& object : objects)
    command.push_back(object.string());
  run(command, fmt::format("making '{}'", library.string()), library);
}

std::vector<fs::path> objects_of(const std::vector<compile_job>& work) {
  std::vector<fs::path> objects;
  for (const auto& job : work)
    objects.push_back(job.object);
  return objects;
}

}  // namespace ebpfkit::host
