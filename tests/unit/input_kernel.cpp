// BTF from kernels, modules and BPF objects, in all their wrappings.
#include <elf.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "btf/architecture.hpp"
#include "btf_builder.hpp"
#include "input/btf_input.hpp"
#include "input/kernel_image.hpp"
#include "input/kernel_release.hpp"
#include "input_fixtures.hpp"
#include "runtime/kernel_types/architecture.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::input_test {
namespace {

using namespace std::string_view_literals;
using test::btf_builder;

using formats = std::vector<std::string>;

bytes kernel_btf(const std::vector<std::string>& registers = {"r15", "di"},
                 std::endian order = std::endian::little) {
  btf_builder btf(order);
  const auto word = btf.integer("long unsigned int", 8);
  std::vector<btf_builder::member> members;
  for (const auto& name : registers)
    members.push_back({name, word, static_cast<std::uint32_t>(members.size() * 64)});
  btf.record("pt_regs", static_cast<std::uint32_t>(members.size() * 8), members);
  btf.record("pair", 16, {{"one", word, 0}, {"two", word, 64}});
  return btf.bytes();
}

bytes vmlinux(const bytes& btf = kernel_btf()) {
  return elf_file(
      EM_X86_64, {{".rodata", to_bytes("Linux version %s\0Linux version 6.1.0-9-amd64 (a@b) #1"sv)},
                  {".BTF", btf}});
}

TEST(BtfInput, RawOfEitherByteOrder) {
  const temporary_directory directory;
  for (const auto order : {std::endian::little, std::endian::big}) {
    const auto btf = kernel_btf({"gpr", "nip"}, order);
    const auto input = load_btf(directory.write("5.4.0-26-generic.btf", btf));
    EXPECT_EQ(input.bytes, btf);
    EXPECT_EQ(input.graph->byte_order(), order);
    EXPECT_EQ(input.source.formats, formats{"BTF"});
    EXPECT_EQ(input.source.kernel_release, "5.4.0-26-generic");
    EXPECT_EQ(input.source.architecture, "powerpc");
  }
}

TEST(BtfInput, CompressedAndArchived) {
  const temporary_directory directory;
  const auto btf = kernel_btf();
  for (const auto& codec : codecs()) {
    const auto packed = load_btf(directory.write("some.name", codec.compress(btf)));
    EXPECT_EQ(packed.bytes, btf);
    EXPECT_EQ(packed.source.formats, (formats{codec.name, "BTF"}));
    EXPECT_EQ(packed.source.kernel_release, "");
    const auto archive = tar_archive({tar_entry("./5.8.0-1-generic.btf", btf)});
    const auto archived = load_btf(directory.write("other.name", codec.compress(archive)));
    EXPECT_EQ(archived.bytes, btf);
    EXPECT_EQ(archived.source.formats, (formats{codec.name, "tar", "BTF"}));
    EXPECT_EQ(archived.source.kernel_release, "5.8.0-1-generic");
  }
}

TEST(BtfInput, Vmlinux) {
  const temporary_directory directory;
  const auto input = load_btf(directory.write("vmlinux", vmlinux()));
  EXPECT_EQ(input.bytes, kernel_btf());
  EXPECT_EQ(input.source.formats, (formats{"ELF", "BTF"}));
  EXPECT_EQ(input.source.kernel_release, "6.1.0-9-amd64");
  EXPECT_EQ(input.source.architecture, "x86");
}

TEST(BtfInput, BootImagesWithEveryPayload) {
  const temporary_directory directory;
  const bytes size_tail{0, 0, 1, 0};
  for (const auto& codec : codecs()) {
    for (const auto& tail : {bytes{}, size_tail}) {
      const auto image =
          bzimage(concatenate({codec.compress(vmlinux()), tail}), "6.1.0-9-amd64 (a@b) #1");
      const auto input = load_btf(directory.write("vmlinuz", image));
      EXPECT_EQ(input.bytes, kernel_btf());
      EXPECT_EQ(input.source.formats, (formats{"bzImage", codec.name, "ELF", "BTF"}));
      EXPECT_EQ(input.source.kernel_release, "6.1.0-9-amd64");
    }
  }
  const auto text = failure_text([&] {
    auto image = bzimage(vmlinux(), "6.1.0");
    image.resize(1200);
    load_btf(directory.write("short", image));
  });
  EXPECT_TRUE(contains(text, "kernel image is truncated")) << text;
}

bytes plain_image(std::string_view magic, const bytes& content) {
  bytes image(4096);
  std::memcpy(image.data() + 0x38, magic.data(), magic.size());
  return concatenate({image, to_bytes("Linux version 6.6.1-arm (x)"), content, bytes(99)});
}

TEST(BtfInput, PlainImages) {
  const temporary_directory directory;
  const auto btf = kernel_btf({"regs", "pstate"});
  auto decoy = kernel_btf({"r15", "di"});
  decoy[12] ^= 4;  // the header contradicts itself
  const auto arm64 = plain_image("ARM\x64", concatenate({decoy, btf}));
  const auto input = load_btf(directory.write("Image", arm64));
  EXPECT_EQ(input.bytes, btf);
  EXPECT_EQ(input.source.formats, (formats{"arm64 Image", "BTF"}));
  EXPECT_EQ(input.source.architecture, "arm64");
  EXPECT_EQ(input.source.kernel_release, "6.6.1-arm");
  const auto packed = load_btf(directory.write("Image.gz", compress_gzip(arm64)));
  EXPECT_EQ(packed.source.formats, (formats{"gzip", "arm64 Image", "BTF"}));
  const auto riscv = load_btf(directory.write("Image", plain_image("RSC\x05", btf)));
  EXPECT_EQ(riscv.source.architecture, "riscv");
  EXPECT_TRUE(contains(
      failure_text([&] { load_btf(directory.write("Image", plain_image("ARM\x64", decoy))); }),
      "no BTF in the arm64 Image"));
}

TEST(BtfInput, EfiZbootImages) {
  const temporary_directory directory;
  const auto payload = compress_gzip(plain_image("ARM\x64", kernel_btf()));
  bytes header(64);
  std::memcpy(header.data(), "MZ\0\0zimg", 8);
  const std::uint32_t place[] = {64, static_cast<std::uint32_t>(payload.size())};
  std::memcpy(header.data() + 8, place, sizeof place);
  const auto input =
      load_btf(directory.write("vmlinuz.efi", concatenate({header, payload, bytes(16)})));
  EXPECT_EQ(input.source.formats, (formats{"EFI zboot image", "gzip", "arm64 Image", "BTF"}));
  EXPECT_EQ(input.bytes, kernel_btf());
}

TEST(BtfInput, Packages) {
  const temporary_directory directory;
  const auto image = bzimage(compress_zstd(vmlinux()), "6.1.0-9-amd64 (a@b) #1");
  const auto tar = compress_xz(tar_archive({tar_entry("./boot/vmlinuz-6.1.0-9-amd64", image)}));
  const auto cpio =
      compress_zstd(cpio_archive({cpio_entry("./lib/modules/6.1.0-9-amd64/vmlinuz", image)}));
  for (const auto& [format, package] :
       {std::pair("deb", debian_package(tar)), std::pair("rpm", rpm_package(cpio))}) {
    const auto input = load_btf(directory.write("some.package", package));
    EXPECT_EQ(input.bytes, kernel_btf());
    EXPECT_EQ(input.source.formats, (formats{format, "bzImage", "zstd", "ELF", "BTF"}));
    EXPECT_EQ(input.source.kernel_release, "6.1.0-9-amd64");
  }
}

TEST(BtfInput, Modules) {
  const temporary_directory directory;
  const auto base = kernel_btf();
  const type_graph base_graph(base);
  const auto text_size = base.size() - 24 - *reinterpret_cast<const std::uint32_t*>(&base[12]);
  btf_builder split(std::endian::little, base_graph.type_count(),
                    static_cast<std::uint32_t>(text_size));
  const auto pair = *base_graph.find("pair", type_kind::structure);
  split.record("of_module", 16, {{"inner", pair, 0}});
  const auto module =
      elf_file(EM_X86_64, {{".modinfo", to_bytes("license=GPL\0vermagic=6.1.0-9-amd64 SMP"sv)},
                           {".BTF", split.bytes()}});
  const auto base_path = directory.write("vmlinux", vmlinux(base));
  const auto path = directory.write("some.ko.xz", compress_xz(module));

  const auto input = load_btf(path, base_path);
  EXPECT_EQ(input.graph->first_own_type(), base_graph.type_count());
  EXPECT_TRUE(input.graph->find("of_module", type_kind::structure));
  EXPECT_EQ(input.source.architecture, "x86");
  EXPECT_EQ(input.source.kernel_release, "6.1.0-9-amd64");
  EXPECT_TRUE(contains(failure_text([&] { load_btf(path); }), "split BTF without its base"));
  EXPECT_TRUE(contains(failure_text([&] { load_btf(base_path, base_path); }), "base is given"));
}

// A module with an excerpt of its kernel's types, and another kernel whose ids and texts differ.
struct distilled_module {
  bytes module;
  bytes other_kernel;

