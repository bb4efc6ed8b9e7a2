#include "programs.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace ebpfkit::host::bench {

namespace {

// One value that a tool reports: a member path for BPF_CORE_READ, and the C type that holds it.
struct report_field {
  std::string_view name;
  std::string_view type;
  std::string_view path;
};

// What a hook gives to a program, and what is worth reporting about it. All members are old and
// common.
struct subject {
  std::string_view name;
  std::string_view type;
  std::string_view section;
  std::string_view hook_arguments;
  std::string_view obtain;  // sets `subject` in the program
  std::vector<report_field> fields;
};

std::vector<subject> subjects() {
  return {
      {"task",
       "struct task_struct",
       "tp_btf/sched_process_exec",
       "struct task_struct *p, int old_pid, struct linux_binprm *binary",
       "p",
       {{"pid", "__u32", "tgid"},
        {"parent", "__u32", "real_parent, tgid"},
        {"user", "__u32", "cred, uid.val"},
        {"uts", "__u32", "nsproxy, uts_ns, ns.inum"},
        {"pid_namespace", "__u32", "nsproxy, pid_ns_for_children, ns.inum"},
        {"start", "__u64", "start_time"},
        {"memory", "__u64", "mm, total_vm"},
        {"threads", "__u32", "signal, nr_threads"},
        {"descriptors", "__u32", "files, fdt, max_fds"},
        {"directory", "__u64", "fs, pwd.dentry, d_inode, i_ino"}}},
      {"exit",
       "struct task_struct",
       "raw_tp/sched_process_exit",
       "struct task_struct *p",
       "p",
       {{"pid", "__u32", "pid"},
        {"status", "__s32", "exit_code"},
        {"leader", "__u32", "group_leader, pid"},
        {"faults", "__u64", "maj_flt"},
        {"priority", "__s32", "prio"},
        {"group", "__u32", "cred, gid.val"},
        {"start", "__u64", "group_leader, start_time"}}},
      {"file",
       "struct file",
       "fentry/vfs_read",
       "struct file *file, char *buffer, unsigned long count, long long *position",
       "file",
       {{"inode", "__u64", "f_inode, i_ino"},
        {"device", "__u32", "f_inode, i_sb, s_dev"},
        {"flags", "__u32", "f_flags"},
        {"size", "__s64", "f_inode, i_size"},
        {"mode", "__u32", "f_inode, i_mode"},
        {"parent", "__u64", "f_path.dentry, d_parent, d_inode, i_ino"},
        {"name", "__u64", "f_path.dentry, d_name.name"}}},
      {"socket",
       "struct sock",
       "fentry/tcp_connect",
       "struct sock *sk",
       "sk",
       {{"family", "__u32", "__sk_common.skc_family"},
        {"port", "__u32", "__sk_common.skc_dport"},
        {"address", "__u32", "__sk_common.skc_daddr"},
        {"source", "__u32", "__sk_common.skc_rcv_saddr"},
        {"state", "__u32", "__sk_common.skc_state"},
        {"mark", "__u32", "sk_mark"},
        {"send_buffer", "__s32", "sk_sndbuf"},
        {"network", "__u32", "__sk_common.skc_net.net, ns.inum"}}},
      {"packet",
       "struct sk_buff",
       "tp_btf/kfree_skb",
       "struct sk_buff *skb, void *location",
       "skb",
       {{"length", "__u32", "len"},
        {"interface", "__u32", "dev, ifindex"},
        {"mtu", "__u32", "dev, mtu"},
        {"protocol", "__u32", "protocol"},
        {"network_header", "__u32", "network_header"},
        {"transport_header", "__u32", "transport_header"},
        {"head", "__u64", "head"},
        {"socket_mark", "__u32", "sk, sk_mark"}}},
      {"block",
       "struct bio",
       "tp_btf/block_bio_queue",
       "struct bio *bio",
       "bio",
       {{"sector", "__u64", "bi_iter.bi_sector"},
        {"bytes", "__u32", "bi_iter.bi_size"},
        {"device", "__u32", "bi_bdev, bd_dev"},
        {"operation", "__u32", "bi_opf"},
        {"status", "__u32", "bi_status"}}},
  };
}

enum class sink { ring_buffer, perf_buffer, hash };

std::string map_of(sink where) {
  switch (where) {
    case sink::ring_buffer:
      return "struct {\n  __uint(type, BPF_MAP_TYPE_RINGBUF);\n  __uint(max_entries, 1 << 20);\n"
             "} events SEC(\".maps\");\n";
    case sink::perf_buffer:
      return "struct {\n  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);\n"
             "  __type(key, __u32);\n  __type(value, __u32);\n} events SEC(\".maps\");\n";
    case sink::hash:
      break;
  }
  return "struct {\n  __uint(type, BPF_MAP_TYPE_LRU_HASH);\n  __uint(max_entries, 4096);\n"
         "  __type(key, __u64);\n  __type(value, struct event);\n} events SEC(\".maps\");\n";
}

std::string deliver(sink where) {
  switch (where) {
    case sink::ring_buffer:
      return "  bpf_ringbuf_output(&events, &event, sizeof(event), 0);\n";
    case sink::perf_buffer:
      return "  bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));\n";
    case sink::hash:
      break;
  }
  return "  __u64 key = event.when;\n  bpf_map_update_elem(&events, &key, &event, BPF_ANY);\n";
}

// Reports every `step`th field of the subject.
bpf_program tracing_program(const subject& about, sink where, std::string_view sink_name,
                            std::size_t step) {
  std::string members;
  std::string reads;
  for (std::size_t i = 0; i < about.fields.size(); i += step) {
    const auto& field = about.fields[i];
    members += fmt::format("  {} {};\n", field.type, field.name);
    reads += fmt::format("  event.{} = ({})BPF_CORE_READ(subject, {});\n", field.name, field.type,
                         field.path);
  }
  const auto text = fmt::format(
      R"(#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct event {{
  __u64 when;
  char command[16];
{}}};

{}
const volatile __u32 only_pid = 0;

SEC("{}")
int BPF_PROG(observe, {}) {{
  {} *subject = {};
  struct event event = {{}};

  if (only_pid && only_pid != bpf_get_current_pid_tgid() >> 32)
    return 0;
  event.when = bpf_ktime_get_ns();
  bpf_get_current_comm(event.command, sizeof(event.command));
{}{}  return 0;
}}

char LICENSE[] SEC("license") = "GPL";
)",
      members, map_of(where), about.section, about.hook_arguments, about.type, about.obtain, reads,
      deliver(where));
  return {fmt::format("{}-{}-{}", about.name, sink_name, step == 1 ? "all" : "some"), text};
}

}  // namespace

std::vector<bpf_program> generate_programs() {
  std::vector<bpf_program> programs;
  for (const auto& about : subjects()) {
    for (const std::size_t step : {1, 2}) {
      programs.push_back(tracing_program(about, sink::ring_buffer, "ring", step));
      programs.push_back(tracing_program(about, sink::perf_buffer, "perf", step));
      programs.push_back(tracing_program(about, sink::hash, "hash", step));
    }
  }
  return programs;
}

}  // namespace ebpfkit::host::bench
