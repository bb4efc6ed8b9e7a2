#include "load_programs.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "globals.hpp"

namespace ebpfkit::guest {

namespace {

// Levels of the verifier's log (BPF_LOG_* of the kernel's include/linux/bpf_verifier.h).
constexpr unsigned log_instructions = 1;
constexpr unsigned log_statistics = 4;

// Statistics are three lines. The last line of the log of a rejected program says why, and the
// lines before it how the verifier came there, so the end of a long log is what counts.
constexpr size_t statistics_size = 4096;
constexpr size_t full_log_size = size_t{16} << 20;
constexpr size_t sent_log_size = size_t{256} << 10;

// libbpf has one print callback for the process.
std::string libbpf_output;

__attribute__((format(printf, 2, 0))) int keep_output(libbpf_print_level level, const char* format,
                                                      va_list arguments) {
  if (level == LIBBPF_DEBUG)
    return 0;
  char text[4096];
  const int length = vsnprintf(text, sizeof text, format, arguments);
  if (length > 0)
    libbpf_output.append(text, std::min(static_cast<size_t>(length), sizeof text - 1));
  return 0;
}

struct object_closer {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using object_pointer = std::unique_ptr<bpf_object, object_closer>;

struct outcome {
  const char* name = "not_opened";
  int error = 0;
  unsigned xlated = 0;
  unsigned jited = 0;
  const char* attach = "none";
  int attach_error = 0;
  std::string verifier_log;
  std::string messages;  // of libbpf, or of this program
};

std::string_view end_of(const std::string& text) {
  std::string_view end = text;
  if (end.size() > sent_log_size)
    end.remove_prefix(end.size() - sent_log_size);
  return end;
}

void send_outcome(channel& results, unsigned number, const outcome& sent) {
  std::string lines = std::string("outcome ") + sent.name + "\nerrno " +
                      std::to_string(sent.error) + "\nxlated " + std::to_string(sent.xlated) +
                      "\njited " + std::to_string(sent.jited) + "\nattach " + sent.attach +
                      "\nattach_errno " + std::to_string(sent.attach_error) + "\n";
  results.send("verifier", number, end_of(sent.verifier_log));
  results.send("libbpf", number, end_of(sent.messages));
  results.send("outcome", number, lines);
}

object_pointer open_object(const planned_object& planned) {
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  if (!planned.btf.empty())
    options.btf_custom_path = planned.btf.c_str();
  errno = 0;
  bpf_object* object = bpf_object__open_file(planned.path.c_str(), &options);
  return object_pointer(libbpf_get_error(object) != 0 ? nullptr : object);
}

// Sizes are 0 where the kernel does not tell them.
void read_sizes(const bpf_program* program, outcome& result) {
  bpf_prog_info info{};
  __u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0)
    return;
  result.xlated = info.xlated_prog_len;
  result.jited = info.jited_prog_len;
}

bool is_cgroup_type(bpf_prog_type type) {
  return type == BPF_PROG_TYPE_CGROUP_SKB || type == BPF_PROG_TYPE_CGROUP_SOCK ||
         type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR || type == BPF_PROG_TYPE_CGROUP_SOCKOPT ||
         type == BPF_PROG_TYPE_CGROUP_SYSCTL || type == BPF_PROG_TYPE_CGROUP_DEVICE ||
         type == BPF_PROG_TYPE_SOCK_OPS;
}

// Attaches the program to the hook of its SEC(), an XDP program to lo, and a cgroup program to the
// root. Other programs need something that only their application has.
bpf_link* attach(const bpf_program* program, bool& has_hook) {
  const bpf_prog_type type = bpf_program__type(program);
  has_hook = true;
  if (type == BPF_PROG_TYPE_XDP)
    return bpf_program__attach_xdp(program, static_cast<int>(if_nametoindex("lo")));
  if (is_cgroup_type(type)) {
    const int cgroup = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bpf_link* link = bpf_program__attach_cgroup(program, cgroup);
    const int error = errno;
    close(cgroup);
    errno = error;
    return link;
  }
  bpf_link* link = bpf_program__attach(program);
  // libbpf's answer for a section that names no hook.
  has_hook = libbpf_get_error(link) != -EOPNOTSUPP && libbpf_get_error(link) != -ESRCH;
  return link;
}

void attach_once(const bpf_program* program, outcome& result) {
  libbpf_output.clear();
  bool has_hook = false;
  bpf_link* link = attach(program, has_hook);
  const long error = libbpf_get_error(link);
  if (error == 0) {
    result.attach = "attached";
    bpf_link__destroy(link);
  } else if (has_hook) {
    result.attach = "failed";
    result.attach_error = static_cast<int>(-error);
    result.messages += libbpf_output;
  }
}

class object_loader {
 public:
  object_loader(const planned_object& planned, bool attach_programs, channel& results)
      : planned_(planned), attach_(attach_programs), results_(results) {}

