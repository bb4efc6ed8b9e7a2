#include "netlink.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <vector>

#include "unique_fd.hpp"

namespace kernel_watch {
namespace {

// One RTM_NEWLINK request: a header, an ifinfomsg, then attributes, which may be nested.
class link_request {
 public:
  link_request(std::uint16_t flags, const ifinfomsg& link) {
    nlmsghdr header{};
    header.nlmsg_type = RTM_NEWLINK;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    append(&header, sizeof header);
    append(&link, sizeof link);
  }

  void add(std::uint16_t type, const void* value, std::size_t size) {
    const std::size_t position = begin(type);
    append(value, size);
    end(position);
  }
  void add(std::uint16_t type, const std::string& text) {
    add(type, text.c_str(), text.size() + 1);
  }
  void add(std::uint16_t type, std::uint32_t value) { add(type, &value, sizeof value); }

  // Begins an attribute. It holds what is added until end(), which takes the result of begin().
  std::size_t begin(std::uint16_t type) {
    const std::size_t position = bytes_.size();
    rtattr attribute{};
    attribute.rta_type = type;
    append(&attribute, sizeof attribute);
    return position;
  }
  void end(std::size_t position) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - position);
    std::memcpy(&bytes_[position + offsetof(rtattr, rta_len)], &length, sizeof length);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }

  // Adds a struct between attributes: VETH_INFO_PEER begins with one.
  void append(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
  }

  // Sends the request and waits for the kernel's answer.
  void execute(const std::string& operation) {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(&bytes_[offsetof(nlmsghdr, nlmsg_len)], &length, sizeof length);
    const unique_fd socket(
        check_call(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket"));
    check_call(::send(socket.get(), bytes_.data(), bytes_.size(), 0), operation);

    struct {
      nlmsghdr header;
      nlmsgerr body;
      std::uint8_t request_and_text[4096];
    } answer{};
    const ssize_t size = check_call(::recv(socket.get(), &answer, sizeof answer, 0), operation);
    if (static_cast<std::size_t>(size) < sizeof answer.header + sizeof answer.body ||
        answer.header.nlmsg_type != NLMSG_ERROR)
      throw std::system_error(EPROTO, std::generic_category(), operation);
    if (answer.body.error != 0)
      throw std::system_error(-answer.body.error, std::generic_category(), operation);
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

void create_veth_pair(const std::string& name, const std::string& peer, std::uint32_t mtu) {
  link_request request(NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  request.add(IFLA_IFNAME, name);
  request.add(IFLA_MTU, mtu);
  const std::size_t link_info = request.begin(IFLA_LINKINFO);
  request.add(IFLA_INFO_KIND, "veth");
  const std::size_t data = request.begin(IFLA_INFO_DATA);
  const std::size_t peer_info = request.begin(VETH_INFO_PEER);
  const ifinfomsg peer_link{};
  request.append(&peer_link, sizeof peer_link);
  request.add(IFLA_IFNAME, peer);
  request.add(IFLA_MTU, mtu);
  request.end(peer_info);
  request.end(data);
  request.end(link_info);
  request.execute("create the veth pair " + name + ", " + peer);
}

void set_interface_up(unsigned interface_index) {
  ifinfomsg link{};
  link.ifi_index = static_cast<int>(interface_index);
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  link_request(0, link).execute("switch interface " + std::to_string(interface_index) + " on");
}

}  // namespace kernel_watch
