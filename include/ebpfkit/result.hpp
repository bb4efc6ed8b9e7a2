// A value, or the error that stands in its place.
#pragma once

#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>

#include "ebpfkit/error.hpp"

namespace ebpfkit {

// What `try_` functions return; a small std::expected for C++17. Asking for the value of an error,
// or the error of a value, ends the program.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // Two, so that returning the error of another result copies it once, in place.
  result(const ebpfkit::error& failure) : state_(std::in_place_index<1>, failure) {}
  result(ebpfkit::error&& failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  explicit operator bool() const noexcept { return state_.index() == 0; }

  T& value() & { return checked(std::get_if<0>(&state_)); }
  const T& value() const& { return checked(std::get_if<0>(&state_)); }
  T&& value() && { return std::move(value()); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const ebpfkit::error& error() const { return checked(std::get_if<1>(&state_)); }

#if defined(__cpp_exceptions)
  // The value, moved out. Throws `exception` when there is an error instead.
  T take() {
    if (!*this)
      detail::raise(error());
    return std::move(value());
  }
#endif

 private:
  template <class P>
  static P& checked(P* pointer) {
    if (!pointer)
      std::abort();
    return *pointer;
  }

  std::variant<T, ebpfkit::error> state_;
};

// Success, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  result() = default;
  result(const ebpfkit::error& failure) : failure_(failure) {}
  result(ebpfkit::error&& failure) : failure_(std::move(failure)) {}

  explicit operator bool() const noexcept { return !failure_.has_value(); }

  const ebpfkit::error& error() const {
    if (!failure_)
      std::abort();
    return *failure_;
  }

#if defined(__cpp_exceptions)
  // Throws `exception` when there is an error.
  void take() const {
    if (failure_)
      detail::raise(*failure_);
  }
#endif

 private:
  std::optional<ebpfkit::error> failure_;
};

}  // namespace ebpfkit
