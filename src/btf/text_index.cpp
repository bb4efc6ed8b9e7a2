#include "btf/text_index.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace ebpfkit::host {

namespace {

template <class Word>
std::uint64_t load(const char* from) {
  Word word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Looks at the length and at up to 24 bytes (beginning, middle and end), which tells a kernel's
// names apart; a hash of all bytes takes longer than everything else that an index does.
std::uint32_t hash_of(std::string_view name) {
  const auto length = name.size();
  const auto* text = name.data();
  std::uint64_t mixed = length * 0x9e3779b97f4a7c15U;
  const auto mix = [&](std::uint64_t word) {
    mixed = (std::rotl(mixed, 29) ^ word) * 0xd6e8feb86659fd93U;
  };
  if (length >= 8) {
    mix(load<std::uint64_t>(text));
    if (length > 16)
      mix(load<std::uint64_t>(text + length / 2 - 4));
    mix(load<std::uint64_t>(text + length - 8));
  } else if (length >= 4) {
    mix(load<std::uint32_t>(text) << 32 | load<std::uint32_t>(text + length - 4));
  } else if (length > 0) {
    mix(load<std::uint8_t>(text) << 16 | load<std::uint8_t>(text + length / 2) << 8 |
        load<std::uint8_t>(text + length - 1));
  }
  return static_cast<std::uint32_t>(mixed >> 32);
}

}  // namespace

void text_index::add(std::string_view name, std::uint32_t owner) {
  if (!name.empty())
    entries_.push_back({name, owner, hash_of(name), 0});
}

void text_index::finish() {
  buckets_.assign(std::bit_ceil(entries_.size() + 1), 0);
  // From the last to the first, so that every chain has the order of `add`.
  for (auto i = entries_.size(); i-- > 0;) {
    auto& bucket = buckets_[entries_[i].hash & (buckets_.size() - 1)];
    entries_[i].next = bucket;
    bucket = static_cast<std::uint32_t>(i + 1);
  }
}

void text_index::find(std::string_view name, std::vector<std::uint32_t>& found) const {
  if (name.empty())
    return;
  const auto hash = hash_of(name);
  for (auto at = buckets_[hash & (buckets_.size() - 1)]; at != 0; at = entries_[at - 1].next) {
    const auto& candidate = entries_[at - 1];
    if (candidate.hash == hash && candidate.name == name)
      found.push_back(candidate.owner);
  }
}

}  // namespace ebpfkit::host
