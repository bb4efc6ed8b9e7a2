// Combines the values that a per-CPU map has for a key into one value.
#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace ebpfkit {

// The type of a sum of T. For numbers it is the widest type of their kind, so that the sum over
// many CPUs fits.
template <class T>
using sum_of = std::conditional_t<
    std::is_floating_point_v<T>, double,
    std::conditional_t<std::is_integral_v<T>,
                       std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>, T>>;

namespace detail {

template <class T, class = void>
struct can_be_added : std::false_type {};
template <class T>
struct can_be_added<T,
                    std::void_t<decltype(std::declval<sum_of<T>&>() += std::declval<const T&>())>>
    : std::true_type {};

template <class V, class P>
using projected = std::decay_t<std::invoke_result_t<P&, const V&>>;

}  // namespace detail

// Applies `projection` to each value and returns the sum. `projection` is a function or a pointer
// to a member, such as &packets::counter::bytes. Returns 0 when there is no value.
template <class V, class P>
sum_of<detail::projected<V, P>> sum(const std::vector<V>& values, P projection) {
  using element = detail::projected<V, P>;
  static_assert(detail::can_be_added<element>::value,
                "name a member, as in sum(key, &counter::bytes), or define "
                "`counter& operator+=(counter&, const counter&)` beside the type");
  sum_of<element> total{};
  for (const V& value : values)
    total += std::invoke(projection, value);
  return total;
}

// The sum of the values. They are numbers, or structs with an operator+=.
template <class V>
sum_of<V> sum(const std::vector<V>& values) {
  return sum(values, [](const V& value) -> const V& { return value; });
}

// Applies `projection` to each value and returns the greatest result, by operator<. Returns a
// value-initialised result when there is no value.
template <class V, class P>
detail::projected<V, P> max(const std::vector<V>& values, P projection) {
  detail::projected<V, P> greatest{};
  bool is_first = true;
  for (const V& value : values) {
    detail::projected<V, P> candidate = std::invoke(projection, value);
    if (std::exchange(is_first, false) || greatest < candidate)
      greatest = candidate;
  }
  return greatest;
}

// The greatest value.
template <class V>
V max(const std::vector<V>& values) {
  return max(values, [](const V& value) -> const V& { return value; });
}

}  // namespace ebpfkit
