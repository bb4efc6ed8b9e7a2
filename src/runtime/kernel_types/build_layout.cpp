#include "build_layout.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../errors/log_capture.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "embedded_choice.hpp"

namespace ebpfkit::detail {
namespace {

constexpr std::uint8_t call = BPF_JMP | BPF_CALL;
constexpr std::uint8_t leave = BPF_JMP | BPF_EXIT;
constexpr std::uint8_t copy_register = BPF_ALU64 | BPF_MOV | BPF_X;
constexpr std::uint8_t set_register = BPF_ALU64 | BPF_MOV | BPF_K;
constexpr std::uint8_t add_number = BPF_ALU64 | BPF_ADD | BPF_K;
constexpr std::uint8_t shift_right = BPF_ALU64 | BPF_RSH | BPF_K;
constexpr std::uint8_t load_word = BPF_LDX | BPF_MEM | BPF_W;

// Loads a program, runs it once in this thread and returns what it returns.
std::optional<std::uint32_t> run(const bpf_insn* instructions, std::size_t count) {
  const log_capture silence;
  bpf_prog_load_opts load_options{};
  load_options.sz = sizeof(load_options);
  const unique_fd program(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "read_layout", "Dual BSD/GPL",
                                        instructions, count, &load_options));
  if (!program)
    return std::nullopt;
  bpf_test_run_opts run_options{};
  run_options.sz = sizeof(run_options);
  if (bpf_prog_test_run_opts(program.get(), &run_options) != 0)
    return std::nullopt;
  return run_options.retval;
}

// One half of bpf_get_current_pid_tgid(): `shift` selects it.
std::optional<std::uint32_t> id(int shift) {
  const bpf_insn instructions[] = {
      {call, 0, 0, 0, BPF_FUNC_get_current_pid_tgid},
      {shift_right, BPF_REG_0, 0, 0, shift},
      {leave, 0, 0, 0, 0},
  };
  return run(instructions, std::size(instructions));
}

// The number after `name` in a text such as "pid:1448 tgid:1452 comm:1880". Nothing when the text
// does not have the name.
std::optional<std::uint32_t> recorded_offset(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const auto colon = std::min(word.find(':'), word.size());
    if (word.substr(0, colon) != name || colon + 1 >= word.size() || word.size() - colon > 8)
      continue;
    std::uint32_t offset = 0;
    for (const char digit : word.substr(colon + 1)) {
      if (digit < '0' || digit > '9')
        return std::nullopt;
      offset = offset * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    return offset;
  }
  return std::nullopt;
}

class comparer {
 public:
  comparer(const embedded_build_kernel& build, const machine& running, task_reader& reader)
      : build_(build), running_(running), reader_(reader) {}

  layout_comparison run() {
    compare("architecture", build_.kernel.architecture, running_.architecture);
    compare("release", build_.kernel.release, running_.release);
    if (!build_.version.empty())
      compare("version", build_.version, running_.version);
    // Offsets that were recorded on another architecture say nothing about this kernel.
    if (build_.kernel.architecture == running_.architecture)
      compare_task();
    return std::move(found_);
  }

 private:
  void compare(const char* what, std::string_view of_build, std::string_view of_target) {
    if (of_build == of_target)
      found_.agreements.emplace_back(what);
    else
      found_.mismatches.push_back(joined({"The kernel's ", what, " is '", of_target,
                                          "', at build time it was '", of_build, "'."}));
  }

  void compare_task() {
    const auto ids = reader_.ids();
    if (!ids) {
      found_.not_compared =
          "reading the kernel's memory needs Linux 5.10 and the privileges that loading needs";
      return;
    }
    compare_member("pid", static_cast<std::uint32_t>(*ids));
    compare_member("tgid", static_cast<std::uint32_t>(*ids >> 32));
    char name[16] = {};
    prctl(PR_GET_NAME, name);
    compare_member("comm", name, strnlen(name, sizeof(name)));
  }

  void compare_member(const char* member, std::uint32_t expected) {
    compare_member(member, reinterpret_cast<const char*>(&expected), sizeof(expected));
  }

