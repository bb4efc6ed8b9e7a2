#include "relocation_variant.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "relocation/raw_btf_writer.hpp"

namespace ebpfkit::host::test {

namespace {

struct field {
  std::string name;
  type_id type = 0;
  std::uint32_t bit_offset = 0;
  std::uint32_t bitfield_size = 0;
};

struct layout {
  std::vector<field> fields;
  std::uint32_t size = 0;
};

// A bitfield's offset has 24 bits; stay far below.
constexpr std::uint32_t largest_moved_record = 1 << 16;

// SplitMix64. Each type and step starts a new generator, and std::mt19937 starts too slowly for
// that.
struct quick_random {
  std::uint64_t state;
  std::uint64_t operator()() {
    auto bits = state += 0x9e3779b97f4a7c15U;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebU;
    return bits ^ bits >> 31;
  }
};

class variant_maker {
 public:
  // With steps, only layouts change.
  variant_maker(const type_graph& kernel, unsigned seed, std::span<const layout_step> steps = {})
      : kernel_(kernel),
        steps_(steps),
        random_(seed),
        layouts_(kernel.type_count()),
        counts_(kernel.type_count()),
        next_extra_(kernel.type_count()),
        writer_(kernel.byte_order()) {
    for (type_id type = 1; type < kernel.type_count(); ++type) {
      if (kernel.kind(type) == type_kind::integer || kernel.kind(type) == type_kind::pointer ||
          kernel.kind(type) == type_kind::enumeration)
        scalars_.push_back(type);
    }
  }

  std::vector<std::uint8_t> run() {
    for (type_id type = 1; type < kernel_.type_count(); ++type)
      write(type);
    for (std::size_t i = 0; i < extras_.size(); ++i)
      write_record(extras_[i].kind, extras_[i].name, extras_[i].content);
    return writer_.finish();
  }

 private:
  struct extra {
    type_kind kind;
    std::string name;
    layout content;
  };

  bool chance(unsigned per_mille) { return steps_.empty() && random_() % 1000 < per_mille; }

  std::uint32_t count_of(type_id array) {
    auto& count = counts_[array];
    if (!count) {
      count = kernel_.array(array).count;
      if (*count < 1000 && chance(40)) {
        const std::uint32_t choices[] = {0, 1, *count + 1, *count * 2, *count / 2};
        count = choices[random_() % 5];
      }
    }
    return *count;
  }

  std::uint64_t size_of(type_id type) {
    type = kernel_.skip_wrappers(type);
    if (kernel_.kind(type) == type_kind::array)
      return count_of(type) * size_of(kernel_.array(type).element);
    return kernel_.is_record(type) ? layout_of(type).size : kernel_.size_of(type);
  }

  const layout& layout_of(type_id record) {
    if (!layouts_[record])
      layouts_[record] = steps_.empty() ? make_layout(record) : make_stepped_layout(record);
    return *layouts_[record];
  }

  type_id type_for(const record_member& member) {
    const auto plain = kernel_.skip_wrappers(member.type);
    if (member.bitfield_size == 0 && kernel_.kind(plain) == type_kind::integer && chance(40))
      return scalars_[random_() % scalars_.size()];
    return member.type;
  }

  layout make_layout(type_id record) {
    layout result;
    std::uint32_t moved = 0;
    std::uint64_t end = 0;
    const bool may_move = kernel_.kind(record) == type_kind::structure &&
                          kernel_.size_of(record) < largest_moved_record;
    for (const auto& member : kernel_.members(record)) {
      if (may_move && moved < largest_moved_record && chance(30))
        moved += 8U << random_() % 4;
      field copy{std::string(member.name), type_for(member), member.bit_offset + moved,
                 member.bitfield_size};
      if (!copy.name.empty() && chance(20))
        copy.name += "_renamed";
      const auto bits = member.bitfield_size != 0 ? member.bitfield_size : size_of(copy.type) * 8;
      const auto old_bits = kernel_.size_of(member.type) * 8;
      if (member.bitfield_size == 0 && bits > old_bits && may_move)
        moved += static_cast<std::uint32_t>(bits - old_bits);
      end = std::max(end, copy.bit_offset + bits);
      result.fields.push_back(std::move(copy));
    }
    end = std::max<std::uint64_t>((end + 7) / 8, kernel_.size_of(record) + moved / 8);
    result.size = static_cast<std::uint32_t>((end + 7) / 8 * 8);
    if (chance(50))
      std::shuffle(result.fields.begin(), result.fields.end(), random_);
    else if (chance(50))
      wrap_some(result);
    return result;
  }

