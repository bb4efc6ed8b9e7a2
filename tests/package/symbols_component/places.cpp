// Prints what the addresses of processes are whose files are not what their paths say: files that
// were deleted or replaced, or that another mount namespace or root directory hides. Arguments: a
// directory for the files, then the programs to run as they are.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

#include "ebpfkit/process_symbols.hpp"

namespace {

namespace files = std::filesystem;

struct worker {
  pid_t process = -1;
  std::array<unsigned long long, 3> addresses{};

  worker() = default;
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  ~worker() { end(); }

  void end() {
    if (process <= 0)
      return;
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    process = -1;
  }
};

[[noreturn]] void fail(const std::string& what) {
  std::printf("%s: %s\n", what.c_str(), strerror(errno));
  std::exit(1);
}

// Runs the program, after `prepare` in the new process, and waits for its addresses.
void start(worker& started, const std::string& program, const std::function<void()>& prepare = {}) {
  int ends[2];
  if (pipe(ends) != 0)
    fail("pipe");
  started.process = fork();
  if (started.process < 0)
    fail("fork");
  if (started.process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // also when this program fails and ends
    dup2(ends[1], 1);
    close(ends[0]);
    if (prepare)
      prepare();
    char name[] = "worker";
    char* arguments[] = {name, nullptr};
    execv(program.c_str(), arguments);
    _exit(1);
  }
  close(ends[1]);
  FILE* output = fdopen(ends[0], "r");
  auto& found = started.addresses;
  if (std::fscanf(output, "%llx %llx %llx", &found[0], &found[1], &found[2]) != 3)
    fail(program + " does not run");
  std::fclose(output);
}

void print(const std::string& label, worker& of, bool ends_before = false) {
  auto symbols = ebpfkit::process_symbols::open(of.process).value();
  if (ends_before)
    of.end();
  std::printf("%s:", label.c_str());
  for (const auto address : of.addresses) {
    const auto symbol = symbols.find(address + 1);
    std::printf(" %s,", symbol ? symbol->text().c_str() : "none");
  }
  std::printf("\n");
  std::fflush(stdout);
}

// A directory with the program and its library, and whether they are those with other names.
void fill(const files::path& directory, const files::path& from, bool with_impostors) {
  files::create_directories(directory);
  const std::string prefix = with_impostors ? "impostor" : "worker";
  for (const auto& [name, to] :
       {std::pair{prefix, "worker"}, {"lib" + prefix + ".so", "libworker.so"}}) {
    // Another file takes the name: the mapped one stays what it is.
    files::remove(directory / to);
    files::copy_file(from / name, directory / to);
  }
}

void files_that_are_gone(const files::path& directory, const files::path& from) {
  fill(directory, from, false);
  {
    worker one;
    start(one, directory / "worker");
    files::remove(directory / "worker");
    files::remove(directory / "libworker.so");
    print("deleted", one);
  }
  fill(directory, from, false);
  worker one;
  start(one, directory / "worker");
  fill(directory, from, true);
  print("replaced", one);
}

// Whether this process may open files that are mapped, whatever their paths are.
bool may_open_mapped_files() {
  std::error_code error;
  for (const auto& entry : files::directory_iterator("/proc/self/map_files", error)) {
    const int file = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0)
      close(file);
    return file >= 0;
  }
  return false;
}

bool may_mount() {
  const pid_t process = fork();
  if (process == 0)
    _exit(unshare(CLONE_NEWNS) == 0 ? 0 : 1);
  int status = 0;
  waitpid(process, &status, 0);
  return status == 0;
}

void own_mounts() {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    _exit(2);
}

