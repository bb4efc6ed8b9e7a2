// Uses of the C++ library, of threads and of the loader's libraries that need all parts of a
// sysroot.
#include <bpf/libbpf.h>
#include <gelf.h>
#include <linux/bpf.h>
#include <zlib.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

std::atomic<int> destroyed{0};

struct counted {
  ~counted() { ++destroyed; }
  int value = 1;
};
thread_local counted local;

}  // namespace

int main() {
  int caught = 0;
  const std::map<std::string, int> map{{"a", 1}};
  std::thread thread([&] {
    caught += local.value;
    try {
      static_cast<void>(map.at("b"));
    } catch (const std::out_of_range&) {
      ++caught;
    }
  });
  thread.join();
  std::atomic<std::uint64_t> wide{1};
  wide += 2;
  // The object is not there, but libbpf, libelf and zlib must be linked.
  auto* object = bpf_object__open("/nonexistent");
  const bool is_right = caught == 2 && destroyed == 1 && wide == 3 && object == nullptr &&
                        elf_version(EV_CURRENT) == EV_CURRENT && zlibVersion() != nullptr &&
                        std::filesystem::exists("/");
  std::cout << (is_right ? "right" : "wrong") << std::endl;
  return is_right ? 0 : 1;
}
