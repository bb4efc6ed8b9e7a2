#include "ebpfkit/btf_source.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "build_layout.hpp"
#include "embedded_btf.hpp"
#include "embedded_choice.hpp"
#include "machine.hpp"

namespace ebpfkit {
namespace {

using detail::embedded_btf_reader;
using detail::formatted;
using detail::how_to_name_a_file;
using detail::text_of;
using detail::unique_fd;

ebpfkit::error failure(const char* operation, std::string object, int code,
                       std::string_view remedy) {
  ebpfkit::error made;
  made.operation = operation;
  made.object = std::move(object);
  made.code = code;
  made.remedy = remedy;
  return made;
}

// Returns 0 when the file is raw BTF or ELF, else the errno that tells why it is not.
int check_btf_file(const char* path) {
  const unique_fd file(open(path, O_RDONLY | O_CLOEXEC));
  unsigned char magic[4] = {};
  if (!file || read(file.get(), magic, sizeof(magic)) < 0)
    return errno;
  const bool is_btf =
      (magic[0] == 0x9f && magic[1] == 0xeb) || (magic[0] == 0xeb && magic[1] == 0x9f);
  const bool is_elf = std::equal(magic, magic + 4, "\177ELF");
  return is_btf || is_elf ? 0 : ENOEXEC;
}

std::optional<embedded_btf_reader> open_embedded(const embedded_btf& embedded,
                                                 const char*& problem) {
  return embedded_btf_reader::open({reinterpret_cast<const char*>(embedded.bytes), embedded.size},
                                   problem);
}

ebpfkit::error damaged(const char* problem) {
  return failure("read", "the embedded BTF", EBADMSG, formatted("%s.", problem));
}

// Makes a file in memory that begins with these bytes. On failure, returns no file and sets errno.
unique_fd make_memory_file(std::string_view bytes) {
  unique_fd file(memfd_create("ebpfkit-btf", MFD_CLOEXEC));
  while (file && !bytes.empty()) {
    const auto written = write(file.get(), bytes.data(), bytes.size());
    if (written >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      return unique_fd();
  }
  return file;
}

}  // namespace

struct btf_source::state {
  btf_choice choice{};
  std::string description;
  std::string path;  // empty: the kernel's own
  unique_fd file;
  std::vector<std::string> mismatches;
  bpf_object_open_opts options{};

