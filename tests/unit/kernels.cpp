// The room kernels: boot images, modules and the cache, with kernels that the tests make up.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "btf_builder.hpp"
#include "input_fixtures.hpp"
#include "kernels/boot_image.hpp"
#include "kernels/kernel_fetch.hpp"
#include "kernels/kernel_modules.hpp"
#include "kernels/kernel_store.hpp"
#include "packages/apt_packages.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::input_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::string release = "6.1.0-test-amd64";

bytes some_btf() {
  test::btf_builder builder;
  builder.integer("int", 4, true);
  return builder.bytes();
}

// A note as the kernel's: XEN_ELFNOTE_PHYS32_ENTRY is type 18.
bytes xen_note(std::uint32_t type) {
  const std::uint32_t head[3] = {4, 4, type};
  bytes note(sizeof head + 8);
  std::memcpy(note.data(), head, sizeof head);
  std::memcpy(note.data() + sizeof head, "Xen", 4);
  return note;
}

// Gives the section of this index another type.
bytes with_section_type(bytes file, std::size_t index, std::uint32_t type) {
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  std::memcpy(
      file.data() + header.e_shoff + index * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_type),
      &type, sizeof type);
  return file;
}

bytes bootable_vmlinux(const bytes& note, bool has_btf = true, std::uint16_t machine = EM_X86_64) {
  std::vector<std::pair<std::string, bytes>> sections{
      {".notes", note}, {".rodata", to_bytes("Linux version " + release + " (x) ")}};
  if (has_btf)
    sections.emplace_back(".BTF", some_btf());
  return with_section_type(elf_file(machine, sections), 1, SHT_NOTE);
}

bytes pvh_kernel(bool has_btf = true) {
  return bzimage(compress_xz(bootable_vmlinux(xen_note(18), has_btf)), release);
}

bytes arm64_image() {
  bytes image(64);
  std::memcpy(image.data() + 0x38, "ARM\x64", 4);
  return concatenate({image, to_bytes("Linux version 6.12.5-arm64 (x) "), bytes(1), some_btf()});
}

// A module for the loader: its .modinfo names those that it needs.
bytes module_with(const std::string& depends) {
  using namespace std::string_literals;
  return elf_file(EM_X86_64, {{".modinfo", to_bytes("license=GPL\0depends="s + depends + "\0"s)}});
}

class kernels : public testing::Test {
 protected:
  void add(const std::string& name, const bytes& kernel, const fs::path& btf = {}) const {
    new_kernel files;
    files.kernel = work.write("kernel of " + kernel_store::usual_name(name), kernel);
    files.btf = btf;
    files.package = "test.deb";
    store.add(name, files);
  }

  // Where BTF and BTFS of the CMake commands find the kernel's BTF.
  fs::path btf_link(const std::string& name) const {
    return work / "cache" / "btf" / name / (release + ".btf");
  }

  temporary_directory work;
  kernel_store store{work / "cache"};
};

TEST_F(kernels, a_bzimage_with_a_pvh_entry_is_unpacked) {
  for (const auto& codec : codecs()) {
    const auto kernel = bootable_vmlinux(xen_note(18));
    const auto image =
        read_boot_image(work.write("bzImage", bzimage(codec.compress(kernel), release)));
    EXPECT_EQ(image.architecture, "x86_64") << codec.name;
    EXPECT_EQ(image.release, release) << codec.name;
    EXPECT_TRUE(image.is_pvh) << codec.name;
    EXPECT_EQ(image.bytes, kernel) << codec.name;
  }
}

TEST_F(kernels, a_bzimage_without_a_pvh_entry_stays_whole) {
  bytes cut_note = xen_note(18);
  cut_note.resize(14);
  bytes huge_note = xen_note(18);
  std::memset(huge_note.data(), 0xff, 8);
  for (const auto& note : {xen_note(17), bytes(), cut_note, huge_note}) {
    const auto whole = bzimage(compress_xz(bootable_vmlinux(note)), release);
    const auto image = read_boot_image(work.write("bzImage", whole));
    EXPECT_FALSE(image.is_pvh);
    EXPECT_EQ(image.bytes, whole);
  }
  // The entry stands behind another note.
  const auto second = concatenate({xen_note(1), xen_note(18)});
  EXPECT_TRUE(
      read_boot_image(work.write("k", bzimage(compress_xz(bootable_vmlinux(second)), release)))
          .is_pvh);
}

