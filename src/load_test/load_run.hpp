// Loads the programs of objects on a kernel.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kernels/kernel_store.hpp"
#include "load_test/load_results.hpp"
#include "machine/guest_plan.hpp"

namespace ebpfkit::host {

// A BPF object of a load test.
struct tested_object {
  std::string name;
  std::filesystem::path path;
};

// A program with other values of its global variables.
struct tested_variant {
  std::string object;
  std::string name;
  std::vector<std::pair<std::string, std::string>> globals;  // names and values
};

struct load_request {
  std::string kernel;  // "host": the kernel that runs
  std::vector<tested_object> objects;
  std::vector<tested_variant> variants;
  bool attach = true;
  machine_options machine;
  std::vector<std::string> launcher;  // for "host": what gives the right to load
  // Where, and above which, the sources of the programs are looked for, to show their lines.
  std::vector<std::filesystem::path> source_directories;
};

// The programs of an object, in the object's order.
struct listed_program {
  std::string name;
  bool is_alone = false;  // SEC("?..."): libbpf does not load it by itself
  std::string type;       // "xdp", "sched_cls", ... by its SEC(); empty: libbpf does not know it
};

// Throws `failure` when the object cannot be read.
std::vector<listed_program> list_programs(const tested_object& object);

// Loads all programs, and each variant of all programs of its object. A machine that fails is a
// result, too (load_results::problem). Throws `failure` when no machine can be made: the kernel is
// missing, an object cannot be read or is for another CPU, there is no QEMU.
load_results run_load_test(const load_request& request, const bootable_kernel& kernel);

}  // namespace ebpfkit::host
