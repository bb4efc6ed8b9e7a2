// One BPF program of an object.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ebpfkit/attach_options.hpp"
#include "ebpfkit/link.hpp"
#include "ebpfkit/result.hpp"

struct bpf_program;

namespace ebpfkit {

class untyped_map;

// A view of a bpf_program. It is valid as long as the object that the program belongs to.
//
// The attach functions return a link that the caller owns. The attachment ends with the link, and
// with the process, unless a function says otherwise. After such a call, the object's attach()
// skips this program, because it would attach the program a second time. set_autoattach(true)
// undoes that.
//
// Errors of the attach functions name the program and the hook, and say what is missing: the hook,
// a part of the kernel, a file system that is not mounted, a privilege. The kernel versions in the
// comments below are those of mainline.
class program {
 public:
  explicit program(bpf_program* viewed) noexcept : program_(viewed) {}

  const char* name() const;

  // The program's file descriptor; negative before the object is loaded.
  int fd() const;

  // Whether load() loads the program. Call it before load(). A program that is not loaded cannot be
  // attached. The error is EBUSY after load().
  result<void> set_autoload(bool load);

  // Whether the object's attach() attaches the program. The attach functions below set it to false.
  void set_autoattach(bool attach);

  bool autoload() const noexcept;
  bool autoattach() const noexcept;

  // What load() tells the kernel about the program. SEC() decides it, unless the application sets
  // it before load(). The numbers are those of <linux/bpf.h>: enum bpf_prog_type, enum
  // bpf_attach_type, BPF_F_* such as BPF_F_SLEEPABLE. libbpf checks none of them, and load() gives
  // the kernel's error. The log level is that of the verifier: 0 (a log only of a program that it
  // rejects), 1, 2, 4 as in load_options::verifier_log_level, which a level other than 0 replaces
  // for this program.
  //
  // The error of the set functions, also of set_autoload() and set_interface(), is EBUSY after
  // load().
  unsigned type() const noexcept;
  unsigned expected_attach_type() const noexcept;
  std::uint32_t flags() const noexcept;
  std::uint32_t log_level() const noexcept;
  result<void> set_type(unsigned type);
  result<void> set_expected_attach_type(unsigned type);
  result<void> set_flags(std::uint32_t flags);
  result<void> set_log_level(std::uint32_t level);

  // Loads the program for a network device that runs XDP or tc programs itself (offload): attach it
  // with xdp_mode::offload. Its maps need map_declaration::set_interface(). With the flag
  // BPF_F_XDP_DEV_BOUND_ONLY (Linux 6.3) the program runs on the host and may use the device's
  // kfuncs. Linux 4.16. The error is ENODEV when there is no such interface.
  result<void> set_interface(const network_interface& device);

  // Sets the kernel function, tracepoint or LSM hook that an fentry, fexit, fmod_ret, tp_btf or lsm
  // program attaches to, instead of the one in its SEC(). Call it before load(). If `program_fd` is
  // given, `function` is a function of that loaded BPF program. Errors: ESRCH or ENOENT when the
  // kernel's BTF has no such function, EINVAL after load().
  result<void> set_attach_target(const std::string& function, int program_fd = 0);

  // Attaches the program to the hook that its SEC() names.
  result<link> attach();

  // Attaches an XDP program. Linux 5.9. Errors: EBUSY or EEXIST when another program is attached
  // (the error names it), EOPNOTSUPP when the driver has no native XDP.
  result<link> attach_xdp(const network_interface& interface, xdp_mode mode = xdp_mode::automatic);

  // The mode in which this program runs on the interface: native, generic or offload. The error is
  // ENOENT when the program is not attached there.
  result<xdp_mode> active_xdp_mode(const network_interface& interface) const;

  // Attaches a tc program (SEC("tc")). The link's kind tells the method: bpf_link for tcx,
  // tc_filter for clsact.
  //
  // clsact: the filter outlives the process; the next attach of a program with this name replaces
  // it. Destroying the link removes the filter if the filter still holds this link's program. It
  // also removes the qdisc if no filter is left and this library made it: an earlier process that
  // was killed, too. The thread that destroys the link must be in the same network namespace.
  result<link> attach_tc(const network_interface& interface, tc_direction direction,
                         const tc_options& options = {});

  // Attaches a tc program to a pair of netkit devices. Linux 6.7. The pair has a mode of its own
  // (layer 2 or 3), which decides what the program sees.
  result<link> attach_netkit(const network_interface& primary, netkit_end end = netkit_end::primary,
                             const attach_order& order = {});

