#include <cstdio>
#include <ebpfkit/btf_source.hpp>

// Asks for the BTF of a kernel that does not exist, and prints the error.
int main() {
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.release = "1.0";
  const auto found = ebpfkit::btf_source::find({}, search);
  std::puts(found ? "found" : found.error().message().c_str());
}
