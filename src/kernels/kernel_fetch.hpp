// Fetches kernels from the package mirror of this machine.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "kernels/kernel_store.hpp"

namespace ebpfkit::host {

// Fetches the newest kernel of a series, "debian/6.1/amd64", into the store. Searches the suites of
// Debian on the mirror that apt of this machine uses: first the one that has this series in its
// main part, then those with newer kernels. Takes the kernel for clouds where there is one, because
// it is small and boots quickly. Installs nothing. `report` gets a line for each step. Throws
// `failure` when the name is no Debian kernel, the mirror has no such kernel, or cannot be reached.
void fetch_kernel(const kernel_store& store, const std::string& name, bool update,
                  const std::function<void(std::string_view)>& report);

}  // namespace ebpfkit::host
