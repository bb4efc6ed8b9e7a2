// `ebpfkit core` on the kernels that `ebpfkit btf` reads.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "btf_builder.hpp"
#include "input_fixtures.hpp"
#include "relocation_object_builder.hpp"
#include "support/byte_order.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

namespace ebpfkit::host::input_test {
namespace {

// An object with a relocation of task.pid.
bytes object_with_relocation() {
  test::object_builder object;
  const auto number = object.types.integer("int", 4);
  const auto task = object.types.record("task", 4, {{"pid", number, 0}});
  object.relocate(relocation_kind::field_byte_offset, task, "0:0", 0);
  return object.bytes();
}

bytes kernel_with(const std::string& member) {
  test::btf_builder kernel;
  const auto word = kernel.integer("long unsigned int", 8);
  const auto number = kernel.integer("int", 4);
  kernel.record("task", 16, {{"state", word, 0}, {member, number, 64}});
  return kernel.bytes();
}

class core_commands : public testing::Test {
 protected:
  process_result run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {EBPFKIT_TOOL, "core"});
    return run_process(arguments);
  }

  temporary_directory directory_;
  std::string object_ = directory_.write("program.bpf.o", object_with_relocation()).string();
};

TEST_F(core_commands, check_reads_compressed_kernels) {
  for (const auto& codec : codecs()) {
    const auto good = directory_.write(codec.name, codec.compress(kernel_with("pid"))).string();
    const auto result = run({"check", "--btf", good, object_});
    EXPECT_EQ(result.exit_status, 0) << codec.name << ": " << result.output << result.errors;
    const auto other = directory_.write(codec.name, codec.compress(kernel_with("tgid"))).string();
    EXPECT_EQ(run({"check", "--btf", other, object_}).exit_status, 1) << codec.name;
  }
}

// The text is built piece by piece.
TEST_F(core_commands, json_is_as_nlohmann_writes_it) {
  const auto good = directory_.write("good.btf", kernel_with("pid")).string();
  const auto bad = directory_.write("bad.btf", kernel_with("tgid")).string();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"list", "--json", object_},
           {"check", "--json", "--btf", good, object_},
           {"check", "--json", "--all", "--btf", good, "--btf", bad, object_, object_}}) {
    const auto output = run(arguments).output;
    const auto document = nlohmann::ordered_json::parse(output);
    EXPECT_EQ(output, document.dump(2) + "\n");
    EXPECT_EQ(document.begin().key(), "version");
    EXPECT_EQ(document["command"], "core " + arguments.front());
  }
  const auto report =
      nlohmann::json::parse(run({"check", "--json", "--btf", bad, object_, object_}).output);
  const auto& objects = report["kernels"][0]["objects"];
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[1]["missing_count"], 1);
  EXPECT_EQ(objects[1]["relocations"].size(), 1U);
}

// Commands that only write files tell which.
TEST_F(core_commands, json_of_written_files) {
  const auto kernel = directory_.write("kernel.btf", kernel_with("pid")).string();
  const auto output = (directory_.path() / "small.btf").string();
  for (int round = 0; round < 2; ++round) {
    const auto result = run({"minimise", "--json", "--btf", kernel, "--output", output, object_});
    ASSERT_EQ(result.exit_status, 0) << result.errors;
    const auto document = nlohmann::ordered_json::parse(result.output);
    EXPECT_EQ(document.dump(),
              nlohmann::ordered_json({{"version", 1},
                                      {"command", "core minimise"},
                                      {"outputs", nlohmann::ordered_json::array({output})}})
                  .dump());
  }
  EXPECT_EQ(run({"minimise", "--btf", kernel, "--output", output, object_}).output, "");
}

// One --btf takes one file. What follows are objects, and none of them is taken for a kernel.
TEST_F(core_commands, check_resolves_every_object) {
  const auto kernel = directory_.write("kernel.btf", kernel_with("tgid")).string();
  const auto second = directory_.write("second.bpf.o", object_with_relocation()).string();
  const auto result = run({"check", "--btf", kernel, object_, second});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.output, testing::HasSubstr(object_));
  EXPECT_THAT(result.output, testing::HasSubstr(second));
}

TEST_F(core_commands, kernels_and_objects_are_not_mistaken_for_each_other) {
  const auto kernel = directory_.write("kernel.btf", kernel_with("pid")).string();
  const auto as_kernel = run({"check", "--btf", object_, object_});
  EXPECT_EQ(as_kernel.exit_status, 1);
  EXPECT_THAT(as_kernel.errors, testing::HasSubstr("this is a BPF object, not a kernel's BTF"));
  EXPECT_THAT(as_kernel.errors, testing::HasSubstr("Write --btf in front of kernels only."));
  const auto as_object = run({"check", "--btf", kernel, object_, kernel});
  EXPECT_EQ(as_object.exit_status, 1);
  EXPECT_THAT(as_object.errors, testing::HasSubstr("this is a kernel's BTF, not a BPF object"));
  EXPECT_THAT(as_object.errors, testing::HasSubstr("Write --btf " + kernel));
  const auto neither = run({"check", "--btf", kernel, "/dev/null"});
  EXPECT_THAT(neither.errors, testing::Not(testing::HasSubstr("kernel's BTF")));
}

