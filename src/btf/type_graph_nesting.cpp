#include "btf/type_graph_nesting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "btf/type_graph_validator.hpp"

namespace ebpfkit::host {

namespace {

// Values of depths_ that are not depths.
constexpr std::uint16_t not_visited = 0;
constexpr std::uint16_t in_progress = std::numeric_limits<std::uint16_t>::max();
static_assert(type_graph::maximum_depth < in_progress);

// Size of a type that has no values (void, forward declarations, functions).
constexpr std::uint64_t no_values = std::numeric_limits<std::uint64_t>::max();

constexpr std::uint64_t four_gibibytes = std::uint64_t{1} << 32;

// C text repeats anonymous types at every use, and libbpf visits embedded records at every use. A
// small BTF of nested types could therefore ask for endless text. Linux needs less than 4 visits
// for each word of its BTF. Any BTF may take `free_visits`, and `visits_per_word` for each of its
// words. 64 bits of padding count as a visit, because libbpf writes a line for them.
constexpr std::uint64_t visits_per_word = 64;
constexpr std::uint64_t free_visits = 1 << 16;

std::uint32_t saturate(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

type_graph_nesting::type_graph_nesting(type_graph& graph, type_graph_validator* on_first_visit)
    : graph_(graph),
      on_first_visit_(on_first_visit),
      depths_(graph.kinds_.size() * 2),
      expansions_(graph.kinds_.size() * 2),
      sizes_(graph.kinds_.size()) {}

void type_graph_nesting::run() {
  for (auto type = graph_.first_own_; type < graph_.type_count(); ++type)
    enter_type(type);
  for (auto type = graph_.first_own_; type < graph_.type_count(); ++type)
    check(type);
  graph_.expansions_ = std::move(expansions_);
}

void type_graph_nesting::check(type_id type) {
  const std::size_t own = type_id{type - graph_.first_own_};
  if (own >= sizes_.size())
    return;
  if (depths_[own * 2] == not_visited)
    walk(own * 2);
}

void type_graph_nesting::count_visits(type_id type) {
  visits_ += expansions_[std::size_t{type - graph_.first_own_} * 2];
  if (visits_ > free_visits + visits_per_word * graph_.words_.size())
    fail_unsound_type(graph_, type,
                      "the types are nested in a way that would make their C text enormous");
}

bool type_graph_nesting::is_anonymous(type_id type) const {
  const auto offset = graph_.header(type)[0];
  return offset == 0 || *graph_.text(offset) == '\0';
}

void type_graph_nesting::enter_leaf(type_id type, std::uint32_t expansion) {
  const auto at = std::size_t{type - graph_.first_own_} * 2;
  depths_[at] = depths_[at + 1] = 1;
  expansions_[at] = expansions_[at + 1] = expansion;
  count_visits(type);
}

// Enters what a type alone tells: its size, and everything about a type without children.
void type_graph_nesting::enter_type(type_id type) {
  const auto own = std::size_t{type - graph_.first_own_};
  const auto* header = graph_.header(type);
  switch (graph_.kind(type)) {
    case type_kind::integer:
    case type_kind::floating_point:
      sizes_[own] = std::uint64_t{header[2]} + 1;
      enter_leaf(type, 1);
      break;
    case type_kind::enumeration:
    case type_kind::enumeration64:
      sizes_[own] = graph_.size_of(type) + 1;
      enter_leaf(type, 1 + (is_anonymous(type) ? graph_.item_count(type) : 0));
      break;
    case type_kind::structure:
    case type_kind::union_type:
      sizes_[own] = std::uint64_t{header[2]} + 1;
      // Behind a pointer, a forward declaration is enough.
      if (!is_anonymous(type)) {
        depths_[own * 2 + 1] = 1;
        expansions_[own * 2 + 1] = 1;
      }
      break;
    case type_kind::pointer:
      sizes_[own] = std::uint64_t{graph_.pointer_size_} + 1;
      break;
    case type_kind::array:
    case type_kind::type_definition:
    case type_kind::volatile_qualifier:
    case type_kind::const_qualifier:
    case type_kind::restrict_qualifier:
    case type_kind::type_tag:
    case type_kind::function_prototype:
      break;
    default:
      enter_leaf(type, 1);
  }
}

type_graph_nesting::visit type_graph_nesting::begin_visit(node at) const {
  const auto type = type_of(at);
  const auto* header = graph_.header(type);
  const auto count = btf_item_count(header[1]);
  visit begun;
  begun.at = at;
  begun.children_behind_pointer = at % 2 != 0;
  switch (graph_.kind(type)) {
    case type_kind::pointer:
      begun.children_behind_pointer = true;
      begun.next_child = header + 2;
      break;
    case type_kind::array:
      begun.next_child = header + 3;
      break;
    case type_kind::function_prototype:
      // The return type, then the second word of each parameter.
      begun.next_child = header + 2;
      begun.stride = 2;
      begun.end = begun.next_child + (std::size_t{count} + 1) * begun.stride;
      return begun;
    case type_kind::structure:
    case type_kind::union_type:
      begun.children_behind_pointer = false;
      begun.next_child = header + 4;
      begun.stride = 3;
      begun.end = begun.next_child + std::size_t{count} * begun.stride;
      return begun;
    default:
      begun.next_child = header + 2;
  }
  begun.end = begun.next_child + begun.stride;
  return begun;
}

// Returns the expansion of `void` or of a base's type. The base's own check has walked that type.
std::uint32_t type_graph_nesting::foreign_expansion(type_id type, bool behind_pointer) const {
  if (type == 0 || (behind_pointer && graph_.is_record(type) && !graph_.name(type).empty()))
    return 1;
  return graph_.expansion(type);
}

// Adds up the children of `current`, from its position to the first child that is not visited yet.
// Returns that child.
inline std::optional<type_graph_nesting::node> type_graph_nesting::add_children(
    visit& current) const {
  for (; current.next_child != current.end; current.next_child += current.stride) {
    const auto type = *current.next_child;
    const std::size_t own = type_id{type - graph_.first_own_};
    if (own >= sizes_.size()) {
      current.expansion += foreign_expansion(type, current.children_behind_pointer);
      current.depth = std::max(current.depth, 1U);
      continue;
    }
    const node child = own * 2 + (current.children_behind_pointer ? 1 : 0);
    const std::uint32_t depth = depths_[child];
    if (depth == not_visited)
      return child;
    if (depth == in_progress)
      fail_unsound_type(graph_, type, "it contains itself");
    current.expansion += expansions_[child];
    current.depth = std::max(current.depth, depth);
  }
  return std::nullopt;
}

// Depth-first search from `root`. It has its own stack, so that the input cannot choose the depth
// of recursion.
void type_graph_nesting::walk(node root) {
  const auto enter = [&](node at) {
    if (on_first_visit_ != nullptr && depths_[at] == not_visited &&
        depths_[at ^ 1] == not_visited) {
      on_first_visit_->check_type(type_of(at));
      enter_type(type_of(at));
      if (depths_[at] != not_visited)
        return;
    }
    depths_[at] = in_progress;
    stack_.push_back(begin_visit(at));
  };
  enter(root);
  while (!stack_.empty()) {
    if (const auto unvisited = add_children(stack_.back())) {
      enter(*unvisited);
      continue;
    }
    finish(stack_.back());
    stack_.pop_back();
  }
}

// Finishes a type after all types that it is made of.
void type_graph_nesting::finish(const visit& done) {
  const auto type = type_of(done.at);
  if (done.depth >= type_graph::maximum_depth)
    fail_unsound_type(graph_, type,
                      fmt::format("it is nested more than {} deep", type_graph::maximum_depth));
  auto expansion = done.expansion;
  switch (graph_.kind(type)) {
    case type_kind::structure:
    case type_kind::union_type:
      expansion += check_record(type);
      break;
    case type_kind::array:
      check_array(type);
      break;
    case type_kind::pointer:
    case type_kind::function_prototype:
      break;
    default:
      sizes_[done.at / 2] = value_size(graph_.target(type)) + 1;  // no_values wraps to 0
  }
  depths_[done.at] = static_cast<std::uint16_t>(done.depth + 1);
  expansions_[done.at] = saturate(expansion);
  if (done.at % 2 == 0)
    count_visits(type);
}

// Returns the size in bytes of a value of a finished type, or `no_values`.
inline std::uint64_t type_graph_nesting::value_size(type_id type) const {
  const std::size_t own = type_id{type - graph_.first_own_};
  if (own < sizes_.size())
    return sizes_[own] - 1;  // 0 wraps to no_values
  switch (graph_.kind(graph_.skip_wrappers(type))) {
    case type_kind::integer:
    case type_kind::pointer:
    case type_kind::array:
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::enumeration:
    case type_kind::enumeration64:
    case type_kind::floating_point:
      return graph_.size_of(type);
    default:
      return no_values;
  }
}

void type_graph_nesting::fail_valueless(type_id type, type_id of, const char* what) const {
  fail_unsound_type(graph_, type,
                    fmt::format("its {} are of {}, which has no values", what,
                                graph_.describe(graph_.skip_wrappers(of))));
}

void type_graph_nesting::check_array(type_id type) {
  const auto shape = graph_.array(type);
  const auto element = value_size(shape.element);
  if (element == no_values)
    fail_valueless(type, shape.element, "elements");
  // The sizes in the definition of a map are pointers to arrays: __uint(max_entries, 0xffffffff).
  // Such an array has no memory, so it may be of any size. No record has room for 4 GiB, so no
  // larger size needs to be told apart. The product cannot overflow.
  const auto size = std::min(element * shape.count, four_gibibytes);
  sizes_[type - graph_.first_own_] = size + 1;
}

// Returns how many lines libbpf writes for the gaps between the record's members.
std::uint64_t type_graph_nesting::check_record(type_id type) const {
  const auto size_in_bits = (sizes_[type - graph_.first_own_] - 1) * 8;
  const auto* words = graph_.items(type);
  const auto* words_end = words + std::size_t{graph_.item_count(type)} * 3;
  const bool has_bitfields = graph_.kind_flag(type);
  std::uint64_t end = 0;
  std::uint64_t gaps = 0;
  for (; words != words_end; words += 3) {
    const std::uint32_t bit_offset = has_bitfields ? words[2] & 0xffffff : words[2];
    const std::uint32_t bitfield_size = has_bitfields ? words[2] >> 24 : 0;
    const auto bytes = value_size(words[1]);
    if (bytes == no_values)
      fail_valueless(type, words[1], "members");
    if (bitfield_size > bytes * 8)
      fail_unsound_type(graph_, type,
                        fmt::format("bitfield '{}' is wider than its type", graph_.text(words[0])));
    if (bit_offset > end)
      gaps += bit_offset - end;
    end = bit_offset + (bitfield_size != 0 ? bitfield_size : bytes * 8);
    if (end > size_in_bits)
      fail_unsound_type(graph_, type,
                        fmt::format("member '{}' goes beyond the end", graph_.text(words[0])));
  }
  return (gaps + (size_in_bits - end)) / 64;
}

}  // namespace ebpfkit::host
