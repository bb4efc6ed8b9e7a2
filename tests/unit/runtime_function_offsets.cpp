// The places of functions in ELF files, which strangers may have made.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "symbol_elf.hpp"
#include "system/function_offsets.hpp"
#include "system/unique_fd.hpp"

namespace {

using ebpfkit::detail::file_bytes;
using ebpfkit::detail::find_function_offsets;
using ebpfkit::test::elf_with_symbols;
using ebpfkit::test::types_of_elf32;
using testing::ElementsAre;

struct search_outcome {
  int code = 0;
  std::vector<std::uint64_t> offsets{};
  std::string culprit{};
};

search_outcome search(const std::string& file, const std::vector<std::string>& functions) {
  search_outcome outcome;
  outcome.code =
      find_function_offsets(file_bytes(file), functions, outcome.offsets, outcome.culprit);
  return outcome;
}

TEST(runtime_function_offsets, names_give_places_in_the_file) {
  const auto file = elf_with_symbols({{"second", 0x1020},
                                      {"first", 0x1010},
                                      {"versioned@@V2", 0x1030},
                                      {"imported", 0, STB_GLOBAL, STT_FUNC, SHN_UNDEF},
                                      {"data", 0x1040, STB_GLOBAL, STT_OBJECT},
                                      {"far", 0x1050, STB_GLOBAL, STT_FUNC, 77}});
  EXPECT_THAT(search(file, {"first", "second"}).offsets, ElementsAre(0x410, 0x420));
  EXPECT_THAT(search(file, {"versioned"}).offsets, ElementsAre(0x430));
  EXPECT_THAT(search(file, {"*s*"}).offsets, ElementsAre(0x410, 0x420, 0x430));
  for (const char* name : {"imported", "data", "far", "firs", "none*"}) {
    const auto missing = search(file, {name});
    EXPECT_EQ(missing.code, ENOENT) << name;
    EXPECT_EQ(missing.culprit, name);
  }
  EXPECT_EQ(search(file, {}).code, EINVAL);
}

TEST(runtime_function_offsets, global_functions_come_before_local_ones) {
  const auto file = elf_with_symbols({{"both", 0x1010, STB_LOCAL},
                                      {"both", 0x1020, STB_LOCAL},
                                      {"both", 0x1030, STB_WEAK},
                                      {"both", 0x1040},
                                      {"both", 0x1050, STB_LOCAL},
                                      {"local", 0x1010, STB_LOCAL},
                                      {"local", 0x1020, STB_LOCAL},
                                      {"twice", 0x1030, STB_LOCAL},
                                      {"twice", 0x1030, STB_LOCAL}});
  EXPECT_THAT(search(file, {"both"}).offsets, ElementsAre(0x440));
  EXPECT_THAT(search(file, {"twice"}).offsets, ElementsAre(0x430));
  const auto ambiguous = search(file, {"twice", "local"});
  EXPECT_EQ(ambiguous.code, ENOTUNIQ);
  EXPECT_EQ(ambiguous.culprit, "local");
}

TEST(runtime_function_offsets, files_of_32_bits_and_tables_for_the_dynamic_linker) {
  const std::vector<ebpfkit::test::named_symbol> symbols = {{"first", 0x1010}, {"thumb", 0x1021}};
  const auto dynamic = elf_with_symbols(symbols, EM_X86_64, SHT_DYNSYM);
  EXPECT_THAT(search(dynamic, {"first"}).offsets, ElementsAre(0x410));
  // The lowest bit of an address is part of it, except on ARM, where it tells the kind of code.
  const auto small = elf_with_symbols<types_of_elf32>(symbols, EM_386);
  EXPECT_THAT(search(small, {"first", "thumb"}).offsets, ElementsAre(0x410, 0x421));
  const auto arm = elf_with_symbols<types_of_elf32>(symbols, EM_ARM);
  EXPECT_THAT(search(arm, {"first", "thumb"}).offsets, ElementsAre(0x410, 0x420));
}

TEST(runtime_function_offsets, other_byte_orders_and_classes_are_errors) {
  for (const std::size_t place : {std::size_t{EI_DATA}, std::size_t{EI_CLASS}}) {
    auto file = elf_with_symbols({{"first", 0x1010}});
    // The values of both are 1 and 2.
    file[place] = static_cast<char>(3 - file[place]);
    EXPECT_EQ(search(file, {"first"}).code, ENOEXEC) << place;
  }
}

extern "C" [[gnu::noinline, gnu::used]] int function_of_this_program(int number) {
  return number + 1;
}

// The kernel tells where in its file the mapped code of this program is.
TEST(runtime_function_offsets, real_program) {
  const auto address = reinterpret_cast<std::uintptr_t>(&function_of_this_program);
  std::uint64_t expected = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &begin, &end, &offset) ==
            3 &&
        address >= begin && address < end)
      expected = address - begin + offset;
  }
  ASSERT_NE(expected, 0U);
#ifdef __arm__
  expected &= ~std::uint64_t{1};
#endif
  const ebpfkit::detail::unique_fd program(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  search_outcome outcome;
  for (const char* name : {"function_of_this_program", "function_of_this_progra?"}) {
    EXPECT_EQ(
        find_function_offsets(file_bytes(program.get()), {name}, outcome.offsets, outcome.culprit),
        0);
    EXPECT_THAT(outcome.offsets, ElementsAre(expected)) << name;
  }
}

void expect_errors_for_damage(const std::string& file) {
  // Every beginning of the file, and every byte damaged, gives a result or an error.
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_EQ(search(file.substr(0, size), {"first"}).code, ENOEXEC) << size;
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const char damage : {'\xff', '\x7f', '\0'}) {
      auto damaged = file;
      damaged[i] = damage;
      const auto code = search(damaged, {"first"}).code;
      EXPECT_TRUE(code == 0 || code == ENOEXEC || code == ENOENT) << i;
    }
  }
}

TEST(runtime_function_offsets, damaged_files_are_errors) {
  expect_errors_for_damage(elf_with_symbols({{"first", 0x1010}}));
  expect_errors_for_damage(elf_with_symbols<types_of_elf32>({{"first", 0x1010}}, EM_ARM));
}

}  // namespace
