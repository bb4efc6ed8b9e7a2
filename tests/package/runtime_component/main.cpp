#include <cstdio>
#include <ebpfkit/btf_source.hpp>
#include <ebpfkit/features.hpp>

int main() {
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.release = "1.0";
  const auto found = ebpfkit::btf_source::find({}, search);
  std::puts(found ? "found" : found.error().message().c_str());
  const auto features = ebpfkit::kernel_features::probe();
  static_cast<void>(features);
  return 0;
}
