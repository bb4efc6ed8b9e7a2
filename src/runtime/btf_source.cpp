#include "ebpfkit/btf_source.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "embedded_btf.hpp"
#include "unique_fd.hpp"

namespace ebpfkit {
namespace {

using detail::embedded_btf_reader;
using detail::embedded_kernel;
using detail::unique_fd;

ebpfkit::error failure(std::string operation, std::string object, int code, std::string remedy) {
  ebpfkit::error made;
  made.operation = std::move(operation);
  made.object = std::move(object);
  made.code = code;
  made.remedy = std::move(remedy);
  return made;
}

// 0, or why the file is neither raw BTF nor ELF.
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

// What /etc/os-release says: ID=ubuntu, VERSION_ID="22.04".
struct distribution {
  std::string id;
  std::string version;
};

std::string read_text_file(const char* path) {
  constexpr std::size_t most = 1 << 16;
  std::string text;
  const unique_fd file(open(path, O_RDONLY | O_CLOEXEC));
  char part[1024];
  ssize_t got = 0;
  while (file && text.size() < most && (got = read(file.get(), part, sizeof(part))) > 0)
    text.append(part, static_cast<std::size_t>(got));
  return text;
}

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

distribution read_distribution(const char* path) {
  auto text = read_text_file(path ? path : "/etc/os-release");
  if (!path && text.empty())
    text = read_text_file("/usr/lib/os-release");
  distribution found;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto equals = std::min(line.find('='), line.size());
    const auto value = line.substr(std::min(equals + 1, line.size()));
    if (line.substr(0, equals) == "ID")
      found.id = unquoted(value);
    else if (line.substr(0, equals) == "VERSION_ID")
      found.version = unquoted(value);
  }
  return found;
}

// The kernel that BTF is looked for.
struct machine {
  std::string release;
  std::string architecture;  // as in the index
  distribution system;

  std::string text() const {
    auto words = "Linux " + release + " " + architecture;
    if (!system.id.empty())
      words += " (" + system.id + (system.version.empty() ? "" : " " + system.version) + ")";
    return words;
  }
};

machine describe_machine(const btf_search& search) {
  utsname names{};
  uname(&names);
  machine running;
  running.release = search.release ? search.release : names.release;
  std::string name = search.machine ? search.machine : names.machine;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  // uname(2) tells no byte order here.
  if (name == "mips" || name == "mips64")
    name += "el";
#endif
  const auto indexed = detail::embedded_architecture(name);
  running.architecture = indexed.empty() ? name : std::string(indexed);
  running.system = read_distribution(search.os_release);
  return running;
}

std::string text_of(const embedded_kernel& kernel) {
  std::string text;
  for (const auto part :
       {kernel.distribution, kernel.distribution_version, kernel.architecture, kernel.release}) {
    if (!part.empty())
      text += (text.empty() ? "" : " ") + std::string(part);
  }
  return text;
}

// The kernels that agree best with the distribution: in name and version, else in name.
std::vector<embedded_kernel> of_distribution(const std::vector<embedded_kernel>& kernels,
                                             const distribution& system) {
  std::vector<embedded_kernel> same_name;
  std::vector<embedded_kernel> same_version;
  for (const auto& kernel : kernels) {
    if (system.id.empty() || kernel.distribution != system.id)
      continue;
    same_name.push_back(kernel);
    if (kernel.distribution_version == system.version)
      same_version.push_back(kernel);
  }
  return same_version.empty() ? same_name : same_version;
}

bool have_one_blob(const std::vector<embedded_kernel>& kernels) {
  return !kernels.empty() && std::all_of(kernels.begin(), kernels.end(), [&](const auto& kernel) {
    return kernel.blob == kernels.front().blob;
  });
}

std::vector<embedded_kernel> find_kernels(const embedded_btf_reader& reader,
                                          std::string_view architecture, std::string_view release) {
  const auto [first, behind] = reader.find(architecture, release);
  std::vector<embedded_kernel> found;
  for (auto index = first; index < behind; ++index)
    found.push_back(reader.kernel(index));
  return found;
}

std::string list(const std::vector<embedded_kernel>& kernels) {
  std::string text;
  for (const auto& kernel : kernels)
    text += (text.empty() ? "'" : ", '") + text_of(kernel) + "'";
  return text;
}

// Those before and behind where the kernel would stand: no release of the same architecture begins
// with more of its characters.
std::string nearest(const embedded_btf_reader& reader, const machine& running) {
  std::vector<embedded_kernel> near;
  const auto place = reader.find(running.architecture, running.release).first;
  for (const auto index : {place - 1, place}) {
    if (index < reader.kernel_count() && reader.kernel(index).architecture == running.architecture)
      near.push_back(reader.kernel(index));
  }
  if (near.empty())
    return "None of the " + std::to_string(reader.kernel_count()) +
           " that are embedded is for this architecture.";
  return "Nearest of the " + std::to_string(reader.kernel_count()) +
         " that are embedded: " + list(near) + ".";
}

struct chosen_kernel {
  btf_choice choice = btf_choice::embedded_by_release;
  embedded_kernel kernel;
};

constexpr const char* how_to_name_a_file =
    " A file with this kernel's BTF can be named in the environment: EBPFKIT_BTF_FILE=<file>.";

result<chosen_kernel> choose(const embedded_btf_reader& reader, const machine& running) {
  const auto same = find_kernels(reader, running.architecture, running.release);
  if (have_one_blob(same))
    return chosen_kernel{btf_choice::embedded_by_release, same.front()};
  // Several that differ, or none; then it may be among those whose architecture is not known.
  const auto of_system = of_distribution(
      same.empty() ? find_kernels(reader, {}, running.release) : same, running.system);
  if (have_one_blob(of_system))
    return chosen_kernel{btf_choice::embedded_by_distribution, of_system.front()};
  if (!same.empty())
    return failure(
        "choose", "BTF for " + running.text(), ENOTUNIQ,
        "The embedded BTF differs between " + list(of_system.empty() ? same : of_system) +
            ", and /etc/os-release does not tell which of them this is." + how_to_name_a_file);
  return failure("find", "BTF for " + running.text(), ENOENT,
                 "The kernel has none of its own (CONFIG_DEBUG_INFO_BTF). " +
                     nearest(reader, running) + how_to_name_a_file);
}

// A file in memory with these bytes, at its beginning.
result<unique_fd> make_memory_file(std::string_view bytes) {
  unique_fd file(memfd_create("ebpfkit-btf", MFD_CLOEXEC));
  int code = file ? 0 : errno;
  while (code == 0 && !bytes.empty()) {
    const auto written = write(file.get(), bytes.data(), bytes.size());
    if (written >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      code = errno;
  }
  if (code != 0)
    return failure("make", "a file in memory for BTF", code, {});
  return file;
}

}  // namespace

struct btf_source::state {
  btf_choice choice{};
  std::string description;
  std::string path;  // empty: the kernel's own
  unique_fd file;
  bpf_object_open_opts options{};

