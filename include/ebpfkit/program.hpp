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

  // Attaches a kprobe program to a kernel function. The error is ENOENT when there is no such
  // function.
  result<link> attach_kprobe(const std::string& function, const kprobe_options& options = {});

  // Attaches a SEC("kprobe.multi") program to many kernel functions at once. If there is only one
  // name, it may have the wildcards `*` and `?`. Linux 5.18 with CONFIG_FPROBE.
  result<link> attach_kprobe_multi(const std::vector<std::string>& functions,
                                   const kprobe_multi_options& options = {});

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

  // Attaches an lsm program to the hook of its SEC() or of set_attach_target(). Linux 5.7. The
  // error is EOPNOTSUPP when BPF is not among the active LSMs: the kernel would attach the program
  // but never run it.
  result<link> attach_lsm();

  // Attaches a program of a cgroup type to a directory of cgroup v2. Other programs there stay
  // attached. Linux 5.7. The attachment also ends when the cgroup is removed.
  result<link> attach_cgroup(const std::string& path);
  result<link> attach_cgroup(int cgroup_fd);

  // Opens a perf event and runs a perf_event program on it.
  result<link> attach_perf_event(const perf_event_options& options = {});

  // Attaches a flow_dissector (Linux 5.8) or sk_lookup (5.9) program to a network namespace. The
  // namespace is given by a path, such as /run/netns/x, or by a file descriptor; the default is the
  // calling thread's. The attachment also ends with the namespace.
  result<link> attach_netns(const std::string& path = "/proc/thread-self/ns/net");
  result<link> attach_netns(int netns_fd);

  // Attaches an iterator. Read its output with iterator_reader. Linux 5.8.
  result<link> attach_iter(const iter_options& options = {});

  // Pins the loaded program at `path` in a BPF file system (/sys/fs/bpf). It then stays in the
  // kernel when this process ends, but it is attached only as long as its link: pin that too, to
  // keep it running. pinned_program::open() opens it elsewhere. Errors: EEXIST when the path
  // exists, EBADF when the program is not loaded.
  result<void> pin(const std::string& path) const;

  bpf_program* get() const noexcept { return program_; }

 private:
  bpf_program* program_;
};

}  // namespace ebpfkit
