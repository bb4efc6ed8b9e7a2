// Pinned maps whose types changed between two versions of an application, on the running kernel.
#include "ebpfkit/pin_changes.hpp"

#include <errno.h>
#include <gmock/gmock.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ebpfkit/dynamic_object.hpp"
#include "ebpfkit/loaded_objects.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/per_cpu_map.hpp"
#include "own_bpf_file_system.hpp"
#include "runtime_support.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::dynamic_object;
using ebpfkit::pin_change;
using ebpfkit::pin_options;
using ebpfkit::pin_outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using kind = pin_outcome::kind;

struct old_counter {
  std::uint32_t packets;
  std::int16_t offset;
  char name[4];
  std::uint32_t wide;
};

struct new_counter {
  std::uint64_t bytes;
  std::uint64_t packets;
  std::int32_t offset;
  char name[6];
  std::uint16_t wide;
};

constexpr const char* old_value = R"(
struct counter { __u32 packets; __s16 offset; char name[4]; __u32 wide; };)";
constexpr const char* new_value = R"(
struct counter { __u64 bytes; __u64 packets; __s32 offset; char name[6]; __u16 wide; };)";

// A map with the type, the key and the number of entries that a test chooses.
std::string map_of(int type, const char* key, int entries) {
  return "struct { __uint(type, " + std::to_string(type) + "); __uint(max_entries, " +
         std::to_string(entries) + "); __type(key, " + key +
         "); __type(value, struct counter); } counts SEC(\".maps\");\n";
}
constexpr int hash_type = 1;
constexpr int array_type = 2;
constexpr int per_cpu_hash_type = 5;

// One version of the application.
class application_version {
 public:
  explicit application_version(const std::string& source) : image_(compile(source)) {
    auto opened = dynamic_object::open_bytes(image_.data(), image_.size(), "version");
    EXPECT_TRUE(opened) << opened.error().message();
    object_ = std::make_unique<dynamic_object>(*std::move(opened));
  }
  dynamic_object& operator*() const { return *object_; }

  ebpfkit::result<pin_outcome> take(const std::string& path,
                                    const pin_options& options = {}) const {
    return ebpfkit::reuse_or_pin(*object_, object_->find_map("counts").value(), path, options);
  }
  void load() const {
    const auto loaded = object_->load();
    ASSERT_TRUE(loaded) << loaded.error().message();
  }
  template <class Map>
  Map counts() const {
    return object_->find_map<Map>("counts").value();
  }

 private:
  bytes image_;
  std::unique_ptr<dynamic_object> object_;
};

using old_map = ebpfkit::map<std::uint32_t, old_counter>;
using new_map = ebpfkit::map<std::uint32_t, new_counter>;

class runtime_pin_changes : public kernel_test {
 protected:
  void SetUp() override {
    kernel_test::SetUp();
    if (IsSkipped() || HasFatalFailure())
      return;
    files_ = std::make_unique<own_bpf_file_system>();
    if (!files_->is_mounted())
      GTEST_SKIP() << "cannot mount a BPF file system";
    path_ = files_->path("counts");
  }

  // Pins a hash with three entries of the old type, as an earlier run would.
  void pin_old() const {
    const application_version old(old_value + map_of(hash_type, "__u32", 8));
    const auto made = old.take(path_);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(made->what, kind::made_new);
    old.load();
    auto counts = old.counts<old_map>();
    for (std::uint32_t key = 1; key <= 3; ++key)
      ASSERT_TRUE(counts.update(
          key, {key * 10, static_cast<std::int16_t>(-static_cast<int>(key)), {'a', 'b'}, 70000}));
  }
  std::uint32_t pinned_id() const { return ebpfkit::map_info::of_pin(path_).value().id; }

  std::unique_ptr<own_bpf_file_system> files_;
  std::string path_;
};

TEST_F(runtime_pin_changes, equal_types_are_reused) {
  pin_old();
  const application_version again(old_value + map_of(hash_type, "__u32", 8));
  const auto taken = again.take(path_, {pin_change::start_anew});
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(taken->what, kind::reused);
  EXPECT_EQ(taken->difference, "");
  again.load();
  EXPECT_EQ(again.counts<old_map>().find(2U).value().value().packets, 20U);
}

