// Builds kernels from sources.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/kernel_store.hpp"

namespace ebpfkit::host {

struct kernel_build_request {
  std::string name;                    // in the cache, usual_name(): "mine/router/amd64"
  std::vector<std::string> fragments;  // shipped names and files; of an option, the last one wins
  std::string source;                  // what find_kernel_source() takes; empty: linux-source
  std::string architecture;            // "amd64", "arm64"; empty: that of the name
  unsigned jobs = 0;                   // compilers at once; 0: one for each processor
  bool update = false;                 // read the lists of packages again
};

// Builds a small kernel (allnoconfig and the fragments) and puts it into the store: its image, its
// configuration, and its BTF. A kernel with debugging information and without
// CONFIG_DEBUG_INFO_BTF gets detached BTF from pahole. Does nothing when the store has this name
// with the same digest: sources, options, compiler and pahole are the same. When it has that digest
// under another name, copies that kernel. Two processes that build the same name build it once. A
// process that is killed leaves the old kernel or none. `report` gets a line for each step.
//
// Throws `failure`: the name is of a fetched kernel or says another architecture, a program or a
// header is missing, the sources or a fragment cannot be read, the kernel does not take an option,
// the device has no room, or make fails. Then the message names the log and has its last lines.
void build_kernel(const kernel_store& store, const kernel_build_request& request,
                  const std::function<void(std::string_view)>& report);

}  // namespace ebpfkit::host
