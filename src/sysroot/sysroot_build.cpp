#include "sysroot/sysroot_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "packages/apt_packages.hpp"
#include "support/cache_directory.hpp"
#include "support/fact_digest.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_lock.hpp"
#include "support/file_state.hpp"
#include "support/temporary_entry.hpp"
#include "sysroot/cross_compiler.hpp"
#include "sysroot/licences.hpp"
#include "sysroot/manifest.hpp"
#include "sysroot/recipe.hpp"
#include "sysroot/recipe_version.hpp"
#include "sysroot/source_tree.hpp"
#include "sysroot/sysroot_store.hpp"
#include "sysroot/targets.hpp"
#include "sysroot/tree_copy.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view give_sources =
    "Or give the sources yourself: --source musl=PATH --source llvm=PATH --source "
    "linux-headers=PATH --source zlib=PATH --source elfutils=PATH --source libbpf=PATH "
    "(directories or archives).";

// One input: what the user gave, or a file that apt knows. `archive` is set when it must be
// unpacked.
struct chosen_input {
  const source_kind* kind = nullptr;  // nothing for a package that has compiled files
  std::string name;
  std::string given;                    // path of the user
  std::optional<package_file> package;  // else
  sysroot_input described;
};

class sysroot_builder {
 public:
  sysroot_builder(const sysroot_request& request, const sysroot_progress& progress)
      : request_(request),
        progress_(progress),
        target_(find_target(request.target)),
        store_(fs::absolute(request.cache.empty() ? default_cache() : request.cache)) {
    for (const auto& [name, path] : request.sources) {
      static_cast<void>(find_source_kind(name));
      if (!request.compiler.empty() && name != "zlib" && name != "elfutils" && name != "libbpf")
        throw failure(
            fmt::format("--source {} is given together with --compiler {}", name, request.compiler),
            fmt::format("Leave --source {} out: the compiler brings its own C library. Only zlib, "
                        "elfutils and libbpf are compiled.",
                        name));
    }
  }

  fs::path run() {
    compiler_ = request_.compiler.empty()
                    ? find_clang(request_.clang)
                    : find_gcc(request_.compiler, request_.compiler_options, target_);
    const auto asked = request_digest();
    if (!request_.update) {
      if (auto found = store_.find_request(asked); !found.empty()) {
        store_.check(found);
        return found;
      }
    }
    const file_lock lock(store_.lock_path(target_.name), [&] {
      progress_(
          fmt::format("waits for another process that makes the sysroot of {}", target_.name));
    });
    remove_leftovers();
    // The other process may have made it.
    if (!request_.update) {
      if (auto found = store_.find_request(asked); !found.empty()) {
        store_.check(found);
        return found;
      }
    }
    clean_compiler_environment();
    choose_inputs();
    const auto digest = sysroot_digest();
    auto directory = store_.directory(target_.name, digest);
    std::error_code error;
    if (fs::exists(directory, error))
      store_.check(directory);
    else
      make(directory, digest);
    store_.remember_request(asked, directory);
    return directory;
  }

 private:
  fs::path building_directory() const { return store_.cache() / "building" / target_.name; }

