// Says in plain words what the figures of the verifier's complaints mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ebpfkit::detail {

// What the figures of a complaint about bounds say: which bytes the program accesses, and which it
// may access. `is_call`: a helper accesses them. Empty: the complaint has no such figures.
std::string words_of_bounds(std::string_view complaint, bool is_call);

// The figures of a complaint about bounds, in bytes: the access begins at `offset` and has `size`
// bytes, and the memory has `limit` bytes. False: the complaint has no such figures.
struct access_figures {
  std::int64_t offset = 0;
  std::int64_t size = 0;
  std::int64_t limit = 0;
};
bool read_access(std::string_view complaint, access_figures& read);

// The same for a complaint about memory that may only be read.
std::string words_of_read_only(std::string_view complaint);

// The same for a complaint about bytes of the stack that nothing has written.
std::string words_of_unwritten(std::string_view complaint, bool is_call);

// Whether the complaint says that an access begins on the stack and ends beyond its top: the memory
// that a helper gets is smaller than what the helper takes.
bool is_beyond_stack(std::string_view complaint);

// Whether the complaint says that an access begins below the 512 bytes of the stack.
bool is_below_stack(std::string_view complaint);

}  // namespace ebpfkit::detail