TEST_F(kernels, an_elf_kernel_needs_the_pvh_entry) {
  const auto image = read_boot_image(work.write("vmlinux", bootable_vmlinux(xen_note(18))));
  EXPECT_TRUE(image.is_pvh);
  EXPECT_EQ(image.release, release);
  EXPECT_THAT(
      failure_text([&] { read_boot_image(work.write("vmlinux", bootable_vmlinux(xen_note(17)))); }),
      AllOf(HasSubstr("without a PVH entry"), HasSubstr("give the bzImage")));
}

TEST_F(kernels, an_arm64_image_may_be_compressed) {
  for (const auto& kernel : {arm64_image(), compress_gzip(arm64_image())}) {
    const auto image = read_boot_image(work.write("Image", kernel));
    EXPECT_EQ(image.architecture, "arm64");
    EXPECT_EQ(image.release, "6.12.5-arm64");
    EXPECT_EQ(image.bytes, arm64_image());
  }
}

TEST_F(kernels, other_files_are_refused) {
  const auto refusal = [&](const bytes& file) {
    return failure_text([&] { read_boot_image(work.write("file", file)); });
  };
  EXPECT_THAT(refusal(bootable_vmlinux(xen_note(18), true, EM_AARCH64)),
              AllOf(HasSubstr("another CPU"), HasSubstr("of arm64, give the Image")));
  EXPECT_THAT(refusal(to_bytes("no kernel at all")), HasSubstr("no kernel image"));
  EXPECT_THAT(refusal({}), HasSubstr("cannot be booted"));
  bytes riscv(64);
  std::memcpy(riscv.data() + 0x38, "RSC\x05", 4);
  EXPECT_THAT(refusal(riscv), HasSubstr("Give the kernel of an x86_64 or arm64 system"));
  EXPECT_THAT(failure_text([&] { read_boot_image(work / "missing"); }), HasSubstr("missing"));
}

TEST_F(kernels, a_cut_bzimage_is_refused) {
  const auto whole = pvh_kernel();
  for (const std::size_t size :
       {std::size_t{0x240}, std::size_t{0x260}, whole.size() / 2, whole.size() - 200}) {
    const bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(failure_text([&] { read_boot_image(work.write("cut", cut)); }), "") << size;
  }
}

TEST_F(kernels, damaged_images_throw_only_failures) {
  const auto read = [&](const bytes& damaged) { read_boot_image(work.write("damaged", damaged)); };
  bytes notes = concatenate({xen_note(1), xen_note(18)});
  survive_damage(with_section_type(elf_file(EM_X86_64, {{".notes", notes}}), 1, SHT_NOTE), read);
}

TEST_F(kernels, modules_come_behind_those_that_they_need) {
  const auto directory = work / "modules";
  work.write("modules/kernel/net/sched/cls_bpf.ko.xz", compress_xz(module_with("act-api,missing")));
  work.write("modules/kernel/net/sched/act-api.ko", module_with("low,cls_bpf"));
  work.write("modules/kernel/lib/low.ko.zst", compress_zstd(module_with("")));
  work.write("modules/kernel/net/sched/sch_other.ko", module_with(""));
  work.write("modules/kernel/net/sched/dummy.kobold", module_with(""));
  std::vector<std::string> names;
  for (const auto& module : find_test_modules(directory))
    names.push_back(module.name);
  EXPECT_THAT(names, ElementsAre("low", "act_api", "cls_bpf"));
  EXPECT_THAT(find_test_modules(work / "nothing"), IsEmpty());

  work.write("modules/veth.ko", to_bytes("text"));
  EXPECT_THAT(failure_text([&] { find_test_modules(directory); }),
              AllOf(HasSubstr("veth.ko"), HasSubstr("no kernel module")));
}

TEST_F(kernels, names_have_three_parts) {
  EXPECT_EQ(kernel_store::usual_name("debian/6.1/x86_64"), "debian/6.1/amd64");
  EXPECT_EQ(kernel_store::usual_name("mine/6.1-rc_1+x/aarch64"), "mine/6.1-rc_1+x/arm64");
  for (const char* name :
       {"", "debian", "debian/6.1", "debian/6.1/amd64/x", "debian//amd64", "debian/../amd64",
        "/debian/6.1", "debian/6.1/amd 64", "a/b/c:no-btf", "a/b/c\n"})
    EXPECT_THAT(failure_text([&] { kernel_store::usual_name(name); }),
                AllOf(HasSubstr("is no name of a kernel"), HasSubstr("debian/6.1/amd64")))
        << name;
}

