// Hooks that the running kernel does not have: the error tells the nearest that it has.
#include <bpf/libbpf.h>
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "attach/missing_hook.hpp"
#include "ebpfkit/object.hpp"
#include "runtime_support.hpp"
#include "system/hook_list.hpp"
#include "system/nearest_name.hpp"

namespace {

using namespace ebpfkit::test;
using ebpfkit::detail::hook_list;
using ebpfkit::detail::missing_hook_of_log;
using ebpfkit::detail::missing_hook_text;
using ebpfkit::detail::nearest_name;
using testing::HasSubstr;

TEST(runtime_missing_hooks, nearest_name) {
  const auto sentence = [](const char* wanted, std::initializer_list<const char*> names) {
    nearest_name nearest(wanted);
    for (const auto* name : names)
      nearest.add(name);
    return nearest.sentence();
  };
  EXPECT_EQ(sentence("do_unlinkta", {"do_unlink", "do_unlinkat", "do_exit", ""}),
            " The nearest is 'do_unlinkat'.");
  EXPECT_EQ(sentence("do_unlinkta", {"do_unlinkat", "do_unlinkot"}),
            " The nearest is 'do_unlinkat'.");
  EXPECT_EQ(sentence("do_unlinkta", {"vfs_read", "x"}), "");
  EXPECT_EQ(sentence("do_unlinkta", {}), "");
  EXPECT_EQ(sentence("do_unlinkat", {"do_unlinka", "do_unlinkat"}), "");
  EXPECT_EQ(sentence("ab", {"cd", "c", "x"}), "");
  EXPECT_EQ(sentence("", {"a", ""}), "");
}

class runtime_missing_hooks_of_the_kernel : public kernel_test {
 protected:
  // The error of attaching a program whose SEC() is `section`, by itself and with its object.
  void expect_remedy(const std::string& section, const std::string& remedy) {
    counting_object object(
        "SEC(\"" + section + "\") int program(void *context) { return count_mine(); }",
        {"program"});
    ASSERT_TRUE(object);
    const auto alone = object.program().attach();
    ASSERT_FALSE(alone) << section;
    EXPECT_EQ(alone.error().code, ENOENT);
    EXPECT_THAT(alone.error().remedy, HasSubstr(remedy));
    const auto with_object = object.attach();
    ASSERT_FALSE(with_object) << section;
    EXPECT_THAT(with_object.error().message(), HasSubstr(remedy));
    EXPECT_THAT(with_object.error().explain(), HasSubstr(remedy));
  }

  static std::string load_message(const std::string& section) {
    const auto image = compile("SEC(\"" + section + "\") int program(void *context) { return 0; }");
    const char* program = "program";
    const ebpfkit::object_description description{"test",
                                                  image.data(),
                                                  image.size(),
                                                  nullptr,
                                                  0,
                                                  nullptr,
                                                  0,
                                                  &program,
                                                  1,
                                                  nullptr,
                                                  ebpfkit::missing_hook_remedy};
    auto opened = ebpfkit::object::open(description, nullptr);
    if (!opened)
      return opened.error().message();
    const auto loaded = opened->load();
    return loaded ? std::string() : loaded.error().message();
  }
};

TEST_F(runtime_missing_hooks_of_the_kernel, tracepoints) {
  expect_remedy("tp/syscalls/sys_enter_opennat", "The nearest is 'syscalls/sys_enter_openat'.");
  expect_remedy("tracepoint/syscals/sys_enter_getpgid",
                "no tracepoint 'syscals/sys_enter_getpgid'");
  expect_remedy("tracepoint/syscals/sys_enter_getpgid",
                "The nearest is 'syscalls/sys_enter_getpgid'.");
}

TEST_F(runtime_missing_hooks_of_the_kernel, raw_tracepoints) {
  expect_remedy("raw_tp/sched_swich", "The nearest is 'sched_switch'.");
  counting_object object("SEC(\"raw_tp\") int program(void *context) { return 0; }", {"program"});
  ASSERT_TRUE(object);
  const auto attached = object.program().attach_raw_tracepoint("sched_swich");
  ASSERT_FALSE(attached);
  EXPECT_THAT(attached.error().remedy, HasSubstr("The nearest is 'sched_switch'."));
}

TEST_F(runtime_missing_hooks_of_the_kernel, functions) {
  EXPECT_EQ(missing_hook_text(hook_list::functions, "do_unlinkta"),
            "The running kernel has no function 'do_unlinkta'. The nearest is 'do_unlinkat'.");
  EXPECT_EQ(missing_hook_text(hook_list::functions, "do_unlinkat"), "");
}

TEST_F(runtime_missing_hooks_of_the_kernel, lists_that_nobody_can_read) {
  const own_mount elsewhere("tmpfs");  // gives this process its own mount namespace
  ASSERT_EQ(mount("none", "/sys/kernel", "tmpfs", 0, nullptr), 0);
  const auto text = missing_hook_text(hook_list::tracepoints, "syscalls/sys_enter_opennat");
  ASSERT_EQ(umount("/sys/kernel"), 0);
  EXPECT_EQ(text, "");
}

// libbpf 1.1 and 1.7 write these lines for programs that this kernel may not be able to attach.
TEST_F(runtime_missing_hooks_of_the_kernel, lines_of_libbpf) {
  for (const auto& [line, text] : std::initializer_list<std::pair<const char*, const char*>>{
           {"failed to create kprobe 'do_unlinkta+0x0' perf event: No such file or directory",
            "The running kernel has no function 'do_unlinkta'. The nearest is 'do_unlinkat'."},
           {"failed to create kretprobe 'do_unlinkta+0x0' perf event: -ENOENT",
            "The running kernel has no function 'do_unlinkta'. The nearest is 'do_unlinkat'."},
           {"failed to create kprobe 'do_unlinkat+0x1' perf event: -EILSEQ", ""},
           {"failed to find kernel BTF type ID of 'do_unlinkta': -3",
            "The running kernel has no function, tracepoint, LSM hook or iterator 'do_unlinkta'. "
            "The nearest is 'do_unlinkat'."},
           {"failed to attach to raw tracepoint '", "The running kernel has no raw tracepoint ''."},
           {"failed to load: -22", ""}})
    EXPECT_EQ(missing_hook_of_log(std::string("libbpf: prog 'x': ") + line + "\n"), text);
  EXPECT_EQ(missing_hook_of_log(""), "");
}

TEST_F(runtime_missing_hooks_of_the_kernel, hooks_by_btf) {
  EXPECT_THAT(load_message("iter/task_flie"), HasSubstr("The nearest is 'task_file'."));
  EXPECT_THAT(load_message("tp_btf/sched_swich"), HasSubstr("The nearest is 'sched_switch'."));
  EXPECT_THAT(load_message("fentry/do_unlinkta"), HasSubstr("The nearest is 'do_unlinkat'."));
  EXPECT_THAT(load_message("lsm/file_opne"), HasSubstr("The nearest is 'file_open'."));
  EXPECT_THAT(load_message("fentry/no_such_function_at_all"),
              HasSubstr("iterator 'no_such_function_at_all'."));
}

TEST_F(runtime_missing_hooks_of_the_kernel, attach_target) {
  counting_object object("SEC(\"fentry\") int program(void *context) { return 0; }", {"program"},
                         false);
  const auto set = object.program().set_attach_target("do_unlinkta");
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().remedy, HasSubstr("The nearest is 'do_unlinkat'."));
  // libbpf 1.1 frees the kernel's BTF when it loads the object, and not when it closes the object.
  EXPECT_NE(bpf_object__load(object.get()), 0);
}

}  // namespace
