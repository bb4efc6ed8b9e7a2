// The runtime library on the running kernel. The tests compile their BPF programs with clang. They
// are skipped without clang or without the right to load programs.
#include <bpf/libbpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ebpfkit/link.hpp"
#include "ebpfkit/map.hpp"
#include "ebpfkit/object.hpp"
#include "ebpfkit/program.hpp"
#include "ebpfkit/ring_buffer.hpp"
#include "runtime_support.hpp"
#include "system/running_kernel.hpp"

namespace {

using ebpfkit::test::bytes;
using ebpfkit::test::compile;
using ebpfkit::test::temporary_directory;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class runtime_kernel : public ebpfkit::test::kernel_test {
 protected:
  // Opens an object with at most one map and one program.
  ebpfkit::result<ebpfkit::object> open(const std::string& source, const char* program,
                                        const char* map = nullptr) {
    image_ = compile(source);
    map_ = map;
    program_ = program;
    const ebpfkit::object_description description{
        "test", image_.data(), image_.size(), &map_, map ? 1U : 0U, nullptr, 0, &program_, 1};
    return ebpfkit::object::open(description, nullptr);
  }

 private:
  bytes image_;
  const char* map_ = nullptr;
  const char* program_ = nullptr;
};

constexpr const char* rejected_program = R"(
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1);
         __type(key, __u32); __type(value, __u64); } values SEC(".maps");
SEC("raw_tp/sched_process_exec") int fine(void *context) { return 0; }
SEC("raw_tp/sched_process_exec") int careless(void *context) {
  __u32 key = 0;
  __u64 *value = bpf_map_lookup_elem(&values, &key);
  return *value;
})";

constexpr const char* missing_tracepoint = R"(
SEC("tp/syscalls/sys_enter_does_not_exist") int nowhere(void *context) { return 0; })";

TEST_F(runtime_kernel, rejected_program_is_named_with_the_verifiers_log) {
  auto object = open(rejected_program, "careless", "values");
  ASSERT_TRUE(object) << object.error().message();
  const auto loaded = object->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().operation, "load");
  EXPECT_EQ(loaded.error().object, "program 'careless'");
  EXPECT_EQ(loaded.error().code, EACCES);
  EXPECT_NE(loaded.error().verifier_log.find("map_value_or_null"), std::string::npos);
  EXPECT_EQ(loaded.error().verifier_log.find("BEGIN PROG LOAD LOG"), std::string::npos);
  EXPECT_NE(loaded.error().remedy.find("verifier"), std::string::npos);
  const auto message = loaded.error().message();
  EXPECT_NE(message.find("The verifier says:\n    R0 invalid mem access 'map_value_or_null'\n"
                         "    in the line: return *value;"),
            std::string::npos)
      << message;
  // The verifier names the file since Linux 6.10.
  if (ebpfkit::detail::if_older_than({6, 10}, "").empty()) {
    EXPECT_NE(message.find("program.bpf.c"), std::string::npos) << message;
  }
}

TEST_F(runtime_kernel, logs_of_all_programs_are_kept_in_a_file) {
  auto object = open(rejected_program, "careless", "values");
  ASSERT_TRUE(object);
  const temporary_directory work;
  const auto file = (work / "verifier.log").string();
  std::ofstream(file) << "of an earlier run";
  const auto loaded = object->load({file.c_str()});
  ASSERT_FALSE(loaded);
  const auto text = content_of(file);
  EXPECT_EQ(text.find("earlier"), std::string::npos);
  const auto accepted = text.find("== program 'fine'\n");
  const auto rejected = text.find("== program 'careless'\n");
  ASSERT_NE(accepted, std::string::npos);
  ASSERT_NE(rejected, std::string::npos);
  EXPECT_LT(text.find("processed", accepted), rejected);
  EXPECT_EQ(text.substr(rejected + strlen("== program 'careless'\n")), loaded.error().verifier_log);
}

// The kernel refuses a flag of the second program, before the verifier sees the program.
constexpr const char* refused_before_the_verifier = R"(
SEC("raw_tp/sched_process_exec") int accepted(void *context) { return 0; }
SEC("raw_tp/sched_process_exec") int refused(void *context) { return 0; })";

TEST_F(runtime_kernel, accepted_programs_log_is_not_taken_for_the_failed_ones) {
  auto object = open(refused_before_the_verifier, "accepted");
  ASSERT_TRUE(object);
  bpf_program* refused = bpf_object__find_program_by_name(object->get(), "refused");
  ASSERT_NE(refused, nullptr);
  bpf_program__set_flags(refused, 1U << 30);  // no such flag
  const temporary_directory work;
  const auto file = (work / "verifier.log").string();
  const auto loaded = object->load({file.c_str()});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().object, "program 'refused'");
  EXPECT_EQ(loaded.error().code, EINVAL);
  EXPECT_TRUE(loaded.error().verifier_log.empty()) << loaded.error().message();
  EXPECT_NE(content_of(file).find("== program 'accepted'\n"), std::string::npos);
}

