#include "picture/loaded_code.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "btf/type_graph.hpp"
#include "relocation/btf_ext.hpp"
#include "support/failure.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

constexpr std::size_t instruction_bytes = 8;
constexpr std::int32_t kernel_function = 2;  // BPF_PSEUDO_KFUNC_CALL

// What the kernel tells of a program's code (bpf_prog_get_info_by_fd() of kernel/bpf/syscall.c).
struct loaded_code {
  std::vector<std::uint8_t> instructions;
  std::vector<bpf_func_info> functions;
  std::vector<bpf_line_info> lines;
};

loaded_code read_code(int fd, const loaded_program& program) {
  bpf_prog_info known{};
  std::uint32_t size = sizeof known;
  if (bpf_obj_get_info_by_fd(fd, &known, &size) != 0)
    throw failure(fmt::format("cannot read program {}: {}", program.id, std::strerror(errno)));
  loaded_code code;
  code.instructions.resize(known.xlated_prog_len);
  code.functions.resize(known.nr_func_info);
  code.lines.resize(known.nr_line_info);
  bpf_prog_info wanted{};
  wanted.xlated_prog_len = known.xlated_prog_len;
  wanted.xlated_prog_insns = reinterpret_cast<std::uintptr_t>(code.instructions.data());
  wanted.nr_func_info = known.nr_func_info;
  wanted.func_info_rec_size = sizeof(bpf_func_info);
  wanted.func_info = reinterpret_cast<std::uintptr_t>(code.functions.data());
  wanted.nr_line_info = known.nr_line_info;
  wanted.line_info_rec_size = sizeof(bpf_line_info);
  wanted.line_info = reinterpret_cast<std::uintptr_t>(code.lines.data());
  size = sizeof wanted;
  const bool has_answer = bpf_obj_get_info_by_fd(fd, &wanted, &size) == 0;
  // A kernel that hides addresses gives no instructions: a null pointer, or none of them.
  if (!has_answer || code.instructions.empty() || wanted.xlated_prog_insns == 0)
    throw failure(fmt::format("the kernel does not show the instructions of program {} '{}'",
                              program.id, printable(program.name)),
                  "Run it as root, with kernel.kptr_restrict and net.core.bpf_jit_harden below 2.");
  return code;
}

// Kernel symbols by address, for the calls in a program. Empty where the kernel shows no addresses.
class kernel_calls {
 public:
  // `offset` counts from __bpf_call_base. Empty: not known.
  std::string name_at(std::int32_t offset);

 private:
  void read();

  bool is_read_ = false;
  std::uint64_t base_ = 0;
  std::map<std::uint64_t, std::string> names_;
};

void kernel_calls::read() {
  is_read_ = true;
  std::ifstream lines("/proc/kallsyms");
  std::string line;
  while (std::getline(lines, line)) {
    // "ffffffff81234567 T bpf_map_lookup_elem"
    const auto end = line.find(' ');
    if (end == std::string::npos || line.size() < end + 4)
      continue;
    const auto address = std::strtoull(line.c_str(), nullptr, 16);
    auto name = line.substr(end + 3);
    name.resize(std::min(name.find_first_of("\t "), name.size()));
    if (name == "__bpf_call_base")
      base_ = address;
    if (address != 0)
      names_.emplace(address, std::move(name));
  }
}

std::string kernel_calls::name_at(std::int32_t offset) {
  if (!is_read_)
    read();
  const auto found = names_.find(base_ + static_cast<std::uint64_t>(std::int64_t{offset}));
  return base_ == 0 || found == names_.end() ? std::string() : printable(found->second);
}

// The BTF of the program, as far as it has one that can be read.
struct program_types {
  std::shared_ptr<const type_graph> types;
  std::vector<std::uint8_t> bytes;
  std::optional<btf_text> text;

  explicit program_types(std::uint32_t btf_id) {
    if (btf_id == 0)
      return;
    bytes = read_kernel_btf(btf_id);
    types = std::make_shared<const type_graph>(std::vector<std::uint8_t>(bytes), nullptr,
                                               type_checks::names_on_use);
    text.emplace(bytes);
  }
};

class loaded_reader {
 public:
  loaded_reader(loaded_code code, const loaded_program& program)
      : code_(std::move(code)), program_(program), types_(program.btf_id) {
    std::ranges::stable_sort(code_.functions, {}, &bpf_func_info::insn_off);
    std::ranges::stable_sort(code_.lines, {}, &bpf_line_info::insn_off);
  }

