#include "many_maps.skel.h"
#include "many_programs.skel.h"
#include "types.skel.h"
#include "variables.skel.h"

int main(void) {
  struct variables_bpf* variables = variables_bpf__open();
  struct many_maps_bpf* maps = many_maps_bpf__open();
  struct many_programs_bpf* programs = many_programs_bpf__open();
  struct types_bpf* types = types_bpf__open();
  const int wrong = !variables || !maps || !programs || !types ||
                    variables->data->contract_assert_ != 1 ||
                    variables->rodata->constant.class_ != 1 || !maps->maps.constexpr_ ||
                    !programs->progs.nullptr_ || types->bss->records.of_this.this_;
  variables_bpf__destroy(variables);
  many_maps_bpf__destroy(maps);
  many_programs_bpf__destroy(programs);
  types_bpf__destroy(types);
  return wrong;
}
