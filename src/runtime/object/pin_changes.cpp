#include "ebpfkit/pin_changes.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../errors/log_capture.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../maps/map_difference.hpp"
#include "../system/descriptor_target.hpp"
#include "../system/kernel_btf.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "value_types.hpp"

namespace ebpfkit {
namespace {

using detail::formatted;
using detail::unique_fd;
using detail::value_type;

// Kinds of maps whose entries can be carried over.
enum class carried : unsigned char { no, one_value, value_per_cpu };

carried kind_of_entries(std::uint32_t type) {
  switch (type) {
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_LPM_TRIE:
      return carried::one_value;
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
      return carried::value_per_cpu;
    default:
      return carried::no;
  }
}

// One map that is pinned, and the declaration that shall take its place.
class pinned_change {
 public:
  pinned_change(bpf_object* object, bpf_map* map, const std::string& path, int pinned)
      : object_(object), map_(map), path_(path), pinned_(pinned) {}

  // Reads what is pinned. Returns 0 or an errno.
  int look() {
    char buffer[64];
    const auto target = detail::descriptor_target(pinned_, buffer);
    std::uint32_t size = sizeof(info_);
    if (!target.empty() && target != "anon_inode:bpf-map")
      return EINVAL;
    if (bpf_obj_get_info_by_fd(pinned_, &info_, &size) != 0)
      return errno;
    if (info_.btf_id != 0)
      types_.reset(btf__load_from_kernel_by_id(info_.btf_id));
    return 0;
  }

  std::string difference() const {
    if (auto found = detail::map_difference(info_, map_); !found.empty())
      return found;
    if (auto found = detail::type_difference(old_key(), new_key(), "key"); !found.empty())
      return found;
    return detail::type_difference(old_value(), new_value(), "value");
  }

  result<void> carry_over(const pin_options& options, pin_outcome& outcome);

 private:
  value_type old_key() const { return {types_.get(), info_.btf_key_type_id}; }
  value_type old_value() const { return {types_.get(), info_.btf_value_type_id}; }
  value_type new_key() const { return {declared_types(), bpf_map__btf_key_type_id(map_)}; }
  value_type new_value() const { return {declared_types(), bpf_map__btf_value_type_id(map_)}; }
  const btf* declared_types() const { return bpf_object__btf(object_); }

  ebpfkit::error failed(int code, std::string remedy = {}, std::string log = {}) const {
    return detail::failed_to("carry over", "map", bpf_map__name(map_), code, std::move(remedy),
                             std::move(log));
  }

  // Why the entries cannot be carried over; 0 and no text when they can.
  int obstacle(const pin_options& options, std::string& remedy) const;
  unique_fd make_map() const;
  result<void> copy_entries(int made, const pin_options& options, pin_outcome& outcome) const;
  result<void> take_place(int made) const;