  // Whoever made sysroots of this target here was killed, because this process has the lock. Its
  // compilers may still be at work for a moment, and write into a directory that is being removed.
  void remove_leftovers() const {
    std::error_code error;
    for (int tries = 0; tries < 100; ++tries) {
      fs::remove_all(building_directory(), error);
      if (!error)
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void step(std::string_view what) {
    ++step_;
    progress_(fmt::format("{} of {}: {}", step_, steps_, what));
  }

  bool is_given(const std::string& name) const { return request_.sources.contains(name); }

  // The state of a file says whether it has changed, without reading it. A directory is read, and
  // so is a file that changed a moment ago (file_state()).
  std::string state_of(const source_kind& kind, const fs::path& path) const {
    std::error_code error;
    if (!fs::exists(path, error))
      return {};
    if (!fs::is_directory(path, error)) {
      auto state = file_state(path);
      return state.empty() ? sha256_of_file(path) : state;
    }
    const auto root = find_root(path, kind.marker);
    return root.empty() ? std::string() : sha256_of_tree(root, kind.wanted);
  }

  // All that the user asks for. Two requests with the same digest end in the same sysroot as long
  // as the lists of packages stay the same.
  std::string request_digest() const {
    fact_digest digest;
    add_common(digest);
    for (const auto& [name, path] : request_.sources) {
      digest.add("source", name);
      digest.add("path", fs::absolute(path).string());
      digest.add("state", state_of(find_source_kind(name), path));
    }
    return digest.hex();
  }

  void add_common(fact_digest& digest) const {
    digest.add("recipe", std::to_string(recipe_version));
    digest.add("target", target_.name);
    digest.add("triple", target_.triple);
    digest.add("flags", target_.flags);
    digest.add("compiler", compiler_.identity);
    // The sysroot has a link to these headers.
    digest.add("headers", compiler_.own_headers.string());
    // The version of a GCC does not say which C library it has; its place does.
    if (!compiler_.is_clang) {
      digest.add("gcc", compiler_.program);
      for (const auto& option : compiler_.options)
        digest.add("option", option);
      digest.add("gcc's bytes", sha256_of_file(compiler_.program));
    }
  }

  std::string sysroot_digest() const {
    fact_digest digest;
    add_common(digest);
    for (const auto& input : inputs_) {
      digest.add("input", input.name);
      digest.add("sha256", input.described.sha256);
    }
    return digest.hex();
  }

  // Decides where each part comes from: from the user, else from a package with compiled files that
  // fits the target, else from the sources of a package.
  void choose_inputs() {
    std::vector<std::string> source_names{"zlib", "elfutils", "libbpf"};
    std::vector<std::string> package_names;
    const auto runtime_package = fmt::format("libclang-rt-{}-dev", compiler_.major);
    const auto llvm_package = fmt::format("llvm-toolchain-{}", compiler_.major);
    bool is_musl_package = false;
    bool is_runtime_package = false;
    if (compiler_.is_clang) {
      is_musl_package = !is_given("musl") && has_usable_packages(target_);
      is_runtime_package =
          !is_given("compiler-rt") && !is_given("llvm") && has_usable_packages(target_);
      source_names.insert(source_names.end(), {"llvm", "musl"});
      if (!is_given("linux-headers"))
        package_names = {"linux-libc-dev", fmt::format("linux-libc-dev-{}-cross", target_.debian)};
      if (is_musl_package)
        package_names.emplace_back("musl-dev");
      if (is_runtime_package)
        package_names.push_back(runtime_package);
    }

    for (const auto& [name, path] : request_.sources)
      add_given(name, path);
    std::erase_if(source_names, [&](const auto& name) { return is_given(name); });
    if (source_names.empty() && package_names.empty())
      return;

    // Debian's MIPS and RISC-V: packages for all CPUs, which the machine's own lists have.
    const bool is_foreign = is_musl_package || is_runtime_package ||
                            (!package_names.empty() && has_usable_packages(target_));
    apt_.emplace(store_.cache(), is_foreign ? std::string(target_.debian) : std::string(),
                 std::string(), std::string(give_sources), request_.update,
                 [&](std::string_view what) { progress_(what); });
    std::map<std::string, package_file> packages;
    const auto found = apt_->find_packages(package_names);
    for (std::size_t i = 0; i < package_names.size(); ++i) {
      if (found[i])
        packages.emplace(package_names[i], *found[i]);
    }
    if (compiler_.is_clang && !is_given("linux-headers"))
      add_kernel_headers(packages);
    const auto add_package = [&](const std::string& name) {
      if (const auto one = packages.find(name); one != packages.end())
        add(nullptr, name, one->second);
      return packages.contains(name);
    };
    if (is_musl_package && add_package("musl-dev"))
      std::erase(source_names, "musl");
    if (is_runtime_package)
      static_cast<void>(add_package(runtime_package));

    std::vector<std::string> sources = source_names;
    std::ranges::replace(sources, std::string("llvm"), llvm_package);
    const auto archives = apt_->find_sources(sources);
    for (std::size_t i = 0; i < source_names.size(); ++i) {
      if (!archives[i])
        throw failure(fmt::format("apt's main suite does not have the sources of the package '{}'",
                                  sources[i]),
                      fmt::format("Give them: --source {}=PATH.", source_names[i]));
      add(&find_source_kind(source_names[i]), source_names[i], *archives[i]);
    }
    std::ranges::sort(inputs_, {}, &chosen_input::name);
  }

  // linux-libc-dev has asm/ of one CPU, or of all in newer releases. For other CPUs, there is a
  // package of its own.
  void add_kernel_headers(const std::map<std::string, package_file>& packages) {
    const auto& kind = find_source_kind("linux-headers");
    const auto cross = packages.find(fmt::format("linux-libc-dev-{}-cross", target_.debian));
    const auto own = packages.find("linux-libc-dev");
    const bool is_own_right = has_usable_packages(target_) || cross == packages.end();
    if (is_own_right && own != packages.end())
      add(&kind, "linux-headers", own->second);
    else if (cross != packages.end())
      add(&kind, "linux-headers", cross->second);
    else
      throw failure(
          fmt::format("apt's main suite has no headers of the kernel for {}", target_.name),
          "Give them: --source linux-headers=PATH.");
  }

  void add(const source_kind* kind, const std::string& name, const package_file& package) {
    inputs_.push_back({kind,
                       name,
                       {},
                       package,
                       {name, version_in_file_name(package.name), package.name, package.sha256}});
  }

  void add_given(const std::string& name, const fs::path& path) {
    const auto& kind = find_source_kind(name);
    auto tree = open_source(kind, path, store_.cache());
    if (name == "llvm" && compiler_.is_clang)
      check_llvm_version(compiler_, tree.root);
    inputs_.push_back({&kind, name, tree.root.string(), {}, tree.input});
  }

  const chosen_input* find_input(std::string_view name) const {
    const auto found = std::ranges::find(inputs_, name, &chosen_input::name);
    return found == inputs_.end() ? nullptr : &*found;
  }

  // Downloads what apt brings.
  void fetch() {
    std::vector<package_file> files;
    for (const auto& input : inputs_) {
      if (input.package)
        files.push_back(*input.package);
    }
    if (files.empty())
      return;
    const auto paths = apt_->fetch(files);
    for (std::size_t i = 0; i < files.size(); ++i)
      downloads_.emplace(files[i].sha256, paths[i]);
  }

  // Returns the root of the sources, unpacked.
  fs::path root_of(std::string_view name) const {
    const auto& input = *find_input(name);
    if (!input.given.empty())
      return input.given;
    const auto& archive = downloads_.at(input.package->sha256);
    if (input.kind == nullptr || input.name == "linux-headers")
      return unpack(input.name, archive, input.package->sha256, store_.cache(),
                    [](std::string_view path) {
                      // Of the runtime, the sanitizers are by far the largest part.
                      return path.find("/libclang_rt.") == std::string_view::npos ||
                             path.find("/libclang_rt.builtins") != std::string_view::npos;
                    });
    return open_archive(*input.kind, archive, input.package->sha256, store_.cache()).root;
  }

  unsigned jobs() const {
    return request_.jobs != 0 ? request_.jobs : std::max(1U, std::thread::hardware_concurrency());
  }

  void make(const fs::path& directory, const std::string& digest) {
    const auto building = building_directory();
    std::error_code error;
    fs::create_directories(building, error);
    fs::create_directories(directory.parent_path(), error);
    if (error)
      throw failure(
          fmt::format("cannot make the directory '{}': {}", building.string(), error.message()),
          "Name a directory where you may write: --cache DIR.");
    const temporary_entry temporary(building, temporary_entry::type::directory);
    const recipe_place place{target_, compiler_, temporary.path() / "sysroot",
                             temporary.path() / "work", jobs()};

    if (compiler_.is_clang)
      make_for_clang(place);
    else
      make_for_gcc(place);

    step("writing the list of all files");
    install_licences(place, roots_);
    sysroot_manifest manifest{
        std::string(target_.name), digest, recipe_version,           compiler_.identity,
        compiler_.is_clang,        {},     list_files(place.sysroot)};
    for (const auto& input : inputs_)
      manifest.inputs.push_back(input.described);
    install_text(place.sysroot / manifest_name, manifest_text(manifest));
    fs::rename(place.sysroot, directory, error);
    if (error)
      throw failure(fmt::format("cannot rename '{}' to '{}': {}", place.sysroot.string(),
                                directory.string(), error.message()));
    store_.remember(directory);
  }

  const fs::path& open(const std::string& name) { return roots_[name] = root_of(name); }

  void make_for_clang(const recipe_place& place) {
    const bool is_musl_source = find_input("musl") != nullptr;
    const auto runtime_package = fmt::format("libclang-rt-{}-dev", compiler_.major);
    const bool is_runtime_source = find_input(runtime_package) == nullptr;
    steps_ = 6 + (is_musl_source ? 1 : 0) + (is_runtime_source ? 1 : 0);
    step("downloading sources and packages");
    fetch();

    // Unpacking LLVM takes ten seconds of one processor.
    auto unpacking = std::async(std::launch::async, [this] { return root_of("llvm"); });

    step("unpacking; headers of the C library and of the kernel");
    link_own_headers(place);
    std::vector<compile_job> musl;
    if (is_musl_source)
      musl = prepare_musl(place, open("musl"));
    else
      install_musl_package(place, open("musl-dev"));
    install_kernel_headers(place, open("linux-headers"));
    if (is_musl_source) {
      step("compiling the C library");
      compile_all(musl, jobs());
      finish_musl(place, musl);
    }
    make_loader_libraries(place);
    step("waiting for LLVM's sources");
    const auto llvm = unpacking.get();
    roots_["llvm"] = llvm;
    check_llvm_version(compiler_, llvm);
    if (is_runtime_source) {
      step("compiling the compiler's runtime");
      const auto work = prepare_compiler_rt(place, compiler_rt_root(llvm));
      compile_all(work, jobs());
      finish_compiler_rt(place, work);
    } else {
      install_compiler_rt_package(place, open(runtime_package));
    }
    step("compiling the C++ library");
    const auto work = prepare_cxx(place, llvm);
    compile_all(work, jobs());
    finish_cxx(place, work);
  }

  // From --source, else from LLVM's sources.
  fs::path compiler_rt_root(const fs::path& llvm) {
    if (find_input("compiler-rt") != nullptr)
      return open("compiler-rt");
    auto root = llvm / "compiler-rt";
    std::error_code error;
    if (!fs::exists(root / "lib/builtins/int_lib.h", error))
      throw failure(fmt::format("the sources of LLVM in '{}' have no compiler-rt", llvm.string()),
                    "Give it: --source compiler-rt=PATH.");
    return roots_["compiler-rt"] = root;
  }

  void make_loader_libraries(const recipe_place& place) {
    step("compiling zlib, libelf and libbpf");
    const loader_sources sources{open("zlib"), open("elfutils"), open("libbpf")};
    const auto work = prepare_loader_libraries(place, sources);
    compile_all(work, jobs());
    finish_loader_libraries(place, work);
  }

  void make_for_gcc(const recipe_place& place) {
    steps_ = 3;
    step("downloading sources");
    fetch();
    make_loader_libraries(place);
  }

  const sysroot_request& request_;
  const sysroot_progress& progress_;
  const target_row& target_;
  sysroot_store store_;
  cross_compiler compiler_;
  std::optional<apt_packages> apt_;
  std::vector<chosen_input> inputs_;
  std::map<std::string, fs::path> downloads_;  // by SHA-256
  std::map<std::string, fs::path> roots_;      // of unpacked inputs, by name
  int step_ = 0;
  int steps_ = 0;
};

}  // namespace

fs::path build_sysroot(const sysroot_request& request, const sysroot_progress& progress) {
  return sysroot_builder(request, progress).run();
}

}  // namespace ebpfkit::host
