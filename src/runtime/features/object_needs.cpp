// What an object needs from the kernel. The object is opened and not loaded yet.
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/kernel_btf.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "../system/tracefs.hpp"
#include "attempts.hpp"
#include "instruction_needs.hpp"
#include "named_features.hpp"
#include "type_and_helper_tables.hpp"
#include "type_probes.hpp"
#include "used_parts.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;
using detail::named;

// The parts of a SEC(): "lsm.s/file_open" is {"lsm", "file_open", true}.
struct section {
  std::string_view kind;
  const char* target = "";
  bool is_sleepable = false;
  bool has_fragments = false;

  explicit section(const bpf_program* program) {
    std::string_view name = bpf_program__section_name(program);
    if (!name.empty() && name.front() == '?')
      name.remove_prefix(1);
    kind = name.substr(0, name.find('/'));
    if (kind.size() < name.size())
      target = name.data() + kind.size() + 1;
    is_sleepable = remove_ending(".s");
    has_fragments = remove_ending(".frags");
  }

  bool remove_ending(std::string_view ending) {
    if (kind.size() < ending.size() || kind.substr(kind.size() - ending.size()) != ending)
      return false;
    kind.remove_suffix(ending.size());
    return true;
  }
};

class need_finder {
 public:
  explicit need_finder(kernel_features& features) : features_(features) {}

  void look_at(const bpf_object* object);
  std::vector<object_need> take() { return std::move(needs_); }

 private:
  object_need& add(std::string what, kernel_version since, support state, const char* option);
  void add_feature(kernel_feature feature, missing_effect effect, const char* remedy = nullptr);
  void look_at_program(const bpf_program* program);
  void look_at_attach_type(unsigned type, unsigned attach_type, unsigned flags);
  void look_at_instructions(const bpf_program* program, unsigned type, unsigned attach_type,
                            unsigned flags);
  void look_at_tracepoint(const char* target);
  void look_at_btf_target(const section& sec);
  void look_at_map(const bpf_map* map);
  void look_at_map_flags(unsigned type, unsigned flags);
  void look_at_btf(const btf* types);
  support has_in_kernel_btf(const std::string& name, unsigned kind);

  kernel_features& features_;
  kernel_version running_ = detail::running_kernel_version();
  std::string user_;
  const char* way_without_ = "";
  bool kernel_btf_was_loaded_ = false;
  detail::unique_btf kernel_btf_;
  std::vector<object_need> needs_;
};

// Adds a need. The remedy is a newer kernel, another kernel configuration, or to do without the
// program or map that has the need.
object_need& need_finder::add(std::string what, kernel_version since, support state,
                              const char* option) {
  object_need need;
  need.user = user_;
  need.what = std::move(what);
  need.since = since;
  need.state = state;
  if (detail::is_known(since) && detail::is_older(running_, since))
    need.remedy = formatted("Linux %s or newer has it.", detail::to_text(since).c_str());
  else if (option)
    need.remedy = formatted("It takes a kernel with %s.", option);
  if (*way_without_ != '\0') {
    if (!need.remedy.empty())
      need.remedy += ' ';
    need.remedy += way_without_;
  }
  needs_.push_back(std::move(need));
  return needs_.back();
}

void need_finder::add_feature(kernel_feature feature, missing_effect effect, const char* remedy) {
  const auto& known = named(feature);
  auto& need = add(formatted("%s (%s)", known.name, known.text), known.since,
                   features_.has(feature), known.option);
  need.code = features_.why_unknown(feature);
  need.effect = effect;
  if (remedy)
    need.remedy = remedy;
}

void need_finder::look_at(const bpf_object* object) {
  detail::for_each_used_part(
      object, [this](const bpf_program* program) { look_at_program(program); },
      [this](const bpf_map* map) { look_at_map(map); });
  user_ = formatted("object '%s'", bpf_object__name(object));
  way_without_ = "";
  if (const btf* types = bpf_object__btf(object))
    look_at_btf(types);
}

