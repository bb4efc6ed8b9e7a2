// Arrays in the memory of the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "ebpfkit/map.hpp"

namespace ebpfkit {

namespace detail {

// The elements of an array map, as memory. Move-only.
class mapped_bytes {
 public:
  // The error is EINVAL when the map is no array with BPF_F_MMAPABLE or its values have another
  // size, EPERM when the memory shall be writable and the map is frozen.
  static result<mapped_bytes> open(const untyped_map& map, std::size_t value_size, bool writable);

  mapped_bytes(mapped_bytes&& other) noexcept { swap(other); }
  mapped_bytes& operator=(mapped_bytes&& other) noexcept {
    mapped_bytes(std::move(other)).swap(*this);
    return *this;
  }
  mapped_bytes(const mapped_bytes&) = delete;
  mapped_bytes& operator=(const mapped_bytes&) = delete;
  ~mapped_bytes();

  void* begin() const noexcept { return memory_; }
  std::size_t count() const noexcept { return count_; }

 private:
  mapped_bytes() = default;
  void swap(mapped_bytes& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    std::swap(count_, other.count_);
  }

  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
};

}  // namespace detail

// The elements of a map of type BPF_MAP_TYPE_ARRAY that is declared with BPF_F_MMAPABLE (1 << 10),
// as memory that programs and the application share: reading an element takes no system call.
// Linux 5.5. The size of V must be a multiple of 8, because the kernel puts each element at such a
// place. mapped_array<const V> is read-only; it also opens frozen maps. Programs may change an
// element while the application reads it: use atomic operations where that matters.
//
// Move-only. The memory stays when the object that the map belongs to is closed.
template <class V>
class [[nodiscard]] mapped_array {
  static_assert(std::is_trivially_copyable_v<V>, "programs write the values as bytes");
  static_assert(sizeof(V) % 8 == 0, "the kernel rounds the size of an element up to 8 bytes");

 public:
  using value_type = V;

  // Maps the array into this process. Call it after load(). Errors: EINVAL when the map is no array
  // with BPF_F_MMAPABLE or its values have another size; EPERM when the map is frozen or read-only
  // for applications and V is not const.
  static result<mapped_array> open(const untyped_map& map) {
    auto opened = detail::mapped_bytes::open(map, sizeof(V), !std::is_const_v<V>);
    if (!opened)
      return opened.error();
    return mapped_array(*std::move(opened));
  }

  // The elements, one behind the other: std::span(array.data(), array.size()) in C++20.
  V* data() const noexcept { return static_cast<V*>(bytes_.begin()); }
  std::size_t size() const noexcept { return bytes_.count(); }
  V* begin() const noexcept { return data(); }
  V* end() const noexcept { return data() + size(); }
  // `index` must be less than size().
  V& operator[](std::size_t index) const noexcept { return data()[index]; }

 private:
  explicit mapped_array(detail::mapped_bytes&& opened) : bytes_(std::move(opened)) {}

  detail::mapped_bytes bytes_;
};

}  // namespace ebpfkit
