// The text of an instruction: print_bpf_insn() of Linux, kernel/bpf/disasm.c.
#include <fmt/format.h>
#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "picture/program_code.hpp"
#include "support/helper_names.hpp"

namespace ebpfkit::host {

namespace {

// Newer than the UAPI headers of some build machines.
constexpr std::uint8_t load_sign_extended = 0x80;  // BPF_MEMSX, Linux 6.6
constexpr std::uint8_t may_goto = 0xe0;            // BPF_JCOND, Linux 6.10
constexpr std::int32_t kernel_function_call = 2;   // BPF_PSEUDO_KFUNC_CALL

std::string size_name(std::uint8_t code, char sign = 'u') {
  switch (BPF_SIZE(code)) {
    case BPF_DW:
      return fmt::format("{}64", sign);
    case BPF_W:
      return fmt::format("{}32", sign);
    case BPF_H:
      return fmt::format("{}16", sign);
    default:
      return fmt::format("{}8", sign);
  }
}

std::string memory(const instruction& code, int base, char sign = 'u') {
  return fmt::format("*({} *)(r{} {:+})", size_name(code.code, sign), base, code.offset);
}

std::string_view operator_of(std::uint8_t code) {
  switch (BPF_OP(code)) {
    case BPF_ADD:
      return "+";
    case BPF_SUB:
      return "-";
    case BPF_MUL:
      return "*";
    case BPF_DIV:
      return "/";
    case BPF_OR:
      return "|";
    case BPF_AND:
      return "&";
    case BPF_LSH:
      return "<<";
    case BPF_RSH:
      return ">>";
    case BPF_MOD:
      return "%";
    case BPF_XOR:
      return "^";
    case BPF_ARSH:
      return "s>>";
    case BPF_MOV:
      return "";
    default:
      return "?";
  }
}

std::string_view comparison_of(std::uint8_t code) {
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      return "==";
    case BPF_JGT:
      return ">";
    case BPF_JLT:
      return "<";
    case BPF_JGE:
      return ">=";
    case BPF_JLE:
      return "<=";
    case BPF_JSET:
      return "&";
    case BPF_JNE:
      return "!=";
    case BPF_JSGT:
      return "s>";
    case BPF_JSLT:
      return "s<";
    case BPF_JSGE:
      return "s>=";
    case BPF_JSLE:
      return "s<=";
    default:
      return "?";
  }
}

std::string arithmetic_text(const instruction& code) {
  const char name = BPF_CLASS(code.code) == BPF_ALU64 ? 'r' : 'w';
  const int to = code.destination;
  const bool is_register = BPF_SRC(code.code) == BPF_X;
  if (BPF_OP(code.code) == BPF_NEG)
    return fmt::format("{0}{1} = -{0}{1}", name, to);
  if (BPF_OP(code.code) == BPF_END) {
    const auto* order = name == 'r' ? "bswap" : is_register ? "be" : "le";
    return fmt::format("r{0} = {1}{2} r{0}", to, order, code.immediate);
  }
  const bool is_division = BPF_OP(code.code) == BPF_DIV || BPF_OP(code.code) == BPF_MOD;
  const auto* sign = is_division && code.offset == 1 ? "s" : "";
  auto value =
      is_register ? fmt::format("{}{}", name, code.source) : fmt::format("{}", code.immediate);
  if (BPF_OP(code.code) == BPF_MOV && is_register && code.offset != 0)
    value = fmt::format("(s{}){}", code.offset, value);
  return fmt::format("{}{} {}{}= {}", name, to, sign, operator_of(code.code), value);
}

std::string atomic_text(const instruction& code) {
  const auto place =
      fmt::format("({} *)(r{} {:+})", size_name(code.code), code.destination, code.offset);
  const auto* bits = BPF_SIZE(code.code) == BPF_DW ? "64" : "";
  switch (code.immediate) {
    case 0xf1:  // BPF_CMPXCHG
      return fmt::format("r0 = atomic{}_cmpxchg({}, r0, r{})", bits, place, code.source);
    case 0xe1:  // BPF_XCHG
      return fmt::format("r{0} = atomic{1}_xchg({2}, r{0})", code.source, bits, place);
    case 0x100:  // BPF_LOAD_ACQ
      return fmt::format("r{} = load_acquire(({} *)(r{} {:+}))", code.destination,
                         size_name(code.code), code.source, code.offset);
    case 0x110:  // BPF_STORE_REL
      return fmt::format("store_release({}, r{})", place, code.source);
    default:
      break;
  }
  constexpr std::int32_t fetch = 1;  // BPF_FETCH
  const auto operation = static_cast<std::uint8_t>(code.immediate & 0xf0);
  if ((code.immediate & fetch) == 0)
    return fmt::format("lock *{} {}= r{}", place, operator_of(operation), code.source);
  const auto* name = operation == BPF_ADD   ? "add"
                     : operation == BPF_AND ? "and"
                     : operation == BPF_OR  ? "or"
                                            : "xor";
  return fmt::format("r{0} = atomic{1}_fetch_{2}({3}, r{0})", code.source, bits, name, place);
}

std::string load_text(const code_instruction& shown) {
  const auto& code = shown.code;
  if (shown.is_wide_load()) {
    if (!shown.symbol.empty())
      return fmt::format("r{} = &{}", code.destination, shown.symbol);
    const auto value = std::uint64_t{static_cast<std::uint32_t>(shown.upper)} << 32 |
                       static_cast<std::uint32_t>(code.immediate);
    return fmt::format("r{} = {:#x}", code.destination, value);
  }
  if (BPF_MODE(code.code) == BPF_ABS)
    return fmt::format("r0 = *({} *)skb[{}]", size_name(code.code), code.immediate);
  return fmt::format("r0 = *({} *)skb[r{} + {}]", size_name(code.code), code.source,
                     code.immediate);
}

std::string call_text(const code_instruction& shown) {
  const auto& code = shown.code;
  if (code.source == BPF_PSEUDO_CALL || code.source == kernel_function_call)
    return shown.symbol.empty() ? fmt::format("call pc{:+}", code.immediate)
                                : fmt::format("call {}", shown.symbol);
  if (is_poisoned(code))
    return "call poisoned CO-RE relocation";
  const auto names = helper_names();
  const auto number = static_cast<std::size_t>(static_cast<std::uint32_t>(code.immediate));
  if (number > 0 && number <= names.size())
    return fmt::format("call {}#{}", names[number - 1], number);
  return shown.symbol.empty() ? fmt::format("call helper#{}", code.immediate)
                              : fmt::format("call {}", shown.symbol);
}

std::string jump_text(const code_instruction& shown) {
  const auto& code = shown.code;
  const bool is_64_bit = BPF_CLASS(code.code) == BPF_JMP;
  switch (BPF_OP(code.code)) {
    case BPF_CALL:
      return call_text(shown);
    case BPF_EXIT:
      return "exit";
    case BPF_JA:
      return is_64_bit ? fmt::format("goto pc{:+}", code.offset)
                       : fmt::format("gotol pc{:+}", code.immediate);
    case may_goto:
      return fmt::format("may_goto pc{:+}", code.offset);
    default:
      break;
  }
  const char name = is_64_bit ? 'r' : 'w';
  const auto value = BPF_SRC(code.code) == BPF_X
                         ? fmt::format("{}{}", name, code.source)
                         : fmt::format("{:#x}", static_cast<std::uint32_t>(code.immediate));
  return fmt::format("if {}{} {} {} goto pc{:+}", name, code.destination, comparison_of(code.code),
                     value, code.offset);
}

}  // namespace

std::string instruction_text(const code_instruction& shown) {
  const auto& code = shown.code;
  switch (BPF_CLASS(code.code)) {
    case BPF_ALU:
    case BPF_ALU64:
      return arithmetic_text(code);
    case BPF_ST:
      return fmt::format("{} = {}", memory(code, code.destination), code.immediate);
    case BPF_STX:
      if (BPF_MODE(code.code) == BPF_MEM)
        return fmt::format("{} = r{}", memory(code, code.destination), code.source);
      return atomic_text(code);
    case BPF_LDX:
      return fmt::format(
          "r{} = {}", code.destination,
          memory(code, code.source, BPF_MODE(code.code) == load_sign_extended ? 's' : 'u'));
    case BPF_LD:
      return load_text(shown);
    default:
      return jump_text(shown);
  }
}

}  // namespace ebpfkit::host
