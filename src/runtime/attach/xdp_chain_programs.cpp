// Programs of an XDP chain come and go.
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../errors/log_capture.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../system/loaded_program.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "attach_with.hpp"
#include "ebpfkit/xdp_chain.hpp"
#include "xdp_chain.hpp"
#include "xdp_dispatcher.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;
using detail::xdp_chain_failure;
using detail::xdp_chain_member;

constexpr std::uint32_t fragments_flag = 1U << 5;  // BPF_F_XDP_HAS_FRAGS, Linux 5.18

// How often a change begins anew, because somebody who does not know the lock has changed the
// interface meanwhile.
constexpr int most_attempts = 10;

std::string chain_text(const network_interface& interface) {
  return formatted("the XDP chain of %s", interface.text().c_str());
}

ebpfkit::error completed(ebpfkit::error failure, xdp_chain_failure&& why) {
  if (!why.remedy.empty())
    failure.remedy = std::move(why.remedy);
  failure.verifier_log = std::move(why.verifier_log);
  return failure;
}

// Puts the actions into a bitmap. Returns false for a value that is no action.
bool to_bits(const std::vector<xdp_action>& actions, std::uint32_t& bits) {
  bits = 0;
  for (const auto action : actions) {
    if (action > xdp_action::redirect)
      return false;
    bits |= 1U << static_cast<std::uint32_t>(action);
  }
  return true;
}

std::vector<xdp_action> to_actions(std::uint32_t bits) {
  std::vector<xdp_action> actions;
  for (auto each = 0U; each <= static_cast<std::uint32_t>(xdp_action::redirect); ++each) {
    if ((bits & 1U << each) != 0)
      actions.push_back(static_cast<xdp_action>(each));
  }
  return actions;
}

auto find_member(std::vector<xdp_chain_member>& members, std::uint32_t id) {
  return std::find_if(members.begin(), members.end(),
                      [id](const xdp_chain_member& each) { return each.id == id; });
}

// Changes the members. Returns the failure of the caller's options.
xdp_chain_failure add_member(std::vector<xdp_chain_member>& members, xdp_chain_member added,
                             std::uint32_t replaced) {
  if (find_member(members, added.id) != members.end())
    return {EEXIST, "The program is in the chain."};
  if (replaced != 0) {
    const auto found = find_member(members, replaced);
    if (found == members.end())
      return {ENOENT, formatted("The program to replace (id %u) is not in the chain.", replaced)};
    members.erase(found);
  }
  if (members.size() >= most_xdp_chain_programs)
    return {ENOSPC, formatted("A chain has at most %u programs.", most_xdp_chain_programs)};
  detail::insert_by_priority(members, std::move(added));
  return {};
}

xdp_chain_failure attach_member(int program_fd, const network_interface& interface,
                                const xdp_chain_options& options, bool has_fragments,
                                std::uint32_t& id) {
  xdp_chain_failure failure;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    xdp_chain_member added;
    if (!to_bits(options.continue_on, added.actions))
      return {EINVAL, "xdp_chain_options::continue_on has a value that is no xdp_action."};
    auto loaded = detail::loaded_program_of(program_fd);
    added.program = detail::unique_fd(fcntl(program_fd, F_DUPFD_CLOEXEC, 3));
    if (!added.program)
      return {added.program.code()};
    added.id = id = loaded.id;
    added.name = std::move(loaded.name);
    added.priority = options.priority;
    added.flags = has_fragments ? fragments_flag : 0U;
    detail::xdp_chain chain(interface);
    if ((failure = chain.open(true)))
      return failure;
    if ((failure = chain.choose_mode(options.mode)))
      return failure;
    if ((failure = chain.choose_protocol(options.protocol)))
      return failure;
    if ((failure = add_member(chain.members(), std::move(added), options.replaces)))
      return failure;
    failure = chain.exchange();
    if (!failure || !chain.has_changed())
      return failure;
  }
  failure.remedy = "Somebody changes the XDP program of the interface again and again.";
  return failure;
}

}  // namespace

xdp_chain_program::~xdp_chain_program() {
  if (target_ >= 0)
    close(target_);
}

xdp_chain_program::xdp_chain_program(xdp_chain_program&& other) noexcept
    : member_(other.member_),
      target_(std::exchange(other.target_, -1)),
      has_fragments_(other.has_fragments_) {}

xdp_chain_program& xdp_chain_program::operator=(xdp_chain_program&& other) noexcept {
  std::swap(member_, other.member_);
  std::swap(target_, other.target_);
  std::swap(has_fragments_, other.has_fragments_);
  return *this;
}