  state(btf_choice chosen, std::string words, std::string custom_path, unique_fd kept = unique_fd())
      : choice(chosen),
        description(std::move(words)),
        path(std::move(custom_path)),
        file(std::move(kept)) {
    options.sz = sizeof(options);
    options.btf_custom_path = path.empty() ? nullptr : path.c_str();
  }
};

btf_source::btf_source(std::unique_ptr<state> chosen) : state_(std::move(chosen)) {}
btf_source::btf_source(btf_source&&) noexcept = default;
btf_source& btf_source::operator=(btf_source&&) noexcept = default;
btf_source::~btf_source() = default;

result<btf_source> btf_source::try_find(const embedded_btf& embedded, const btf_search& search) {
  const auto from_file = [](btf_choice choice, const char* file,
                            const char* named_by) -> result<btf_source> {
    if (const int code = check_btf_file(file))
      return failure("read", "BTF '" + std::string(file) + "'", code,
                     "It is named by " + std::string(named_by) +
                         ": name raw BTF, or an ELF file with a .BTF section.");
    return btf_source(std::make_unique<state>(
        choice, "kernel types come from '" + std::string(file) + "', named by " + named_by, file));
  };
  if (search.file)
    return from_file(btf_choice::file_of_caller, search.file, "the application");
  const char* variable = secure_getenv("EBPFKIT_BTF_FILE");
  if (variable && *variable)
    return from_file(btf_choice::file_of_environment, variable, "EBPFKIT_BTF_FILE");
  if (check_btf_file(search.kernel_btf) == 0)
    return btf_source(std::make_unique<state>(
        btf_choice::kernel,
        "kernel types come from the running kernel (" + std::string(search.kernel_btf) + ")", ""));

  const auto running = describe_machine(search);
  if (embedded.size == 0)
    return failure("find", "BTF for " + running.text(), ENOENT,
                   std::string("The kernel has none of its own (CONFIG_DEBUG_INFO_BTF), and none "
                               "is embedded: see ebpf_embed_btf().") +
                       how_to_name_a_file);
  const char* problem = nullptr;
  const auto reader = embedded_btf_reader::open(
      {reinterpret_cast<const char*>(embedded.bytes), embedded.size}, problem);
  if (!reader)
    return failure("read", "the embedded BTF", EBADMSG, std::string(problem) + ".");
  auto chosen = choose(*reader, running);
  if (!chosen)
    return chosen.error();
  const auto bytes = reader->blob(chosen->kernel.blob);
  if (!bytes)
    return failure("read", "the embedded BTF for '" + text_of(chosen->kernel) + "'", EBADMSG,
                   "Its checksum is wrong: the application's file is damaged.");
  auto file = make_memory_file(*bytes);
  if (!file)
    return file.error();
  auto path = "/proc/self/fd/" + std::to_string(file->get());
  if (access(path.c_str(), R_OK) != 0)
    return failure("open", "the file in memory with BTF ('" + path + "')", errno,
                   "libbpf takes it through /proc: mount it (mount -t proc proc /proc).");
  const char* why = chosen->choice == btf_choice::embedded_by_release
                        ? "' (the kernel has none; same release)"
                        : "' (the kernel has none; same release and distribution)";
  return btf_source(std::make_unique<state>(
      chosen->choice,
      "kernel types come from the embedded BTF for '" + text_of(chosen->kernel) + why,
      std::move(path), std::move(*file)));
}

btf_choice btf_source::choice() const noexcept {
  return state_->choice;
}

const std::string& btf_source::description() const noexcept {
  return state_->description;
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
