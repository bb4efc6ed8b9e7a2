#include "btf/bindings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <future>
#include <memory>
#include <utility>

#include "btf/btf_file.hpp"
#include "support/file.hpp"

namespace ebpfkit {
namespace {

std::string describe(const type_request& request) {
  if (request.whole)
    return "everything";
  auto parts = request.types;
  if (!request.identifiers.empty())
    parts.emplace_back("what the source uses");
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::string make_bindings(bindings_request request) {
  const auto bytes = read_btf(request.btf);
  // Hashing takes longer than all the rest together.
  std::future<std::string> digest;
  if (request.origin.btf_sha256.empty())
    digest = std::async(std::launch::async, [&bytes] { return sha256_hex(bytes); });
  std::shared_ptr<const type_graph> base;
  if (!request.base_btf.empty())
    base = parse_btf(request.base_btf, read_btf(request.base_btf));
  const auto graph = parse_btf(request.btf, bytes, base);
  const auto selection = select_types(*graph, request.types, request.btf.string());
  if (digest.valid())
    request.origin.btf_sha256 = digest.get();
  request.origin.asked_for = describe(request.types);
  return write_c_header(*graph, selection, request.origin);
}

}  // namespace ebpfkit