TEST_F(runtime_kernel, log_level_of_the_application_stays) {
  for (const bool has_own_level : {true, false}) {
    auto object = open(missing_tracepoint, "nowhere");
    ASSERT_TRUE(object);
    bpf_program* program = bpf_object__find_program_by_name(object->get(), "nowhere");
    if (has_own_level)
      bpf_program__set_log_level(program, 4);
    const temporary_directory work;
    const auto file = (work / "verifier.log").string();
    const auto loaded = object->load({file.c_str()});
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_EQ(bpf_program__log_level(program), has_own_level ? 4U : 1U);
    EXPECT_NE(content_of(file).find("processed"), std::string::npos);
  }
}

TEST_F(runtime_kernel, environment_names_the_log_file) {
  auto object = open(missing_tracepoint, "nowhere");
  ASSERT_TRUE(object);
  const temporary_directory work;
  const auto file = (work / "verifier.log").string();
  setenv("EBPFKIT_VERIFIER_LOG", file.c_str(), 1);
  const auto loaded = object->load();
  unsetenv("EBPFKIT_VERIFIER_LOG");
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_NE(content_of(file).find("processed"), std::string::npos);
}

TEST_F(runtime_kernel, log_file_that_cannot_be_written) {
  auto object = open(missing_tracepoint, "nowhere");
  ASSERT_TRUE(object);
  auto loaded = object->load({"/no/such/directory/verifier.log"});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ENOENT);
  EXPECT_NE(loaded.error().message().find("/no/such/directory/verifier.log"), std::string::npos);
}

TEST_F(runtime_kernel, log_file_that_gets_too_large) {
  auto object = open(missing_tracepoint, "nowhere");
  ASSERT_TRUE(object);
  const temporary_directory work;
  const auto file = (work / "verifier.log").string();
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{10, RLIM_INFINITY};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto loaded = object->load({file.c_str()});
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, EFBIG);
  EXPECT_EQ(loaded.error().operation, "write");
}

constexpr const char* long_program = R"(
SEC("raw_tp/sched_process_exec") int lengthy(void *context) {
  for (int i = 0; i < 10000; i++) {
    asm volatile("" : "+r"(i));
    bpf_ktime_get_ns();
  }
  return *(volatile int *)((char *)context - 8);
})";

TEST_F(runtime_kernel, logs_are_whole_however_long_they_are) {
  auto object = open(long_program, "lengthy");
  ASSERT_TRUE(object) << object.error().message();
  const auto loaded = object->load();
  ASSERT_FALSE(loaded);
  const auto& log = loaded.error().verifier_log;
  EXPECT_GT(log.size(), std::size_t{1} << 20);
  EXPECT_NE(log.substr(0, 1000).find("\n0: ("), std::string::npos) << log.substr(0, 1000);
  EXPECT_NE(log.rfind("processed"), std::string::npos);
}

TEST_F(runtime_kernel, missing_tracepoint_names_the_program) {
  auto object = open(missing_tracepoint, "nowhere");
  ASSERT_TRUE(object) << object.error().message();
  const auto loaded = object->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  const auto attached = object->attach();
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().object, "program 'nowhere'");
  EXPECT_EQ(attached.error().code, ENOENT);
  EXPECT_NE(attached.error().remedy.find("tracefs"), std::string::npos);
}

constexpr const char* two_tracepoints = R"(
SEC("tp/syscalls/sys_enter_getpgid") int first(void *context) { return 0; }
SEC("tp/syscalls/sys_enter_does_not_exist") int second(void *context) { return 0; })";

TEST_F(runtime_kernel, failed_attach_leaves_nothing_attached) {
  const auto image = compile(two_tracepoints);
  const char* programs[] = {"first", "second"};
  const ebpfkit::object_description description{
      "test", image.data(), image.size(), nullptr, 0, nullptr, 0, programs, 2};
  auto object = ebpfkit::object::open(description, nullptr);
  ASSERT_TRUE(object) << object.error().message();
  ASSERT_TRUE(object->load());
  const auto attached = object->attach();
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().object, "program 'second'");
  ebpfkit::program(object->program(1)).set_autoattach(false);
  const auto again = object->attach();
  EXPECT_TRUE(again) << again.error().message();
}

TEST(runtime_object, without_bytes_is_an_error) {
  const ebpfkit::object_description description{"none",  nullptr, 0,       nullptr, 0,
                                                nullptr, 0,       nullptr, 0};
  const auto opened = ebpfkit::object::open(description, nullptr);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, EINVAL);
  EXPECT_EQ(opened.error().object, "object 'none'");
}

