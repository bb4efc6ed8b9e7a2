#include "embedded_choice.hpp"

#include <errno.h>

#include <algorithm>

#include <string_view>

#include "text.hpp"

namespace ebpfkit::detail {
namespace {

// Some of the kernels that stand side by side in the index: those of one distribution, or all.
class kernel_range {
 public:
  kernel_range(const embedded_btf_reader& reader, std::string_view architecture,
               std::string_view release)
      : reader_(reader), range_(reader.find(architecture, release)) {}

  bool is_empty() const { return range_.first == range_.second; }

  // How well a kernel agrees with the distribution: 0 not, 1 in name, 2 in name and version.
  static int agreement(const embedded_kernel& kernel, const machine& running) {
    if (running.distribution.empty() || kernel.distribution != running.distribution)
      return 0;
    return kernel.distribution_version == running.distribution_version ? 2 : 1;
  }

  // The highest agreement that any of them has.
  int best_agreement(const machine& running) const {
    int best = 0;
    for (auto index = range_.first; index < range_.second; ++index)
      best = std::max(best, agreement(reader_.kernel(index), running));
    return best;
  }

  // The one BTF of all that have this agreement (negative: of all); nothing when they differ or
  // there is none.
  std::optional<embedded_kernel> only(const machine& running, int wanted) const {
    std::optional<embedded_kernel> found;
    for (auto index = range_.first; index < range_.second; ++index) {
      const auto kernel = reader_.kernel(index);
      if (wanted >= 0 && agreement(kernel, running) != wanted)
        continue;
      if (found && found->blob != kernel.blob)
        return std::nullopt;
      found = kernel;
    }
    return found;
  }

  std::string list(const machine& running, int wanted) const {
    std::string text;
    for (auto index = range_.first; index < range_.second; ++index) {
      const auto kernel = reader_.kernel(index);
      if (agreement(kernel, running) == wanted)
        text += joined({text.empty() ? "'" : ", '", text_of(kernel), "'"});
    }
    return text;
  }

 private:
  const embedded_btf_reader& reader_;
  std::pair<std::uint32_t, std::uint32_t> range_;
};

// Those before and behind where the kernel would stand: no release of the same architecture begins
// with more of its characters.
std::string nearest(const embedded_btf_reader& reader, const machine& running) {
  const auto count = std::to_string(reader.kernel_count());
  const auto place = reader.find(running.architecture, running.release).first;
  std::string near;
  for (const auto index : {place - 1, place}) {
    if (index >= reader.kernel_count())
      continue;
    const auto kernel = reader.kernel(index);
    if (kernel.architecture == running.architecture)
      near += joined({near.empty() ? "'" : ", '", text_of(kernel), "'"});
  }
  if (near.empty())
    return joined({"None of the ", count, " that are embedded is for this architecture."});
  return joined({"Nearest of the ", count, " that are embedded: ", near, "."});
}

}  // namespace

std::string text_of(const embedded_kernel& kernel) {
  std::string text;
  for (const auto part :
       {kernel.distribution, kernel.distribution_version, kernel.architecture, kernel.release}) {
    if (!part.empty())
      text.append(text.empty() ? "" : " ").append(part);
  }
  return text;
}

embedded_choice choose_kernel(const embedded_btf_reader& reader, const machine& running) {
  embedded_choice chosen;
  const kernel_range same(reader, running.architecture, running.release);
  chosen.kernel = same.only(running, -1);
  if (chosen.kernel)
    return chosen;
  // Several that differ, or none; then it may be among those whose architecture is not known.
  chosen.choice = btf_choice::embedded_by_distribution;
  const kernel_range candidates(
      reader, same.is_empty() ? std::string_view() : std::string_view(running.architecture),
      running.release);
  const int best = candidates.best_agreement(running);
  if (best > 0)
    chosen.kernel = candidates.only(running, best);
  if (chosen.kernel)
    return chosen;
  chosen.code = same.is_empty() ? ENOENT : ENOTUNIQ;
  chosen.why_none = same.is_empty()
                        ? nearest(reader, running)
                        : joined({"The embedded BTF differs between ", same.list(running, best),
                                  ", and /etc/os-release does not tell which of them this is."});
  return chosen;
}

}  // namespace ebpfkit::detail