  explicit distilled_module(std::uint32_t size_in_other_kernel) {
    btf_builder base(std::endian::little);
    const auto base_long = base.integer("long unsigned int", 8);
    const auto base_pair = base.record("pair", 16, {});
    const auto base_color = base.enumeration("color", {});
    const auto base_later = base.forward("later");
    const auto shared_name = base.text("shared_name");

    btf_builder split(std::endian::little, base_later + 1, base.text_size());
    const auto to_later = split.pointer(base_later);
    const auto to_own = split.pointer(base_later + 4);  // the record below
    const auto prototype = split.prototype(base_long, {{"of", to_own}});
    split.record("of_module", 48,
                 {{"inner", base_pair, 0},
                  {"color", base_color, 128},
                  {"to", to_later, 192},
                  {"own", to_own, 256},
                  {"number", base_long, 320}});
    split.function("run", prototype, symbol_linkage::global);
    auto bytes_of_split = split.bytes();
    // The name of the first own type is in the strings of the base. No builder does this by itself.
    split.type_definition("alias", base_long);
    bytes_of_split = split.bytes();
    const auto types_size = *reinterpret_cast<const std::uint32_t*>(&bytes_of_split[12]);
    std::memcpy(&bytes_of_split[24 + types_size - 12], &shared_name, 4);
    module = elf_file(EM_X86_64, {{".BTF", bytes_of_split}, {".BTF.base", base.bytes()}});

    btf_builder kernel(std::endian::little);
    const auto kernel_long = kernel.integer("long unsigned int", 8);
    kernel.integer("char", 1);
    kernel.record("later", 8, {{"value", kernel_long, 0}});
    kernel.record("pair", size_in_other_kernel, {{"one", kernel_long, 0}});
    kernel.enumeration("color", {{"RED", 1}});
    other_kernel = kernel.bytes();
  }
};

TEST(BtfInput, ModuleWithItsOwnBase) {
  const temporary_directory directory;
  const distilled_module files(16);
  const auto path = directory.write("some.ko", files.module);
  const auto alone = load_btf(path);
  EXPECT_TRUE(alone.graph->find("shared_name", type_kind::type_definition));

  const auto input = load_btf(path, directory.write("kernel.btf", files.other_kernel));
  const auto& graph = *input.graph;
  const auto record = graph.find("of_module", type_kind::structure);
  ASSERT_TRUE(record);
  const auto members = graph.members(*record);
  EXPECT_EQ(graph.describe(members[0].type), "struct pair");
  EXPECT_EQ(graph.members(members[0].type).size(), 1U);
  EXPECT_EQ(graph.describe(members[1].type), "enum color");
  EXPECT_EQ(graph.describe(graph.target(members[2].type)), "struct later");
  EXPECT_EQ(graph.target(members[3].type), *record);
  EXPECT_EQ(graph.describe(members[4].type), "int long unsigned int");
  EXPECT_TRUE(graph.find("shared_name", type_kind::type_definition));
  const auto function = graph.find("run", type_kind::function);
  ASSERT_TRUE(function);
  EXPECT_EQ(graph.parameter(graph.target(*function), 0).name, "of");
}

TEST(BtfInput, ModuleForAnotherKernel) {
  const temporary_directory directory;
  const distilled_module files(24);
  const auto text = failure_text([&] {
    load_btf(directory.write("some.ko", files.module),
             directory.write("kernel.btf", files.other_kernel));
  });
  EXPECT_TRUE(contains(text, "some.ko")) << text;
  EXPECT_TRUE(contains(text, "no struct pair of 16 bytes")) << text;
}

TEST(BtfInput, TellsWhatIsWrong) {
  const temporary_directory directory;
  const auto read = [&](const bytes& content) {
    return failure_text([&] { load_btf(directory.write("file.x", content)); });
  };
  EXPECT_TRUE(contains(read(to_bytes("just text")), "does not find BTF"));
  EXPECT_TRUE(contains(read({}), "does not find BTF"));
  EXPECT_TRUE(contains(read(elf_file(EM_BPF, {{".text", {}}})), "no .BTF section"));
  const auto dwarf = read(elf_file(EM_X86_64, {{".debug_info", to_bytes("x")}}));
  EXPECT_TRUE(contains(dwarf, "DWARF but no .BTF") && contains(dwarf, "btf fetch")) << dwarf;
  EXPECT_TRUE(contains(failure_text([&] { load_btf(directory.path() / "none"); }), "none"));
  bytes nested = kernel_btf();
  for (int i = 0; i < 9; ++i)
    nested = compress_gzip(nested);
  EXPECT_TRUE(contains(read(nested), "more than 8 layers"));
}

TEST(BtfInput, SurvivesDamage) {
  const auto read = [](const bytes& damaged) {
    check_btf(find_btf(unwrap(damaged, "file"), "file"), nullptr);
  };
  survive_damage(
      elf_file(EM_X86_64, {{".modinfo", to_bytes("vermagic=6.1")}, {".BTF", kernel_btf()}}), read);
  survive_damage(bzimage(compress_gzip(kernel_btf()), "6.1.0"), read);
  survive_damage(distilled_module(16).module, read);
  survive_damage(compress_xz(tar_archive({tar_entry("a.btf", kernel_btf())})), read);
}

TEST(BtfInput, OpensWhatIsWrapped) {
  const temporary_directory directory;
  for (const auto& codec : codecs()) {
    const auto path = directory.write(codec.name, codec.compress(vmlinux()));
    EXPECT_TRUE(open_btf(path)->find("pt_regs", type_kind::structure)) << codec.name;
  }
  const distilled_module files(16);
  const auto module = directory.write("m.ko", files.module);
  EXPECT_TRUE(contains(failure_text([&] { open_btf(module); }), "made for relocation"));
}

TEST(BtfInput, RelocationSurvivesDamage) {
  const distilled_module files(16);
  const checked_btf kernel{
      {}, files.other_kernel, std::make_shared<const type_graph>(files.other_kernel)};
  survive_damage(files.module, [&](const bytes& damaged) {
    check_btf(find_btf(unwrap(damaged, "file"), "file"), &kernel);
  });
}

TEST(Architecture, OfRegisters) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"r15", "di", "orig_ax"}, "x86"},
      {{"regs", "sp", "pc", "pstate"}, "arm64"},
      {{"epc", "ra"}, "riscv"},
      {{"uregs"}, "arm"},
      {{"regs", "cp0_status", "cp0_epc"}, "mips"},
      {{"psw", "gprs"}, "s390"},
      {{"gpr", "nip"}, "powerpc"},
      {{"regs", "csr_era"}, "loongarch"},
      {{"regs"}, ""}};
  for (const auto& [registers, architecture] : cases) {
    const auto btf = kernel_btf(registers);
    EXPECT_EQ(architecture_of_types(type_graph(btf)), architecture);
  }
}

