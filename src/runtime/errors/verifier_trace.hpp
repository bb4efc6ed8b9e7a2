// Where the values came from that the verifier complains about.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "verifier_log.hpp"

namespace ebpfkit::detail {

// A register or stack slot, and the instruction that gave it its value.
struct traced_value {
  std::string name;         // "R0", "fp-8", "reference 2"
  std::string state;        // as the verifier shows it: "map_value_or_null(id=1,ks=4,vs=8)"
  std::string instruction;  // empty: no instruction on this path wrote it
  long instruction_index = -1;
  // Where on the path the instruction stands: a larger number is later. 0: there is none.
  std::size_t path_position = 0;
  logged_source source;
};

// The end of a log, for searches backwards along the path that the verifier followed.
class verifier_trace {
 public:
  // Reads at most the last `most_bytes` of a log without its report. The text must outlive the
  // object. Accepts any text.
  explicit verifier_trace(std::string_view log);

  // The index of the instruction at which the verifier stopped. -1: the log has no instruction.
  long last_instruction() const;
  // What it does, without its number: "r0 = *(u64 *)(r0 +0)".
  std::string_view last_code() const;
  // The line of the source that the last instruction belongs to.
  logged_source last_source() const;

  // Follows the register backwards: through copies, arithmetic and the stack, to where its value
  // came from. The first element is the register itself. Appends to `found`, at most
  // `most_steps` elements in all.
  void follow_register(unsigned number, std::vector<traced_value>& found) const;

  // The same for the stack slot at this offset from R10, for example -8.
  void follow_stack(long offset, std::vector<traced_value>& found) const;

  // Appends the last occurrence of the instruction, as the value `name`.
  void add_instruction(unsigned index, std::string name, std::vector<traced_value>& found) const;

  // What made a pointer in a register useless, after the register got it.
  enum class invalidation : unsigned char {
    none,
    packet_changed,  // a helper may have moved the packet
    released,        // a function took the pointer back
  };

  // Searches the path for the last such call, and appends it.
  invalidation add_invalidation(unsigned number, std::vector<traced_value>& found) const;

  // Appends the last call of the function before the verifier stopped, as the value `name`.
  void add_call(std::string_view function, std::string name,
                std::vector<traced_value>& found) const;

  static constexpr std::size_t most_bytes = std::size_t{256} << 10;
  static constexpr std::size_t most_steps = 6;

 private:
  enum class kind : unsigned char {
    source,       // "; return 0;"
    instruction,  // "7: (b7) r0 = 0"
    state,        // " R0=1 R10=fp0"
    branch,       // "from 3 to 9: R0=..."
    callee,       // "callee:": the first instruction of a called function follows
    caller,       // "to caller at 9:": the called function has ended
    other,
  };
  struct line {
    kind is = kind::other;
    unsigned index = 0;  // of an instruction; of a branch, of the instruction that it left
    std::string_view code;
    std::string_view state;
  };
  struct written {
    std::size_t at = 0;  // position in lines_
    bool is_found = false;
    std::string state;
  };

  void add(std::string_view text);
  template <class Writes>
  written find_write(std::size_t from, const std::string& name, bool is_frames_own,
                     const Writes& writes) const;
  bool step_back(std::size_t& at) const;
  logged_source source_of(std::size_t at) const;
  void follow(std::size_t from, unsigned number, std::vector<traced_value>& found) const;
  void follow_slot(std::size_t from, long offset, std::vector<traced_value>& found) const;
  void follow_value(std::size_t at, std::vector<traced_value>& found) const;
  written write_of(std::size_t from, unsigned number) const;
  traced_value value_at(const written& write, std::string name) const;

  std::vector<line> lines_;
  std::size_t last_ = 0;  // position of the last instruction; lines_.size(): there is none
};

}  // namespace ebpfkit::detail
