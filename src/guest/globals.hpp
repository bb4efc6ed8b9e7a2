// Values of a program's global variables.
#pragma once

#include <string>

struct bpf_object;

namespace ebpfkit::guest {

// Sets an integer variable (also bool, char and enum) of an opened object before it is loaded. The
// variable is found through the object's BTF. `value` is a number as strtoll(3) reads it with base
// 0, or true or false. Returns an error text, which is empty when all is well.
std::string set_global(bpf_object* object, const std::string& name, const std::string& value);

}  // namespace ebpfkit::guest
