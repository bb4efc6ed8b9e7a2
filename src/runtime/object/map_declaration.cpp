#include "ebpfkit/map_declaration.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "../errors/log_capture.hpp"
#include "../maps/map_difference.hpp"
#include "../system/descriptor_target.hpp"
#include "../system/text.hpp"
#include "declaration_error.hpp"

namespace ebpfkit {
namespace {

// EBUSY when the map or its object is in the kernel. libbpf looks at the map alone in some of its
// functions, and at nothing in others.
int busy(bpf_map* map) {
  return bpf_map__fd(map) >= 0 ? EBUSY : bpf_map__set_autocreate(map, bpf_map__autocreate(map));
}

// Calls `set`, which returns 0 or a negative errno. `remedy_of(code)` gives the remedy.
template <class Set, class Remedy>
result<void> change(bpf_map* map, const char* operation, Set set, Remedy remedy_of) {
  detail::log_capture log;
  int code = busy(map);
  const bool is_busy = code != 0;
  if (!is_busy)
    code = set();
  if (code == 0)
    return {};
  return detail::not_declared(operation, "map", bpf_map__name(map), code,
                              is_busy ? std::string() : remedy_of(), log.take());
}

template <class Set>
result<void> change(bpf_map* map, const char* operation, Set set) {
  return change(map, operation, set, [] { return std::string(); });
}

}  // namespace

unsigned map_declaration::type() const noexcept {
  return bpf_map__type(map_);
}

std::uint32_t map_declaration::key_size() const noexcept {
  return bpf_map__key_size(map_);
}

std::uint32_t map_declaration::value_size() const noexcept {
  return bpf_map__value_size(map_);
}

std::uint32_t map_declaration::max_entries() const noexcept {
  return bpf_map__max_entries(map_);
}

std::uint32_t map_declaration::flags() const noexcept {
  return bpf_map__map_flags(map_);
}

std::uint64_t map_declaration::extra() const noexcept {
  return bpf_map__map_extra(map_);
}

bool map_declaration::autocreate() const noexcept {
  return bpf_map__autocreate(map_);
}

result<void> map_declaration::set_type(unsigned type) {
  return change(map_, "set the type of",
                [&] { return bpf_map__set_type(map_, static_cast<bpf_map_type>(type)); });
}

result<void> map_declaration::set_key_size(std::uint32_t size) {
  return change(map_, "set the key size of", [&] { return bpf_map__set_key_size(map_, size); });
}

result<void> map_declaration::set_value_size(std::uint32_t size) {
  return change(
      map_, "set the value size of",
      [&] { return bpf_map__is_internal(map_) ? -EINVAL : bpf_map__set_value_size(map_, size); },
      [&] {
        return std::string(
            bpf_map__is_internal(map_)
                ? "It is the memory of global variables: change the variables in the BPF source."
                : "");
      });
}

result<void> map_declaration::set_max_entries(std::uint32_t count) {
  return change(map_, "set the max_entries of",
                [&] { return bpf_map__set_max_entries(map_, count); });
}

result<void> map_declaration::set_flags(std::uint32_t flags) {
  return change(map_, "set the flags of", [&] { return bpf_map__set_map_flags(map_, flags); });
}

result<void> map_declaration::set_extra(std::uint64_t extra) {
  return change(map_, "set the map_extra of", [&] { return bpf_map__set_map_extra(map_, extra); });
}

result<void> map_declaration::set_autocreate(bool create) {
  return change(map_, "set the autocreate of",
                [&] { return bpf_map__set_autocreate(map_, create); });
}

result<void> map_declaration::set_numa_node(std::uint32_t node) {
  return change(map_, "set the NUMA node of", [&] {
    const int code = bpf_map__set_map_flags(map_, bpf_map__map_flags(map_) | BPF_F_NUMA_NODE);
    return code != 0 ? code : bpf_map__set_numa_node(map_, node);
  });
}

result<void> map_declaration::set_interface(const network_interface& device) {
  const auto index = device.index();
  return change(
      map_, "set the interface of",
      [&] { return index == 0 ? -ENODEV : bpf_map__set_ifindex(map_, index); },
      [&] {
        return index == 0 ? detail::formatted("There is no %s.", device.text().c_str())
                          : std::string();
      });
}

result<void> map_declaration::set_initial_value(const void* bytes, std::size_t size) {
  return change(
      map_, "set the initial value of",
      [&] { return bpf_map__set_initial_value(map_, bytes, size); },
      [&] {
        return bpf_map__is_internal(map_)
                   ? detail::formatted("It has %u bytes, the value has %zu.",
                                       bpf_map__value_size(map_), size)
                   : "Only sections of global variables have one: fill other maps after load().";
      });
}

result<void> map_declaration::set_inner_map(const untyped_map& loaded) {
  const int inner = loaded.fd();
  return change(
      map_, "set the inner map of",
      [&] { return inner < 0 ? -EBADF : bpf_map__set_inner_map_fd(map_, inner); },
      [&] {
        return std::string(
            inner < 0 ? "The inner map is not loaded: load its object first."
                      : "Only arrays and hashes of maps (BPF_MAP_TYPE_ARRAY_OF_MAPS, "
                        "BPF_MAP_TYPE_HASH_OF_MAPS) have inner maps, and it can be set once.");
      });
}

result<void> map_declaration::share(const untyped_map& loaded) {
  return share_fd(loaded.fd());
}

result<void> map_declaration::share_fd(int map_fd) {
  std::string remedy;
  return change(
      map_, "share",
      [&] {
        bpf_map_info found{};
        std::uint32_t size = sizeof(found);
        char kind[64];
        // The kernel also tells about programs, in another struct.
        if (map_fd < 0 || detail::descriptor_target(map_fd, kind) != "anon_inode:bpf-map" ||
            bpf_obj_get_info_by_fd(map_fd, &found, &size) != 0) {
          remedy = "What is to be shared is no map, or its object is not loaded.";
          return -EBADF;
        }
        const auto difference = detail::map_difference(found, map_);
        if (!difference.empty()) {
          remedy =
              detail::formatted("That map has %s. Make the two maps equal.", difference.c_str());
          return -EINVAL;
        }
        const int code = bpf_map__reuse_fd(map_, map_fd);
        // A map declared with LIBBPF_PIN_BY_NAME would be taken from its pin instead.
        if (code == 0)
          bpf_map__set_pin_path(map_, nullptr);
        return code;
      },
      [&] { return remedy; });
}

}  // namespace ebpfkit
