// An object that the application opens from a file or from bytes, without a generated skeleton.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

#include "ebpfkit/object.hpp"
#include "ebpfkit/object_view.hpp"
#include "ebpfkit/result.hpp"

namespace ebpfkit {

// Owns an opened object and the links that its attach() made, as a skeleton does. Move-only.
//
//   auto opened = ebpfkit::dynamic_object::open_file("packets.bpf.o").value();
//   *opened.global<int>("wanted_port").value() = 53;
//   opened.load().value();
//   opened.attach().value();
//   auto counts = opened.find_map<ebpfkit::map<int, counter>>("counts").value();
class [[nodiscard]] dynamic_object {
 public:
  dynamic_object(dynamic_object&&) noexcept;
  dynamic_object& operator=(dynamic_object&&) noexcept;
  ~dynamic_object();

  // Opens the object file at `path`. Its name is what stands before the first dot of the file's
  // name. `options` go to libbpf and may be null. Errors: those of open(2) and read(2), EFBIG for a
  // file of more than 256 MiB, EINVAL for what is no regular file, and those of open_bytes().
  static result<dynamic_object> open_file(const std::string& path,
                                          const bpf_object_open_opts* options = nullptr);

  // Opens the object in memory, of which it makes a copy. `name` names the object in errors and,
  // cut to fit, its sections in the kernel. Errors: EINVAL when there are no bytes; libbpf's errors
  // when the bytes are no BPF object.
  static result<dynamic_object> open_bytes(const void* bytes, std::size_t size,
                                           const std::string& name,
                                           const bpf_object_open_opts* options = nullptr);

  // Opens the same bytes once more, as they were before load(), with the same name.
  result<dynamic_object> open_again(const bpf_object_open_opts* options = nullptr) const;

  // The same as object::load(), object::attach() and object::detach().
  result<void> load(const load_options& options = {});
  result<void> attach();
  void detach() noexcept;

  // The same as those of object_view.
  auto programs() const noexcept { return object_view(get()).programs(); }
  auto maps() const noexcept { return object_view(get()).maps(); }
  result<ebpfkit::program> find_program(const std::string& name) const {
    return object_view(get()).find_program(name);
  }
  template <class Map = untyped_map>
  result<Map> find_map(const std::string& name) const {
    return object_view(get()).find_map<Map>(name);
  }

  // A global variable of the BPF source, as memory. Before load() it is the initial value. After
  // load() it is the kernel's memory: a write to a constant (.rodata) or a __kconfig variable then
  // ends the process. Valid as long as the object. Errors: ENOENT when there is no such variable
  // (the error names the nearest) or the object has no BTF; EINVAL when T has another size; EAGAIN
  // for a __kconfig variable before load(), because libbpf has not read its value; EOPNOTSUPP after
  // load() on kernels before 5.5, which cannot share the memory.
  template <class T>
  result<T*> global(const std::string& name) const {
    static_assert(std::is_trivially_copyable_v<T>, "BPF programs share plain bytes");
    const auto found = global_bytes(name, sizeof(T));
    if (!found)
      return found.error();
    return static_cast<T*>(*found);
  }

  bpf_object* get() const noexcept;

 private:
  struct state;
  explicit dynamic_object(std::unique_ptr<state> opened) noexcept;
  result<void*> global_bytes(const std::string& name, std::size_t size) const;

  std::unique_ptr<state> state_;
};

}  // namespace ebpfkit