  std::vector<code_function> read();

 private:
  std::uint32_t length() const {
    return static_cast<std::uint32_t>(code_.instructions.size() / instruction_bytes);
  }
  std::string function_name(std::uint32_t first) const;
  code_line line_at(std::uint32_t index) const;
  std::string map_name(std::uint32_t id);
  code_function read_function(std::uint32_t begin, std::uint32_t end);

  loaded_code code_;
  const loaded_program& program_;
  program_types types_;
  kernel_calls calls_;
  std::map<std::uint32_t, std::string> maps_;
};

std::string loaded_reader::function_name(std::uint32_t first) const {
  const auto found = std::ranges::find(code_.functions, first, &bpf_func_info::insn_off);
  if (found != code_.functions.end() && types_.types != nullptr &&
      types_.types->contains(found->type_id) &&
      types_.types->kind(found->type_id) == type_kind::function)
    return printable(types_.types->name(found->type_id));
  return first == 0 ? printable(program_.name) : fmt::format("function_at_{}", first);
}

code_line loaded_reader::line_at(std::uint32_t index) const {
  auto record = std::ranges::upper_bound(code_.lines, index, {}, &bpf_line_info::insn_off);
  if (record == code_.lines.begin() || !types_.text)
    return {};
  --record;
  return {types_.text->at(record->file_name_off).shown(), BPF_LINE_INFO_LINE_NUM(record->line_col),
          types_.text->at(record->line_off).shown()};
}

std::string loaded_reader::map_name(std::uint32_t id) {
  auto& name = maps_[id];
  if (name.empty()) {
    name = fmt::format("map {}", id);
    try {
      if (const auto map = read_map(open_map(id).get()))
        name = printable(map->name);
    } catch (const failure&) {
      // The map is gone, or not ours to see. Its id stays.
    }
  }
  return name;
}

code_function loaded_reader::read_function(std::uint32_t begin, std::uint32_t end) {
  code_function function{
      function_name(begin), printable(program_.type), begin == 0, end - begin, {}};
  const std::span<const std::uint8_t> bytes(code_.instructions);
  for (auto at = begin; at < end; ++at) {
    code_instruction entry;
    entry.code =
        decode_instruction(bytes, std::size_t{at} * instruction_bytes, std::endian::native);
    entry.index = at - begin;
    entry.source = line_at(at);
    if (entry.is_wide_load()) {
      if (++at >= end)
        throw failure(fmt::format("the function '{}' ends within the instruction {}", function.name,
                                  entry.index));
      entry.upper =
          decode_instruction(bytes, std::size_t{at} * instruction_bytes, std::endian::native)
              .immediate;
      const auto id = static_cast<std::uint32_t>(entry.code.immediate);
      if (entry.code.source == BPF_PSEUDO_MAP_FD)
        entry.symbol = map_name(id);
      else if (entry.code.source == BPF_PSEUDO_MAP_VALUE)
        entry.symbol = fmt::format("{}+{}", map_name(id), entry.upper);
    } else if (entry.code.code == (BPF_JMP | BPF_CALL)) {
      if (entry.code.source == BPF_PSEUDO_CALL) {
        // In machine code, the immediate is no place. The offset still is (jit_subprogs()).
        const auto distance =
            program_.jited_bytes != 0 ? std::int32_t{entry.code.offset} : entry.code.immediate;
        entry.symbol =
            function_name(static_cast<std::uint32_t>(static_cast<std::int32_t>(at) + distance + 1));
      } else if (entry.code.source == 0 || entry.code.source == kernel_function) {
        entry.symbol = calls_.name_at(entry.code.immediate);
      }
    }
    function.instructions.push_back(std::move(entry));
  }
  return function;
}

std::vector<code_function> loaded_reader::read() {
  std::vector<std::uint32_t> begins{0};
  for (const auto& function : code_.functions)
    if (function.insn_off > begins.back() && function.insn_off < length())
      begins.push_back(function.insn_off);
  std::vector<code_function> functions;
  for (std::size_t i = 0; i < begins.size(); ++i)
    functions.push_back(read_function(begins[i], i + 1 < begins.size() ? begins[i + 1] : length()));
  return functions;
}

}  // namespace

std::vector<code_function> read_loaded_functions(int fd, const loaded_program& program) {
  return loaded_reader(read_code(fd, program), program).read();
}

}  // namespace ebpfkit::host
