#include "complaint_words.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <string>
#include <string_view>

#include "../system/text.hpp"
#include "log_numbers.hpp"
#include "log_text.hpp"

namespace ebpfkit::detail {
namespace {

constexpr auto no_place = std::string_view::npos;

bool is_possible(const access_figures& access) {
  return access.size >= 0 && access.size <= largest_offset && access.offset >= -largest_offset &&
         access.offset <= largest_offset;
}

// Reads " off=24 size=8", with other figures between them.
bool read_extent(std::string_view complaint, access_figures& read) {
  return number_after(complaint, " off=", read.offset) &&
         number_after(part_behind(complaint, complaint.find(" off=")), "size=", read.size) &&
         is_possible(read);
}

// "byte 24", "the bytes 24 to 31"
std::string bytes_of(const access_figures& access) {
  return access.size == 1 ? formatted("byte %" PRId64, access.offset)
                          : formatted("the bytes %" PRId64 " to %" PRId64, access.offset,
                                      access.offset + access.size - 1);
}

}  // namespace

bool is_beyond_stack(std::string_view complaint) {
  std::int64_t offset = 0;
  std::int64_t size = 0;
  // "invalid read from stack R2 off=-4 size=84", "invalid indirect access to stack R2 off=-4
  // size=84", "invalid stack type R2 off=-4 access_size=84"
  return complaint.find("stack ") != no_place && complaint.find("var_off=") == no_place &&
         number_after(complaint, " off=", offset) && number_after(complaint, "size=", size) &&
         offset < 0 && offset > -largest_offset && size > 0 && size < largest_offset &&
         offset + size > 0;
}

bool is_below_stack(std::string_view complaint) {
  std::int64_t offset = 0;
  return complaint.find("from stack ") != no_place && complaint.find("var_off=") == no_place &&
         number_after(complaint, " off=", offset) && offset < -512;
}

bool read_access(std::string_view complaint, access_figures& read) {
  if (!read_extent(complaint, read))
    return false;
  for (const auto* memory : {"value_size=", "mem_size=", "key_size="}) {
    if (number_after(complaint, memory, read.limit) && read.limit > 0 &&
        read.limit < largest_offset)
      return true;
  }
  return false;
}

std::string words_of_read_only(std::string_view complaint) {
  access_figures access;
  if (!read_access(complaint, access) || complaint.find("write into") == no_place)
    return {};
  return joined({"The program writes ", bytes_of(access), " of memory that it may only read."});
}

std::string words_of_unwritten(std::string_view complaint, bool is_call) {
  // "invalid read from stack R10 off=-16 size=8": of one instruction. "invalid indirect read from
  // stack R2 off -16+4 size 8", "invalid read from stack off -16+0 size 8": the byte at -12 is the
  // first one without a value.
  access_figures access;
  std::int64_t unwritten = 0;
  if (complaint.find("from stack ") == no_place || complaint.find("var_off") != no_place)
    return {};
  const auto place = complaint.find(" off ");
  if (place == no_place) {
    if (!read_extent(complaint, access))
      return {};
    return joined({"The program reads ", bytes_of(access),
                   " of the stack, and has not written all of them on this path."});
  }
  const auto figures = part_behind(complaint, place);
  if (!number_after(figures, " off ", access.offset) || !number_after(figures, "+", unwritten) ||
      !number_after(figures, "size ", access.size) || !is_possible(access) || unwritten < 0 ||
      unwritten >= access.size)
    return {};
  return formatted("%s reads %s of the stack. Nothing on this path has written byte %" PRId64 ".",
                   is_call ? "The helper" : "The program", bytes_of(access).c_str(),
                   access.offset + unwritten);
}

std::string words_of_bounds(std::string_view complaint, bool is_call) {
  access_figures access;
  if (!read_extent(complaint, access))
    return {};
  const auto offset = access.offset;
  const auto size = access.size;
  const auto behind = part_behind(complaint, complaint.find(" off="));
  const auto what =
      joined({is_call ? "The helper accesses " : "The program accesses ", bytes_of(access)});
  std::int64_t limit = 0;
  if (complaint.find("access to packet") != no_place) {
    std::int64_t id = 0;
    if (!number_after(behind, ",r=", limit) || !number_after(behind, "(id=", id))
      return {};
    limit = std::clamp<std::int64_t>(limit, 0, largest_offset);
    if (id != 0)
      return joined({"A number that is not constant was added to the pointer. ",
                     limit == 0 ? std::string("Since then nothing was compared with data_end.")
                                : formatted("The access ends %" PRId64
                                            " bytes behind what was compared with data_end "
                                            "since then.",
                                            offset + size - limit),
                     " Compare the end of the access after the addition."});
    const auto compared =
        limit == 0 ? std::string("nothing") : formatted("the first %" PRId64 " bytes", limit);
    return formatted(
        "%s of the packet, and has compared %s with data_end. The comparison needs "
        "at least %" PRId64 " bytes.",
        what.c_str(), compared.c_str(), offset + size);
  }
  if (read_access(complaint, access))
    return formatted("%s. The memory has the bytes 0 to %" PRId64 ".", what.c_str(),
                     access.limit - 1);
  if (complaint.find("stack ") != no_place && complaint.find("var_off=") == no_place)
    return formatted("%s of the stack, which has the bytes -512 to -1.", what.c_str());
  return {};
}

}  // namespace ebpfkit::detail
