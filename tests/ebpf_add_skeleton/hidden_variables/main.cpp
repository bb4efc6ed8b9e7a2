#include "prog.skel.hpp"

#include <type_traits>
#include <utility>

template <class Skeleton, class = void>
struct has_bss : std::false_type {};
template <class Skeleton>
struct has_bss<Skeleton, std::void_t<decltype(std::declval<Skeleton&>().bss())>> : std::true_type {
};
static_assert(!has_bss<ebpf::prog>::value);

int main() {
  auto skeleton = ebpf::prog::open();
  return !skeleton || skeleton->data().limit != 5;
}
