#include "ebpfkit/object.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../errors/verifier_log_file.hpp"
#include "../system/text.hpp"
#include "load_remedy.hpp"

namespace ebpfkit {

namespace {

struct map_state {
  bpf_map* map;
  void* memory;          // for a section: its memory
  bpf_link* struct_ops;  // null: not attached
};

struct program_state {
  bpf_program* program;
  bpf_link* link;     // null: not attached
  bool was_attached;  // already attached before the current call of attach()
};

void destroy(bpf_link*& link) {
  bpf_link__destroy(link);
  link = nullptr;
}

// One function for all errors with a log keeps the loader small.
[[gnu::noinline]] ebpfkit::error failed(detail::operation operation, const char* kind,
                                        const char* name, int code, detail::log_capture& log) {
  return detail::diagnose_named(operation, kind, name, code, log.take());
}

// Blocks the signals of the calling thread. `before` gets those that were blocked before. Leaves
// those that an instruction of the thread itself causes: the kernel would kill the process instead
// of calling its handler.
void block_signals(sigset_t& before) {
  sigset_t blocked;
  sigfillset(&blocked);
  static constexpr int causes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
  for (const int caused : causes)
    sigdelset(&blocked, caused);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
}

}  // namespace

// Uses libbpf's own skeleton functions. Only they map the sections' memory to kernel maps (since
// libbpf 1.6, bpf_object__load does so too) and know which programs attach automatically.
struct object::state {
  bpf_object* opened = nullptr;
  result<void> (*check)(const bpf_object* object) = nullptr;
  std::string (*missing_hook)(std::string_view libbpf_log) = nullptr;
  result<void> (*struct_ops)(bpf_object* object, bool is_loaded) = nullptr;
  std::size_t first_section;  // the index of the first section's map, after the description's maps
  std::size_t map_count;
  std::size_t program_count;
  std::unique_ptr<map_state[]> maps;
  std::unique_ptr<program_state[]> programs;
  std::unique_ptr<bpf_map_skeleton[]> map_slots;
  std::unique_ptr<bpf_prog_skeleton[]> program_slots;
  bool has_struct_ops = false;  // attached
  bpf_object_skeleton skeleton{};

  explicit state(const object_description& description);
  ~state();
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  // Each has one caller. A function of its own would need unwind tables in every loader.
  [[gnu::always_inline]] inline result<void> check_section_sizes(
      const object_description& description) const;
  [[gnu::always_inline]] inline result<void> attach_programs();
  [[gnu::always_inline]] inline result<void> attach_struct_ops();
  void detach() noexcept;
};

object::state::state(const object_description& description)
    : check(description.check),
      missing_hook(description.missing_hook),
      struct_ops(description.struct_ops),
      first_section(description.map_count),
      map_count(description.map_count + description.section_count),
      program_count(description.program_count),
      maps(std::make_unique<map_state[]>(map_count)),
      programs(std::make_unique<program_state[]>(program_count)),
      map_slots(std::make_unique<bpf_map_skeleton[]>(map_count)),
      program_slots(std::make_unique<bpf_prog_skeleton[]>(program_count)) {
  for (std::size_t i = 0; i < map_count; ++i) {
    auto& slot = map_slots[i];
    slot.map = &maps[i].map;
    if (i < description.map_count) {
      slot.name = description.maps[i];
    } else {
      slot.name = description.sections[i - description.map_count].name;
      slot.mmaped = &maps[i].memory;
    }
  }
  for (std::size_t i = 0; i < program_count; ++i) {
    auto& slot = program_slots[i];
    slot.name = description.programs[i];
    slot.prog = &programs[i].program;
    slot.link = &programs[i].link;
  }
  skeleton.sz = sizeof(skeleton);
  skeleton.name = description.name;
  // Some versions of libbpf declare `data` as a pointer to mutable bytes. No version writes to
  // them.
  skeleton.data = const_cast<unsigned char*>(description.bytes);
  skeleton.data_sz = description.size;
  skeleton.obj = &opened;
  skeleton.map_cnt = static_cast<int>(map_count);
  skeleton.map_skel_sz = sizeof(bpf_map_skeleton);
  skeleton.maps = map_slots.get();
  skeleton.prog_cnt = static_cast<int>(program_count);
  skeleton.prog_skel_sz = sizeof(bpf_prog_skeleton);
  skeleton.progs = program_slots.get();
}

object::state::~state() {
  detach();
  bpf_object__close(opened);
}

// The size of the memory that the map of a section gets. That of an arena is a number of pages.
std::size_t memory_size(const bpf_map* map) {
  constexpr int arena = 33;  // BPF_MAP_TYPE_ARENA, which older headers do not have
  return static_cast<int>(bpf_map__type(map)) == arena
             ? std::size_t{bpf_map__max_entries(map)} *
                   static_cast<std::size_t>(sysconf(_SC_PAGESIZE))
             : bpf_map__value_size(map);
}

// Checks that no struct of the skeleton is larger than its section. This happens when the skeleton
// was generated from another object; accesses would then go beyond the memory.
result<void> object::state::check_section_sizes(const object_description& description) const {
  for (std::size_t i = 0; i < description.section_count; ++i) {
    const auto& section = description.sections[i];
    if (memory_size(maps[description.map_count + i].map) >= section.size)
      continue;
    return detail::diagnose_named(
        detail::operation::open, "object", description.name, EINVAL, {},
        detail::formatted(
            "Its section '%s' is smaller than the skeleton says: build object and skeleton again.",
            section.name));
  }
  return {};
}

result<void> object::state::attach_programs() {
  for (std::size_t i = 0; i < program_count; ++i) {
    auto& slot = program_slots[i];
    if (*slot.link)
      continue;
    // Attach one program at a time, so that it is clear which one failed.
    bpf_object_skeleton single = skeleton;
    single.map_cnt = 0;
    single.maps = nullptr;
    single.prog_cnt = 1;
    single.progs = &slot;
    detail::log_capture log;
    if (const int code = bpf_object__attach_skeleton(&single)) {
      auto failure = failed(detail::operation::attach, "program", slot.name, code, log);
      if (missing_hook) {
        if (auto remedy = missing_hook(failure.libbpf_log); !remedy.empty())
          failure.remedy = std::move(remedy);
      }
      return failure;
    }
  }
  return {};
}

result<void> object::state::attach_struct_ops() {
  if (has_struct_ops)
    return {};
  for (std::size_t i = 0; i < map_count; ++i) {
    bpf_map* map = maps[i].map;
    if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS || !bpf_map__autocreate(map))
      continue;
    detail::log_capture log;
    bpf_link* attached = bpf_map__attach_struct_ops(map);
    if (const auto code = static_cast<int>(libbpf_get_error(attached))) {
      while (i-- > 0)
        destroy(maps[i].struct_ops);
      has_struct_ops = false;
      return failed(detail::operation::attach, "map", bpf_map__name(map), code, log);
    }
    maps[i].struct_ops = attached;
    has_struct_ops = true;
  }
  return {};
}

