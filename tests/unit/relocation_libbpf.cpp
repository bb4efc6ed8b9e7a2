// Compares our outcomes with those of libbpf and bpftool, on the running kernel's BTF and on
// variants of it. Needs root, clang, bpftool and a kernel with BTF; the tests are skipped where one
// is missing. EBPFKIT_CORE_OBJECTS and EBPFKIT_CORE_VARIANTS in the environment ask for more than
// the default.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "input/btf_input.hpp"
#include "relocation/minimise.hpp"
#include "relocation/report.hpp"
#include "relocation/resolve.hpp"
#include "relocation_program_maker.hpp"
#include "relocation_variant.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/process.hpp"

namespace ebpfkit::host::test {

namespace {

constexpr const char* kernel_btf = "/sys/kernel/btf/vmlinux";

int setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : otherwise;
}

std::string& libbpf_log() {
  static std::string log;
  return log;
}

int keep_log(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG)
    return 0;
  char line[1024];
  std::vsnprintf(line, sizeof line, format, arguments);
  libbpf_log() += line;
  return 0;
}

struct object_closer {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

instruction decode(const bpf_insn& insn) {
  return {insn.code, static_cast<std::uint8_t>(insn.dst_reg),
          static_cast<std::uint8_t>(insn.src_reg), insn.off, insn.imm};
}

// What libbpf makes of an object: the instructions of its programs, and libbpf's complaints.
struct libbpf_outcome {
  std::map<std::string, std::vector<instruction>, std::less<>> programs;
  std::string log;

  bool refused() const {
    return log.find("failed to relocate") != log.npos ||
           log.find("failed to patch insn") != log.npos;
  }
  bool refused(std::string_view program, std::size_t index) const {
    const auto start = fmt::format("prog '{}': relo #{}: failed to ", program, index);
    return log.find(start) != log.npos;
  }
};

libbpf_outcome relocate_with_libbpf(const std::filesystem::path& object,
                                    const std::filesystem::path& btf) {
  libbpf_log().clear();
  libbpf_set_print(keep_log);
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.btf_custom_path = btf.c_str();
  const std::unique_ptr<bpf_object, object_closer> opened(
      bpf_object__open_file(object.c_str(), &options));
  if (!opened)
    throw failure("libbpf cannot open the object: " + libbpf_log());
  // The verifier refuses such programs, but only after they are relocated.
  bpf_object__load(opened.get());
  libbpf_outcome outcome;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, opened.get()) {
    auto& code = outcome.programs[bpf_program__name(program)];
    for (std::size_t i = 0; i < bpf_program__insn_cnt(program); ++i)
      code.push_back(decode(bpf_program__insns(program)[i]));
  }
  outcome.log = libbpf_log();
  return outcome;
}

class core_libbpf : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || ::access(kernel_btf, R_OK) != 0)
      GTEST_SKIP() << "needs root and a kernel with BTF";
    if (std::system("clang --version >/dev/null 2>&1 && bpftool version >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "needs clang and bpftool";
    directory_ =
        std::filesystem::temp_directory_path() / fmt::format("ebpfkit_core_libbpf.{}", ::getpid());
    std::filesystem::create_directories(directory_);
    kernel_ = open_btf(kernel_btf);
    const auto header = run_process({"bpftool", "btf", "dump", "file", kernel_btf, "format", "c"});
    ASSERT_EQ(header.exit_status, 0) << header.errors;
    write("vmlinux.h", header.output);
  }

  void TearDown() override {
    if (!directory_.empty())
      std::filesystem::remove_all(directory_);
  }

  std::filesystem::path write(const std::string& name, std::string_view content) {
    write_output(directory_ / name, content, unchanged::keep);
    return directory_ / name;
  }

  std::filesystem::path write(const std::string& name, const std::vector<std::uint8_t>& content) {
    return write(name, {reinterpret_cast<const char*>(content.data()), content.size()});
  }

  std::filesystem::path compile(unsigned seed) {
    const auto source = write(fmt::format("{}.bpf.c", seed), make_program(*kernel_, seed));
    const auto object = directory_ / fmt::format("{}.o", seed);
    const auto cpu = seed % 2 == 0 ? "-mcpu=v2" : "-mcpu=v3";
    const auto result = run_process({"clang", "-O2", "-g", "--target=bpf", cpu, "-w", "-c",
                                     source.string(), "-o", object.string()});
    if (result.exit_status != 0)
      throw failure("clang refuses the program: " + result.errors);
    ask_for_type_matches(object);
    return object;
  }

  std::filesystem::path directory_;
  std::shared_ptr<const type_graph> kernel_;

 private:
  // clang 14 has no TYPE_MATCHES. Turns every other TYPE_EXISTS into one.
  static void ask_for_type_matches(const std::filesystem::path& path) {
    const program_object object(path);
    auto bytes = read_file(path);
    bool turn = false;
    for (const auto& relocation : object.relocations()) {
      if (relocation.kind != relocation_kind::type_exists || !(turn = !turn))
        continue;
      const std::uint32_t instruction_offset = relocation.instruction * 8;
      for (std::size_t at = 0; at + 16 <= bytes.size(); at += 4) {
        std::uint32_t words[4];
        std::memcpy(words, bytes.data() + at, sizeof words);
        if (words[0] == instruction_offset && words[1] == relocation.type && words[3] == 8) {
          bytes[at + 12] = 12;
          break;
        }
      }
    }
    write_output(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                 unchanged::keep);
  }
};

