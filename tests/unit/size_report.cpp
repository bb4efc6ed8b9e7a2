// `ebpfkit size`: maps of both linkers, and what they say of a program's bytes.
//
// The maps in size_maps/ are those of one program: main.o, libparts.a with member.o and text.o, and
// lib/libparts.a with other.o. clang 14 compiled it with -Os -fcommon -fPIC -ftls-model=local-exec
// -ffunction-sections -fdata-sections, for mips and for x86_64. ld.lld 14 and GNU ld 2.40 linked it
// with -static --gc-sections. `readelf -S` told the sections.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "input_fixtures.hpp"
#include "linked_elf.hpp"
#include "size/link_map.hpp"
#include "size/size_change.hpp"
#include "size/size_json.hpp"
#include "size/size_report.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::input_test {
namespace {

using test::linked_section;
using testing::HasSubstr;

constexpr std::uint64_t code = SHF_ALLOC | SHF_EXECINSTR;
constexpr std::uint64_t data = SHF_ALLOC | SHF_WRITE;

std::string read_map(const std::string& name) {
  const auto bytes = read_file(std::string(EBPFKIT_SOURCE_DIR) + "/tests/unit/size_maps/" + name);
  return std::string(as_text(bytes));
}

const std::vector<linked_section> mips_sections{
    {".MIPS.abiflags", 0x7000002a, SHF_ALLOC, 0x10178, 0x18},
    {".reginfo", SHT_MIPS_REGINFO, SHF_ALLOC, 0x10190, 0x18},
    {".rodata", SHT_PROGBITS, SHF_ALLOC, 0x101a8, 0x29},
    {".text", SHT_PROGBITS, code, 0x20200, 0x148},
    {".tdata", SHT_PROGBITS, data | SHF_TLS, 0x30348, 4},
    {".tbss", SHT_NOBITS, data | SHF_TLS, 0x3034c, 4},
    {".data", SHT_PROGBITS, data, 0x4034c, 0xc},
    {".got", SHT_PROGBITS, data, 0x40360, 0x28},
    {".bss", SHT_NOBITS, data, 0x40388, 0x30},
    {".comment", SHT_PROGBITS, 0, 0, 0x37},
};

const std::vector<linked_section> x86_sections{
    {".text", SHT_PROGBITS, code, 0x401000, 0xc4},
    {".rodata", SHT_PROGBITS, SHF_ALLOC, 0x402000, 0x29},
    {".eh_frame", 0x70000001, SHF_ALLOC, 0x402030, 0x8c},
    {".tdata", SHT_PROGBITS, data | SHF_TLS, 0x403ffc, 4},
    {".tbss", SHT_NOBITS, data | SHF_TLS, 0x404000, 4},
    {".data", SHT_PROGBITS, data, 0x404000, 0xc},
    {".bss", SHT_NOBITS, data, 0x404010, 0x38},
    {".comment", SHT_PROGBITS, 0, 0, 0x1c},
};

bytes mips_elf() {
  return test::linked_elf_32(std::endian::big, mips_sections);
}

bytes x86_elf() {
  return test::linked_elf_64(std::endian::little, x86_sections);
}

size_report report_of(const bytes& elf, std::string_view map) {
  return make_size_report(elf, "app", map_file{"app.map", map});
}

// One line for each library and object: `archive libc.a 10+2`, `  printf.o 10+2`.
std::string lines_of(const size_report& report) {
  std::string text;
  const auto add = [&](std::string_view name, const byte_count& bytes) {
    text += std::string(name) + ' ' + std::to_string(bytes.in_file) + '+' +
            std::to_string(bytes.zero) + '\n';
  };
  for (const auto& library : report.libraries) {
    text += std::string(owner_kind_name(library.kind)) + ' ';
    add(library.name, library.bytes);
    for (const auto& object : library.objects) {
      text += "  ";
      add(object.name, object.bytes);
    }
  }
  return text;
}

void expect_sums(const size_report& report) {
  byte_count sections;
  byte_count libraries;
  for (const auto& section : report.sections)
    sections += section.bytes;
  for (const auto& library : report.libraries) {
    byte_count objects;
    for (const auto& object : library.objects)
      objects += object.bytes;
    EXPECT_EQ(objects, library.bytes) << library.name;
    libraries += library.bytes;
  }
  EXPECT_EQ(sections, report.loaded);
  EXPECT_EQ(libraries, report.loaded);
}

TEST(SizeReport, LldMap) {
  const auto elf = mips_elf();
  const auto report = report_of(elf, read_map("lld_mips.map"));
  EXPECT_EQ(report.owners_from, "ld.lld");
  EXPECT_EQ(report.file_size, elf.size());
  EXPECT_EQ(report.loaded, (byte_count{473, 52}));
  expect_sums(report);
  EXPECT_EQ(lines_of(report),
            "own (own objects) 232+32\n"
            "  main.o 232+32\n"
            "none (no owner) 145+0\n"
            "  tables and code of the linker 88+0\n"
            "  merged strings and constants 41+0\n"
            "  padding 16+0\n"
            "archive libparts.a 88+20\n"
            "  member.o 52+20\n"
            "  text.o 36+0\n"
            "archive lib/libparts.a 8+0\n"
            "  other.o 8+0\n");
}

TEST(SizeReport, GnuMap) {
  const auto report = report_of(x86_elf(), read_map("gnu_x86_64.map"));
  EXPECT_EQ(report.owners_from, "GNU ld");
  EXPECT_EQ(report.loaded, (byte_count{393, 60}));
  expect_sums(report);
  EXPECT_EQ(lines_of(report),
            "none (no owner) 233+8\n"
            "  unwind tables 140+0\n"
            "  padding 52+8\n"
            "  merged strings and constants 41+0\n"
            "own (own objects) 110+32\n"
            "  main.o 110+32\n"
            "archive libparts.a 46+20\n"
            "  member.o 25+20\n"
            "  text.o 21+0\n"
            "archive lib/libparts.a 4+0\n"
            "  other.o 4+0\n");
}

TEST(SizeReport, WithoutMap) {
  const auto report = make_size_report(x86_elf(), "app", std::nullopt);
  EXPECT_EQ(report.owners_from, "");
  EXPECT_TRUE(report.libraries.empty());
  ASSERT_EQ(report.sections.size(), 7U);
  EXPECT_EQ(report.sections.front().name, ".text");
  EXPECT_EQ(report.sections.back().name, ".tbss");
  EXPECT_EQ(report.loaded, (byte_count{393, 60}));
}

// A map with one section .text of 64 bytes.
std::string gnu_map(std::string_view pieces) {
  return "\n.text           0x0000000000001000       0x40\n" + std::string(pieces) +
         "OUTPUT(app elf64-x86-64)\n";
}

bytes elf_with_text() {
  return test::linked_elf_64(std::endian::little, {{".text", SHT_PROGBITS, code, 0x1000, 0x40}});
}

std::string lines_of_pieces(std::string_view pieces) {
  const auto report = report_of(elf_with_text(), gnu_map(pieces));
  expect_sums(report);
  return lines_of(report);
}

TEST(SizeReport, StartFilesAndLinkTimeOptimisation) {
  EXPECT_EQ(lines_of_pieces(" .text          0x1000       0x10 /usr/lib/x/../crt1.o\n"
                            " .text          0x1010       0x8 /usr/lib/gcc/12/crtbeginT.o\n"
                            " .text          0x1018       0x8 crt1.o\n"
                            " .text.main     0x1020       0x18 /tmp/ccOKmo3l.ltrans0.ltrans.o\n"
                            " .text.other    0x1038       0x8 a b/main (2).o\n"),
            "lto (link-time optimised code) 24+0\n"
            "  ltrans0.ltrans.o 24+0\n"
            "start-files (start files) 24+0\n"
            "  crt1.o 16+0\n"
            "  crtbeginT.o 8+0\n"
            "own (own objects) 16+0\n"
            "  a b/main (2).o 8+0\n"
            "  crt1.o 8+0\n");
}

// Every byte has one owner, whatever the map says.
TEST(SizeReport, PiecesThatOverlapOrLieOutside) {
  EXPECT_EQ(lines_of_pieces(" .text          0x1010       0x20 second.o\n"
                            " .text          0x1000       0x20 first.o\n"
                            " .text          0x1038       0xffffffffffffffff last.o\n"
                            " .text          0x0       0x2000 before.o\n"
                            " .text          0x1040       0x10 behind.o\n"),
            "own (own objects) 56+0\n"
            "  second.o 32+0\n"
            "  first.o 16+0\n"
            "  last.o 8+0\n"
            "none (no owner) 8+0\n"
            "  padding 8+0\n");
}

TEST(SizeReport, MapOfAnotherProgram) {
  const auto map = read_map("gnu_x86_64.map");
  auto other = x86_sections;
  other[0].size += 4;
  EXPECT_EQ(
      failure_text([&] { report_of(test::linked_elf_64(std::endian::little, other), map); }),
      "'app.map': this map is not of 'app': its section .text is at 0x401000 and has 196 bytes, "
      "not at 0x401000 with 200 bytes / Link the program again, so that the linker writes both "
      "files. Or name its map with --map.");
  other = x86_sections;
  other[6].name = ".noinit";
  EXPECT_THAT(
      failure_text([&] { report_of(test::linked_elf_64(std::endian::little, other), map); }),
      HasSubstr("it has no section .noinit"));
}

TEST(SizeReport, DamagedMaps) {
  EXPECT_THAT(failure_text([] { parse_link_map("", "m"); }), HasSubstr("'m': this is no map"));
  EXPECT_THAT(failure_text([] { parse_link_map("int main() {}\n", "m"); }),
              HasSubstr("'m': this is no map"));
  EXPECT_THAT(
      failure_text([] { parse_link_map("VMA LMA Size Align Out In Symbol\n1 2 x 4 y\n", "m"); }),
      HasSubstr("'m': this line of the linker's map is damaged: 1 2 x 4 y"));
  for (const auto* name : {"lld_mips.map", "gnu_x86_64.map"}) {
    const auto whole = read_map(name);
    const auto elf = name[0] == 'l' ? mips_elf() : x86_elf();
    // What ld.lld writes behind .shstrtab says nothing of the program.
    const auto needed = name[0] == 'l' ? whole.find(".shstrtab") : whole.rfind("OUTPUT(");
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const auto part = whole.substr(0, length);
      const auto text = failure_text([&] { report_of(elf, part); });
      EXPECT_EQ(text.empty(), length > needed && part.ends_with('\n')) << name << ' ' << length;
    }
  }
}

