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

// A view of a bpf_program, valid as long as the object that it belongs to.
//
// The attach functions return a link that the caller owns. The attachment ends with the link, and
// with the process, unless the function says otherwise. From then on the object's attach() leaves
// this program alone: it would attach the program a second time. set_autoattach(true) undoes that.
//
// Errors of the attach functions name the program and the hook, and say what is missing: the hook,
// a part of the kernel, a file system that is not mounted, a privilege. The kernel versions are
// those of mainline.
class program {
 public:
  explicit program(bpf_program* viewed) noexcept : program_(viewed) {}

  const char* name() const;

  // The program's file descriptor; negative before the object is loaded.
  int fd() const;

  // Whether load() loads it; to be set before. Programs that are not loaded cannot be attached.
  result<void> set_autoload(bool load);

  // Whether the object's attach() attaches it. The attach functions below set it to false.
  void set_autoattach(bool attach);

  // To be called before load(): the kernel function, tracepoint or LSM hook that an fentry, fexit,
  // fmod_ret, tp_btf or lsm program is for, in place of the one in its SEC(). With `program_fd`,
  // the function of that loaded BPF program. Errors: ESRCH or ENOENT when the kernel's BTF has no
  // such function, EINVAL after load().
  result<void> set_attach_target(const std::string& function, int program_fd = 0);

  // Attaches it where its SEC() says.
  result<link> attach();

  // Attaches an XDP program. Linux 5.9. Errors: EBUSY or EEXIST when another program is attached,
  // which is named; EOPNOTSUPP when the driver has no native XDP.
  result<link> attach_xdp(const network_interface& interface, xdp_mode mode = xdp_mode::automatic);

  // The mode in which this program runs on the interface: native, generic or offload. The error is
  // ENOENT when it is not attached there.
  result<xdp_mode> active_xdp_mode(const network_interface& interface) const;

  // Attaches a tc program (SEC("tc")). The link's kind says which method was taken: bpf_link for
  // tcx, tc_filter for clsact.
  //
  // clsact: the filter outlives the process; the next attach of a program of this name replaces it.
  // Destroying the link removes the filter, if it still holds this link's program, and the qdisc,
  // if this link made it and no filter is left. The thread must be in the same network namespace.
  result<link> attach_tc(const network_interface& interface, tc_direction direction,
                         const tc_options& options = {});

  // Attaches a kprobe program to a kernel function. Errors: ENOENT when there is none.
  result<link> attach_kprobe(const std::string& function, const kprobe_options& options = {});

  // Attaches a SEC("kprobe.multi") program to kernel functions, all at once; a single name may have
  // the wildcards `*` and `?`. Linux 5.18 with CONFIG_FPROBE.
  result<link> attach_kprobe_multi(const std::vector<std::string>& functions,
                                   const kprobe_multi_options& options = {});

  // Attaches a uprobe program to a function of an executable or shared library; with an empty
  // `function`, to `options.offset` of the file. `binary` without a slash is looked for in PATH and
  // in the directories of libraries.
  result<link> attach_uprobe(const std::string& binary, const std::string& function,
                             const uprobe_options& options = {});

  // Attaches a SEC("usdt") program to the probe `provider`:`name` of an executable or library, in
  // all places where it was compiled in.
  result<link> attach_usdt(const std::string& binary, const std::string& provider,
                           const std::string& name, const usdt_options& options = {});

  // Attaches a tracepoint program, to "sched" and "sched_switch" for example. The cookie needs
  // Linux 5.15.
  result<link> attach_tracepoint(const std::string& category, const std::string& name,
                                 std::uint64_t cookie = 0);

  // Attaches a raw_tp program, to "sched_switch" for example. The cookie needs Linux 6.10.
  result<link> attach_raw_tracepoint(const std::string& name, std::uint64_t cookie = 0);

  // Attaches an fentry, fexit, fmod_ret or tp_btf program to the function of its SEC() or of
  // set_attach_target(). Linux 5.5. The cookie needs Linux 6.0.
  result<link> attach_trace(std::uint64_t cookie = 0);

  // Attaches an lsm program likewise. Linux 5.7. The error is EOPNOTSUPP where BPF is not among the
  // active LSMs: the kernel would attach the program, but never run it.
  result<link> attach_lsm();

  // Attaches a program of a cgroup type to a directory of cgroup v2, beside others that are there.
  // Linux 5.7. The attachment ends also when the cgroup is removed.
  result<link> attach_cgroup(const std::string& path);
  result<link> attach_cgroup(int cgroup_fd);

  // Opens a perf event and runs a perf_event program on it.
  result<link> attach_perf_event(const perf_event_options& options = {});

  // Attaches a flow_dissector (Linux 5.8) or sk_lookup (5.9) program to a network namespace: that
  // of the calling thread, of a path like /run/netns/x, or of a file descriptor. It ends also with
  // the namespace.
  result<link> attach_netns(const std::string& path = "/proc/thread-self/ns/net");
  result<link> attach_netns(int netns_fd);

  // Attaches an iterator; iterator_reader then reads what it writes. Linux 5.8.
  result<link> attach_iter(const iter_options& options = {});

  bpf_program* get() const noexcept { return program_; }

 private:
  bpf_program* program_;
};

}  // namespace ebpfkit
