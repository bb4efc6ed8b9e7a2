#include <elf.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/type_graph.hpp"
#include "object/bpf_object_file.hpp"
#include "object/convert_byte_order.hpp"
#include "object/elf_object.hpp"
#include "object/link.hpp"
#include "relocation/program_object.hpp"
#include "skeleton_support.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host::test {
namespace {

using testing::HasSubstr;
using bytes = std::vector<std::uint8_t>;

// All kinds of relocations and all parts of .BTF.ext. clang makes the same instructions for both
// byte orders, and the variables' values are single bytes, so that only the numbers of the formats
// differ. The program needs no header.
constexpr const char* main_source = R"(
#define SEC(name) __attribute__((section(name), used))
#define EXTERN(name) __attribute__((section(name)))
#define uint(name, value) int (*name)[value]
#define core __attribute__((preserve_access_index))
typedef unsigned int u32;
typedef unsigned long long u64;
char LICENSE[] SEC("license") = "GPL";
enum colour { red = -1, green = 7 };
enum wide { low = 1, high = 0x123456789abcULL };
struct bits { unsigned first : 3; int second : 9; u64 third : 40; enum colour colour; float part; };
struct value { u64 count; struct bits bits; enum wide wide; }
    __attribute__((btf_decl_tag("counted")));
struct kernel_type { int pid; struct { u64 start[3]; } inside; } core;
struct inner_map { uint(type, 2); uint(max_entries, 1); u32 *key; struct value *value; };
struct inner_map inner SEC(".maps");
struct { uint(type, 12); uint(max_entries, 3); u32 *key; struct inner_map *values[]; } outer
    SEC(".maps") = {.values = {[1] = &inner}};
int second(void *context);
struct { uint(type, 3); uint(max_entries, 4); uint(key_size, 4); int (*values[])(void *); } jumps
    SEC(".maps") = {.values = {[2] = &second}};
extern int LINUX_KERNEL_VERSION EXTERN(".kconfig");
extern int kernel_function(u64 a, struct value *v) EXTERN(".ksyms") __attribute__((weak));
const volatile char setting = 7;
char text[] = "seven";
static volatile u32 hits;
u64 zero;
extern char shared_text[5];
int shared_function(struct value *v, int n);
static void *(*lookup)(void *map, const void *key) = (void *)1;
static u64 (*current_task)(void) = (void *)35;
static __attribute__((noinline)) int helper(struct value *v, int n) {
  hits++;
  for (int i = 0; i < n; i++)
    v->count += i * 3;
  return v->count ^ n;
}
__attribute__((noinline)) int global_function(int a) { return a * 31 + hits; }
SEC("kprobe/do_open") int first(void *context) {
  u32 key = 1;
  struct value *v = lookup(&inner, &key);
  struct kernel_type *t = (void *)current_task();
  if (!v)
    return 0;
  v->count += setting + LINUX_KERNEL_VERSION + t->pid + t->inside.start[2];
  v->count += helper(v, 7) + global_function(9) + text[key] + shared_text[key];
  v->wide = high;
  zero += shared_function(v, -3);
  if (kernel_function)
    kernel_function(3, v);
  return 0x7fffffff;
}
SEC("xdp") int second(void *context) {
  __sync_fetch_and_add(&zero, 0x1122334455667788ULL + (u64)context);
  return helper(0, 2);
}
)";

constexpr const char* shared_source = R"(
#define SEC(name) __attribute__((section(name), used))
typedef unsigned long long u64;
char LICENSE[] SEC("license") = "GPL";
enum colour { red = -1, green = 7 };
enum wide { low = 1, high = 0x123456789abcULL };
struct bits { unsigned first : 3; int second : 9; u64 third : 40; enum colour colour; float part; };
struct value { u64 count; struct bits bits; enum wide wide; };
char shared_text[5] = "five";
static volatile char spare[] = {1, 2, 3};
static __attribute__((noinline)) int helper(struct value *v, int n) {
  for (int i = 0; i < n; i++)
    v->count += i * 5 + spare[i & 1];
  return v->count ^ n;
}
__attribute__((noinline)) int shared_function(struct value *v, int n) {
  return v ? helper(v, n) + shared_text[n & 3] : 3;
}
SEC("xdp") int third(void *context) { return helper(0, 4); }
)";

