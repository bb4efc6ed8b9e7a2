#include "bindings/bindings_union.hpp"

#include <bpf/btf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "bindings/btf_writer.hpp"
#include "bindings/owned_btf.hpp"
#include "bindings/selection.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

[[noreturn]] void fail_to_unite(int error) {
  throw failure(fmt::format("libbpf cannot unite the types of the BTFs: {}", std::strerror(error)),
                "Make separate bindings for each BTF.");
}

owned_btf select(const named_types& input, const std::vector<std::string>& requests) {
  type_request request;
  request.types = requests;
  const auto bytes =
      write_selected_btf(*input.graph, select_types(*input.graph, request, input.source));
  owned_btf types(btf__new(bytes.data(), static_cast<std::uint32_t>(bytes.size())));
  if (!types)
    fail_to_unite(errno);
  return types;
}

}  // namespace

std::shared_ptr<const type_graph> unite_types(std::span<const named_types> inputs,
                                              const std::vector<std::string>& requests) {
  auto missing = requests;
  owned_btf united;
  for (const auto& input : inputs) {
    std::vector<std::string> here;
    std::erase_if(missing, [&](const std::string& request) {
      if (!has_requested(*input.graph, request))
        return false;
      here.push_back(request);
      return true;
    });
    if (here.empty())
      continue;
    auto types = select(input, here);
    if (!united)
      united = std::move(types);
    else if (const auto added = btf__add_btf(united.get(), types.get()); added < 0)
      fail_to_unite(-added);
  }
  if (!missing.empty()) {
    std::vector<std::string> sources;
    for (const auto& input : inputs)
      sources.push_back(fmt::format("'{}'", input.source));
    throw failure(fmt::format("no type '{}' in any of {}", fmt::join(missing, "', '"),
                              fmt::join(sources, ", ")),
                  "Check the spelling.");
  }
  // Remove duplicates: every selection has the integers and the map types.
  if (const auto error = btf__dedup(united.get(), nullptr); error != 0)
    fail_to_unite(-error);
  std::uint32_t size = 0;
  const auto* bytes = static_cast<const std::uint8_t*>(btf__raw_data(united.get(), &size));
  if (bytes == nullptr)
    fail_to_unite(errno);
  return std::make_shared<const type_graph>(std::vector<std::uint8_t>(bytes, bytes + size));
}

}  // namespace ebpfkit::host
