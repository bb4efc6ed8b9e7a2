#include "file_name.hpp"

#include <string>

#include "expect.h"
#include "removal_guard.skel.hpp"

int main() {
  // The object opens without root, and its globals can be set before it is loaded.
  auto guard = ebpf::removal_guard::open().value();
  auto& name = guard.rodata().kept_name;
  EXPECT(set_file_name(name, "keep.txt"));
  EXPECT(std::string(name) == "keep.txt");
  EXPECT(!set_file_name(name, ""));
  EXPECT(!set_file_name(name, "a/b"));
  EXPECT(!set_file_name(name, std::string(sizeof(name), 'x')));
  EXPECT(std::string(name) == "keep.txt");
  EXPECT(set_file_name(name, std::string(sizeof(name) - 1, 'x')));
  return failures;
}