TEST_F(kernels, an_added_kernel_is_found_listed_and_removed) {
  add("debian/6.1/amd64", pvh_kernel());
  const auto found = store.find("debian/6.1/x86_64");
  EXPECT_EQ(found.release, release);
  EXPECT_EQ(found.architecture, "x86_64");
  EXPECT_TRUE(found.has_own_btf);
  EXPECT_EQ(read_file(found.image), bootable_vmlinux(xen_note(18)));
  EXPECT_EQ(read_file(found.btf), some_btf());
  EXPECT_EQ(read_file(btf_link("debian/6.1/amd64")), some_btf());

  const auto hidden = store.find("debian/6.1/amd64:no-btf");
  EXPECT_TRUE(hidden.hides_btf);
  EXPECT_FALSE(hidden.has_own_btf);
  EXPECT_EQ(hidden.btf, found.btf);

  const auto all = store.list();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].name, "debian/6.1/amd64");
  EXPECT_EQ(all[0].package, "test.deb");
  EXPECT_EQ(all[0].problem, "");

  store.remove("debian/6.1/amd64");
  EXPECT_THAT(store.list(), IsEmpty());
  EXPECT_FALSE(fs::exists(btf_link("debian/6.1/amd64")));
  EXPECT_THAT(failure_text([&] { store.remove("debian/6.1/amd64"); }),
              HasSubstr("the cache has no kernel 'debian/6.1/amd64'"));
}

TEST_F(kernels, a_missing_kernel_is_told_with_those_that_are_there) {
  add("debian/6.1/amd64", pvh_kernel());
  EXPECT_THAT(failure_text([&] { store.find("debian/6.2/amd64"); }),
              AllOf(HasSubstr("it has 'debian/6.1/amd64'"),
                    HasSubstr("ebpfkit kernel fetch debian/6.2/amd64")));
}

TEST_F(kernels, the_name_must_say_the_kernels_architecture) {
  EXPECT_THAT(failure_text([&] { add("mine/6.1/arm64", pvh_kernel()); }),
              AllOf(HasSubstr("is a kernel for x86_64"), HasSubstr("says arm64")));
  EXPECT_THAT(failure_text([&] { add("mine/6.1/amd64", arm64_image()); }),
              HasSubstr("is a kernel for arm64"));
  EXPECT_THAT(store.list(), IsEmpty());
}

TEST_F(kernels, a_kernel_without_btf_may_bring_it) {
  const auto btf = work.write("detached.btf", some_btf());
  add("mine/6.1/amd64", pvh_kernel(false), btf);
  const auto found = store.find("mine/6.1/amd64");
  EXPECT_FALSE(found.has_own_btf);
  EXPECT_EQ(read_file(found.btf), some_btf());

  const auto wrong = work.write("wrong.btf", to_bytes("no BTF"));
  EXPECT_THAT(failure_text([&] { add("mine/6.2/amd64", pvh_kernel(false), wrong); }),
              HasSubstr("wrong.btf"));
}

TEST_F(kernels, btf_for_a_kernel_that_has_some_is_refused) {
  const auto btf = work.write("detached.btf", some_btf());
  EXPECT_THAT(failure_text([&] { add("mine/6.1/amd64", pvh_kernel(), btf); }),
              HasSubstr("has BTF of its own"));
  EXPECT_FALSE(store.has("mine/6.1/amd64"));
}

TEST_F(kernels, btf_that_the_user_put_into_the_cache_stays) {
  add("mine/6.1/amd64", pvh_kernel());
  const auto own = btf_link("mine/6.1/amd64").parent_path() / "5.4.0-own.btf";
  write_output(own, "BTF of the user", unchanged::keep);
  add("mine/6.1/amd64", pvh_kernel());
  store.remove("mine/6.1/amd64");
  EXPECT_TRUE(fs::exists(own));
  EXPECT_FALSE(fs::exists(btf_link("mine/6.1/amd64")));
}

TEST_F(kernels, a_damaged_unpacked_file_is_made_again) {
  const auto image = work.write("vmlinuz", pvh_kernel());
  const auto found = store.find(image.string());
  write_output(found.image, "cut", unchanged::keep);
  EXPECT_GT(fs::file_size(store.find(image.string()).image), 3U);
  store.remove_unpacked_files();
  EXPECT_FALSE(fs::exists(found.image));
}

