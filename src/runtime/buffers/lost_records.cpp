#include "ebpfkit/lost_records.hpp"

#include <bpf/libbpf.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ebpfkit/per_cpu_map.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {

static_assert(sizeof(record_counts) == 72, "struct ebpfkit_record_counts of lost_records.h");

std::uint64_t record_counts::lost_total() const noexcept {
  std::uint64_t total = 0;
  for (const auto of_cause : lost)
    total += of_cause;
  return total;
}

record_counts& record_counts::operator+=(const record_counts& other) noexcept {
  sent += other.sent;
  for (std::size_t cause = 0; cause < lost.size(); ++cause)
    lost[cause] += other.lost[cause];
  return *this;
}

result<std::vector<record_counts>> read_record_counts(const untyped_map& counts) {
  const auto typed = counts.as<per_cpu_map<std::uint32_t, record_counts>>();
  if (!typed)
    return typed.error();
  std::vector<record_counts> found(bpf_map__max_entries(counts.get()));
  for (std::uint32_t program = 0; program < found.size(); ++program) {
    const auto values = typed->find(program);
    if (!values)
      return values.error();
    if (*values)
      found[program] = total_of(**values);
  }
  return found;
}

record_counts total_of(const std::vector<record_counts>& counts) noexcept {
  record_counts total;
  for (const auto& each : counts)
    total += each;
  return total;
}

}  // namespace ebpfkit
