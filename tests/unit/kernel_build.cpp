// `ebpfkit kernel build` with a tree, a make and compilers that the tests make up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "btf_builder.hpp"
#include "input_fixtures.hpp"
#include "kernels/kernel_build.hpp"
#include "kernels/kernel_source.hpp"
#include "kernels/kernel_store.hpp"
#include "kernels/kernel_toolchain.hpp"
#include "packages/apt_packages.hpp"
#include "small_disk.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::input_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What make does: it takes the fragment as configuration, and "compiles" the file kernel.image of
// the tree. It counts its calls, and shows the log's lines that the tests ask for.
constexpr std::string_view fake_make = R"sh(
tree=
output=
target=
while [ $# -gt 0 ]; do
  case "$1" in
    -C) tree=$2; shift ;;
    O=*) output=${1#O=} ;;
    KCONFIG_ALLCONFIG=*) fragment=${1#KCONFIG_ALLCONFIG=} ;;
    *) target=$1 ;;
  esac
  shift
done
case "$tree$output" in *[\ :]*) echo "make works in no such directory"; exit 9 ;; esac
echo "$target" >> "$tree/../calls"
case "$target" in
  allnoconfig) { grep -v -e "$(cat "$tree/lost")" "$fragment"; echo CONFIG_DEBUG_INFO=y; } > "$output/.config" ;;
  bzImage | Image)
    sh "$tree/compile" || exit
    mkdir -p "$output/arch/x86/boot" "$output/arch/arm64/boot"
    cp "$tree/kernel.image" "$output/arch/x86/boot/bzImage"
    cp "$tree/kernel.image" "$output/arch/arm64/boot/Image" ;;
esac
)sh";

bytes some_btf() {
  test::btf_builder builder;
  builder.integer("int", 4, true);
  return builder.bytes();
}

// An arm64 Image.
bytes fake_image(const std::string& release, bool has_btf) {
  bytes image(64);
  image[0x38] = 'A';
  image[0x39] = 'R';
  image[0x3a] = 'M';
  image[0x3b] = 'd';
  image = concatenate({image, to_bytes("Linux version " + release + " (x) "), bytes(1)});
  return has_btf ? concatenate({image, some_btf()}) : image;
}

class kernel_build : public testing::Test {
 protected:
  void SetUp() override {
    old_path_ = ::getenv("PATH") == nullptr ? "" : ::getenv("PATH");
    ::setenv("PATH", ((work_ / "programs").string() + ":/usr/bin:/bin").c_str(), 1);
    for (const std::string name : {"gcc", "ld", "x86_64-linux-gnu-gcc", "x86_64-linux-gnu-ld",
                                   "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ld"})
      write_program(name, "echo " + name + " 1.0");
    for (const char* name : {"flex", "bison", "bc", "perl"})
      write_program(name, "");
    write_program("pahole",
                  "case \"$1\" in --version) echo v1 ;;\n"
                  "*) cp '" +
                      work_.write("btf", some_btf()).string() + "' \"${1#*=}\" ;; esac");
    write_program("make", std::string(fake_make));
    work_.write("tree/scripts/kconfig/Makefile", bytes());
    work_.write("tree/Kconfig", to_bytes("config X\n\tdepends on Y\n"));
    set_tree("lost", "nothing is lost");
    set_tree("compile", "echo '  CC  x.o'");
    work_.write("tree/kernel.image", fake_image("6.1.0-built", false));
    fragment_ = work_.write("fragment", to_bytes("CONFIG_X=y\n")).string();
  }
  void TearDown() override { ::setenv("PATH", old_path_.c_str(), 1); }

  void write_program(const std::string& name, const std::string& text) const {
    fs::permissions(work_.write("programs/" + name, to_bytes("#!/bin/sh\n" + text + "\n")),
                    fs::perms::owner_all);
  }
  void set_tree(const std::string& name, const std::string& text) const {
    work_.write("tree/" + name, to_bytes(text + "\n"));
  }

  kernel_build_request request(const std::string& name = "mine/6.1/arm64") const {
    kernel_build_request made;
    made.name = name;
    made.fragments = {fragment_};
    made.source = (work_ / "tree").string();
    made.jobs = 1;
    return made;
  }

  // Returns what was reported.
  std::string build(const kernel_build_request& wanted) const {
    std::string lines;
    build_kernel(store_, wanted, [&](std::string_view line) { lines.append(line) += '\n'; });
    return lines;
  }
  std::string build_failure(const kernel_build_request& wanted) const {
    return failure_text([&] { build(wanted); });
  }

  // How often the fake make compiled.
  long compilations() const {
    std::error_code error;
    if (!fs::exists(work_ / "calls", error))
      return 0;
    const auto calls = read_file(work_ / "calls");
    return std::ranges::count(split_text(as_text(calls), '\n'), "Image");
  }

  std::vector<std::string> entries_of(const fs::path& directory) const {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
      if (!entry->is_directory())
        names.push_back(entry->path().filename().string());
    return names;
  }

