// A value or an error: std::expected of C++23, for C++17.
//
// There is one function for each verb. It returns a result, and the caller chooses how to treat the
// error:
//
//   packets.load().value();                        // throws ebpfkit::exception
//   if (auto loaded = packets.load(); !loaded)     // looks at the error
//     report(loaded.error().message());
//
// The compiler warns when a caller ignores a result, because result is [[nodiscard]].
#pragma once

#include <cstdlib>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "ebpfkit/error.hpp"

namespace ebpfkit {

template <class T>
class result;

namespace detail {

// What value() does with an error: it throws an exception. In code that is compiled without
// exceptions it writes the error's message to stderr and aborts.
[[noreturn, gnu::noinline]] inline void value_of_error(const ebpfkit::error& failure) {
#if defined(__cpp_exceptions)
  throw exception(failure);
#else
  abort_with_message(failure);
#endif
}

// The pointer's target. Aborts when the pointer is null: the caller then broke the contract of
// operator* or error().
template <class P>
P& target_of(P* pointer) {
  if (!pointer)
    std::abort();
  return *pointer;
}

// Calls `function` and returns what it returns as a result.
template <class F, class... Arguments>
auto result_of_call(F&& function, Arguments&&... arguments)
    -> result<std::decay_t<std::invoke_result_t<F, Arguments...>>> {
  if constexpr (std::is_void_v<std::invoke_result_t<F, Arguments...>>) {
    std::invoke(std::forward<F>(function), std::forward<Arguments>(arguments)...);
    return {};
  } else {
    return std::invoke(std::forward<F>(function), std::forward<Arguments>(arguments)...);
  }
}

}  // namespace detail

// A T or an error. The members mean what those of std::expected<T, error> mean, with these
// differences:
//   - An error converts to a result. There is no std::unexpected, because no T is an error.
//   - value(), operator* and error() of a temporary return by value, not by reference, so that
//     `for (auto& entry : map.entries().value())` iterates over values that live long enough, and a
//     discarded link in `program.attach().value();` is a warning.
//   - operator* and error() abort where std::expected has undefined behaviour.
//   - Without exceptions, value() of an error writes the error's message to stderr and aborts.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;
  using error_type = ebpfkit::error;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // Two constructors, so that returning the error of another result copies it once, in place.
  result(const ebpfkit::error& failure) : state_(std::in_place_index<1>, failure) {}
  result(ebpfkit::error&& failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  // Whether there is a value. For a result<bool> that holds false this is true; value() returns the
  // false.
  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  // The value. Throws ebpfkit::exception when there is an error instead.
  T& value() & {
    require_value();
    return **this;
  }
  const T& value() const& {
    require_value();
    return **this;
  }
  T value() && {
    require_value();
    return std::move(**this);
  }

  // The value. Only for results that have one.
  T& operator*() & { return detail::target_of(std::get_if<0>(&state_)); }
  const T& operator*() const& { return detail::target_of(std::get_if<0>(&state_)); }
  T operator*() && { return std::move(detail::target_of(std::get_if<0>(&state_))); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

  // The error. Only for results that have one.
  const ebpfkit::error& error() const& { return detail::target_of(std::get_if<1>(&state_)); }
  ebpfkit::error error() && { return std::move(detail::target_of(std::get_if<1>(&state_))); }

  // The value, or `otherwise` when there is an error.
  template <class U>
  T value_or(U&& otherwise) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(otherwise));
  }
  template <class U>
  T value_or(U&& otherwise) && {
    return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(otherwise));
  }

  // Calls `function` with the value and returns the result that it returns. Passes an error on.
  template <class F>
  std::invoke_result_t<F, const T&> and_then(F&& function) const& {
    if (!has_value())
      return error();
    return std::invoke(std::forward<F>(function), **this);
  }
  template <class F>
  std::invoke_result_t<F, T&&> and_then(F&& function) && {
    if (!has_value())
      return std::move(*this).error();
    return std::invoke(std::forward<F>(function), std::move(**this));
  }

  // The same for a function that returns a plain value (or nothing).
  template <class F>
  auto transform(F&& function) const& -> result<std::decay_t<std::invoke_result_t<F, const T&>>> {
    if (!has_value())
      return error();
    return detail::result_of_call(std::forward<F>(function), **this);
  }
  template <class F>
  auto transform(F&& function) && -> result<std::decay_t<std::invoke_result_t<F, T&&>>> {
    if (!has_value())
      return std::move(*this).error();
    return detail::result_of_call(std::forward<F>(function), std::move(**this));
  }

  // Calls `function` with the error and returns the result that it returns. Passes a value on.
  template <class F>
  result or_else(F&& function) const& {
    return has_value() ? *this : std::invoke(std::forward<F>(function), error());
  }
  template <class F>
  result or_else(F&& function) && {
    if (has_value())
      return std::move(*this);
    return std::invoke(std::forward<F>(function), std::move(*this).error());
  }

 private:
  void require_value() const {
    if (!has_value())
      detail::value_of_error(error());
  }

  std::variant<T, ebpfkit::error> state_;
};

// Success, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = ebpfkit::error;

  result() = default;
  result(const ebpfkit::error& failure) : failure_(failure) {}
  result(ebpfkit::error&& failure) : failure_(std::move(failure)) {}

  bool has_value() const noexcept { return !failure_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  // Throws ebpfkit::exception when there is an error.
  void value() const {
    if (failure_)
      detail::value_of_error(*failure_);
  }

  // The error. Only for results that have one.
  const ebpfkit::error& error() const& {
    return detail::target_of(failure_ ? &*failure_ : nullptr);
  }
  ebpfkit::error error() && {
    return std::move(detail::target_of(failure_ ? &*failure_ : nullptr));
  }

  // Like those of result<T>, but and_then() and transform() call `function` without an argument.
  template <class F>
  std::invoke_result_t<F> and_then(F&& function) const {
    if (failure_)
      return *failure_;
    return std::invoke(std::forward<F>(function));
  }
  template <class F>
  auto transform(F&& function) const -> result<std::decay_t<std::invoke_result_t<F>>> {
    if (failure_)
      return *failure_;
    return detail::result_of_call(std::forward<F>(function));
  }
  template <class F>
  result or_else(F&& function) const {
    return failure_ ? std::invoke(std::forward<F>(function), *failure_) : result();
  }

 private:
  std::optional<ebpfkit::error> failure_;
};

}  // namespace ebpfkit
