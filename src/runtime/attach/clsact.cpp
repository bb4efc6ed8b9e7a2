#include "clsact.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <time.h>

#include <cstddef>

#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {
namespace {

constexpr char kind[] = "clsact";

// The mark is a size table without entries, which every qdisc can have. Only queues use it, and
// clsact has none. The kernel keeps it as long as the qdisc, and forgets it when another program
// takes the qdisc over (tc qdisc replace): qdisc_change() of net/sched/sch_api.c. `tc -d qdisc
// show` prints it as "overhead 1700948852".
constexpr tc_sizespec mark{0, 0, 0, 0x65626b74, 0, 0, 0, 0};

struct tc_request {
  nlmsghdr header;
  tcmsg message;
};

tc_request request_for(int interface_index, unsigned parent, unsigned short type,
                       unsigned short flags) {
  tc_request request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = static_cast<unsigned short>(NLM_F_REQUEST | flags);
  request.message.tcm_ifindex = interface_index;
  request.message.tcm_parent = parent;
  return request;
}

using message_test = bool (*)(const nlmsghdr*, int interface_index);

// Sends the request that `request` begins. Sets `found` when `is_wanted` is true for a message of
// the answer. Returns 0 or a negative errno. No template: the application would have each instance.
int exchange(const tc_request& request, message_test is_wanted, bool& found) {
  const unique_fd netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!netlink)
    return -netlink.code();
  if (send(netlink.get(), &request, request.header.nlmsg_len, 0) < 0)
    return -errno;
  alignas(nlmsghdr) char answer[32768];
  for (;;) {
    const auto received = recv(netlink.get(), answer, sizeof(answer), 0);
    if (received < 0 && errno == EINTR)
      continue;
    if (received <= 0)
      return received == 0 ? -EIO : -errno;
    auto left = static_cast<unsigned>(received);
    for (auto* header = reinterpret_cast<nlmsghdr*>(answer); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == NLMSG_DONE)
        return 0;
      if (header->nlmsg_type == NLMSG_ERROR)
        return static_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
      found = found || is_wanted(header, request.message.tcm_ifindex);
    }
  }
}

const rtattr* find_attribute(const rtattr* attribute, std::size_t size, unsigned short type) {
  auto left = static_cast<unsigned>(size);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if ((attribute->rta_type & NLA_TYPE_MASK) == type)
      return attribute;
  }
  return nullptr;
}

bool is_marked_clsact(const nlmsghdr* header, int interface_index) {
  // The kernel lists the qdiscs of all interfaces.
  const auto* qdisc = static_cast<const tcmsg*>(NLMSG_DATA(header));
  if (header->nlmsg_type != RTM_NEWQDISC || qdisc->tcm_ifindex != interface_index ||
      qdisc->tcm_parent != TC_H_CLSACT)
    return false;
  const auto* attributes = reinterpret_cast<const rtattr*>(reinterpret_cast<const char*>(qdisc) +
                                                           NLMSG_ALIGN(sizeof(*qdisc)));
  const std::size_t size = NLMSG_PAYLOAD(header, sizeof(*qdisc));
  const auto* name = find_attribute(attributes, size, TCA_KIND);
  if (!name || RTA_PAYLOAD(name) != sizeof(kind) || memcmp(RTA_DATA(name), kind, sizeof(kind)) != 0)
    return false;
  const auto* table = find_attribute(attributes, size, TCA_STAB);
  if (!table)
    return false;
  const auto* base = find_attribute(static_cast<const rtattr*>(RTA_DATA(table)), RTA_PAYLOAD(table),
                                    TCA_STAB_BASE);
  return base && RTA_PAYLOAD(base) == sizeof(mark) &&
         memcmp(RTA_DATA(base), &mark, sizeof(mark)) == 0;
}

bool is_filter(const nlmsghdr* header, int) {
  return header->nlmsg_type == RTM_NEWTFILTER;
}

enum class answer { unknown, no, yes };

// Whether a message of the kernel's answer to a list request is wanted.
answer ask(int interface_index, unsigned parent, unsigned short type, message_test is_wanted) {
  bool found = false;
  if (exchange(request_for(interface_index, parent, type, NLM_F_DUMP), is_wanted, found) != 0)
    return answer::unknown;
  return found ? answer::yes : answer::no;
}

// Whether this side of the qdisc has no filters. Asks the kernel directly, because libbpf can only
// look up a single filter.
bool has_no_filters(int interface_index, unsigned side) {
  return ask(interface_index, TC_H_MAKE(TC_H_CLSACT, side), RTM_GETTFILTER, is_filter) ==
         answer::no;
}

}  // namespace

clsact_lock::clsact_lock() : network_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  constexpr int attempts = 1000;
  constexpr timespec pause{0, 1'000'000};
  for (int i = 0; network_ && !is_held_ && i < attempts; ++i) {
    is_held_ = flock(network_.get(), LOCK_EX | LOCK_NB) == 0;
    if (!is_held_)
      nanosleep(&pause, nullptr);
  }
}

// Closing the descriptor is not enough: a child that another thread has forked meanwhile would keep
// the lock.
clsact_lock::~clsact_lock() {
  if (is_held_)
    flock(network_.get(), LOCK_UN);
}

int make_clsact(int interface_index) {
  struct {
    tc_request head;
    rtattr kind_head;
    alignas(RTA_ALIGNTO) char kind_name[sizeof(kind)];
    alignas(RTA_ALIGNTO) rtattr table_head;
    rtattr base_head;
    tc_sizespec base;
  } request{};
  request.head = request_for(interface_index, TC_H_CLSACT, RTM_NEWQDISC,
                             NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
  request.head.header.nlmsg_len = sizeof(request);
  request.head.message.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
  request.kind_head = {RTA_LENGTH(sizeof(kind)), TCA_KIND};
  memcpy(request.kind_name, kind, sizeof(kind));
  request.table_head = {RTA_LENGTH(RTA_LENGTH(sizeof(mark))), TCA_STAB};
  request.base_head = {RTA_LENGTH(sizeof(mark)), TCA_STAB_BASE};
  request.base = mark;
  bool found = false;
  return exchange(
      request.head, [](const nlmsghdr*, int) { return false; }, found);
}

void remove_own_empty_clsact(int interface_index) {
  const clsact_lock lock;
  if (!lock.is_held() || ask(interface_index, 0, RTM_GETQDISC, is_marked_clsact) != answer::yes ||
      !has_no_filters(interface_index, TC_H_MIN_INGRESS) ||
      !has_no_filters(interface_index, TC_H_MIN_EGRESS))
    return;
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = interface_index;
  hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&hook);
}

}  // namespace ebpfkit::detail
