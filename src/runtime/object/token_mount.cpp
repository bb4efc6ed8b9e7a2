#include "ebpfkit/token_mount.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../errors/worded_diagnosis.hpp"
#include "../system/bpf_file_system.hpp"
#include "../system/running_kernel.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"

// bpf_object_open_opts has the member bpf_token_path since libbpf 1.4.
#if LIBBPF_MAJOR_VERSION > 1 || (LIBBPF_MAJOR_VERSION == 1 && LIBBPF_MINOR_VERSION >= 4)
#define EBPFKIT_LIBBPF_HAS_TOKENS 1
#else
#define EBPFKIT_LIBBPF_HAS_TOKENS 0
#endif

namespace ebpfkit {
namespace {

using detail::unique_fd;

// Older headers do not know the command.
unique_fd make_token(int directory) {
  constexpr int token_create = 36;  // BPF_TOKEN_CREATE
  const struct {
    std::uint32_t flags;
    std::uint32_t directory;
  } request{0, static_cast<std::uint32_t>(directory)};
  return unique_fd(static_cast<int>(syscall(SYS_bpf, token_create, &request, sizeof(request))));
}

std::string token_remedy(const std::string& path, int code) {
  if (!detail::is_in_bpf_file_system(path + "/."))
    return "No BPF file system is mounted there.";
  if (auto old = detail::if_older_than({6, 9}, "BPF tokens"); !old.empty())
    return old;
  switch (code) {
    case EINVAL:
      return "It is a directory in a BPF file system: name the one where that is mounted. Or the "
             "running kernel has no BPF tokens.";
    case EPERM:
      return "The BPF file system must be mounted in the user namespace of this process, and the "
             "process needs CAP_BPF there.";
    case EOPNOTSUPP:
      return "The process is in the first user namespace, which has no tokens "
             "(kernel/bpf/token.c): run it in a container with a user namespace, or without a "
             "token.";
    case ENOENT:
      return "The BPF file system delegates nothing. Who has CAP_SYS_ADMIN outside of the "
             "container must set the mount options delegate_cmds=any, delegate_maps=any, "
             "delegate_progs=any, delegate_attachs=any, or some of them (kernel/bpf/inode.c).";
    default:
      return {};
  }
}

ebpfkit::error no_token(const char* path, int code, std::string remedy) {
  return detail::failed_to("take a BPF token from", "directory", path, code, std::move(remedy));
}

// Why libbpf cannot take a token. Empty when it can.
std::string libbpf_remedy() {
#if EBPFKIT_LIBBPF_HAS_TOKENS
  const auto major = libbpf_major_version();
  const auto minor = libbpf_minor_version();
  if (major > 1 || (major == 1 && minor >= 4))
    return {};
  return detail::formatted("libbpf takes tokens since 1.4. The application runs with libbpf %u.%u.",
                           major, minor);
#else
  return detail::formatted(
      "libbpf takes tokens since 1.4. The runtime was compiled with libbpf %d.%d: build with a "
      "newer one.",
      LIBBPF_MAJOR_VERSION, LIBBPF_MINOR_VERSION);
#endif
}

}  // namespace

struct token_mount::state {
  std::string path;
  bpf_object_open_opts options{};
};

token_mount::token_mount(std::unique_ptr<state> found) noexcept : state_(std::move(found)) {}
token_mount::token_mount(token_mount&&) noexcept = default;
token_mount& token_mount::operator=(token_mount&&) noexcept = default;
token_mount::~token_mount() = default;

result<token_mount> token_mount::find(const char* path) {
  if (!path)
    path = secure_getenv("LIBBPF_BPF_TOKEN_PATH");
  // An empty path tells libbpf to use no token at all.
  if (!path || !*path)
    return no_token("", EINVAL,
                    "Name where the BPF file system is mounted, or set LIBBPF_BPF_TOKEN_PATH.");
  const unique_fd directory(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory)
    return no_token(path, directory.code(),
                    "Name the directory where the BPF file system is mounted.");
  if (const auto token = make_token(directory.get()); !token)
    return no_token(path, token.code(), token_remedy(path, token.code()));
  if (auto remedy = libbpf_remedy(); !remedy.empty())
    return no_token(path, EOPNOTSUPP, std::move(remedy));
  auto found = std::make_unique<state>();
  found->path = path;
  found->options.sz = sizeof(found->options);
  token_mount mount(std::move(found));
  mount.apply_to(mount.state_->options);
  return mount;
}

const char* token_mount::path() const noexcept {
  return state_->path.c_str();
}

const bpf_object_open_opts* token_mount::open_options() const noexcept {
  return &state_->options;
}

void token_mount::apply_to(bpf_object_open_opts& options) const noexcept {
#if EBPFKIT_LIBBPF_HAS_TOKENS
  options.bpf_token_path = path();
#else
  static_cast<void>(options);  // find() never returns a mount
#endif
}

}  // namespace ebpfkit
