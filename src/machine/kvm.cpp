#include "machine/kvm.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <string>
#include <system_error>

#include "support/file.hpp"
#include "support/file_descriptor.hpp"
#include "support/file_lock.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

bool is_cpu_of_this_computer(std::string_view architecture) {
  utsname names{};
  if (::uname(&names) != 0)
    return false;
  const std::string_view machine = names.machine;
  return machine == architecture || (machine == "aarch64" && architecture == "arm64");
}

std::string boot_id() {
  const auto bytes = read_file("/proc/sys/kernel/random/boot_id");
  auto id = std::string(as_text(bytes));
  while (!id.empty() && id.back() == '\n')
    id.pop_back();
  return id;
}

}  // namespace

bool can_use_kvm(const fs::path& cache, std::string_view architecture,
                 const std::function<bool()>& boots) {
  if (!is_cpu_of_this_computer(architecture))
    return false;
  const file_descriptor device(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (device.get() < 0)
    return false;
  const auto answer = cache / "machine" / "kvm";
  const auto id = boot_id();
  const file_lock lock(cache / "locks" / "kvm");
  std::error_code error;
  if (fs::exists(answer, error)) {
    const auto text = read_file(answer);
    if (as_text(text) == id + " yes\n")
      return true;
    if (as_text(text) == id + " no\n")
      return false;
  }
  const bool is_usable = boots();
  write_output(answer, fmt::format("{} {}\n", id, is_usable ? "yes" : "no"), unchanged::keep);
  return is_usable;
}

}  // namespace ebpfkit::host
