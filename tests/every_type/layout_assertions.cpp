#include "layout_assertions.hpp"
#include "support/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "support/failure.hpp"

namespace ebpfkit::host::test {

namespace {

// From "struct x {", "union x {", "enum x {" or "typedef struct {" to the line that begins with
// "}".
struct definition {
  std::string_view keyword;  // "typedef" for a record that has only the name of its typedef
  std::string_view name;
  std::string_view body;
};

bool is_word(char c) {
  return is_c_identifier(std::string_view(&c, 1)) || (c >= '0' && c <= '9');
}

std::string_view last_word(std::string_view text) {
  auto end = text.size();
  while (end > 0 && !is_word(text[end - 1]))
    --end;
  auto begin = end;
  while (begin > 0 && is_word(text[begin - 1]))
    --begin;
  return text.substr(begin, end - begin);
}

std::set<std::string_view> words_of(std::string_view text) {
  std::set<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_word(text[end]))
      ++end;
    if (end > at)
      words.insert(text.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return words;
}

std::vector<definition> definitions_in(std::string_view header) {
  std::vector<definition> found;
  while (!header.empty()) {
    const auto line = header.substr(0, header.find('\n'));
    const auto next = std::min(line.size() + 1, header.size());
    const auto keyword = line.substr(0, line.find(' '));
    if (const auto empty = line.find(" {}");
        empty != std::string_view::npos && (keyword == "struct" || keyword == "union"))
      found.push_back({keyword, last_word(line.substr(0, empty)), {}});
    const bool is_typedef = line == "typedef struct {" || line == "typedef union {";
    const bool is_tagged = (keyword == "struct" || keyword == "union" || keyword == "enum") &&
                           line.ends_with(" {") && line.size() > keyword.size() + 2;
    if (is_typedef || is_tagged) {
      const auto end = header.find("\n}", next - 1);
      if (end == std::string_view::npos)
        throw failure(fmt::format("'{}' does not end", line));
      const auto last = header.substr(end + 1, header.find('\n', end + 1) - end - 1);
      const auto body = header.substr(next, std::max(end, next) - next);
      const bool is_array = last.ends_with("];");
      if (is_tagged)
        found.push_back({keyword, last_word(line), body});
      else if (!is_array)
        found.push_back({keyword, last_word(last), body});
    }
    header.remove_prefix(next);
  }
  return found;
}

class writer {
 public:
  writer(const type_graph& graph, std::string_view header) : graph_(graph), header_(header) {}

  layout_assertions run() {
    for (const auto& each : definitions_in(header_))
      add(each);
    return std::move(made_);
  }

 private:
  std::vector<type_id> candidates(const definition& defined, std::string_view name) const {
    auto types = graph_.find_types(name);
    std::erase_if(types, [&](type_id type) {
      if (defined.keyword != kind_name(graph_.kind(type)))
        return true;
      return defined.keyword == "typedef" && !graph_.is_record(graph_.skip_wrappers(type));
    });
    return types;
  }

  void add(const definition& defined) {
    const auto tag = defined.keyword == "typedef"
                         ? std::string(defined.name)
                         : fmt::format("{} {}", defined.keyword, defined.name);
    auto types = candidates(defined, defined.name);
    if (const auto suffix = defined.name.rfind("___"); suffix != std::string_view::npos) {
      const auto more = candidates(defined, defined.name.substr(0, suffix));
      types.insert(types.end(), more.begin(), more.end());
    }
    if (types.empty())
      throw failure(fmt::format("the BTF has no '{}', which the header defines", tag));
    made_.defined.push_back(tag);
    if (defined.keyword == "enum")
      return add_enumeration(tag, types, words_of(defined.body));
    add_record(tag, types, words_of(defined.body));
  }

  // Adds "offsetof(x, m) == n" to `out` for each member that is not a bit-field. Returns false when
  // the text does not have all members.
  bool add_offsets(const std::string& tag, type_id record, std::uint32_t begin,
                   const std::set<std::string_view>& words, std::vector<std::string>& out) const {
    for (const auto& field : graph_.members(record)) {
      if (field.name.empty()) {
        const auto inner = graph_.skip_qualifiers(field.type);
        if (graph_.is_record(inner) &&
            !add_offsets(tag, inner, begin + field.bit_offset, words, out))
          return false;
        continue;
      }
      if (!words.contains(field.name))
        return false;
      if (field.bitfield_size == 0)
        out.push_back(fmt::format("__builtin_offsetof({}, {}) == {}", tag, field.name,
                                  (begin + field.bit_offset) / 8));
    }
    return true;
  }

  void add_record(const std::string& tag, const std::vector<type_id>& types,
                  const std::set<std::string_view>& words) {
    std::vector<std::vector<std::string>> layouts;
    for (const auto type : types) {
      const auto record = graph_.skip_wrappers(type);
      std::vector<std::string> layout = {
          fmt::format("sizeof({}) == {}", tag, graph_.size_of(record))};
      if (!add_offsets(tag, record, 0, words, layout))
        continue;
      if (!layouts.empty() && layouts.front().size() < layout.size())
        layouts.clear();
      if (layouts.empty() || layouts.front().size() == layout.size())
        layouts.push_back(std::move(layout));
    }
    if (layouts.empty())
      throw failure(fmt::format("no '{}' of the BTF has the members that the header shows", tag));
    ++made_.records;
    made_.offsets += layouts.front().size() - 1;
    if (layouts.size() == 1) {
      for (const auto& condition : layouts.front())
        assert_that(condition);
      return;
    }
    std::string any;
    for (const auto& layout : layouts)
      any += fmt::format("{}({})", any.empty() ? "" : " || ", fmt::join(layout, " && "));
    assert_that(any);
  }

  void add_enumeration(const std::string& tag, const std::vector<type_id>& types,
                       const std::set<std::string_view>& words) {
    ++made_.enumerations;
    std::string any;
    for (const auto type : types)
      any +=
          fmt::format("{}sizeof({}) == {}", any.empty() ? "" : " || ", tag, graph_.size_of(type));
    assert_that(any);
    if (types.size() > 1)
      return;
    for (const auto& constant : graph_.enumerators(types.front())) {
      // libbpf renames a constant to x___2 when the name x is taken.
      if (words.contains(constant.name))
        assert_that(
            fmt::format("(unsigned long long){} == {:#x}ULL", constant.name, constant.value));
    }
  }

  void assert_that(const std::string& condition) {
    made_.text += fmt::format("_Static_assert({}, \"\");\n", condition);
  }

  const type_graph& graph_;
  std::string_view header_;
  layout_assertions made_;
};

}  // namespace

layout_assertions assertions_for(const type_graph& graph, std::string_view header) {
  return writer(graph, header).run();
}

}  // namespace ebpfkit::host::test
