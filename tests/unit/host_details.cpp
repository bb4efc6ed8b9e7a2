// Details of the host tool that no other test shows: each was wrong once without a failing test
// (tests/mutations).
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/c_header.hpp"
#include "bindings/selection.hpp"
#include "btf/type_graph.hpp"
#include "btf_builder.hpp"
#include "embed/embed.hpp"
#include "input/btf_cache.hpp"
#include "input/btf_input.hpp"
#include "input/elf_sections.hpp"
#include "input/kernel_image.hpp"
#include "input/kernel_release.hpp"
#include "input_fixtures.hpp"
#include "object/bpf_object_file.hpp"
#include "object/section_names.hpp"
#include "relocation_object_builder.hpp"
#include "skeleton_support.hpp"
#include "sources/depfile.hpp"
#include "support/failure.hpp"
#include "support/process.hpp"
#include "support/shell_words.hpp"

namespace ebpfkit::host::test {
namespace {

using input_test::bytes;
using input_test::failure_text;
using testing::HasSubstr;
using testing::IsEmpty;

std::string problem_of(const btf_builder& btf) {
  return failure_text([&] { type_graph{btf.bytes()}; });
}

TEST(btf_details, bits_of_an_integer_lie_in_its_bytes) {
  btf_builder btf;
  btf.add("int", type_kind::integer, 0, false, 4, {16U << 16 | 16});
  EXPECT_EQ(problem_of(btf), "");
  btf.add("beyond", type_kind::integer, 0, false, 4, {16U << 16 | 17});
  EXPECT_THAT(problem_of(btf), HasSubstr("an integer of 4 bytes and 17 bits"));
}

TEST(btf_details, tags_are_of_something) {
  btf_builder btf;
  btf.add("tag", type_kind::declaration_tag, 0, false, 0, {~0U});
  EXPECT_THAT(problem_of(btf), HasSubstr("it refers to type 0"));
}

TEST(btf_details, kind_0_is_none) {
  btf_builder btf;
  btf.add("name", type_kind::void_type, 0, false, 0);
  EXPECT_THAT(problem_of(btf), HasSubstr("unknown kind 0"));
}

std::string header_of(const btf_builder& btf, const std::vector<std::string>& types) {
  const type_graph graph(btf.bytes());
  type_request request;
  request.types = types;
  return write_c_header(graph, select_types(graph, request, "test"), {});
}

TEST(bindings_details, helper_types_are_defined_once) {
  btf_builder btf;
  const auto number = btf.integer("unsigned int", 4);
  btf.type_definition("__u32", number);
  btf.record("sample", 4, {{"x", number, 0}});
  const auto header = header_of(btf, {"sample"});
  const auto found = header.find("typedef unsigned int __u32;");
  ASSERT_NE(found, std::string::npos);
  EXPECT_EQ(header.find("typedef unsigned int __u32;", found + 1), std::string::npos);
}

TEST(bindings_details, declared_union_is_no_struct) {
  btf_builder btf;
  btf.forward("choice", true);
  EXPECT_THAT(header_of(btf, {"union choice"}), HasSubstr("union choice;"));
  EXPECT_THROW(header_of(btf, {"struct choice"}), failure);
}

TEST(bindings_details, paths_do_not_end_with_a_dot) {
  btf_builder btf;
  btf.record("sample", 4, {{"x", btf.integer("int", 4, true), 0}});
  EXPECT_THAT(failure_text([&] { header_of(btf, {"sample.x."}); }),
              HasSubstr("'sample.x.' is not a path"));
}

bytes small_btf(int types) {
  btf_builder btf;
  for (int i = 0; i < types; ++i)
    btf.record("record_" + std::to_string(i), 0, {});
  return btf.bytes();
}

TEST(input_details, the_largest_btf_in_an_image_is_the_kernels) {
  if (std::endian::native != std::endian::little)
    GTEST_SKIP() << "images are little-endian";
  const auto large = small_btf(9);
  const auto image = input_test::concatenate({small_btf(1), large, small_btf(3)});
  const auto found = search_btf(image);
  ASSERT_TRUE(found);
  EXPECT_EQ(bytes(found->begin(), found->end()), large);
}

TEST(input_details, names_in_an_image_end_with_a_nul) {
  if (std::endian::native != std::endian::little)
    GTEST_SKIP() << "images are little-endian";
  auto btf = small_btf(2);
  EXPECT_TRUE(search_btf(btf));
  btf.back() = 'x';
  EXPECT_FALSE(search_btf(btf));
}

// Documentation/arch/x86/boot.rst: 0 setup sectors mean 4.
TEST(input_details, boot_image_that_does_not_tell_its_setup_sectors) {
  constexpr std::size_t setup_size = 1024;
  const work_directory work;
  auto image = input_test::bzimage(
      input_test::compress_gzip(input_test::elf_file(EM_X86_64, {{".BTF", small_btf(2)}})),
      "6.1.0");
  image[0x1f1] = 0;
  image.insert(image.begin() + setup_size, 3 * std::size_t{512}, 0);
  const auto path = work.write("bzImage", std::string(image.begin(), image.end()));
  EXPECT_EQ(load_btf(path).graph->type_count(), 3U);
}

TEST(input_details, links_in_packages_are_no_kernels) {
  const work_directory work;
  const auto kernel = input_test::elf_file(EM_X86_64, {{".BTF", small_btf(2)}});
  const auto package = input_test::rpm_package(input_test::cpio_archive(
      {input_test::cpio_entry("./boot/vmlinuz-6.1.0", input_test::to_bytes("elsewhere"), 0120777),
       input_test::cpio_entry("./lib/modules/6.1.0/vmlinuz", kernel)}));
  const auto path = work.write("kernel.rpm", std::string(package.begin(), package.end()));
  EXPECT_EQ(load_btf(path).graph->type_count(), 3U);
}

TEST(input_details, fields_of_a_package_have_their_whole_name) {
  const work_directory work;
  const auto kernel = input_test::elf_file(EM_X86_64, {{".BTF", small_btf(2)}});
  const auto control = input_test::compress_xz(input_test::tar_archive({input_test::tar_entry(
      "./control", input_test::to_bytes("Version-Of-Sources: 1\nVersion: 6.1.0-1\n"
                                        "Maintainer: Debian Kernel Team <x@y>\n"))}));
  const auto package = input_test::debian_package(
      input_test::tar_archive({input_test::tar_entry("./boot/vmlinuz-6.1.0", kernel)}), "data.tar",
      control);
  const auto path = work.write("kernel.deb", std::string(package.begin(), package.end()));
  EXPECT_EQ(load_btf(path).source.distribution, "debian/6.1.0-1");
}

TEST(input_details, compressed_sections_are_refused) {
  auto file = input_test::elf_file(EM_X86_64, {{".BTF", small_btf(2)}});
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  Elf64_Shdr section;
  auto* place = file.data() + header.e_shoff + sizeof section;
  std::memcpy(&section, place, sizeof section);
  section.sh_flags = SHF_COMPRESSED;
  std::memcpy(place, &section, sizeof section);
  EXPECT_THAT(failure_text([&] { elf_sections(file, "kernel").find(".BTF"); }),
              HasSubstr("the .BTF section is compressed"));
}

TEST(input_details, objects_of_either_byte_order_are_recognised) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    object_builder object(order);
    object.relocate(relocation_kind::type_exists, object.types.integer("int", 4), "0", 1);
    EXPECT_TRUE(is_bpf_object(object.bytes()));
  }
  EXPECT_FALSE(is_bpf_object(input_test::elf_file(EM_X86_64, {})));
}

