#include "network.hpp"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace ebpfkit::guest {

namespace {

constexpr unsigned short veth_info_peer = 1;  // VETH_INFO_PEER of linux/veth.h

// A message of netlink(7), which grows.
class message {
 public:
  template <class Record>
  void append(const Record& record) {
    append(&record, sizeof record);
  }

  void append(const void* bytes, size_t size) {
    bytes_.append(static_cast<const char*>(bytes), size);
    bytes_.append((NLMSG_ALIGNTO - size % NLMSG_ALIGNTO) % NLMSG_ALIGNTO, '\0');
  }

  void append_attribute(unsigned short type, const char* text) {
    rtattr header{};
    header.rta_type = type;
    header.rta_len = static_cast<unsigned short>(RTA_LENGTH(strlen(text) + 1));
    append(header);
    append(text, strlen(text) + 1);
  }

  // Begins an attribute that contains others. Returns its place for end().
  size_t begin(unsigned short type) {
    const size_t place = bytes_.size();
    rtattr header{};
    header.rta_type = type;
    append(header);
    return place;
  }

  void end(size_t place) {
    const auto length = static_cast<unsigned short>(bytes_.size() - place);
    memcpy(&bytes_[place + offsetof(rtattr, rta_len)], &length, sizeof length);
  }

  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// Sends a request and returns the kernel's answer: 0 or an errno.
int ask_kernel(std::string& request) {
  const auto length = static_cast<uint32_t>(request.size());
  memcpy(&request[offsetof(nlmsghdr, nlmsg_len)], &length, sizeof length);
  const int socket_file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (socket_file < 0)
    return errno;
  int error = 0;
  struct {
    nlmsghdr header;
    nlmsgerr status;
    char rest[512];
  } answer{};
  if (send(socket_file, request.data(), request.size(), 0) < 0 ||
      recv(socket_file, &answer, sizeof answer, 0) < 0)
    error = errno;
  else if (answer.header.nlmsg_type == NLMSG_ERROR)
    error = -answer.status.error;
  close(socket_file);
  return error;
}

}  // namespace

bool bring_up(const char* interface) {
  const int socket_file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_file < 0)
    return false;
  ifreq request{};
  strncpy(request.ifr_name, interface, sizeof request.ifr_name - 1);
  bool is_up = ioctl(socket_file, SIOCGIFFLAGS, &request) == 0;
  if (is_up) {
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    is_up = ioctl(socket_file, SIOCSIFFLAGS, &request) == 0;
  }
  const int error = errno;
  close(socket_file);
  errno = error;
  return is_up;
}

bool make_veth_pair(const char* first, const char* second) {
  message request;
  nlmsghdr header{};
  header.nlmsg_type = RTM_NEWLINK;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
  request.append(header);
  request.append(ifinfomsg{});
  request.append_attribute(IFLA_IFNAME, first);
  const size_t information = request.begin(IFLA_LINKINFO);
  request.append_attribute(IFLA_INFO_KIND, "veth");
  const size_t data = request.begin(IFLA_INFO_DATA);
  const size_t peer = request.begin(veth_info_peer);
  request.append(ifinfomsg{});
  request.append_attribute(IFLA_IFNAME, second);
  request.end(peer);
  request.end(data);
  request.end(information);
  errno = ask_kernel(request.bytes());
  return errno == 0;
}

}  // namespace ebpfkit::guest
