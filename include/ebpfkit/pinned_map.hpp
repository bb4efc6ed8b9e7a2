// A map that is in the kernel, opened by its pin or its id without an object that declares it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "ebpfkit/result.hpp"
#include "ebpfkit/untyped_map.hpp"

struct bpf_object;

namespace ebpfkit {

// Holds a map by its descriptor. Move-only. The map stays in the kernel while it is pinned, used by
// a program or held. Its views are valid as long as this object, also when it is moved.
//
//   auto pinned = ebpfkit::pinned_map::open("/sys/fs/bpf/packets/counts").value();
//   auto counts = pinned.as<ebpfkit::map<int, counter>>().value();
class [[nodiscard]] pinned_map {
 public:
  // Opens what is pinned at `path`. Errors: ENOENT when nothing is pinned there; EINVAL when it is
  // a program or a link; EACCES or EPERM without the right to open it.
  static result<pinned_map> open(const std::string& path);

  // Opens the map with this id, whoever made it, pinned or not. So an inner map gets a typed view:
  // map_of_maps::find_id() gives its id. Linux 4.13. Errors: ENOENT when there is no such map,
  // EPERM without CAP_SYS_ADMIN.
  //
  //   auto inner = ebpfkit::pinned_map::open_id(*tables.find_id(7).value()).value();
  //   auto table = inner.as<ebpfkit::map<int, counter>>().value();
  static result<pinned_map> open_id(std::uint32_t id);

  pinned_map(pinned_map&&) noexcept;
  pinned_map& operator=(pinned_map&&) noexcept;
  pinned_map(const pinned_map&) = delete;
  pinned_map& operator=(const pinned_map&) = delete;
  ~pinned_map();

  // The map without types: name, descriptor, pins (unpin(path) removes the pin). Its name is the
  // one in the kernel, which has at most 15 characters.
  untyped_map map() const noexcept { return untyped_map(map_); }

  // The map as a typed view. The error is EINVAL when the class is not for maps of this type, or
  // when the sizes of key or value are not those of the map. The types' members are not compared.
  template <class Map>
  result<Map> as() const {
    return map().as<Map>();
  }

 private:
  struct closer {
    void operator()(bpf_object* opened) const noexcept;
  };
  explicit pinned_map(bpf_object* owned) noexcept;
  static result<pinned_map> view(int opened_fd, const std::string& which, const char* absent);

  std::unique_ptr<bpf_object, closer> object_;
  bpf_map* map_ = nullptr;
};

}  // namespace ebpfkit