void other_mounts(const files::path& directory, const files::path& from) {
  const auto shown = directory / "shown";
  const auto real = directory / "real";
  fill(shown, from, true);
  fill(real, from, false);
  const auto show_real = [&] {
    own_mounts();
    if (mount(real.c_str(), shown.c_str(), nullptr, MS_BIND, nullptr) != 0)
      _exit(3);
  };
  {
    worker one;
    start(one, shown / "worker", show_real);
    print("mounted", one);
  }
  {
    // The paths belong to the impostors after the start.
    worker one;
    fill(real, from, true);
    fill(shown, from, false);
    start(one, shown / "worker", own_mounts);
    const pid_t helper = fork();
    if (helper == 0) {
      const auto process = "/proc/" + std::to_string(one.process);
      const int space = open((process + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC);
      // setns() changes the root directory to that of the namespace, which is another one in a
      // chroot.
      const int root = open((process + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
      _exit(space >= 0 && setns(space, CLONE_NEWNS) == 0 && fchdir(root) == 0 && chroot(".") == 0 &&
                    mount(real.c_str(), shown.c_str(), nullptr, MS_BIND, nullptr) == 0
                ? 0
                : 1);
    }
    int status = 0;
    waitpid(helper, &status, 0);
    if (status != 0)
      fail("hiding files");
    print("hidden", one);
  }
}

// A container whose program lives in another root directory. A static program needs no files.
void root_directory(const files::path& directory, const files::path& from) {
  const auto shown = directory / "jailed";
  const auto real = directory / "real";
  files::create_directories(shown);
  files::create_directories(directory / "empty");
  files::copy_file(from / "impostor_static", shown / "worker");
  files::copy_file(from / "worker_static", real / "worker_static");
  files::rename(real / "worker_static", real / "worker");
  worker one;
  start(one, shown / "worker", [&] {
    own_mounts();
    if (mount(real.c_str(), shown.c_str(), nullptr, MS_BIND, nullptr) != 0)
      _exit(3);
    const int file = open((shown / "worker").c_str(), O_PATH | O_CLOEXEC);
    if (chroot((directory / "empty").c_str()) != 0)
      _exit(4);
    char name[] = "worker";
    char* arguments[] = {name, nullptr};
    char* environment[] = {nullptr};
    fexecve(file, arguments, environment);
  });
  print("root directory", one);
}

void compiled_code(const files::path& program) {
  worker one;
  start(one, program);
  auto symbols = ebpfkit::process_symbols::open(one.process).value();
  const auto path = "/tmp/perf-" + std::to_string(one.process) + ".map";
  // A process that had the number before may have left one.
  files::remove(path);
  const auto print_two = [&](const char* label) {
    std::printf("%s:", label);
    for (const std::uint64_t address : {0x1010, 0x2020}) {
      const auto symbol = symbols.find(address);
      std::printf(" %s,", symbol ? (symbol->text() + " " + symbol->file).c_str() : "none");
    }
    std::printf("\n");
  };
  print_two("before");
  std::ofstream map(path);
  map << "1000 20 Lfirst@::\033compiled one\nno line\n2000 0x10 short\n20" << std::flush;
  print_two("one");
  // The rest of the line, and code that took the place of other code.
  map << "18 40 second\n0x1000 20 third\n" << std::flush;
  print_two("two");
  // Only root can give a file away. For others the file is then still their own.
  const bool is_of_others = geteuid() == 0 && chown(path.c_str(), 12345, 12345) == 0;
  {
    auto again = ebpfkit::process_symbols::open(one.process).value();
    std::printf("of others: %s\n",
                again.find(0x1010).has_value() == is_of_others ? "wrong" : "right");
  }
  if (is_of_others && chown(path.c_str(), geteuid(), getegid()) != 0)
    fail("chown");
  files::rename(path, path + ".real");
  files::create_symlink(path + ".real", path);
  auto again = ebpfkit::process_symbols::open(one.process).value();
  std::printf("link: %s\n", again.find(0x1010) ? "wrong" : "none");
  files::remove(path);
  files::remove(path + ".real");
}

}  // namespace

int main(int count, char** arguments) {
  const files::path directory = arguments[1];
  const files::path from = arguments[2];
  files::remove_all(directory);
  for (int i = 3; i < count; ++i) {
    worker one;
    start(one, from / arguments[i]);
    print(arguments[i], one);
  }
  {
    worker one;
    start(one, from / "worker");
    print("ended", one, true);
  }
  files_that_are_gone(directory, from);
  compiled_code(from / "worker");
  std::printf("mapped files: %s\n", may_open_mapped_files() ? "yes" : "no");
  if (!may_mount()) {
    std::puts("mounts: no");
    return 0;
  }
  other_mounts(directory, from);
  if (files::exists(from / "worker_static"))
    root_directory(directory, from);
  return 0;
}
