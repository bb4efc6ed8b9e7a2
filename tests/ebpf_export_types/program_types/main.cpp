#include "shared_types.hpp"

#include <cstdio>

int main() {
  std::printf("size=%zu when=%zu kind=%zu length=%zu address=%zu name=%zu\n", sizeof(prog::event),
              offsetof(prog::event, when), offsetof(prog::event, kind),
              offsetof(prog::event, length), offsetof(prog::event, address),
              offsetof(prog::event, name));
  return prog::KIND_CLOSE == 2 ? 0 : 1;
}
