#include "kernel_series.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "../unit/relocation_variant.hpp"
#include "btf/architecture.hpp"
#include "embed/kernel_identity.hpp"
#include "support/file.hpp"

namespace ebpfkit::host::bench {

namespace {

constexpr unsigned releases_in_series = 20;

// How many of 1000 structs a release changes, and how many differ between two kernels without a
// common history.
constexpr unsigned changed_by_release = 3;
constexpr unsigned changed_by_version = 100;

struct system_version {
  std::string_view distribution;
  std::string_view version;
  std::string_view kernel;
  std::string_view flavour;
};

constexpr std::array<system_version, 6> systems = {{{"ubuntu", "18.04", "4.15.0", "-generic"},
                                                    {"ubuntu", "20.04", "5.4.0", "-generic"},
                                                    {"debian", "10", "4.19.0", "-amd64"},
                                                    {"centos", "8", "4.18.0", ".el8.x86_64"},
                                                    {"fedora", "31", "5.7.15", ".fc31.x86_64"},
                                                    {"amzn", "2", "4.14.200", ".amzn2.x86_64"}}};

std::vector<test::layout_step> steps_to(mixture kind, unsigned series, unsigned release) {
  if (kind == mixture::distinct)
    return {{1'000'000 + series * releases_in_series + release, changed_by_version}};
  std::vector<test::layout_step> steps{{1'000'000 + series, changed_by_version}};
  for (unsigned i = 1; i <= release; ++i)
    steps.push_back({series * releases_in_series + i, changed_by_release});
  return steps;
}

}  // namespace

std::vector<std::filesystem::path> make_kernels(
    const std::vector<std::shared_ptr<const type_graph>>& models, mixture kind, std::size_t count,
    const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (unsigned number = 0; number < count; ++number) {
    const unsigned series = number / releases_in_series;
    const unsigned release = number % releases_in_series;
    const auto& system = systems[series % systems.size()];
    const auto& model = *models[series % models.size()];
    const auto architecture = architecture_in_index(architecture_of_types(model),
                                                    model.pointer_size(), model.byte_order());
    const auto bytes = test::make_layout_variant(model, steps_to(kind, series, release));
    files.push_back(directory / system.distribution / system.version / architecture /
                    fmt::format("{}-{}{}.btf", system.kernel,
                                26 + series / systems.size() * releases_in_series + release,
                                system.flavour));
    write_output(files.back(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                 unchanged::keep);
  }
  return files;
}

}  // namespace ebpfkit::host::bench
