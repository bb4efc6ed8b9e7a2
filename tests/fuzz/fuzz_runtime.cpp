// A libFuzzer target: what the runtime library reads. The file of embedded BTF is inside the
// application, but an installation may damage it; verifier logs and names of kernels are text.
// Executables that uprobes name are those of strangers.
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "embed/embedded_btf_format.hpp"
#include "embed/kernel_identity.hpp"
#include "runtime/errors/explanation.hpp"
#include "runtime/errors/verifier_log.hpp"
#include "runtime/system/function_offsets.hpp"
#include "support/failure.hpp"

namespace {

using namespace ebpfkit::detail;

void use_embedded_btf(std::string_view file) {
  const char* problem = nullptr;
  const auto reader = embedded_btf_reader::open(file, problem);
  if (!reader)
    return;
  for (std::uint32_t i = 0; i < reader->kernel_count() && i < 100; ++i) {
    const auto kernel = reader->kernel(i);
    const auto [first, behind] = reader->find(kernel.architecture, kernel.release);
    if (first > behind || behind > reader->kernel_count())
      __builtin_trap();
    reader->blob(kernel.blob);
  }
  reader->build_kernel();
  for (std::uint32_t i = 0; i < reader->blob_count() && i < 100; ++i)
    reader->blob(i);
}

void put(std::string& out, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    out += static_cast<char>(number >> (8 * i));
}

std::string packed(std::string_view text) {
  z_stream stream{};
  std::string out(text.size() + 64 + text.size() / 100, '\0');
  if (deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  out.resize(out.size() - stream.avail_out);
  return out;
}

// Makes a file with this index and data. Its header is sound, so that the reader goes on.
std::string with_header(std::uint32_t kernels, std::uint32_t blobs, std::string_view index,
                        std::string_view data) {
  const auto packed_index = packed(index);
  std::string file(embedded_btf_magic);
  for (const std::uint64_t word : {std::uint64_t{embedded_btf_version}, std::uint64_t{kernels},
                                   std::uint64_t{blobs}, std::uint64_t{index.size()},
                                   std::uint64_t{packed_index.size()}, std::uint64_t{data.size()}})
    put(file, word, 4);
  put(file, embedded_checksum(packed_index, embedded_checksum(file)), 8);
  file += packed_index;
  return file + std::string(data);
}

void put_varint(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7)
    out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with(embedded_btf_magic)) {
    use_embedded_btf(input);
    return 0;
  }
  if (input.starts_with("\x7f"
                        "ELF")) {
    std::vector<std::uint64_t> offsets;
    std::string culprit;
    find_function_offsets(file_bytes(input), {"first", "second"}, offsets, culprit);
    find_function_offsets(file_bytes(input), {"f*"}, offsets, culprit);
    return 0;
  }
  if (input.size() > 3 && input[0] == 'I') {
    // An index.
    use_embedded_btf(with_header(data[1], data[2], input.substr(3), {}));
    return 0;
  }
  if (input.size() > 2 && input[0] == 'G') {
    // The blobs of one group. No kernel, so that each blob is read by its number.
    const auto blobs = input.substr(2);
    const auto group = packed(blobs);
    std::string index(1, '\0');
    put_varint(index, data[1]);
    put_varint(index, blobs.size());
    put_varint(index, group.size());
    put(index, embedded_checksum(group), 8);
    use_embedded_btf(with_header(0, data[1], index, group));
    return 0;
  }
  find_cause(input);
  explanation_text(explain_load({input, input, data[0]}), "  ");
  std::string_view printed = input;
  program_log log;
  while (take_program_log(printed, log))
    find_cause(log.log);
  try {
    ebpfkit::host::parse_kernel_identity(input);
  } catch (const ebpfkit::host::failure&) {
  }
  if (input.find('\0') == std::string::npos)
    ebpfkit::host::kernel_identity_of_path(input);
  return 0;
}
