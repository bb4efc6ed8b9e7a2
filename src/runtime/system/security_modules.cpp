#include "security_modules.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "text.hpp"
#include "text_file.hpp"

namespace ebpfkit::detail {
namespace {

constexpr long lsm_list_modules = 461;    // its number is the same on all architectures
constexpr std::uint64_t id_of_bpf = 109;  // LSM_ID_BPF of <linux/lsm.h>
constexpr std::uint32_t most_modules = 64;

lsm_state found_if(bool found) {
  return {found ? support::present : support::absent, 0};
}

}  // namespace

lsm_state bpf_lsm_state() {
  std::uint64_t ids[most_modules];
  std::uint32_t size = sizeof(ids);
  const long count = syscall(lsm_list_modules, ids, &size, 0);
  if (count >= 0) {
    bool found = false;
    for (long i = 0; i < count; ++i)
      found = found || ids[i] == id_of_bpf;
    return found_if(found);
  }
  // One line with commas: "lockdown,capability,bpf".
  const auto list = read_text_file("/sys/kernel/security/lsm");
  if (list.text.empty())
    return {support::unknown, list.code};
  const auto line = joined({",", first(list.text, list.text.find('\n')), ","});
  return found_if(line.find(",bpf,") != std::string::npos);
}

}  // namespace ebpfkit::detail