  layout make_stepped_layout(type_id record) {
    layout result;
    for (const auto& member : kernel_.members(record))
      result.fields.push_back(
          {std::string(member.name), member.type, member.bit_offset, member.bitfield_size});
    std::vector<std::uint32_t> paddings(result.fields.size());
    if (kernel_.kind(record) == type_kind::structure && !result.fields.empty()) {
      for (const auto& step : steps_) {
        quick_random random{std::uint64_t{step.seed} << 32 | record};
        if (random() % 1000 >= step.per_mille)
          continue;
        if (const auto first = random() % result.fields.size(); random() % 2 == 0)
          swap_with_next(result.fields, first);
        else
          paddings[first] += 64U << random() % 3;
      }
    }
    return move_members(record, std::move(result), paddings);
  }

  void swap_with_next(std::vector<field>& fields, std::size_t first) const {
    if (first + 1 == fields.size())
      return;
    auto& left = fields[first];
    auto& right = fields[first + 1];
    if (left.bitfield_size != 0 || right.bitfield_size != 0 || left.name.empty() ||
        right.name.empty() || kernel_.size_of(left.type) != kernel_.size_of(right.type) ||
        kernel_.size_of(left.type) == 0)
      return;
    std::swap(left.name, right.name);
    std::swap(left.type, right.type);
  }

  // Moves each member by the padding in front of it and by the growth of the members before it.
  layout move_members(type_id record, layout result, const std::vector<std::uint32_t>& paddings) {
    const bool is_union = kernel_.kind(record) == type_kind::union_type;
    std::uint64_t moved = 0;
    std::uint64_t most_grown = 0;
    for (std::size_t i = 0; i < result.fields.size(); ++i) {
      auto& part = result.fields[i];
      // A run of bitfields stays together.
      if (part.bitfield_size == 0)
        moved += paddings[i];
      part.bit_offset += static_cast<std::uint32_t>(moved);
      const auto grown = (size_of(part.type) - kernel_.size_of(part.type)) * 8;
      if (part.bitfield_size == 0 && !is_union)
        moved += grown;
      most_grown = std::max(most_grown, grown);
    }
    result.size =
        static_cast<std::uint32_t>(kernel_.size_of(record) + (is_union ? most_grown : moved) / 8);
    return result;
  }

  // Puts a run of members into an anonymous struct or union.
  void wrap_some(layout& record) {
    if (record.fields.size() < 2)
      return;
    const auto first = random_() % (record.fields.size() - 1);
    const auto begin = record.fields.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + 2;
    const auto base = std::min(begin[0].bit_offset, begin[1].bit_offset) / 8 * 8;
    extra inner{chance(500) ? type_kind::structure : type_kind::union_type, "", {{begin, end}, 0}};
    std::uint64_t bits = 0;
    for (auto& part : inner.content.fields) {
      part.bit_offset -= base;
      bits = std::max(bits, part.bit_offset + (part.bitfield_size != 0 ? part.bitfield_size
                                                                       : size_of(part.type) * 8));
    }
    inner.content.size = static_cast<std::uint32_t>((bits + 7) / 8);
    record.fields.erase(begin, end);
    record.fields.insert(record.fields.begin() + static_cast<std::ptrdiff_t>(first),
                         {"", next_extra_++, base, 0});
    extras_.push_back(std::move(inner));
  }

  std::string name_for(type_id type) {
    std::string name(kernel_.name(type));
    if (name.empty() || kernel_.kind(type) == type_kind::integer)
      return name;
    if (chance(20))
      return name + "___variant";
    return chance(15) ? name + "_gone" : name;
  }

  void write_record(type_kind kind, const std::string& name, const layout& content) {
    std::vector<std::uint32_t> words;
    const bool has_bitfields = std::ranges::any_of(
        content.fields, [](const field& part) { return part.bitfield_size != 0; });
    for (const auto& part : content.fields) {
      words.push_back(writer_.text(part.name));
      words.push_back(part.type);
      words.push_back(has_bitfields ? part.bitfield_size << 24 | part.bit_offset : part.bit_offset);
    }
    writer_.add({kind, name, content.size, static_cast<std::uint32_t>(content.fields.size()),
                 has_bitfields},
                words);
  }

