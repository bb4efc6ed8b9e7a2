#include "kernels/debian_suites.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace ebpfkit::host {

namespace {

// Backports have newer kernels, and sid has the newest.
constexpr std::array suites{
    debian_suite{"bullseye", "5.10"}, debian_suite{"bookworm", "6.1"},
    debian_suite{"trixie", "6.12"},   debian_suite{"trixie-backports", ""},
    debian_suite{"sid", ""},          debian_suite{"bookworm-backports", ""}};

}  // namespace

std::span<const debian_suite> debian_suites() {
  return suites;
}

std::vector<std::string> suites_with_series(std::string_view series) {
  std::vector<std::string> ordered;
  for (const auto& suite : suites)
    if (suite.series == series)
      ordered.emplace_back(suite.name);
  for (const auto& suite : suites)
    if (suite.series.empty())
      ordered.emplace_back(suite.name);
  return ordered;
}

std::vector<unsigned long> numbers_in(std::string_view text) {
  std::vector<unsigned long> numbers;
  while (!text.empty()) {
    if (std::isdigit(static_cast<unsigned char>(text.front())) == 0) {
      text.remove_prefix(1);
      continue;
    }
    unsigned long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    numbers.push_back(error == std::errc() ? number : 0);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return numbers;
}

}  // namespace ebpfkit::host
