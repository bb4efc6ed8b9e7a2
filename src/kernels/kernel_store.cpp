#include "kernels/kernel_store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <system_error>

#include "input/btf_input.hpp"
#include "kernels/boot_image.hpp"
#include "kernels/kernel_modules.hpp"
#include "support/cache_directory.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_lock.hpp"
#include "support/temporary_entry.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view description_name = "kernel.json";
constexpr std::string_view image_name = "image";
constexpr std::string_view configuration_name = "config";
constexpr std::string_view btf_name = "btf";
constexpr int format_version = 1;
constexpr std::size_t parts_of_name = 3;
constexpr std::size_t names_shown = 8;

bool is_part(std::string_view part) {
  return !part.empty() && part != "." && part != ".." &&
         std::ranges::all_of(part, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '+' || c == '-';
         });
}

// The kernel's own name of a CPU, which also is QEMU's.
std::string machine_of(const std::string& debian_name) {
  return debian_name == "amd64" ? "x86_64" : debian_name;
}

json describe_file(const fs::path& file, const fs::path& name) {
  return {{"name", name.string()}, {"size", fs::file_size(file)}, {"sha256", sha256_of_file(file)}};
}

// A kernel without BTF has no such file.
bool write_btf(const fs::path& kernel, const fs::path& output) {
  std::vector<std::uint8_t> btf;
  try {
    btf = read_raw_btf(kernel).bytes;
  } catch (const failure&) {
    return false;
  }
  write_output(output, as_text(btf), unchanged::keep);
  return true;
}

std::string remedy_for_damage(const std::string& name) {
  return fmt::format("Remove it, and fetch, import or build it again: ebpfkit kernel remove {}",
                     name);
}

json read_description(const fs::path& directory) {
  const auto bytes = read_file(directory / description_name);
  auto description = json::parse(as_text(bytes), nullptr, false);
  if (!description.is_object() || description.value("version", 0) != format_version)
    throw failure(fmt::format("'{}' is no description of a kernel of this version",
                              (directory / description_name).string()));
  return description;
}

// Compares sizes only, because each boot calls this. find_differences() compares contents.
void check_files(const fs::path& directory, const json& description) {
  for (const auto& file : description.at("files")) {
    const fs::path path = directory / file.at("name").get<std::string>();
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error || size != file.at("size").get<std::uint64_t>())
      throw failure(
          fmt::format("'{}' is {}", path.string(), error ? "missing" : "not as it was written"));
  }
}

}  // namespace

kernel_store::kernel_store(fs::path cache)
    : cache_(fs::absolute(cache.empty() ? default_cache() : std::move(cache))) {}

std::string kernel_store::usual_name(std::string_view name) {
  auto parts = split_text(name, '/');
  if (parts.size() != parts_of_name || !std::ranges::all_of(parts, is_part))
    throw failure(fmt::format("'{}' is no name of a kernel", printable(name)),
                  "Names are DISTRIBUTION/VERSION/ARCHITECTURE: debian/6.1/amd64.");
  parts.back() = usual_architecture(parts.back());
  return fmt::format("{}", fmt::join(parts, "/"));
}

std::string kernel_store::usual_architecture(const std::string& name) {
  if (name == "x86_64" || name == "x86-64" || name == "x86")
    return "amd64";
  return name == "aarch64" ? "arm64" : name;
}

fs::path kernel_store::directory(const std::string& name) const {
  return cache_ / "kernels" / name;
}

// CACHE/btf/debian/6.1/amd64/<release>.btf: the cache of BTF finds it by the kernel's name, and
// ebpf_embed_btf reads the release in it. Other files in the directory are the user's.
fs::path kernel_store::published_btf(const std::string& name) const {
  const auto release = read_description(directory(name)).value("release", std::string());
  return cache_ / "btf" / name / ((release.empty() ? "unknown" : release) + ".btf");
}

void kernel_store::publish_btf(const std::string& name) const {
  const auto btf = directory(name) / btf_name;
  std::error_code error;
  if (!fs::exists(btf, error))
    return;
  const auto path = published_btf(name);
  if (!fs::exists(path, error))
    write_output(path, as_text(read_file(btf)), unchanged::keep);
}

void kernel_store::unpublish_btf(const std::string& name) const {
  try {
    std::error_code error;
    fs::remove(published_btf(name), error);
  } catch (const failure&) {
    // A damaged description does not tell the file's name.
  }
}

bool kernel_store::has(const std::string& name) const {
  std::error_code error;
  return fs::exists(directory(name) / description_name, error);
}

