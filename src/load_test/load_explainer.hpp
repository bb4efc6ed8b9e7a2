// Explains why programs are not loaded, with the lines of their sources.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load_test/load_results.hpp"
#include "load_test/instruction_places.hpp"
#include "runtime/errors/explanation.hpp"

namespace ebpfkit::host {

class load_explainer {
 public:
  // `directories`: where, and above which, sources are looked for.
  explicit load_explainer(std::vector<std::filesystem::path> directories)
      : directories_(std::move(directories)) {}

  // Makes the object's lines known. An object whose lines cannot be read has none.
  void add_object(const std::string& name, const std::filesystem::path& path);

  // Explains a program that is not loaded. Lines of the source have their file and number, also
  // those of kernels that do not print them.
  detail::explanation explain(const program_result& program) const;

  // The same for other programs: see docs/inspect.md, verbose-load.
  static nlohmann::ordered_json json(const detail::explanation& explained);

  // Sets `kind` and `explanation` of a program that the kernel or libbpf refused.
  void add_to(program_result& program) const;

  // The word for the kind of error: "possibly_null".
  static std::string kind(const detail::explanation& explained);

  // The text for people: see detail::explanation_text().
  std::string text(const detail::explanation& explained, std::string_view indentation) const;

 private:
  std::vector<std::filesystem::path> directories_;
  std::map<std::string, instruction_places, std::less<>> objects_;
};

}  // namespace ebpfkit::host
