#include "instruction_needs.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ebpfkit::detail {
namespace {

// These are in Documentation/bpf/standardization/instruction-set.rst. The oldest headers lack
// BPF_MEMSX (0x80) and BPF_JCOND (0xe0).
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
  void note_loop() { note(kernel_feature::bounded_loops); }
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
    // An unconditional jump of this class is the long jump of v4.
    note(operation == BPF_JA ? kernel_feature::isa_v4 : kernel_feature::isa_v3);
  } else if (operation == BPF_CALL) {
    // Only helper calls have source register 0. Calls of functions, in the object or the kernel,
    // have another one until libbpf resolves them.
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

// Finds out whether control can come back to an instruction. Kernels before 5.3 refuse such loops
// (push_insn in kernel/bpf/verifier.c). A jump backwards alone does not make a loop.
class loop_finder {
 public:
  loop_finder(const bpf_insn* instructions, std::size_t count)
      : instructions_(instructions), states_(count) {}

  bool run() {
    enter(0);
    while (!path_.empty() && !found_) {
      auto& top = path_.back();
      if (top.next == 2) {
        states_[top.index] = state::done;
        path_.pop_back();
      } else if (const auto index = successor(top.index, top.next++); index < states_.size()) {
        enter(index);
      }
    }
    return found_;
  }

 private:
  enum class state : unsigned char { unseen, on_path, done };
  struct place {
    std::size_t index;
    int next;  // the successor to visit next: 0 or 1; 2: both are visited
  };

  void enter(std::size_t index) {
    if (index < states_.size() && states_[index] == state::unseen) {
      states_[index] = state::on_path;
      path_.push_back({index, 0});
    } else if (index < states_.size() && states_[index] == state::on_path) {
      found_ = true;
    }
  }

  // The index of the instruction after it (`which` is 0) or of the one that it jumps to (1).
  // Returns the number of instructions when there is no such successor.
  std::size_t successor(std::size_t index, int which) const {
    const auto& code = instructions_[index];
    const unsigned instruction_class = BPF_CLASS(code.code);
    const unsigned operation = BPF_OP(code.code);
    const bool is_jump = (instruction_class == BPF_JMP || instruction_class == BPF_JMP32) &&
                         operation != BPF_CALL && operation != BPF_EXIT;
    const bool goes_on = instruction_class != BPF_JMP && instruction_class != BPF_JMP32
                             ? true
                             : operation != BPF_JA && operation != BPF_EXIT;
    if (which == 0)
      return goes_on ? index + (code.code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1) : states_.size();
    if (!is_jump)
      return states_.size();
    const std::int64_t way =
        instruction_class == BPF_JMP32 && operation == BPF_JA ? code.imm : code.off;
    return static_cast<std::size_t>(static_cast<std::int64_t>(index) + 1 + way);
  }

  const bpf_insn* instructions_;
  std::vector<state> states_;
  std::vector<place> path_;
  bool found_ = false;
};

}  // namespace

instruction_needs scan_instructions(const bpf_insn* instructions, std::size_t count) {
  scanner found;
  found.note_size(count);
  if (loop_finder(instructions, count).run())
    found.note_loop();
  for (std::size_t i = 0; i < count; ++i) {
    found.look_at(instructions[i]);
    // The second half of a 64-bit load is not an instruction.
    if (instructions[i].code == (BPF_LD | BPF_IMM | BPF_DW))
      ++i;
  }
  return found.take();
}

}  // namespace ebpfkit::detail
