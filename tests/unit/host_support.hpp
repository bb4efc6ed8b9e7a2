// The tests of the host tool share this: failures and files as text.
#pragma once

#include <filesystem>
#include <string>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::test {

// Calls the function, and returns what its failure says and advises, or "no failure".
template <class F>
std::string failure_of(F&& function) {
  try {
    function();
  } catch (const failure& problem) {
    return std::string(problem.what()) + "\n" + problem.remedy();
  }
  return "no failure";
}

inline std::string text_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  return std::string(as_text(bytes));
}

}  // namespace ebpfkit::host::test
