#include "load_test/load_here.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "load_test/load_results.hpp"
#include "runtime/errors/verifier_log.hpp"
#include "runtime/object/unmade_struct_ops.hpp"

namespace ebpfkit::host {

namespace {

// Levels of the verifier's log (BPF_LOG_* of the kernel's include/linux/bpf_verifier.h).
constexpr unsigned log_of_instructions = 1;
constexpr unsigned log_of_statistics = 4;
constexpr std::size_t short_log_size = 4096;
// The largest log that all kernels accept (bpf_verifier_log_attr_valid(), before Linux 5.17).
constexpr std::size_t whole_log_size = (std::size_t{16} << 20) - 1;

// libbpf has one print callback for the process.
std::string* printed_here = nullptr;

__attribute__((format(printf, 2, 0))) int keep_printed(libbpf_print_level level, const char* format,
                                                       va_list arguments) {
  if (level == LIBBPF_DEBUG || printed_here == nullptr)
    return 0;
  char text[4096];
  const int length = std::vsnprintf(text, sizeof text, format, arguments);
  if (length > 0)
    printed_here->append(text, std::min(static_cast<std::size_t>(length), sizeof text - 1));
  return 0;
}

class printed_text {
 public:
  printed_text() : previous_(libbpf_set_print(keep_printed)) { printed_here = &text_; }
  ~printed_text() {
    printed_here = nullptr;
    libbpf_set_print(previous_);
  }
  printed_text(const printed_text&) = delete;
  printed_text& operator=(const printed_text&) = delete;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  libbpf_print_fn_t previous_;
};

struct object_closer {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

// libbpf 1.4 and newer loads the programs of each struct_ops map that it makes, whatever their
// autoload says.
void make_no_struct_ops(bpf_object* object) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
      bpf_map__set_autocreate(map, false);
  }
}

// Makes libbpf load this program and no other. Null: the object has no such program.
bpf_program* select_only(bpf_object* object, const std::string& name) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
  program = bpf_object__find_program_by_name(object, name.c_str());
  if (program == nullptr)
    return nullptr;
  bpf_program__set_autoload(program, true);
  if (bpf_program__type(program) != BPF_PROG_TYPE_STRUCT_OPS)
    make_no_struct_ops(object);
  return program;
}

void load_once(const std::string& path, unsigned level, std::size_t log_size,
               program_result& result) {
  const printed_text printed;
  result.outcome = load_outcome::not_opened;
  const std::unique_ptr<bpf_object, object_closer> object(
      bpf_object__open_file(path.c_str(), nullptr));
  bpf_program* program = object == nullptr ? nullptr : select_only(object.get(), result.program);
  if (program == nullptr) {
    result.error = errno;
    result.libbpf_log = printed.text();
    return;
  }
  std::string log(log_size, '\0');
  bpf_program__set_log_buf(program, log.data(), log.size());
  bpf_program__set_log_level(program, level);
  const detail::unmade_struct_ops hidden(object.get());
  const int error = bpf_object__load(object.get());
  log.resize(log.find('\0') == std::string::npos ? log.size() : log.find('\0'));
  result.statistics = read_statistics(log);
  result.error = -error;
  if (error == 0) {
    result.outcome = load_outcome::loaded;
    bpf_prog_info info{};
    __u32 size = sizeof info;
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) {
      result.xlated_size = info.xlated_prog_len;
      result.jited_size = info.jited_prog_len;
    }
    return;
  }
  result.outcome = log.empty() ? load_outcome::object_rejected : load_outcome::rejected;
  result.verifier_log = std::move(log);
  result.libbpf_log = printed.text();
}

program_result load_alone(const tested_object& object, const std::string& program) {
  program_result result;
  result.object = object.name;
  result.program = program;
  load_once(object.path.string(), log_of_statistics, short_log_size, result);
  if (result.outcome == load_outcome::rejected) {
    auto whole = result;
    load_once(object.path.string(), log_of_statistics | log_of_instructions, whole_log_size, whole);
    // Kernels before 6.4 refuse a program whose log does not fit, and the reason is then missing.
    if (whole.error == result.error)
      result = std::move(whole);
  }
  if (result.outcome == load_outcome::rejected) {
    auto cause = detail::find_cause(result.verifier_log);
    result.reason = std::move(cause.reason);
    result.source = std::move(cause.source);
    result.instruction = std::move(cause.instruction);
    result.suggestion = std::move(cause.suggestion);
  }
  return result;
}

}  // namespace

load_results load_on_this_kernel(const std::vector<tested_object>& objects) {
  load_results results;
  results.kernel = "host";
  utsname names{};
  if (::uname(&names) == 0) {
    results.release = names.release;
    results.architecture = names.machine;
  }
  std::error_code error;
  results.has_btf = std::filesystem::exists("/sys/kernel/btf/vmlinux", error);
  for (const auto& object : objects)
    for (const auto& program : list_programs(object))
      results.programs.push_back(load_alone(object, program.name));
  return results;
}

}  // namespace ebpfkit::host
