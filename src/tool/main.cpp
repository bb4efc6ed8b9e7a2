// `ebpfkit`: the host tool that EbpfKit's CMake commands call. Each subcommand has a file of its
// own.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <span>
#include <sstream>
#include <system_error>

#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "tool/command.hpp"

namespace {

using ebpfkit::host::print_error;
using ebpfkit::host::print_output;

// EX_USAGE of sysexits.h. CLI11's own statuses differ between its errors.
constexpr int status_of_wrong_words = 64;

// Returns the exit status. If writing to standard output failed, sets `output_error` to the errno.
int run(int argc, char** argv, int& output_error) {
  CLI::App app{"Host tool of EbpfKit: kernel types, BPF objects and skeletons.", "ebpfkit"};
  app.set_version_flag("--version", EBPFKIT_VERSION);
  app.require_subcommand(1);
  ebpfkit::host::tool::add_commands(app);

  try {
    app.parse(argc, argv);
    ebpfkit::host::tool::print_written_files(app);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::ostringstream output;
    std::ostringstream errors;
    const auto status = app.exit(error, output, errors);
    print_output("{}", output.str());
    print_error("{}", errors.str());
    // A command that throws RuntimeError has read its words, and says itself what is wrong.
    if (status == 0 || dynamic_cast<const CLI::RuntimeError*>(&error) != nullptr)
      return status;
    print_error("{}", ebpfkit::host::tool::misspelt_word_hint(
                          app, std::span<const char* const>(argv, argv + argc).subspan(1)));
    return status_of_wrong_words;
  } catch (const ebpfkit::host::failure& error) {
    print_error("ebpfkit: {}\n", error.what());
    if (!error.remedy().empty())
      print_error("  {}\n", error.remedy());
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0)
      output_error = error.code().value();
    else
      print_error("ebpfkit: {}\n", error.what());
  } catch (const std::exception& error) {
    print_error("ebpfkit: {}\n", error.what());
  }
  return 1;
}

// Flushes standard output: a write error such as a full disk may appear only now. Returns false if
// there was one, and prints it.
bool is_output_written(int output_error) {
  errno = 0;
  const bool is_flushed = std::fflush(stdout) == 0;
  if (is_flushed && std::ferror(stdout) == 0)
    return true;
  const int error = output_error != 0 ? output_error : errno;
  // The reader (head, less) has seen enough. Usually SIGPIPE ends the process before this.
  if (error == EPIPE)
    return false;
  print_error("ebpfkit: cannot write to standard output{}{}\n", error == 0 ? "" : ": ",
              error == 0 ? "" : std::strerror(error));
  return false;
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): without memory for a message, std::terminate() must do
int main(int argc, char** argv) {
  // A write beyond the limit of file sizes fails with EFBIG then, and the error names the file.
  std::signal(SIGXFSZ, SIG_IGN);
  int output_error = 0;
  const int status = run(argc, argv, output_error);
  return is_output_written(output_error) || status != 0 ? status : 1;
}