TEST(input_details, releases_begin_with_two_numbers) {
  EXPECT_EQ(leading_release("6.1-rc1 and more"), "6.1-rc1");
  EXPECT_EQ(leading_release("6.rc1"), "");
  EXPECT_EQ(leading_release("x.1"), "");
}

TEST(input_details, directories_in_the_environment_are_absolute) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const auto cache = variable("XDG_CACHE_HOME");
  const auto home = variable("HOME");
  const auto own_cache = variable("EBPFKIT_CACHE_DIR");
  ::setenv("EBPFKIT_CACHE_DIR", "/own", 1);
  EXPECT_EQ(default_btf_cache(), "/own/btf");
  ::unsetenv("EBPFKIT_CACHE_DIR");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  ::setenv("HOME", "/somewhere", 1);
  EXPECT_EQ(default_btf_cache(), "/somewhere/.cache/ebpfkit/btf");
  ::setenv("XDG_CACHE_HOME", "/absolute", 1);
  EXPECT_EQ(default_btf_cache(), "/absolute/ebpfkit/btf");
  ::setenv("XDG_CACHE_HOME", cache.c_str(), 1);
  ::setenv("HOME", home.c_str(), 1);
  if (!own_cache.empty())
    ::setenv("EBPFKIT_CACHE_DIR", own_cache.c_str(), 1);
}

