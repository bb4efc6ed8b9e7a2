// Maps whose values are kernel objects.
#include <bpf/libbpf.h>
#include <errno.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "../errors/diagnosis.hpp"
#include "ebpfkit/descriptor_map.hpp"
#include "ebpfkit/device_map.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/untyped_map.hpp"

namespace ebpfkit {
namespace {

// struct bpf_devmap_val and struct bpf_cpumap_val of <linux/bpf.h>. Older kernels take the first
// member only. A map says by its value size which of the two it takes.
struct number_and_program {
  std::uint32_t number = 0;   // interface index or queue size
  std::int32_t program = -1;  // when written a descriptor (-1: none), when read an id
};

std::size_t redirect_value_size(const untyped_map& map) {
  return bpf_map__value_size(map.get()) == sizeof(std::uint32_t) ? sizeof(std::uint32_t)
                                                                 : sizeof(number_and_program);
}

}  // namespace

result<void> detail::descriptor_bytes::set_descriptor(const void* key, std::size_t key_size,
                                                      int descriptor, std::uint64_t flags) {
  if (descriptor < 0) {
    auto failure = failed(detail::operation::update, EBADF);
    failure.remedy =
        "The descriptor is not open. Load the object first if it is a program's or map's.";
    return failure;
  }
  // Maps of sockets have values of 4 or 8 bytes: the descriptor is a number of that size
  // (sock_map_update_elem_sys(), bpf_fd_reuseport_array_update_elem()).
  const std::uint64_t wide = static_cast<std::uint32_t>(descriptor);
  const auto narrow = static_cast<std::uint32_t>(descriptor);
  const bool is_wide = bpf_map__value_size(get()) == sizeof(wide);
  auto done = update_bytes(key, key_size, is_wide ? static_cast<const void*>(&wide) : &narrow,
                           is_wide ? sizeof(wide) : sizeof(narrow), flags);
  if (done || done.error().code != EINVAL)
    return done;
  auto failure = done.error();
  if (failure.remedy.empty())
    failure.remedy = "The map does not take this object: compare its type with the map's.";
  return failure;
}

result<bool> detail::descriptor_bytes::erase_object(const void* key, std::size_t key_size) {
  auto erased = erase_bytes(key, key_size);
  // sock_map_delete_elem() and xsk_map_delete_elem() give EINVAL or 0 for an empty slot.
  if (!erased && erased.error().code == EINVAL && key_size == bpf_map__key_size(get()))
    return false;
  return erased;
}

result<std::optional<std::uint32_t>> detail::descriptor_bytes::find_object_id(
    const void* key, std::size_t key_size) const {
  std::uint32_t id = 0;
  const auto found = find_bytes(key, key_size, &id, sizeof(id));
  if (!found)
    return found.error();
  return *found ? std::optional<std::uint32_t>(id) : std::nullopt;
}

result<void> detail::redirect_map::set_entry(std::uint32_t key, std::uint32_t number,
                                             const program* with) {
  number_and_program value;
  value.number = number;
  const auto size = redirect_value_size(*this);
  if (with && with->fd() < 0)
    return failed(detail::operation::update, EBADF);
  if (with && size != sizeof(value)) {
    auto failure = failed(detail::operation::update, EINVAL);
    failure.remedy =
        "The map's values have 4 bytes and no room for a program: declare values of 8 bytes "
        "(struct bpf_devmap_val or bpf_cpumap_val).";
    return failure;
  }
  if (with)
    value.program = with->fd();
  return update_bytes(&key, sizeof(key), &value, size, 0);
}

result<std::optional<detail::redirect_map::entry>> detail::redirect_map::find_entry(
    std::uint32_t key) const {
  number_and_program value;
  value.program = 0;
  const auto found = find_bytes(&key, sizeof(key), &value, redirect_value_size(*this));
  if (!found)
    return found.error();
  if (!*found)
    return std::optional<entry>();
  return std::optional<entry>(entry{value.number, static_cast<std::uint32_t>(value.program)});
}

result<void> device_map::set(std::uint32_t key, const network_interface& interface) {
  return set_interface(key, interface, nullptr);
}

result<void> device_map::set(std::uint32_t key, const network_interface& interface,
                             const program& on_egress) {
  return set_interface(key, interface, &on_egress);
}

result<void> device_map::set_interface(std::uint32_t key, const network_interface& interface,
                                       const program* with) {
  const unsigned index = interface.index();
  if (index != 0)
    return set_entry(key, index, with);
  auto failure = failed(detail::operation::update, ENODEV);
  failure.remedy = "There is no " + interface.text() + '.';
  return failure;
}

result<std::optional<device_entry>> device_map::find(std::uint32_t key) const {
  const auto found = find_entry(key);
  if (!found)
    return found.error();
  if (!*found)
    return std::optional<device_entry>();
  return std::optional<device_entry>(device_entry{(*found)->number, (*found)->program_id});
}

// The kernel does not tell whether an array had an entry.
result<bool> device_map::erase(std::uint32_t key) {
  const auto found = find(key);
  if (!found || !*found)
    return found ? result<bool>(false) : found.error();
  return erase_bytes(&key, sizeof(key));
}

result<void> cpu_map::set(std::uint32_t cpu, std::uint32_t queue_size) {
  return set_entry(cpu, queue_size, nullptr);
}

result<void> cpu_map::set(std::uint32_t cpu, std::uint32_t queue_size, const program& on_cpu) {
  return set_entry(cpu, queue_size, &on_cpu);
}

result<std::optional<cpu_entry>> cpu_map::find(std::uint32_t cpu) const {
  const auto found = find_entry(cpu);
  if (!found)
    return found.error();
  if (!*found)
    return std::optional<cpu_entry>();
  return std::optional<cpu_entry>(cpu_entry{(*found)->number, (*found)->program_id});
}

result<bool> cpu_map::erase(std::uint32_t cpu) {
  const auto found = find(cpu);
  if (!found || !*found)
    return found ? result<bool>(false) : found.error();
  return erase_bytes(&cpu, sizeof(cpu));
}

}  // namespace ebpfkit
