// Typed view of struct_ops maps: the structs of functions that programs give to the kernel, such as
// a sched_ext scheduler or a TCP congestion control.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

#include "ebpfkit/program.hpp"
#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {

// A function pointer of a struct_ops struct, as libbpf has it before load(): which program of the
// object is the function. It has the size of a pointer of BPF.
class struct_ops_callback {
 public:
  // Lets `implementation`, a struct_ops program of the same object, be the function. load() fails
  // for other programs (ENOTSUP). A program that no map names any more is not loaded.
  struct_ops_callback& operator=(const program& implementation) noexcept {
    pointer_ = 0;
    bpf_program* const named = implementation.get();
    std::memcpy(&pointer_, &named, sizeof(void*));
    return *this;
  }

  // Leaves the function out, which the kernel allows for optional ones. libbpf 1.4 still loads the
  // program, which fails: call the program's set_autoload(false), too.
  struct_ops_callback& operator=(std::nullptr_t) noexcept {
    pointer_ = 0;
    return *this;
  }

  // Whether a program is the function, and which one.
  explicit operator bool() const noexcept { return get() != nullptr; }
  std::optional<program> implementation() const noexcept {
    return get() ? std::optional<program>(program(get())) : std::nullopt;
  }

 private:
  bpf_program* get() const noexcept {
    bpf_program* named = nullptr;
    std::memcpy(&named, &pointer_, sizeof(void*));
    return named;
  }

  std::uint64_t pointer_;
};
static_assert(sizeof(struct_ops_callback) == 8 &&
                  std::is_trivially_copyable_v<struct_ops_callback> &&
                  std::is_trivially_default_constructible_v<struct_ops_callback>,
              "it stands in structs with the layout of BPF");

namespace detail {

// The memory of the members. See struct_ops_map::fields().
result<void*> struct_ops_fields(const untyped_map& map, std::size_t size);

}  // namespace detail

// A view of a struct_ops map (SEC(".struct_ops"), SEC(".struct_ops.link")). T is the struct with
// the layout of BPF; a skeleton brings it. attach_struct_ops() registers the map.
template <class T>
class struct_ops_map : public untyped_map {
  static_assert(std::is_trivially_copyable_v<T>, "the kernel copies the members as bytes");

 public:
  using value_type = T;
  using untyped_map::untyped_map;

  // What untyped_map::as() compares with the map. load() changes the size of its value to what the
  // kernel has: fields() compares the size.
  static constexpr detail::wanted_view wanted() { return {detail::view::struct_ops, 0, 0}; }

  // The members of the struct, which the application may change between open() and load():
  //
  //   auto& fields = *scheduler.maps().scheduler.fields().value();
  //   fields.timeout_ms = 5000;
  //   fields.dump = nullptr;                                 // an optional function
  //   fields.enqueue = scheduler.programs().enqueue_fifo;    // another program
  //
  // The pointer is valid until load(). load() looks up each member by its name in the kernel, and
  // fails when the kernel lacks a member that is not zero. Pointers to data stay null.
  //
  // Errors: EOPNOTSUPP with libbpf before 1.4, which keeps the members for itself; EBUSY after
  // load(); EINVAL when the map is no struct_ops map, or T has another size.
  result<T*> fields() const {
    const auto memory = detail::struct_ops_fields(*this, sizeof(T));
    if (!memory)
      return memory.error();
    return static_cast<T*>(*memory);
  }
};

}  // namespace ebpfkit
