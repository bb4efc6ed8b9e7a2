#include "xdp_dispatcher.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <string.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/bpf_instruction.hpp"
#include "../system/kernel_btf.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"

namespace ebpfkit::detail {
namespace {

constexpr unsigned has_fragments_flag = 1U << 5;  // BPF_F_XDP_HAS_FRAGS

// The ids of types of the dispatcher's BTF.
struct dispatcher_types {
  int main = 0;
  std::vector<std::uint32_t> slots{};
};

// The variable by which libxdp 1.3 and older know the version of a dispatcher: the number of
// elements of the array that it points to.
int add_version(btf* types, int number, int index, int version) {
  constexpr unsigned size = 8;  // of a pointer in BPF
  const int array = btf__add_array(types, index, number, static_cast<__u32>(version));
  const int pointer = btf__add_ptr(types, array);
  const int variable = btf__add_var(types, "dispatcher_version", BTF_VAR_GLOBAL_ALLOCATED, pointer);
  const int section = btf__add_datasec(types, "xdp_metadata", size);
  const int code = btf__add_datasec_var_info(types, variable, 0, size);
  return section < 0 ? section : code;
}

// freplace programs need the BTF of the function that they replace. It must be global, because the
// verifier then takes any return value for possible. Returns 0 or a negative errno.
int add_types(btf* types, const xdp_dispatcher_settings& settings, dispatcher_types& made) {
  const int number = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
  const int word = btf__add_int(types, "unsigned int", 4, 0);
  const int context = btf__add_struct(types, "xdp_md", 24);
  unsigned bit = 0;
  for (const char* member :
       {"data", "data_end", "data_meta", "ingress_ifindex", "rx_queue_index", "egress_ifindex"}) {
    if (const int code = btf__add_field(types, member, word, bit, 0); code != 0)
      return code;
    bit += 32;
  }
  const int pointer = btf__add_ptr(types, context);
  const int prototype = btf__add_func_proto(types, number);
  if (const int code = btf__add_func_param(types, "ctx", pointer); code != 0)
    return code;
  made.main = btf__add_func(types, xdp_dispatcher_name, BTF_FUNC_GLOBAL, prototype);
  if (made.main < 0)
    return made.main;
  for (std::size_t i = 0; i < settings.count; ++i) {
    const int slot = btf__add_func(types, xdp_slot_name(i).c_str(), BTF_FUNC_GLOBAL, prototype);
    if (slot < 0)
      return slot;
    made.slots.push_back(static_cast<std::uint32_t>(slot));
  }
  return add_version(types, number, word, settings.version);
}

struct dispatcher_code {
  std::vector<bpf_insn> instructions{};
  std::vector<bpf_func_info> functions{};
};

// The code in C:
//
//   int progN(struct xdp_md* ctx) { bpf_xdp_adjust_tail(ctx, 0); return 31; }
//   int xdp_dispatcher(struct xdp_md* ctx) {
//     int action = prog0(ctx);
//     if (!(1U << action & settings.actions[0])) return action;
//     ...
//     return XDP_PASS;
//   }
//
// The call of bpf_xdp_adjust_tail() changes nothing. It tells the verifier that the program in this
// place may move the packet's data (Linux 6.13 refuses such freplace programs otherwise).
dispatcher_code write_code(std::size_t count, int settings_fd, const dispatcher_types& types) {
  constexpr int before_calls = 3;  // instructions
  constexpr int each_call = 7;
  constexpr int behind_calls = 2;
  constexpr int each_slot = 4;
  const int calls = static_cast<int>(count);
  const int end = before_calls + calls * each_call + 1;  // the instruction `exit`
  const auto actions_at = [](int i) {
    return static_cast<int>(offsetof(xdp_dispatcher_settings, actions)) + 4 * i;
  };
  dispatcher_code made;
  auto& code = made.instructions;
  const auto add = [&code](unsigned operation, unsigned destination, unsigned source, int offset,
                           int immediate) {
    code.push_back(instruction(operation, destination, source, offset, immediate));
  };
  const auto position = [&code] { return static_cast<int>(code.size()); };
  made.functions.push_back({0, static_cast<__u32>(types.main)});
  add(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
  add(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_7, BPF_PSEUDO_MAP_VALUE, 0, settings_fd);
  add(0, 0, 0, 0, 0);  // the second half of the instruction: the offset in the value
  for (int i = 0; i < calls; ++i) {
    const int slot = before_calls + calls * each_call + behind_calls + i * each_slot;
    add(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0);
    add(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, slot - position() - 1);
    add(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_7, actions_at(i), 0);
    add(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1);
    add(BPF_ALU | BPF_LSH | BPF_X, BPF_REG_1, BPF_REG_0, 0, 0);
    add(BPF_ALU | BPF_AND | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, end - position() - 1, 0);
  }
  add(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS);
  add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  for (const auto slot : types.slots) {
    made.functions.push_back({static_cast<__u32>(position()), slot});
    add(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 0);
    add(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_xdp_adjust_tail);
    add(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, static_cast<int>(xdp_empty_slot));
    add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }
  return made;
}

std::size_t size_of_settings(unsigned version) {
  return version == 2 ? offsetof(xdp_dispatcher_settings, is_device_bound)
                      : sizeof(xdp_dispatcher_settings);
}

// A read-only map, as libbpf makes of .rodata.
unique_fd make_settings_map(const xdp_dispatcher_settings& settings) {
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = BPF_F_RDONLY_PROG;
  unique_fd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdp_disp.rodata", sizeof(std::uint32_t),
                               static_cast<__u32>(size_of_settings(settings.version)), 1,
                               &options));
  const std::uint32_t key = 0;
  if (map && (bpf_map_update_elem(map.get(), &key, &settings, BPF_ANY) != 0 ||
              bpf_map_freeze(map.get()) != 0))
    return unique_fd(-1);
  return map;
}

}  // namespace

