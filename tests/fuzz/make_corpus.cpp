// Writes the fuzzer's first inputs into a directory: sound BTF of either byte order.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string_view>
#include <vector>

#include "btf_builder.hpp"
#include "support/file.hpp"

namespace {

void write(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes) {
  ebpfkit::host::write_output(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                              ebpfkit::host::unchanged::keep);
}

std::vector<std::uint8_t> kernel_of_32_bits() {
  ebpfkit::host::test::btf_builder btf;
  const auto integer = btf.integer("int", 4, true);
  btf.integer("long unsigned int", 4);
  const auto node = btf.record("node", 8, {{"value", integer, 0}, {"next", integer + 3, 32}});
  btf.pointer(node);
  return btf.bytes();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: ebpfkit_make_btf_corpus DIRECTORY\n", stderr);
    return 2;
  }
  try {
    const std::filesystem::path directory = argv[1];
    write(directory / "little", ebpfkit::host::test::sample_btf(std::endian::little));
    write(directory / "big", ebpfkit::host::test::sample_btf(std::endian::big));
    write(directory / "32-bit", kernel_of_32_bits());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ebpfkit_make_btf_corpus: %s\n", error.what());
    return 1;
  }
}