void need_finder::look_at_program(const bpf_program* program) {
  user_ = formatted("program '%s'", bpf_program__name(program));
  way_without_ = "Or do without the program: set_autoload(false).";
  const section sec(program);
  const unsigned type = bpf_program__type(program);
  const unsigned attach_type = bpf_program__expected_attach_type(program);
  // libbpf sets these two flags only when it loads the program.
  const unsigned flags = bpf_program__flags(program) | (sec.is_sleepable ? BPF_F_SLEEPABLE : 0U) |
                         (sec.has_fragments ? 1U << 5 : 0U);  // BPF_F_XDP_HAS_FRAGS, 5.18
  if (type == BPF_PROG_TYPE_UNSPEC)
    return;
  add(formatted("program type %s", detail::program_type_name(type).c_str()),
      detail::program_type_since(type), features_.has_program_type(type),
      detail::program_type_option(type));
  if (detail::is_btf_program_type(type) && type != BPF_PROG_TYPE_EXT)
    add_feature(kernel_feature::kernel_btf, missing_effect::load);
  else if (features_.has_program_type(type) == support::present)
    look_at_attach_type(type, attach_type, flags);
  if (type == BPF_PROG_TYPE_LSM)
    add_feature(kernel_feature::bpf_lsm, missing_effect::never);
  if (type == BPF_PROG_TYPE_XDP)
    add_feature(kernel_feature::xdp_link, missing_effect::none,
                "Attach it with bpf_xdp_attach(), which needs no link.");
  look_at_instructions(program, type, attach_type, flags);
  if (sec.kind == "tp" || sec.kind == "tracepoint")
    look_at_tracepoint(sec.target);
  if (type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM)
    look_at_btf_target(sec);
}

void need_finder::look_at_attach_type(unsigned type, unsigned attach_type, unsigned flags) {
  if (attach_type != 0 && attach_type != detail::default_attach_type(type)) {
    const char* name = libbpf_bpf_attach_type_str(static_cast<bpf_attach_type>(attach_type));
    const auto seen = detail::probe_attach_type(type, attach_type, flags);
    auto& need =
        add(name ? formatted("attach type %s", name) : formatted("attach type %u", attach_type), {},
            seen.state, nullptr);
    need.code = seen.code;
  }
  if (type == BPF_PROG_TYPE_KPROBE &&
      (attach_type == BPF_TRACE_KPROBE_MULTI || attach_type == detail::attach_kprobe_session))
    add_feature(kernel_feature::kprobe_multi_link, missing_effect::attach);
  if (type == BPF_PROG_TYPE_KPROBE &&
      (attach_type == detail::attach_uprobe_multi || attach_type == detail::attach_uprobe_session))
    add_feature(kernel_feature::uprobe_multi_link, missing_effect::attach);
  if (type == BPF_PROG_TYPE_SCHED_CLS &&
      (attach_type == detail::attach_tcx_ingress || attach_type == detail::attach_tcx_egress))
    add_feature(kernel_feature::tcx_link, missing_effect::attach);
  if (type == BPF_PROG_TYPE_SCHED_CLS &&
      (attach_type == detail::attach_netkit_primary || attach_type == detail::attach_netkit_peer))
    add_feature(kernel_feature::netkit_link, missing_effect::attach);
}

void need_finder::look_at_instructions(const bpf_program* program, unsigned type,
                                       unsigned attach_type, unsigned flags) {
  const auto found =
      detail::scan_instructions(bpf_program__insns(program), bpf_program__insn_cnt(program));
  for (const auto feature : found.features)
    add_feature(feature, missing_effect::load);
  for (const unsigned helper : found.helpers) {
    auto state = features_.has_helper(type, helper, attach_type, flags);
    // An application's own SEC() handler may make the program sleepable during the load.
    if (state == support::absent && (flags & BPF_F_SLEEPABLE) == 0 &&
        features_.has_helper(type, helper, attach_type, flags | BPF_F_SLEEPABLE) ==
            support::present)
      state = support::unknown;
    auto& need = add(formatted("helper %s", helper_name(helper).c_str()), helper_since(helper),
                     state, nullptr);
    if (!detail::is_older(running_, need.since))
      need.remedy = formatted("This kernel does not have it, or not for programs of type %s. %s",
                              detail::program_type_name(type).c_str(), way_without_);
  }
}

