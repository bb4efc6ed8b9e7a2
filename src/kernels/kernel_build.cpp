#include "kernels/kernel_build.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>
#include <thread>

#include "kernels/kernel_fragment.hpp"
#include "kernels/kernel_source.hpp"
#include "kernels/kernel_toolchain.hpp"
#include "support/fact_digest.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_lock.hpp"
#include "support/logged_process.hpp"
#include "support/process.hpp"
#include "support/program_path.hpp"
#include "support/temporary_entry.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

// Count it up when the same sources and options would give another kernel, or other files of it.
constexpr std::string_view build_version = "1";

// The sources of Linux 6.1 take 1.5 GB, and a build of openwrt-like takes 0.7 GB.
constexpr std::uintmax_t room_for_build = std::uintmax_t{4} << 30;

constexpr std::size_t files_for_a_report = 200;

// Variables of the kernel's Makefile that would change what is built, and those of a make that
// started this program.
constexpr std::string_view foreign_variables[] = {"MAKEFLAGS",
                                                  "MFLAGS",
                                                  "MAKELEVEL",
                                                  "MAKEOVERRIDES",
                                                  "ARCH",
                                                  "CROSS_COMPILE",
                                                  "LLVM",
                                                  "LLVM_IAS",
                                                  "KBUILD_OUTPUT",
                                                  "O",
                                                  "KCFLAGS",
                                                  "KAFLAGS",
                                                  "KCPPFLAGS",
                                                  "KCONFIG_CONFIG",
                                                  "KCONFIG_ALLCONFIG",
                                                  "LOCALVERSION",
                                                  "HOSTCFLAGS",
                                                  "HOSTLDFLAGS",
                                                  "CFLAGS",
                                                  "LDFLAGS",
                                                  "W",
                                                  "V"};

std::string architecture_of(const kernel_build_request& request) {
  const auto of_name = split_text(request.name, '/').back();
  const auto architecture = request.architecture.empty()
                                ? of_name
                                : kernel_store::usual_architecture(request.architecture);
  if (architecture != "amd64" && architecture != "arm64")
    throw failure(fmt::format("machines of '{}' cannot be booted", printable(architecture)),
                  "The architecture is amd64 or arm64, and the last part of the name: "
                  "mine/router/amd64.");
  if (architecture != of_name)
    throw failure(fmt::format("--arch {}: the name '{}' says {}", architecture, request.name,
                              printable(of_name)),
                  fmt::format("Leave --arch out, or end the name with /{}.", architecture));
  return architecture;
}

class kernel_builder {
 public:
  kernel_builder(const kernel_store& store, const kernel_build_request& request,
                 const std::function<void(std::string_view)>& report)
      : store_(store),
        request_(request),
        report_(report),
        architecture_(architecture_of(request)),
        options_(read_fragments(request.fragments, architecture_)),
        toolchain_(find_kernel_toolchain(architecture_)),
        source_(find_kernel_source(request.source, store.cache(), request.update,
                                   [this](std::string_view what) { say(what); })),
        digest_(digest()) {}

  // Returns true when nothing needs to be built.
  bool take_from_cache() const {
    const auto old = store_.find_sound(request_.name);
    if (old && old->build_digest == digest_) {
      store_.publish_btf(request_.name);
      say("the cache has it, built from the same sources and options");
      return true;
    }
    if (old && old->build_digest.empty())
      throw failure(
          fmt::format("the cache has a kernel '{}' that was not built here", request_.name),
          fmt::format("Give another name, or remove that kernel: ebpfkit kernel remove {}",
                      request_.name));
    for (const auto& other : store_.list())
      if (other.build_digest == digest_ && other.problem.empty()) {
        copy(other);
        return true;
      }
    return false;
  }

  void build() {
    require_kernel_tools(toolchain_, has_debugging_information());
    const auto parent = make_parent();
    build_in(temporary_entry(parent, temporary_entry::type::directory).path());
    std::error_code error;
    fs::remove(store_.cache() / "building" / dashed_name(), error);
  }

