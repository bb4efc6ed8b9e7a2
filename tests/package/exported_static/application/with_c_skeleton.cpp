#include <calls.skel.h>

int main() {
  calls_bpf* calls = calls_bpf__open();
  const bool fine = calls != nullptr && calls->data->limit == 1000;
  calls_bpf__destroy(calls);
  return fine ? 0 : 1;
}
