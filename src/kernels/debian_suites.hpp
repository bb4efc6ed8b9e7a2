// Which suite of Debian has which kernels.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

struct debian_suite {
  std::string_view name;
  std::string_view series;  // of Linux; empty: it changes
};

// Returns all suites whose kernels are taken.
std::span<const debian_suite> debian_suites();

// Returns the suites that may have kernels of a series ("6.1"): first the one that has the series
// in its main part, then those that change.
std::vector<std::string> suites_with_series(std::string_view series);

// Returns the numbers in a text. Compared so, "6.1.0-9" comes before "6.1.0-10".
std::vector<unsigned long> numbers_in(std::string_view text);

}  // namespace ebpfkit::host
