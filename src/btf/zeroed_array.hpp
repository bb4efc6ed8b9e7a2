// An array of zeros that takes memory only where it is written to.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace ebpfkit::host {

// For large blocks calloc returns fresh pages, which take memory only when they are touched. A
// vector would touch all of them.
template <class Number>
class zeroed_array {
  static_assert(std::is_trivial_v<Number>);

 public:
  zeroed_array() = default;
  explicit zeroed_array(std::size_t size)
      : numbers_(static_cast<Number*>(std::calloc(size == 0 ? 1 : size, sizeof(Number)))),
        size_(size) {
    if (!numbers_)
      throw std::bad_alloc();
  }

  std::size_t size() const { return size_; }
  Number& operator[](std::size_t at) {
    assert(at < size_);
    return numbers_.get()[at];
  }
  const Number& operator[](std::size_t at) const {
    assert(at < size_);
    return numbers_.get()[at];
  }

 private:
  struct freer {
    void operator()(Number* numbers) const { std::free(numbers); }
  };
  std::unique_ptr<Number, freer> numbers_;
  std::size_t size_ = 0;
};

}  // namespace ebpfkit::host
