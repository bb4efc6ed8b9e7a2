#include "machine/frames.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

namespace ebpfkit::host {

namespace {

// Longer contents are no frames: the guest cuts its logs, and sends output in pieces.
constexpr std::size_t longest_content = std::size_t{64} << 20;
constexpr std::size_t longest_head = 96;

bool read_number(std::string_view text, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::vector<guest_frame> frame_reader::add(std::string_view bytes) {
  bytes_ += bytes;
  std::vector<guest_frame> frames;
  for (guest_frame frame; take_frame(frame);)
    frames.push_back(std::move(frame));
  return frames;
}

bool frame_reader::take_frame(guest_frame& frame) {
  for (;;) {
    const auto place = bytes_.find(begin_, searched_);
    if (place == std::string::npos) {
      // The beginning of a frame may stand at the end.
      const auto kept = std::min(bytes_.size(), begin_.size() - 1);
      bytes_.erase(0, bytes_.size() - kept);
      searched_ = 0;
      return false;
    }
    bytes_.erase(0, place);
    searched_ = 0;
    const std::string_view rest = std::string_view(bytes_).substr(begin_.size());
    const auto line_end = rest.find('\n');
    if (line_end == std::string_view::npos && rest.size() < longest_head)
      return false;
    // TYPE NUMBER LENGTH
    const auto head = rest.substr(0, std::min(line_end, longest_head));
    const auto first = head.find(' ');
    const auto second = head.rfind(' ');
    std::size_t number = 0;
    std::size_t length = 0;
    if (line_end >= longest_head || first == std::string_view::npos || first == second ||
        !read_number(head.substr(first + 1, second - first - 1), number) ||
        !read_number(head.substr(second + 1), length) || length > longest_content || first == 0 ||
        number > std::numeric_limits<unsigned>::max()) {
      searched_ = begin_.size();
      continue;
    }
    const auto content_end = line_end + 1 + length;
    if (rest.size() <= content_end)
      return false;
    // Another program wrote to the port in the middle of this frame.
    if (rest[content_end] != '\n') {
      searched_ = begin_.size();
      continue;
    }
    frame.type = head.substr(0, first);
    frame.number = static_cast<unsigned>(number);
    frame.content = rest.substr(line_end + 1, length);
    bytes_.erase(0, begin_.size() + content_end + 1);
    return true;
  }
}

}  // namespace ebpfkit::host