// Looks for the file `id` in tracefs: libbpf attaches by the number in this file.
void need_finder::look_at_tracepoint(const char* target) {
  if (!strchr(target, '/'))
    return;
  auto state = support::unknown;
  if (const auto mounted = detail::tracefs(); !mounted.empty()) {
    const auto file = formatted("%s/events/%s/id", mounted.c_str(), target);
    state = access(file.c_str(), F_OK) == 0 ? support::present
            : errno == ENOENT               ? support::absent
                                            : support::unknown;
  }
  auto& need = add(formatted("tracepoint %s", target), {}, state, nullptr);
  need.effect = missing_effect::attach;
  need.remedy = formatted(
      "The running kernel has no such tracepoint, or its module is not loaded. %s", way_without_);
}

// Looks for the target as libbpf does for these kinds (find_kernel_btf_id() in libbpf.c).
void need_finder::look_at_btf_target(const section& sec) {
  if (*sec.target == '\0' || strchr(sec.target, ':'))
    return;
  std::string name;
  unsigned kind = BTF_KIND_FUNC;
  if (sec.kind == "fentry" || sec.kind == "fexit" || sec.kind == "fmod_ret") {
    name = sec.target;
  } else if (sec.kind == "lsm") {
    name = formatted("bpf_lsm_%s", sec.target);
  } else if (sec.kind == "iter") {
    name = formatted("bpf_iter_%s", sec.target);
  } else if (sec.kind == "tp_btf") {
    name = formatted("btf_trace_%s", sec.target);
    kind = BTF_KIND_TYPEDEF;
  } else {
    return;
  }
  auto& need = add(formatted("'%s' in the kernel's BTF", name.c_str()), {},
                   has_in_kernel_btf(name, kind), nullptr);
  need.remedy =
      formatted("Choose another function, or set one with bpf_program__set_attach_target(). %s",
                way_without_);
}

bool kernel_has_module_btf() {
  DIR* directory = opendir("/sys/kernel/btf");
  if (!directory)
    return true;
  bool found = false;
  while (const dirent* entry = readdir(directory)) {
    const std::string_view name = entry->d_name;
    found = found || (name != "." && name != ".." && name != "vmlinux");
  }
  closedir(directory);
  return found;
}

support need_finder::has_in_kernel_btf(const std::string& name, unsigned kind) {
  if (features_.has(kernel_feature::kernel_btf) != support::present)
    return support::unknown;
  if (!kernel_btf_was_loaded_) {
    kernel_btf_was_loaded_ = true;
    btf* loaded = btf__load_vmlinux_btf();
    if (libbpf_get_error(loaded) == 0)
      kernel_btf_.reset(loaded);
  }
  if (!kernel_btf_)
    return support::unknown;
  if (btf__find_by_name_kind(kernel_btf_.get(), name.c_str(), kind) > 0)
    return support::present;
  // libbpf also searches the BTF of modules.
  return kernel_has_module_btf() ? support::unknown : support::absent;
}

void need_finder::look_at_map(const bpf_map* map) {
  user_ = formatted("map '%s'", bpf_map__name(map));
  way_without_ = "";
  if (bpf_map__is_internal(map)) {
    add_feature(kernel_feature::global_data, missing_effect::load);
    add_feature(
        kernel_feature::array_mmap, missing_effect::none,
        "The application cannot see the variables in memory after load: give it a map instead.");
    return;
  }
  way_without_ = "Or do without the map: bpf_map__set_autocreate(map, false).";
  const unsigned type = bpf_map__type(map);
  add(formatted("map type %s", detail::map_type_name(type).c_str()), detail::map_type_since(type),
      features_.has_map_type(type), detail::map_type_option(type));
  if (features_.has_map_type(type) == support::present)
    look_at_map_flags(type, bpf_map__map_flags(map));
  if (const bpf_map* inner = bpf_map__inner_map(const_cast<bpf_map*>(map))) {
    const unsigned inner_type = bpf_map__type(inner);
    add(formatted("map type %s", detail::map_type_name(inner_type).c_str()),
        detail::map_type_since(inner_type), features_.has_map_type(inner_type),
        detail::map_type_option(inner_type));
  }
}

