#include <string>

#include "kernels.btf.hpp"
#include "prog.skel.h"
#include "prog.skel.hpp"

#define JOIN(first, second) first##second
#define NAME(first, second) JOIN(first, second)
#define PACKAGE_NAMESPACE NAME(PACKAGE, _ebpf)

namespace PACKAGE_NAMESPACE {

// The numbers that the C++ and the C skeleton find, and the kernel of the embedded BTF.
std::string numbers();
std::string numbers() {
  const int cxx = prog::open().value().data().number;
  prog_bpf* skeleton = prog_bpf__open();
  const int c = skeleton == nullptr ? -1 : skeleton->data->number;
  prog_bpf__destroy(skeleton);
  const auto release = std::to_string(cxx) + ".0";
  ebpfkit::btf_search search;
  search.kernel_btf = "/no/such/file";
  search.machine = "x86_64";
  search.release = release.c_str();
  return std::to_string(cxx) + ' ' + std::to_string(c) + ' ' +
         ebpfkit::btf_source::find(ebpf::kernels(), search).value().description();
}

}  // namespace PACKAGE_NAMESPACE
