#include "prog.skel.hpp"

#include <type_traits>

int main() {
  auto skeleton = shared::prog::open().value();
  static_assert(std::is_same_v<std::decay_t<decltype(skeleton.bss().last)>, event>);
  event last = skeleton.bss().last;
  return last.process;
}
