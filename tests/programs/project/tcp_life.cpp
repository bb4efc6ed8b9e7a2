// Opens connections to itself, and compares what it did with what the tracker reports.
#include "tcp_life.skel.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <tuple>

#include "common.hpp"

namespace {

using connection = ebpf::tcp_life::connection;

// The connection with this number sends so many bytes to the server, and receives one.
std::size_t request_size(unsigned number) {
  return 100 + number;
}

// Returns the port of the client.
std::uint16_t talk(const unique_descriptor& listener, unsigned number) {
  auto client = connect_tcp("127.0.0.1", port_of(listener));
  const auto server = accept_tcp(listener);
  send_text(client, std::string(request_size(number), 'x'));
  receive_text(server, request_size(number));
  send_text(server, "y");
  receive_text(client, 1);
  return port_of(client);
}

void track_own_connections() {
  constexpr unsigned connections = 5;
  enter_own_network();
  const auto listener = listen_tcp("127.0.0.1");

  auto tracker = ebpf::tcp_life::open().value();
  tracker.rodata().watched_port = port_of(listener);
  tracker.load().value();
  tracker.attach().value();

  std::map<std::uint16_t, unsigned> clients;
  for (unsigned number = 0; number < connections; ++number)
    clients[talk(listener, number)] = number;

  // Each connection has two ends.
  std::map<std::tuple<std::uint16_t, std::uint16_t>, connection> ends;
  auto records =
      tracker.maps()
          .ended
          .subscribe<connection>([&](const connection& record) {
            std::printf("%u -> %u: %llu bytes received in %llu us\n", record.local_port,
                        record.remote_port, static_cast<unsigned long long>(record.received),
                        static_cast<unsigned long long>(record.nanoseconds / 1000));
            ends[{record.local_port, record.remote_port}] = record;
          })
          .value();
  while (ends.size() < std::size_t{2} * connections)
    require(records.poll(std::chrono::seconds(20)).value() > 0,
            "an end of a connection is missing");

  require(tracker.bss().lost == 0, "records were lost");
  for (const auto& [port, number] : clients) {
    const auto& server = ends.at({port_of(listener), port});
    const auto& client = ends.at({port, port_of(listener)});
    require(server.received - request_size(number) <= 1, "the server received something else");
    require(client.received == 1 || client.received == 2, "the client received something else");
    require(server.nanoseconds > 0 && client.nanoseconds > 0, "a connection took no time");
  }
}

}  // namespace

int main() {
  return run_application(track_own_connections);
}
