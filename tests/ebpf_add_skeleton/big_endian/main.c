#include <elf.h>

#include "router.skel.h"

int byte_order_of_the_object(void) {
  const struct router_bpf__event event = {.port = 1};
  size_t size = 0;
  const unsigned char* bytes = router_bpf__elf_bytes(&size);
  return event.port == 1 && size > EI_NIDENT ? bytes[EI_DATA] : ELFDATANONE;
}
