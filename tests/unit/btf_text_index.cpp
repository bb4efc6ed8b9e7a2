#include "btf/text_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::host {
namespace {

std::vector<std::uint32_t> owners(const text_index& index, std::string_view name) {
  std::vector<std::uint32_t> found;
  index.find(name, found);
  return found;
}

TEST(text_index, keeps_the_order_of_one_name) {
  text_index index;
  index.add("b", 7);
  index.add("a", 3);
  index.add("b", 2);
  index.add("", 1);
  index.finish();
  EXPECT_THAT(owners(index, "b"), testing::ElementsAre(7, 2));
  EXPECT_THAT(owners(index, "a"), testing::ElementsAre(3));
  EXPECT_TRUE(owners(index, "").empty());
  EXPECT_TRUE(owners(index, "c").empty());
}

TEST(text_index, an_empty_one_finds_nothing) {
  text_index index;
  index.finish();
  EXPECT_TRUE(owners(index, "a").empty());
}

// The hash reads names of different lengths in different ways. These lengths are on either side of
// each change. Some names differ only where the hash does not look.
TEST(text_index, names_of_every_length_are_told_apart) {
  std::vector<std::string> names;
  for (std::size_t length = 1; length < 70; ++length) {
    for (const auto position : {std::size_t{0}, length / 3, length / 2, length - 1}) {
      names.emplace_back(length, 'x');
      names.back()[position] = 'y';
    }
  }
  text_index index;
  for (std::uint32_t i = 0; i < names.size(); ++i)
    index.add(names[i], i);
  index.finish();
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    EXPECT_THAT(owners(index, names[i]), testing::Contains(i));
    for (const auto owner : owners(index, names[i]))
      EXPECT_EQ(names[owner], names[i]);
  }
}

}  // namespace
}  // namespace ebpfkit::host
