// Writes the fuzzers' first inputs into a directory: sound files, in one folder for each fuzzer.
#include <elf.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf_builder.hpp"
#include "embed/bundle_file.hpp"
#include "embed/kernel_identity.hpp"
#include "input_fixtures.hpp"
#include "relocation_object_builder.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "symbol_elf.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ebpfkit::host;
using bytes = std::vector<std::uint8_t>;

void write(const fs::path& path, const bytes& content) {
  write_output(path, {reinterpret_cast<const char*>(content.data()), content.size()},
               unchanged::keep);
}

void write(const fs::path& path, std::string_view text) {
  write_output(path, text, unchanged::keep);
}

bytes kernel_of_32_bits() {
  test::btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  btf.integer("long unsigned int", 4);
  const auto node = btf.record("node", 8, {{"value", integer, 0}, {"next", integer + 3, 32}});
  btf.pointer(node);
  return btf.bytes();
}

void make_btf(const fs::path& directory) {
  write(directory / "little", test::sample_btf(std::endian::little));
  write(directory / "big", test::sample_btf(std::endian::big));
  write(directory / "32-bit", kernel_of_32_bits());
}

void make_input(const fs::path& directory) {
  using namespace input_test;
  const auto btf = kernel_of_32_bits();
  const auto elf = elf_file(EM_X86_64, {{".rodata", to_bytes("Linux version 6.1.0-9-amd64 (a")},
                                        {".modinfo", to_bytes("vermagic=6.1.0")},
                                        {".BTF", btf}});
  write(directory / "btf", btf);
  write(directory / "elf", elf);
  write(directory / "module", elf_file(EM_X86_64, {{".BTF", btf}, {".BTF.base", btf}}));
  for (const auto& codec : codecs()) {
    write(directory / codec.name, codec.compress(btf));
    write(directory / (std::string(codec.name) + ".bzimage"),
          bzimage(codec.compress(elf), "6.1.0-9-amd64 (a@b) #1"));
  }
  const auto tar = tar_archive({tar_entry("./boot/vmlinuz-6.1.0-9-amd64", elf)});
  const auto cpio = cpio_archive({cpio_entry("./lib/modules/6.1.0-9-amd64/vmlinuz", elf)});
  const auto control = tar_archive({tar_entry("./control", to_bytes("Version: 6.1\n"))});
  write(directory / "tar", tar_archive({tar_entry("a.btf", btf)}));
  write(directory / "deb", debian_package(compress_gzip(tar), "data.tar", compress_gzip(control)));
  write(directory / "rpm", rpm_package(compress_zstd(cpio), "kernel-core-6.8.5-301.fc40"));
  bytes image(4096);
  std::memcpy(image.data() + 0x38, "ARM\x64", 4);
  write(directory / "image", concatenate({image, btf, bytes(9)}));
  bytes zboot(64);
  std::memcpy(zboot.data(), "MZ\0\0zimg", 8);
  const auto payload = compress_gzip(image);
  const std::uint32_t place[] = {64, static_cast<std::uint32_t>(payload.size())};
  std::memcpy(zboot.data() + 8, place, sizeof place);
  write(directory / "zboot", concatenate({zboot, payload}));
}

bytes relocated_object(std::endian order) {
  test::object_builder object(order);
  auto& types = object.types;
  const auto integer = types.integer("int", 4, true);
  const auto color = types.enumeration("color___x", {{"RED", 1}, {"GREEN", 2}});
  const auto inner = types.record("inner", 8, {{"a", integer, 0}, {"b", integer, 32}});
  const auto array = types.array(inner, 3);
  const auto outer =
      types.record("outer___old", 40, {{"c", color, 0}, {"all", array, 64}, {"d", integer, 256}});
  object.relocate(relocation_kind::field_byte_offset, outer, "0:1:2:1", 28);
  object.relocate(relocation_kind::field_byte_size, outer, "0:2", 4);
  object.relocate(relocation_kind::field_exists, outer, "0:0", 1);
  object.relocate(relocation_kind::type_exists, inner, "0", 1);
  object.relocate(relocation_kind::type_size, outer, "0", 40);
  object.relocate(relocation_kind::enumval_value, color, "1", 2);
  object.relocate(relocation_kind::field_byte_offset, inner, "0:1", test::load(0x00, 4));
  return object.bytes();
}

