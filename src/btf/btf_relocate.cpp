#include "btf/btf_relocate.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "btf/btf_blob.hpp"
#include "btf/btf_format.hpp"
#include "support/failure.hpp"

namespace ebpfkit::host {

namespace {

[[noreturn]] void fail_damaged(std::string_view problem) {
  throw failure(fmt::format("the module's BTF is damaged: {}", problem), "Build the module again.");
}

bool are_alike(const type_graph& distilled, type_id wanted, const type_graph& kernel,
               type_id type) {
  const auto kind = distilled.kind(wanted);
  const auto candidate = kernel.kind(type);
  if (kind == type_kind::forward) {
    const auto record =
        distilled.is_forward_union(wanted) ? type_kind::union_type : type_kind::structure;
    return candidate == record || candidate == type_kind::forward;
  }
  if (distilled.is_enumeration(wanted) ? !kernel.is_enumeration(type) : kind != candidate)
    return false;
  if (kind == type_kind::integer) {
    const auto one = distilled.integer(wanted);
    const auto other = kernel.integer(type);
    if (one.is_signed != other.is_signed || one.bits != other.bits)
      return false;
  }
  return distilled.size_of(wanted) == kernel.size_of(type);
}

type_id find_counterpart(const type_graph& distilled, type_id wanted, const type_graph& kernel) {
  switch (distilled.kind(wanted)) {
    case type_kind::integer:
    case type_kind::floating_point:
    case type_kind::structure:
    case type_kind::union_type:
    case type_kind::enumeration:
    case type_kind::enumeration64:
    case type_kind::forward:
      break;
    default:
      fail_damaged(fmt::format(".BTF.base has the {}", distilled.describe(wanted)));
  }
  const bool may_have_several = !distilled.is_record(wanted) && !distilled.is_enumeration(wanted);
  type_id found = 0;
  for (const auto type : kernel.find(distilled.name(wanted))) {
    if (!are_alike(distilled, wanted, kernel, type))
      continue;
    if (found != 0 && !may_have_several)
      throw failure(fmt::format("several types of the base BTF match {} of {} bytes",
                                distilled.describe(wanted), distilled.size_of(wanted)),
                    "Leave the base out: the module's own .BTF.base then stands for it.");
    if (found == 0)
      found = type;
  }
  if (found == 0)
    throw failure(fmt::format("the base BTF has no {} of {} bytes, which the module needs",
                              distilled.describe(wanted), distilled.size_of(wanted)),
                  "Name the BTF of the kernel that the module is for.");
  return found;
}

class relocator {
 public:
  relocator(const btf_parts& parts, const relocation_base& distilled, const relocation_base& kernel)
      : order_(parts.order),
        distilled_(distilled),
        kernel_(kernel),
        types_(parts.types.begin(), parts.types.end()),
        text_(parts.text.begin(), parts.text.end()) {
    for (type_id type = 1; type < distilled.graph.type_count(); ++type)
      counterparts_.push_back(find_counterpart(distilled.graph, type, kernel.graph));
  }

  void run() {
    for (std::size_t position = 0; position < types_.size();) {
      if (types_.size() - position < btf_type_head_size)
        fail_damaged("a type is cut off");
      const auto info = load_btf_word(types_, position + btf_word_size, order_);
      const auto item_words = btf_item_words(info);
      if (!item_words)
        fail_damaged(fmt::format("a type has the unknown kind {}", btf_kind_number(info)));
      const auto items = position + btf_type_head_size;
      const auto items_size = std::size_t{*item_words} * btf_word_size;
      if (types_.size() - items < items_size)
        fail_damaged("a type is cut off");
      rewrite(info, position, items, items_size);
      position = items + items_size;
    }
  }

  std::vector<std::uint8_t> result() const {
    std::vector<std::uint8_t> bytes;
    append_btf_header(bytes, order_, static_cast<std::uint32_t>(types_.size()),
                      static_cast<std::uint32_t>(text_.size()));
    bytes.insert(bytes.end(), types_.begin(), types_.end());
    bytes.insert(bytes.end(), text_.begin(), text_.end());
    return bytes;
  }

