#include "input_fixtures.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host::input_test {

namespace {

void append_word(bytes& data, std::uint32_t value) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&value);
  data.insert(data.end(), raw, raw + sizeof value);
}

template <class Value>
void store(bytes& data, std::size_t offset, const Value& value) {
  std::memcpy(data.data() + offset, &value, sizeof value);
}

}  // namespace

bytes to_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string to_text(std::span<const std::uint8_t> data) {
  return {data.begin(), data.end()};
}

bytes concatenate(const std::vector<bytes>& parts) {
  bytes all;
  for (const auto& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

bytes compress_xz(const bytes& data) {
  bytes out(lzma_stream_buffer_bound(data.size()));
  std::size_t used = 0;
  if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, data.data(), data.size(), out.data(),
                              &used, out.size()) != LZMA_OK)
    throw std::runtime_error("xz");
  out.resize(used);
  return out;
}

bytes compress_zstd(const bytes& data) {
  bytes out(ZSTD_compressBound(data.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 1));
  return out;
}

bytes compress_gzip(const bytes& data) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  bytes out(deflateBound(&stream, data.size()));
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

bytes compress_lz4_frame(const bytes& data) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  bytes out(LZ4F_compressFrameBound(data.size(), &preferences));
  out.resize(LZ4F_compressFrame(out.data(), out.size(), data.data(), data.size(), &preferences));
  return out;
}

bytes compress_lz4_legacy(const bytes& data) {
  constexpr std::size_t block_size = std::size_t{8} << 20;
  bytes out{0x02, 0x21, 0x4c, 0x18};
  for (std::size_t position = 0; position < data.size(); position += block_size) {
    const auto size = static_cast<int>(std::min(block_size, data.size() - position));
    bytes block(static_cast<std::size_t>(LZ4_compressBound(size)));
    const int length = LZ4_compress_default(reinterpret_cast<const char*>(data.data() + position),
                                            reinterpret_cast<char*>(block.data()), size,
                                            static_cast<int>(block.size()));
    append_word(out, static_cast<std::uint32_t>(length));
    out.insert(out.end(), block.begin(), block.begin() + length);
  }
  return out;
}

const std::vector<named_codec>& codecs() {
  static const std::vector<named_codec> all = {{"xz", compress_xz},
                                               {"zstd", compress_zstd},
                                               {"gzip", compress_gzip},
                                               {"lz4", compress_lz4_frame},
                                               {"lz4", compress_lz4_legacy}};
  return all;
}

bytes tar_entry(const std::string& name, const bytes& content, char type) {
  std::string header(512, '\0');
  header.replace(0, std::min<std::size_t>(name.size(), 100), name, 0, 100);
  const auto put = [&](std::size_t offset, const std::string& text) {
    header.replace(offset, text.size(), text);
  };
  put(100, "0000644");
  put(124, fmt::format("{:011o}", content.size()));
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (const char c : header)
    sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  auto entry = concatenate({to_bytes(header), content});
  entry.resize((entry.size() + 511) / 512 * 512);
  return entry;
}

bytes tar_archive(const std::vector<bytes>& entries) {
  return concatenate({concatenate(entries), bytes(1024)});
}

bytes debian_package(const bytes& data, const std::string& data_name, const bytes& control) {
  const auto member = [](const std::string& name, const bytes& content) {
    const auto header =
        fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", name, 0, 0, 0, 100644, content.size());
    return concatenate({to_bytes(header), content, bytes(content.size() % 2, '\n')});
  };
  return concatenate({to_bytes("!<arch>\n"), member("debian-binary", to_bytes("2.0\n")),
                      member("control.tar.xz", control), member(data_name, data)});
}

bytes cpio_entry(const std::string& name, const bytes& content, unsigned mode, unsigned links) {
  // Inode, mode, owner, group, links, time, size, two devices of two numbers, name's size,
  // checksum.
  auto header = fmt::format("070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", 7, mode, 0, 0,
                            links, 0, content.size());
  header += fmt::format("{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}", 8, 1, 0, 0, name.size() + 1, 0);
  auto entry = to_bytes(header + name + '\0');
  entry.resize((entry.size() + 3) / 4 * 4);
  entry = concatenate({entry, content});
  entry.resize((entry.size() + 3) / 4 * 4);
  return entry;
}

bytes cpio_archive(const std::vector<bytes>& entries) {
  return concatenate({concatenate(entries), cpio_entry("TRAILER!!!", {}, 0)});
}

