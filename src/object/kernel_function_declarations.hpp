// The kernel functions (__ksym) that BPF sources declare.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {

// Removes from the BTF section .ksyms of `object`, the bytes of a compiled source, the functions
// that `declared` has, and adds its other ones there. The functions themselves stay in the BTF.
//
// libbpf's linker asks for the size of what a second source declares in a section that it already
// knows, and a function has none (linker_append_btf() in linker.c, as of libbpf 1.5). It takes a
// function without a section as one that is declared already.
//
// Returns whether `object` changed. Throws `failure` for damaged ELF or BTF.
bool leave_out_declared_functions(std::vector<std::uint8_t>& object, std::string_view shown,
                                  std::set<std::string>& declared);

}  // namespace ebpfkit::host
