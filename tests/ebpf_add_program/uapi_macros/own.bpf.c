#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

// The source gives these names meanings of its own.
#define ETH_P_IP 1
enum own_constants { ETH_P_ARP = 2, ETH_P_IPV6 };
enum { TC_ACT_OK, TC_ACT_SHOT };
static const int AF_INET = 4;
struct own {
  int ETH_ALEN;
} TC_ACT_PIPE;
typedef struct {
  int member;
} ETH_HLEN;

// Only the preprocessor could tell these.
#define VERDICTS(apply) apply(TC_ACT_QUEUED) apply(TC_ACT_REPEAT)
#define ENUMERATOR(name) name,
enum verdict { VERDICTS(ENUMERATOR) };

// The source asks for this one, so the header must not define it.
#ifdef EPERM
#error "EPERM is defined"
#endif

_Static_assert(ETH_P_IP == 1 && ETH_P_ARP == 2 && ETH_P_IPV6 == 3, "");
_Static_assert(TC_ACT_OK == 0 && TC_ACT_SHOT == 1, "");

static int add(int PATH_MAX, ETH_HLEN* own) {
  const int TC_ACT_STOLEN = PATH_MAX + own->member;
  return TC_ACT_STOLEN + AF_INET + TC_ACT_PIPE.ETH_ALEN;
}

SEC("tc")
int own(struct __sk_buff* skb) {
  ETH_HLEN length = {.member = (int)skb->len};
  return add(1, &length) + TC_ACT_REPEAT;
}

char LICENSE[] SEC("license") = "GPL";
