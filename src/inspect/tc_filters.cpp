#include "inspect/tc_filters.hpp"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string_view>

#include "support/failure.hpp"
#include "support/file_descriptor.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using payload = std::span<const std::uint8_t>;

// The attribute of this type in a list of them; empty without one.
payload find_attribute(payload list, std::uint16_t type) {
  while (list.size() >= sizeof(rtattr)) {
    rtattr head{};
    std::memcpy(&head, list.data(), sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > list.size())
      return {};
    if ((head.rta_type & NLA_TYPE_MASK) == type)
      return list.subspan(sizeof head, head.rta_len - sizeof head);
    list = list.subspan(std::min<std::size_t>(RTA_ALIGN(head.rta_len), list.size()));
  }
  return {};
}

// Adds the filter that a message of the kernel's tells, when it is one of BPF. The kernel also
// lists an entry without a program for each priority.
void take_filter(payload message, bool is_ingress, std::vector<loaded_filter>& filters) {
  tcmsg head{};
  if (message.size() < NLMSG_ALIGN(sizeof head))
    return;
  std::memcpy(&head, message.data(), sizeof head);
  const auto attributes = message.subspan(NLMSG_ALIGN(sizeof head));
  const auto kind = as_text(find_attribute(attributes, TCA_KIND));
  const auto id = find_attribute(find_attribute(attributes, TCA_OPTIONS), TCA_BPF_ID);
  // NOLINTNEXTLINE(bugprone-string-constructor): the attribute has the NUL, too
  if (kind != std::string_view("bpf", 4) || id.size() != sizeof(std::uint32_t))
    return;
  loaded_filter filter{static_cast<std::uint32_t>(head.tcm_ifindex), is_ingress, head.tcm_handle,
                       TC_H_MAJ(head.tcm_info) >> 16, 0};
  std::memcpy(&filter.program_id, id.data(), sizeof filter.program_id);
  filters.push_back(filter);
}

// Gets a message of the wanted type, without its head.
using take_message = std::function<void(payload)>;

// Takes the messages of one answer. Returns false when it was the last one.
bool take_answer(payload answer, std::uint16_t wanted, const take_message& take) {
  while (answer.size() >= sizeof(nlmsghdr)) {
    nlmsghdr head{};
    std::memcpy(&head, answer.data(), sizeof head);
    // An error says that there is no such qdisc or interface: it has no filters.
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > answer.size() ||
        head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR)
      return false;
    if (head.nlmsg_type == wanted)
      take(answer.first(head.nlmsg_len).subspan(NLMSG_ALIGN(sizeof head)));
    answer = answer.subspan(std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), answer.size()));
  }
  return true;
}

// Asks for a list of the kernel's traffic control. `parent`: where the filters are; 0 for qdiscs.
void list_messages(std::uint16_t request_type, std::uint16_t answer_type,
                   std::uint32_t interface_index, std::uint32_t parent, const take_message& take) {
  const file_descriptor netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  struct {
    nlmsghdr head;
    tcmsg message;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = request_type;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.message.tcm_ifindex = static_cast<int>(interface_index);
  request.message.tcm_parent = parent;
  if (netlink.get() < 0 || ::send(netlink.get(), &request, sizeof request, 0) < 0)
    throw failure(fmt::format("cannot ask the kernel for tc filters: {}", std::strerror(errno)));
  // As large as any answer of the kernel's (net/netlink/af_netlink.c, netlink_dump).
  std::array<std::uint8_t, 32768> bytes{};
  for (;;) {
    const auto size = ::recv(netlink.get(), bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      throw failure(fmt::format("cannot read the tc filters: {}", std::strerror(errno)));
    if (size == 0 ||
        !take_answer(payload(bytes).first(static_cast<std::size_t>(size)), answer_type, take))
      return;
  }
}

void read_side(std::uint32_t interface_index, bool is_ingress,
               std::vector<loaded_filter>& filters) {
  list_messages(RTM_GETTFILTER, RTM_NEWTFILTER, interface_index,
                TC_H_MAKE(TC_H_CLSACT, is_ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS),
                [&](payload message) { take_filter(message, is_ingress, filters); });
}

}  // namespace

std::vector<loaded_filter> read_tc_filters(std::uint32_t interface_index) {
  std::vector<loaded_filter> filters;
  read_side(interface_index, true, filters);
  // The older ingress qdisc has one side, and the kernel gives its filters for both
  // (net/sched/sch_ingress.c, ingress_tcf_block).
  if (has_clsact(interface_index))
    read_side(interface_index, false, filters);
  return filters;
}

bool has_clsact(std::uint32_t interface_index) {
  bool is_found = false;
  // The kernel lists the qdiscs of all interfaces.
  list_messages(RTM_GETQDISC, RTM_NEWQDISC, interface_index, 0, [&](payload message) {
    tcmsg head{};
    if (message.size() < NLMSG_ALIGN(sizeof head))
      return;
    std::memcpy(&head, message.data(), sizeof head);
    const auto kind = as_text(find_attribute(message.subspan(NLMSG_ALIGN(sizeof head)), TCA_KIND));
    // NOLINTNEXTLINE(bugprone-string-constructor): the attribute has the NUL, too
    const bool is_clsact = kind == std::string_view("clsact", 7);
    is_found =
        is_found || (static_cast<std::uint32_t>(head.tcm_ifindex) == interface_index && is_clsact);
  });
  return is_found;
}

}  // namespace ebpfkit::host
