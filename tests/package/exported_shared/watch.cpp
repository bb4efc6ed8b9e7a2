#include "watch.hpp"

#include <stdexcept>
#include <string>

#include <unistd.h>

#include "calls.skel.hpp"
#include "kernels.btf.hpp"

int default_limit() {
  return ebpf::calls::open().value().data().limit;
}

std::string watch_own_calls() {
  // The running kernel's own BTF is hidden, so that the embedded one is found.
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  const auto btf = ebpfkit::btf_source::find(ebpf::kernels(), search).value();
  auto calls = ebpf::calls::open(btf.open_options()).value();
  calls.rodata().wanted_process = getpid();
  calls.load().value();
  calls.attach().value();
  const auto before = calls.bss().total.calls;
  for (int i = 0; i < 100; ++i)
    getppid();
  return btf.description() + ", " + std::to_string(calls.bss().total.calls - before) + " calls";
}

void fail() {
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.release = "1.0";
  static_cast<void>(ebpfkit::btf_source::find({}, search).value());
  throw std::logic_error("found BTF");
}