  static btf_source make(btf_choice choice, std::string description, std::string path,
                         unique_fd file = unique_fd());
};

btf_source btf_source::state::make(btf_choice choice, std::string description, std::string path,
                                   unique_fd file) {
  auto made = std::make_unique<state>();
  made->choice = choice;
  made->description = std::move(description);
  made->path = std::move(path);
  made->file = std::move(file);
  made->options.sz = sizeof(made->options);
  made->options.btf_custom_path = made->path.empty() ? nullptr : made->path.c_str();
  return btf_source(std::move(made));
}

btf_source::btf_source(std::unique_ptr<state> chosen) : state_(std::move(chosen)) {}
btf_source::btf_source(btf_source&&) noexcept = default;
btf_source& btf_source::operator=(btf_source&&) noexcept = default;
btf_source::~btf_source() = default;

result<btf_source> btf_source::from_file(btf_choice choice, const char* file,
                                         const char* named_by) {
  if (const int code = check_btf_file(file))
    return failure(
        "read", formatted("BTF '%s'", file), code,
        formatted("The file is named by %s. Name raw BTF, or an ELF file with a .BTF section.",
                  named_by));
  return state::make(choice, formatted("kernel types come from '%s', named by %s", file, named_by),
                     file);
}

result<btf_source> btf_source::from_memory(btf_choice choice, std::string description,
                                           const detail::embedded_btf_reader& reader,
                                           const detail::embedded_kernel& kernel) {
  const auto bytes = reader.blob(kernel.blob);
  if (!bytes)
    return failure("read", formatted("the embedded BTF for '%s'", text_of(kernel).c_str()), EBADMSG,
                   "Its checksum is wrong: the application's file is damaged.");
  auto file = make_memory_file(*bytes);
  if (!file)
    return failure("make", "a file in memory for BTF", errno, {});
  auto path = formatted("/proc/self/fd/%d", file.get());
  if (access(path.c_str(), R_OK) != 0) {
    const int code = errno;
    return failure("open", formatted("the file in memory with BTF ('%s')", path.c_str()), code,
                   "libbpf takes it through /proc: mount it (mount -t proc proc /proc).");
  }
  return state::make(choice, std::move(description), std::move(path), std::move(file));
}

result<btf_source> btf_source::from_embedded(const embedded_btf& embedded,
                                             const btf_search& search) {
  const auto running = detail::describe_machine(search);
  if (embedded.size == 0)
    return failure("find", formatted("BTF for %s", running.text().c_str()), ENOENT,
                   formatted("The kernel has no BTF (CONFIG_DEBUG_INFO_BTF), and the application "
                             "has none embedded: see ebpf_embed_btf(). %s",
                             how_to_name_a_file));
  const char* problem = nullptr;
  const auto reader = open_embedded(embedded, problem);
  if (!reader)
    return damaged(problem);
  const auto chosen = detail::choose_kernel(*reader, running);
  if (chosen.kernel)
    return from_memory(
        chosen.choice,
        formatted(
            "kernel types come from the embedded BTF for '%s' (the kernel has no BTF, and has the "
            "same release%s)",
            text_of(*chosen.kernel).c_str(),
            chosen.choice == btf_choice::embedded_by_release ? "" : " and distribution"),
        *reader, *chosen.kernel);
  const auto build = reader->build_kernel();
  if (build && search.fallback) {
    auto taken = search.fallback->take(*build, running);
    if (!taken)
      return taken.error();
    auto made = from_memory(btf_choice::layout_of_build, std::move(taken->description), *reader,
                            build->kernel);
    if (made)
      made->state_->mismatches = std::move(taken->mismatches);
    return made;
  }
  const bool is_ambiguous = chosen.code == ENOTUNIQ;
  return failure(
      is_ambiguous ? "choose" : "find", formatted("BTF for %s", running.text().c_str()),
      chosen.code,
      formatted(is_ambiguous ? "%s %s" : "The kernel has no BTF (CONFIG_DEBUG_INFO_BTF). %s %s",
                chosen.why_none.c_str(), how_to_name_a_file));
}

result<btf_source> btf_source::find(const embedded_btf& embedded, const btf_search& search) {
  if (search.file)
    return from_file(btf_choice::file_of_caller, search.file, "the application");
  const char* variable = secure_getenv("EBPFKIT_BTF_FILE");
  if (variable && *variable)
    return from_file(btf_choice::file_of_environment, variable, "EBPFKIT_BTF_FILE");
  if (check_btf_file(search.kernel_btf) == 0) {
    // libbpf finds the kernel's own BTF by itself, and then finds the BTF of modules too.
    const bool is_known_place = std::string_view(search.kernel_btf) == btf_search().kernel_btf;
    return state::make(
        btf_choice::kernel,
        formatted("kernel types come from the running kernel (%s)", search.kernel_btf),
        is_known_place ? "" : search.kernel_btf);
  }
  return from_embedded(embedded, search);
}

result<std::vector<embedded_kernel_description>> list_embedded(const embedded_btf& embedded) {
  std::vector<embedded_kernel_description> all;
  if (embedded.size == 0)
    return all;
  const char* problem = nullptr;
  const auto reader = open_embedded(embedded, problem);
  if (!reader)
    return damaged(problem);
  const auto add = [&](const detail::embedded_kernel& kernel, bool is_of_build) {
    const auto bytes = reader->blob(kernel.blob);
    if (bytes)
      all.push_back({std::string(kernel.architecture), std::string(kernel.release),
                     std::string(kernel.distribution), std::string(kernel.distribution_version),
                     bytes->size(), kernel.blob, is_of_build});
    return bytes.has_value();
  };
  bool is_sound = true;
  for (std::uint32_t index = 0; index < reader->kernel_count() && is_sound; ++index)
    is_sound = add(reader->kernel(index), false);
  if (const auto build = reader->build_kernel(); build && is_sound)
    is_sound = add(build->kernel, true);
  if (!is_sound)
    return damaged("A checksum is wrong: the application's file is damaged");
  return all;
}

btf_choice btf_source::choice() const noexcept {
  return state_->choice;
}

bool btf_source::is_portable() const noexcept {
  return state_->choice != btf_choice::layout_of_build;
}

const std::string& btf_source::description() const noexcept {
  return state_->description;
}

const std::vector<std::string>& btf_source::mismatches() const noexcept {
  return state_->mismatches;
}

const char* btf_source::path() const noexcept {
  return state_->options.btf_custom_path;
}

const bpf_object_open_opts* btf_source::open_options() const noexcept {
  return &state_->options;
}

void btf_source::apply_to(bpf_object_open_opts& options) const noexcept {
  options.btf_custom_path = path();
}

}  // namespace ebpfkit
