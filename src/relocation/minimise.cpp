#include "relocation/minimise.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "relocation/compatibility.hpp"
#include "relocation/kept_types.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

bool has_same_outcome(const resolution& whole, const resolution& minimised) {
  if (whole.status != minimised.status || whole.matches.size() != minimised.matches.size())
    return false;
  if (whole.status == relocation_status::ambiguous || whole.status == relocation_status::refused)
    return true;
  return whole.local.kind == relocation_kind::type_id_target ||
         (whole.value == minimised.value && whole.code == minimised.code);
}

void check_outcomes(const program_object& object, const std::vector<resolution>& whole,
                    const core_target& minimised) {
  const auto results = resolve(object, minimised);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!has_same_outcome(whole[i], results[i]))
      throw failure(
          fmt::format("'{}': relocation {} ({}) would be {} with the minimised BTF, it is {} with "
                      "the whole one",
                      object.path().string(), i, describe(object.types(), whole[i].local),
                      relocation_status_name(results[i].status),
                      relocation_status_name(whole[i].status)),
          "Use the whole BTF for this kernel.");
  }
}

}  // namespace

std::vector<std::uint8_t> minimise(std::span<const program_object> objects,
                                   const core_target& target) {
  kept_types kept(target.types());
  std::vector<std::vector<resolution>> results;
  for (const auto& object : objects) {
    work_limit limit;
    const type_comparison types(object.types(), target.types(), limit);
    for (const auto& result : results.emplace_back(resolve(object, target))) {
      for (const auto& match : result.matches)
        kept.keep_match(types, result.local, match);
    }
  }
  auto bytes = kept.write();
  const core_target minimised(std::make_shared<const type_graph>(
      std::vector<std::uint8_t>(bytes), nullptr, type_checks::names_on_use));
  for (std::size_t i = 0; i < objects.size(); ++i)
    check_outcomes(objects[i], results[i], minimised);
  return bytes;
}

}  // namespace ebpfkit::host