// These types have the size of the old one.
TEST_F(runtime_pin_changes, differences_of_types_are_named) {
  pin_old();
  const std::pair<const char*, const char*> cases[] = {
      {"struct counter { __s32 packets; __s16 offset; char name[4]; __u32 wide; };",
       "the member 'packets' of the value has the type 'unsigned int', in the program 'int'"},
      {"struct counter { __u32 frames; __s16 offset; char name[4]; __u32 wide; };",
       "the value has the member 'packets', where the program has 'frames'"},
      {"struct counter { __u32 packets; __s16 offset; char name[2]; char more[2]; __u32 wide; };",
       "the member 'name' of the value has the type 'char'[4], in the program 'char'[2]"},
      {"struct counter { __u32 packets; __s16 offset; char name[4]; __u16 wide; __u16 high; };",
       "the member 'wide' of the value has the type 'unsigned int', in the program "
       "'unsigned short'"},
      {"struct inner { __u32 x; }; "
       "struct counter { struct inner packets; __s16 offset; char name[4]; __u32 wide; };",
       "the member 'packets' of the value has the type 'unsigned int', in the program 'inner'"},
  };
  for (const auto& [source, difference] : cases) {
    const application_version changed(source + map_of(hash_type, "__u32", 8));
    const auto refused = changed.take(path_);
    ASSERT_FALSE(refused) << difference;
    EXPECT_EQ(refused.error().code, EINVAL);
    EXPECT_EQ(refused.error().object, "map 'counts'");
    EXPECT_THAT(refused.error().remedy, HasSubstr(difference));
    EXPECT_THAT(refused.error().remedy, HasSubstr(path_));
  }
  const application_version other_size(new_value + map_of(hash_type, "__u32", 8));
  EXPECT_THAT(other_size.take(path_).error().remedy, HasSubstr("value_size 16"));
}

TEST_F(runtime_pin_changes, starting_anew) {
  pin_old();
  const auto before = pinned_id();
  const application_version changed(new_value + map_of(hash_type, "__u32", 8));
  const auto taken = changed.take(path_, {pin_change::start_anew});
  ASSERT_TRUE(taken) << taken.error().message();
  EXPECT_EQ(taken->what, kind::started_anew);
  changed.load();
  EXPECT_NE(pinned_id(), before);
  EXPECT_TRUE(changed.counts<new_map>().entries().value().empty());
}

TEST_F(runtime_pin_changes, entries_are_carried_over_member_by_member) {
  pin_old();
  const auto before = pinned_id();
  const auto source = new_value + map_of(hash_type, "__u32", 100);
  {
    const application_version changed(source);
    pin_options options{pin_change::carry_over};
    options.convert = [](const void* key, const void* from, void* to) {
      std::uint32_t number = 0;
      std::memcpy(&number, key, sizeof(number));
      old_counter old{};
      std::memcpy(&old, from, sizeof(old));
      const std::uint64_t all = old.packets * 1000ULL + number;
      std::memcpy(to, &all, sizeof(all));  // bytes
    };
    const auto taken = changed.take(path_, options);
    ASSERT_TRUE(taken) << taken.error().message();
    EXPECT_EQ(taken->what, kind::carried_over);
    EXPECT_EQ(taken->entries, 3U);
    EXPECT_THAT(taken->difference, HasSubstr("value_size"));
    // A number does not go into a smaller one.
    EXPECT_THAT(taken->not_copied, ElementsAre("bytes", "wide"));
    changed.load();
    const auto found = changed.counts<new_map>().find(2U).value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->bytes, 20002U);
    EXPECT_EQ(found->packets, 20U);
    EXPECT_EQ(found->offset, -2);
    EXPECT_STREQ(found->name, "ab");
    EXPECT_EQ(found->wide, 0U);
  }
  EXPECT_NE(pinned_id(), before);
  const application_version next(source);
  EXPECT_EQ(next.take(path_).value().what, kind::reused);
  next.load();
  EXPECT_EQ(next.counts<new_map>().entries().value().size(), 3U);
}

