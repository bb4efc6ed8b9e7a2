// Stands between a client and a server that sends back what it gets, and sees none of the data.
#include "socket_proxy.skel.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>

#include "common.hpp"

namespace {

constexpr unsigned rounds = 20;

std::size_t text_size(unsigned round) {
  return 1000 + 100 * round;
}

void send_back(const unique_descriptor& server) {
  for (unsigned round = 0; round < rounds; ++round)
    send_text(server, receive_text(server, text_size(round)));
}

bool has_data(const unique_descriptor& socket) {
  char byte = 0;
  return recv(socket.number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

void stand_between() {
  enter_own_network();
  const auto server_listener = listen_tcp("127.0.0.1");
  const auto proxy_listener = listen_tcp("127.0.0.1");
  const auto client = connect_tcp("127.0.0.1", port_of(proxy_listener));
  const auto client_side = accept_tcp(proxy_listener);
  const auto server_side = connect_tcp("127.0.0.1", port_of(server_listener));
  const auto server = accept_tcp(server_listener);

  auto proxy = ebpf::socket_proxy::open().value();
  proxy.rodata().proxy_port = port_of(proxy_listener);
  proxy.load().value();
  auto sides = proxy.maps().sides;
  const auto attached = sides.attach(proxy.programs().pass_on).value();
  sides.set(0, client_side.number()).value();
  sides.set(1, server_side.number()).value();

  std::exception_ptr failure;
  std::thread echo([&] {
    try {
      send_back(server);
    } catch (...) {
      failure = std::current_exception();
      shutdown(server.number(), SHUT_RDWR);
    }
  });
  std::uint64_t sent = 0;
  try {
    for (unsigned round = 0; round < rounds; ++round) {
      const std::string text(text_size(round), static_cast<char>('a' + round));
      send_text(client, text);
      require(receive_text(client, text.size()) == text, "something else came back");
      sent += text.size();
    }
  } catch (...) {
    shutdown(server.number(), SHUT_RDWR);
    echo.join();
    throw;
  }
  echo.join();
  if (failure)
    std::rethrow_exception(failure);

  const auto& passed = proxy.bss().passed;
  std::printf("%llu bytes to the client, %llu bytes to the server\n",
              static_cast<unsigned long long>(passed[0]),
              static_cast<unsigned long long>(passed[1]));
  require(passed[0] == sent && passed[1] == sent, "another number of bytes was passed on");
  require(!has_data(client_side) && !has_data(server_side), "the proxy itself got data");
}

}  // namespace

int main() {
  return run_application(stand_between);
}