TEST(SizeReport, DamagedElfFiles) {
  for (const auto& elf : {mips_elf(), x86_elf()}) {
    survive_damage(elf,
                   [](const bytes& damaged) { make_size_report(damaged, "app", std::nullopt); });
  }
  const auto text_of = [](const bytes& elf) {
    return failure_text([&] { make_size_report(elf, "app", std::nullopt); });
  };
  auto cut = x86_elf();
  cut.resize(cut.size() / 2);
  EXPECT_THAT(text_of(cut), HasSubstr("'app': "));
  EXPECT_THAT(text_of({}), HasSubstr("'app': this is no ELF file"));
  EXPECT_THAT(text_of(test::linked_elf_64(std::endian::little, {})),
              HasSubstr("'app': the ELF file has no sections that a program loads"));
  EXPECT_THAT(text_of(test::linked_elf_64(std::endian::little,
                                          {{".bss", SHT_NOBITS, data, 0, ~std::uint64_t{0}},
                                           {".b", SHT_NOBITS, data, 0, 1}})),
              HasSubstr("'app': the section .bss overlaps others, or is too large"));
}

TEST(SizeJson, RoundTrip) {
  const auto report = report_of(x86_elf(), read_map("gnu_x86_64.map"));
  const auto text = size_report_json(report).dump();
  const auto again = parse_size_report(text, "old.json");
  EXPECT_EQ(size_report_json(again).dump(), text);
  EXPECT_EQ(lines_of(again), lines_of(report));
}