 private:
  void build_in(const fs::path& root) {
    build_directory_ = root / "build";
    log_ = store_.cache() / "logs" / (dashed_name() + ".log");
    std::error_code error;
    fs::create_directories(log_.parent_path(), error);
    fs::create_directories(build_directory_, error);
    if (error)
      throw failure(fmt::format("cannot make the directory '{}': {}", build_directory_.string(),
                                error.message()),
                    "Name a directory where you may write: --cache DIR.");
    fs::remove(log_, error);
    tree_ = open_kernel_source(source_, root, [this](std::string_view what) { say(what); });
    configure();
    compile();
    add(root);
  }

  void say(std::string_view what) const {
    report_(fmt::format("kernel {}: {}", request_.name, what));
  }

  std::string dashed_name() const {
    auto name = "kernel-" + request_.name;
    std::ranges::replace(name, '/', '-');
    return name;
  }

  bool has_debugging_information() const {
    return std::ranges::any_of(options_, [](const kernel_option& option) {
      return option.name.starts_with("CONFIG_DEBUG_INFO") && option.value == "y";
    });
  }

  std::string digest() const {
    fact_digest facts;
    facts.add("version", build_version);
    facts.add("source", source_.identity);
    facts.add("architecture", architecture_);
    facts.add("options", configuration_text(options_));
    facts.add("optional",
              fmt::format("{}", std::ranges::count_if(options_, &kernel_option::is_optional)));
    facts.add("compiler", toolchain_.compiler);
    facts.add("arguments", fmt::format("{}", fmt::join(toolchain_.make_arguments, " ")));
    if (has_debugging_information() && !find_program("pahole").empty())
      facts.add("pahole", run_process({"pahole", "--version"}).output);
    return facts.hex();
  }

  // Makes the directory in which the build gets its own. What is there is left of a process that
  // was killed, because this one holds the lock of the name.
  fs::path make_parent() const {
    auto parent = store_.cache() / "building" / dashed_name();
    std::error_code error;
    fs::remove_all(parent, error);
    // The kernel's Makefile works in no directory with a space or a colon in its path.
    if (parent.string().find_first_of(" :") != std::string::npos)
      parent = "/var/tmp";
    fs::create_directories(parent, error);
    const auto space = fs::space(parent, error);
    if (error)
      throw failure(
          fmt::format("cannot use the directory '{}': {}", parent.string(), error.message()),
          "Name a directory where you may write: --cache DIR.");
    constexpr std::uintmax_t mebibyte = std::uintmax_t{1} << 20;
    if (space.available < room_for_build)
      throw failure(
          fmt::format("the device of '{}' has {} MiB free, and building a kernel needs {} MiB",
                      parent.string(), space.available / mebibyte, room_for_build / mebibyte),
          "Make room, or name a directory on another device: --cache DIR.");
    return parent;
  }

  void configure() {
    say("configuring");
    const auto fragment = build_directory_ / "fragment.config";
    write_output(fragment, configuration_text(options_), unchanged::keep);
    make({"KCONFIG_ALLCONFIG=" + fragment.string(), "allnoconfig"}, [](std::string_view) {});
    make({"olddefconfig"}, [](std::string_view) {});
    const auto bytes = read_file(build_directory_ / ".config");
    configuration_ = as_text(bytes);
    require_taken(options_, configuration_, tree_);
    std::vector<std::string> untaken;
    for (const auto& option : find_untaken(options_, configuration_))
      untaken.push_back(option.name);
    if (!untaken.empty())
      say(fmt::format("this kernel does without the optional {}", fmt::join(untaken, ", ")));
  }

  void compile() {
    say(fmt::format("compiling; the log is '{}'", log_.string()));
    const auto jobs =
        request_.jobs != 0 ? request_.jobs : std::max(1U, std::thread::hardware_concurrency());
    std::size_t files = 0;
    make({fmt::format("-j{}", jobs), architecture_ == "amd64" ? "bzImage" : "Image"},
         [&](std::string_view line) {
           if (line.starts_with("  CC ") && ++files % files_for_a_report == 0)
             say(fmt::format("compiled {} files", files));
         });
    if (needs_detached_btf()) {
      say("making BTF of the debugging information");
      run({"pahole", fmt::format("--btf_encode_detached={}", detached_btf().string()),
           (build_directory_ / "vmlinux").string()},
          [](std::string_view) {});
    }
  }

