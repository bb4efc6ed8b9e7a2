// The files that put a BPF object into an application.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "btf/type_graph.hpp"
#include "object/bpf_object_file.hpp"
#include "skeleton/header_scanner.hpp"
#include "skeleton/identifiers.hpp"

namespace ebpfkit::host {

// A header of the application. It declares types that the BPF program also has.
struct shared_header {
  std::string include_name;    // as in #include "..."
  std::filesystem::path path;  // where it is now
};

struct skeleton_request {
  // C identifier: names the C++ owner. The owner's name has `_` behind it when C++ reserves the
  // name (class) or when the owner has a member of this name (load).
  std::string name;
  std::vector<std::string> types;  // more types to define: "event", "struct event"
  std::vector<shared_header> shared_headers;
  std::string symbol;  // C identifier: prefix of the symbols of the object's bytes; empty: the name

  std::string c_name = {};  // C identifier: names the C skeleton; empty: as bpftool names it

  std::string bytes_symbol() const { return (symbol.empty() ? name : symbol) + "_ebpf_object"; }

  // libbpf's name of the object. It is the prefix of the names of maps that hold globals, and it
  // names the struct and the functions of the C skeleton. `bpftool gen skeleton NAME.bpf.o` derives
  // it from the name of the file (get_obj_name() in bpftool's gen.c).
  std::string object_name() const { return c_name.empty() ? name + "_bpf" : c_name; }

  // The file name of the C skeleton.
  std::string c_header_name() const { return (c_name.empty() ? name : c_name) + ".skel.h"; }
};

// Returns the C skeleton: the output of `bpftool gen skeleton`, changed so that it refers to the
// object's bytes, has types of fixed layout and includes all headers that it needs. bpftool gets an
// object of the other byte order as a copy that is converted to this machine's. The copy is in a
// temporary directory beside `output`, the header that the caller will write. Throws `failure` for
// errors of bpftool, unknown types, and names that C does not allow.
std::string make_c_skeleton(const bpf_object_file& object, const skeleton_request& request,
                            const std::string& bpftool, const std::filesystem::path& output);

// Rewrites the text that bpftool printed. This part of make_c_skeleton() does not run bpftool.
// Throws a `failure` with `bpftool_version` when the text lacks an expected part.
std::string rewrite_bpftool_skeleton(const std::string& text, const bpf_object_file& object,
                                     const skeleton_request& request,
                                     const std::string& bpftool_version);

// Returns the C++ skeleton: a class `<cxx_namespace>::<name>` that uses EbpfKit::runtime. Throws
// `failure` for unknown types, and for a namespace that C++ does not allow.
std::string make_cxx_skeleton(const bpf_object_file& object, const skeleton_request& request,
                              const std::string& cxx_namespace);

// Returns the source file that both skeletons need. It is valid C and C++. It includes the object's
// bytes with `.incbin` and defines the symbols `bytes_symbol()` and `bytes_symbol()` + `_size`. It
// contains the object's absolute path and hash.
std::string make_object_source(const bpf_object_file& object, const skeleton_request& request);

// Throws `failure` unless `name` is a C identifier.
void check_program_name(const std::string& name);

// Throws `failure` unless `name` can name the struct of a C skeleton, in C and in C++.
void check_skeleton_name(const std::string& name);

// C identifiers for the data sections of the object, in its order. Two sections whose names give
// the same identifier (.data.a.b and .data.a_b) get different ones. Gives none of the names of
// `scope`, and adds its own there. `type_suffix` makes the name of a section's type out of its
// identifier, and such a name is not given either; empty: there is no such type.
std::vector<std::string> section_identifiers(const bpf_object_file& object, name_scope& scope,
                                             std::string_view type_suffix);

// What the headers declare. Throws `failure` when one cannot be read or named in an #include.
declared_types read_shared_headers(const std::vector<shared_header>& headers);

// Finds structs, unions, enums and typedefs by name ("event", "struct event"). Throws one `failure`
// that lists all types that the object does not have.
std::vector<type_id> find_types(const bpf_object_file& object,
                                const std::vector<std::string>& names);

}  // namespace ebpfkit::host
