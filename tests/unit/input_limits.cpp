// What strangers' files may cost.
#include <elf.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "btf/type_graph.hpp"
#include "btf_builder.hpp"
#include "input/btf_input.hpp"
#include "input/container.hpp"
#include "input/decompress.hpp"
#include "input_fixtures.hpp"

namespace ebpfkit::host::input_test {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool is_sanitized = true;
#elif defined(__has_feature)
constexpr bool is_sanitized = __has_feature(address_sanitizer);
#else
constexpr bool is_sanitized = false;
#endif

bytes small_btf() {
  test::btf_builder btf(std::endian::little);
  btf.integer("long unsigned int", 8);
  return btf.bytes();
}

// The header of a 64-bit ELF file whose section headers are at `offset`.
bytes elf_header(std::uint64_t offset) {
  auto file = elf_file(EM_X86_64, {{".BTF", small_btf()}});
  std::memcpy(&file[offsetof(Elf64_Ehdr, e_shoff)], &offset, sizeof offset);
  return file;
}

// Bytes that expand to no more than some times their size.
bytes barely_compressible_data(std::size_t size) {
  bytes data(size);
  std::uint64_t state = 1;
  for (std::size_t i = 0; i + sizeof state <= size; i += sizeof state) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    std::memcpy(&data[i], &state, 2);
  }
  return data;
}

// Runs `ebpfkit btf info` and returns the most memory that it had, in bytes. Linux counts what this
// process has when it forks, so the caller must have freed large data.
std::uint64_t memory_for(const std::filesystem::path& file) {
  const auto path = file.string();
  const auto child = ::fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) != nullptr)
      ::execl(EBPFKIT_TOOL, "ebpfkit", "btf", "info", path.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  EXPECT_EQ(::wait4(child, &status, 0, &usage), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) != 127);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void expect_little_memory(const std::filesystem::path& file) {
  if (!is_sanitized) {
    EXPECT_LT(memory_for(file), std::filesystem::file_size(file) + 256 * mebibyte) << file;
  }
}

std::string problem_of(const std::filesystem::path& path) {
  return failure_text([&] { read_raw_btf(path); });
}

TEST(Limits, ContentThatIsNoKernelIsNotUnpacked) {
  const temporary_directory directory;
  const auto path = directory.write("zeros.zst", compress_zstd(bytes(300 * mebibyte)));
  EXPECT_TRUE(contains(problem_of(path), "does not find BTF in a file of this type"));
  expect_little_memory(path);
}

TEST(Limits, DataThatExpandsTooMuch) {
  const temporary_directory directory;
  const auto kernel = [] {
    auto file = elf_header(300 * mebibyte);
    file.resize(300 * mebibyte);
    return file;
  };
  for (const auto& path : {directory.write("v.zst", compress_zstd(kernel())),
                           directory.write("v.gz", compress_gzip(kernel())),
                           directory.write("v.lz4", compress_lz4_frame(kernel()))}) {
    const auto text = problem_of(path);
    EXPECT_TRUE(contains(text, path.string())) << text;
    EXPECT_TRUE(contains(text, "expand to more than")) << text;
    EXPECT_TRUE(contains(text, "unpack it and name the file within")) << text;
    expect_little_memory(path);
  }
}

TEST(Limits, BtfIsNotTooLarge) {
  const temporary_directory directory;
  const auto btf = [] {
    auto file = small_btf();
    file.resize(most_btf_bytes + 1);
    return file;
  };
  for (const auto& path :
       {directory.write("raw", btf()), directory.write("raw.zst", compress_zstd(btf())),
        directory.write("elf", elf_file(EM_X86_64, {{".BTF", btf()}}))}) {
    const auto text = problem_of(path);
    EXPECT_TRUE(contains(text, path.string()) && contains(text, "more than 32 MiB")) << text;
    expect_little_memory(path);
  }
  EXPECT_TRUE(contains(failure_text([&] { type_graph graph(btf()); }), "(32 MiB)"));
}

TEST(Limits, TypesAreNotTooMany) {
  const auto pointers = [](std::uint32_t count) {
    bytes btf(btf_header_size);
    append_btf_header(btf, std::endian::little, count * 12, 1);
    btf.erase(btf.begin(), btf.begin() + btf_header_size);
    for (std::uint32_t i = 0; i < count; ++i)
      btf.insert(btf.end(), {0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0});
    btf.push_back(0);
    return btf;
  };
  EXPECT_EQ(type_graph(pointers(most_btf_types)).type_count(), most_btf_types + 1);
  EXPECT_TRUE(contains(failure_text([&] { type_graph graph(pointers(most_btf_types + 1)); }),
                       "more than 1048575 types"));
}

TEST(Limits, DecodersShareTheirMemory) {
  const auto packed = compress_zstd(barely_compressible_data(4 * mebibyte));
  decompression_options options{.name = "f"};
  ASSERT_TRUE(options.memory->take(decoder_memory::limit - mebibyte / 16));
  EXPECT_TRUE(contains(failure_text([&] { decompress(packed, options); }),
                       "'f': the zstd data needs more than 144 MiB of memory"));
  options.memory = std::make_shared<decoder_memory>();
  EXPECT_EQ(decompress(packed, options).size(), 4 * mebibyte);
}

// Debug information makes a vmlinux large. Its BTF comes first.
TEST(Limits, OnlyTheBeginningOfALargeKernelIsKept) {
  const temporary_directory directory;
  const auto debug_information = [] {
    return barely_compressible_data(most_kept_bytes + 10 * mebibyte);
  };
  const auto kernel = [&] {
    return elf_file(EM_X86_64, {{".rodata", to_bytes("Linux version 6.1.0-9-amd64 (a")},
                                {".BTF", small_btf()},
                                {".debug_info", debug_information()}});
  };
  const auto path = directory.write("vmlinux.zst", compress_zstd(kernel()));
  const auto found = read_raw_btf(path);
  EXPECT_EQ(found.bytes, small_btf());
  EXPECT_EQ(found.source.architecture, "x86");
  EXPECT_EQ(found.source.kernel_release, "6.1.0-9-amd64");
  EXPECT_EQ(found.source.formats, (std::vector<std::string>{"zstd", "ELF", "BTF"}));
  expect_little_memory(path);

  const auto last = directory.write(
      "last.zst", compress_zstd(elf_file(
                      EM_X86_64, {{".debug_info", debug_information()}, {".BTF", small_btf()}})));
  const auto text = problem_of(last);
  EXPECT_TRUE(contains(text, "the .BTF section is not in the first 96 MiB")) << text;
  const auto without = directory.write(
      "without.zst", compress_zstd(elf_file(EM_X86_64, {{".debug_info", debug_information()}})));
  EXPECT_THROW(read_raw_btf(without), dwarf_without_btf);
  auto cut = kernel();
  cut.resize(cut.size() - 2 * mebibyte);
  EXPECT_TRUE(contains(problem_of(directory.write("cut.zst", compress_zstd(cut))),
                       "the ELF file is truncated"));
}

}  // namespace
}  // namespace ebpfkit::host::input_test
