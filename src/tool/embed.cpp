// `ebpfkit embed blob|source|list`: puts BTF of many kernels into an application.
#include "embed/embed.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>

#include "embed/embed_report.hpp"
#include "embed/embed_source.hpp"
#include "embed/embedded_btf_format.hpp"
#include "support/depfile.hpp"
#include "support/failure.hpp"
#include "support/progress.hpp"
#include "support/terminal.hpp"
#include "tool/command.hpp"

namespace ebpfkit::host::tool {

namespace {

struct blob_arguments {
  embed_request request;
  std::filesystem::path report;
  std::filesystem::path depfile;
  output_options output;
};

void run_blob(const blob_arguments& given) {
  if (given.request.btfs.empty() && given.request.build_btf.empty())
    throw failure("embed blob: neither --btf nor --build-btf is given",
                  "Name kernels: --btf FILE, DIRECTORY or NAME.");
  auto request = given.request;
  if (is_progress_watched())
    request.on_progress = [clock = progress_clock()](std::size_t done, std::size_t all) mutable {
      if (clock.is_due())
        print_progress("{} of {} kernels are ready", done, all);
    };
  const auto result = embed(request);
  const auto name = given.output.path.filename().string();
  if (!given.report.empty())
    write_output(given.report,
                 embed_report_json(result, name)
                         .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                     "\n",
                 unchanged::keep);
  if (!given.depfile.empty())
    write_output(given.depfile, make_depfile(given.output.path, result.inputs), unchanged::touch);
  given.output.write(result.file, result.inputs);
  // The rule makes both files. For Ninja the rule is up to date when one of them is.
  if (!given.report.empty())
    date_output(given.report, result.inputs);
  auto report = embed_report_text(result, name);
  if (report.ends_with('\n'))
    report.pop_back();
  print_progress_line(report);
}

void list_embedded_kernels(const std::filesystem::path& path, bool as_json) {
  const auto bytes = read_file(path);
  const char* problem = nullptr;
  const auto reader = detail::embedded_btf_reader::open(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, problem);
  if (!reader)
    throw failure(fmt::format("'{}': {}", path.string(), problem),
                  "Give the file that ebpf_embed_btf() makes: <name>.btf-bundle.");
  auto document = json_document("embed list");
  document["kernels"] = nlohmann::ordered_json::array();
  for (std::uint32_t i = 0; i < reader->kernel_count(); ++i) {
    const auto kernel = reader->kernel(i);
    const auto blob = reader->blob(kernel.blob);
    if (!blob)
      throw failure(fmt::format("'{}': the BTF of kernel {} is damaged", path.string(), i),
                    "Make it again.");
    const kernel_identity identity{std::string(kernel.architecture), std::string(kernel.release),
                                   std::string(kernel.distribution),
                                   std::string(kernel.distribution_version)};
    document["kernels"].push_back(
        {{"name", identity.path_text()}, {"blob", kernel.blob}, {"size_bytes", blob->size()}});
    if (!as_json)
      print_output("{} blob {} ({} bytes)\n", identity.path_text(), kernel.blob, blob->size());
  }
  const auto build = reader->build_kernel();
  if (as_json) {
    document["built_for"] = nullptr;
    if (build)
      document["built_for"] = {{"architecture", build->kernel.architecture},
                               {"release", build->kernel.release},
                               {"blob", build->kernel.blob}};
    print_json(document);
  } else if (build) {
    print_output("built for {} {} blob {}\n", build->kernel.architecture, build->kernel.release,
                 build->kernel.blob);
  }
}

}  // namespace

void add_embed_command(CLI::App& app) {
  auto* embed =
      app.add_subcommand("embed", "Make BTF of many kernels that an application can hold");
  embed->require_subcommand(1);

  auto* blob = embed->add_subcommand("blob", "Make the file that is embedded");
  auto given = std::make_shared<blob_arguments>();
  auto& request = given->request;
  blob->add_option("--object", request.objects, "BPF object. May be repeated")
      ->required()
      ->take_all()
      ->allow_extra_args(false);
  blob->add_option(
          "--btf", request.btfs,
          "File, directory, or name in the cache. FILE=DISTRIBUTION:VERSION:ARCHITECTURE:RELEASE "
          "says which kernel it is. May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  blob->add_option("--build-btf", request.build_btf,
                   "BTF that the programs were built with, written as for --btf. Its layout serves "
                   "machines for which no BTF is embedded");
  blob->add_option("--build-version", request.build_version,
                   "What `uname -v` says on the kernel of --build-btf");
  blob->add_option(
          "--filter", request.filters,
          "Take only kernels that fit this pattern of DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE. "
          "May be repeated")
      ->take_all()
      ->allow_extra_args(false);
  blob->add_option("--arch", request.architecture,
                   "Take only kernels of this CPU (x86, arm64, ...)");
  blob->add_option("--btf-cache", request.btf_cache, "Directory of the BTF cache");
  blob->add_option("--work-directory", request.work_directory,
                   "Directory for results that the next build uses again")
      ->required();
  blob->add_option("--threads", request.threads,
                   "Number of threads (default: one for each processor)");
  blob->add_option("--report", given->report, "File to write a report to, as JSON");
  blob->add_option("--depfile", given->depfile, "Depfile to write");
  add_output_options(*blob, given->output);
  blob->callback([given] { run_blob(*given); });

  struct source_arguments {
    std::filesystem::path file;
    std::string name;
    output_options output;
  };
  auto* source =
      embed->add_subcommand("source", "Make a C++ source that has the bytes of that file");
  auto source_given = std::make_shared<source_arguments>();
  source->add_option("--file", source_given->file, "File that `embed blob` made")->required();
  source
      ->add_option("--name", source_given->name,
                   "C identifier that begins the names of the symbols")
      ->required();
  add_output_options(*source, source_given->output);
  source->callback([source_given] {
    const std::vector<std::filesystem::path> inputs{source_given->file};
    source_given->output.write(make_embed_source(source_given->file, source_given->name), inputs);
  });

  auto* list = embed->add_subcommand("list", "List the kernels in a file that `embed blob` made");
  struct list_arguments {
    std::filesystem::path file;
    bool json = false;
  };
  auto listed = std::make_shared<list_arguments>();
  list->add_option("file", listed->file, "File that `embed blob` made")->required();
  list->add_flag("--json", listed->json, "Print JSON");
  list->callback([listed] { list_embedded_kernels(listed->file, listed->json); });
}

}  // namespace ebpfkit::host::tool