  void write_enumeration(type_id type) {
    std::vector<enumerator> enumerators;
    for (const auto& value : kernel_.enumerators(type))
      enumerators.push_back(value);
    if (chance(50))
      std::shuffle(enumerators.begin(), enumerators.end(), random_);
    const bool is_wide = kernel_.kind(type) == type_kind::enumeration64 || chance(50);
    std::vector<std::uint32_t> words;
    for (const auto& value : enumerators) {
      const auto new_value = value.value + (chance(50) ? 1000 : 0);
      words.push_back(writer_.text(chance(20)   ? std::string(value.name) + "___variant"
                                   : chance(20) ? std::string(value.name) + "_GONE"
                                                : std::string(value.name)));
      words.push_back(static_cast<std::uint32_t>(new_value));
      if (is_wide)
        words.push_back(static_cast<std::uint32_t>(new_value >> 32));
    }
    writer_.add(
        {is_wide ? type_kind::enumeration64 : type_kind::enumeration, name_for(type),
         static_cast<std::uint32_t>(kernel_.size_of(type)),
         static_cast<std::uint32_t>(enumerators.size()), kernel_.is_signed_enumeration(type)},
        words);
  }

  void write(type_id type) {
    const auto kind = kernel_.kind(type);
    const auto size = static_cast<std::uint32_t>(kernel_.size_of(type));
    switch (kind) {
      case type_kind::structure:
      case type_kind::union_type: {
        const auto name = name_for(type);
        write_record(chance(10) ? type_kind::union_type : kind, name, layout_of(type));
        if (!name.empty() && chance(20)) {
          auto second = layout_of(type);
          if (chance(500) && !second.fields.empty())
            second.fields.erase(second.fields.begin());
          if (chance(200) && !second.fields.empty() && second.size > 8)
            second.fields.front().bit_offset = 0;
          extras_.push_back({kind, name, std::move(second)});
          ++next_extra_;
        }
        break;
      }
      case type_kind::enumeration:
      case type_kind::enumeration64:
        write_enumeration(type);
        break;
      case type_kind::integer: {
        const auto encoding = kernel_.integer(type);
        const auto flags = (encoding.is_signed ? 1U : 0U) | (encoding.is_char ? 2U : 0U) |
                           (encoding.is_bool ? 4U : 0U);
        writer_.add({kind, kernel_.name(type), size}, {flags << 24 | encoding.bits});
        break;
      }
      case type_kind::floating_point:
        writer_.add({kind, kernel_.name(type), size});
        break;
      case type_kind::forward:
        writer_.add({kind, name_for(type), 0, 0, kernel_.is_forward_union(type)});
        break;
      case type_kind::array: {
        const auto shape = kernel_.array(type);
        writer_.add({kind, {}, 0}, {shape.element, shape.index, count_of(type)});
        break;
      }
      case type_kind::function_prototype: {
        std::vector<std::uint32_t> words;
        for (const auto& parameter : kernel_.parameters(type))
          words.insert(words.end(), {writer_.text(parameter.name), parameter.type});
        writer_.add({kind, {}, kernel_.target(type), kernel_.parameters(type).size()}, words);
        break;
      }
      case type_kind::function:
      case type_kind::variable:
      case type_kind::data_section:
      case type_kind::declaration_tag:
        // These types do not matter here, but ids must stay the same.
        writer_.add({type_kind::floating_point, "unused", 8});
        break;
      default:
        writer_.add(
            {kind,
             kind == type_kind::type_definition ? name_for(type) : std::string(kernel_.name(type)),
             kernel_.target(type)});
        break;
    }
  }

  const type_graph& kernel_;
  std::span<const layout_step> steps_;
  std::mt19937 random_;
  std::vector<std::optional<layout>> layouts_;
  std::vector<std::optional<std::uint32_t>> counts_;
  std::vector<type_id> scalars_;
  std::vector<extra> extras_;
  type_id next_extra_;
  raw_btf_writer writer_;
};

}  // namespace

std::vector<std::uint8_t> make_variant(const type_graph& kernel, unsigned seed) {
  return variant_maker(kernel, seed).run();
}

std::vector<std::uint8_t> make_layout_variant(const type_graph& kernel,
                                              std::span<const layout_step> steps) {
  return variant_maker(kernel, 0, steps).run();
}

}  // namespace ebpfkit::host::test
