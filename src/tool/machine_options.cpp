#include "tool/machine_options.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <system_error>

#include "kernels/kernel_fetch.hpp"
#include "machine/program_files.hpp"
#include "support/failure.hpp"
#include "support/process.hpp"
#include "support/progress.hpp"
#include "support/terminal.hpp"

namespace ebpfkit::host::tool {

namespace fs = std::filesystem;

void add_machine_options(CLI::App& command, machine_arguments& given) {
  command
      .add_option(
          "--guest", given.guests,
          "ARCHITECTURE=FILE: the program ebpfkit-guest for machines of that CPU (default: in "
          "the cache, where the CMake commands build it). May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--qemu", given.qemu, "QEMU to use (default: qemu-system-<cpu> on PATH)");
  command
      .add_option("--accelerator", given.acceleration,
                  "auto: KVM where a machine really boots with it, else emulation")
      ->check(CLI::IsMember({"auto", "kvm", "tcg"}));
  command.add_option("--memory", given.memory, "Memory in MiB (default: 256, on arm64 512)");
  command.add_option("--cpus", given.processors, "Processors (default: 1)");
  command.add_option("--timeout", given.time_limit,
                     "Seconds that the machine may run with KVM; four times as long when it is "
                     "emulated (default: 60)");
  command.add_option("--append", given.kernel_arguments,
                     "More words for the kernel's command line");
  command.add_flag("--die-with-parent", given.dies_with_parent,
                   "End when the process that started this one ends");
}

namespace {

// Builds the guest program from the sources that are installed beside this program, as the CMake
// commands do. It takes no time when the cache has it. Does nothing in a build tree of EbpfKit.
void build_guest(const fs::path& cache, const std::string& architecture, const fs::path& output) {
  std::error_code error;
  const auto tool = fs::read_symlink("/proc/self/exe", error);
  const auto installed = tool.parent_path().parent_path() / "share" / "ebpfkit";
  const auto script = installed / "modules" / "detail" / "build_guest.cmake";
  if (error || !fs::exists(script, error))
    return;
  if (!fs::exists(output, error))
    print_progress("building the program for machines with {}, once", architecture);
  const auto target = architecture == "arm64" ? std::string("aarch64") : architecture;
  const auto built =
      run_process({"cmake", fmt::format("-DSOURCE={}", (installed / "src" / "guest").string()),
                   fmt::format("-DTOOLCHAIN={}/modules/toolchains/openwrt-{}.cmake",
                               installed.string(), target),
                   fmt::format("-DTOOL={}", tool.string()),
                   fmt::format("-DCACHE={}", cache.string()), fmt::format("-DCPU={}", architecture),
                   fmt::format("-DOUTPUT={}", output.string()), "-P", script.string()});
  if (built.exit_status != 0)
    throw failure(fmt::format("the program for machines with {} cannot be built:\n{}", architecture,
                              built.errors),
                  "Mend that, or name a ready one: --guest ARCHITECTURE=FILE.");
}

}  // namespace

machine_options options_of(const machine_arguments& given, const fs::path& cache,
                           const std::string& architecture) {
  if (given.dies_with_parent)
    die_with_parent();
  machine_options options;
  options.cache = cache;
  const auto default_guest = cache / "guest" / architecture / "ebpfkit-guest";
  options.guest = default_guest;
  for (const auto& word : given.guests) {
    const auto equals = word.find('=');
    if (equals == std::string::npos)
      throw failure(fmt::format("--guest {}: there is no '='", word),
                    "Write --guest x86_64=FILE or --guest arm64=FILE.");
    if (word.substr(0, equals) == architecture)
      options.guest = word.substr(equals + 1);
  }
  std::error_code error;
  const bool is_given = options.guest != default_guest;
  if (!is_given)
    build_guest(cache, architecture, options.guest);
  if (!fs::is_regular_file(options.guest, error))
    throw failure(fmt::format("there is no guest program for {} ('{}')", architecture,
                              options.guest.string()),
                  is_given ? "Check the path of --guest."
                           : "An installed EbpfKit builds it. Or name it: --guest "
                             "ARCHITECTURE=FILE.");
  options.qemu = given.qemu;
  options.acceleration = given.acceleration;
  options.memory = given.memory;
  options.processors = given.processors;
  options.time_limit = std::chrono::seconds(given.time_limit);
  options.kernel_arguments = given.kernel_arguments;
  return options;
}

bootable_kernel find_or_fetch(const kernel_store& store, const std::string& name, bool fetches) {
  std::error_code error;
  if (fetches && name.starts_with("debian/") && !fs::exists(name, error)) {
    auto base = std::string_view(name);
    if (base.ends_with(no_btf_suffix))
      base.remove_suffix(no_btf_suffix.size());
    const auto usual = kernel_store::usual_name(base);
    if (!store.has(usual))
      fetch_kernel(store, usual, false, print_progress_line);
  }
  return store.find(name);
}

void add_file_word(initramfs& files, const std::string& word, std::string_view directory,
                   const std::string& architecture) {
  const auto equals = word.find('=');
  const fs::path source = word.substr(0, equals);
  const auto target = equals == std::string::npos
                          ? fmt::format("{}/{}", directory, source.filename().string())
                          : word.substr(equals + 1);
  if (!target.starts_with('/'))
    throw failure(fmt::format("--file {}: '{}' is no absolute path in the machine", word, target),
                  "Write --file FILE=/usr/share/FILE.");
  add_with_libraries(files, source, target, architecture);
}

std::string this_architecture() {
  utsname names{};
  const std::string machine = ::uname(&names) == 0 ? names.machine : "";
  return machine == "aarch64" ? "arm64" : machine;
}

void die_with_parent() {
  const auto parent = ::getppid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have ended before the call.
  if (::getppid() != parent)
    ::raise(SIGKILL);
}

}  // namespace ebpfkit::host::tool