// libbpf stops at the first relocation that it refuses. For the others, compares the instructions
// that libbpf makes. Returns the number of compared relocations.
std::size_t compare(const program_object& object, const core_target& target,
                    const libbpf_outcome& outcome, const std::string& what) {
  const auto results = resolve(object, target);
  std::size_t index_in_section = 0;
  for (std::size_t i = 0; i < results.size(); ++i, ++index_in_section) {
    const auto& relocation = object.relocations()[i];
    if (i > 0 && object.relocations()[i - 1].section != relocation.section)
      index_in_section = 0;
    const auto ours = what + "\n" + relocation_text(object, relocation, &results[i]) +
                      outcome.log.substr(0, 4000);
    if (results[i].status == relocation_status::ambiguous ||
        results[i].status == relocation_status::refused) {
      EXPECT_TRUE(outcome.refused(relocation.program.raw(), index_in_section)) << ours;
      return i + 1;
    }
    EXPECT_FALSE(outcome.refused(relocation.program.raw(), index_in_section)) << ours;
    const auto program = outcome.programs.find(relocation.program.raw());
    if (program == outcome.programs.end() ||
        relocation.program_instruction >= program->second.size()) {
      ADD_FAILURE() << "libbpf has no such instruction: " << ours;
      return i;
    }
    const auto& theirs = program->second[relocation.program_instruction];
    EXPECT_EQ(describe(theirs), describe(results[i].code.first)) << ours;
    if (results[i].code.is_wide_load()) {
      EXPECT_EQ(describe(program->second[relocation.program_instruction + 1]),
                describe(*results[i].code.second))
          << ours;
    }
  }
  EXPECT_FALSE(outcome.refused()) << what << outcome.log.substr(0, 4000);
  return results.size();
}

bool is_refused(const std::vector<resolution>& results) {
  for (const auto& result : results) {
    if (result.status == relocation_status::ambiguous ||
        result.status == relocation_status::refused)
      return true;
  }
  return false;
}

TEST_F(core_libbpf, agrees_on_kernel_and_variants) {
  const int object_count = setting("EBPFKIT_CORE_OBJECTS", 6);
  const int variant_count = setting("EBPFKIT_CORE_VARIANTS", 3);
  std::vector<program_object> objects;
  for (int i = 0; i < object_count; ++i)
    objects.emplace_back(compile(static_cast<unsigned>(i)));

  std::size_t compared = 0;
  std::size_t minimised_by_bpftool = 0;
  std::map<std::string, std::size_t> outcomes;
  for (int i = 0; i <= variant_count; ++i) {
    const auto btf = i == 0 ? std::filesystem::path(kernel_btf)
                            : write(fmt::format("variant{}.btf", i),
                                    make_variant(*kernel_, static_cast<unsigned>(i)));
    const core_target target(open_btf(btf));
    for (const auto& object : objects) {
      const auto what = object.path().filename().string() + " on " + btf.filename().string();
      compared += compare(object, target, relocate_with_libbpf(object.path(), btf), what);
      const auto results = resolve(object, target);
      for (std::size_t k = 0; k < results.size(); ++k)
        ++outcomes[fmt::format("{:18} {}", relocation_kind_name(object.relocations()[k].kind),
                               relocation_status_name(results[k].status))];

      const auto small = write("minimised.btf", minimise({&object, 1}, target));
      const core_target minimised(open_btf(small));
      compare(object, minimised, relocate_with_libbpf(object.path(), small), what + ", minimised");
      if (is_refused(results))
        continue;
      const auto reference = directory_ / "bpftool.btf";
      const auto made = run_process({"bpftool", "gen", "min_core_btf", btf.string(),
                                     reference.string(), object.path().string()});
      // bpftool gives up on types that it does not expect, for example on forward declarations.
      if (made.exit_status != 0)
        continue;
      ++minimised_by_bpftool;
      const core_target theirs(open_btf(reference));
      const auto on_theirs = resolve(object, theirs);
      for (std::size_t k = 0; k < results.size(); ++k) {
        if (object.relocations()[k].kind == relocation_kind::type_id_target)
          continue;
        EXPECT_EQ(results[k].status, on_theirs[k].status)
            << what << relocation_text(object, object.relocations()[k], &on_theirs[k]);
        EXPECT_TRUE(results[k].code == on_theirs[k].code)
            << what << relocation_text(object, object.relocations()[k], &on_theirs[k]);
      }
      EXPECT_LE(std::filesystem::file_size(small), std::filesystem::file_size(reference)) << what;
    }
  }
  for (const auto& [outcome, count] : outcomes)
    std::printf("%s %zu\n", outcome.c_str(), count);
  std::printf("%zu relocations compared, %zu BTFs compared with those of bpftool\n", compared,
              minimised_by_bpftool);
  EXPECT_GT(compared, static_cast<std::size_t>(object_count) * 20);
}

}  // namespace
}  // namespace ebpfkit::host::test
