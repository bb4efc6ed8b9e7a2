// Finds macros of the installed kernel headers. BTF has no macros.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ebpfkit::host {

// Whether people give such names to constants: ETH_P_IP. Other names are not looked for.
bool is_constant_name(std::string_view name);

// What `#define` lines of a header's text make of `name`, without comments. Empty when there is no
// such line, when its value is empty, when two of them differ, and when a condition decides about
// it. Conditions that count as true: an include guard, `#ifndef` with the name itself, and
// __UAPI_DEF_*, by which a libc says that it defines something.
std::string defined_value(std::string_view text, std::string_view name);

struct uapi_macro {
  std::string name;
  std::string value;   // of numbers and operators only: macros in it are replaced
  std::string header;  // as a source would include it: linux/if_ether.h
};

// The macros of the headers below <directory>/linux, and of a few others that BPF programs use, in
// directories that the compiler searches for headers.
class uapi_macros {
 public:
  // `architecture`: the kernel's name of the CPU, by any alias; empty: any. Headers whose values
  // this CPU does not share are not read.
  uapi_macros(std::vector<std::filesystem::path> directories, std::string_view architecture);

  // Returns the macro if its value is a constant. The headers that BPF programs use most are asked
  // first. If only others have the macro, then all of them must agree in its value.
  std::optional<uapi_macro> find(const std::string& name);

  // The names of all macros of these headers that have the form of a constant's name. Not each is a
  // constant. Reads all headers.
  std::set<std::string> constant_names();

  // The files that have the macros found until now.
  const std::set<std::filesystem::path>& used_files() const { return used_; }

  // The directories whose changes mean that other headers have been installed.
  std::vector<std::filesystem::path> header_directories() const;

 private:
  struct definition {
    std::string value;
    std::string header;
    std::filesystem::path file;
  };

  const std::string& text_of(const std::filesystem::path& file);
  std::optional<definition> definition_in(const std::string& header, std::string_view name);
  std::optional<definition> definition_in_any(std::string_view name);
  std::optional<definition> find_definition(const std::string& name);
  std::optional<std::string> constant_of(const definition& found, int depth);
  void list_headers();

  std::vector<std::filesystem::path> directories_;
  bool has_generic_values_;
  std::unordered_map<std::string, std::string> texts_;
  // The files of linux/*.h, and deeper, by what a source would include. Not read until needed.
  std::optional<std::map<std::string, std::filesystem::path>> headers_;
  std::set<std::filesystem::path> used_;
};

}  // namespace ebpfkit::host