// The address of the fourth byte stands in .data, in the byte order of the object.
constexpr const char* address_source = R"(
static char letters[8] = "abcdefg";
char *volatile fourth = &letters[3];
)";

class byte_order : public testing::Test {
 protected:
  // The objects of both orders have the same source file, because its name is in the BTF.
  bytes compiled(std::string_view name, const char* source, const std::string& target) {
    return read_file(compile_bpf(work_, name, source, target));
  }

  bytes linked(std::endian order) {
    const std::string target = order == std::endian::big ? "bpfeb" : "bpfel";
    link_request request;
    request.bpftool = "bpftool";
    request.order = order;
    request.inputs = {compile_bpf(work_, "main", main_source, target),
                      compile_bpf(work_, "shared", shared_source, target)};
    request.output = work_.path() / (target + ".o");
    link_object(request);
    return read_file(request.output);
  }

  work_directory work_;
};

// Clears what only debuggers read: convert_byte_order() does not convert it.
bytes without_dwarf(bytes object) {
  std::vector<std::pair<std::size_t, std::size_t>> places;
  {
    const elf_object elf(object);
    for (const auto& section : elf.sections()) {
      if (section.name.raw().starts_with(".debug_"))
        places.emplace_back(section.header.sh_offset, section.header.sh_size);
    }
  }
  for (const auto& [offset, size] : places)
    std::fill_n(object.begin() + static_cast<std::ptrdiff_t>(offset), size, std::uint8_t{0});
  return object;
}

template <class Operation>
std::string refusal_text(Operation operation) {
  try {
    operation();
    return "";
  } catch (const failure& problem) {
    return problem.what();
  }
}

std::string problem_of(const bytes& object) {
  return refusal_text([&] { convert_byte_order(object, "x.o"); });
}

