// Makes names for generated C and C++.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace ebpfkit::host {

// Returns true for words that cannot be names in a header for both C and C++: keywords, and macros
// that compilers or standard headers (<errno.h>) define.
bool is_reserved_word(std::string_view word);

// Turns `name` into an identifier for C and C++. Replaces other characters by `_`, puts `_` before
// a leading digit and after a reserved word. An empty name becomes `_`.
std::string safe_identifier(std::string_view name);

// The names of one scope. Gives each name only once.
class name_scope {
 public:
  // Marks a name as used.
  void reserve(std::string name) { used_.insert(std::move(name)); }
  bool contains(const std::string& name) const { return used_.contains(name); }

  // Returns safe_identifier(name), made unique in this scope: appends `_`, `__`, or `_2`, `_3`...
  // if it is used already.
  std::string add(std::string_view name);

 private:
  std::set<std::string> used_;
  std::map<std::string, std::size_t> tried_;  // how many candidates for a name are used
};

}  // namespace ebpfkit::host