  bool needs_detached_btf() const {
    return value_in(configuration_, "CONFIG_DEBUG_INFO") == "y" &&
           value_in(configuration_, "CONFIG_DEBUG_INFO_BTF") == "n";
  }

  fs::path detached_btf() const { return build_directory_ / "detached.btf"; }

  void make(const std::vector<std::string>& words,
            const std::function<void(std::string_view)>& on_line) const {
    std::vector<std::string> command{"env"};
    for (const auto name : foreign_variables) {
      command.emplace_back("-u");
      command.emplace_back(name);
    }
    // These would be in the image.
    command.insert(command.end(), {"LC_ALL=C", "KBUILD_BUILD_USER=ebpfkit",
                                   "KBUILD_BUILD_HOST=ebpfkit", "KBUILD_BUILD_TIMESTAMP=1970-01-01",
                                   "make", "-C", tree_.string(), "O=" + build_directory_.string()});
    command.insert(command.end(), toolchain_.make_arguments.begin(),
                   toolchain_.make_arguments.end());
    command.insert(command.end(), words.begin(), words.end());
    run(command, on_line);
  }

  void run(const std::vector<std::string>& command,
           const std::function<void(std::string_view)>& on_line) const {
    auto result = run_logged(command, log_, on_line);
    if (result.exit_status == 0)
      return;
    bool is_full = false;
    for (auto& line : result.lines) {
      is_full = is_full || line.find("No space left on device") != std::string::npos;
      line = printable(line, line.size());
    }
    throw failure(
        fmt::format("kernel {}: {} ended with status {}. The log is '{}':\n  {}", request_.name,
                    command.front() == "env" ? "make" : command.front(), result.exit_status,
                    log_.string(), fmt::join(result.lines, "\n  ")),
        is_full ? fmt::format("Make room on the device of '{}', or name a directory on another "
                              "device: --cache DIR.",
                              store_.cache().string())
                : "Mend what the log says: the sources, the fragment, or the compiler.");
  }

  void add(const fs::path& root) const {
    new_kernel files;
    files.kernel = build_directory_ /
                   (architecture_ == "amd64" ? "arch/x86/boot/bzImage" : "arch/arm64/boot/Image");
    files.configuration = root / "config";
    write_output(files.configuration, configuration_, unchanged::keep);
    if (needs_detached_btf())
      files.btf = detached_btf();
    files.package = source_.name;
    files.sha256 = source_.identity;
    files.build_digest = digest_;
    store_.add(request_.name, files);
  }

  // Another name has the same kernel.
  void copy(const stored_kernel& other) const {
    const auto kernel = store_.find(other.name);
    new_kernel files;
    files.kernel = kernel.image;
    files.configuration = kernel.configuration;
    if (!kernel.has_own_btf)
      files.btf = kernel.btf;
    files.package = other.package;
    files.sha256 = other.sha256;
    files.build_digest = other.build_digest;
    store_.add(request_.name, files);
    say(fmt::format("copied '{}', built from the same sources and options", other.name));
  }

  const kernel_store& store_;
  const kernel_build_request& request_;
  const std::function<void(std::string_view)>& report_;
  std::string architecture_;
  std::vector<kernel_option> options_;
  kernel_toolchain toolchain_;
  kernel_source source_;
  std::string digest_;
  fs::path tree_;
  fs::path build_directory_;
  fs::path log_;
  std::string configuration_;
};

}  // namespace

void build_kernel(const kernel_store& store, const kernel_build_request& request,
                  const std::function<void(std::string_view)>& report) {
  if (request.name.starts_with("debian/"))
    throw failure(fmt::format("kernel build {}: names that begin with debian/ are of kernels that "
                              "are fetched",
                              request.name),
                  "Give another name: mine/router/amd64.");
  kernel_builder builder(store, request, report);
  if (builder.take_from_cache())
    return;
  auto lock_name = "kernel-" + request.name;
  std::ranges::replace(lock_name, '/', '-');
  const file_lock lock(store.cache() / "locks" / lock_name, [&] {
    report(fmt::format("kernel {}: waits for another process that builds it", request.name));
  });
  // The other process may have built it.
  if (!builder.take_from_cache())
    builder.build();
}

}  // namespace ebpfkit::host
