// Names of addresses in the running kernel.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <string>
#include <utility>

#include "ebpfkit/kernel_symbols.hpp"

namespace {

using ebpfkit::kernel_symbols;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* some_symbols =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000000 T first\n"
    "ffffffff81000040 t twice\n"
    "0000000000011000 A per_cpu_offset\n"
    "0000000000000000 T hidden\n"
    "ffffffffc0000100 t twice\t[nf_tables]\n"
    "ffffffffc0000100 t alias\t[nf_tables]\n"
    "ffffffff81000080 D variable\n"
    "ffffffffc0300000 t bpf_prog_1234_count\t[bpf]\n";

std::string text_of(const kernel_symbols& symbols, std::uint64_t address) {
  const auto found = symbols.find(address);
  return found ? found->text() : "none";
}

TEST(runtime_kernel_symbols, the_last_one_at_or_before_an_address) {
  const auto symbols = kernel_symbols::parse(some_symbols).value();
  EXPECT_EQ(symbols.size(), 7U);
  EXPECT_EQ(text_of(symbols, 0xffffffff80ffffff), "none");
  EXPECT_EQ(text_of(symbols, 0xffffffff81000000), "_stext+0x0");
  EXPECT_EQ(text_of(symbols, 0xffffffff8100003f), "_stext+0x3f");
  EXPECT_EQ(text_of(symbols, 0xffffffff81000040), "twice+0x0");
  EXPECT_EQ(text_of(symbols, 0xffffffff81000090), "variable+0x10");
  EXPECT_EQ(text_of(symbols, 0xffffffffc0000123), "twice+0x23 [nf_tables]");
  EXPECT_EQ(text_of(symbols, 0xffffffffc0300001), "bpf_prog_1234_count+0x1 [bpf]");
  // An address of a process, a per-CPU offset, and one far behind all symbols.
  for (const std::uint64_t address :
       std::initializer_list<std::uint64_t>{0x7f0012345678, 0x11008, 0})
    EXPECT_EQ(text_of(symbols, address), "none");
  EXPECT_EQ(text_of(symbols, 0xffffffffc1300000), "bpf_prog_1234_count+0x1000000 [bpf]");
  EXPECT_EQ(text_of(symbols, 0xffffffffc1300001), "none");
}

TEST(runtime_kernel_symbols, all_addresses_of_a_name) {
  const auto symbols = kernel_symbols::parse(some_symbols).value();
  EXPECT_THAT(symbols.addresses("twice"), ElementsAre(0xffffffff81000040, 0xffffffffc0000100));
  EXPECT_THAT(symbols.addresses("hidden"), IsEmpty());
  EXPECT_THAT(symbols.addresses("nf_tables"), IsEmpty());
}

TEST(runtime_kernel_symbols, wrong_lines) {
  for (const char* line :
       {"", "ffffffff81000000", "ffffffff81000000 T", "ffffffff81000000 T ", "ffffffff8100000g T x",
        "0ffffffff81000000 T x", " T x", "ffffffff81000000 TT x", "ffffffff81000000 T x\tmodule",
        "ffffffff81000000 T x\t[]", "ffffffff81000000 T x\t["}) {
    const auto symbols = kernel_symbols::parse(some_symbols + std::string(line) + "\n");
    ASSERT_FALSE(symbols) << line;
    EXPECT_EQ(symbols.error().code, EINVAL);
    EXPECT_THAT(symbols.error().message(), HasSubstr("line 10 of kernel symbols")) << line;
  }
  EXPECT_EQ(kernel_symbols::parse("").value().size(), 0U);
  // The last line may lack its end.
  EXPECT_EQ(kernel_symbols::parse("ffffffff81000000 T x").value().size(), 1U);
}

// Whether this process sees addresses. The first symbol is not at address 0.
bool sees_addresses() {
  std::ifstream list("/proc/kallsyms");
  std::string address;
  return (list >> address) && address.find_first_not_of('0') != std::string::npos;
}

TEST(runtime_kernel_symbols, of_the_running_kernel) {
  if (access("/proc/kallsyms", R_OK) != 0)
    GTEST_SKIP() << "the running kernel has no /proc/kallsyms";
  if (!sees_addresses())
    GTEST_SKIP() << "the running kernel hides its addresses from this user";
  const auto symbols = kernel_symbols::open().value();
  EXPECT_GT(symbols.size(), 1000U);
  const auto places = symbols.addresses("schedule");
  ASSERT_FALSE(places.empty());
  EXPECT_EQ(text_of(symbols, places.front() + 1), "schedule+0x1");
}

TEST(runtime_kernel_symbols, a_kernel_that_hides_its_addresses) {
  if (access("/proc/kallsyms", R_OK) != 0)
    GTEST_SKIP() << "the running kernel has no /proc/kallsyms";
  const auto child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A user without capabilities, when the tests run as root.
    if (getuid() == 0 && setuid(65534) != 0)
      _exit(2);
    if (sees_addresses())
      _exit(3);
    const auto symbols = kernel_symbols::open();
    const bool is_right = !symbols && symbols.error().code == EPERM &&
                          symbols.error().message().find("CAP_SYSLOG") != std::string::npos;
    _exit(is_right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 3)
    GTEST_SKIP() << "the running kernel shows its addresses to everybody";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
