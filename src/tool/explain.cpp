// `ebpfkit explain`: the BPF objects inside an application, and what they need of a kernel.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "ebpfkit/capabilities.hpp"
#include "ebpfkit/features.hpp"
#include "input/btf_cache.hpp"
#include "input/btf_input.hpp"
#include "input/elf_sections.hpp"
#include "object/bpf_object_file.hpp"
#include "object/embedded_objects.hpp"
#include "object/kernel_btf_use.hpp"
#include "object/kernel_needs.hpp"
#include "object/missing_in_kernel.hpp"
#include "relocation/program_object.hpp"
#include "relocation/report.hpp"
#include "relocation/resolve.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

struct explain_arguments {
  fs::path file;
  std::vector<fs::path> btfs;
  fs::path extract;
  bool json = false;
};

// What the relocations of an object are on a kernel.
struct kernel_verdict {
  std::string kernel;
  std::vector<std::string> problems;  // relocations that do not resolve
  std::vector<std::string> missing;   // hooks, kernel functions and variables
};

struct object_explanation {
  std::string name;
  std::string sha256;
  std::size_t size = 0;
  json programs = json::array();
  json maps = json::array();
  std::vector<std::string> needs_kernel_btf;
  std::optional<kernel_needs> needs;  // none: libbpf of this machine does not open the object
  std::size_t relocation_count = 0;
  std::vector<kernel_verdict> kernels;
};

std::vector<embedded_file> read_files(const fs::path& path) {
  auto bytes = read_file(path);
  if (!is_bpf_object(bytes))
    return find_embedded_files(bytes, path.string());
  embedded_file object;
  object.name = path.stem().stem().string();
  object.bytes = std::move(bytes);
  return {std::move(object)};
}

kernel_verdict judge(const bpf_object_file& file, const program_object& object,
                     const fs::path& btf) {
  const std::shared_ptr<const type_graph> kernel = open_btf(find_btf_file(btf, {}));
  const core_target target(kernel);
  check_byte_order(std::span(&object, 1), target.types().byte_order(), btf);
  kernel_verdict verdict{btf.string(), {}, find_missing_in_kernel(file, kernel)};
  const auto results = resolve(object, target);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (!results[i].problem.empty())
      verdict.problems.push_back(relocation_text(object, object.relocations()[i], &results[i]));
  return verdict;
}

object_explanation explain_object(const embedded_file& file, const std::string& shown,
                                  const std::vector<fs::path>& btfs, kernel_features& running) {
  object_explanation told{.name = file.name,
                          .sha256 = sha256_hex(file.bytes),
                          .size = file.bytes.size(),
                          .needs_kernel_btf = {},
                          .needs = find_kernel_needs(file.bytes, file.name, running),
                          .kernels = {}};
  const bpf_object_file object(file.bytes, shown);
  for (const auto& program : object.programs())
    told.programs.push_back(
        {{"name", program.name}, {"section", std::string(program.section.raw())}});
  for (const auto& map : object.maps())
    told.maps.push_back({{"name", map.name}, {"type_number", map.map_type}});
  for (const auto& use : find_kernel_btf_uses(object))
    told.needs_kernel_btf.push_back(fmt::format("{}: {}", use.what, use.reason));
  const program_object relocated(shown, file.bytes);
  told.relocation_count = relocated.relocations().size();
  for (const auto& btf : btfs)
    told.kernels.push_back(judge(object, relocated, btf));
  return told;
}

bool is_newer(const kernel_version& a, const kernel_version& b) {
  return std::pair(a.version, a.patchlevel) > std::pair(b.version, b.patchlevel);
}

std::string release_text(const kernel_version& release) {
  return fmt::format("{}.{}", release.version, release.patchlevel);
}

// "helper bpf_loop (5.17)": each feature once, the newest first; none that a work-around replaces.
std::vector<std::string> feature_texts(std::vector<object_need> needs) {
  std::ranges::stable_sort(needs, is_newer, &object_need::since);
  std::vector<std::string> texts;
  for (const auto& need : needs) {
    if (need.effect == missing_effect::none)
      continue;
    auto text = need.since.version == 0
                    ? printable(need.what)
                    : fmt::format("{} ({})", printable(need.what), release_text(need.since));
    if (std::ranges::find(texts, text) == texts.end())
      texts.push_back(std::move(text));
  }
  return texts;
}

// The release that brought the newest of the features that are needed; 0.0 when none is known.
kernel_version oldest_kernel(const std::vector<object_need>& needs) {
  kernel_version oldest;
  for (const auto& need : needs)
    if (need.effect != missing_effect::none && is_newer(need.since, oldest))
      oldest = need.since;
  return oldest;
}

json needs_json(const object_explanation& told) {
  json features = json::array();
  json capabilities = json::array();
  for (const auto& need : told.needs->features)
    features.push_back(
        {{"user", need.user},
         {"feature", need.what},
         {"since", need.since.version == 0 ? json() : json(release_text(need.since))},
         {"on_running_kernel", support_text(need.state)},
         {"is_needed", need.effect != missing_effect::none}});
  for (const auto& need : told.needs->capabilities)
    capabilities.push_back({{"name", need.name}, {"user", need.user}, {"reason", need.reason}});
  const auto oldest = oldest_kernel(told.needs->features);
  return {{"oldest_kernel", oldest.version == 0 ? json() : json(release_text(oldest))},
          {"features", std::move(features)},
          {"capabilities", std::move(capabilities)}};
}

