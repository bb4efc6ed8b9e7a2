// A BPF object that is part of the application: what generated skeletons are made of.
#pragma once

#include <cstddef>
#include <memory>

#include "ebpfkit/result.hpp"

struct bpf_map;
struct bpf_object;
struct bpf_object_open_opts;
struct bpf_program;

namespace ebpfkit {

// A section of global variables, by its ELF name.
struct section_description {
  const char* name;
  std::size_t size;  // of the struct that describes it
};

// Compares every record of the object whose layout comes from C headers
// (ebpf_generate_bindings(... HEADERS)) with the running kernel's BTF, member by member; on a
// kernel without BTF the release of these headers with the running one. Records that the kernel
// does not have are the application's own. The error (EOPNOTSUPP) names the headers and the first
// differences. The load() of a skeleton with such records calls it.
result<void> check_fixed_layout(const bpf_object* object);

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
  // Called before load; null: there is nothing to check.
  result<void> (*check)(const bpf_object* object) = nullptr;
};

// How an object is loaded; the defaults are right for most.
struct load_options {
  // A file that gets the verifier's whole log of every program, also of accepted ones; what was in
  // it before is gone. Null: the file that the environment variable EBPFKIT_VERIFIER_LOG names
  // (programs that run with more rights than their user ignore it), else none.
  const char* verifier_log_file = nullptr;

  // How much the verifier writes there (log_level of bpf(2)'s BPF_PROG_LOAD): 1 each instruction,
  // 2 the registers at each of them too, 4 only the statistics.
  unsigned verifier_log_level = 1;

  // Loads programs whose kernel types come from C headers (ebpf_generate_bindings(... HEADERS))
  // even where this kernel is found, or may be, to have another layout: they read wrong data then.
  bool force_fixed_layout = false;
};

// Owns an opened BPF object and the links that its attach() made. Move-only. Maps, programs and
// sections are told by their index in the description; the pointers stay valid when the owner is
// moved.
class [[nodiscard]] object {
 public:
  object(object&&) noexcept;
  object& operator=(object&&) noexcept;
  ~object();

  // Opens the object from memory. `options` may be null; an object name in it wins over the
  // description's. Errors: libbpf's, and ESRCH when the bytes do not have what the description
  // says.
  static result<object> open(const object_description& description,
                             const bpf_object_open_opts* options);

  // Creates the maps and loads the programs. The error names the program or map that failed and
  // carries the verifier's log. An object whose load failed cannot be loaded again. A log file that
  // cannot be written is an error too; when it cannot even be opened, nothing is loaded.
  // EOPNOTSUPP: kernel types from C headers are not this kernel's.
  result<void> load(const load_options& options = {});

  // Attaches every program that is loaded, whose SEC() says where to and that is not attached yet;
  // and every struct_ops map. The object keeps these links. On error, what this call attached is
  // detached again.
  //
  // Leaves alone the programs that the application attached with a function of ebpfkit::program:
  // the application owns those links, also when it has dropped them since. (The skeletons of libbpf
  // skip programs that have a link too.) program::set_autoattach(true) takes a program back.
  result<void> attach();

  // Detaches what attach() attached, the last first. Links that the application owns stay.
  void detach() noexcept;

  bpf_object* get() const noexcept;
  bpf_map* map(std::size_t index) const noexcept;
  bpf_program* program(std::size_t index) const noexcept;

  // The memory of a section: its initial image before load, the kernel's map after it, read-only
  // for .rodata and .kconfig. Ends the program when there is no such memory: .kconfig before load,
  // any section after load on kernels before 5.5.
  void* section(std::size_t index) const noexcept;

 private:
  struct state;
  explicit object(std::unique_ptr<state> opened);

  std::unique_ptr<state> state_;
};

}  // namespace ebpfkit
