#include <cstdio>
#include <ebpfkit/btf_source.hpp>

// Says that there is no BTF for a kernel that does not exist.
int main() {
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.release = "1.0";
  const auto found = ebpfkit::btf_source::find({}, search);
  std::puts(found ? "found" : found.error().message().c_str());
}