  bpf_object* object_;
  bpf_map* map_;
  const std::string& path_;
  int pinned_;
  bpf_map_info info_{};
  detail::unique_btf types_;
};

int pinned_change::obstacle(const pin_options& options, std::string& remedy) const {
  const auto old_kind = kind_of_entries(info_.type);
  if (old_kind == carried::no || old_kind != kind_of_entries(bpf_map__type(map_))) {
    remedy = formatted("The entries of a map of type %u do not fit one of type %u.", info_.type,
                       static_cast<unsigned>(bpf_map__type(map_)));
    return EINVAL;
  }
  remedy = detail::type_difference(old_key(), new_key(), "key");
  if (info_.key_size != bpf_map__key_size(map_))
    remedy = formatted("its keys have %u bytes, those of the program's map %u", info_.key_size,
                       bpf_map__key_size(map_));
  if (!remedy.empty()) {
    remedy = formatted("The keys differ: %s.", remedy.c_str());
    return EINVAL;
  }
  const bool is_known = old_value().types && old_value().id != 0 && new_value().id != 0;
  if (!is_known && !options.convert && info_.value_size != bpf_map__value_size(map_)) {
    remedy =
        "The types of the values are unknown: one of the maps has no BTF, or the process lacks "
        "CAP_SYS_ADMIN to read it. Give pin_options::convert.";
    return EOPNOTSUPP;
  }
  return 0;
}

// Makes what load() would make. Gives it types of its own, because libbpf loads those of the
// object only once.
unique_fd pinned_change::make_map() const {
  detail::unique_btf types;
  std::uint32_t size = 0;
  const void* bytes = declared_types() ? btf__raw_data(declared_types(), &size) : nullptr;
  if (bytes)
    types.reset(btf__new(bytes, size));
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = bpf_map__map_flags(map_);
  options.map_extra = bpf_map__map_extra(map_);
  options.numa_node = bpf_map__numa_node(map_);
  options.map_ifindex = bpf_map__ifindex(map_);
  // A kernel may refuse newer kinds of types. The map then has none.
  if (types && btf__load_into_kernel(types.get()) == 0) {
    options.btf_fd = static_cast<std::uint32_t>(btf__fd(types.get()));
    options.btf_key_type_id = bpf_map__btf_key_type_id(map_);
    options.btf_value_type_id = bpf_map__btf_value_type_id(map_);
  }
  char name[BPF_OBJ_NAME_LEN] = {};
  strncpy(name, bpf_map__name(map_), sizeof(name) - 1);
  return unique_fd(bpf_map_create(bpf_map__type(map_), name, bpf_map__key_size(map_),
                                  bpf_map__value_size(map_), bpf_map__max_entries(map_), &options));
}

result<void> pinned_change::copy_entries(int made, const pin_options& options,
                                         pin_outcome& outcome) const {
  const std::size_t old_size = info_.value_size;
  const std::size_t new_size = bpf_map__value_size(map_);
  const bool is_per_cpu = kind_of_entries(info_.type) == carried::value_per_cpu;
  const int cpus = is_per_cpu ? libbpf_num_possible_cpus() : 1;
  if (cpus < 1)
    return failed(-cpus);
  // The kernel rounds the size of each value of a per-CPU map up to 8 bytes.
  const auto stride = [is_per_cpu](std::size_t size) {
    return is_per_cpu ? (size + 7) / 8 * 8 : size;
  };
  const auto values = static_cast<std::size_t>(cpus);
  const bool is_known = old_value().types && old_value().id != 0 && new_value().id != 0;
  std::vector<unsigned char> key(info_.key_size);
  std::vector<unsigned char> before(stride(old_size) * values);
  bool is_first = true;
  const std::uint64_t limit = 1024 + 4ULL * info_.max_entries;
  for (std::uint64_t seen = 0; seen <= limit; ++seen) {
    if (bpf_map_get_next_key(pinned_, is_first ? nullptr : key.data(), key.data()) != 0)
      return errno == ENOENT ? result<void>() : failed(errno);
    is_first = false;
    if (bpf_map_lookup_elem(pinned_, key.data(), before.data()) != 0) {
      if (errno == ENOENT)  // it went since
        continue;
      return failed(errno);
    }
    std::vector<unsigned char> after(stride(new_size) * values);
    for (std::size_t cpu = 0; cpu < values; ++cpu) {
      const auto* from = before.data() + cpu * stride(old_size);
      auto* to = after.data() + cpu * stride(new_size);
      if (is_known)
        detail::copy_common(old_value(), from, old_size, new_value(), to, new_size,
                            outcome.not_copied);
      else if (old_size == new_size)
        memcpy(to, from, new_size);
      if (options.convert)
        options.convert(key.data(), from, to);
    }
    if (bpf_map_update_elem(made, key.data(), after.data(), 0) != 0) {
      const int code = errno;
      return failed(code, code == E2BIG ? formatted("The new map has room for %u entries, the "
                                                    "pinned one has more.",
                                                    bpf_map__max_entries(map_))
                                        : std::string());
    }
    ++outcome.entries;
  }
  return failed(EAGAIN, "The pinned map changes too fast to be read.");
}

// rename(2) replaces the pin in one step.
result<void> pinned_change::take_place(int made) const {
  detail::log_capture log;
  const auto temporary = path_ + "_ebpfkit_new";
  unlink(temporary.c_str());  // a killed process may have left it
  if (bpf_obj_pin(made, temporary.c_str()) != 0)
    return failed(errno);
  if (const int code = bpf_map__reuse_fd(map_, made)) {
    unlink(temporary.c_str());
    return failed(code, {}, log.take());
  }
  bpf_map__set_pin_path(map_, nullptr);
  if (rename(temporary.c_str(), path_.c_str()) == 0)
    return {};
  const int code = errno;
  unlink(temporary.c_str());
  return failed(code);
}

result<void> pinned_change::carry_over(const pin_options& options, pin_outcome& outcome) {
  std::string remedy;
  if (const int code = obstacle(options, remedy); code != 0)
    return failed(code, std::move(remedy));
  detail::log_capture log;
  const auto made = make_map();
  if (!made)
    return failed(made.code(), {}, log.take());
  if (auto copied = copy_entries(made.get(), options, outcome); !copied)
    return copied;
  return take_place(made.get());
}

// Without a pin, or with one that fits.
result<pin_outcome> as_before(untyped_map map, const std::string& path, pin_outcome outcome) {
  const auto reused = map.reuse_or_pin(path);
  if (!reused)
    return reused.error();
  if (*reused)
    outcome.what = pin_outcome::kind::reused;
  return outcome;
}

}  // namespace

result<pin_outcome> reuse_or_pin(const object_view& object, const untyped_map& map,
                                 const std::string& path, const pin_options& options) {
  pin_outcome outcome;
  const unique_fd pinned(bpf_obj_get(path.c_str()));
  if (!pinned || map.fd() >= 0)
    return as_before(map, path, outcome);  // gives the errors, too
  pinned_change change(object.get(), map.get(), path, pinned.get());
  if (change.look() != 0)
    return as_before(map, path, outcome);
  outcome.difference = change.difference();
  if (outcome.difference.empty())
    return as_before(map, path, outcome);
  switch (options.on_change) {
    case pin_change::start_anew:
      if (unlink(path.c_str()) != 0)
        return detail::failed_to("unpin", "map", map.name(), errno);
      outcome.what = pin_outcome::kind::started_anew;
      return as_before(map, path, std::move(outcome));
    case pin_change::carry_over:
      if (const auto carried_over = change.carry_over(options, outcome); !carried_over)
        return carried_over.error();
      outcome.what = pin_outcome::kind::carried_over;
      return outcome;
    case pin_change::refuse:
      break;
  }
  return detail::failed_to(
      "reuse", "map", map.name(), EINVAL,
      formatted("The map pinned at '%s' differs: %s. Choose pin_change::carry_over or start_anew, "
                "or remove the pin.",
                path.c_str(), outcome.difference.c_str()));
}

}  // namespace ebpfkit
