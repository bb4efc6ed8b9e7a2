#include "many_maps.skel.h"
#include "many_programs.skel.h"
#include "types.skel.h"
#include "variables.skel.h"

bool opens_with_the_c_interface();
bool opens_with_the_c_interface() {
  auto* maps = many_maps_bpf::open();
  const bool is_open = maps != nullptr && maps->maps.new_ != nullptr;
  many_maps_bpf::destroy(maps);
  return is_open;
}
