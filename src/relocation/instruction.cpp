#include "relocation/instruction.hpp"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <cstdint>
#include <limits>

#include "relocation/byte_reader.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

// 0xbad2310, "bad relo": libbpf's mark in the verifier's log.
constexpr std::int32_t poison_helper = 195896080;

constexpr instruction poison_instruction{BPF_JMP | BPF_CALL, 0, 0, 0, poison_helper};

std::uint32_t access_bytes(const instruction& code) {
  switch (BPF_SIZE(code.code)) {
    case BPF_DW:
      return 8;
    case BPF_W:
      return 4;
    case BPF_H:
      return 2;
    default:
      return 1;
  }
}

std::uint8_t access_code(std::uint32_t bytes) {
  switch (bytes) {
    case 8:
      return BPF_DW;
    case 4:
      return BPF_W;
    case 2:
      return BPF_H;
    case 1:
      return BPF_B;
    default:
      throw failure(
          fmt::format("the field has {} bytes on the target, which no instruction can "
                      "load or store at once",
                      bytes));
  }
}

void check_local(const relocation_value& value, std::uint64_t found) {
  if (value.validate && found != value.local)
    throw failure(fmt::format("the instruction holds {}, not {} as the object's types say",
                              static_cast<std::int64_t>(found), value.local),
                  "The object's code and BTF do not belong together; compile it again.");
}

relocated_code poison(const relocated_code& code) {
  auto poisoned = code;
  poisoned.first = poison_instruction;
  if (code.is_wide_load() && code.second)
    poisoned.second = poison_instruction;
  return poisoned;
}

relocated_code patch_immediate(const relocated_code& code, const relocation_value& value) {
  if (BPF_SRC(code.first.code) != BPF_K)
    throw failure(fmt::format("the instruction ({}) has no immediate", describe(code.first)));
  check_local(value, static_cast<std::uint64_t>(std::int64_t{code.first.immediate}));
  auto patched = code;
  patched.first.immediate = static_cast<std::int32_t>(value.target);
  return patched;
}

relocated_code patch_access(const relocated_code& code, const relocation_value& value) {
  check_local(value, static_cast<std::uint64_t>(std::int64_t{code.first.offset}));
  if (value.target > std::numeric_limits<std::int16_t>::max())
    throw failure(fmt::format("the offset {} does not fit in the instruction", value.target),
                  "Read the field with bpf_core_read(), which has no limit.");
  if (value.cannot_adjust_size)
    return poison(code);
  auto patched = code;
  patched.first.offset = static_cast<std::int16_t>(value.target);
  if (value.target_size != value.local_size) {
    if (access_bytes(code.first) != value.local_size)
      throw failure(fmt::format("the instruction accesses {} bytes of a field of {}",
                                access_bytes(code.first), value.local_size));
    const auto mode_and_class = code.first.code & ~0x18;
    patched.first.code = static_cast<std::uint8_t>(mode_and_class | access_code(value.target_size));
  }
  return patched;
}

relocated_code patch_wide_load(const relocated_code& code, const relocation_value& value) {
  const auto has_form = code.is_wide_load() && code.first.source == 0 && code.first.offset == 0 &&
                        code.second && code.second->code == 0 && code.second->destination == 0 &&
                        code.second->source == 0 && code.second->offset == 0;
  if (!has_form)
    throw failure(fmt::format("the instruction ({}) is not a plain load of a 64-bit immediate",
                              describe(code.first)));
  const auto low = static_cast<std::uint32_t>(code.first.immediate);
  const auto high = static_cast<std::uint32_t>(code.second->immediate);
  check_local(value, std::uint64_t{high} << 32 | low);
  auto patched = code;
  patched.first.immediate = static_cast<std::int32_t>(value.target);
  patched.second->immediate = static_cast<std::int32_t>(value.target >> 32);
  return patched;
}

}  // namespace

bool relocated_code::is_wide_load() const {
  return first.code == (BPF_LD | BPF_IMM | BPF_DW);
}

relocated_code patch(const relocated_code& code, const relocation_value& value) {
  if (value.poison)
    return poison(code);
  switch (BPF_CLASS(code.first.code)) {
    case BPF_ALU:
    case BPF_ALU64:
      return patch_immediate(code, value);
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX:
      return patch_access(code, value);
    case BPF_LD:
      return patch_wide_load(code, value);
    default:
      throw failure(fmt::format("the instruction ({}) is not one that can be relocated",
                                describe(code.first)));
  }
}

instruction decode_instruction(std::span<const std::uint8_t> section, std::size_t offset,
                               std::endian order) {
  const byte_reader reader(section, order, "the ELF section of a program");
  const auto registers = reader.u8(offset + 1);
  const std::uint8_t low = registers & 0xf;
  const std::uint8_t high = registers >> 4;
  const bool is_little = order == std::endian::little;
  return {reader.u8(offset), is_little ? low : high, is_little ? high : low,
          static_cast<std::int16_t>(reader.u16(offset + 2)),
          static_cast<std::int32_t>(reader.u32(offset + 4))};
}

bool is_poisoned(const instruction& code) {
  return code == poison_instruction;
}

std::string describe(const instruction& code) {
  return fmt::format("code {:#04x}, offset {}, immediate {}", code.code, code.offset,
                     code.immediate);
}

}  // namespace ebpfkit::host
