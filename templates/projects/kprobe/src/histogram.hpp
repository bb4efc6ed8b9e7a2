// Counters as bars.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

// Returns a line for each slot from the first to the last that is not 0: where the slot begins
// (2^n), its counter, and a bar. The bar of the largest counter has `width` characters.
template <class Slots>
std::string histogram(const Slots& slots, std::size_t width = 40) {
  std::size_t first = 0;
  std::size_t last = std::size(slots);
  while (last > 0 && slots[last - 1] == 0)
    --last;
  while (first < last && slots[first] == 0)
    ++first;
  const std::uint64_t largest = *std::max_element(std::begin(slots), std::end(slots));
  std::string text;
  for (auto slot = first; slot < last; ++slot) {
    const auto bar = static_cast<double>(slots[slot]) / static_cast<double>(largest);
    text += std::to_string(std::uint64_t{1} << slot) + ": " + std::to_string(slots[slot]) + ' ' +
            std::string(static_cast<std::size_t>(bar * static_cast<double>(width)), '*') + '\n';
  }
  return text;
}