TEST_F(runtime_pin_changes, arrays_and_values_of_each_cpu) {
  for (const int type : {array_type, per_cpu_hash_type}) {
    const auto path = files_->path("of_type_" + std::to_string(type));
    const application_version old(old_value + map_of(type, "__u32", 4));
    ASSERT_TRUE(old.take(path));
    old.load();
    const old_counter written{7, -7, {'x'}, 1};
    if (type == array_type) {
      auto counts = old.counts<old_map>();
      ASSERT_TRUE(counts.update(3U, written));
    } else {
      auto counts = old.counts<ebpfkit::per_cpu_map<std::uint32_t, old_counter>>();
      const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
      std::vector<old_counter> values(cpus, written);
      values.back().packets = 9;
      ASSERT_TRUE(counts.update(3U, values));
    }
    const application_version changed(new_value + map_of(type, "__u32", 4));
    const auto taken = changed.take(path, {pin_change::carry_over});
    ASSERT_TRUE(taken) << taken.error().message();
    EXPECT_EQ(taken->entries, type == array_type ? 4U : 1U);
    changed.load();
    if (type == array_type) {
      EXPECT_EQ(changed.counts<new_map>().find(3U).value().value().offset, -7);
    } else {
      const auto values = changed.counts<ebpfkit::per_cpu_map<std::uint32_t, new_counter>>()
                              .find(3U)
                              .value()
                              .value();
      EXPECT_EQ(values.back().packets, 9U);
      EXPECT_EQ(values.back().offset, -7);
    }
  }
}

TEST_F(runtime_pin_changes, what_cannot_be_carried_over_leaves_the_pin) {
  pin_old();
  const auto before = pinned_id();
  const auto expect_error = [&](const std::string& source, int code, const char* remedy) {
    const application_version changed(source);
    const auto refused = changed.take(path_, {pin_change::carry_over});
    ASSERT_FALSE(refused) << remedy;
    EXPECT_EQ(refused.error().code, code);
    EXPECT_EQ(refused.error().operation, "carry over");
    EXPECT_THAT(refused.error().remedy, HasSubstr(remedy));
    EXPECT_EQ(pinned_id(), before);
  };
  expect_error(new_value + map_of(hash_type, "__u64", 8), EINVAL, "keys have 4 bytes");
  expect_error(new_value + map_of(hash_type, "__s32", 8), EINVAL, "The keys differ: the key has");
  expect_error(new_value + map_of(per_cpu_hash_type, "__u32", 8), EINVAL,
               "do not fit one of type 5");
  expect_error(new_value + map_of(hash_type, "__u32", 2), E2BIG, "has room for 2 entries");
}

TEST_F(runtime_pin_changes, values_without_types) {
  {
    const application_version old(R"(
struct { __uint(type, 1); __uint(max_entries, 8); __uint(key_size, 4); __uint(value_size, 8); }
counts SEC(".maps");)");
    ASSERT_TRUE(old.take(path_));
    old.load();
    auto counts = old.counts<ebpfkit::map<std::uint32_t, std::uint64_t>>();
    ASSERT_TRUE(counts.update(1U, std::uint64_t{5}));
  }
  const application_version changed(new_value + map_of(hash_type, "__u32", 8));
  const auto refused = changed.take(path_, {pin_change::carry_over});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EOPNOTSUPP);
  EXPECT_THAT(refused.error().remedy, HasSubstr("pin_options::convert"));
  pin_options options{pin_change::carry_over};
  options.convert = [](const void*, const void* from, void* to) {
    std::memcpy(static_cast<char*>(to) + offsetof(new_counter, packets), from, 8);
  };
  const auto taken = changed.take(path_, options);
  ASSERT_TRUE(taken) << taken.error().message();
  changed.load();
  EXPECT_EQ(changed.counts<new_map>().find(1U).value().value().packets, 5U);
}

}  // namespace
