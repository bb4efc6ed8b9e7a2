#include "ebpfkit/kernel_symbols.hpp"

int main() {
  return ebpfkit::kernel_symbols::parse("ffffffff81000000 T x\n").value().size() == 1 ? 0 : 1;
}