  // The kernel's Makefile wants no blank in the path, and so does the check of it.
  class directory_without_blank {
   public:
    directory_without_blank() {
      std::string name = (fs::temp_directory_path() / "ebpfkit-test-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr)
        throw std::system_error(errno, std::generic_category());
      path_ = name;
    }
    ~directory_without_blank() {
      std::error_code ignored;
      fs::remove_all(path_, ignored);
    }
    directory_without_blank(const directory_without_blank&) = delete;
    directory_without_blank& operator=(const directory_without_blank&) = delete;
    fs::path operator/(std::string_view name) const { return path_ / name; }
    fs::path write(const std::string& name, const bytes& content) const {
      fs::create_directories((path_ / name).parent_path());
      write_output(path_ / name, as_text(content), unchanged::keep);
      return path_ / name;
    }

   private:
    fs::path path_;
  };

  directory_without_blank work_;
  kernel_store store_{work_ / "cache"};
  std::string fragment_;

 private:
  std::string old_path_;
};

TEST_F(kernel_build, puts_image_configuration_and_detached_btf_into_the_cache) {
  const auto lines = build(request());
  EXPECT_THAT(lines, AllOf(HasSubstr("kernel mine/6.1/arm64: reading the tree"),
                           HasSubstr("compiling; the log is '"), HasSubstr("making BTF")));
  const auto kernel = store_.find("mine/6.1/arm64");
  EXPECT_EQ(kernel.release, "6.1.0-built");
  EXPECT_FALSE(kernel.has_own_btf);
  EXPECT_EQ(read_file(kernel.btf), some_btf());
  EXPECT_THAT(std::string(as_text(read_file(kernel.configuration))), HasSubstr("CONFIG_X=y\n"));
  // BTF and BTFS of the CMake commands find it here.
  EXPECT_TRUE(fs::exists(work_ / "cache/btf/mine/6.1/arm64/6.1.0-built.btf"));
  EXPECT_THAT(entries_of(work_ / "cache/building"), IsEmpty());
  EXPECT_THAT(entries_of(work_ / "cache/logs"), ElementsAre("kernel-mine-6.1-arm64.log"));
}

TEST_F(kernel_build, a_kernel_with_its_own_btf_gets_no_other) {
  fragment_ = work_.write("fragment", to_bytes("CONFIG_DEBUG_INFO_BTF=y\n")).string();
  work_.write("tree/kernel.image", fake_image("6.1.0-built", true));
  EXPECT_THAT(build(request()), Not(HasSubstr("making BTF")));
  EXPECT_TRUE(store_.find("mine/6.1/arm64").has_own_btf);
}

TEST_F(kernel_build, a_second_call_does_nothing_and_a_change_builds_again) {
  build(request());
  EXPECT_THAT(build(request()), HasSubstr("the cache has it, built from the same sources"));
  EXPECT_EQ(compilations(), 1);

  fragment_ = work_.write("fragment", to_bytes("CONFIG_X=y\nCONFIG_Z=y\n")).string();
  build(request());
  EXPECT_EQ(compilations(), 2);
  set_tree("main.c", "int x;");
  build(request());
  EXPECT_EQ(compilations(), 3);
  write_program("gcc", "echo gcc 2.0");
  write_program("aarch64-linux-gnu-gcc", "echo gcc 2.0");
  build(request());
  EXPECT_EQ(compilations(), 4);
  write_program("pahole", "case \"$1\" in --version) echo v2 ;; *) exit 0 ;; esac");
  build(request());  // this fragment has no debugging information, so pahole's version is nothing
  EXPECT_EQ(compilations(), 4);

  // A damaged entry is made again.
  fs::remove(work_ / "cache/kernels/mine/6.1/arm64/image");
  write_program("pahole", "cp '" + (work_ / "btf").string() + "' \"${1#*=}\"");
  build(request());
  EXPECT_EQ(compilations(), 5);
}

TEST_F(kernel_build, the_same_kernel_under_another_name_is_copied) {
  build(request());
  EXPECT_THAT(build(request("other/router/arm64")), HasSubstr("copied 'mine/6.1/arm64'"));
  EXPECT_EQ(compilations(), 1);
  const auto kernel = store_.find("other/router/arm64");
  EXPECT_EQ(kernel.release, "6.1.0-built");
  EXPECT_EQ(read_file(kernel.btf), some_btf());
  EXPECT_THAT(store_.find_differences("other/router/arm64"), IsEmpty());
}

TEST_F(kernel_build, names_of_others_are_refused) {
  EXPECT_THAT(build_failure(request("debian/6.1/arm64")), HasSubstr("kernels that are fetched"));
  EXPECT_THAT(build_failure(request("mine/6.1/mips")), HasSubstr("'mips' cannot be booted"));
  auto wanted = request();
  wanted.architecture = "amd64";
  EXPECT_THAT(build_failure(wanted), HasSubstr("the name 'mine/6.1/arm64' says arm64"));
  wanted.architecture = "aarch64";  // the same as arm64
  wanted.source = (work_ / "none").string();
  EXPECT_THAT(build_failure(wanted), HasSubstr("no such directory"));
  new_kernel imported;
  imported.kernel = work_ / "tree/kernel.image";
  store_.add("mine/6.1/arm64", imported);
  EXPECT_THAT(build_failure(request()),
              AllOf(HasSubstr("was not built here"), HasSubstr("kernel remove mine/6.1/arm64")));
  EXPECT_EQ(compilations(), 0);
}

TEST_F(kernel_build, an_option_that_is_not_taken_ends_the_build) {
  set_tree("lost", "CONFIG_X=");
  EXPECT_THAT(build_failure(request()),
              AllOf(HasSubstr("CONFIG_X=y ("), HasSubstr("it depends on Y (Kconfig:1)")));
  EXPECT_EQ(compilations(), 0);
  EXPECT_FALSE(store_.has("mine/6.1/arm64"));
  fragment_ = work_.write("fragment", to_bytes("# optional CONFIG_X=y\n")).string();
  EXPECT_THAT(build(request()), HasSubstr("does without the optional CONFIG_X"));
}

TEST_F(kernel_build, a_failed_make_is_told_with_the_log) {
  build(request());
  set_tree(
      "compile",
      "echo fine; printf 'x.c:1: error: \\033[2Jbad\\n'; echo 'make: *** [x] Error 1'; exit 2");
  const auto text = build_failure(request());
  EXPECT_THAT(text, AllOf(HasSubstr("make ended with status 2. The log is '"),
                          HasSubstr("kernel-mine-6.1-arm64.log'"),
                          HasSubstr("x.c:1: error: \\x1b[2Jbad\n  make: *** [x] Error 1"),
                          Not(HasSubstr("fine"))));
  // The old one stays.
  EXPECT_EQ(store_.find("mine/6.1/arm64").release, "6.1.0-built");
  EXPECT_THAT(entries_of(work_ / "cache/building"), IsEmpty());
  set_tree("compile", "echo 'x: error: No space left on device'; exit 2");
  EXPECT_THAT(build_failure(request()), HasSubstr("Make room on the device"));
}

TEST_F(kernel_build, the_cache_may_have_a_blank_in_its_path) {
  const temporary_directory blank;
  const kernel_store store(blank / "cache");
  build_kernel(store, request(), [](std::string_view) {});
  EXPECT_EQ(store.find("mine/6.1/arm64").release, "6.1.0-built");
}

TEST_F(kernel_build, a_full_disk_is_told_before_the_build) {
  const ebpfkit::test::small_disk disk(work_ / "cache", 1000);
  if (!disk.is_mounted())
    GTEST_SKIP() << "needs root";
  EXPECT_THAT(
      build_failure(request()),
      AllOf(HasSubstr("MiB free, and building a kernel needs 4096 MiB"), HasSubstr("--cache DIR")));
  EXPECT_EQ(compilations(), 0);
}

TEST_F(kernel_build, builds_at_once_compile_once) {
  set_tree("compile", "sleep 0.3");
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      ::_exit(build_failure(request()).empty() ? 0 : 1);
    children.push_back(child);
  }
  for (const auto child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(compilations(), 1);
}

TEST_F(kernel_build, a_killed_build_leaves_no_entry) {
  set_tree("compile", "echo $$ > '" + (work_ / "compiler").string() + "'; exec sleep 600");
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    build_failure(request());
    ::_exit(0);
  }
  std::error_code error;
  while (!fs::exists(work_ / "compiler", error) || fs::file_size(work_ / "compiler", error) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(store_.has("mine/6.1/arm64"));
  EXPECT_THAT(entries_of(work_ / "cache/building"), Contains(".config"));

  ::kill(std::stoi(std::string(as_text(read_file(work_ / "compiler")))), SIGKILL);
  set_tree("compile", "true");
  build(request());
  EXPECT_THAT(entries_of(work_ / "cache/building"), IsEmpty());
}

TEST_F(kernel_build, what_is_missing_is_told_with_its_packages) {
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

TEST_F(kernel_build, gcc_is_taken_before_llvm) {
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

TEST_F(kernel_build, sources_that_are_none_are_refused) {
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

TEST_F(kernel_build, an_archive_is_unpacked_for_the_build_only) {
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

TEST_F(kernel_build, the_newest_package_of_the_series_is_taken) {
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

TEST_F(kernel_build, without_apt_the_remedy_is_a_directory) {
  ::setenv("PATH", (work_ / "programs").c_str(), 1);
  auto wanted = request();
  wanted.source = "";
  EXPECT_THAT(build_failure(wanted),
              AllOf(HasSubstr("no apt-get"), HasSubstr("--source DIR or --source ARCHIVE")));
}

}  // namespace
}  // namespace ebpfkit::host::input_test