std::string xdp_slot_name(std::size_t number) {
  return formatted("prog%zu", number);
}

bool is_known_xdp_protocol(unsigned version) {
  return version == 2 || version == 3;
}

loaded_xdp_dispatcher load_xdp_dispatcher(xdp_dispatcher_settings settings) {
  loaded_xdp_dispatcher loaded;
  const auto failed = [&loaded](int code) {
    errno = code < 0 ? -code : code;
    loaded.program = unique_fd(-1);
  };
  const unique_btf types(btf__new_empty());
  dispatcher_types made;
  int code = types ? add_types(types.get(), settings, made) : -errno;
  if (code == 0)
    code = btf__load_into_kernel(types.get());
  if (code != 0) {
    failed(code);
    return loaded;
  }
  const auto map = make_settings_map(settings);
  if (!map) {
    failed(map.code());
    return loaded;
  }
  const auto written = write_code(settings.count, map.get(), made);
  bpf_prog_load_opts options{};
  options.sz = sizeof(options);
  options.expected_attach_type = BPF_XDP;  // as in libxdp; the kernel compares it
  options.prog_flags = settings.has_fragments != 0 ? has_fragments_flag : 0U;
  options.prog_btf_fd = static_cast<__u32>(btf__fd(types.get()));
  options.func_info = written.functions.data();
  options.func_info_cnt = static_cast<__u32>(written.functions.size());
  options.func_info_rec_size = sizeof(bpf_func_info);
  std::vector<char> log(1 << 16);
  options.log_buf = log.data();
  options.log_size = static_cast<__u32>(log.size());
  loaded.program =
      unique_fd(bpf_prog_load(BPF_PROG_TYPE_XDP, xdp_dispatcher_name, "GPL",
                              written.instructions.data(), written.instructions.size(), &options));
  if (!loaded.program && loaded.program.code() == EINVAL && settings.has_fragments != 0) {
    settings.has_fragments = 0;
    return load_xdp_dispatcher(settings);
  }
  if (loaded.program)
    loaded.slots = std::move(made.slots);
  else
    loaded.verifier_log.assign(log.data(), strnlen(log.data(), log.size()));
  return loaded;
}

int read_xdp_dispatcher(int program_fd, xdp_dispatcher_settings& found) {
  __u32 map_id = 0;
  bpf_prog_info program{};
  program.nr_map_ids = 1;
  program.map_ids = reinterpret_cast<std::uintptr_t>(&map_id);
  __u32 size = sizeof(program);
  if (bpf_obj_get_info_by_fd(program_fd, &program, &size) != 0)
    return errno;
  const std::string_view name(program.name, strnlen(program.name, sizeof(program.name)));
  if (name != xdp_dispatcher_name || program.type != BPF_PROG_TYPE_XDP || program.nr_map_ids != 1)
    return ENOENT;
  const unique_fd map(bpf_map_get_fd_by_id(map_id));
  if (!map)
    return map.code();
  bpf_map_info about{};
  size = sizeof(about);
  if (bpf_obj_get_info_by_fd(map.get(), &about, &size) != 0)
    return errno;
  constexpr __u32 largest = 1 << 16;
  if (about.key_size != sizeof(std::uint32_t) || about.max_entries != 1 || about.value_size < 2 ||
      about.value_size > largest || (about.map_flags & BPF_F_RDONLY_PROG) == 0)
    return ENOENT;
  std::vector<unsigned char> value(about.value_size);
  const std::uint32_t key = 0;
  if (bpf_map_lookup_elem(map.get(), &key, value.data()) != 0)
    return errno;
  const xdp_dispatcher_settings ours;
  // Version 1 has no magic number.
  if (value[0] != ours.magic || !is_known_xdp_protocol(value[1]))
    return EPROTONOSUPPORT;
  if (about.value_size != size_of_settings(value[1]))
    return EINVAL;
  found = ours;
  memcpy(&found, value.data(), value.size());
  return found.count == 0 || found.count > most_xdp_chain_programs ? EINVAL : 0;
}

}  // namespace ebpfkit::detail