TEST(Architecture, GoesIntoAnonymousMembers) {
  btf_builder btf(std::endian::little);
  const auto word = btf.integer("long unsigned int", 8);
  const auto inner = btf.record({}, 16, {{"regs", word, 0}, {"pstate", word, 64}});
  const auto both = btf.record({}, 16, {{{}, inner, 0}}, type_kind::union_type);
  btf.record("pt_regs", 16, {{{}, both, 0}});
  EXPECT_EQ(architecture_of_types(type_graph(btf.bytes())), "arm64");
}

// A look-up must find each of these names again.
TEST(Architecture, InPathsTellsPointerSizeAndByteOrder) {
  constexpr auto little = std::endian::little;
  constexpr auto big = std::endian::big;
  const std::vector<std::tuple<std::string, std::uint32_t, std::endian, std::string>> cases = {
      {"x86", 8, little, "x86_64"},
      {"x86", 4, little, "i386"},
      {"arm64", 8, little, "arm64"},
      {"arm", 4, little, "arm"},
      {"riscv", 8, little, "riscv64"},
      {"riscv", 4, little, "riscv32"},
      {"s390", 8, big, "s390x"},
      {"powerpc", 8, little, "ppc64le"},
      {"powerpc", 8, big, "ppc64"},
      {"powerpc", 4, big, "powerpc"},
      {"mips", 8, little, "mips64el"},
      {"mips", 8, big, "mips64"},
      {"mips", 4, little, "mipsel"},
      {"mips", 4, big, "mips"},
      {"loongarch", 8, little, "loongarch64"}};
  for (const auto& [architecture, pointer_size, order, name] : cases) {
    EXPECT_EQ(architecture_in_paths(architecture, pointer_size, order), name);
    EXPECT_EQ(architecture_of_name(name), architecture);
  }
}