// What clang makes has more sections than the builder's objects: maps, variables, symbols.
constexpr std::string_view source = R"(
#define SEC(name) __attribute__((section(name), used))
struct event { int pid; unsigned char comm[16]; unsigned flag : 3; unsigned rest : 5; };
enum color { RED = 1, GREEN };
struct { int (*type)[2]; int (*max_entries)[64]; int *key; struct event *value; } events SEC(".maps");
struct event last;
const volatile enum color wanted = GREEN;
static long count SEC(".data.own");
char license_text[] SEC("license") = "GPL";
struct task { int pid; } __attribute__((preserve_access_index));
SEC("tracepoint/syscalls/sys_enter_open") int on_open(struct task *task) {
  last.pid = task->pid + wanted;
  count += last.flag;
  return count;
}
)";

void make_object(const fs::path& directory) {
  write(directory / "little", relocated_object(std::endian::little));
  write(directory / "big", relocated_object(std::endian::big));
  const temporary_file input(directory / "prog.bpf.c");
  write(input.path(), source);
  for (const char* target : {"bpfel", "bpfeb"}) {
    const auto output = directory / target;
    const auto result = run_process({"clang", std::string("--target=") + target, "-O2", "-g", "-x",
                                     "c", "-c", input.path().string(), "-o", output.string()});
    if (result.exit_status != 0)
      std::fprintf(stderr, "warning: clang: %s", result.errors.c_str());
  }
}

void make_text(const fs::path& directory) {
  write(directory / "source.c", source);
  write(directory / "include.c",
        "#pragma once\n#if defined(A) && \\\n  B > 0x1fULL\n# include <bpf/vmlinux.h>\n#include "
        "\"a.h\"\n#elif 1'000\n#include_next M\n#endif\n#define CAT(a, ...) a ## __VA_ARGS__\n"
        "%:define S(x) %:x\n/* c */ // d\nextern int f(int a[2]) __ksym;\nchar *s = \"\\\"\\n\" "
        "u8\"x\" R\"(raw)\"; ?\?=define T\n");
  write(
      directory / "header.hpp",
      "namespace a { struct inside {}; }\nextern \"C\" {\ntypedef struct tag { int a : 3; } name;\n"
      "enum class e : int { x };\nusing other = int;\ntypedef int (*function)(void), "
      "list[3];\n}\n");
  write(
      directory / "tree",
      "-I /include -iquote /quoted -DANY=word\n"
      "#include \"own.h\"\n#include <bpf/bpf_helpers.h>\n#include <bpf/vmlinux.h>\nint x = NAME;\n"
      "@/source/own.h\n#include_next <own.h>\n#define NAME a ## b\n"
      "@/include/own.h\n#include \"own.h\"\nstruct task_struct *t;\n"
      "@/include/bpf/bpf_helpers.h\n#include \"bpf_helper_defs.h\"\n#define SEC(x) x ## _y\n"
      "@/include/bpf/bpf_helper_defs.h\nstatic long (*bpf_f)(struct sk_buff *b) = (void *) 1;\n");
  write(directory / "name", "ubuntu/22.04/arm64/5.15.0-25-generic.btf.tar.xz");
  write(directory / "os-release", "ID=\"debian\"\nVERSION_ID='12'\n");
  write(directory / "lld.map",
        "     VMA      LMA     Size Align Out     In      Symbol\n"
        "   20200    20200       48    64 .text\n"
        "   20200    20200       34     4         libparts.a(member.o):(.text.member)\n"
        "   20240    20240        8     4         <internal>:(.text)\n"
        "       0        0       7a     1 .shstrtab\n");
  write(directory / "gnu.map",
        "\n.text           0x0000000000401000       0x40\n *(.text)\n"
        " .text.main     0x0000000000401000       0x2e main.o\n"
        " .rodata.str1.16\n                0x0000000000401030       0x10 lib/liba.a(a.o)\n"
        "OUTPUT(app elf64-x86-64)\n");
  write(directory / "size.json",
        R"({"format":"ebpfkit-size-1","file":"a","owners_from":"GNU ld","file_size":9,)"
        R"("loaded":{"bytes":4,"zero_bytes":0},"sections":[{"name":".text","bytes":4,)"
        R"("zero_bytes":0}],"libraries":[{"name":"a","bytes":4,"zero_bytes":0,"kind":"own",)"
        R"("objects":[{"name":"a.o","bytes":4,"zero_bytes":0}]}]})");
  write(directory / "fragment",
        "# a comment\nCONFIG_BPF=y\nCONFIG_HZ=250\nCONFIG_BASE=0x1f\nCONFIG_LSM=\"a,\\\"b\"\n"
        "# CONFIG_SMP is not set\n# optional CONFIG_FPROBE=y\nCONFIG_NET=n\n");
  write(directory / "words", "clang -D'A B' \"-I a\" b\\ c \"d\\\"e\"");
}

