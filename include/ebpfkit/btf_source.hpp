// Kernel types for CO-RE. They come from the running kernel or, for kernels without BTF, from what
// ebpf_embed_btf() put into the application.
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

// The data that ebpf_embed_btf() made. The header that ebpf_embed_btf() generates has a function
// that returns it. An application without embedded BTF passes an empty one (no bytes).
struct embedded_btf {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
};

// Which BTF btf_source::find() chose. It tries them in this order.
enum class btf_choice {
  file_of_caller,            // btf_search::file
  file_of_environment,       // EBPFKIT_BTF_FILE
  kernel,                    // the running kernel has BTF
  embedded_by_release,       // embedded for this release and architecture
  embedded_by_distribution,  // embedded for this distribution; taken when several are embedded for
                             // this release, or when the architecture of one is not known
  layout_of_build,           // no BTF: the programs run with the layout that they were built with
};

// The fallback for a kernel that has no BTF and for which none is embedded: the programs run with
// the layout of the kernel that they were built for. The application must carry what its build
// recorded (ebpf_embed_btf(... NON_PORTABLE)). On a kernel with another layout, the programs read
// wrong data silently.
struct build_layout;

// Use the layout of the build only if no known property of the kernel differs from what the build
// recorded.
extern const build_layout checked_build_layout;

// Use the layout of the build whatever differs.
extern const build_layout forced_build_layout;

// What btf_source::find() searches with. The defaults describe the machine that the application
// runs on.
struct btf_search {
  // A file with the kernel's BTF, raw or ELF. When it is set, nothing else is searched. Null: none.
  const char* file = nullptr;
  // The kernel's own BTF.
  const char* kernel_btf = "/sys/kernel/btf/vmlinux";
  // Null: what uname(2) says.
  const char* release = nullptr;
  const char* version = nullptr;
  const char* machine = nullptr;
  // Null: /etc/os-release, else /usr/lib/os-release. In a container, this file does not always name
  // the distribution of the kernel. Therefore it only decides between kernels of the same release.
  const char* os_release = nullptr;
  // What to use when there is no BTF for this kernel: &checked_build_layout or
  // &forced_build_layout. Null: find() returns an error.
  const build_layout* fallback = nullptr;
};

// One kernel whose BTF is embedded. A text that is not known is empty.
struct embedded_kernel_description {
  std::string architecture;  // "x86_64", "arm64"
  std::string release;       // as `uname -r` prints it
  std::string distribution;  // ID of os-release(5)
  std::string distribution_version;
  std::size_t btf_size = 0;      // bytes
  std::uint32_t btf_number = 0;  // kernels with the same number share their BTF
  bool is_of_build = false;      // the kernel that NON_PORTABLE recorded
};

// Lists the embedded kernels, sorted by architecture and release; the build's kernel comes last.
// The error is EBADMSG when the bytes are damaged.
result<std::vector<embedded_kernel_description>> list_embedded(const embedded_btf& embedded);

// The BTF to open objects with. Move-only. Keep it until the objects that were opened with it are
// loaded, because its destruction closes the memory file with embedded BTF.
class [[nodiscard]] btf_source {
 public:
  btf_source(btf_source&&) noexcept;
  btf_source& operator=(btf_source&&) noexcept;
  ~btf_source();

  // Chooses the BTF for this kernel. The environment variable EBPFKIT_BTF_FILE can name a file
  // too; btf_search::file wins over it. Programs that run with more rights than their user ignore
  // the variable. Errors:
  //   ENOENT      no BTF for this kernel; the error names what was looked for and what is nearest
  //   ENOTUNIQ    several embedded BTFs fit and differ, and nothing decides between them
  //   EOPNOTSUPP  the layout of the build is not this kernel's; the error says what differs
  //   EBADMSG     the embedded bytes are damaged
  // A named file that is not BTF is an error too, and so is a memory file that cannot be made.
  static result<btf_source> find(const embedded_btf& embedded, const btf_search& search = {});

  btf_choice choice() const noexcept;

  // False when the programs run with the layout of the build. Then warn the user, loudly.
  bool is_portable() const noexcept;

  // The choice in one line, for the application's log. Begins with "NOT PORTABLE" when
  // is_portable() is false.
  const std::string& description() const noexcept;

  // What differs between the build's kernel and this one. Always empty without forced_build_layout.
  const std::vector<std::string>& mismatches() const noexcept;

  // The value for libbpf's btf_custom_path; null for the kernel's own BTF. Valid as long as this
  // btf_source lives.
  const char* path() const noexcept;

  // For open() of a skeleton or bpf_object__open_*(). Valid as long as this btf_source lives.
  const bpf_object_open_opts* open_options() const noexcept;

  // Sets btf_custom_path in `options`. The caller sets `options.sz` before.
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