// Writes a number into a little-endian object.
void put(bytes& object, std::size_t offset, std::size_t size, std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i)
    object.at(offset + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint64_t get(const bytes& object, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::uint64_t{object.at(offset + i)} << (8 * i);
  return value;
}

// Returns where the header of a section stands in a little-endian object.
std::size_t header_of(const bytes& object, std::string_view name) {
  const elf_object elf(object);
  const auto table = get(object, offsetof(Elf64_Ehdr, e_shoff), 8);
  for (std::size_t i = 0; i < elf.sections().size(); ++i) {
    if (elf.sections()[i].name == name)
      return table + (i + 1) * sizeof(Elf64_Shdr);
  }
  ADD_FAILURE() << "no section " << name;
  return table;
}

std::size_t content_of(const bytes& object, std::string_view name) {
  return get(object, header_of(object, name) + offsetof(Elf64_Shdr, sh_offset), 8);
}

TEST_F(byte_order, equals_what_clang_compiles_for_the_other_order) {
  for (const auto* source : {main_source, shared_source, address_source}) {
    const auto little = without_dwarf(compiled("program", source, "bpfel"));
    const auto big = without_dwarf(compiled("program", source, "bpfeb"));
    EXPECT_EQ(convert_byte_order(little, "little.o"), big);
    EXPECT_EQ(convert_byte_order(big, "big.o"), little);
  }
}

TEST_F(byte_order, keeps_the_values_of_variables) {
  const auto object = compiled("program", "unsigned number = 0x01020304;", "bpfel");
  const auto at = content_of(object, ".data");
  const auto converted = convert_byte_order(object, "x.o");
  EXPECT_EQ(get(object, at, 4), 0x01020304U);
  EXPECT_EQ(get(converted, at, 4), 0x01020304U);
}

TEST_F(byte_order, converts_addresses_in_variables) {
  const auto object = compiled("program", address_source, "bpfel");
  const auto converted = convert_byte_order(object, "x.o");
  EXPECT_EQ(convert_byte_order(converted, "x.o"), object);
  const bpf_object_file file(object, "x.o");
  ASSERT_EQ(file.data_sections().size(), 1U);
  const auto& variable = file.data_sections()[0].variables.at(0);
  ASSERT_EQ(variable.name, "fourth");
  const auto at = content_of(object, ".data") + variable.offset;
  EXPECT_NE(get(object, at, 8), 0U);
  EXPECT_EQ(get(converted, at, 8), __builtin_bswap64(get(object, at, 8)));
}

TEST_F(byte_order, links_several_sources_of_both_orders_alike) {
  const auto little = linked(std::endian::little);
  const auto big = linked(std::endian::big);
  EXPECT_EQ(big[EI_DATA], ELFDATA2MSB);
  EXPECT_EQ(convert_byte_order(big, "big.o"), little);
  EXPECT_EQ(bpf_object_file(big, "big.o").byte_order(), std::endian::big);
  // Nothing but the sources and the objects stays in the directory.
  for (const auto& entry : std::filesystem::directory_iterator(work_.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << entry.path();
}

// Newer bpftools link objects of the other byte order themselves. Older ones refuse these, and the
// test then compares nothing.
TEST_F(byte_order, links_as_bpftool_itself_does) {
  constexpr bool is_little = std::endian::native == std::endian::little;
  const auto ours = linked(is_little ? std::endian::big : std::endian::little);
  const std::string target = is_little ? "bpfeb" : "bpfel";
  const auto output = work_.path() / "direct.o";
  const auto result = run_process({"bpftool", "gen", "object", output.string(),
                                   compile_bpf(work_, "main", main_source, target).string(),
                                   compile_bpf(work_, "shared", shared_source, target).string()});
  if (result.exit_status == 0) {
    EXPECT_EQ(read_file(output), ours);
  }
}

TEST_F(byte_order, the_linkers_message_names_the_source) {
  constexpr bool is_little = std::endian::native == std::endian::little;
  const std::string target = is_little ? "bpfeb" : "bpfel";
  constexpr const char* source = "int twice(int a) { return a; }";
  link_request request;
  request.bpftool = "bpftool";
  request.order = is_little ? std::endian::big : std::endian::little;
  request.inputs = {compile_bpf(work_, "one", source, target),
                    compile_bpf(work_, "two", source, target)};
  request.output = work_.path() / "linked.o";
  const auto message = refusal_text([&] { link_object(request); });
  EXPECT_THAT(message, HasSubstr("(twice) definition in '" + request.inputs[1].string() + "'"));
  EXPECT_THAT(message, testing::Not(HasSubstr(".ebpfkit-")));
}

TEST_F(byte_order, parts_of_different_orders) {
  const auto little = compiled("program", main_source, "bpfel");
  const auto big = compiled("program", main_source, "bpfeb");
  for (const std::string name : {".BTF", ".BTF.ext"}) {
    auto mixed = little;
    const auto at = content_of(little, name);
    std::copy_n(big.begin() + static_cast<std::ptrdiff_t>(at), 2,
                mixed.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_THAT(problem_of(mixed), HasSubstr("section '" + name + "'"));
  }
  auto mixed = little;
  const auto at = content_of(little, ".BTF.ext");
  std::copy_n(big.begin() + static_cast<std::ptrdiff_t>(at), 2,
              mixed.begin() + static_cast<std::ptrdiff_t>(at));
  EXPECT_EQ(problem_of(mixed),
            "'x.o': the object is little-endian, and its section '.BTF.ext' is big-endian");
}

// The readers of objects refuse such a mixture too.
TEST_F(byte_order, btf_of_the_other_order_in_an_object) {
  const auto little = compiled("program", address_source, "bpfel");
  const auto big = compiled("program", address_source, "bpfeb");
  auto mixed = little;
  const auto at = static_cast<std::ptrdiff_t>(content_of(little, ".BTF"));
  const auto size = get(little, header_of(little, ".BTF") + offsetof(Elf64_Shdr, sh_size), 8);
  std::copy_n(big.begin() + at, size, mixed.begin() + at);
  EXPECT_EQ(problem_of(mixed),
            "'x.o': the object is little-endian, and its section '.BTF' is big-endian");
  constexpr auto expected = "the object is little-endian, and its BTF is big-endian";
  EXPECT_THAT(refusal_text([&] { bpf_object_file(mixed, "x.o"); }), HasSubstr(expected));
  EXPECT_THAT(refusal_text([&] { program_object("x.o", mixed); }), HasSubstr(expected));
}

TEST_F(byte_order, refuses_what_it_cannot_convert) {
  const auto sound = compiled("program", main_source, "bpfel");
  ASSERT_EQ(problem_of(sound), "");
  const auto changed = [&](std::string_view section, std::size_t field, std::size_t size,
                           std::uint64_t value) {
    auto object = sound;
    put(object, header_of(object, section) + field, size, value);
    return problem_of(object);
  };
  EXPECT_THAT(changed(".maps", offsetof(Elf64_Shdr, sh_type), 4, SHT_NOTE),
              HasSubstr("section '.maps' has the ELF type 7, which no BPF linker knows"));
  EXPECT_THAT(changed(".maps", offsetof(Elf64_Shdr, sh_offset), 8, 80),
              HasSubstr("two parts of the file overlap"));
  EXPECT_THAT(changed(".maps", offsetof(Elf64_Shdr, sh_size), 8, 1), HasSubstr("outside of"));
  EXPECT_THAT(changed("xdp", offsetof(Elf64_Shdr, sh_size), 8, 9),
              HasSubstr("section 'xdp' has 9 bytes, which is no multiple of 8"));
  EXPECT_THAT(changed("license", offsetof(Elf64_Shdr, sh_offset), 8, sound.size()),
              HasSubstr("section 'license' goes beyond the end of the file"));
  EXPECT_THAT(changed(".rel.maps", offsetof(Elf64_Shdr, sh_info), 4, 999),
              HasSubstr("section '.rel.maps' relocates no section"));

  auto object = sound;
  put(object, offsetof(Elf64_Ehdr, e_phnum), 2, 1);
  EXPECT_THAT(problem_of(object), HasSubstr("program headers"));

  // Two relocations for one place.
  object = sound;
  const auto relocations = content_of(object, ".rel.maps");
  std::copy_n(object.begin() + static_cast<std::ptrdiff_t>(relocations), 16,
              object.begin() + static_cast<std::ptrdiff_t>(relocations) + 16);
  EXPECT_THAT(problem_of(object), HasSubstr("two relocations overlap"));

  object = sound;
  const auto btf = content_of(object, ".BTF");
  object.at(btf) = 0;
  EXPECT_THAT(problem_of(object), HasSubstr("section '.BTF': the BTF magic number"));
  object = sound;
  object.at(content_of(object, ".BTF.ext") + 2) = 9;
  EXPECT_THAT(problem_of(object), HasSubstr("section '.BTF.ext' has an unknown version"));
}

// Every part of a damaged object gives an error or is converted, and then a second call undoes it.
TEST_F(byte_order, damaged_objects) {
  const auto sound = compiled("program", address_source, "bpfel");
  for (std::size_t size = 0; size < sound.size(); size += 7)
    problem_of(bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size)));
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (const unsigned flipped : {0x01U, 0x40U, 0xffU}) {
      auto object = sound;
      object[at] = static_cast<std::uint8_t>(object[at] ^ flipped);
      try {
        const auto converted = convert_byte_order(object, "x.o");
        EXPECT_EQ(convert_byte_order(converted, "x.o"), object) << at;
      } catch (const failure&) {
      }
    }
  }
}

}  // namespace
}  // namespace ebpfkit::host::test
