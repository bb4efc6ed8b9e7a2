// BPF objects as files, for what can only read files: libbpf, bpftool and virtual machines.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/temporary_entry.hpp"

namespace ebpfkit::host::tool {

// What a user names: BPF objects, and applications that carry some (`ebpfkit explain`). The objects
// of applications are written into a temporary directory, which goes away with this.
class object_files {
 public:
  struct object {
    std::string name;   // "packets" of "packets.bpf.o"; in an application, its own name
    std::string shown;  // for messages: the path, or APPLICATION:NAME
    std::filesystem::path path;
  };

  // Does not look into files that carry no objects: whoever reads them tells what is wrong. Throws
  // `failure`.
  explicit object_files(const std::vector<std::filesystem::path>& given);

  const std::vector<object>& objects() const { return objects_; }

 private:
  void add_carried(const std::filesystem::path& application);

  std::vector<object> objects_;
  std::unique_ptr<temporary_entry> directory_;
};

}  // namespace ebpfkit::host::tool
