// A BPF object that is part of the application. Generated skeletons are built on it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "ebpfkit/result.hpp"

struct bpf_map;
struct bpf_object;
struct bpf_object_open_opts;
struct bpf_program;

namespace ebpfkit {

// A section of global variables, by its ELF name; the variables of an arena by the name of its map.
struct section_description {
  const char* name;
  std::size_t size;  // of the struct that describes the section
};

// Checks the records (structs and unions) of the object whose layout comes from C headers
// (ebpf_generate_bindings(... HEADERS)). Compares each with the running kernel's BTF, member by
// member. On a kernel without BTF, compares the release of the headers with the running kernel's.
// Records that the kernel does not have are the application's own; they pass. The error
// (EOPNOTSUPP) names the headers and the first differences. The load() of a skeleton with such
// records calls this function.
result<void> check_fixed_layout(const bpf_object* object);

// Returns a sentence for programs that attach by the kernel's BTF (fentry, fexit, fmod_ret, tp_btf,
// lsm, iter): that the running kernel has no such function, tracepoint, LSM hook or iterator, and
// the nearest name that it has. `libbpf_log` is what libbpf printed about a load that failed. Empty
// when the reason is another, or nobody can read the kernel's BTF. The load() of a skeleton with
// such programs calls this function.
std::string missing_hook_remedy(std::string_view libbpf_log);

// The same also for programs that attach by the name of a kernel function or a tracepoint (kprobe,
// tracepoint, raw_tp), about which attach() fails. Objects without a skeleton use it. A skeleton
// does not, because it costs 8 kB, and the build has compared such names with the kernel's BTF.
std::string missing_named_hook_remedy(std::string_view libbpf_log);

// Prepares the struct_ops maps of an object for load(), so that libbpf before 1.4 does what newer
// ones do: a map that is not made is left out with its programs. Those versions crash when no
// struct_ops program is loaded: the error (EINVAL) names a map that is made all the same. The
// load() of objects with such maps calls this function before (`is_loaded` is false) and behind
// libbpf's functions.
result<void> prepare_struct_ops(bpf_object* object, bool is_loaded);

// What a generated skeleton knows about its object. All pointers are to static storage.
struct object_description {
  const char* name;
  const unsigned char* bytes;
  std::size_t size;
  const char* const* maps;
  std::size_t map_count;
  const section_description* sections;
  std::size_t section_count;
  const char* const* programs;
  std::size_t program_count;
  // load() calls it first. Null: there is nothing to check.
  result<void> (*check)(const bpf_object* object) = nullptr;
  // load() and attach() ask it for the remedy of an error. Null: no program attaches by the
  // kernel's BTF, and a small loader does without the code.
  std::string (*missing_hook)(std::string_view libbpf_log) = nullptr;
  // See prepare_struct_ops(). Null: the object has no struct_ops maps.
  result<void> (*struct_ops)(bpf_object* object, bool is_loaded) = nullptr;
};

// How to load an object. The defaults are right for most applications.
struct load_options {
  // load() overwrites this file with the verifier's whole log of every program, accepted ones
  // included. Null: the file that the environment variable EBPFKIT_VERIFIER_LOG names, else none.
  // Programs that run with more rights than their user ignore the variable. The logs have kernel
  // addresses, so only the user of the process may read the file: load() fails unless it is a
  // regular file of this user, and replaces a file that others can read.
  const char* verifier_log_file = nullptr;

  // How much the verifier writes there (log_level of bpf(2)'s BPF_PROG_LOAD). 1: each instruction.
  // 2: also the registers at each instruction. 4: only the statistics.
  unsigned verifier_log_level = 1;

  // Loads programs whose kernel types come from C headers (ebpf_generate_bindings(... HEADERS))
  // even if this kernel has, or may have, another layout. On such a kernel they read wrong data.
  bool force_fixed_layout = false;

  // Blocks the signals of the calling thread while the object loads, and then restores the thread's
  // signal mask, also after an error. The kernel's verifier gives up when a signal arrives
  // (EAGAIN). libbpf tries again a few times, but while a timer sends signals, a large program
  // never loads. The signals arrive when load() returns; several of one kind arrive as one. Until
  // then, Ctrl-C has no effect, which may take seconds for a large program.
  bool hold_signals = false;
};

// Owns an opened BPF object and the links that its attach() made. Move-only. The caller names a
// map, program or section by its index in the description. The pointers that these functions
// return stay valid when the object is moved.
class [[nodiscard]] object {
 public:
  object(object&&) noexcept;
  object& operator=(object&&) noexcept;
  ~object();

  // Opens the object from memory. `options` may be null; an object name in `options` wins over the
  // description's. Errors: libbpf's errors, and ESRCH when the bytes lack something that the
  // description names.
  static result<object> open(const object_description& description,
                             const bpf_object_open_opts* options);

  // Creates the maps and loads the programs. The error names the program or map that failed and
  // carries the verifier's log. It is EOPNOTSUPP when kernel types from C headers do not fit this
  // kernel. A log file that cannot be written is an error too; when it cannot be opened, load()
  // loads nothing. An object whose load failed cannot be loaded again.
  result<void> load(const load_options& options = {});

  // Attaches every loaded program whose SEC() names the hook and that is not attached yet, and
  // every struct_ops map. The object keeps these links. On error, it detaches again what this call
  // attached.
  //
  // Skips the programs that the application attached with a function of ebpfkit::program: the
  // application owns those links, even if it has dropped them since. (libbpf's skeletons also skip
  // programs that have a link.) program::set_autoattach(true) makes attach() attach such a program
  // again.
  result<void> attach();

  // Detaches what attach() attached, in reverse order. Links that the application owns stay.
  void detach() noexcept;

  bpf_object* get() const noexcept;
  bpf_map* map(std::size_t index) const noexcept;
  bpf_program* program(std::size_t index) const noexcept;

  // The memory of a section. Before load() it is the initial image. After load() it is the kernel's
  // map, which is read-only for .rodata and .kconfig. Ends the process when there is no such
  // memory: for .kconfig before load(), and for any section after load() on kernels before 5.5.
  void* section(std::size_t index) const noexcept;

  // The same, but null when there is no such memory.
  void* section_memory(std::size_t index) const noexcept;

 private:
  struct state;
  explicit object(std::unique_ptr<state> opened);

  std::unique_ptr<state> state_;
};

}  // namespace ebpfkit
