// What the applications share: checks of their own results, sockets, and a network of their own.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

// Throws std::runtime_error with `what` unless `is_true`.
void require(bool is_true, const std::string& what);

// Throws std::system_error with errno when the result of a system call is negative; else returns
// it.
long checked(long result, const char* what);

// Runs `function` and returns the exit status of the application. An exception makes it 1, and its
// message goes to stderr.
int run_application(void (*function)());

// A file descriptor that closes itself.
class unique_descriptor {
 public:
  explicit unique_descriptor(int owned) noexcept : descriptor_(owned) {}
  unique_descriptor(unique_descriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  unique_descriptor& operator=(unique_descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~unique_descriptor();
  int number() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

// Moves this process to a new network namespace, whose loopback interface is up.
void enter_own_network();

// Runs a command of the shell. Throws std::runtime_error when it fails.
void run_command(const std::string& command);

// An IPv4 address from its text, such as "127.0.0.1".
sockaddr_in address_of(const char* text, std::uint16_t port);

// A UDP socket that is bound to the address; port 0: the kernel chooses.
unique_descriptor open_udp(const char* address, std::uint16_t port = 0);

// A TCP socket that listens on the address; port 0: the kernel chooses.
unique_descriptor listen_tcp(const char* address);

// Connects to a TCP socket, and accepts a connection.
unique_descriptor connect_tcp(const char* address, std::uint16_t port);
unique_descriptor accept_tcp(const unique_descriptor& listener);

// The port of a bound socket.
std::uint16_t port_of(const unique_descriptor& socket);

// Sends all bytes of the text, and receives exactly so many bytes.
void send_text(const unique_descriptor& socket, const std::string& text);
std::string receive_text(const unique_descriptor& socket, std::size_t size);