TEST(Architecture, Names) {
  EXPECT_EQ(architecture_of_name("amd64"), "x86");
  EXPECT_EQ(architecture_of_name("aarch64"), "arm64");
  EXPECT_EQ(architecture_of_name("vax"), "");
  EXPECT_EQ(architecture_of_name("riscv32"), "riscv");
  EXPECT_EQ(architecture_aliases("arm64"),
            (std::vector<std::string>{"arm64", "aarch64", "armv8l"}));
  EXPECT_EQ(architecture_aliases("vax"), (std::vector<std::string>{"vax"}));
  EXPECT_EQ(architecture_of_machine(EM_AARCH64), "arm64");
  EXPECT_EQ(architecture_of_machine(EM_BPF), "");
}

TEST(Architecture, FamiliesOfNames) {
  const auto name = [](std::string_view spelling) {
    const auto* row = detail::find_architecture(spelling);
    return row == nullptr ? std::string() : std::string(row->name);
  };
  EXPECT_EQ(name("armv7a"), "arm");
  EXPECT_EQ(name("armv7b"), "armeb");
  // A 32-bit process on an arm64 kernel sees this name.
  EXPECT_EQ(name("armv8l"), "arm64");
  EXPECT_EQ(name("aarch64_be"), "aarch64_be");
  EXPECT_EQ(name("riscv64gc"), "riscv64");
  EXPECT_EQ(name("mips64r6"), "mips64");
  EXPECT_EQ(name("armbian"), "");
  EXPECT_EQ(name("armv*"), "arm");
  EXPECT_EQ(name(""), "");
}

