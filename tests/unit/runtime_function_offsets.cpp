// The places of functions in ELF files, which strangers may have made.
#include <elf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "symbol_elf.hpp"
#include "system/function_offsets.hpp"

namespace {

using ebpfkit::detail::file_bytes;
using ebpfkit::detail::find_function_offsets;
using ebpfkit::test::elf_with_symbols;
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

TEST(runtime_function_offsets, damaged_files_are_errors) {
  const auto file = elf_with_symbols({{"first", 0x1010}});
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

}  // namespace