TEST(SizeJson, Damaged) {
  const auto sound = size_report_json(report_of(x86_elf(), read_map("gnu_x86_64.map")));
  const auto refuses = [](const std::string& text) {
    EXPECT_EQ(
        failure_text([&] { parse_size_report(text, "old.json"); }),
        "'old.json': neither an ELF file nor a report of `ebpfkit size --json` / Name a linked "
        "program, or what `ebpfkit size LOADER --json` printed.")
        << text;
  };
  refuses("");
  refuses("[]");
  refuses("{}");
  refuses(std::string(100000, '['));
  refuses(sound.dump().substr(1));
  for (const auto& [name, value] : sound.items()) {
    auto damaged = sound;
    damaged.erase(name);
    refuses(damaged.dump());
    damaged = sound;
    damaged[name] = -1;
    refuses(damaged.dump());
  }
  for (const auto* path : {"/libraries/0/kind", "/libraries/0/bytes", "/libraries/0/objects",
                           "/sections/0/name", "/sections/0/zero_bytes"}) {
    auto damaged = sound;
    damaged[nlohmann::ordered_json::json_pointer(path)] = 1.5;
    refuses(damaged.dump());
  }
  auto large = sound;
  large["file_size"] = std::uint64_t{1} << 60;
  refuses(large.dump());
}

size_report report_with(std::vector<std::pair<std::string, std::uint64_t>> objects) {
  size_report report;
  report.owners_from = "GNU ld";
  size_library library{owner_kind::archive, "liba.a", {}, {}};
  for (const auto& [name, size] : objects) {
    library.objects.push_back({name, {size, 0}});
    library.bytes.in_file += size;
  }
  report.libraries.push_back(library);
  return report;
}