  // Attaches a netfilter program to a hook of the calling thread's network namespace. Linux 6.4
  // with CONFIG_NETFILTER_BPF_LINK. Errors: EBUSY when a hook of BPF has this priority, EINVAL or
  // EAFNOSUPPORT for a hook or family that there is not. libbpf before 1.3 does not know
  // SEC("netfilter"): call set_type(32) and set_expected_attach_type(45) before load().
  result<link> attach_netfilter(const netfilter_options& options = {});

  // Runs a socket filter (SEC("socket")) for the packets that the socket receives. It belongs to
  // the socket: it ends when the socket is closed, replaced by another filter, or detached by
  // detach_socket_filter(). Linux 3.19. Errors: EBADF, ENOTSOCK; EINVAL for another program type;
  // EPERM when the socket's filter is locked (SO_LOCK_FILTER).
  result<void> attach_socket(int socket_fd);

  // Lets the program choose the socket of a group that shares a port (SO_REUSEPORT): a program of
  // SEC("sk_reuseport") (Linux 4.19) or SEC("socket") (4.5). It belongs to the group until the last
  // socket of the group is closed or detach_reuseport() is called. The error is EINVAL when the
  // socket has no SO_REUSEPORT.
  result<void> attach_reuseport(int socket_fd);

  // Attaches a kprobe program to a kernel function. The error is ENOENT when there is no such
  // function.
  result<link> attach_kprobe(const std::string& function, const kprobe_options& options = {});

  // Attaches a SEC("ksyscall") program to the kernel's function of a system call, such as
  // "openat": its name depends on the architecture. The error is ENOENT when the running kernel
  // has no such system call.
  result<link> attach_ksyscall(const std::string& system_call,
                               const ksyscall_options& options = {});

  // Attaches a SEC("kprobe.multi") program to many kernel functions at once. If there is only one
  // name, it may have the wildcards `*` and `?`. Linux 5.18 with CONFIG_FPROBE.
  result<link> attach_kprobe_multi(const std::vector<std::string>& functions,
                                   const kprobe_multi_options& options = {});

  // Attaches a SEC("kprobe.session") program to many kernel functions: it runs at the entry of
  // each, and at the exit when its run at the entry returned 0. `cookies` is empty, or has one for
  // each function. If there is only one name and no cookies, it may have the wildcards `*` and `?`,
  // which needs tracefs: its list available_filter_functions_addrs has the functions. Linux 6.10
  // with CONFIG_FPROBE. libbpf before 1.5 does not know the section: use SEC("kprobe.multi"), and
  // set_expected_attach_type(56) before load(). Errors: ENOENT or ESRCH when no function has the
  // name or matches the pattern; EINVAL for a pattern beside other names or cookies.
  result<link> attach_kprobe_session(const std::vector<std::string>& functions,
                                     const std::vector<std::uint64_t>& cookies = {});

  // Attaches a SEC("uprobe.multi") program to many places of one executable or library at once.
  // `offsets` are in bytes from the beginning of the file `binary`, which has a path. Linux 6.6
  // with CONFIG_UPROBES. libbpf before 1.3 does not know the section: use SEC("uprobe"), and
  // set_expected_attach_type(48) before load(). Errors: EBADF or ENOENT when there is no such file,
  // EINVAL for an offset that is no instruction, ESRCH when there is no such process.
  result<link> attach_uprobe_multi(const std::string& binary,
                                   const std::vector<std::uint64_t>& offsets,
                                   const uprobe_multi_options& options = {});

  // The same for functions by their names: those that the symbol tables of the file have (.symtab
  // and .dynsym), of several with the same name the global one. If there is only one name, it may
  // have the wildcards `*` and `?`; there are then no cookies and reference offsets. Otherwise
  // these are empty, or have one for each function. Errors, beside those above: ENOENT when the
  // file has no such function, or cannot be read; ENOTUNIQ when several local functions have the
  // name; ENOEXEC when it is no ELF file for this byte order, or is damaged.
  result<link> attach_uprobe_functions(const std::string& binary,
                                       const std::vector<std::string>& functions,
                                       const uprobe_multi_options& options = {});

  // Attaches a uprobe program to a function of an executable or shared library. If `function` is
  // empty, attaches to `options.offset` in the file. A `binary` without a slash is searched for in
  // PATH and in the library directories.
  result<link> attach_uprobe(const std::string& binary, const std::string& function,
                             const uprobe_options& options = {});

  // Attaches a SEC("usdt") program to the probe `provider`:`name` of an executable or library, at
  // every place where the probe is compiled in.
  result<link> attach_usdt(const std::string& binary, const std::string& provider,
                           const std::string& name, const usdt_options& options = {});

