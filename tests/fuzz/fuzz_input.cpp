// A libFuzzer target: files that hold BTF, in every wrapping. Any bytes must give a failure or BTF
// that the checks accept.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "btf/btf_lint.hpp"
#include "btf/checked_btf.hpp"
#include "input/btf_input.hpp"
#include "input/container.hpp"
#include "support/failure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ebpfkit::host;
  try {
    const auto raw = find_btf(unwrap(std::vector<std::uint8_t>(data, data + size), "file"), "file");
    lint_btf(raw, {});
    check_btf(raw, nullptr);
    // A module that continues its own types is odd, but must not do harm.
    const auto base = check_btf(raw, nullptr);
    check_btf(raw, &base);
  } catch (const failure&) {
  }
  return 0;
}