// Bit-fields have other places on a CPU of the other byte order.
TEST_F(core_commands, kernels_of_the_other_byte_order_are_refused) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    const auto other = order == std::endian::big ? std::endian::little : std::endian::big;
    test::object_builder object(order);
    test::btf_builder kernel(other);
    const auto member = object.types.integer("int", 4);
    const auto task = object.types.record("task", 4, {{"pid", member, 0}});
    object.relocate(relocation_kind::field_byte_offset, task, "0:0", 0);
    const auto number = kernel.integer("int", 4);
    kernel.record("task", 4, {{"pid", number, 0}});
    const auto program = directory_.write("program.o", object.bytes()).string();
    const auto btf = directory_.write("kernel.btf", kernel.bytes()).string();
    const auto output = (directory_.path() / "minimised.btf").string();
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"check", "--btf", btf, program},
             {"minimise", "--btf", btf, program, "--output", output}}) {
      const auto result = run(arguments);
      EXPECT_EQ(result.exit_status, 1);
      EXPECT_THAT(result.errors, testing::HasSubstr(fmt::format(
                                     "'{}': the kernel is {}-endian, and '{}' is {}-endian", btf,
                                     byte_order_name(other), program, byte_order_name(order))));
    }
    EXPECT_FALSE(std::filesystem::exists(output));
  }
}

// Rust gives types names that C does not allow, and pahole may leave a declaration without a name.
TEST_F(core_commands, types_that_no_object_wants_may_be_odd) {
  test::btf_builder kernel;
  const auto number = kernel.integer("int", 4);
  kernel.record("task", 4, {{"pid", number, 0}});
  kernel.record("core::option::Option<u32>", 8, {{"{impl#3}", number, 0}});
  kernel.add({}, type_kind::forward, 0, false, 0);
  const auto path = directory_.write("rust.btf", kernel.bytes()).string();
  const auto checked = run({"check", "--btf", path, object_});
  EXPECT_EQ(checked.exit_status, 0) << checked.errors;
  const auto output = (directory_.path() / "minimised.btf").string();
  const auto minimised = run({"minimise", "--btf", path, object_, "--output", output});
  EXPECT_EQ(minimised.exit_status, 0) << minimised.errors;
  EXPECT_EQ(run({"check", "--btf", output, object_}).exit_status, 0);
}

TEST_F(core_commands, minimise_reads_compressed_kernels) {
  const auto plain = directory_.write("kernel.btf", kernel_with("pid")).string();
  const auto packed = directory_.write("kernel.btf.xz", compress_xz(kernel_with("pid"))).string();
  const auto from_plain = (directory_.path() / "plain.btf").string();
  const auto from_packed = (directory_.path() / "packed.btf").string();
  const auto first = run({"minimise", "--btf", plain, object_, "--output", from_plain});
  const auto second = run({"minimise", "--btf", packed, object_, "--output", from_packed});
  ASSERT_EQ(first.exit_status, 0) << first.errors;
  ASSERT_EQ(second.exit_status, 0) << second.errors;
  EXPECT_EQ(read_file(from_plain), read_file(from_packed));
  EXPECT_FALSE(read_file(from_plain).empty());
}

// Each command that reads a kernel's BTF takes a name of the BTF cache, too.
TEST_F(core_commands, kernels_may_be_names_in_the_cache) {
  const auto cache = directory_.path() / "btf" / "debian" / "6.1";
  std::filesystem::create_directories(cache);
  write_output(cache / "amd64.btf", as_text(kernel_with("pid")), unchanged::keep);
  const std::string name = "debian/6.1/amd64";
  const auto output = (directory_.path() / "small.btf").string();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"btf", "info", name},
           {"btf", "diff", name, name},
           {"core", "check", "--btf", name, object_},
           {"core", "minimise", "--btf", name, "--output", output, object_},
           {"inspect", "relocations", "--btf", name, object_},
           {"explain", "--btf", name, object_},
           {"generate", "--btf", name, "task"}}) {
    std::vector<std::string> command = {"env", "EBPFKIT_CACHE_DIR=" + directory_.path().string(),
                                        EBPFKIT_TOOL};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto result = run_process(command);
    EXPECT_EQ(result.exit_status, 0) << fmt::format("{}", fmt::join(arguments, " ")) << "\n"
                                     << result.output << result.errors;
    std::ranges::replace(command, name, std::string("debian/9.9/amd64"));
    const auto unknown = run_process(command);
    EXPECT_EQ(unknown.exit_status, 1) << fmt::format("{}", fmt::join(arguments, " "));
    EXPECT_THAT(unknown.errors,
                testing::AllOf(testing::HasSubstr("'debian/9.9/amd64'"), testing::HasSubstr(name)));
  }
}

}  // namespace
}  // namespace ebpfkit::host::input_test