 private:
  void rewrite(std::uint32_t info, std::size_t head, std::size_t items, std::size_t items_size) {
    rewrite_name(head);
    const auto stride = btf_words_per_item(info) * btf_word_size;
    const auto for_each_item = [&](auto&& change) {
      for (std::size_t item = items; item < items + items_size; item += stride)
        change(item);
    };
    switch (static_cast<type_kind>(btf_kind_number(info))) {
      case type_kind::structure:
      case type_kind::union_type:
        return for_each_item([this](std::size_t item) {
          rewrite_name(item);
          rewrite_type(item + btf_word_size);
        });
      case type_kind::enumeration:
      case type_kind::enumeration64:
        return for_each_item([this](std::size_t item) { rewrite_name(item); });
      case type_kind::data_section:
        return for_each_item([this](std::size_t item) { rewrite_type(item); });
      case type_kind::array:
        rewrite_type(items);
        return rewrite_type(items + btf_word_size);
      case type_kind::integer:
      case type_kind::floating_point:
      case type_kind::forward:
        return;
      case type_kind::function_prototype:
        for_each_item([this](std::size_t item) {
          rewrite_name(item);
          rewrite_type(item + btf_word_size);
        });
        break;
      default:
        break;
    }
    rewrite_type(head + 2 * btf_word_size);
  }

  void store(std::size_t position, std::uint64_t value, std::string_view what) {
    if (value > std::numeric_limits<std::uint32_t>::max())
      fail_damaged(what);
    store_btf_word(types_, position, order_, static_cast<std::uint32_t>(value));
  }

  void rewrite_type(std::size_t position) {
    const type_id type = load_btf_word(types_, position, order_);
    if (type == 0)
      return;
    if (type < distilled_.graph.type_count())
      store(position, counterparts_[type - 1], "a type id");
    else
      store(position,
            std::uint64_t{type} - distilled_.graph.type_count() + kernel_.graph.type_count(),
            "a type id is out of range");
  }

  void rewrite_name(std::size_t position) {
    const std::uint64_t offset = load_btf_word(types_, position, order_);
    if (offset == 0)
      return;
    const auto own_offset = offset >= distilled_.text.size()
                                ? offset - distilled_.text.size()
                                : adopt_text(static_cast<std::uint32_t>(offset));
    store(position, own_offset + kernel_.text.size(), "a name is out of range");
  }

  // Copies a string of the distilled base, once, to the module's own text. Returns its offset
  // there.
  std::uint64_t adopt_text(std::uint32_t offset) {
    const auto [entry, is_new] = adopted_.try_emplace(offset, text_.size());
    if (is_new) {
      const std::string_view text = distilled_text(offset);
      text_.insert(text_.end(), text.begin(), text.end());
      text_.push_back(0);
    }
    return entry->second;
  }

  std::string_view distilled_text(std::uint32_t offset) const {
    const auto rest = distilled_.text.substr(offset);
    return rest.substr(0, rest.find('\0'));
  }

  std::endian order_;
  relocation_base distilled_;
  relocation_base kernel_;
  std::vector<std::uint8_t> types_;
  std::vector<std::uint8_t> text_;
  std::vector<type_id> counterparts_;  // of each type of the distilled base, from id 1 on
  std::map<std::uint32_t, std::uint64_t> adopted_;
};

}  // namespace

std::vector<std::uint8_t> relocate_btf(std::span<const std::uint8_t> bytes,
                                       const relocation_base& distilled,
                                       const relocation_base& kernel) {
  std::string problem;
  const auto parts = btf_blob_parts(bytes, &problem);
  if (!parts)
    fail_damaged(problem);
  relocator work(*parts, distilled, kernel);
  work.run();
  return work.result();
}

}  // namespace ebpfkit::host
