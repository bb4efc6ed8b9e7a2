// What an object needs and the BTF of a kernel lacks, apart from CO-RE relocations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "btf/type_graph.hpp"
#include "object/bpf_object_file.hpp"

namespace ebpfkit::host {

// One text each, such as "kernel function 'bpf_new' (__ksym)": hooks that the kernel finds in its
// own BTF (fentry, fexit, fmod_ret, tp_btf, lsm, iter), and kernel functions and typed variables
// that are declared __ksym without __weak. libbpf refuses to load the object there. A module of the
// kernel may have what its BTF lacks.
//
// Ignores sections whose names start with `?`: libbpf loads what they hold only if the application
// asks for it.
std::vector<std::string> find_missing_in_kernel(const bpf_object_file& object,
                                                const std::shared_ptr<const type_graph>& kernel);

}  // namespace ebpfkit::host
