// Fragments of a kernel's configuration, and what packages and programs a build needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "input_fixtures.hpp"
#include "kernels/kconfig_files.hpp"
#include "kernels/kernel_fragment.hpp"
#include "packages/package_names.hpp"
#include "support/file.hpp"
#include "support/logged_process.hpp"
#include "support/program_path.hpp"
#include "support/text.hpp"
#include "temporary_directory.hpp"

namespace ebpfkit::host {
namespace {

using ebpfkit::test::temporary_directory;
using input_test::failure_text;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(kernel_fragments, lines_of_kconfig_are_read) {
  const auto options = parse_fragment(
      "# a comment\n\nCONFIG_A=y\n  CONFIG_HZ=250\r\nCONFIG_ADDRESS=0x10fF\nCONFIG_OFFSET=-1\n"
      "CONFIG_LSM=\"bpf,\\\"x\\\"\"\n# CONFIG_B is not set\n# optional CONFIG_C=y\nCONFIG_A=y\n",
      "f");
  EXPECT_EQ(configuration_text(options),
            "CONFIG_A=y\nCONFIG_HZ=250\nCONFIG_ADDRESS=0x10fF\nCONFIG_OFFSET=-1\n"
            "CONFIG_LSM=\"bpf,\\\"x\\\"\"\n# CONFIG_B is not set\nCONFIG_C=y\n");
  EXPECT_EQ(options.front().origin, "f:3");
  EXPECT_EQ(std::ranges::count_if(options, &kernel_option::is_optional), 1);
  EXPECT_TRUE(options.back().is_optional);
}

TEST(kernel_fragments, other_lines_are_refused_with_their_place) {
  for (const std::string line :
       {"BPF=y", "CONFIG_=y", "CONFIG_A", "CONFIG_A=", "CONFIG_A=yes", "CONFIG_A=0x", "CONFIG_A=-",
        "CONFIG_A=\"x", "CONFIG_A=\"x\"y\"", "CONFIG_A=\"x\\\"", "CONFIG_A-B=y", "CONFIG_A=y y",
        "# optional", "# optional A=y", "CONFIG_A=\"\x1b[2J\"", "y"}) {
    const auto text =
        failure_text([&] { parse_fragment("CONFIG_Z=y\n" + line + "\n", "my.config"); });
    // "# optional" alone is a comment.
    if (line == "# optional")
      EXPECT_EQ(text, "") << line;
    else
      EXPECT_THAT(text, AllOf(HasSubstr("my.config:2: '"), HasSubstr("sets no option"))) << line;
    EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << line;
  }
  EXPECT_THAT(
      failure_text([] { parse_fragment("CONFIG_VETH=m", "f"); }),
      AllOf(HasSubstr("f:1: CONFIG_VETH=m: no modules are built"), HasSubstr("CONFIG_VETH=y")));
  EXPECT_THAT(failure_text([] { parse_fragment("CONFIG_A=y\n# CONFIG_A is not set", "f"); }),
              HasSubstr("f:2: CONFIG_A is n here, and y in f:1"));
}

TEST(kernel_fragments, the_last_one_wins) {
  const temporary_directory work;
  const std::vector<std::string> fragments{
      "openwrt-like", work.write("mine", "CONFIG_XDP_SOCKETS=y\nCONFIG_SMP=n\n").string(),
      work.write("more", "# CONFIG_XDP_SOCKETS is not set\n").string()};
  const auto options = read_fragments(fragments, "amd64");
  const auto value_of = [&](std::string_view name) {
    const auto found = std::ranges::find(options, name, &kernel_option::name);
    return found == options.end() ? std::string("missing") : found->value;
  };
  EXPECT_EQ(value_of("CONFIG_XDP_SOCKETS"), "n");
  EXPECT_EQ(value_of("CONFIG_SMP"), "n");  // machine.config has y
  EXPECT_EQ(value_of("CONFIG_PVH"), "y");  // machine.amd64.config
  EXPECT_EQ(value_of("CONFIG_SERIAL_AMBA_PL011"), "missing");
  EXPECT_EQ(value_of("CONFIG_DEBUG_INFO_BTF"), "n");
  for (const auto& option : options)
    EXPECT_EQ(std::ranges::count(options, option.name, &kernel_option::name), 1) << option.name;
}

TEST(kernel_fragments, the_shipped_ones_are_sound) {
  EXPECT_THAT(fragment_names(), ElementsAre("bpf-full", "openwrt-like"));
  for (const auto name : fragment_names()) {
    for (const std::string_view architecture : {"amd64", "arm64"}) {
      const std::vector<std::string> words{std::string(name)};
      const auto options = read_fragments(words, architecture);
      EXPECT_THAT(options, Contains(Field(&kernel_option::name, "CONFIG_BPF_SYSCALL")));
      EXPECT_THAT(options, Contains(Field(&kernel_option::name, architecture == "amd64"
                                                                    ? "CONFIG_X86_IOPL_IOPERM"
                                                                    : "CONFIG_SERIAL_8250_PCI")));
    }
  }
}

TEST(kernel_fragments, an_unknown_name_is_told_with_the_nearest) {
  const std::vector<std::string> words{"bpf-ful"};
  EXPECT_THAT(failure_text([&] { read_fragments(words, "amd64"); }),
              AllOf(HasSubstr("--fragment bpf-ful: there is no such fragment and no such file"),
                    HasSubstr("nearest: bpf-full"), HasSubstr("bpf-full, openwrt-like")));
}

TEST(kernel_fragments, a_file_without_end_is_refused) {
  const temporary_directory work;
  const std::vector<std::string> words{
      work.write("big", std::string((std::size_t{1} << 20) + 1, '\n')).string()};
  EXPECT_THAT(failure_text([&] { read_fragments(words, "amd64"); }), HasSubstr("more than"));
}

TEST(kernel_fragments, options_that_were_not_taken_are_found) {
  const std::string configuration =
      "# Linux/x86 6.1\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_HZ=100\nCONFIG_LSM=\"bpf\"\n";
  const auto untaken = [&](std::string_view fragment) {
    std::vector<std::string> names;
    for (const auto& option : find_untaken(parse_fragment(fragment, "f"), configuration))
      names.push_back(option.name);
    return names;
  };
  EXPECT_THAT(untaken("CONFIG_A=y\n# CONFIG_B is not set\n# CONFIG_C is not set\nCONFIG_D=n\n"
                      "CONFIG_HZ=100\nCONFIG_LSM=\"bpf\"\n"),
              IsEmpty());
  EXPECT_THAT(untaken("# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=y\nCONFIG_HZ=1000\n"
                      "CONFIG_LSM=\"\"\n"),
              ElementsAre("CONFIG_A", "CONFIG_B", "CONFIG_C", "CONFIG_HZ", "CONFIG_LSM"));
  EXPECT_EQ(value_in(configuration, "CONFIG_HZ"), "100");
  EXPECT_EQ(value_in(configuration, "CONFIG_B"), "n");
  EXPECT_EQ(value_in(configuration, "CONFIG_C"), "n");
}

TEST(kernel_fragments, an_option_that_was_not_taken_is_told_with_its_conditions) {
  const temporary_directory work;
  work.write("arch/Kconfig",
             "config KPROBES_ON_FTRACE\n\tdef_bool y\n\nconfig KPROBES\n\tbool \"Kprobes\"\n"
             "\tdepends on MODULES\n\tdepends on HAVE_KPROBES\n\thelp\n\t  Text.\n\nconfig OTHER\n"
             "\tdepends on NOTHING\n");
  work.write("Kconfig.debug", "menuconfig FREE\n\tbool\n");
  const auto options = parse_fragment(
      "CONFIG_KPROBES=y\nCONFIG_FREE=y\nCONFIG_GONE=y\n# optional CONFIG_NEW=y\n", "f");
  const auto text = failure_text([&] { require_taken(options, "", work.path()); });
  EXPECT_THAT(text,
              AllOf(HasSubstr("does not take 3 of the options"),
                    HasSubstr("CONFIG_KPROBES=y (f:1): the kernel has n; it depends on "
                              "MODULES, and HAVE_KPROBES (arch/Kconfig:4)"),
                    HasSubstr("CONFIG_FREE=y (f:2): the kernel has n; Kconfig.debug:1 has it"),
                    HasSubstr("CONFIG_GONE=y (f:3): the kernel has n; these sources have no "
                              "such option"),
                    Not(HasSubstr("CONFIG_NEW")), Not(HasSubstr("NOTHING"))));
  EXPECT_NO_THROW(
      require_taken(options, "CONFIG_KPROBES=y\nCONFIG_FREE=y\nCONFIG_GONE=y\n", work.path()));
}

TEST(kernel_fragments, only_some_of_many_refusals_are_shown) {
  const temporary_directory work;
  std::string fragment;
  for (int i = 0; i < 20; ++i)
    fragment += "CONFIG_X" + std::to_string(i) + "=y\n";
  const auto text =
      failure_text([&] { require_taken(parse_fragment(fragment, "f"), "", work.path()); });
  EXPECT_THAT(text, AllOf(HasSubstr("CONFIG_X7=y"), Not(HasSubstr("CONFIG_X8=y")),
                          HasSubstr("and 12 more")));
}

TEST(package_names, are_those_of_the_distribution) {
  constexpr std::string_view table =
      "# what groups Debian Ubuntu Fedora\n"
      "flex  kernel flex     =   flex\n"
      "elf   build  elf-dev  elf-u elf-devel,more\n";
  const auto hint = [&](const std::vector<std::string_view>& keys,
                        const std::vector<std::string>& distributions) {
    return install_hint(table, keys, distributions);
  };
  EXPECT_EQ(hint({"flex", "elf", "flex"}, {"debian"}), "apt install flex elf-dev");
  EXPECT_EQ(hint({"flex", "elf"}, {"ubuntu", "debian"}), "apt install flex elf-u");
  EXPECT_EQ(hint({"flex", "elf"}, {"rhel", "fedora"}), "dnf install flex elf-devel more");
  EXPECT_EQ(hint({"flex", "elf"}, {"arch"}), "the packages flex, elf-dev (names of Debian)");
  EXPECT_THROW(hint({"fle"}, {"debian"}), std::logic_error);
}

// A key that has no row would be an exception in a message.
TEST(package_names, the_table_has_all_that_a_kernel_needs) {
  const std::vector<std::string> debian{"debian"};
  for (const std::string_view key :
       {"make", "flex", "bison", "bc", "perl", "gzip", "pahole", "libelf", "zlib", "c++-compiler",
        "gcc-aarch64", "gcc-x86-64", "clang", "lld", "llvm"}) {
    const std::array keys{key};
    EXPECT_THAT(install_hint(package_table(), keys, debian), HasSubstr("apt install ")) << key;
  }
}

TEST(logged_process, output_goes_into_the_log_and_to_the_caller) {
  const temporary_directory work;
  const auto log = work.write("log", "old\n");
  std::vector<std::string> lines;
  const auto result = run_logged({"/bin/sh", "-c", "echo one; echo two >&2; printf three; exit 4"},
                                 log, [&](std::string_view line) { lines.emplace_back(line); });
  EXPECT_EQ(result.exit_status, 4);
  EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
  EXPECT_THAT(result.lines, ElementsAre("one", "two", "three"));
  EXPECT_EQ(as_text(read_file(log)), "old\none\ntwo\nthree");
  EXPECT_EQ(run_logged({"/bin/sh", "-c", "kill -9 $$"}, log, [](std::string_view) {}).exit_status,
            128 + 9);
}

TEST(logged_process, what_cannot_be_run_is_told) {
  const temporary_directory work;
  const auto nothing = [](std::string_view) {};
  EXPECT_THAT(failure_text([&] { run_logged({"/no/such"}, work / "log", nothing); }),
              HasSubstr("cannot start '/no/such'"));
  EXPECT_THAT(failure_text([&] { run_logged({"true"}, work / "no/log", nothing); }),
              HasSubstr("cannot write"));
}

TEST(logged_process, the_first_error_is_kept_with_what_follows) {
  output_end end;
  for (int i = 0; i < 100; ++i)
    end.add("  CC " + std::to_string(i));
  end.add("x.c:1:2: error: no");
  end.add("make[1]: *** [x.o] Error 1");
  for (int i = 0; i < 100; ++i)
    end.add("  LD " + std::to_string(i));
  const auto lines = end.take();
  EXPECT_THAT(lines, SizeIs(12));
  EXPECT_EQ(lines.front(), "x.c:1:2: error: no");
  EXPECT_EQ(lines[1], "make[1]: *** [x.o] Error 1");

  output_end plain;
  for (int i = 0; i < 100; ++i)
    plain.add(std::to_string(i) + std::string(1000, 'x'));
  const auto last = plain.take();
  EXPECT_THAT(last, SizeIs(12));
  EXPECT_THAT(last.back(), AllOf(HasSubstr("99x"), SizeIs(300)));
}

TEST(program_path, a_program_is_found_and_a_file_is_not) {
  EXPECT_FALSE(find_program("sh").empty());
  EXPECT_TRUE(find_program("no-such-program").empty());
}

}  // namespace
}  // namespace ebpfkit::host
