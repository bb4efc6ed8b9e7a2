#include "ebpfkit/object_view.hpp"

#include <bpf/libbpf.h>
#include <errno.h>

#include <string>

#include "../errors/worded_diagnosis.hpp"
#include "known_names.hpp"

namespace ebpfkit {

bpf_program* detail::next_of(const bpf_object* object, bpf_program* previous) noexcept {
  return bpf_object__next_program(object, previous);
}

bpf_map* detail::next_of(const bpf_object* object, bpf_map* previous) noexcept {
  return bpf_object__next_map(object, previous);
}

const char* object_view::name() const noexcept {
  return bpf_object__name(object_);
}

bool object_view::is_section(const untyped_map& map) noexcept {
  return bpf_map__is_internal(map.get());
}

result<program> object_view::find_program(const std::string& name) const {
  if (bpf_program* found = bpf_object__find_program_by_name(object_, name.c_str()))
    return ebpfkit::program(found);
  detail::known_names names(name);
  for (const auto each : programs())
    names.add(each.name());
  return detail::failed_to("find", "program", name.c_str(), ENOENT, names.remedy("program"));
}

result<bpf_map*> object_view::find(const std::string& name) const {
  if (bpf_map* found = bpf_object__find_map_by_name(object_, name.c_str()))
    return found;
  detail::known_names names(name);
  for (const auto each : maps())
    names.add(each.name());
  return detail::failed_to("find", "map", name.c_str(), ENOENT, names.remedy("map"));
}

}  // namespace ebpfkit