bootable_kernel kernel_store::find(const std::string& name) const {
  std::string_view base = name;
  const bool hides_btf = base.ends_with(no_btf_suffix);
  if (hides_btf)
    base.remove_suffix(no_btf_suffix.size());
  std::error_code error;
  auto kernel = fs::exists(fs::path(base), error) ? find_image(fs::path(base))
                                                  : find_cached(usual_name(base));
  kernel.name = name;
  kernel.hides_btf = hides_btf;
  kernel.has_own_btf = kernel.has_own_btf && !hides_btf;
  return kernel;
}

bootable_kernel kernel_store::find_cached(const std::string& name) const {
  const auto place = directory(name);
  if (!has(name)) {
    std::vector<std::string> names;
    for (const auto& kernel : list())
      names.push_back(kernel.name);
    throw failure(
        fmt::format("the cache has no kernel '{}'{}", name,
                    names.empty() ? "" : "; it has " + list_names(names, names_shown)),
        name.starts_with("debian/")
            ? fmt::format("Fetch it: ebpfkit kernel fetch {}", name)
            : fmt::format("Import it: ebpfkit kernel import FILE --name {0}. Or build it: "
                          "ebpfkit kernel build {0} --fragment bpf-full",
                          name));
  }
  try {
    const auto description = read_description(place);
    check_files(place, description);
    bootable_kernel kernel;
    kernel.release = description.at("release").get<std::string>();
    kernel.architecture = description.at("architecture").get<std::string>();
    kernel.has_own_btf = description.at("has_own_btf").get<bool>();
    kernel.image = place / image_name;
    std::error_code error;
    if (fs::exists(place / configuration_name, error))
      kernel.configuration = place / configuration_name;
    if (fs::exists(place / btf_name, error))
      kernel.btf = place / btf_name;
    for (const auto& module : description.at("modules"))
      kernel.modules.push_back(place / module.get<std::string>());
    return kernel;
  } catch (const json::exception& problem) {
    throw failure(fmt::format("the kernel '{}' in the cache is damaged: {}", name, problem.what()),
                  remedy_for_damage(name));
  } catch (const failure& problem) {
    throw failure(fmt::format("the kernel '{}' in the cache is damaged: {}", name, problem.what()),
                  remedy_for_damage(name));
  }
}

bootable_kernel kernel_store::find_image(const fs::path& path) const {
  new_kernel files;
  files.kernel = path;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    // A build tree of the kernel.
    for (const char* image : {"arch/x86/boot/bzImage", "arch/arm64/boot/Image"})
      if (fs::exists(path / image, error))
        files.kernel = path / image;
    if (files.kernel == path)
      throw failure(fmt::format("'{}' is no built tree of a kernel: it has neither "
                                "arch/x86/boot/bzImage nor arch/arm64/boot/Image",
                                path.string()),
                    "Build the kernel there (make), or give an image file.");
    if (fs::exists(path / ".config", error))
      files.configuration = path / ".config";
  }
  files.package = fs::absolute(files.kernel).string();
  files.sha256 = sha256_of_file(files.kernel);
  // The unpacked image is kept, because it takes a second to make.
  constexpr std::size_t digits = 16;
  const auto name = fmt::format("file/{}/{}", files.sha256.substr(0, digits), "image");
  try {
    if (has(name))
      return find_cached(name);
  } catch (const failure&) {
    // It is damaged, and can be made again.
  }
  add(name, files);
  return find_cached(name);
}

std::vector<stored_kernel> kernel_store::list() const {
  std::vector<stored_kernel> kernels;
  const auto root = cache_ / "kernels";
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    // What is being written, or what a killed process left.
    if (is_temporary_name(entry->path().filename().string())) {
      entry.disable_recursion_pending();
      continue;
    }
    if (entry.depth() != static_cast<int>(parts_of_name) ||
        entry->path().filename() != description_name)
      continue;
    const auto name = fs::relative(entry->path().parent_path(), root).string();
    if (!name.starts_with("file/"))
      kernels.push_back(describe(name));
  }
  std::ranges::sort(kernels, {}, &stored_kernel::name);
  return kernels;
}

stored_kernel kernel_store::describe(const std::string& name) const {
  stored_kernel kernel;
  kernel.directory = directory(name);
  kernel.name = name;
  try {
    const auto description = read_description(kernel.directory);
    kernel.release = description.at("release").get<std::string>();
    kernel.architecture = description.at("architecture").get<std::string>();
    kernel.package = description.at("package").get<std::string>();
    kernel.sha256 = description.at("sha256").get<std::string>();
    kernel.build_digest = description.value("build_digest", std::string());
    for (const auto& file : description.at("files"))
      kernel.size += file.at("size").get<std::uint64_t>();
    check_files(kernel.directory, description);
  } catch (const std::exception& problem) {
    kernel.problem = problem.what();
  }
  return kernel;
}

