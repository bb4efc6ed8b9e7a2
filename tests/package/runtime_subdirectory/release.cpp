#include <ebpfkit/btf_source.hpp>
#include <string>

std::string complaint_about_release(const char* release);
std::string complaint_about_release(const char* release) {
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.release = release;
  const auto found = ebpfkit::btf_source::find({}, search);
  return found ? "none" : found.error().message();
}