  void load_all() {
    std::vector<const planned_load*> together;
    std::vector<const planned_load*> alone;
    for (const planned_load& load : planned_.loads)
      (load.is_alone ? alone : together).push_back(&load);
    if (together.size() == 1)
      alone.insert(alone.begin(), together.front());
    else if (!together.empty())
      load_together(together);
    for (const planned_load* load : alone)
      load_alone(*load);
  }

 private:
  // When one program of the group fails, each is loaded by itself: libbpf stops at the first one
  // that fails, and a failure must not be the fault of another program.
  void load_together(const std::vector<const planned_load*>& group) {
    libbpf_output.clear();
    const object_pointer object = open_object(planned_);
    bool is_loaded = false;
    std::vector<std::string> logs(group.size(), std::string(statistics_size, '\0'));
    if (object != nullptr && select(object.get(), group)) {
      for (size_t i = 0; i < group.size(); ++i)
        request_log(find(object.get(), *group[i]), logs[i], log_statistics);
      is_loaded = bpf_object__load(object.get()) == 0;
    }
    if (!is_loaded) {
      for (const planned_load* load : group)
        load_alone(*load);
      return;
    }
    for (size_t i = 0; i < group.size(); ++i) {
      outcome result;
      report_loaded(find(object.get(), *group[i]), logs[i], result);
      send_outcome(results_, group[i]->number, result);
    }
  }

  void load_alone(const planned_load& load) {
    outcome result;
    if (!try_alone(load, log_statistics, statistics_size, result) &&
        strcmp(result.name, "rejected") == 0) {
      outcome whole;
      try_alone(load, log_statistics | log_instructions, full_log_size, whole);
      // Kernels before 6.4 refuse a program whose log does not fit, and the reason is then missing.
      if (whole.error == result.error)
        result = whole;
    }
    send_outcome(results_, load.number, result);
  }

  // Returns whether the program is loaded.
  bool try_alone(const planned_load& load, unsigned level, size_t log_size, outcome& result) {
    libbpf_output.clear();
    const object_pointer object = open_object(planned_);
    if (object == nullptr || !select(object.get(), {&load})) {
      result.error = errno;
      result.messages = libbpf_output;
      if (object != nullptr)
        result.messages += "the object has no program '" + load.program + "'\n";
      return false;
    }
    for (const auto& [name, value] : load.globals) {
      const std::string problem = set_global(object.get(), name, value);
      if (problem.empty())
        continue;
      result.messages = problem + "\n";
      return false;
    }
    bpf_program* program = find(object.get(), load);
    std::string log(log_size, '\0');
    request_log(program, log, level);
    const int error = bpf_object__load(object.get());
    if (error == 0) {
      report_loaded(program, log, result);
      return true;
    }
    result.verifier_log = log.c_str();
    // Without a log, the kernel or libbpf refused something before the verifier saw the program: a
    // map, a relocation, the program's type.
    result.name = result.verifier_log.empty() ? "object_rejected" : "rejected";
    result.error = -error;
    result.messages = libbpf_output;
    return false;
  }

  void report_loaded(const bpf_program* program, const std::string& log, outcome& result) const {
    result.name = "loaded";
    result.verifier_log = log.c_str();
    result.messages = libbpf_output;
    read_sizes(program, result);
    if (attach_)
      attach_once(program, result);
  }

  static bpf_program* find(bpf_object* object, const planned_load& load) {
    return bpf_object__find_program_by_name(object, load.program.c_str());
  }

  // For programs that are no struct_ops. libbpf 1.4 and newer would load the programs of a map that
  // is made. Older versions look at a map also when it is not made, and crash when no struct_ops
  // program is loaded (src/runtime/object/unmade_struct_ops.hpp), so it gets another type, too.
  static void leave_out_struct_ops(bpf_object* object) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
      if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
        continue;
      bpf_map__set_autocreate(map, false);
      bpf_map__set_type(map, BPF_MAP_TYPE_UNSPEC);
    }
  }

  // Makes libbpf load the programs of the group and no other. Returns false when one is missing.
  static bool select(bpf_object* object, const std::vector<const planned_load*>& group) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
    bool has_struct_ops = false;
    for (const planned_load* load : group) {
      program = find(object, *load);
      if (program == nullptr)
        return false;
      bpf_program__set_autoload(program, true);
      has_struct_ops |= bpf_program__type(program) == BPF_PROG_TYPE_STRUCT_OPS;
    }
    if (!has_struct_ops)
      leave_out_struct_ops(object);
    return true;
  }

  static void request_log(bpf_program* program, std::string& log, unsigned level) {
    bpf_program__set_log_buf(program, log.data(), log.size());
    bpf_program__set_log_level(program, level);
  }

  const planned_object& planned_;
  bool attach_;
  channel& results_;
};

}  // namespace

void load_programs(const plan& wanted, channel& results) {
  libbpf_set_print(keep_output);
  for (const planned_object& planned : wanted.objects)
    object_loader(planned, wanted.attach, results).load_all();
}

}  // namespace ebpfkit::guest