  // Attaches a tracepoint program, for example to category "sched" and name "sched_switch". The
  // cookie needs Linux 5.15.
  result<link> attach_tracepoint(const std::string& category, const std::string& name,
                                 std::uint64_t cookie = 0);

  // Attaches a raw_tp program, for example to "sched_switch". The cookie needs Linux 6.10.
  result<link> attach_raw_tracepoint(const std::string& name, std::uint64_t cookie = 0);

  // Attaches an fentry, fexit, fmod_ret or tp_btf program to the function of its SEC() or of
  // set_attach_target(). Linux 5.5. The cookie needs Linux 6.0.
  result<link> attach_trace(std::uint64_t cookie = 0);

  // Puts a SEC("freplace") program in the place of a global function of a loaded program. Without
  // arguments: of the program that set_attach_target() named before load(). With arguments: of
  // another program, whose function has the same prototype. Linux 5.10, without arguments 5.6.
  // Errors: EBUSY when another program has replaced the function; EINVAL when the prototypes
  // differ, or the target has no BTF.
  result<link> attach_freplace();
  result<link> attach_freplace(const program& target, const std::string& function);

  // Attaches an lsm program to the hook of its SEC() or of set_attach_target(). Linux 5.7. The
  // error is EOPNOTSUPP when BPF is not among the active LSMs: the kernel would attach the program
  // but never run it.
  result<link> attach_lsm();

  // Attaches a program of a cgroup type, also SEC("lsm_cgroup/...") (Linux 6.0), to a directory of
  // cgroup v2. Other programs there stay attached. Linux 5.7. The attachment also ends when the
  // cgroup is removed. Errors of an order: ENOENT when the neighbour is not attached there, ESTALE
  // when the revision is another one.
  result<link> attach_cgroup(const std::string& path);
  result<link> attach_cgroup(int cgroup_fd);
  result<link> attach_cgroup(const std::string& path, const cgroup_options& options);
  result<link> attach_cgroup(int cgroup_fd, const cgroup_options& options);

  // Opens a perf event and runs a perf_event program on it.
  result<link> attach_perf_event(const perf_event_options& options = {});

  // Opens one perf event on each CPU that is online and runs the program on each: one link for each
  // CPU. Ignores options.cpu. If one fails, attaches none. A CPU that comes online later has no
  // event.
  result<std::vector<link>> attach_perf_events(const perf_event_options& options = {});

  // Runs the program on a perf event that the caller opened by perf_event_open(2). The caller keeps
  // its descriptor. The end of the link disables the event, also for the caller.
  result<link> attach_perf_event_fd(int event_fd, std::uint64_t cookie = 0);

  // Attaches a flow_dissector (Linux 5.8) or sk_lookup (5.9) program to a network namespace. The
  // namespace is given by a path, such as /run/netns/x, or by a file descriptor; the default is the
  // calling thread's. The attachment also ends with the namespace.
  result<link> attach_netns(const std::string& path = "/proc/thread-self/ns/net");
  result<link> attach_netns(int netns_fd);

  // Attaches an iterator. Read its output with iterator_reader. Linux 5.8.
  result<link> attach_iter(const iter_options& options = {});

  // Pins the loaded program at `path` in a BPF file system (/sys/fs/bpf), and makes the last
  // directory of the path when it is missing. It then stays in the kernel when this process ends,
  // but it is attached only as long as its link: pin that too, to keep it running.
  // pinned_program::open() opens it elsewhere. Errors: EEXIST when the path exists, EBADF when the
  // program is not loaded.
  result<void> pin(const std::string& path) const;

  bpf_program* get() const noexcept { return program_; }

 private:
  bpf_program* program_;
};

// Registers one struct_ops map of a loaded object, such as a scheduler or a congestion control. The
// object's attach() registers all of them instead. A map of SEC(".struct_ops.link") gives a
// bpf_link (Linux 6.4), which link.update(map) can exchange. Others give link_kind::struct_ops, and
// such a map can be registered once. Errors: EINVAL when the map is no struct_ops map or is not
// loaded; EEXIST when the kernel has one of this name.
result<link> attach_struct_ops(const untyped_map& operations);

// Undo program::attach_socket() and attach_reuseport(), whoever called it. The latter needs Linux
// 5.3. The error is ENOENT when the socket has no program.
result<void> detach_socket_filter(int socket_fd);
result<void> detach_reuseport(int socket_fd);

}  // namespace ebpfkit
