#include "support/logged_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "support/child_process.hpp"
#include "support/failure.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace {

void write_all(int file, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR)
      throw failure(fmt::format("cannot write '{}': {}", path.string(), std::strerror(errno)),
                    "Check the room on the device.");
    if (written > 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void output_end::add(std::string_view line) {
  if (!has_error_ && (line.find("error: ") != std::string_view::npos ||
                      line.find(": *** ") != std::string_view::npos)) {
    has_error_ = true;
    lines_.clear();
  }
  if (lines_.size() == most_lines) {
    if (has_error_)
      return;
    lines_.erase(lines_.begin());
  }
  lines_.emplace_back(line.substr(0, longest_line));
}

logged_result run_logged(const std::vector<std::string>& command, const std::filesystem::path& log,
                         const std::function<void(std::string_view)>& on_line) {
  constexpr mode_t mode = 0644;
  file_descriptor file(
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, mode));
  if (file.get() < 0)
    throw failure(fmt::format("cannot write '{}': {}", log.string(), std::strerror(errno)));
  auto output = make_pipe();
  child_process::settings settings;
  // make ends its compilers when it gets SIGTERM.
  settings.end_signal = SIGTERM;
  settings.output = output.write_end.get();
  settings.when_missing = "Install it, or name another one.";
  child_process child(command, settings);
  output.write_end.close();

  output_end end;
  std::string line;
  const auto finish_line = [&] {
    end.add(line);
    on_line(line);
    line.clear();
  };
  std::array<char, 65536> buffer;
  for (;;) {
    const auto got = ::read(output.read_end.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    write_all(file.get(), bytes, log);
    for (const char c : bytes) {
      if (c == '\n')
        finish_line();
      else if (line.size() < buffer.size())
        line += c;
    }
  }
  if (!line.empty())
    finish_line();
  return {child.wait(), end.take()};
}

}  // namespace ebpfkit::host