void object::state::detach() noexcept {
  for (std::size_t i = map_count; i-- > 0;)
    destroy(maps[i].struct_ops);
  has_struct_ops = false;
  for (std::size_t i = program_count; i-- > 0;)
    destroy(programs[i].link);
}

object::object(std::unique_ptr<state> opened) : state_(std::move(opened)) {}
object::object(object&&) noexcept = default;
object& object::operator=(object&&) noexcept = default;
object::~object() = default;

result<object> object::open(const object_description& description,
                            const bpf_object_open_opts* options) {
  // If the object has no bytes, libbpf 1.1 uses a null pointer as its name.
  if (description.size == 0)
    return detail::diagnose_named(detail::operation::open, "object", description.name, EINVAL, {},
                                  "It has no bytes.");
  auto opened = std::make_unique<state>(description);
  detail::log_capture log;
  if (const int code = bpf_object__open_skeleton(&opened->skeleton, options))
    return failed(detail::operation::open, "object", description.name, code, log);
  if (const auto checked = opened->check_section_sizes(description); !checked)
    return checked.error();
  return object(std::move(opened));
}

result<void> object::load(const load_options& options) {
  if (state_->check && !options.force_fixed_layout) {
    if (auto checked = state_->check(state_->opened); !checked)
      return checked;
  }
  detail::verifier_log_file log_file;
  if (auto opened = log_file.open(options.verifier_log_file); !opened)
    return opened;
  if (log_file)
    log_file.request_logs(state_->opened, options.verifier_log_level);
  if (state_->struct_ops) {
    if (auto ready = state_->struct_ops(state_->opened, false); !ready)
      return ready;
  }
  detail::log_capture log(static_cast<bool>(log_file));
  // libbpf is C: nothing is thrown between these two calls.
  sigset_t before;
  if (options.hold_signals)
    block_signals(before);
  const int code = bpf_object__load_skeleton(&state_->skeleton);
  if (options.hold_signals)
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (state_->struct_ops)
    static_cast<void>(state_->struct_ops(state_->opened, true));
  auto printed = log.take();
  auto written = log_file.write(printed);
  if (code != 0) {
    auto failure = detail::diagnose_named(detail::operation::load, "object", state_->skeleton.name,
                                          code, std::move(printed));
    auto remedy = detail::load_remedy_for(state_->opened, failure);
    if (remedy.empty() && state_->missing_hook)
      remedy = state_->missing_hook(failure.libbpf_log);
    if (!remedy.empty())
      failure.remedy = std::move(remedy);
    if (const auto text = detail::refused_btf_text(failure.libbpf_log);
        !text.empty() && !detail::is_shortage(failure.code))
      failure.remedy = detail::joined({failure.remedy, failure.remedy.empty() ? "" : "\n  ", text});
    return failure;
  }
  if (const auto text = detail::refused_btf_text(printed); !text.empty())
    detail::print_warning(
        detail::joined({detail::quoted("object", state_->skeleton.name), ": ", text}));
  return written;
}

result<void> object::attach() {
  for (std::size_t i = 0; i < state_->program_count; ++i)
    state_->programs[i].was_attached = state_->programs[i].link != nullptr;
  auto done = state_->attach_programs();
  if (done)
    done = state_->attach_struct_ops();
  if (done)
    return done;
  for (std::size_t i = state_->program_count; i-- > 0;) {
    if (!state_->programs[i].was_attached)
      destroy(state_->programs[i].link);
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
  return state_->maps[index].map;
}

bpf_program* object::program(std::size_t index) const noexcept {
  return state_->programs[index].program;
}

void* object::section(std::size_t index) const noexcept {
  void* memory = state_->maps[state_->first_section + index].memory;
  if (!memory)
    abort();
  return memory;
}

void* object::section_memory(std::size_t index) const noexcept {
  return state_->maps[state_->first_section + index].memory;
}

}  // namespace ebpfkit