TEST(Architecture, NoNameStandsInTwoRows) {
  std::set<std::string> seen;
  for (const auto& row : detail::architectures()) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    EXPECT_NE(detail::find_architecture(row.kernel), nullptr) << row.kernel;
    std::istringstream spellings(row.spellings);
    for (std::string spelling; spellings >> spelling;) {
      EXPECT_TRUE(seen.insert(spelling).second) << spelling;
      EXPECT_EQ(detail::find_architecture(spelling), &row) << spelling;
    }
  }
}

TEST(Text, Releases) {
  EXPECT_EQ(leading_release("6.1.0-18-amd64 (x)"), "6.1.0-18-amd64");
  EXPECT_EQ(leading_release("6.1"), "6.1");
  EXPECT_EQ(leading_release("6."), "");
  EXPECT_EQ(leading_release("v6.1"), "");
  EXPECT_EQ(leading_release("%s"), "");
  EXPECT_EQ(leading_release("6.1" + std::string(100, '0')), "");
  EXPECT_EQ(release_in_file_name("vmlinuz-6.12.117+deb12-cloud-amd64"),
            "6.12.117+deb12-cloud-amd64");
  EXPECT_EQ(release_in_file_name("5.4.0-26-generic.btf.tar.xz"), "5.4.0-26-generic");
  EXPECT_EQ(release_in_file_name("vmlinux"), "");
  EXPECT_EQ(release_in_file_name(""), "");
}

}  // namespace
}  // namespace ebpfkit::host::input_test
