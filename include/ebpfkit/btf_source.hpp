// Kernel types for CO-RE: the running kernel's own, or the ones that ebpf_embed_btf() put into the
// application for kernels without BTF.
//
//   const auto btf = ebpfkit::btf_source::find(ebpf::kernels()).value();   // <kernels.btf.hpp>
//   auto packets = ebpf::packets::open(btf.open_options()).value();
//   packets.load().value();
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ebpfkit/result.hpp"

struct bpf_object_open_opts;

namespace ebpfkit {

namespace detail {
class embedded_btf_reader;
struct embedded_kernel;
struct machine;
}  // namespace detail

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
  layout_of_build,           // none: the programs run with the layout that they were built with
};

// What an application may do on a kernel without BTF for which none is embedded, if it carries what
// its build recorded (ebpf_embed_btf(... NON_PORTABLE)): run with the layout of the kernel that the
// programs were built for. On a kernel with another layout they read wrong data silently.
struct build_layout;

// Taken if nothing that can be known of the kernel differs from what the build recorded.
extern const build_layout checked_build_layout;

// Taken whatever differs.
extern const build_layout forced_build_layout;

// What to search with; the defaults are right for an application on the machine that it runs on.
struct btf_search {
  // A file with the kernel's BTF, raw or ELF, which is taken whatever else there is; null: none.
  const char* file = nullptr;
  // The kernel's own BTF.
  const char* kernel_btf = "/sys/kernel/btf/vmlinux";
  // Null: what uname(2) says.
  const char* release = nullptr;
  const char* version = nullptr;
  const char* machine = nullptr;
  // Null: /etc/os-release, else /usr/lib/os-release. In a container that is not always the
  // distribution of the kernel; hence it only decides between kernels of the same release.
  const char* os_release = nullptr;
  // The layout of the build, where nothing else is left: &checked_build_layout or
  // &forced_build_layout. Null: such a kernel is an error.
  const build_layout* fallback = nullptr;
};

// One kernel whose BTF is embedded. What is not known is empty.
struct embedded_kernel_description {
  std::string architecture;  // "x86_64", "arm64"
  std::string release;       // as `uname -r` tells it
  std::string distribution;  // ID of os-release(5)
  std::string distribution_version;
  std::size_t btf_size = 0;      // bytes
  std::uint32_t btf_number = 0;  // kernels of the same number share their BTF
  bool is_of_build = false;      // the one of NON_PORTABLE
};

// What is inside, in the order of architecture and release, the build's kernel last. Errors: the
// bytes are damaged (EBADMSG).
result<std::vector<embedded_kernel_description>> list_embedded(const embedded_btf& embedded);

// The BTF that objects are to be opened with. Move-only. It must live until the objects that were
// opened with it are loaded: its destruction closes the memory file with embedded BTF.
class [[nodiscard]] btf_source {
 public:
  btf_source(btf_source&&) noexcept;
  btf_source& operator=(btf_source&&) noexcept;
  ~btf_source();

  // Chooses. The environment variable EBPFKIT_BTF_FILE names a file as btf_search::file does, which
  // wins over it; programs that run with more rights than their user ignore the variable. Errors:
  // a named file that is no BTF; no BTF for this kernel (ENOENT: says what was looked for and what
  // is nearest); several that differ, with nothing to decide between them (ENOTUNIQ); a layout of
  // the build that is not this kernel's (EOPNOTSUPP: says what differs); embedded bytes that are
  // damaged (EBADMSG); no memory file.
  static result<btf_source> find(const embedded_btf& embedded, const btf_search& search = {});

  btf_choice choice() const noexcept;

  // False when the programs run with the layout of the build: tell it to the user, loudly.
  bool is_portable() const noexcept;

  // The choice in one line, for the application's log. Begins with "NOT PORTABLE" when it is not.
  const std::string& description() const noexcept;

  // What differs between the build's kernel and this one; only with forced_build_layout not empty.
  const std::vector<std::string>& mismatches() const noexcept;

  // What libbpf calls btf_custom_path; null for the kernel's own BTF. Valid as long as this lives.
  const char* path() const noexcept;

  // For open() of a skeleton or bpf_object__open_*(). Valid as long as this lives.
  const bpf_object_open_opts* open_options() const noexcept;

  // Sets btf_custom_path in options of the caller, whose `sz` is set.
  void apply_to(bpf_object_open_opts& options) const noexcept;

 private:
  struct state;
  explicit btf_source(std::unique_ptr<state> chosen);

  static result<btf_source> from_file(btf_choice choice, const char* file, const char* named_by);
  static result<btf_source> from_embedded(const embedded_btf& embedded, const btf_search& search);
  static result<btf_source> from_memory(btf_choice choice, std::string description,
                                        const detail::embedded_btf_reader& reader,
                                        const detail::embedded_kernel& kernel);

  std::unique_ptr<state> state_;
};

}  // namespace ebpfkit
