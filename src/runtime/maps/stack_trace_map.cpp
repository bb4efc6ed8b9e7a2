#include "ebpfkit/stack_trace_map.hpp"

#include <bpf/libbpf.h>
#include <errno.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "../errors/diagnosis.hpp"

namespace ebpfkit {

result<std::optional<std::vector<std::uint64_t>>> stack_trace_map::find(std::uint32_t id) const {
  if ((bpf_map__map_flags(get()) & BPF_F_STACK_BUILD_ID) != 0) {
    auto failure = failed(detail::operation::find, EOPNOTSUPP);
    failure.remedy =
        "Its values are build ids and offsets (BPF_F_STACK_BUILD_ID), not addresses: view it as "
        "map<std::uint32_t, V>.";
    return failure;
  }
  const std::size_t size = bpf_map__value_size(get());
  std::vector<std::uint64_t> addresses((size + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
  const auto found = find_bytes(&id, sizeof(id), addresses.data(), size);
  if (!found)
    return found.error();
  if (!*found)
    return std::optional<std::vector<std::uint64_t>>();
  while (!addresses.empty() && addresses.back() == 0)
    addresses.pop_back();
  return std::optional<std::vector<std::uint64_t>>(std::move(addresses));
}

result<std::vector<std::uint32_t>> stack_trace_map::ids() const {
  std::vector<std::uint32_t> ids;
  const auto done = for_each_key(sizeof(std::uint32_t), [&](const void* key) -> result<void> {
    std::memcpy(&ids.emplace_back(), key, sizeof(std::uint32_t));
    return {};
  });
  if (!done)
    return done.error();
  return ids;
}

}  // namespace ebpfkit
