#include "machine/virtual_machine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "machine/kernel_messages.hpp"
#include "machine/processor_wait.hpp"
#include "support/child_process.hpp"
#include "support/failure.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

// The program of a test takes several times as long in an emulated machine.
constexpr int emulation_factor = 4;
// On a busy computer QEMU waits for a processor. That time does not count, up to so many times the
// limit: a computer that is busy for ever must not keep a test for ever.
constexpr int waiting_factor = 4;
// After a panic the kernel prints where it was.
constexpr std::chrono::milliseconds time_after_panic{1500};
constexpr std::size_t most_console_bytes = std::size_t{16} << 20;
constexpr std::size_t lines_of_console = 12;

// A file with the machine's files, which has no name: nothing is left behind, however this process
// ends.
file_descriptor file_with(const std::string& content) {
  const auto directory = fs::temp_directory_path().string();
  file_descriptor file(::open(directory.c_str(), O_TMPFILE | O_RDWR, 0600));
  if (file.get() < 0) {
    // Some file systems have no O_TMPFILE.
    std::string name = directory + "/ebpfkit-XXXXXX";
    file = file_descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (file.get() >= 0)
      ::unlink(name.c_str());
  }
  std::string_view rest = content;
  while (file.get() >= 0 && !rest.empty()) {
    const auto count = ::write(file.get(), rest.data(), rest.size());
    if (count < 0 && errno != EINTR)
      break;
    rest.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  if (file.get() < 0 || !rest.empty())
    throw failure(fmt::format("cannot write the machine's files ({} bytes) to '{}': {}",
                              content.size(), directory, std::strerror(errno)),
                  "Set TMPDIR to a directory with enough space.");
  return file;
}

fs::path path_of(const file_descriptor& file) {
  return fmt::format("/proc/self/fd/{}", file.get());
}

class running_machine {
 public:
  running_machine(const machine_request& request,
                  const std::function<void(const guest_frame&)>& receive)
      : request_(request), receive_(receive), reader_(request.nonce) {}

  machine_result run() {
    const auto files = file_with(request_.initial_files);
    ::fcntl(files.get(), F_SETFD, 0);
    auto console = make_pipe();
    auto results = make_pipe();
    const auto start = clock::now();
    time_limit_ = request_.time_limit *
                  (request_.accelerated_by == accelerator::emulation ? emulation_factor : 1);
    deadline_ = start + time_limit_;
    child_process::settings settings;
    settings.end_signal = SIGKILL;
    settings.output = request_.is_interactive ? -1 : console.write_end.get();
    // QEMU opens it through /proc/self/fd.
    settings.inherited = results.write_end.get();
    settings.when_missing =
        "Install QEMU: on Debian and Ubuntu the packages qemu-system-x86 and qemu-system-arm. Or "
        "name it: --qemu FILE.";
    child_process qemu(qemu_command(request_, path_of(files), path_of(results.write_end)),
                       settings);
    console.write_end.close();
    results.write_end.close();
    // A kernel that panicked may hang instead of restarting.
    if (!read_until_end(qemu, console.read_end.get(), results.read_end.get()))
      qemu.stop();
    const int status = qemu.wait();
    judge(status);
    result_.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start);
    return std::move(result_);
  }

 private:
  // Returns false when QEMU may still run: all results are there, or the time is over.
  bool read_until_end(const child_process& qemu, int console, int results) {
    std::array<pollfd, 2> waiting{pollfd{results, POLLIN, 0}, pollfd{console, POLLIN, 0}};
    if (request_.is_interactive)
      waiting[1].fd = -1;
    // The end frame ends the run: to wait for the machine's own end costs time.
    while (!has_ended_ && (waiting[0].fd >= 0 || waiting[1].fd >= 0)) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(time_left(qemu)).count();
      // A user may use a shell for as long as he wants.
      if (left <= 0 && !request_.is_interactive) {
        is_out_of_time_ = !has_panic_;
        return false;
      }
      const int ready =
          ::poll(waiting.data(), waiting.size(),
                 request_.is_interactive ? -1 : static_cast<int>(std::min<long long>(left, 60000)));
      if (ready < 0 && errno != EINTR)
        throw failure(fmt::format("cannot wait for QEMU: {}", std::strerror(errno)));
      for (auto& pipe : waiting)
        if (ready > 0 && pipe.fd >= 0 && pipe.revents != 0 &&
            !read_from(pipe.fd, pipe.fd == results))
          pipe.fd = -1;
    }
    return !has_ended_;
  }

  clock::duration time_left(const child_process& qemu) const {
    auto left = deadline_ - clock::now();
    if (left <= clock::duration::zero() && !has_panic_)
      left += std::min<clock::duration>(time_without_processor(qemu.process()),
                                        time_limit_ * waiting_factor);
    return left;
  }

  // Returns false at the pipe's end.
  bool read_from(int pipe, bool has_frames) {
    std::array<char, 65536> buffer;
    const auto count = ::read(pipe, buffer.data(), buffer.size());
    if (count <= 0)
      return count < 0 && (errno == EINTR || errno == EAGAIN);
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (has_frames) {
      for (const auto& frame : reader_.add(bytes))
        take(frame);
    } else if (result_.console.size() < most_console_bytes) {
      // A line of the console may come in pieces.
      const auto begin = result_.console.rfind('\n');
      const auto place = begin == std::string::npos ? 0 : begin;
      result_.console += bytes;
      if (!has_panic_ && !find_panic(std::string_view(result_.console).substr(place)).empty()) {
        has_panic_ = true;
        deadline_ = std::min(deadline_, clock::now() + time_after_panic);
      }
    }
    return true;
  }

  void take(const guest_frame& frame) {
    if (frame.type == "started")
      result_.has_started = true;
    else if (frame.type == "end")
      has_ended_ = true;
    receive_(frame);
  }

  void judge(int status) {
    const auto panic = find_panic(result_.console);
    if (has_ended_) {
      result_.end = machine_end::complete;
      return;
    }
    if (!panic.empty()) {
      result_.end = machine_end::kernel_panic;
      result_.reason = fmt::format("the kernel stopped: {}", panic);
    } else if (!result_.has_started) {
      result_.end = machine_end::not_started;
      result_.reason =
          is_out_of_time_
              ? "the time was over before the kernel started its first process"
              : fmt::format("QEMU ended with status {} before the kernel started its first process",
                            status);
    } else if (is_out_of_time_) {
      result_.end = machine_end::out_of_time;
      result_.reason = "the time was over before all results had come";
    } else {
      result_.end = machine_end::stopped_early;
      result_.reason = fmt::format(
          "the machine stopped before all results had come (QEMU's status is {})", status);
    }
    const auto lines = last_lines(result_.console, lines_of_console);
    if (!lines.empty())
      result_.reason += fmt::format("\nThe end of the console:\n  {}", fmt::join(lines, "\n  "));
  }

  const machine_request& request_;
  const std::function<void(const guest_frame&)>& receive_;
  frame_reader reader_;
  std::chrono::seconds time_limit_{0};
  clock::time_point deadline_;
  bool has_ended_ = false;
  bool has_panic_ = false;
  bool is_out_of_time_ = false;
  machine_result result_;
};

}  // namespace

machine_result run_machine(const machine_request& request,
                           const std::function<void(const guest_frame&)>& receive) {
  return running_machine(request, receive).run();
}

std::string make_nonce() {
  std::array<unsigned char, 16> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw failure("cannot get random bytes from the kernel (getrandom)");
  return fmt::format("{:02x}", fmt::join(random, ""));
}

}  // namespace ebpfkit::host
