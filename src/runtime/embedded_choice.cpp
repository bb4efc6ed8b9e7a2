#include "embedded_choice.hpp"

#include <errno.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace ebpfkit::detail {
namespace {

// The kernels that agree best with the distribution: in name and version, else in name.
std::vector<embedded_kernel> of_distribution(const std::vector<embedded_kernel>& kernels,
                                             const machine& running) {
  std::vector<embedded_kernel> same_name;
  std::vector<embedded_kernel> same_version;
  for (const auto& kernel : kernels) {
    if (running.distribution.empty() || kernel.distribution != running.distribution)
      continue;
    same_name.push_back(kernel);
    if (kernel.distribution_version == running.distribution_version)
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

}  // namespace

std::string text_of(const embedded_kernel& kernel) {
  std::string text;
  for (const auto part :
       {kernel.distribution, kernel.distribution_version, kernel.architecture, kernel.release}) {
    if (!part.empty())
      text += (text.empty() ? "" : " ") + std::string(part);
  }
  return text;
}

embedded_choice choose_kernel(const embedded_btf_reader& reader, const machine& running) {
  const auto same = find_kernels(reader, running.architecture, running.release);
  if (have_one_blob(same))
    return {same.front(), btf_choice::embedded_by_release, 0, {}};
  // Several that differ, or none; then it may be among those whose architecture is not known.
  const auto of_system =
      of_distribution(same.empty() ? find_kernels(reader, {}, running.release) : same, running);
  if (have_one_blob(of_system))
    return {of_system.front(), btf_choice::embedded_by_distribution, 0, {}};
  embedded_choice none;
  none.code = same.empty() ? ENOENT : ENOTUNIQ;
  none.why_none = same.empty() ? nearest(reader, running)
                               : "The embedded BTF differs between " +
                                     list(of_system.empty() ? same : of_system) +
                                     ", and /etc/os-release does not tell which of them this is.";
  return none;
}

}  // namespace ebpfkit::detail