void make_runtime(const fs::path& directory) {
  const auto kernel = [](const char* identity, bytes btf) {
    return bundled_kernel{parse_kernel_identity(identity), std::move(btf), 0};
  };
  const auto first = kernel_of_32_bits();
  auto second = first;
  second[30] ^= 8;
  std::vector<bundled_kernel> kernels{kernel("ubuntu:20.04:x86_64:5.4.0-42-generic", first),
                                      kernel("debian:10:amd64:4.19.0-5-amd64", second),
                                      kernel(":::6.1.0", {})};
  write(directory / "file", make_bundle_file(kernels, nullptr));
  write(directory / "executable",
        ebpfkit::test::elf_with_symbols({{"first", 0x1010}, {"second@@V1", 0x1020}}));
  write(directory / "executable_of_32_bits",
        ebpfkit::test::elf_with_symbols<ebpfkit::test::types_of_elf32>(
            {{"first", 0x1010}, {"f@@V1", 0x1021}}, EM_ARM));
  using namespace std::string_view_literals;
  write(directory / "index",
        "I\2\1\0\0\0\x10"
        "a\0b\0c\0d\0\1\0\0"sv);
  write(directory / "group", "G\2\0\x8\x9f\xeb\1\0\1\2\3\4\1\3\x10\0\0"sv);
  write(directory / "log",
        "libbpf: prog 'on_open': BPF program load failed: Permission denied\n"
        "libbpf: prog 'on_open': -- BEGIN PROG LOAD LOG --\n0: R1=ctx() R10=fp0\n"
        "; return *value; @ test.bpf.c:14\n7: (79) r0 = *(u64 *)(r0 +0)\n"
        "R0 invalid mem access 'map_value_or_null'\nprocessed 8 insns (limit 1000000)\n"
        "-- END PROG LOAD LOG --\n"sv);
  write(directory / "identity", "ubuntu:20.04:x86_64:5.4.0-42-generic"sv);
}

void make_machine(const fs::path& directory) {
  write(directory / "frames",
        "\3noise ebpfkit n log 1 5\nhello\nebpfkit n done 4294967295 0\n\nebpfkit n cut 1 9\nx");
  write(directory / "tap",
        "TAP version 13\n1..2\nok 1 - first\n# why\nnot ok 2 second # SKIP no root\n");
  write(directory / "ktap", "KTAP version 1\n    ok 1 inner\nnot ok 1 - outer\n");
  write(directory / "googletest",
        "[ RUN      ] Suite.Name\nfile.cpp:3: Failure\n[  FAILED  ] Suite.Name (2 ms)\n"
        "[ RUN      ] Suite.Other\n[       OK ] Suite.Other (0 ms)\n");
  write(directory / "kmsg",
        "4,1,0,-;------------[ cut here ]------------\n[    1.0] WARNING: CPU: 0 PID: 1 at a.c:3\n"
        "\33[31mKernel panic - not syncing: Attempted to kill init!\33[0m\r\n");
}

// Kernels and packages of the input's corpus, and what is text.
void make_package(const fs::path& directory) {
  make_input(directory);
  write(directory / "uris",
        "'file:/mirror/pool/l/linux/linux_6.1.tar.xz' linux_6.1.tar.xz 12 SHA256:" +
            std::string(64, 'a') + "\n");
  write(directory / "index", "file:/mirror|stable|main|Debian|/etc/apt/sources.list:1\n");
  write(directory / "sources.list", "deb [arch=amd64 signed-by=/keys] file:/mirror stable main\n");
  write(directory / "manifest",
        R"({"format":1,"target":"a","digest":"b","recipe":1,"compiler":"c","c_library":true,)"
        R"("inputs":[{"name":"musl","version":"1","file":"m.tar","sha256":"d"}],)"
        R"("files":[{"path":"lib/a","size":1,"sha256":"e"},{"path":"lib/b","link":"a"}]})");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: ebpfkit_make_fuzz_corpus DIRECTORY\n", stderr);
    return 2;
  }
  try {
    const fs::path directory = argv[1];
    make_btf(directory / "btf");
    make_input(directory / "input");
    make_object(directory / "object");
    make_text(directory / "text");
    make_machine(directory / "machine");
    make_package(directory / "package");
    make_runtime(directory / "runtime");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ebpfkit_make_fuzz_corpus: %s\n", error.what());
    return 1;
  }
}
