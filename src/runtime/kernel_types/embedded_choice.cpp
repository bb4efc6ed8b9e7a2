#include "embedded_choice.hpp"

#include <errno.h>

#include <algorithm>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../system/text.hpp"

namespace ebpfkit::detail {
namespace {

void add_to_list(std::string& list, const embedded_kernel& kernel) {
  list += formatted(list.empty() ? "'%s'" : ", '%s'", text_of(kernel).c_str());
}

// The kernels with one architecture and release. They are neighbours in the index.
class kernel_range {
 public:
  kernel_range(const embedded_btf_reader& reader, std::string_view architecture,
               std::string_view release)
      : reader_(reader), range_(reader.find(architecture, release)) {}

  bool is_empty() const { return range_.first == range_.second; }

  // How well a kernel fits the running distribution. 0: not. 1: in name. 2: in name and version.
  static int agreement(const embedded_kernel& kernel, const machine& running) {
    if (running.distribution.empty() || kernel.distribution != running.distribution)
      return 0;
    return kernel.distribution_version == running.distribution_version ? 2 : 1;
  }

  // The highest agreement() of these kernels.
  int best_agreement(const machine& running) const {
    int best = 0;
    for (auto index = range_.first; index < range_.second; ++index)
      best = std::max(best, agreement(reader_.kernel(index), running));
    return best;
  }

  // The last kernel with this agreement (negative: the last of all). Nothing when there is no such
  // kernel, or when the BTF of these kernels differs.
  std::optional<std::uint32_t> only(const machine& running, int wanted) const {
    std::optional<std::uint32_t> found;
    for (auto index = range_.first; index < range_.second; ++index) {
      const auto kernel = reader_.kernel(index);
      if (wanted >= 0 && agreement(kernel, running) != wanted)
        continue;
      if (found && reader_.kernel(*found).blob != kernel.blob)
        return std::nullopt;
      found = index;
    }
    return found;
  }

  std::string list(const machine& running, int wanted) const {
    std::string text;
    for (auto index = range_.first; index < range_.second; ++index) {
      const auto kernel = reader_.kernel(index);
      if (agreement(kernel, running) == wanted)
        add_to_list(text, kernel);
    }
    return text;
  }

 private:
  const embedded_btf_reader& reader_;
  std::pair<std::uint32_t, std::uint32_t> range_;
};

// The kernels before and after the place where the running kernel would stand in the index. No
// other release of the same architecture has a longer beginning in common with the running one.
std::string nearest(const embedded_btf_reader& reader, const machine& running) {
  const auto place = reader.find(running.architecture, running.release).first;
  std::string near;
  for (const auto index : {place - 1, place}) {
    if (index >= reader.kernel_count())
      continue;
    const auto kernel = reader.kernel(index);
    if (kernel.architecture == running.architecture)
      add_to_list(near, kernel);
  }
  return formatted(near.empty() ? "None of the %u that are embedded is for this architecture.%s"
                                : "Nearest of the %u that are embedded: %s.",
                   reader.kernel_count(), near.c_str());
}

}  // namespace

std::string text_of(const embedded_kernel& kernel) {
  std::string text;
  for (const auto part :
       {kernel.distribution, kernel.distribution_version, kernel.architecture, kernel.release}) {
    if (!part.empty())
      text += joined({text.empty() ? "" : " ", part});
  }
  return text;
}

embedded_choice choose_kernel(const embedded_btf_reader& reader, const machine& running) {
  embedded_choice chosen;
  const kernel_range same(reader, running.architecture, running.release);
  auto found = same.only(running, -1);
  int best = 0;
  if (!found) {
    // Several kernels fit and their BTF differs, or none fits. If none fits, try the kernels whose
    // architecture is not known.
    chosen.choice = btf_choice::embedded_by_distribution;
    const kernel_range candidates(
        reader, same.is_empty() ? std::string_view() : std::string_view(running.architecture),
        running.release);
    best = candidates.best_agreement(running);
    if (best > 0)
      found = candidates.only(running, best);
  }
  if (found) {
    chosen.kernel = reader.kernel(*found);
    return chosen;
  }
  chosen.code = same.is_empty() ? ENOENT : ENOTUNIQ;
  chosen.why_none = same.is_empty()
                        ? nearest(reader, running)
                        : formatted(
                              "The embedded BTF differs between %s, and /etc/os-release does "
                              "not tell which of them this is.",
                              same.list(running, best).c_str());
  return chosen;
}

}  // namespace ebpfkit::detail
