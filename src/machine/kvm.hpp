// Whether KVM of this computer can be used.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace ebpfkit::host {

// Returns whether a machine of `architecture` boots under KVM. A device that opens proves nothing:
// where KVM itself is emulated, a machine may need minutes or die. So `boots` must boot a kernel
// once, and the answer is kept in `cache` for as long as this computer runs (its boot_id). Two
// processes that ask at once boot one machine. Returns false at once without /dev/kvm, without the
// permission to use it, and for another CPU.
bool can_use_kvm(const std::filesystem::path& cache, std::string_view architecture,
                 const std::function<bool()>& boots);

}  // namespace ebpfkit::host
