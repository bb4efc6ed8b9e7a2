// Programs that are in the kernel, whoever loaded them.
#pragma once

#include <string>

namespace ebpfkit::detail {

// The id and the name that the program has in the kernel. Id 0: there is no such program, or the
// process may not look at it.
struct loaded_program {
  unsigned id = 0;
  std::string name;
};
loaded_program loaded_program_of(int fd);
loaded_program loaded_program_of_id(unsigned id);

// A text such as "program 'x' (id 12)". It omits the name when the process may not look at the
// program.
std::string loaded_program_text(unsigned id);

}  // namespace ebpfkit::detail
