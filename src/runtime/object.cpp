#include "ebpfkit/object.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include <vector>

#include "diagnosis.hpp"
#include "ebpfkit/link.hpp"
#include "log_capture.hpp"
#include "text.hpp"
#include "verifier_log_file.hpp"

namespace ebpfkit {

// libbpf's own skeleton functions do the work: only they map the sections' memory on kernel maps
// (bpf_object__load does it since libbpf 1.6) and know which programs attach by themselves.
struct object::state {
  std::string name;
  bpf_object* opened = nullptr;
  result<void> (*check)(const bpf_object* object) = nullptr;
  std::vector<bpf_map*> maps;  // those of the description, then those of its sections
  std::vector<void*> sections;
  std::vector<bpf_program*> programs;
  std::vector<bpf_link*> links;  // by program; null: not attached
  std::vector<link> struct_ops_links;
  std::vector<bpf_map_skeleton> map_slots;
  std::vector<bpf_prog_skeleton> program_slots;
  bpf_object_skeleton skeleton{};

  explicit state(const object_description& description);
  ~state();
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  result<void> check_section_sizes(const object_description& description) const;
  result<void> attach_programs();
  result<void> attach_struct_ops();
  void detach() noexcept;
};

object::state::state(const object_description& description)
    : name(description.name),
      check(description.check),
      maps(description.map_count + description.section_count),
      sections(description.section_count),
      programs(description.program_count),
      links(description.program_count),
      map_slots(maps.size()),
      program_slots(programs.size()) {
  for (std::size_t i = 0; i < maps.size(); ++i) {
    auto& slot = map_slots[i];
    slot.map = &maps[i];
    if (i < description.map_count) {
      slot.name = description.maps[i];
    } else {
      slot.name = description.sections[i - description.map_count].name;
      slot.mmaped = &sections[i - description.map_count];
    }
  }
  for (std::size_t i = 0; i < programs.size(); ++i) {
    auto& slot = program_slots[i];
    slot.name = description.programs[i];
    slot.prog = &programs[i];
    slot.link = &links[i];
  }
  skeleton.sz = sizeof(skeleton);
  skeleton.name = description.name;
  // Some versions of libbpf declare it as a pointer to mutable bytes; none writes to them.
  skeleton.data = const_cast<unsigned char*>(description.bytes);
  skeleton.data_sz = description.size;
  skeleton.obj = &opened;
  skeleton.map_cnt = static_cast<int>(map_slots.size());
  skeleton.map_skel_sz = sizeof(bpf_map_skeleton);
  skeleton.maps = map_slots.data();
  skeleton.prog_cnt = static_cast<int>(program_slots.size());
  skeleton.prog_skel_sz = sizeof(bpf_prog_skeleton);
  skeleton.progs = program_slots.data();
}

object::state::~state() {
  detach();
  bpf_object__close(opened);
}

// The structs of a skeleton that was generated from another object must not reach behind the
// memory.
result<void> object::state::check_section_sizes(const object_description& description) const {
  for (std::size_t i = 0; i < description.section_count; ++i) {
    const auto& section = description.sections[i];
    if (bpf_map__value_size(maps[description.map_count + i]) >= section.size)
      continue;
    auto failure = detail::diagnose("open", detail::quoted("object", name.c_str()), EINVAL);
    failure.remedy =
        detail::joined({"Its section '", section.name,
                        "' is smaller than the skeleton says: build object and skeleton again."});
    return failure;
  }
  return {};
}

result<void> object::state::attach_programs() {
  for (auto& slot : program_slots) {
    if (*slot.link)
      continue;
    // One at a time: then it is clear which one failed.
    bpf_object_skeleton single = skeleton;
    single.map_cnt = 0;
    single.maps = nullptr;
    single.prog_cnt = 1;
    single.progs = &slot;
    detail::log_capture log;
    if (const int code = bpf_object__attach_skeleton(&single))
      return detail::diagnose("attach", detail::quoted("program", slot.name), code, log.take());
  }
  return {};
}

result<void> object::state::attach_struct_ops() {
  if (!struct_ops_links.empty())
    return {};
  for (bpf_map* map : maps) {
    if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS || !bpf_map__autocreate(map))
      continue;
    detail::log_capture log;
    bpf_link* attached = bpf_map__attach_struct_ops(map);
    if (const auto code = static_cast<int>(libbpf_get_error(attached)))
      return detail::diagnose("attach", detail::quoted("map", bpf_map__name(map)), code,
                              log.take());
    struct_ops_links.emplace_back(attached);
  }
  return {};
}

void object::state::detach() noexcept {
  while (!struct_ops_links.empty())
    struct_ops_links.pop_back();
  for (auto attached = links.rbegin(); attached != links.rend(); ++attached) {
    bpf_link__destroy(*attached);
    *attached = nullptr;
  }
}

object::object(std::unique_ptr<state> opened) : state_(std::move(opened)) {}
object::object(object&&) noexcept = default;
object& object::operator=(object&&) noexcept = default;
object::~object() = default;

result<object> object::try_open(const object_description& description,
                                const bpf_object_open_opts* options) {
  auto opened = std::make_unique<state>(description);
  detail::log_capture log;
  if (const int code = bpf_object__open_skeleton(&opened->skeleton, options))
    return detail::diagnose("open", detail::quoted("object", description.name), code, log.take());
  if (const auto checked = opened->check_section_sizes(description); !checked)
    return checked.error();
  return object(std::move(opened));
}

result<void> object::try_load(const load_options& options) {
  if (state_->check && !options.force_fixed_layout) {
    if (auto checked = state_->check(state_->opened); !checked)
      return checked;
  }
  auto log_file = detail::verifier_log_file::open(options.verifier_log_file);
  if (!log_file)
    return log_file.error();
  if (*log_file)
    log_file->request_logs(state_->opened, options.verifier_log_level);
  detail::log_capture log(static_cast<bool>(*log_file));
  const int code = bpf_object__load_skeleton(&state_->skeleton);
  auto printed = log.take();
  const auto written = log_file->write(printed);
  if (code != 0)
    return detail::diagnose("load", detail::quoted("object", state_->name.c_str()), code,
                            std::move(printed));
  return written;
}

result<void> object::try_attach() {
  const auto before = state_->links;
  auto done = state_->attach_programs();
  if (done)
    done = state_->attach_struct_ops();
  if (done)
    return done;
  for (std::size_t i = state_->links.size(); i-- > 0;) {
    if (state_->links[i] == before[i])
      continue;
    bpf_link__destroy(state_->links[i]);
    state_->links[i] = nullptr;
  }
  return done;
}

void object::detach() noexcept {
  if (state_)
    state_->detach();
}

bpf_object* object::get() const noexcept {
  return state_ ? state_->opened : nullptr;
}

bpf_map* object::map(std::size_t index) const noexcept {
  return state_->maps[index];
}

bpf_program* object::program(std::size_t index) const noexcept {
  return state_->programs[index];
}

void* object::section(std::size_t index) const noexcept {
  void* memory = state_->sections[index];
  if (!memory)
    abort();
  return memory;
}

}  // namespace ebpfkit