json as_json(const object_explanation& told) {
  json kernels = json::array();
  for (const auto& kernel : told.kernels)
    kernels.push_back(
        {{"btf", kernel.kernel}, {"problems", kernel.problems}, {"missing", kernel.missing}});
  return {{"name", told.name},
          {"size_bytes", told.size},
          {"sha256", told.sha256},
          {"programs", told.programs},
          {"maps", told.maps},
          {"relocation_count", told.relocation_count},
          {"needs_kernel_btf", told.needs_kernel_btf},
          {"needs", told.needs ? needs_json(told) : json()},
          {"kernels", std::move(kernels)}};
}

std::string names_in(const json& list) {
  std::vector<std::string> names;
  for (const auto& item : list)
    names.push_back(item.contains("section")
                        ? fmt::format("{} ({})", printable(item["name"].get<std::string>()),
                                      printable(item["section"].get<std::string>()))
                        : printable(item["name"].get<std::string>()));
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

void print_needs(const kernel_needs& needs) {
  const auto oldest = oldest_kernel(needs.features);
  if (oldest.version != 0)
    print_output("  oldest kernel: Linux {} (distributions add features to older ones)\n",
                 release_text(oldest));
  print_output("  needs: {}\n  capabilities: {}\n", fmt::join(feature_texts(needs.features), ", "),
               capability_names(needs.capabilities));
  for (const auto& need : needs.features)
    if (need.state == support::absent && need.effect != missing_effect::none)
      print_output("  on this machine: {}\n", printable(need.message(), 1000));
}

void print_object(const object_explanation& told) {
  print_output("BPF object '{}': {} bytes, SHA-256 {}\n", printable(told.name), told.size,
               told.sha256);
  print_output("  programs: {}\n  maps: {}\n  CO-RE relocations: {}\n", names_in(told.programs),
               names_in(told.maps), told.relocation_count);
  if (told.needs)
    print_needs(*told.needs);
  else
    print_output("  needs: not known, as libbpf of this machine does not open the object\n");
  for (const auto& kernel : told.kernels) {
    print_output("  on {}: {}\n", kernel.kernel,
                 kernel.problems.empty()
                     ? "all resolve"
                     : fmt::format("{} do not resolve", kernel.problems.size()));
    for (const auto& problem : kernel.problems)
      print_output("  {}", problem);
    for (const auto& missing : kernel.missing)
      print_output("    it lacks: {}\n", missing);
  }
  if (!told.needs_kernel_btf.empty())
    print_output("  needs a kernel with BTF of its own (CONFIG_DEBUG_INFO_BTF):\n");
  for (const auto& need : told.needs_kernel_btf)
    print_output("    {}\n", need);
}

// A name of a stranger must not lead out of the directory.
std::string file_name_of(const embedded_file& file, std::set<std::string>& taken) {
  std::string name = is_c_identifier(file.name) ? file.name : "object";
  const std::string ending = file.is == embedded_kind::bpf_object ? ".bpf.o" : ".ebpf-btf";
  auto full = name + ending;
  for (int i = 2; !taken.insert(full).second; ++i)
    full = fmt::format("{}-{}{}", name, i, ending);
  return full;
}

void extract_files(const std::vector<embedded_file>& files, const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    throw failure(
        fmt::format("cannot make the directory '{}': {}", directory.string(), error.message()),
        "Name a directory where you may write: --extract DIR.");
  std::set<std::string> taken;
  for (const auto& file : files) {
    const auto path = directory / file_name_of(file, taken);
    write_output(path, as_text(file.bytes), unchanged::keep);
    print_error("wrote {}\n", path.string());
  }
}

void run_explain(const explain_arguments& given) {
  auto btfs = given.btfs;
  const fs::path running_kernel = "/sys/kernel/btf/vmlinux";
  std::error_code error;
  if (btfs.empty() && fs::exists(running_kernel, error))
    btfs.push_back(running_kernel);
  const auto files = read_files(given.file);
  auto objects = json::array();
  auto embedded = json::array();
  std::vector<object_explanation> told;
  auto running = kernel_features::probe();
  for (const auto& file : files) {
    if (file.is == embedded_kind::kernel_btf) {
      embedded.push_back({{"name", file.name}, {"size_bytes", file.bytes.size()}});
      continue;
    }
    told.push_back(explain_object(
        file, fmt::format("{}:{}", given.file.string(), printable(file.name)), btfs, running));
    objects.push_back(as_json(told.back()));
  }
  if (!given.extract.empty())
    extract_files(files, given.extract);
  if (given.json) {
    auto document = json_document("explain");
    document["file"] = given.file.string();
    document["objects"] = std::move(objects);
    document["embedded_btf"] = std::move(embedded);
    print_json(document);
    return;
  }
  for (const auto& object : told)
    print_object(object);
  for (const auto& one : embedded)
    print_output("embedded BTF '{}': {} bytes\n", printable(one["name"].get<std::string>()),
                 one["size_bytes"].get<std::size_t>());
}

}  // namespace

void add_explain_command(CLI::App& app) {
  auto* command = app.add_subcommand(
      "explain", "Tell which BPF objects an application carries, and what they need of a kernel");
  auto given = std::make_shared<explain_arguments>();
  command->add_option("file", given->file, "An application, a shared library or a BPF object")
      ->required();
  command
      ->add_option("--btf", given->btfs,
                   "BTF of a kernel, a file or a name in the BTF cache: tells which CO-RE "
                   "relocations fail there (default: the running kernel's). May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--extract", given->extract, "Write the objects into this directory");
  command->add_flag("--json", given->json, "Print JSON");
  command->callback([given] { run_explain(*given); });
}

}  // namespace ebpfkit::host::tool
