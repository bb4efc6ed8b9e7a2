// Embedding the BTF of many kernels: which is made, which is kept, and what is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "embed/distinct_relocations.hpp"
#include "embed/embed.hpp"
#include "embed/embed_report.hpp"
#include "embed/kernel_files.hpp"
#include "input/btf_input.hpp"
#include "relocation/minimise.hpp"
#include "relocation_object_builder.hpp"
#include "relocation_variant.hpp"
#include "runtime/kernel_types/embedded_btf.hpp"
#include "skeleton_support.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit::host::test {
namespace {

std::string_view view(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A program that reads member "x" of "sample".
object_builder program(std::endian order = std::endian::native) {
  object_builder object(order);
  const auto number = object.types.integer("int", 4, true);
  const auto sample = object.types.record("sample", 8, {{"x", number, 0}, {"y", number, 32}});
  object.relocate(relocation_kind::field_byte_offset, sample, "0:0", 0);
  return object;
}

std::vector<std::uint8_t> kernel(std::uint32_t offset_of_x, int unrelated = 0) {
  btf_builder types;
  const auto number = types.integer("int", 4, true);
  types.record("sample", 64, {{"x", number, offset_of_x * 8}});
  types.record(fmt::format("unrelated_{}", unrelated), 4, {{"z", number, 0}});
  return types.bytes();
}

class embed_kernels : public testing::Test {
 protected:
  void SetUp() override {
    auto object = program();
    request.objects = {work.write("program.o", view(object.bytes()))};
    request.work_directory = work.path() / "work";
    request.threads = 3;
    add("ubuntu/20.04/x86_64/5.4.0-1.btf", kernel(8, 1));
    add("ubuntu/20.04/x86_64/5.4.0-2.btf", kernel(8, 2));
    add("ubuntu/20.04/x86_64/5.4.0-3.btf", kernel(16));
    request.btfs = {(work.path() / "archive").string()};
  }

  void add(const std::string& name, const std::vector<std::uint8_t>& bytes) {
    work.write("archive/" + name, view(bytes));
  }

  std::string message() {
    try {
      embed(request);
    } catch (const failure& error) {
      return error.what();
    }
    return "none";
  }

  work_directory work;
  embed_request request;
};

TEST_F(embed_kernels, equal_results_are_kept_once) {
  const auto result = embed(request);
  ASSERT_EQ(result.kernels.size(), 3U);
  EXPECT_EQ(result.kernels[0].blob, result.kernels[1].blob);
  EXPECT_NE(result.kernels[0].blob, result.kernels[2].blob);
  EXPECT_EQ(result.made_count, 3U);
  EXPECT_EQ(result.kernels[2].outcomes.at(0), relocation_status::resolved);
}

TEST_F(embed_kernels, a_file_may_be_the_btf_of_several_kernels) {
  const auto file = (work.path() / "archive/ubuntu/20.04/x86_64/5.4.0-1.btf").string();
  // The file's own path says nothing, once the user tells what the file is. To say a thing twice is
  // the same.
  request.btfs = {file + "=debian:12:x86_64:6.1.0-2", file, file + "=debian:12:x86_64:6.1.0-1",
                  file + "=debian:12:x86_64:6.1.0-1"};
  const auto result = embed(request);
  ASSERT_EQ(result.kernels.size(), 2U);
  EXPECT_EQ(result.kernels[0].identity.path_text(), "debian/12/x86_64/6.1.0-1");
  EXPECT_EQ(result.kernels[1].identity.path_text(), "debian/12/x86_64/6.1.0-2");
  EXPECT_EQ(result.kernels[0].blob, result.kernels[1].blob);
  EXPECT_EQ(result.made_count, 2U);
  EXPECT_EQ(std::ranges::count(result.inputs, std::filesystem::path(file)), 1);
  EXPECT_EQ(embed(request).made_count, 0U);

  request.filters = {"*/6.1.0-2"};
  EXPECT_EQ(embed(request).kernels.size(), 1U);
}

TEST_F(embed_kernels, progress_counts_each_kernel_once) {
  request.build_btf = request.btfs.front() + "/ubuntu/20.04/x86_64/5.4.0-1.btf";
  std::vector<std::size_t> counts;
  request.on_progress = [&](std::size_t done, std::size_t all) {
    EXPECT_EQ(all, 4U);
    counts.push_back(done);
  };
  embed(request);
  EXPECT_EQ(counts, (std::vector<std::size_t>{1, 2, 3, 4}));
}

TEST_F(embed_kernels, only_what_changed_is_made_again) {
  const auto first = embed(request);
  EXPECT_EQ(embed(request).made_count, 0U);
  EXPECT_EQ(embed(request).file, first.file);

  // The object has another member in its types, another register in an instruction and one more
  // program.
  auto object = program();
  object.relocate(relocation_kind::field_byte_offset, 2, "0:0", {0xb7, 5, 0, 0, 0});
  work.write("program.o", view(object.bytes()));
  EXPECT_EQ(embed(request).made_count, 0U);

  object.relocate(relocation_kind::field_exists, 2, "0:1", 1);
  work.write("program.o", view(object.bytes()));
  EXPECT_EQ(embed(request).made_count, 3U);

  add("ubuntu/20.04/x86_64/5.4.0-2.btf", kernel(24));
  EXPECT_EQ(embed(request).made_count, 1U);
}

// The first line of an entry is the state of the kernel's file, which lets the next build skip the
// file. See file_state().
TEST_F(embed_kernels, the_store_does_not_trust_the_times_of_a_fresh_file) {
  const auto states = [&] {
    std::set<std::string> lines;
    for (const auto& entry :
         std::filesystem::directory_iterator(request.work_directory / "kernels")) {
      const auto text = read_text(entry.path());
      lines.insert(text.substr(0, text.find('\n')));
    }
    return lines;
  };
  embed(request);
  EXPECT_EQ(states(), std::set<std::string>{""});
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  embed(request);
  const auto settled = states();
  EXPECT_EQ(settled.size(), 3U);
  EXPECT_FALSE(settled.contains(""));
}

TEST_F(embed_kernels, the_store_keeps_only_entries_that_the_next_build_can_use) {
  const auto entries = [&] {
    std::set<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(request.work_directory / "kernels"))
      names.insert(entry.path().filename().string());
    return names;
  };
  embed(request);
  const auto first = entries();
  EXPECT_EQ(first.size(), 3U);

  // Other relocations.
  auto object = program();
  object.relocate(relocation_kind::field_exists, 2, "0:1", 1);
  work.write("program.o", view(object.bytes()));
  embed(request);
  const auto second = entries();
  EXPECT_EQ(second.size(), 3U);
  EXPECT_EQ(std::ranges::count_if(second, [&](const auto& name) { return first.contains(name); }),
            0);

  // A kernel goes.
  std::filesystem::remove(work.path() / "archive/ubuntu/20.04/x86_64/5.4.0-2.btf");
  embed(request);
  EXPECT_EQ(entries().size(), 2U);
}

TEST_F(embed_kernels, damaged_store_is_made_again) {
  const auto first = embed(request);
  for (const auto& entry :
       std::filesystem::directory_iterator(request.work_directory / "kernels")) {
    auto bytes = read_file(entry.path());
    bytes.back() ^= 1;
    write_output(entry.path(), view(bytes), unchanged::keep);
  }
  const auto second = embed(request);
  EXPECT_EQ(second.made_count, 3U);
  EXPECT_EQ(second.file, first.file);
}

TEST_F(embed_kernels, what_is_left_out_counts_as_neither_made_nor_kept) {
  add("no_architecture.btf", kernel(24));  // the tool reads it before a filter can leave it out
  request.btfs.push_back(request.btfs.front() + "/no_architecture.btf=debian:::6.1.0");
  request.filters = {"*/5.4.0-1"};
  request.build_btf =
      work.write("build/ubuntu/20.04/x86_64/5.4.0-9.btf", view(kernel(32))).string();
  const auto result = embed(request);
  EXPECT_EQ(result.kernels.size(), 1U);
  EXPECT_EQ(result.made_count, 1U);
  const auto text = embed_report_text(embed(request), "x");
  EXPECT_NE(text.find("0 made, 1 kept"), std::string::npos) << text;
}

TEST_F(embed_kernels, links_to_directories_are_followed_without_end) {
  const auto elsewhere = work.path() / "elsewhere";
  write_output(elsewhere / "debian/12/x86_64/6.1.0.btf", view(kernel(16)), unchanged::keep);
  const std::filesystem::path searched(request.btfs.front());
  std::filesystem::create_directory_symlink(elsewhere / "debian", searched / "debian");
  std::filesystem::create_directory_symlink(searched, searched / "ubuntu" / "circle");
  const auto files = find_kernel_files({searched.string()}, {}).files;
  const auto found = embed(request).kernels;
  EXPECT_EQ(files.size(), 4U);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_TRUE(std::ranges::any_of(
      files, [&](const auto& file) { return file.identity.distribution == "debian"; }));
}

TEST_F(embed_kernels, architecture_and_filters_leave_kernels_out) {
  add("ubuntu/20.04/arm64/5.4.0-1.btf", {});  // the tool does not even read it
  request.architecture = "x86";
  request.filters = {"*/5.4.0-[12]", "debian/*"};
  EXPECT_EQ(message(), "FILTER 'debian/*' fits no kernel");
  request.filters = {"*/5.4.0-[12]"};
  const auto result = embed(request);
  EXPECT_EQ(result.kernels.size(), 2U);
  EXPECT_EQ(result.other_architecture_count, 1U);
  EXPECT_EQ(result.filtered_count, 1U);
}

TEST_F(embed_kernels, what_cannot_be_embedded_is_named) {
  const auto other = work.write("other.btf", view(kernel(40)));
  request.btfs.push_back(other.string());
  EXPECT_NE(message().find("other.btf': neither the file nor its name tells the kernel's release"),
            std::string::npos);
  request.btfs.back() += "=ubuntu:20.04:x86_64:5.4.0-1";
  EXPECT_NE(message().find("are both for ubuntu/20.04/x86_64/5.4.0-1, and differ"),
            std::string::npos)
      << message();
  request.btfs.back() = "/no/such/file";
  EXPECT_EQ(message(), "'/no/such/file': there is no such file or directory");
  request.btfs.back() = work.path().string() + "/work";
  EXPECT_NE(message().find("there is no BTF in this directory"), std::string::npos) << message();
  request.btfs.pop_back();
  auto object =
      program(std::endian::native == std::endian::little ? std::endian::big : std::endian::little);
  work.write("program.o", view(object.bytes()));
  EXPECT_NE(message().find("endian, and"), std::string::npos) << message();
}

TEST_F(embed_kernels, variants_of_the_running_kernel) {
  constexpr const char* running = "/sys/kernel/btf/vmlinux";
  if (::access(running, R_OK) != 0)
    GTEST_SKIP() << "needs a kernel with BTF";
  const auto types = open_btf(running);
  object_builder object;
  const auto number = object.types.integer("int", 4, true);
  const auto task =
      object.types.record("task_struct", 8, {{"tgid", number, 0}, {"pid", number, 32}});
  object.relocate(relocation_kind::field_byte_offset, task, "0:0", 0);
  object.relocate(relocation_kind::field_byte_offset, task, "0:1", 4);
  request.objects = {work.write("task.o", view(object.bytes()))};
  request.btfs.clear();
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const auto path = work.write(fmt::format("variant_{}", seed), view(make_variant(*types, seed)));
    request.btfs.push_back(fmt::format("{}=none:{}:x86_64:6.0.{}", path.string(), seed, seed));
  }
  const auto result = embed(request);
  const char* problem = nullptr;
  const auto reader = detail::embedded_btf_reader::open(result.file, problem);
  ASSERT_TRUE(reader) << problem;
  ASSERT_EQ(result.kernels.size(), 3U);
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const auto index = reader->find("x86_64", fmt::format("6.0.{}", seed)).first;
    const auto variant = make_variant(*types, seed);
    const auto whole = core_target(std::make_shared<const type_graph>(variant));
    EXPECT_EQ(reader->blob(reader->kernel(index).blob), view(minimise(result.objects, whole)));
  }
}

TEST(embed_digest, depends_on_types_behind_a_relocation) {
  const auto digest = [](std::uint32_t size) {
    object_builder object;
    object.types.integer("padding", 8);
    const auto number = object.types.integer("int", size, true);
    const auto sample = object.types.record("sample", 8, {{"x", object.types.pointer(number), 0}});
    object.relocate(relocation_kind::type_exists, sample, "0", 1);
    std::vector<program_object> objects;
    objects.push_back(object.object());
    return find_distinct_relocations(objects).digest;
  };
  EXPECT_EQ(digest(4), digest(4));
  EXPECT_NE(digest(4), digest(8));
}

}  // namespace
}  // namespace ebpfkit::host::test
