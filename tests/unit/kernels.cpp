// Kernels in the cache.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include "kernels/boot_image.hpp"
#include "kernels/kernel_modules.hpp"
#include "kernels/kernel_store.hpp"
#include "support/failure.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace ebpfkit::host;
using ebpfkit::test::temporary_directory;
using testing::HasSubstr;

// The smallest header of an arm64 kernel (Documentation/arm64/booting.rst), and a release.
std::string arm64_image() {
  std::string image(4096, '\0');
  std::memcpy(&image[56], "ARM\x64", 4);
  const std::string release = "Linux version 6.6.1-test (somebody) #1";
  image.replace(1024, release.size(), release);
  return image;
}

std::filesystem::path write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const failure& error) {
    return std::string(error.what()) + "\n" + error.remedy();
  }
  return "no failure";
}

TEST(kernels, names) {
  EXPECT_EQ(kernel_store::usual_name("debian/6.1/x86_64"), "debian/6.1/amd64");
  EXPECT_EQ(kernel_store::usual_name("mine/6.1/aarch64"), "mine/6.1/arm64");
  for (const char* name :
       {"debian/6.1", "debian/../amd64", "debian//amd64", "/a/b", "a/b/c/d", "a b/c/d"})
    EXPECT_THROW(kernel_store::usual_name(name), failure) << name;
}

TEST(kernels, import_list_find_remove) {
  const temporary_directory directory;
  const kernel_store store(directory / "cache");
  new_kernel_files files;
  files.kernel = write(directory / "Image", arm64_image());
  files.configuration = write(directory / "config", "CONFIG_BPF=y\n");
  store.add("mine/6.6/arm64", files);

  const auto found = store.find("mine/6.6/aarch64");
  EXPECT_EQ(found.architecture, "arm64");
  EXPECT_EQ(found.release, "6.6.1-test");
  EXPECT_TRUE(std::filesystem::exists(found.configuration));
  EXPECT_FALSE(found.has_own_btf);
  EXPECT_TRUE(store.find("mine/6.6/arm64:no-btf").hides_btf);
  ASSERT_EQ(store.list().size(), 1U);
  EXPECT_EQ(store.list()[0].problem, "");

  EXPECT_THAT(message_of([&] { store.find("mine/6.7/arm64"); }),
              HasSubstr("it has 'mine/6.6/arm64'"));
  EXPECT_THAT(message_of([&] { store.add("mine/6.6/amd64", files); }),
              HasSubstr("is a kernel for arm64, and the name 'mine/6.6/amd64' says amd64"));

  write(found.image, "cut");
  EXPECT_THAT(message_of([&] { store.find("mine/6.6/arm64"); }), HasSubstr("is damaged"));
  EXPECT_THAT(store.list()[0].problem, HasSubstr("not as it was written"));
  store.remove("mine/6.6/arm64");
  EXPECT_TRUE(store.list().empty());
  EXPECT_THROW(store.remove("mine/6.6/arm64"), failure);
}

TEST(kernels, image_file_and_build_tree) {
  const temporary_directory directory;
  const kernel_store store(directory / "cache");
  const auto image = write(directory / "Image", arm64_image());
  EXPECT_EQ(store.find(image.string()).release, "6.6.1-test");
  // The unpacked image of a file is no kernel with a name.
  EXPECT_TRUE(store.list().empty());

  std::filesystem::create_directories(directory / "tree" / "arch" / "arm64" / "boot");
  EXPECT_THAT(message_of([&] { store.find((directory / "tree").string()); }),
              HasSubstr("is no built tree of a kernel"));
  write(directory / "tree" / "arch" / "arm64" / "boot" / "Image", arm64_image());
  write(directory / "tree" / ".config", "CONFIG_BPF=y\n");
  EXPECT_FALSE(store.find((directory / "tree").string()).image.empty());
}

TEST(kernels, what_cannot_be_booted) {
  const temporary_directory directory;
  const auto refused = [&](const std::string& content) {
    return message_of([&] { read_boot_image(write(directory / "file", content)); });
  };
  EXPECT_THAT(refused("some text"), HasSubstr("no kernel image that is known here"));
  EXPECT_THAT(refused(""), HasSubstr("no kernel image that is known here"));
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  for (const auto& [machine, text] : {std::pair<std::uint16_t, const char*>{EM_MIPS, "another CPU"},
                                      {EM_X86_64, "without a PVH entry"}}) {
    header.e_machine = machine;
    EXPECT_THAT(refused(std::string(reinterpret_cast<const char*>(&header), sizeof header)),
                HasSubstr(text));
  }
}

TEST(kernels, which_files_may_be_modules) {
  EXPECT_TRUE(may_be_test_module("./lib/modules/6.1/kernel/drivers/net/veth.ko"));
  EXPECT_TRUE(may_be_test_module("usr/lib/modules/6.1/kernel/net/sched/cls_bpf.ko.xz"));
  EXPECT_FALSE(may_be_test_module("lib/modules/6.1/kernel/drivers/net/e1000.ko"));
  EXPECT_FALSE(may_be_test_module("lib/modules/6.1/kernel/net/sched/Makefile"));
  EXPECT_FALSE(may_be_test_module("veth.konfig"));
}

}  // namespace
