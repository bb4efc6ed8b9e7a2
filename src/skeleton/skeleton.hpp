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

// A header of the application that declares types which the BPF program has too.
struct shared_header {
  std::string include_name;    // as in #include "..."
  std::filesystem::path path;  // where it is now
};

struct skeleton_request {
  std::string name;                // C identifier: names the C++ owner
  std::vector<std::string> types;  // more types to define: "event", "struct event"
  std::vector<shared_header> shared_headers;
  std::string
      symbol;  // C identifier that begins the symbols of the object's bytes; empty: the name

  std::string c_name = {};  // C identifier that names the C skeleton; empty: as bpftool names it

  std::string bytes_symbol() const { return (symbol.empty() ? name : symbol) + "_ebpf_object"; }

  // The name that libbpf has for the object. It begins the names of the maps that hold globals, and
  // it names the struct and the functions of the C skeleton. `bpftool gen skeleton NAME.bpf.o`
  // takes it from the name of the file (get_obj_name() in bpftool's gen.c).
  std::string object_name() const { return c_name.empty() ? name + "_bpf" : c_name; }

  // The file name of the C skeleton.
  std::string c_header_name() const { return (c_name.empty() ? name : c_name) + ".skel.h"; }
};

// The C skeleton: what `bpftool gen skeleton` makes, with the object's bytes by reference and with
// types of fixed layout; includes all it needs. For an object of the other byte order that this
// bpftool refuses: a header whose only content is an #error that says so. Throws `failure`:
// bpftool's words, unknown types, names that C does not allow.
std::string make_c_skeleton(const bpf_object_file& object, const skeleton_request& request,
                            const std::string& bpftool);

// The part of it that needs no bpftool: rewrites the text that bpftool printed. `bpftool_version`
// is for the `failure` that is thrown when the text does not have the expected parts.
std::string rewrite_bpftool_skeleton(const std::string& text, const bpf_object_file& object,
                                     const skeleton_request& request,
                                     const std::string& bpftool_version);

// The C++ skeleton: a class `<cxx_namespace>::<name>` over EbpfKit::runtime. Throws as above.
std::string make_cxx_skeleton(const bpf_object_file& object, const skeleton_request& request,
                              const std::string& cxx_namespace);

// The source, C and C++, that both need: the object's bytes through `.incbin`, as
// `bytes_symbol()` and that with `_size`. It has the object's absolute path and hash in it.
std::string make_object_source(const bpf_object_file& object, const skeleton_request& request);

// Throws `failure` unless `name` can name a type in C and C++.
void check_skeleton_name(const std::string& name);

// C identifiers for the data sections of the object, in its order. Two sections whose names give
// the same identifier (.data.a.b and .data.a_b) get different ones. Gives none of the names of
// `scope`, and adds its own there. `type_suffix` makes the name of a section's type out of its
// identifier, and such a name is not given either; empty: there is no such type.
std::vector<std::string> section_identifiers(const bpf_object_file& object, name_scope& scope,
                                             std::string_view type_suffix);

// What the headers declare. Throws `failure` when one cannot be read or named in an #include.
declared_types read_shared_headers(const std::vector<shared_header>& headers);

// The types that `names` tell ("event", "struct event"; struct, union, enum or typedef). Throws one
// `failure` for all that the object does not have.
std::vector<type_id> find_types(const bpf_object_file& object,
                                const std::vector<std::string>& names);

}  // namespace ebpfkit::host
