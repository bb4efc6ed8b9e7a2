// Opens an object that libbpf complains about. A test runs it with other environments, and with
// more rights than its user has.
#include "ebpfkit/object.hpp"

int main() {
  constexpr unsigned char no_elf_file[] = "no ELF file";
  ebpfkit::object_description description{};
  description.name = "nothing";
  description.bytes = no_elf_file;
  description.size = sizeof(no_elf_file);
  return ebpfkit::object::open(description, nullptr) ? 1 : 0;
}
