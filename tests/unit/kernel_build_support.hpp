// A tree of Linux, a make and compilers that the tests of `ebpfkit kernel build` make up.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "btf_builder.hpp"
#include "input_fixtures.hpp"
#include "kernels/kernel_build.hpp"
#include "kernels/kernel_store.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::kernel_build_test {

using namespace input_test;

namespace fs = std::filesystem;

// What make does: it takes the fragment as configuration, and "compiles" the file kernel.image of
// the tree. It counts its calls, and shows the log's lines that the tests ask for.
inline constexpr std::string_view fake_make = R"sh(
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

inline bytes some_btf() {
  test::btf_builder builder;
  builder.integer("int", 4, true);
  return builder.bytes();
}

// An arm64 Image.
inline bytes fake_image(const std::string& release, bool has_btf) {
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

}  // namespace ebpfkit::host::kernel_build_test