// Else programs would be built for the types of a kernel that is gone.
TEST_F(kernels, a_kernel_without_btf_takes_the_old_ones_btf_away) {
  add("mine/6.1/amd64", pvh_kernel());
  ASSERT_TRUE(fs::exists(btf_link("mine/6.1/amd64")));
  add("mine/6.1/amd64", pvh_kernel(false));
  EXPECT_TRUE(store.find("mine/6.1/amd64").btf.empty());
  EXPECT_FALSE(fs::exists(btf_link("mine/6.1/amd64")));
}

TEST_F(kernels, a_damaged_entry_is_told_with_the_remedy) {
  add("debian/6.1/amd64", pvh_kernel());
  const auto place = work / "cache" / "kernels" / "debian" / "6.1" / "amd64";
  const auto good = read_file(place / "kernel.json");
  const auto expect_damage = [&](std::string_view what) {
    EXPECT_THAT(failure_text([&] { store.find("debian/6.1/amd64"); }),
                AllOf(HasSubstr("is damaged"), HasSubstr(what), HasSubstr("kernel remove")));
    ASSERT_THAT(store.list(), SizeIs(1));
    EXPECT_THAT(store.list()[0].problem, HasSubstr(what));
  };
  for (const char* text : {"", "{", "[]", "{\"version\": 2}"}) {
    write_output(place / "kernel.json", text, unchanged::keep);
    expect_damage("no description of a kernel");
  }
  for (const char* text : {"{\"version\": 1}", "{\"version\": \"1\"}"}) {
    write_output(place / "kernel.json", text, unchanged::keep);
    expect_damage("json");
  }
  write_output(place / "kernel.json", as_text(good), unchanged::keep);
  fs::resize_file(place / "image", 10);
  expect_damage("not as it was written");
  fs::remove(place / "image");
  expect_damage("missing");
  store.remove("debian/6.1/amd64");
  EXPECT_THAT(store.list(), IsEmpty());
}

TEST_F(kernels, verify_compares_contents) {
  add("debian/6.1/amd64", pvh_kernel());
  const std::string name = "debian/6.1/amd64";
  EXPECT_THAT(store.find_differences(name), IsEmpty());
  const auto place = work / "cache" / "kernels" / "debian" / "6.1" / "amd64";
  auto image = read_file(place / "image");
  image.back() ^= 1;
  write_output(place / "image", as_text(image), unchanged::keep);
  fs::remove(place / "btf");
  EXPECT_THAT(store.find_differences(name),
              UnorderedElementsAre("image is changed", "btf is missing"));
  fs::remove(place / "kernel.json");
  EXPECT_THAT(store.find_differences(name), ElementsAre(HasSubstr("kernel.json")));
}

