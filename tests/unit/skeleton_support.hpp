// The tests of skeletons share this: a directory for a test's files, and compilers.
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/file.hpp"
#include "support/process.hpp"
#include "temporary_directory.hpp"

namespace ebpfkit::host::test {

inline const std::filesystem::path source_directory = EBPFKIT_SOURCE_DIR;

// The name also has a quote, because paths go into generated sources and assembly.
class work_directory : public ebpfkit::test::temporary_directory {
 public:
  work_directory() : ebpfkit::test::temporary_directory("ebpfkit it's ") {}
};

inline bool has_command(const std::string& name) {
  try {
    return run_process({name, "--version"}).exit_status == 0;
  } catch (const std::exception&) {
    return false;
  }
}

// Runs the command. Returns an empty text when it succeeds and reports nothing, otherwise what it
// reports.
inline std::string complaint_of(const std::vector<std::string>& command) {
  const auto result = run_process(command);
  if (result.exit_status == 0 && result.errors.empty())
    return {};
  return command.front() + ": status " + std::to_string(result.exit_status) + "\n" + result.errors;
}

inline std::filesystem::path compile_bpf(const work_directory& work, std::string_view name,
                                         std::string_view source,
                                         const std::string& target = "bpfel") {
  const auto input = work.write(std::string(name) + ".bpf.c", source);
  auto output = work.path() / (std::string(name) + ".bpf.o");
  EXPECT_EQ(complaint_of({"clang", "--target=" + target, "-mcpu=v3", "-O2", "-g", "-c",
                          input.string(), "-o", output.string()}),
            "");
  return output;
}

inline std::string read_text(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

// Compilers of C++ (and, with -x c, of C) that this machine has.
inline std::vector<std::string> compilers() {
  std::vector<std::string> found;
  for (const auto* name : {"g++", "clang++"}) {
    if (has_command(name))
      found.emplace_back(name);
  }
  return found;
}

// Returns the command of the same compiler for that language: g++ heeds `-x c` for the first file
// only.
inline std::string compiler_for(const std::string& compiler, const std::string& language) {
  if (language == "c++")
    return compiler;
  return compiler == "g++" ? "gcc" : "clang";
}

inline const std::vector<std::string>& strict_warnings() {
  static const std::vector<std::string> options{"-Wall",        "-Wextra",  "-Wpedantic",
                                                "-Wconversion", "-Wshadow", "-Werror"};
  return options;
}

}  // namespace ebpfkit::host::test
