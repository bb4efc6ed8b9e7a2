// `ebpfkit kernel build`: the compiler, the programs and the sources that it takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "input_fixtures.hpp"
#include "kernel_build_support.hpp"
#include "kernels/kernel_source.hpp"
#include "kernels/kernel_toolchain.hpp"
#include "packages/apt_packages.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host::kernel_build_test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class kernel_build_inputs : public kernel_build {};

TEST_F(kernel_build_inputs, what_is_missing_is_told_with_its_packages) {
  ::setenv("PATH", (work_ / "programs").c_str(), 1);
  fs::remove(work_ / "programs/flex");
  fs::remove(work_ / "programs/pahole");
  const auto toolchain = find_kernel_toolchain("arm64");
  const auto text = failure_text([&] { require_kernel_tools(toolchain, true); });
  EXPECT_THAT(text, AllOf(HasSubstr("needs flex, gzip, pahole, and this machine does not have "
                                    "them"),
                          HasSubstr("flex gzip")));
  EXPECT_THAT(failure_text([&] { require_kernel_tools(toolchain, false); }),
              Not(HasSubstr("pahole")));
  write_program("flex", "");
  write_program("gzip", "");
  EXPECT_EQ(failure_text([&] { require_kernel_tools(toolchain, false); }), "");
  write_program("gcc", "case \"$*\" in *gelf.h*) exit 1 ;; esac");
  EXPECT_THAT(failure_text([&] { require_kernel_tools(toolchain, false); }),
              HasSubstr("needs gelf.h, and this machine does not have it"));
}

TEST_F(kernel_build_inputs, gcc_is_taken_before_llvm) {
  utsname names{};
  ::uname(&names);
  const std::string machine = names.machine;
  const auto own = machine == "aarch64" ? "arm64" : "amd64";
  const auto other = machine == "aarch64" ? "amd64" : "arm64";
  const std::string prefix = machine == "aarch64" ? "x86_64-linux-gnu-" : "aarch64-linux-gnu-";
  ::setenv("PATH", (work_ / "programs").c_str(), 1);
  for (const char* name : {"clang", "ld.lld", "llvm-ar", "llvm-nm", "llvm-strip", "llvm-objcopy",
                           "llvm-objdump", "llvm-readelf"})
    write_program(name, std::string("echo ") + name + " 14");
  EXPECT_THAT(find_kernel_toolchain(own).make_arguments, Not(Contains(HasSubstr("CROSS_COMPILE"))));
  EXPECT_THAT(find_kernel_toolchain(other).make_arguments, Contains("CROSS_COMPILE=" + prefix));
  fs::remove(work_ / ("programs/" + prefix + "gcc"));
  EXPECT_THAT(find_kernel_toolchain(other).make_arguments, Contains("LLVM=1"));
  EXPECT_EQ(find_kernel_toolchain(other).compiler, "clang 14");
  fs::remove(work_ / "programs/llvm-nm");
  EXPECT_THAT(failure_text([&] { find_kernel_toolchain(other); }),
              AllOf(HasSubstr("there is no " + prefix + "gcc"), HasSubstr("LLVM: ")));
}

TEST_F(kernel_build_inputs, sources_that_are_none_are_refused) {
  const auto source_failure = [&](const std::string& word) {
    return failure_text(
        [&] { find_kernel_source(word, work_ / "cache", false, [](std::string_view) {}); });
  };
  EXPECT_THAT(source_failure((work_ / "cache").string() + "/none"),
              HasSubstr("no such directory and no such archive"));
  EXPECT_THAT(source_failure((work_ / "programs").string()), HasSubstr("no tree of Linux"));
  EXPECT_THAT(source_failure("debian/x"), HasSubstr("no such directory"));
  set_tree(".config", "");
  EXPECT_THAT(source_failure((work_ / "tree").string()),
              AllOf(HasSubstr("has been configured or built in this tree ('.config')"),
                    HasSubstr("mrproper")));
  const temporary_directory blank;
  blank.write("scripts/kconfig/Makefile", bytes());
  EXPECT_THAT(source_failure(blank.path().string()), HasSubstr("with a space or a colon"));
}

TEST_F(kernel_build_inputs, an_archive_is_unpacked_for_the_build_only) {
  const auto archive = (work_ / "linux-6.1.tar.gz").string();
  ASSERT_EQ(run_process({"tar", "-C", (work_ / "").string(), "-czf", archive, "tree"}).exit_status,
            0);
  auto wanted = request();
  wanted.source = archive;
  EXPECT_THAT(build(wanted), HasSubstr("unpacking linux-6.1.tar.gz"));
  EXPECT_EQ(store_.find("mine/6.1/arm64").release, "6.1.0-built");
  EXPECT_EQ(store_.list().front().package, "linux-6.1.tar.gz");
  EXPECT_EQ(store_.list().front().sha256, sha256_of_file(archive));
  EXPECT_THAT(entries_of(work_ / "cache/building"), IsEmpty());
  EXPECT_THAT(build(wanted), HasSubstr("the cache has it"));

  ASSERT_EQ(
      run_process({"tar", "-C", (work_ / "").string(), "-czf", archive, "programs"}).exit_status,
      0);
  EXPECT_THAT(build_failure(wanted), HasSubstr("has no tree of Linux"));
  wanted.source = work_.write("text", to_bytes("no archive")).string();
  EXPECT_THAT(build_failure(wanted), HasSubstr("is no archive that can be unpacked"));
}

TEST_F(kernel_build_inputs, the_newest_package_of_the_series_is_taken) {
  const auto distributions = distributions_of_machine();
  const auto entry = work_.write("sources.list", to_bytes("deb http://m.invalid/debian x main\n"));
  write_program("apt-get",
                "for word; do last=$word; done\ncase \"$*\" in\nindextargets*) echo "
                "'http://m.invalid/debian/|x|main|" +
                    (distributions.empty() ? "debian" : distributions.front()) + "|" +
                    entry.string() +
                    ":1' ;;\n*--print-uris*) echo \"'http://m.invalid/p.deb' "
                    "${last}_1_all.deb 9 SHA256:" +
                    std::string(64, 'a') + "\" ;;\nesac");
  write_program("apt-cache",
                "printf '%s\\n' linux-source-6.9 linux-source-6.10 linux-source-6.1 "
                "linux-source-6.1-doc linux-source-6.10-rt linux-source-");
  const auto name_of = [&](const std::string& word) {
    return find_kernel_source(word, work_ / "cache", false, [](std::string_view) {}).name;
  };
  EXPECT_EQ(name_of(""), "linux-source-6.10_1_all.deb");
  EXPECT_EQ(name_of("debian/6.1"), "linux-source-6.1_1_all.deb");
  EXPECT_EQ(name_of("debian/6.9"), "linux-source-6.9_1_all.deb");
  EXPECT_EQ(find_kernel_source("", work_ / "cache", false, [](std::string_view) {}).identity,
            std::string(64, 'a'));
  EXPECT_THAT(failure_text([&] { name_of("debian/4.4"); }),
              AllOf(HasSubstr("has no package linux-source-4.4"), HasSubstr("debian/6.12")));
}

TEST_F(kernel_build_inputs, without_apt_the_remedy_is_a_directory) {
  ::setenv("PATH", (work_ / "programs").c_str(), 1);
  auto wanted = request();
  wanted.source = "";
  EXPECT_THAT(build_failure(wanted),
              AllOf(HasSubstr("no apt-get"), HasSubstr("--source DIR or --source ARCHIVE")));
}

}  // namespace
}  // namespace ebpfkit::host::kernel_build_test
