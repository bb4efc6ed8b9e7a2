// Where and how programs are attached: the arguments of program's attach functions. A BPF program
// reads its cookie with bpf_get_attach_cookie(), except where another function is named. A cookie
// of 0 asks the kernel for nothing.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ebpfkit {

class link;
class program;

// A network interface, by index or by name, in the network namespace of the thread that attaches.
class network_interface {
 public:
  network_interface(unsigned index) : index_(index) {}
  network_interface(const char* name) : name_(name) {}
  network_interface(std::string name) : name_(std::move(name)) {}

  // Returns 0 when no interface has that name.
  unsigned index() const noexcept;

  // "interface 'eth0'", or "interface 7" when no interface has that index.
  std::string text() const;

 private:
  unsigned index_ = 0;
  std::string name_{};
};

// Where on the receive path an XDP program runs (XDP_FLAGS_* of <linux/if_link.h>).
enum class xdp_mode {
  automatic,  // the kernel chooses: native if the driver has it, else generic
  native,     // in the driver, before the kernel makes an sk_buff
  generic,    // in the network stack, after the sk_buff is made: slower, works with any driver
  offload,    // on the device; the program must be loaded for that device
};

enum class tc_direction { ingress, egress };

enum class tc_method {
  automatic,  // tcx if the kernel has it, else clsact
  tcx,        // a bpf_link; Linux 6.6
  clsact,     // a filter of the clsact qdisc: works on every kernel, outlives the process
};

// Where a program runs among the programs of the same hook: tcx (Linux 6.6), netkit (6.7), cgroup
// (6.17). The default is after all others. The neighbour that before() and after() name must be
// attached to that hook, and live until the attach function returns. In a cgroup it must be a link.
//
//   options.order = ebpfkit::attach_order::before(other).expect(seen.revision);
class attach_order {
 public:
  constexpr attach_order() noexcept = default;
  static attach_order first() noexcept;
  static attach_order last() noexcept;
  static attach_order before(const program& neighbour) noexcept;
  static attach_order before(const link& neighbour) noexcept;
  static attach_order before_id(std::uint32_t program_id) noexcept;
  static attach_order after(const program& neighbour) noexcept;
  static attach_order after(const link& neighbour) noexcept;
  static attach_order after_id(std::uint32_t program_id) noexcept;

  // The same place, but only if the hook has this revision: if nobody has attached or detached a
  // program there since hook_programs.hpp told it. 0: any revision.
  attach_order expect(std::uint64_t revision) const noexcept;

  // What BPF_LINK_CREATE of bpf(2) takes: BPF_F_*, a descriptor or an id, a revision.
  std::uint32_t flags() const noexcept { return flags_; }
  std::uint32_t neighbour() const noexcept { return neighbour_; }
  std::uint64_t revision() const noexcept { return revision_; }
  bool is_default() const noexcept { return flags_ == 0 && revision_ == 0; }

 private:
  constexpr attach_order(std::uint32_t flags, std::uint32_t neighbour) noexcept
      : flags_(flags), neighbour_(neighbour) {}

  std::uint32_t flags_ = 0;
  std::uint32_t neighbour_ = 0;
  std::uint64_t revision_ = 0;
};

struct tc_options {
  tc_method method = tc_method::automatic;

  // tcx: the place among the programs of the hook. With another place than the default, or with a
  // revision, a kernel without tcx is an error: clsact does not know such places.
  attach_order order{};

  // clsact: the kernel runs filters by ascending priority (1 to 65535).
  std::uint16_t priority = 235;

  // clsact: priority and handle together identify a filter of the hook. 0 means a number made from
  // the program's name. If a filter with this priority and handle exists and holds a program of the
  // same name, an earlier process left it when it was killed, and attaching replaces it. If it
  // holds another program, attaching fails with EEXIST.
  std::uint32_t handle = 0;
};

// Which end of a pair of netkit devices runs the program. Both are attached at the primary device.
enum class netkit_end { primary, peer };

struct cgroup_options {
  // The place among the programs of this cgroup. Another place than the default needs Linux 6.17.
  attach_order order{};

