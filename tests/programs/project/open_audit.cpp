// Watches one of two files, opens both, and looks at the records.
#include "open_audit.skel.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common.hpp"

namespace {

using audit = ebpf::open_audit;

class temporary_file {
 public:
  temporary_file() : descriptor_(static_cast<int>(checked(mkstemp(path_.data()), "mkstemp"))) {}
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { unlink(path_.c_str()); }

  audit::file_id id() const {
    struct stat found {};
    checked(fstat(descriptor_.number(), &found), "fstat");
    audit::file_id id{};
    id.inode = found.st_ino;
    id.device = major(found.st_dev) << 20 | minor(found.st_dev);
    return id;
  }

  void open_again() const {
    const unique_descriptor opened(
        static_cast<int>(checked(open(path_.c_str(), O_RDONLY), "open")));
  }

 private:
  std::string path_ = "/tmp/open_audit.XXXXXX";
  unique_descriptor descriptor_;
};

void audit_own_openings() {
  constexpr unsigned times = 3;
  const temporary_file watched;
  const temporary_file other;
  auto opened = audit::open_and_load().value();
  const auto attached = opened.programs().on_open.attach_lsm().value();
  auto requests = opened.maps().requests.open_producer().value();
  std::vector<audit::opening> records;
  auto reader = opened.maps().openings.open_reader().value();

  const auto ask = [&](bool is_watched) {
    requests
        .write<audit::request>([&](audit::request& request) {
          request.file = watched.id();
          request.is_watched = is_watched;
        })
        .value();
  };
  const auto open_both = [&] {
    for (unsigned time = 0; time < times; ++time) {
      watched.open_again();
      other.open_again();
    }
  };

  open_both();
  ask(true);
  open_both();
  ask(false);
  open_both();

  while (const auto record = reader.next<audit::opening>(std::chrono::milliseconds(200)).value()) {
    std::printf("process %u (%s) opened the inode %llu\n", record->process, record->command,
                static_cast<unsigned long long>(record->file.inode));
    records.push_back(*record);
  }
  require(records.size() == times, "another number of openings was recorded");
  for (const auto& record : records) {
    require(record.process == static_cast<std::uint32_t>(getpid()), "this is another process");
    require(record.file.inode == watched.id().inode, "this is another file");
  }
  require(opened.bss().lost == 0, "records were lost");
}

}  // namespace

int main() {
  return run_application(audit_own_openings);
}
