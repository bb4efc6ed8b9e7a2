// Updates of a per-CPU map on one CPU.
#include <bpf/bpf.h>
#include <errno.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

result<void> untyped_map::update_on_cpu_bytes(const void* key, std::size_t key_size,
                                              std::uint32_t cpu, const void* value,
                                              std::size_t value_size, std::uint64_t flags) {
  constexpr std::uint64_t on_cpu = 8;  // BPF_F_CPU, which older headers do not have
  const auto cpus = possible_cpus();
  if (!cpus)
    return cpus.error();
  const auto all_values = per_cpu_stride(value_size) * *cpus;
  if (auto checked = check_sizes(detail::operation::update, key_size, all_values | per_cpu_mark);
      !checked)
    return checked;
  int code = ERANGE;
  std::string remedy;
  if (cpu < *cpus) {
    // Kernels without the flag read the values of all CPUs before they refuse it.
    std::vector<unsigned char> bytes(all_values);
    std::memcpy(bytes.data(), value, value_size);
    if (bpf_map_update_elem(fd(), key, bytes.data(), flags | on_cpu | std::uint64_t{cpu} << 32) ==
        0)
      return {};
    code = errno;
    if (code == EINVAL)
      remedy = detail::if_older_than({7, 0}, "updates of one CPU's value");
    if (!remedy.empty())
      code = EOPNOTSUPP;
  } else {
    remedy = detail::formatted("The system has CPUs 0 to %zu.", *cpus - 1);
  }
  auto failure = failed(detail::operation::update, code);
  if (!remedy.empty())
    failure.remedy = std::move(remedy);
  return failure;
}

}  // namespace ebpfkit