TEST(SizeChange, LargestFirst) {
  const auto changes = compare_sizes(report_with({{"gone.o", 50}, {"same.o", 7}, {"less.o", 9}}),
                                     report_with({{"same.o", 7}, {"less.o", 3}, {"new.o", 56}}));
  // The library is as large as before.
  ASSERT_EQ(changes.libraries.size(), 1U);
  EXPECT_EQ(changes.libraries[0].before, changes.libraries[0].after);
  const auto& parts = changes.libraries[0].parts;
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].name, "new.o");
  EXPECT_EQ(parts[0].before, byte_count{});
  EXPECT_EQ(parts[1].name, "gone.o");
  EXPECT_EQ(parts[1].after, byte_count{});
  EXPECT_EQ(parts[2].name, "less.o");
  EXPECT_TRUE(
      compare_sizes(report_with({{"a.o", 1}}), report_with({{"a.o", 1}})).libraries.empty());
}

class size_command : public testing::Test {
 protected:
  process_result run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {EBPFKIT_TOOL, "size"});
    return run_process(arguments);
  }

  temporary_directory directory_;
  std::string program_ = directory_.write("app", x86_elf()).string();
};

TEST_F(size_command, tells_how_to_get_a_map) {
  const auto result = run({program_});
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("a program loads 393 of the file's "));
  EXPECT_THAT(result.output, HasSubstr("There is no map '" + program_ + ".map'"));
  EXPECT_THAT(result.output, HasSubstr("  target_link_options(app PRIVATE "
                                       "\"LINKER:-Map=$<TARGET_FILE:app>.map\")\n"));
  EXPECT_THAT(result.output, HasSubstr("       196          0  .text\n"));
  const auto named = run({program_, "--map", program_ + ".map"});
  EXPECT_EQ(named.exit_status, 1);
  EXPECT_THAT(named.errors, HasSubstr(program_ + ".map"));
}

TEST_F(size_command, finds_the_map) {
  directory_.write("app.map", to_bytes(read_map("gnu_x86_64.map")));
  const auto result = run({program_});
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("are from GNU ld's map '" + program_ + ".map'"));
  EXPECT_THAT(result.output, HasSubstr("        46         20  libparts.a\n"));
  EXPECT_THAT(result.output, HasSubstr("        25         20  libparts.a(member.o)\n"));
  EXPECT_THAT(result.output, HasSubstr("       140          0  (no owner): unwind tables\n"));
  const auto json = nlohmann::json::parse(run({program_, "--json"}).output);
  EXPECT_EQ(json["format"], "ebpfkit-size-1");
  EXPECT_EQ(json["loaded"]["bytes"], 393);
}

TEST_F(size_command, compares) {
  const auto map = directory_.write("app.map", to_bytes(read_map("gnu_x86_64.map"))).string();
  auto sections = x86_sections;
  sections[0].size -= 4;
  const auto old = directory_.write("old", test::linked_elf_64(std::endian::little, sections));
  auto text = read_map("gnu_x86_64.map");
  text.replace(text.rfind("0xc4"), 4, "0xc0");
  const auto old_map = directory_.write("other name", to_bytes(text)).string();

  const auto only_sections = run({program_, "--against", old.string()});
  EXPECT_EQ(only_sections.exit_status, 0) << only_sections.errors;
  EXPECT_THAT(only_sections.output, HasSubstr("There is no map of '" + old.string() + "'"));
  EXPECT_THAT(only_sections.output,
              HasSubstr("        +4        192        196         +0  .text\n"));

  const auto whole = run({program_, "--against", old.string(), "--against-map", old_map});
  EXPECT_EQ(whole.exit_status, 0) << whole.errors;
  EXPECT_THAT(whole.output, HasSubstr("393 bytes, +4 against the 389 of "));
  EXPECT_THAT(whole.output,
              HasSubstr("        +4          0          4         +0  lib/libparts.a: other.o\n"));

  // The JSON of before is as good as the program of before.
  const auto json = directory_.write(
      "old.json", to_bytes(run({old.string(), "--map", old_map, "--json"}).output));
  const auto against_json = run({program_, "--against", json.string()});
  EXPECT_THAT(against_json.output,
              HasSubstr("        +4          0          4         +0  lib/libparts.a: other.o\n"));
  const auto changes =
      nlohmann::json::parse(run({program_, "--against", json.string(), "--json"}).output);
  EXPECT_EQ(changes["format"], "ebpfkit-size-changes-1");
  EXPECT_EQ(changes["libraries"][0]["objects"][0]["after"]["bytes"], 4);
}

// A map may hold commands to the terminal.
TEST_F(size_command, hostile_names) {
  auto text = read_map("gnu_x86_64.map");
  for (auto at = text.find("member.o"); at != std::string::npos; at = text.find("member.o"))
    text.replace(at, 8, "\x1b[2Jmem\t");
  directory_.write("app.map", to_bytes(text));
  const auto result = run({program_});
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("libparts.a(\\x1b[2Jmem\\x09)\n"));
}

}  // namespace
}  // namespace ebpfkit::host::input_test