TEST(embed_details, types_must_be_of_the_architecture_that_the_name_tells) {
  const work_directory work;
  object_builder object;
  const auto local = object.types.integer("int", 4, true);
  object.relocate(relocation_kind::field_byte_offset,
                  object.types.record("sample", 4, {{"x", local, 0}}), "0:0", 0);
  const auto program = object.bytes();
  btf_builder kernel;
  const auto number = kernel.integer("long", 8, true);
  kernel.record("sample", 8, {{"x", number, 0}});
  kernel.record("pt_regs", 16, {{"di", number, 0}, {"r15", number, 64}});
  const auto types = kernel.bytes();
  const auto path = work.write("kernel.btf", std::string(types.begin(), types.end())).string();
  embed_request request;
  request.objects = {work.write("program.o", std::string(program.begin(), program.end()))};
  request.work_directory = work.path() / "work";
  request.btfs = {path + "=debian:12:x86_64:6.1.0"};
  EXPECT_EQ(failure_text([&] { embed(request); }), "");
  request.btfs = {path + "=debian:12:arm64:6.1.0"};
  EXPECT_THAT(failure_text([&] { embed(request); }),
              HasSubstr("is named as a kernel for arm64, but its types are for x86_64"));
}

TEST(sources_details, targets_in_depfiles_may_have_colons) {
  EXPECT_EQ(absolute_depfile("c:prog.o: /a/prog.c\n", "/b/out.o", "/b"),
            "/b/out.o: \\\n  /a/prog.c\n");
}

TEST(support_details, single_quotes_keep_backslashes) {
  EXPECT_EQ(split_shell_words(R"('a\b' "c\"d" e\ f)"),
            (std::vector<std::string>{R"(a\b)", R"(c"d)", "e f"}));
}

TEST(object_details, only_bpf_objects_are_linked) {
  const work_directory work;
  const auto host = input_test::elf_file(EM_X86_64, {{".BTF", small_btf(2)}});
  const auto input = work.write("host.o", std::string(host.begin(), host.end()));
  const auto output = work.path() / "linked.o";
  const auto result =
      run_process({EBPFKIT_TOOL, "object", "link", "--bpftool", "/bin/false", "--endian", "little",
                   "--output", output.string(), input.string()});
  EXPECT_NE(result.exit_status, 0);
  EXPECT_THAT(result.errors, HasSubstr("the object is for ELF machine 62, not for BPF"));
  EXPECT_FALSE(std::filesystem::exists(output));
}

TEST(object_details, programs_that_are_off_have_known_sections) {
  if (!has_command("clang"))
    GTEST_SKIP() << "needs clang";
  const work_directory work;
  const bpf_object_file object(compile_bpf(
      work, "off",
      "__attribute__((section(\"?xdp\"), used)) int on_packet(void* context) { return 2; }\n"
      "char LICENSE[] __attribute__((section(\"license\"), used)) = \"GPL\";\n"));
  EXPECT_THAT(section_warnings(object), IsEmpty());
}

}  // namespace
}  // namespace ebpfkit::host::test