// docs/manual/format_v4.md of rpm describes the format.
bytes rpm_package(const bytes& payload, const std::string& name) {
  const auto header = [](const std::string& text) {
    const auto big_endian = [](std::size_t number) {
      return bytes{0, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
    };
    const auto entry = concatenate({big_endian(1000), big_endian(6), big_endian(0), big_endian(1)});
    return concatenate({{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0},
                        big_endian(1),
                        big_endian(text.size() + 1),
                        entry,
                        to_bytes(text + '\0')});
  };
  bytes lead(96);
  constexpr std::uint8_t lead_start[] = {0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, 1};
  std::ranges::copy(lead_start, lead.begin());
  std::ranges::copy(name.substr(0, 66), lead.begin() + 10);
  lead[79] = 5;  // signatures are a header
  auto signature = header("signature");
  signature.resize((signature.size() + 7) / 8 * 8);
  return concatenate({lead, signature, header("kernel-core"), payload});
}

bytes elf_file(std::uint16_t machine, const std::vector<std::pair<std::string, bytes>>& sections) {
  bytes file(sizeof(Elf64_Ehdr));
  std::string names(1, '\0');
  std::vector<Elf64_Shdr> headers(1);
  const auto add = [&](const std::string& name, const bytes& content, std::uint32_t type) {
    file.resize((file.size() + 7) / 8 * 8);
    Elf64_Shdr header{};
    header.sh_name = static_cast<std::uint32_t>(names.size());
    header.sh_type = type;
    header.sh_offset = file.size();
    header.sh_size = content.size();
    header.sh_addralign = 1;
    headers.push_back(header);
    names += name + '\0';
    file.insert(file.end(), content.begin(), content.end());
  };
  for (const auto& [name, content] : sections)
    add(name, content, SHT_PROGBITS);
  const std::string names_name = ".shstrtab";
  const auto all_names = names + names_name + '\0';
  add(names_name, to_bytes(all_names), SHT_STRTAB);
  file.resize((file.size() + 7) / 8 * 8);

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_shoff = file.size();
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<std::uint16_t>(headers.size());
  header.e_shstrndx = static_cast<std::uint16_t>(headers.size() - 1);
  store(file, 0, header);
  const auto table = file.size();
  file.resize(table + headers.size() * sizeof(Elf64_Shdr));
  for (std::size_t i = 0; i < headers.size(); ++i)
    store(file, table + i * sizeof(Elf64_Shdr), headers[i]);
  return file;
}

bytes bzimage(const bytes& payload, const std::string& release) {
  constexpr std::size_t setup_size = 1024;  // one sector of setup behind the boot sector
  constexpr std::size_t payload_offset = 64;
  bytes file(setup_size + payload_offset);
  file[0x1f1] = 1;
  std::memcpy(file.data() + 0x202, "HdrS", 4);
  store(file, 0x206, std::uint16_t{0x020f});
  store(file, 0x20e, std::uint16_t{0x300 - 0x200});
  std::memcpy(file.data() + 0x300, release.c_str(), release.size() + 1);
  store(file, 0x248, static_cast<std::uint32_t>(payload_offset));
  store(file, 0x24c, static_cast<std::uint32_t>(payload.size()));
  return concatenate({file, payload, bytes(128, 0xcc)});
}

std::filesystem::path temporary_directory::write(const std::string& name,
                                                 const bytes& content) const {
  return ebpfkit::test::temporary_directory::write(name, to_text(content));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string failure_text(const std::function<void()>& operation) {
  try {
    operation();
  } catch (const failure& error) {
    return std::string(error.what()) + " / " + error.remedy();
  }
  return {};
}

void survive_damage(const bytes& data, const std::function<void(const bytes&)>& read) {
  const auto try_read = [&](const bytes& damaged) {
    try {
      read(damaged);
    } catch (const failure&) {
    }
  };
  for (std::size_t size = 0; size < data.size(); ++size)
    try_read({data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size)});
  auto damaged = data;
  for (std::size_t i = 0; i < data.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      damaged[i] = static_cast<std::uint8_t>(data[i] ^ 1U << bit);
      try_read(damaged);
    }
    for (const int value : {0, 255, data[i] ^ 255}) {
      damaged[i] = static_cast<std::uint8_t>(value);
      try_read(damaged);
    }
    damaged[i] = data[i];
  }
}

}  // namespace ebpfkit::host::input_test