TEST_F(runtime_kernel, wrong_description_is_an_error) {
  const auto object = open(missing_tracepoint, "nowhere", "no_such_map");
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().operation, "open");
  EXPECT_NE(object.error().message().find("no_such_map"), std::string::npos);
}

TEST_F(runtime_kernel, wrong_type_for_a_map_does_not_touch_memory) {
  auto object = open(rejected_program, "fine", "values");
  ASSERT_TRUE(object);
  ASSERT_TRUE(ebpfkit::program(bpf_object__find_program_by_name(object->get(), "careless"))
                  .set_autoload(false));
  const auto loaded = object->load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  ebpfkit::map<std::uint32_t, std::uint32_t> values(object->map(0));
  const auto found = values.find(0);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, EINVAL);
  EXPECT_NE(found.error().remedy.find("8 bytes"), std::string::npos);
}

TEST_F(runtime_kernel, without_privileges_the_remedy_is_said) {
  auto object = open(rejected_program, "fine", "values");
  ASSERT_TRUE(object);
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0)
      _exit(3);
    const auto loaded = object->load();
    const bool said = !loaded && loaded.error().code == EPERM &&
                      loaded.error().remedy.find("CAP_BPF") != std::string::npos;
    _exit(said ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

std::vector<libbpf_print_level> printed;

int keep_levels(libbpf_print_level level, const char*, va_list) {
  printed.push_back(level);
  return 0;
}

// What libbpf prints outside the runtime library, by its levels.
std::vector<libbpf_print_level> levels_of_failed_open() {
  printed.clear();
  EXPECT_EQ(bpf_object__open_file("/no/such/file", nullptr), nullptr);
  return printed;
}

TEST_F(runtime_kernel, the_applications_print_callback_keeps_working) {
  libbpf_set_print(keep_levels);
  const auto before = levels_of_failed_open();
  EXPECT_THAT(before, testing::Contains(LIBBPF_WARN));
  EXPECT_THAT(before, testing::Contains(LIBBPF_DEBUG));
  auto object = open(rejected_program, "careless", "values");
  ASSERT_TRUE(object);
  const auto loaded = object->load();
  ASSERT_FALSE(loaded);
  EXPECT_FALSE(loaded.error().verifier_log.empty());
  EXPECT_EQ(levels_of_failed_open(), before);
  libbpf_set_print(nullptr);
}

TEST_F(runtime_kernel, a_section_without_function_is_told) {
  auto object = open(R"(SEC("fentry") int nowhere(void *context) { return 0; })", "nowhere");
  ASSERT_TRUE(object) << object.error().message();
  const auto loaded = object->load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("Its SEC() names no function"), std::string::npos)
      << loaded.error().message();
}

std::string printed_text;

[[gnu::format(printf, 2, 0)]] int keep_prints(libbpf_print_level level, const char* format,
                                              va_list arguments) {
  char text[1024];
  if (level == LIBBPF_WARN && vsnprintf(text, sizeof(text), format, arguments) > 0)
    printed_text += text;
  return 0;
}

// clang's own object, which no link has mended, has a variable of no bytes.
TEST_F(runtime_kernel, loading_without_btf_is_told) {
  libbpf_set_print(keep_prints);
  printed_text.clear();
  auto object = open(R"(
int nothing[0] SEC(".data");
int value SEC(".data") = 1;
SEC("raw_tp/sched_process_exec") int use(void *context) { return value; })",
                     "use");
  ASSERT_TRUE(object) << object.error().message();
  const auto loaded = object->load();
  libbpf_set_print(nullptr);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_NE(printed_text.find("object 'test': The kernel refused the object's BTF ("),
            std::string::npos)
      << printed_text;
  EXPECT_NE(printed_text.find("libbpf went on without BTF"), std::string::npos) << printed_text;
}

libbpf_print_fn_t callback_before_chaining = nullptr;
int depth = 0;
int chained_calls = 0;

int chained_print(libbpf_print_level level, const char* format, va_list arguments) {
  ++chained_calls;
  if (++depth > 10)
    return 0;
  const int done =
      callback_before_chaining ? callback_before_chaining(level, format, arguments) : 0;
  --depth;
  return done;
}

TEST_F(runtime_kernel, a_print_callback_that_calls_the_one_before_it_ends) {
  ASSERT_TRUE(open(rejected_program, "careless", "values"));
  callback_before_chaining = libbpf_set_print(chained_print);
  ASSERT_TRUE(open(rejected_program, "careless", "values"));
  depth = chained_calls = 0;
  EXPECT_EQ(bpf_object__open_file("/no/such/file", nullptr), nullptr);
  EXPECT_GT(chained_calls, 0);
  EXPECT_EQ(depth, 0);
  libbpf_set_print(nullptr);
}

}  // namespace
