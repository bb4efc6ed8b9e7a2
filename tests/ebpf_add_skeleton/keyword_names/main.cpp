#include "exported.hpp"
#include "many_maps.skel.hpp"
#include "many_programs.skel.hpp"
#include "types.skel.hpp"
#include "variables.skel.hpp"

bool opens_with_the_c_interface();

static_assert(sizeof(exported::records) == sizeof(ebpf::types::records));

int main() {
  auto variables = ebpf::variables::open().value();
  auto maps = ebpf::many_maps::open().value();
  auto programs = ebpf::many_programs::open().value();
  auto types = ebpf::types::open().value();
  const bool is_right = variables.data().contract_assert_ == 1 &&
                        variables.rodata().constant.class_ == 1 && maps.maps().constexpr_.get() &&
                        programs.programs().nullptr_.get() &&
                        types.bss().records.of_this.this_ == 0;
  return is_right && opens_with_the_c_interface() ? 0 : 1;
}
