// The kinds of reasons why a BPF program is not loaded, with what each usually means.
#pragma once

#include <cstddef>
#include <string_view>

namespace ebpfkit::detail {

// rejection_texts() has the words for each. `other` is the last one.
enum class rejection : unsigned char {
  possibly_null,
  scalar_as_pointer,
  pointer_access,
  pointer_arithmetic,
  memory_bounds,
  packet_bounds,
  stack_bounds,
  stack_depth,
  too_complex,
  endless_loop,
  unknown_helper,
  helper_not_allowed,
  licence,
  uninitialised,
  unreleased_reference,
  lock_held,
  return_value,
  sleep_or_rcu,
  argument,
  size_argument,
  map_type,
  kernel_function_argument,
  kernel_function_not_allowed,
  kernel_symbol,
  missing_field,
  missing_btf,
  attach_target,
  permission,
  memory_limit,
  map_definition,
  unreachable_code,
  read_only_memory,
  context_access,
  kernel_memory,
  misaligned_access,
  dynptr_or_iterator,
  tail_call,
  unknown_instruction,
  section_name,
  log_full,
  other,
};

struct rejection_texts {
  const char* name;     // "possibly_null": does not change between versions
  const char* title;    // "a pointer that may be NULL"
  const char* meaning;  // plain sentences: what this usually means
  const char* remedy;   // plain sentences: how it is usually mended
};

const rejection_texts& texts_of(rejection is) noexcept;

// How a message is recognised.
struct known_message {
  // As the kernel or libbpf prints it; `*` stands for any text.
  const char* pattern;
  rejection is;
  const char* printed_by;  // function of the kernel's kernel/bpf/, or "libbpf"
  // Plain sentences: what this message in particular means, or how it is mended. Null: the texts of
  // the kind say it all.
  const char* hint = nullptr;
  bool hint_is_remedy = false;  // see explanation::hint_is_remedy
};

// The message of the verifier that `reason` has. Null: the table has none.
const known_message* find_verifier_message(std::string_view reason) noexcept;

// The same for what libbpf prints.
const known_message* find_libbpf_message(std::string_view printed) noexcept;

// The tables themselves, for tests and for the documentation. `size` is set to the number of rows.
const known_message* verifier_messages(std::size_t& size) noexcept;
const known_message* libbpf_messages(std::size_t& size) noexcept;

}  // namespace ebpfkit::detail
