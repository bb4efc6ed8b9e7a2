// Puts a process into a cgroup of its own with a firewall, and tries what it may connect to.
#include "connect_firewall.skel.hpp"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "common.hpp"

namespace {

using firewall = ebpf::connect_firewall;

// A new cgroup of version 2, with a mount of its own. Both are removed again.
class own_cgroup {
 public:
  own_cgroup() {
    std::string name = "/tmp/connect_firewall.XXXXXX";
    require(mkdtemp(name.data()) != nullptr, "no temporary directory");
    root_ = name;
    if (mount("none", root_.c_str(), "cgroup2", 0, nullptr) != 0) {
      std::filesystem::remove(root_);
      checked(-1, "mount cgroup2");
    }
    group_ = root_ / ("connect_firewall." + std::to_string(getpid()));
    std::filesystem::create_directory(group_);
  }
  own_cgroup(const own_cgroup&) = delete;
  own_cgroup& operator=(const own_cgroup&) = delete;
  ~own_cgroup() {
    rmdir(group_.c_str());
    umount(root_.c_str());
    rmdir(root_.c_str());
  }
  const std::filesystem::path& path() const { return group_; }

 private:
  std::filesystem::path root_;
  std::filesystem::path group_;
};

// Connects a UDP socket, which sends nothing. Returns errno, 0 if the firewall allows it.
int try_to_connect(const char* address) {
  const auto socket = open_udp("0.0.0.0");
  const auto place = address_of(address, 9);
  return connect(socket.number(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0
             ? 0
             : errno;
}

void try_inside() {
  require(try_to_connect("127.1.2.3") == 0, "127.1.2.3 must be allowed");
  require(try_to_connect("127.1.9.9") == EPERM, "127.1.9.9 must be refused");
  require(try_to_connect("127.2.0.1") == EPERM, "127.2.0.1 must be refused: no rule has it");
}

// Runs try_inside() in a process of the cgroup. Returns its exit status.
int run_inside(const own_cgroup& group) {
  const auto child = checked(fork(), "fork");
  if (child == 0) {
    std::ofstream(group.path() / "cgroup.procs") << getpid() << std::flush;
    _exit(run_application(try_inside));
  }
  int status = 0;
  checked(waitpid(static_cast<pid_t>(child), &status, 0), "waitpid");
  return status;
}

void guard_own_cgroup() {
  enter_own_network();
  const own_cgroup group;
  auto guard = firewall::open_and_load().value();
  auto rules = guard.maps().rules;
  rules.update({16, address_of("127.1.0.0", 0).sin_addr.s_addr}, {true}).value();
  rules.update({24, address_of("127.1.9.0", 0).sin_addr.s_addr}, {false}).value();
  const auto attached = guard.programs().decide.attach_cgroup(group.path()).value();

  require(run_inside(group) == 0, "the process in the cgroup saw something else");
  require(try_to_connect("127.2.0.1") == 0, "the firewall acts outside of the cgroup");
  std::printf("%llu connections allowed, %llu refused\n",
              static_cast<unsigned long long>(guard.bss().allowed),
              static_cast<unsigned long long>(guard.bss().refused));
  require(guard.bss().allowed == 1 && guard.bss().refused == 2, "the counters are wrong");
}

}  // namespace

int main() {
  return run_application(guard_own_cgroup);
}
