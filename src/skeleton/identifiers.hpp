// Names in generated C and C++.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace ebpfkit::host {

// True for words that C or C++ gives a meaning (keywords, and macros that compilers or <errno.h>
// define), so that they can name nothing in a header for both.
bool is_reserved_word(std::string_view word);

// `name` as an identifier for C and C++: foreign characters become `_`, a reserved word gets a
// trailing `_`, an empty name is `_`.
std::string safe_identifier(std::string_view name);

// The names of one scope, each given once.
class name_scope {
 public:
  // Takes names as used already.
  void reserve(std::string name) { used_.insert(std::move(name)); }
  bool contains(const std::string& name) const { return used_.contains(name); }

  // `name` made safe and unique here: with one `_` behind it, two, or `_2`, `_3`...
  std::string add(std::string_view name);

 private:
  std::set<std::string> used_;
  std::map<std::string, std::size_t> tried_;  // how many candidates for a name are used
};

}  // namespace ebpfkit::host
