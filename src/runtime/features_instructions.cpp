#include "features_instructions.hpp"

#include <algorithm>

namespace ebpfkit::detail {
namespace {

// Instruction set of Documentation/bpf/standardization/instruction-set.rst; newer than the oldest
// headers: BPF_MEMSX (0x80) and BPF_JCOND (0xe0).
constexpr unsigned mode_sign_extending = 0x80;
constexpr unsigned jump_may_goto = 0xe0;
constexpr int first_load_acquire = 0x100;  // BPF_LOAD_ACQ, BPF_STORE_REL

bool is_v4_arithmetic(const bpf_insn& code, unsigned instruction_class, unsigned operation) {
  switch (operation) {
    case BPF_MOV:  // with sign extension; an offset of 1 casts an arena's address
      return code.off == 8 || code.off == 16 || code.off == 32;
    case BPF_DIV:
    case BPF_MOD:  // signed
      return code.off == 1;
    case BPF_END:  // unconditional byte swap
      return instruction_class == BPF_ALU64;
    default:
      return false;
  }
}

class scanner {
 public:
  void look_at(const bpf_insn& code);
  void note_size(std::size_t count) {
    if (count > BPF_MAXINSNS)
      note(kernel_feature::large_programs);
  }
  instruction_needs take();

 private:
  void note(kernel_feature feature) { features_[static_cast<std::size_t>(feature)] = true; }
  void look_at_jump(const bpf_insn& code, bool is_32_bit);
  void look_at_atomic(int operation);

  std::vector<unsigned> helpers_;
  bool features_[kernel_feature_count] = {};
};

void scanner::look_at_jump(const bpf_insn& code, bool is_32_bit) {
  const unsigned operation = BPF_OP(code.code);
  if (is_32_bit) {
    // An unconditional jump of this class is the long one of v4.
    note(operation == BPF_JA ? kernel_feature::isa_v4 : kernel_feature::isa_v3);
  } else if (operation == BPF_CALL) {
    // Functions, of the object or of the kernel, have another source until libbpf resolves them.
    if (code.src_reg == 0 && code.imm > 0)
      helpers_.push_back(static_cast<unsigned>(code.imm));
    return;
  } else if (operation == jump_may_goto) {
    note(kernel_feature::may_goto);
    return;
  } else if (operation == BPF_JLT || operation == BPF_JLE || operation == BPF_JSLT ||
             operation == BPF_JSLE) {
    note(kernel_feature::isa_v2);
  }
  if (operation != BPF_EXIT && code.off < 0)
    note(kernel_feature::bounded_loops);
}

void scanner::look_at_atomic(int operation) {
  if (operation >= first_load_acquire)
    note(kernel_feature::load_acquire);
  else if (operation != BPF_ADD)
    note(kernel_feature::atomic_operations);
}

void scanner::look_at(const bpf_insn& code) {
  const unsigned instruction_class = BPF_CLASS(code.code);
  switch (instruction_class) {
    case BPF_JMP:
    case BPF_JMP32:
      look_at_jump(code, instruction_class == BPF_JMP32);
      break;
    case BPF_STX:
      if (BPF_MODE(code.code) == BPF_ATOMIC)
        look_at_atomic(code.imm);
      break;
    case BPF_LDX:
      if (BPF_MODE(code.code) == mode_sign_extending)
        note(kernel_feature::isa_v4);
      break;
    case BPF_ALU:
    case BPF_ALU64:
      if (is_v4_arithmetic(code, instruction_class, BPF_OP(code.code)))
        note(kernel_feature::isa_v4);
      break;
    default:
      break;
  }
}

instruction_needs scanner::take() {
  std::sort(helpers_.begin(), helpers_.end());
  helpers_.erase(std::unique(helpers_.begin(), helpers_.end()), helpers_.end());
  instruction_needs needs;
  needs.helpers = std::move(helpers_);
  for (std::size_t i = 0; i < kernel_feature_count; ++i)
    if (features_[i])
      needs.features.push_back(static_cast<kernel_feature>(i));
  return needs;
}

}  // namespace

instruction_needs scan_instructions(const bpf_insn* instructions, std::size_t count) {
  scanner found;
  found.note_size(count);
  for (std::size_t i = 0; i < count; ++i) {
    found.look_at(instructions[i]);
    // The second half of a 64-bit load is no instruction.
    if (instructions[i].code == (BPF_LD | BPF_IMM | BPF_DW))
      ++i;
  }
  return found.take();
}

}  // namespace ebpfkit::detail
