#include "tc_filter.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "../errors/log_capture.hpp"
#include "../system/loaded_program.hpp"
#include "../system/text.hpp"
#include "attach_with.hpp"
#include "clsact.hpp"

namespace ebpfkit::detail {
namespace {

bpf_tc_hook hook_of(int interface_index, bpf_tc_attach_point attach_point) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = interface_index;
  hook.attach_point = attach_point;
  return hook;
}

bpf_tc_attach_point attach_point_of(tc_direction direction) {
  return direction == tc_direction::ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

// A handle made from the program's name: FNV-1a over the whole name, because the kernel keeps only
// 15 characters of it. Every number except 0 is a valid handle.
unsigned handle_of(const char* program_name) {
  unsigned hash = 2166136261U;
  for (; *program_name != '\0'; ++program_name)
    hash = (hash ^ static_cast<unsigned char>(*program_name)) * 16777619U;
  return hash == 0 ? 1 : hash;
}

ebpfkit::error occupied(const bpf_program* program, const std::string& hook, unsigned occupant) {
  auto failure = attach_error(program, hook, EEXIST);
  failure.remedy = formatted(
      "The filter there holds the %s, which has another name: choose another tc_options::priority "
      "or handle, or remove it (tc filter del).",
      loaded_program_text(occupant).c_str());
  return failure;
}

std::string put_remedy(int code) {
  if (code == ENOENT || code == EOPNOTSUPP)
    return "The running kernel has no BPF classifier (CONFIG_NET_CLS_BPF, module cls_bpf).";
  if (code == EINVAL)
    return "The program is not of a tc type (SEC(\"tc\")), or a filter of another kind has this "
           "priority: choose another tc_options::priority.";
  return {};
}

}  // namespace

std::string tc_hook_text(const network_interface& interface, tc_direction direction) {
  return formatted(direction == tc_direction::ingress ? "ingress of %s" : "egress of %s",
                   interface.text().c_str());
}

result<std::unique_ptr<tc_filter>> tc_filter::attach(const bpf_program* program,
                                                     const network_interface& interface,
                                                     tc_direction direction,
                                                     const tc_options& options) {
  std::unique_ptr<tc_filter> filter(new tc_filter);
  const int program_fd = bpf_program__fd(program);
  const auto own = loaded_program_of(program_fd);
  filter->interface_index_ = static_cast<int>(interface.index());
  filter->interface_text_ = interface.text();
  filter->direction_ = direction;
  filter->priority_ = options.priority;
  filter->handle_ = options.handle != 0 ? options.handle : handle_of(bpf_program__name(program));
  const auto hook_text = filter->text();
  if (options.priority == 0) {
    // The kernel would choose a priority, and later look-ups could not find the filter without it.
    auto failure = attach_error(program, hook_text, EINVAL);
    failure.remedy = "tc_options::priority must be from 1 to 65535.";
    return failure;
  }

  log_capture log;
  const clsact_lock lock;
  const int made = make_clsact(filter->interface_index_);
  if (made != 0 && made != -EEXIST) {
    auto failure = attach_error(program, hook_text, made);
    if (failure.code == EOPNOTSUPP || failure.code == ENOENT)
      failure.remedy = "The running kernel has no clsact qdisc (CONFIG_NET_SCH_INGRESS).";
    return failure;
  }

  int code = 0;
  const unsigned occupant = filter->current_program(code);
  if (occupant != 0 && loaded_program_of_id(occupant).name != own.name)
    return occupied(program, hook_text, occupant);
  static_cast<void>(log.take());  // libbpf warns when there is no filter yet
  code = filter->put(program_fd, occupant != 0 ? BPF_TC_F_REPLACE : 0);
  if (code == 0)
    return filter;
  auto failure = attach_error(program, hook_text, code, log.take());
  if (auto remedy = put_remedy(failure.code); !remedy.empty() && program_fd >= 0)
    failure.remedy = std::move(remedy);
  return failure;
}

tc_filter::tc_filter() : owner_(getpid()) {}

tc_filter::~tc_filter() {
  if (getpid() != owner_)
    return;  // this is a forked child; the filter belongs to its parent
  log_capture quiet;
  int code = 0;
  if (program_id_ != 0 && current_program(code) == program_id_) {
    const auto hook = hook_of(interface_index_, attach_point_of(direction_));
    bpf_tc_opts options{};
    options.sz = sizeof(options);
    options.priority = priority_;
    options.handle = handle_;
    bpf_tc_detach(&hook, &options);
  }
  remove_own_empty_clsact(interface_index_);
}

unsigned tc_filter::current_program(int& code) const {
  const auto hook = hook_of(interface_index_, attach_point_of(direction_));
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.priority = priority_;
  options.handle = handle_;
  code = bpf_tc_query(&hook, &options);
  return code == 0 ? options.prog_id : 0;
}

int tc_filter::put(int program_fd, unsigned flags) {
  const auto hook = hook_of(interface_index_, attach_point_of(direction_));
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.prog_fd = program_fd;
  options.flags = flags;
  options.priority = priority_;
  options.handle = handle_;
  const int code = bpf_tc_attach(&hook, &options);
  if (code == 0)
    program_id_ = options.prog_id;
  return code;
}

int tc_filter::replace(int program_fd) {
  return put(program_fd, BPF_TC_F_REPLACE);
}

std::string tc_filter::text() const {
  return formatted(direction_ == tc_direction::ingress ? "ingress of %s (clsact, priority %u)"
                                                       : "egress of %s (clsact, priority %u)",
                   interface_text_.c_str(), priority_);
}

}  // namespace ebpfkit::detail
