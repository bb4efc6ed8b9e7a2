#include "common.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace {

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

unique_descriptor open_socket(int type) {
  return unique_descriptor(static_cast<int>(checked(socket(AF_INET, type, 0), "socket")));
}

void bind_to(const unique_descriptor& socket, const char* address, std::uint16_t port) {
  const auto place = address_of(address, port);
  checked(bind(socket.number(), generic(place), sizeof(place)), "bind");
}

}  // namespace

void require(bool is_true, const std::string& what) {
  if (!is_true)
    throw std::runtime_error(what);
}

long checked(long result, const char* what) {
  if (result < 0)
    throw std::system_error(errno, std::generic_category(), what);
  return result;
}

int run_application(void (*function)()) try {
  function();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

unique_descriptor::~unique_descriptor() {
  if (descriptor_ >= 0)
    close(descriptor_);
}

void enter_own_network() {
  checked(unshare(CLONE_NEWNET), "unshare");
  const auto socket = open_socket(SOCK_DGRAM);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  checked(ioctl(socket.number(), SIOCSIFFLAGS, &request), "the loopback interface");
}

void run_command(const std::string& command) {
  require(std::system(command.c_str()) == 0, "the command failed: " + command);
}

sockaddr_in address_of(const char* text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  require(inet_pton(AF_INET, text, &address.sin_addr) == 1, "this is no address");
  return address;
}

unique_descriptor open_udp(const char* address, std::uint16_t port) {
  auto opened = open_socket(SOCK_DGRAM);
  bind_to(opened, address, port);
  return opened;
}

unique_descriptor listen_tcp(const char* address) {
  auto opened = open_socket(SOCK_STREAM);
  bind_to(opened, address, 0);
  checked(listen(opened.number(), 16), "listen");
  return opened;
}

unique_descriptor connect_tcp(const char* address, std::uint16_t port) {
  auto opened = open_socket(SOCK_STREAM);
  const auto place = address_of(address, port);
  checked(connect(opened.number(), generic(place), sizeof(place)), "connect");
  return opened;
}

unique_descriptor accept_tcp(const unique_descriptor& listener) {
  return unique_descriptor(
      static_cast<int>(checked(accept(listener.number(), nullptr, nullptr), "accept")));
}

std::uint16_t port_of(const unique_descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  checked(getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size),
          "getsockname");
  return ntohs(address.sin_port);
}

void send_text(const unique_descriptor& socket, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size())
    sent += static_cast<std::size_t>(checked(
        send(socket.number(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL), "send"));
}

std::string receive_text(const unique_descriptor& socket, std::size_t size) {
  std::string text(size, '\0');
  std::size_t received = 0;
  while (received < size) {
    const auto more =
        checked(recv(socket.number(), text.data() + received, size - received, 0), "recv");
    require(more > 0, "the connection ended too early");
    received += static_cast<std::size_t>(more);
  }
  return text;
}
