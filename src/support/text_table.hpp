// A table of text for people.
#pragma once

#include <string>
#include <vector>

namespace ebpfkit::host {

// Returns the rows with their columns aligned: two spaces between columns, none at the end of a
// line. The first row is the heading. Columns that have only numbers below it end below each other.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace ebpfkit::host
