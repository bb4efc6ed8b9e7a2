// struct_ops maps that load() does not make, for libbpf before 1.4.
//
// Those versions look up the type of each struct_ops map in the kernel's BTF, also when the map is
// not made (bpf_object__init_kern_struct_ops_maps() of libbpf.c). They have read that BTF only if
// something needs it that is loaded, such as a struct_ops program (obj_needs_vmlinux_btf()).
// Without it, find_struct_ops_kern_types() uses a null pointer. libbpf 1.4 passes over maps that
// are not made, and loads the programs of the other ones, whatever their autoload says
// (bpf_object_adjust_struct_ops_autoload()).
#pragma once

struct bpf_object;

namespace ebpfkit::detail {

// Hides the maps from bpf_object__load(). Does nothing with libbpf 1.4 and newer, and when the
// object loads a struct_ops program: the older libbpf must see that program's map, and does not
// tell which one that is. Returns the name of a struct_ops map that is made while no struct_ops
// program is loaded: libbpf would crash, so do not load the object. Null: there is none.
const char* hide_unmade_struct_ops(bpf_object* object);

// Ends what hide_unmade_struct_ops() did, if it did anything.
void show_unmade_struct_ops(bpf_object* object);

// Hides the maps while it lives.
class unmade_struct_ops {
 public:
  explicit unmade_struct_ops(bpf_object* object) : object_(object) {
    static_cast<void>(hide_unmade_struct_ops(object));
  }
  ~unmade_struct_ops() { show_unmade_struct_ops(object_); }
  unmade_struct_ops(const unmade_struct_ops&) = delete;
  unmade_struct_ops& operator=(const unmade_struct_ops&) = delete;

 private:
  bpf_object* object_;
};

// Sets autoload of the object's struct_ops programs to false, as libbpf 1.4 does itself, if the
// object has struct_ops maps and none of them is made.
void leave_out_unused_struct_ops(bpf_object* object);

}  // namespace ebpfkit::detail
