// What changed between the sizes of two programs.
#pragma once

#include <string>
#include <vector>

#include "size/size_report.hpp"

namespace ebpfkit::host {

struct size_change {
  std::string name;
  byte_count before;
  byte_count after;
  std::vector<size_change> parts;  // the objects of a library that changed
};

struct size_changes {
  std::vector<size_change> sections;
  std::vector<size_change> libraries;  // empty when one of the reports has no libraries
};

// Compares two reports by the names of sections, libraries and objects. The result has what
// changed, the largest change first.
size_changes compare_sizes(const size_report& before, const size_report& after);

// The largest change of bytes in the file first, then of bytes in memory, then by name.
void sort_changes(std::vector<size_change>& changes);

}  // namespace ebpfkit::host