  // Runs before the programs of the cgroups below this one, instead of after them
  // (BPF_F_PREORDER). Linux 6.15.
  bool before_descendants = false;
};

// A hook of netfilter (<linux/netfilter.h>, <linux/netfilter_ipv4.h>).
struct netfilter_options {
  std::uint32_t family = 2;  // NFPROTO_IPV4; 10: NFPROTO_IPV6
  std::uint32_t hook =
      1;  // NF_INET_LOCAL_IN; 0 PRE_ROUTING, 2 FORWARD, 3 LOCAL_OUT, 4 POST_ROUTING
  // Hooks run by ascending priority (NF_IP_PRI_* of <linux/netfilter_ipv4.h>; 0: with iptables'
  // filter table). Two programs cannot have the same (EBUSY); the kernel refuses INT_MIN and
  // INT_MAX (ERANGE).
  std::int32_t priority = 0;
  // The program sees whole packets, not fragments. Needs a priority above -400. Linux 6.6.
  bool defragment = false;
};

struct kprobe_options {
  bool on_return = false;    // a kretprobe; the offset must be 0
  std::size_t offset = 0;    // in bytes from the start of the function
  std::uint64_t cookie = 0;  // Linux 5.15
};

struct ksyscall_options {
  bool on_return = false;
  std::uint64_t cookie = 0;  // Linux 5.15
};

struct kprobe_multi_options {
  bool on_return = false;
  std::vector<std::uint64_t> cookies;  // empty, or one for each function (then no wildcards)
};

struct uprobe_options {
  bool on_return = false;            // a uretprobe
  std::size_t offset = 0;            // from the function's start; if none is named, the file's
  pid_t process = -1;                // -1: every process, also later ones; 0: this one
  std::size_t reference_offset = 0;  // where the file has its counter of attached probes; 0: none
  std::uint64_t cookie = 0;          // Linux 5.15
};

struct uprobe_multi_options {
  bool on_return = false;
  pid_t process = -1;                              // -1: every process, also later ones
  std::vector<std::uint64_t> cookies{};            // empty, or one for each offset or function
  std::vector<std::uint64_t> reference_offsets{};  // the same; see uprobe_options
};

struct usdt_options {
  pid_t process = -1;        // as in uprobe_options
  std::uint64_t cookie = 0;  // read by bpf_usdt_cookie()
};

// The arguments of perf_event_open(2); <linux/perf_event.h> has the numbers. The default samples
// one CPU by its clock, which needs no hardware counter.
struct perf_event_options {
  std::uint32_t type = 1;        // PERF_TYPE_SOFTWARE
  std::uint64_t config = 0;      // PERF_COUNT_SW_CPU_CLOCK
  std::uint64_t period = 0;      // events between two runs of the program; 0: use `frequency`
  std::uint64_t frequency = 99;  // runs per second; used when the period is 0
  pid_t process = -1;            // -1: all processes on `cpu`; 0: the calling thread
  int cpu = 0;                   // -1: any CPU, for the one process
  std::uint64_t cookie = 0;      // Linux 5.15
};

// What an iterator goes over, where its SEC() leaves a choice (bpf_iter_link_info of
// <linux/bpf.h>). By default it goes over everything.
struct iter_options {
  int map_fd = -1;  // iter/bpf_map_elem, iter/bpf_sk_storage_map, ...: the map

  int cgroup_fd = -1;  // iter/cgroup: where to start, and enum bpf_cgroup_iter_order; Linux 6.1
  std::uint64_t cgroup_id = 0;     // instead of cgroup_fd: the inode's number of its directory
  std::uint32_t cgroup_order = 1;  // BPF_CGROUP_ITER_SELF_ONLY

  pid_t thread = 0;     // iter/task, iter/task_file, iter/task_vma: one thread; Linux 6.1
  pid_t process = 0;    // the same for all threads of one process
  int process_fd = -1;  // the same, by a descriptor of pidfd_open(2)
};

}  // namespace ebpfkit
