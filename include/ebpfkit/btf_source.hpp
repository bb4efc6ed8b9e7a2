// Kernel types for CO-RE: the running kernel's own, or the ones that ebpf_embed_btf() put into the
// application for kernels without BTF.
//
//   const auto btf = ebpfkit::btf_source::find(ebpf::kernels());   // <kernels.btf.hpp>
//   auto packets = ebpf::packets::open(btf.open_options());
//   packets.load();
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "ebpfkit/result.hpp"

struct bpf_object_open_opts;

namespace ebpfkit {

// What ebpf_embed_btf() made; the header that it generates has a function that gives it. Empty (no
// bytes) stands for an application without embedded BTF.
struct embedded_btf {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
};

// Why a btf_source is what it is, in the order in which they are tried.
enum class btf_choice {
  file_of_caller,            // btf_search::file
  file_of_environment,       // EBPFKIT_BTF_FILE
  kernel,                    // the running kernel has BTF
  embedded_by_release,       // embedded for this release and architecture
  embedded_by_distribution,  // of several for this release, or of one without a known architecture,
                             // the one for this distribution
};

// What to search with; the defaults are right for an application on the machine that it runs on.
struct btf_search {
  // A file with the kernel's BTF, raw or ELF, which is taken whatever else there is; null: none.
  const char* file = nullptr;
  // The kernel's own BTF.
  const char* kernel_btf = "/sys/kernel/btf/vmlinux";
  // Null: what uname(2) says.
  const char* release = nullptr;
  const char* machine = nullptr;
  // Null: /etc/os-release, else /usr/lib/os-release. In a container that is not always the
  // distribution of the kernel; hence it only decides between kernels of the same release.
  const char* os_release = nullptr;
};

// The BTF that objects are to be opened with. Move-only. It must live until the objects that were
// opened with it are loaded.
class btf_source {
 public:
  btf_source(btf_source&&) noexcept;
  btf_source& operator=(btf_source&&) noexcept;
  ~btf_source();

  // Chooses. The environment variable EBPFKIT_BTF_FILE names a file as btf_search::file does, which
  // wins over it; programs that run with more rights than their user ignore the variable. Errors:
  // a named file that is no BTF; no BTF for this kernel (ENOENT: says what was looked for and what
  // is nearest); several that differ, with nothing to decide between them (ENOTUNIQ); embedded
  // bytes that are damaged (EBADMSG); no memory file.
  static result<btf_source> try_find(const embedded_btf& embedded, const btf_search& search = {});

#if defined(__cpp_exceptions)
  // As try_find(), but throws `exception`.
  static btf_source find(const embedded_btf& embedded, const btf_search& search = {}) {
    return try_find(embedded, search).take();
  }
#endif

  btf_choice choice() const noexcept;

  // The choice in one line, for the application's log.
  const std::string& description() const noexcept;

  // What libbpf calls btf_custom_path; null for the kernel's own BTF. Valid as long as this lives.
  const char* path() const noexcept;

  // For open() of a skeleton or bpf_object__open_*(). Valid as long as this lives.
  const bpf_object_open_opts* open_options() const noexcept;

  // Sets btf_custom_path in options of the caller, whose `sz` is set.
  void apply_to(bpf_object_open_opts& options) const noexcept;

 private:
  struct state;
  explicit btf_source(std::unique_ptr<state> chosen);

  std::unique_ptr<state> state_;
};

}  // namespace ebpfkit