// Runs fetch_kernel() with an apt-get and apt-cache of the test's own.
class kernel_fetch : public kernels {
 protected:
  void SetUp() override {
    old_path_ = ::getenv("PATH");
    ::setenv("PATH", (work / "programs").c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", old_path_.c_str(), 1); }
  // `update` is what `apt-get update` does; `names` are the mirror's packages linux-image-*.
  void write_apt(const std::string& update, const std::string& names) const {
    const auto distributions = distributions_of_machine();
    const auto origin = distributions.empty() ? "debian" : distributions.front();
    const auto entry = work.write("sources.list", to_bytes("deb http://m.invalid/debian x main\n"));
    write_program("apt-get",
                  "case \"$*\" in\n"
                  "indextargets*) echo 'http://m.invalid/debian/|x|main|" +
                      origin + "|" + entry.string() + ":1' ;;\n*update) " + update + " ;;\nesac\n");
    write_program("apt-cache",
                  "case \"$*\" in *\"pkgnames linux-image-\") echo '" + names + "' ;; esac\n");
  }
  std::string fetch_failure(const std::string& name) const {
    return failure_text([&] { fetch_kernel(store, name, false, [](std::string_view) {}); });
  }

 private:
  void write_program(const std::string& name, const std::string& text) const {
    fs::permissions(work.write("programs/" + name, to_bytes("#!/bin/sh\n" + text)),
                    fs::perms::owner_all);
  }

  std::string old_path_;
};

TEST_F(kernel_fetch, only_debian_and_cpus_that_can_be_booted) {
  EXPECT_THAT(fetch_failure("fedora/40/amd64"),
              AllOf(HasSubstr("only kernels of Debian"), HasSubstr("ebpfkit kernel import")));
  EXPECT_THAT(fetch_failure("debian/6.1/mipsel"), HasSubstr("The architecture is amd64 or arm64"));
}

TEST_F(kernel_fetch, no_apt_is_told_once) {
  const auto text = fetch_failure("debian/6.1/amd64");
  constexpr std::string_view reason = "this machine has no apt-get";
  EXPECT_THAT(text, AllOf(HasSubstr("cannot fetch the kernel 'debian/6.1/amd64'"),
                          HasSubstr(reason), HasSubstr("ebpfkit kernel import")));
  EXPECT_EQ(text.find(reason), text.rfind(reason)) << text;
}

// A mirror that nobody reached may have the kernel.
TEST_F(kernel_fetch, a_mirror_that_does_not_answer) {
  write_apt("echo 'E: Could not connect to m.invalid' >&2; exit 100", "");
  EXPECT_THAT(fetch_failure("debian/6.1/amd64"),
              AllOf(HasSubstr("cannot fetch"), HasSubstr("Could not connect to m.invalid"),
                    HasSubstr("Check the network"), Not(HasSubstr("has no kernel"))));
}

TEST_F(kernel_fetch, an_unknown_series_is_told_with_the_known_ones) {
  write_apt("exit 0", "linux-image-6.18.3-cloud-amd64\nlinux-image-amd64");
  EXPECT_THAT(fetch_failure("debian/4.4/amd64"),
              AllOf(HasSubstr("has no kernel 'debian/4.4/amd64'"), HasSubstr("debian/6.18/amd64"),
                    HasSubstr("debian/5.10/amd64"), HasSubstr("debian/6.12/amd64")));
}

TEST_F(kernels, a_file_is_unpacked_once_and_not_listed) {
  const auto file = work.write("bzImage", pvh_kernel());
  EXPECT_EQ(store.find(file.string()).image, store.find(file.string() + ":no-btf").image);
  EXPECT_THAT(store.list(), IsEmpty());
  fs::create_directories(work / "tree");
  EXPECT_THAT(failure_text([&] { store.find((work / "tree").string()); }),
              HasSubstr("no built tree of a kernel"));
  work.write("tree/arch/x86/boot/bzImage", pvh_kernel());
  work.write("tree/.config", to_bytes("CONFIG_BPF=y\n"));
  EXPECT_EQ(store.find((work / "tree").string()).release, release);
}

// An entry that is being written, or that a killed process left, is no kernel.
TEST_F(kernels, temporary_entries_are_not_listed) {
  add("debian/6.1/amd64", pvh_kernel());
  const auto parent = work / "cache" / "kernels" / "debian" / "6.1";
  fs::copy(parent / "amd64", parent / (".ebpfkit-" + std::string(32, 'a') + ".tmp"),
           fs::copy_options::recursive);
  ASSERT_THAT(store.list(), SizeIs(1));
  EXPECT_EQ(store.list()[0].name, "debian/6.1/amd64");
}

TEST_F(kernels, adds_at_once_leave_one_sound_kernel) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      new_kernel files;
      files.kernel = work.write("kernel " + std::to_string(i), pvh_kernel());
      for (int round = 0; round < 5; ++round)
        store.add("debian/6.1/amd64", files);
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(store.find("debian/6.1/amd64").release, release);
  const auto parent = work / "cache" / "kernels" / "debian" / "6.1";
  EXPECT_EQ(std::distance(fs::directory_iterator(parent), fs::directory_iterator()), 1);
}

TEST_F(kernels, a_killed_add_leaves_a_whole_kernel_or_none) {
  new_kernel files;
  files.kernel = work.write("kernel", pvh_kernel());
  for (int round = 0; round < 20; ++round) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (;;)
        store.add("debian/6.1/amd64", files);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const auto& kernel : store.list()) {
      EXPECT_EQ(kernel.name, "debian/6.1/amd64");
      EXPECT_EQ(kernel.problem, "");
    }
  }
  store.add("debian/6.1/amd64", files);
  EXPECT_EQ(store.find("debian/6.1/amd64").release, release);
}

}  // namespace
}  // namespace ebpfkit::host::input_test