std::optional<stored_kernel> kernel_store::find_sound(const std::string& name) const {
  if (!has(name))
    return std::nullopt;
  auto kernel = describe(name);
  if (!kernel.problem.empty())
    return std::nullopt;
  return kernel;
}

void kernel_store::add(const std::string& name, const new_kernel& files) const {
  const auto place = directory(name);
  const auto parent = place.parent_path();
  std::error_code error;
  fs::create_directories(parent, error);
  if (error)
    throw failure(fmt::format("cannot make '{}': {}", parent.string(), error.message()));
  const auto image = read_boot_image(files.kernel);
  const auto architecture = split_text(name, '/').back();
  if (architecture != "image" && machine_of(architecture) != image.architecture)
    throw failure(fmt::format("'{}' is a kernel for {}, and the name '{}' says {}",
                              files.kernel.string(), image.architecture, name, architecture),
                  "Give the name with the kernel's own architecture.");

  temporary_entry made(parent, temporary_entry::type::directory);
  const auto& root = made.path();
  write_output(root / image_name, as_text(image.bytes), unchanged::keep);
  const bool has_own_btf = write_btf(root / image_name, root / btf_name);
  if (has_own_btf && !files.btf.empty())
    throw failure(fmt::format("--btf {}: the kernel '{}' has BTF of its own", files.btf.string(),
                              files.kernel.string()),
                  "Leave --btf out. NAME:no-btf boots the kernel without its BTF.");
  if (!files.btf.empty())
    write_output(root / btf_name, as_text(read_raw_btf(files.btf).bytes), unchanged::keep);
  if (!files.configuration.empty())
    write_output(root / configuration_name, as_text(read_file(files.configuration)),
                 unchanged::keep);

  json description{{"version", format_version},  {"name", name},
                   {"release", image.release},   {"architecture", image.architecture},
                   {"has_own_btf", has_own_btf}, {"package", files.package},
                   {"sha256", files.sha256},     {"modules", json::array()},
                   {"files", json::array()}};
  if (!files.build_digest.empty())
    description["build_digest"] = files.build_digest;
  if (!files.modules.empty()) {
    for (const auto& module : find_test_modules(files.modules)) {
      const auto module_path = fs::path("modules") / (module.name + ".ko");
      write_output(root / module_path, as_text(module.bytes), unchanged::keep);
      description["modules"].push_back(module_path.string());
      description["files"].push_back(describe_file(root / module_path, module_path));
    }
  }
  for (const auto part : {image_name, btf_name, configuration_name})
    if (fs::exists(root / part, error))
      description["files"].push_back(describe_file(root / part, part));
  write_output(root / description_name, description.dump(2) + "\n", unchanged::keep);

  const file_lock lock(cache_ / "locks" / "kernels");
  // A directory cannot replace one that has files. Whoever looks between the two steps finds none.
  if (fs::exists(place, error)) {
    unpublish_btf(name);
    temporary_entry old(parent, temporary_entry::type::directory);
    fs::rename(place, old.path() / "old", error);
  }
  fs::rename(root, place, error);
  if (error)
    throw failure(fmt::format("cannot rename '{}': {}", root.string(), error.message()),
                  "Check that the directory is writable.");
  made.release();
  fs::permissions(place,
                  fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                      fs::perms::others_read | fs::perms::others_exec,
                  error);
  if (architecture != "image")
    publish_btf(name);
}

std::vector<std::string> kernel_store::find_differences(const std::string& name) const {
  const auto place = directory(name);
  std::vector<std::string> differences;
  try {
    const auto description = read_description(place);
    for (const auto& file : description.at("files")) {
      const auto file_name = file.at("name").get<std::string>();
      std::error_code error;
      if (!fs::exists(place / file_name, error))
        differences.push_back(file_name + " is missing");
      else if (sha256_of_file(place / file_name) != file.at("sha256").get<std::string>())
        differences.push_back(file_name + " is changed");
    }
  } catch (const json::exception& problem) {
    differences.emplace_back(problem.what());
  } catch (const failure& problem) {
    differences.emplace_back(problem.what());
  }
  return differences;
}

void kernel_store::remove_unpacked_files() const {
  std::error_code error;
  fs::remove_all(cache_ / "kernels" / "file", error);
}

void kernel_store::remove(const std::string& name) const {
  if (!has(name))
    static_cast<void>(find_cached(name));  // throws
  const file_lock lock(cache_ / "locks" / "kernels");
  const auto place = directory(name);
  std::error_code error;
  unpublish_btf(name);
  temporary_entry old(place.parent_path(), temporary_entry::type::directory);
  fs::rename(place, old.path() / "old", error);
  if (error)
    throw failure(fmt::format("cannot remove '{}': {}", place.string(), error.message()),
                  "Check that the directory is writable.");
}

}  // namespace ebpfkit::host