// Looks only at flags that stand alone. The others (BPF_F_NUMA_NODE, BPF_F_LINK, ...) need a value
// with them.
void need_finder::look_at_map_flags(unsigned type, unsigned flags) {
  constexpr unsigned standing_alone = BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_RDONLY |
                                      BPF_F_WRONLY | BPF_F_STACK_BUILD_ID | BPF_F_ZERO_SEED |
                                      BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_MMAPABLE |
                                      BPF_F_PRESERVE_ELEMS | BPF_F_INNER_MAP;
  const unsigned asked = flags & standing_alone & ~detail::map_attempt_for(type).flags;
  if (asked == 0)
    return;
  const auto seen = detail::probe_map_flags(type, asked);
  const auto since =
      (asked & BPF_F_MMAPABLE) ? named(kernel_feature::array_mmap).since : kernel_version{};
  auto& need =
      add(formatted("map flags 0x%x of type %s", asked, detail::map_type_name(type).c_str()), since,
          seen.state, nullptr);
  need.code = seen.code;
}

// libbpf removes BTF kinds that the kernel does not know (bpf_object__sanitize_btf() in libbpf.c).
void need_finder::look_at_btf(const btf* types) {
  struct kind_and_feature {
    unsigned kind;
    kernel_feature feature;
  };
  constexpr kind_and_feature kinds[] = {
      {BTF_KIND_FUNC, kernel_feature::btf_func}, {BTF_KIND_DATASEC, kernel_feature::btf_datasec},
      {16, kernel_feature::btf_float},           {17, kernel_feature::btf_decl_tag},
      {18, kernel_feature::btf_type_tag},        {19, kernel_feature::btf_enum64}};
  std::uint64_t seen = 0;
  for (unsigned id = 1; id < btf__type_cnt(types); ++id)
    seen |= std::uint64_t{1} << btf_kind(btf__type_by_id(types, id));
  constexpr const char* remedy =
      "libbpf leaves it out of the BTF that it loads: bpftool then shows less.";
  add_feature(kernel_feature::btf, missing_effect::none, remedy);
  for (const auto& entry : kinds)
    if (seen & (std::uint64_t{1} << entry.kind))
      add_feature(entry.feature, missing_effect::none, remedy);
}

const char* text_of(missing_effect effect) {
  switch (effect) {
    case missing_effect::load:
      return "the object cannot be loaded.";
    case missing_effect::attach:
      return "it cannot be attached.";
    case missing_effect::never:
      return "it is never run.";
    default:
      return "it works without.";
  }
}

}  // namespace

std::string object_need::message() const {
  auto text = formatted("%s needs %s", user.c_str(), what.c_str());
  if (detail::is_known(since))
    text += formatted(" (since Linux %s)", detail::to_text(since).c_str());
  if (state == support::present)
    text += ", which this kernel has.";
  else if (state == support::absent)
    text += formatted(", which this kernel lacks: %s%s%s", text_of(effect),
                      remedy.empty() ? "" : " ", remedy.c_str());
  else if (code != 0)
    text += formatted(": whether this kernel has it cannot be told (errno %d).", code);
  else
    text += ": whether this kernel has it cannot be told.";
  return text;
}

std::vector<object_need> kernel_features::needs_of(const bpf_object* object) {
  need_finder finder(*this);
  finder.look_at(object);
  return finder.take();
}

std::vector<object_need> kernel_features::missing_for(const bpf_object* object) {
  auto needs = needs_of(object);
  needs.erase(std::remove_if(needs.begin(), needs.end(),
                             [](const object_need& need) { return need.state != support::absent; }),
              needs.end());
  return needs;
}

}  // namespace ebpfkit
