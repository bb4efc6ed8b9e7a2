// Which programs a virtual machine takes.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "input_fixtures.hpp"
#include "machine/initramfs.hpp"
#include "machine/program_files.hpp"

namespace ebpfkit::host::input_test {
namespace {

using testing::HasSubstr;

// A static program without code.
template <class Header>
std::vector<std::uint8_t> program_of(unsigned char word_size, std::uint16_t machine) {
  Header header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = word_size;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&header);
  return {bytes, bytes + sizeof header};
}

// The error, or nothing.
std::string refused(const std::vector<std::uint8_t>& program, const std::string& architecture) {
  const temporary_directory work;
  const auto path = work.write("program", program);
  initramfs files;
  const auto text =
      failure_text([&] { add_program_files(files, path, "/test/program", architecture); });
  EXPECT_EQ(files.has("/test/program"), text.empty());
  return text;
}

// A kernel of 64 bits runs processes of 32 bits, too.
TEST(machine_program_files, programs_of_both_word_sizes) {
  EXPECT_EQ(refused(program_of<Elf64_Ehdr>(ELFCLASS64, EM_AARCH64), "arm64"), "");
  EXPECT_EQ(refused(program_of<Elf32_Ehdr>(ELFCLASS32, EM_ARM), "arm64"), "");
  EXPECT_EQ(refused(program_of<Elf64_Ehdr>(ELFCLASS64, EM_X86_64), "x86_64"), "");
  EXPECT_EQ(refused(program_of<Elf32_Ehdr>(ELFCLASS32, EM_386), "x86_64"), "");
}

TEST(machine_program_files, programs_for_another_cpu) {
  EXPECT_THAT(refused(program_of<Elf32_Ehdr>(ELFCLASS32, EM_ARM), "x86_64"),
              HasSubstr("is no program for x86_64"));
  EXPECT_THAT(refused(program_of<Elf32_Ehdr>(ELFCLASS32, EM_386), "arm64"),
              HasSubstr("is no program for arm64"));
  EXPECT_THAT(refused(program_of<Elf64_Ehdr>(ELFCLASS64, EM_ARM), "arm64"),
              HasSubstr("is no program for arm64"));
  EXPECT_THAT(refused({0x7f, 'E', 'L', 'F'}, "arm64"), HasSubstr("is no program for arm64"));
  EXPECT_THAT(refused({}, "arm64"), HasSubstr("is no program for arm64"));
}

}  // namespace
}  // namespace ebpfkit::host::input_test
