// A libFuzzer target: what a virtual machine sends. Frames between bytes of other programs, the
// output of test programs, messages of kernels. Any bytes must give a result, and it must not
// depend on how they came in pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "machine/frames.hpp"
#include "machine/kernel_messages.hpp"
#include "machine/test_output.hpp"

namespace {

using namespace ebpfkit::host;

// The first byte says how long the pieces are.
void use_frames(std::string_view text) {
  if (text.empty())
    return;
  const auto step = static_cast<unsigned char>(text.front()) + std::size_t{1};
  text.remove_prefix(1);
  const auto whole = frame_reader("n").add(text);
  frame_reader reader("n");
  std::vector<guest_frame> in_pieces;
  for (std::size_t place = 0; place < text.size(); place += step) {
    for (const auto& frame : reader.add(text.substr(place, step)))
      in_pieces.push_back(frame);
  }
  const auto equal = [](const guest_frame& a, const guest_frame& b) {
    return a.type == b.type && a.number == b.number && a.content == b.content;
  };
  if (!std::ranges::equal(whole, in_pieces, equal))
    __builtin_trap();
}

// Each test is one testcase, and no byte of the output ends the document.
void use_tests(std::string_view text) {
  const auto tests = read_subtests(text);
  const bool one_failed =
      std::ranges::find(tests, subtest_outcome::failed, &subtest::outcome) != tests.end();
  const auto xml = junit_text("suite", tests, std::string(text));
  const auto count = [&xml](std::string_view what) {
    std::size_t found = 0;
    for (auto place = xml.find(what); place != std::string::npos; place = xml.find(what, place + 1))
      ++found;
    return found;
  };
  // The program's own failure is a testcase when none of its tests failed.
  if (count("<testcase ") != tests.size() + (tests.empty() || (!text.empty() && !one_failed)) ||
      count("</testsuite>") != 1)
    __builtin_trap();
}

void use_messages(std::string_view text) {
  constexpr std::size_t most = 3;
  if (last_lines(text, most).size() > most)
    __builtin_trap();
  for (const auto clock : {kernel_clock::real, kernel_clock::emulated}) {
    for (const auto& line : find_kernel_complaints(text, clock)) {
      if (line.find('\n') != std::string::npos)
        __builtin_trap();
    }
  }
  if (find_panic(text).find('\n') != std::string::npos)
    __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of the exact size, so that AddressSanitizer sees reads beyond the end.
  const std::vector<char> copy(data, data + size);
  const std::string_view text(copy.data(), copy.size());
  use_frames(text);
  use_tests(text);
  use_messages(text);
  return 0;
}