result<xdp_chain_program> xdp_chain_program::prepare(const program& member) {
  detail::log_capture log;
  bpf_program* const changed = member.get();
  const auto failed = [&](int code, std::string remedy) {
    return detail::diagnose_worded("prepare",
                                   formatted("program '%s' for XDP chains", member.name()), code,
                                   std::move(remedy), log.take());
  };
  // Fails after load().
  const auto flags = bpf_program__flags(changed);
  if (const int code = bpf_program__set_flags(changed, flags); code != 0)
    return failed(code, "Call it between open() and load().");
  const auto hook = bpf_program__expected_attach_type(changed);
  if (bpf_program__type(changed) != BPF_PROG_TYPE_XDP || hook == BPF_XDP_DEVMAP ||
      hook == BPF_XDP_CPUMAP)
    return failed(EINVAL, "The program is not SEC(\"xdp\") or SEC(\"xdp.frags\").");
  detail::xdp_dispatcher_settings settings;
  settings.count = 1;
  auto target = detail::load_xdp_dispatcher(settings);
  if (!target.program) {
    auto failure = failed(target.program.code(), {});
    failure.verifier_log = std::move(target.verifier_log);
    return failure;
  }
  // libbpf sets the flag of SEC("xdp.frags") in load(), and only for XDP programs.
  constexpr const char* section = "xdp.frags";
  const bool has_fragments =
      (flags & fragments_flag) != 0 ||
      strncmp(bpf_program__section_name(changed), section, strlen(section)) == 0;
  const int code = bpf_program__set_attach_target(changed, target.program.get(),
                                                  detail::xdp_slot_name(0).c_str());
  if (code != 0)
    return failed(code, {});
  bpf_program__set_type(changed, BPF_PROG_TYPE_EXT);
  bpf_program__set_expected_attach_type(changed, static_cast<bpf_attach_type>(0));
  bpf_program__set_flags(changed, flags & ~fragments_flag);
  bpf_program__set_autoattach(changed, false);
  return xdp_chain_program(member, target.program.release(), has_fragments);
}

result<xdp_chain_link> xdp_chain_program::attach(const network_interface& interface,
                                                 const xdp_chain_options& options) {
  detail::log_capture log;
  const auto text = chain_text(interface);
  if (member_.fd() < 0)
    return detail::attach_error(member_.get(), text, EBADF, log.take());
  std::uint32_t id = 0;
  auto failure = attach_member(member_.fd(), interface, options, has_fragments_, id);
  if (failure)
    return completed(detail::attach_error(member_.get(), text, failure.code, log.take()),
                     std::move(failure));
  return xdp_chain_link(interface.index(), id);
}

xdp_chain_link::~xdp_chain_link() {
  static_cast<void>(detach());
}

xdp_chain_link::xdp_chain_link(xdp_chain_link&& other) noexcept
    : interface_(other.interface_), program_id_(std::exchange(other.program_id_, 0)) {}

xdp_chain_link& xdp_chain_link::operator=(xdp_chain_link&& other) noexcept {
  if (this != &other) {
    static_cast<void>(detach());
    interface_ = other.interface_;
    program_id_ = std::exchange(other.program_id_, 0);
  }
  return *this;
}

result<void> xdp_chain_link::detach() {
  if (program_id_ == 0)
    return {};
  if (auto detached = detach_from_xdp_chain(interface_, program_id_); !detached)
    return detached.error();
  program_id_ = 0;
  return {};
}

result<std::vector<xdp_chain_entry>> xdp_chain_programs(const network_interface& interface) {
  detail::log_capture log;
  detail::xdp_chain chain(interface);
  if (auto failure = chain.open(false))
    return completed(
        detail::diagnose_worded("read", chain_text(interface), failure.code, {}, log.take()),
        std::move(failure));
  std::vector<xdp_chain_entry> entries;
  for (auto& member : chain.members())
    entries.push_back({member.id, std::move(member.name), member.priority,
                       to_actions(member.actions), (member.flags & fragments_flag) != 0});
  return entries;
}

result<bool> detach_from_xdp_chain(const network_interface& interface, std::uint32_t program_id) {
  detail::log_capture log;
  xdp_chain_failure failure;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    detail::xdp_chain chain(interface);
    if ((failure = chain.open(false)))
      break;
    const auto found = find_member(chain.members(), program_id);
    if (found == chain.members().end())
      return false;
    chain.members().erase(found);
    if (!(failure = chain.exchange()))
      return true;
    if (!chain.has_changed())
      break;
  }
  auto object =
      formatted("the program with id %u from %s", program_id, chain_text(interface).c_str());
  return completed(
      detail::diagnose_worded("detach", std::move(object), failure.code, {}, log.take()),
      std::move(failure));
}

}  // namespace ebpfkit
