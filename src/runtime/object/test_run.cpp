#include "ebpfkit/test_run.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../attach/attach_with.hpp"
#include "../errors/diagnosis.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../system/kernel_errno.hpp"
#include "../system/text.hpp"

namespace ebpfkit {
namespace {

// BPF_F_TEST_RUN_ON_CPU and BPF_F_TEST_XDP_LIVE_FRAMES. Older versions of <linux/bpf.h> lack them.
constexpr std::uint32_t run_on_cpu = 1U << 0;
constexpr std::uint32_t live_frames = 1U << 1;

// A program can make a frame so much longer.
constexpr std::size_t room_to_grow = 4096;

// Copies what the kernel wrote. `bytes` is empty where the program got no context.
template <class Context>
void take_context(const std::vector<std::uint8_t>& bytes, Context& context) {
  if (!bytes.empty())
    std::memcpy(&context, bytes.data(), std::min(bytes.size(), sizeof(context)));
}

ebpfkit::error run_error(const program& tested, int code, std::string remedy = {}) {
  return detail::diagnose_worded("run", detail::quoted("program", tested.name()), code,
                                 std::move(remedy));
}

std::string run_remedy(const program& tested, int code, const bpf_test_run_opts& options,
                       const test_run_input& input) {
  switch (code) {
    case ENOSPC:
      return detail::formatted(
          "The program ran, but its result does not fit: it has %u bytes of data, and the room is "
          "%zu bytes; %u bytes of context, and the room is %zu bytes.",
          options.data_size_out, input.data_room, options.ctx_size_out, input.context_room);
    case EOPNOTSUPP:
    case detail::kernel_enotsupp:
      return detail::formatted("This kernel cannot run programs of the type '%s' by hand.",
                               libbpf_bpf_prog_type_str(bpf_program__type(tested.get())));
    case EINVAL:
      return "The kernel refuses the input. A frame needs at least 14 bytes, and one of several "
             "pages a program with frags. Programs of other types take no data or no repetitions.";
    case ENXIO:
      return "There is no such CPU, or it is off.";
    case ENODEV:
      return "There is no such network interface.";
    case EINTR:
      return "A signal ended the run: block signals, or ask for fewer repetitions.";
    default:
      return {};
  }
}

std::uint32_t size_for_kernel(std::size_t size) {
  return static_cast<std::uint32_t>(std::min<std::size_t>(size, UINT32_MAX));
}

// The kernel's structs, as far as a run takes them. Older kernels accept what is longer than theirs
// when the rest is 0.
struct kernel_xdp_md {
  std::uint32_t data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct kernel_sk_buff {
  std::uint32_t len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto;
  std::uint32_t priority, ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, data;
  std::uint32_t data_end, napi_id, family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4];
  std::uint32_t remote_port, local_port, data_meta;
  std::uint64_t flow_keys, tstamp;
  std::uint32_t wire_len, gso_segs;
  std::uint64_t sk;
  std::uint32_t gso_size, tstamp_type;
  std::uint64_t hwtstamp;
};
static_assert(offsetof(kernel_sk_buff, tstamp) == 152 && sizeof(kernel_sk_buff) == 192);

kernel_sk_buff for_kernel(const skb_context& given) {
  kernel_sk_buff context{};
  context.mark = given.mark;
  context.priority = given.priority;
  context.ingress_ifindex = given.ingress_ifindex;
  context.ifindex = given.ifindex;
  std::copy(given.cb.begin(), given.cb.end(), context.cb);
  context.tstamp = given.tstamp;
  context.wire_len = given.wire_len;
  context.gso_segs = given.gso_segs;
  context.gso_size = given.gso_size;
  context.hwtstamp = given.hwtstamp;
  return context;
}

skb_context from_kernel(const kernel_sk_buff& context) {
  skb_context found;
  found.mark = context.mark;
  found.priority = context.priority;
  found.ingress_ifindex = context.ingress_ifindex;
  found.ifindex = context.ifindex;
  std::copy_n(context.cb, found.cb.size(), found.cb.begin());
  found.tstamp = context.tstamp;
  found.wire_len = context.wire_len;
  found.gso_segs = context.gso_segs;
  found.gso_size = context.gso_size;
  found.hwtstamp = context.hwtstamp;
  return found;
}

result<std::uint32_t> index_of(const program& tested,
                               const std::optional<network_interface>& interface) {
  if (!interface)
    return std::uint32_t{0};
  const unsigned index = interface->index();
  if (index == 0)
    return run_error(tested, ENODEV, "There is no " + interface->text() + '.');
  return index;
}

test_run_input frame_input(const std::vector<std::uint8_t>& frame) {
  test_run_input input;
  input.data = frame.data();
  input.data_size = frame.size();
  input.data_room = frame.size() + room_to_grow;
  return input;
}

result<skb_run> run_skb_with(const program& tested, test_run_input input, std::uint32_t repeat) {
  input.repeat = repeat;
  auto done = test_run(tested, input);
  if (!done)
    return done.error();
  skb_run run;
  run.returned = done->returned;
  run.duration = done->duration;
  run.frame = std::move(done->data);
  kernel_sk_buff context{};
  take_context(done->context, context);
  run.context = from_kernel(context);
  return run;
}

}  // namespace

result<test_run_output> test_run(const program& tested, const test_run_input& input) {
  if (tested.fd() < 0)
    return run_error(tested, EINVAL, detail::not_loaded_remedy());
  test_run_output output;
  output.data.resize(input.data_room);
  output.context.resize(input.context_room);
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.data_in = input.data_size == 0 ? nullptr : input.data;
  options.data_size_in = size_for_kernel(input.data_size);
  options.ctx_in = input.context_size == 0 ? nullptr : input.context;
  options.ctx_size_in = size_for_kernel(input.context_size);
  options.data_out = output.data.empty() ? nullptr : output.data.data();
  options.data_size_out = size_for_kernel(output.data.size());
  options.ctx_out = output.context.empty() ? nullptr : output.context.data();
  options.ctx_size_out = size_for_kernel(output.context.size());
  options.repeat = static_cast<int>(std::min<std::uint32_t>(input.repeat, INT32_MAX));
  options.flags = input.flags | (input.cpu ? run_on_cpu : 0);
  options.cpu = input.cpu.value_or(0);
  options.batch_size = input.batch_size;
  if (bpf_prog_test_run_opts(tested.fd(), &options) != 0) {
    const int code = errno;
    return run_error(tested, code, run_remedy(tested, code, options, input));
  }
  output.returned = options.retval;
  output.duration = std::chrono::nanoseconds(options.duration);
  output.data.resize(std::min<std::size_t>(options.data_size_out, output.data.size()));
  output.context.resize(std::min<std::size_t>(options.ctx_size_out, output.context.size()));
  return output;
}

result<xdp_run> run_xdp(const program& tested, const std::vector<std::uint8_t>& frame,
                        const xdp_run_options& options) {
  const auto interface = index_of(tested, options.interface);
  if (!interface)
    return interface.error();
  auto input = frame_input(frame);
  input.repeat = options.repeat;
  kernel_xdp_md context{};
  context.data = options.metadata;
  context.data_end = size_for_kernel(frame.size());
  context.ingress_ifindex = *interface;
  context.rx_queue_index = options.receive_queue;
  // Kernels before 5.15 know no context.
  if (options.metadata != 0 || *interface != 0 || options.receive_queue != 0) {
    input.context = &context;
    input.context_size = sizeof(context);
    input.context_room = sizeof(context);
  }
  auto done = test_run(tested, input);
  if (!done)
    return done.error();
  take_context(done->context, context);
  xdp_run run;
  run.action = static_cast<xdp_action>(done->returned);
  run.duration = done->duration;
  run.frame = std::move(done->data);
  run.metadata = done->context.empty() ? 0 : context.data;
  return run;
}

result<std::chrono::nanoseconds> send_xdp_frames(const program& tested,
                                                 const std::vector<std::uint8_t>& frame,
                                                 const xdp_live_options& options) {
  const auto interface = index_of(tested, options.interface);
  if (!interface)
    return interface.error();
  kernel_xdp_md context{};
  context.data_end = size_for_kernel(frame.size());
  context.ingress_ifindex = *interface;
  context.rx_queue_index = options.receive_queue;
  auto input = frame_input(frame);
  input.data_room = 0;
  input.context = &context;
  input.context_size = sizeof(context);
  input.repeat = options.count;
  input.batch_size = options.batch_size;
  input.flags = live_frames;
  const auto done = test_run(tested, input);
  if (!done)
    return done.error();
  return done->duration;
}

result<skb_run> run_skb(const program& tested, const std::vector<std::uint8_t>& frame,
                        std::uint32_t repeat) {
  return run_skb_with(tested, frame_input(frame), repeat);
}

result<skb_run> run_skb(const program& tested, const std::vector<std::uint8_t>& frame,
                        const skb_context& context, std::uint32_t repeat) {
  const auto given = for_kernel(context);
  auto input = frame_input(frame);
  input.context = &given;
  input.context_size = sizeof(given);
  input.context_room = sizeof(given);
  return run_skb_with(tested, input, repeat);
}

result<std::int32_t> run_raw_tracepoint(const program& tested,
                                        const std::vector<std::uint64_t>& arguments,
                                        std::optional<std::uint32_t> cpu) {
  test_run_input input;
  input.context = arguments.data();
  input.context_size = arguments.size() * sizeof(std::uint64_t);
  input.cpu = cpu;
  const auto done = test_run(tested, input);
  if (!done)
    return done.error();
  return static_cast<std::int32_t>(done->returned);
}

result<std::int32_t> run_syscall(const program& tested) {
  return detail::run_syscall_bytes(tested, nullptr, 0);
}

// The kernel copies the context back to where it was read from (bpf_prog_test_run_syscall()).
result<std::int32_t> detail::run_syscall_bytes(const program& tested, void* context,
                                               std::size_t size) {
  test_run_input input;
  input.context = context;
  input.context_size = size;
  const auto done = test_run(tested, input);
  if (!done)
    return done.error();
  return static_cast<std::int32_t>(done->returned);
}

}  // namespace ebpfkit