  void compare_member(const char* member, const char* expected, std::size_t size) {
    const auto offset = recorded_offset(build_.task_offsets, member);
    if (!offset)
      return;
    for (std::size_t at = 0; at < size; at += sizeof(std::uint32_t)) {
      const auto word = reader_.word_at(*offset + static_cast<std::uint32_t>(at));
      if (word && memcmp(&*word, expected + at, std::min(sizeof(*word), size - at)) == 0)
        continue;
      found_.mismatches.push_back(formatted(
          word ? "At byte %u of the kernel's task_struct, where '%s' was at build time, is "
                 "something else."
               : "Byte %u of the kernel's task_struct, where '%s' was at build time, cannot be "
                 "read.",
          *offset, member));
      return;
    }
    found_.agreements.push_back(formatted("task_struct.%s", member));
  }

  const embedded_build_kernel& build_;
  const machine& running_;
  task_reader& reader_;
  layout_comparison found_;
};

}  // namespace

std::optional<std::uint32_t> kernel_task_reader::word_at(std::uint32_t offset) {
  const bpf_insn instructions[] = {
      {call, 0, 0, 0, BPF_FUNC_get_current_task},
      {copy_register, BPF_REG_3, BPF_REG_0, 0, 0},
      {add_number, BPF_REG_3, 0, 0, static_cast<std::int32_t>(offset)},
      {set_register, BPF_REG_2, 0, 0, sizeof(std::uint32_t)},
      {copy_register, BPF_REG_1, BPF_REG_10, 0, 0},
      {add_number, BPF_REG_1, 0, 0, -8},
      {call, 0, 0, 0, BPF_FUNC_probe_read_kernel},
      {load_word, BPF_REG_0, BPF_REG_10, -8, 0},
      {leave, 0, 0, 0, 0},
  };
  return detail::run(instructions, std::size(instructions));
}

std::optional<std::uint64_t> kernel_task_reader::ids() {
  const auto thread = id(0);
  const auto process = id(32);
  if (!thread || !process)
    return std::nullopt;
  return std::uint64_t{*process} << 32 | *thread;
}

layout_comparison compare_layout(const embedded_build_kernel& build, const machine& running,
                                 task_reader& reader) {
  return comparer(build, running, reader).run();
}

namespace {

std::string listed(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const auto& part : parts)
    text.append(text.empty() ? "" : separator).append(part);
  return text;
}

result<taken_layout> take(const embedded_build_kernel& build, const machine& running,
                          bool is_forced) {
  kernel_task_reader reader;
  auto compared = compare_layout(build, running, reader);
  const auto of_build = formatted("the layout of '%s'", text_of(build.kernel).c_str());
  const bool fits = compared.mismatches.empty();
  if (!fits && !is_forced) {
    ebpfkit::error failure;
    failure.operation = "run with";
    failure.object = formatted("%s on %s", of_build.c_str(), running.text().c_str());
    failure.code = EOPNOTSUPP;
    failure.remedy = formatted(
        "The programs were built for that kernel and would read wrong data on this one. %s Embed "
        "this kernel's BTF (ebpf_embed_btf). %s",
        listed(compared.mismatches, " ").c_str(), how_to_name_a_file);
    return failure;
  }
  taken_layout taken;
  taken.description = formatted(
      "NOT PORTABLE: there is no BTF for %s. The programs run with %s, for which they were built. ",
      running.text().c_str(), of_build.c_str());
  taken.description += formatted(
      fits ? "All values that were compared are equal%s: %s."
           : "Forced, although data may be wrong: %s Compared and equal: %s.",
      listed(compared.mismatches, " ").c_str(), listed(compared.agreements, ", ").c_str());
  if (!compared.not_compared.empty())
    taken.description +=
        formatted(" Not all values were compared: %s.", compared.not_compared.c_str());
  taken.mismatches = std::move(compared.mismatches);
  return taken;
}

result<taken_layout> take_checked(const embedded_build_kernel& build, const machine& running) {
  return take(build, running, false);
}

result<taken_layout> take_forced(const embedded_build_kernel& build, const machine& running) {
  return take(build, running, true);
}

}  // namespace
}  // namespace ebpfkit::detail

namespace ebpfkit {

const build_layout checked_build_layout = {detail::take_checked};
const build_layout forced_build_layout = {detail::take_forced};

}  // namespace ebpfkit
