#include "ebpfkit/ring_buffer.hpp"

#include <bpf/libbpf.h>
#include <errno.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "record_receiver.hpp"

namespace ebpfkit {
namespace {

struct ring_buffer_closer {
  void operator()(::ring_buffer* opened) const { ring_buffer__free(opened); }
};
using unique_ring_buffer = std::unique_ptr<::ring_buffer, ring_buffer_closer>;

std::string name_of(const untyped_map& map) {
  return detail::quoted("ring buffer", map.name());
}

// Reports EBADF. bpf(2) would return EBADFD here, whose text is misleading.
ebpfkit::error not_loaded(const untyped_map& map) {
  return detail::diagnose(detail::operation::open, name_of(map), EBADF);
}

// The callback for the records of one map.
struct consumer {
  detail::record_receiver receiver;
  detail::owned_record_callback callback;
  std::unique_ptr<consumer> next;

  consumer(std::string object, detail::owned_record_callback wanted)
      : receiver(std::move(object), wanted->minimum_size), callback(std::move(wanted)) {
    callback->receiver = &receiver;
  }
};

// Sets the flag and clears it in the end, even when the thread is cancelled meanwhile.
class consuming_scope {
 public:
  explicit consuming_scope(bool& flag) : flag_(flag) { flag_ = true; }
  ~consuming_scope() { flag_ = false; }
  consuming_scope(const consuming_scope&) = delete;
  consuming_scope& operator=(const consuming_scope&) = delete;

 private:
  bool& flag_;
};

}  // namespace

struct ring_buffer::state {
  std::unique_ptr<consumer> consumers;  // the first of a list; libbpf keeps pointers to them
  unique_ring_buffer buffer;
  bool is_consuming = false;

  static result<int> consume(void* context);
};

result<int> ring_buffer::state::consume(void* context) {
  auto& self = *static_cast<state*>(context);
  const int count = [&self] {
    const consuming_scope scope(self.is_consuming);
    return ring_buffer__consume(self.buffer.get());
  }();
  for (auto* each = self.consumers.get(); each; each = each->next.get()) {
    if (const auto outcome = each->receiver.outcome(); !outcome)
      return outcome.error();
  }
  if (count < 0)
    return detail::diagnose(detail::operation::read, self.consumers->receiver.object(), count);
  return count;
}

ring_buffer::ring_buffer(std::unique_ptr<state> opened) : state_(std::move(opened)) {}
ring_buffer::ring_buffer(ring_buffer&&) noexcept = default;
ring_buffer& ring_buffer::operator=(ring_buffer&&) noexcept = default;
ring_buffer::~ring_buffer() = default;

result<int> ring_buffer::poll(std::chrono::milliseconds timeout) {
  return detail::poll_records({epoll_fd(), state::consume, state_.get()}, timeout,
                              state_->consumers->receiver.object());
}

int ring_buffer::epoll_fd() const {
  return ring_buffer__epoll_fd(state_->buffer.get());
}

result<void> ring_buffer::add_function(untyped_map map, detail::owned_record_callback callback) {
  if (map.fd() < 0)
    return not_loaded(map);
  if (state_->is_consuming) {
    // Adding a map moves libbpf's array of maps, and libbpf would continue in the old array.
    auto failure = detail::diagnose(detail::operation::open, name_of(map), EBUSY);
    failure.remedy =
        "A function that poll() calls cannot add a map. Add it after poll() has returned.";
    return failure;
  }
  auto added = std::make_unique<consumer>(name_of(map), std::move(callback));
  detail::log_capture log;
  auto* context = added->callback.get();
  int code = 0;
  if (state_->buffer) {
    code = ring_buffer__add(state_->buffer.get(), map.fd(), context->receive, context);
  } else {
    state_->buffer.reset(ring_buffer__new(map.fd(), context->receive, context, nullptr));
    code = state_->buffer ? 0 : errno;
  }
  if (code != 0)
    return detail::diagnose(detail::operation::open, name_of(map), code, log.take());
  auto* end = &state_->consumers;
  while (*end)
    end = &(*end)->next;
  *end = std::move(added);
  return {};
}

result<ring_buffer> ring_buffer_map::subscribe_with(detail::owned_record_callback callback) {
  ring_buffer opened(std::make_unique<ring_buffer::state>());
  if (const auto added = opened.add_function(*this, std::move(callback)); !added)
    return added.error();
  return opened;
}

// libbpf gives a record back to the kernel when its callback returns (ringbuf_process_ring), so the
// callback copies the record. Mapping the ring here would save the copy, but would repeat what
// libbpf knows about record headers and the order of loads and stores.
struct ring_buffer_reader::state {
  detail::record_receiver receiver;
  std::vector<unsigned char> record;
  bool has_record = false;
  unique_ring_buffer buffer;

  explicit state(const untyped_map& map) : receiver(name_of(map), 0) {}

  // Returns a negative value, so that libbpf stops after the record.
  static int receive(void* context, void* record, std::size_t size) {
    auto& self = *static_cast<state*>(context);
    self.has_record = self.receiver.hand_over(size, [&] {
      const auto* bytes = static_cast<const unsigned char*>(record);
      self.record.assign(bytes, bytes + size);
    });
    return -ECANCELED;
  }

  // Returns what libbpf returns.
  int consume() {
    has_record = false;
    return ring_buffer__consume(buffer.get());
  }

  static result<int> take_one(void* context);
};

result<int> ring_buffer_reader::state::take_one(void* context) {
  auto& self = *static_cast<state*>(context);
  const int count = self.consume();
  if (self.has_record)
    return 1;
  if (const auto outcome = self.receiver.outcome(); !outcome)
    return outcome.error();
  if (count < 0)
    return detail::diagnose(detail::operation::read, self.receiver.object(), count);
  return 0;
}

ring_buffer_reader::ring_buffer_reader(std::unique_ptr<state> opened) : state_(std::move(opened)) {}
ring_buffer_reader::ring_buffer_reader(ring_buffer_reader&&) noexcept = default;
ring_buffer_reader& ring_buffer_reader::operator=(ring_buffer_reader&&) noexcept = default;
ring_buffer_reader::~ring_buffer_reader() = default;

result<std::optional<record_view>> ring_buffer_reader::next_of_size(
    std::size_t minimum_size, std::chrono::milliseconds timeout) {
  state_->consume();
  // Most records wait already.
  if (!state_->has_record) {
    if (const auto outcome = state_->receiver.outcome(); !outcome)
      return outcome.error();
    const auto count = detail::poll_records({epoll_fd(), state::take_one, state_.get()}, timeout,
                                            state_->receiver.object());
    if (!count)
      return count.error();
    if (*count == 0)
      return std::optional<record_view>();
  }
  if (state_->record.size() < minimum_size)
    return detail::short_record(state_->receiver.object(), state_->record.size(), minimum_size);
  return std::optional<record_view>({state_->record.data(), state_->record.size()});
}

int ring_buffer_reader::epoll_fd() const {
  return ring_buffer__epoll_fd(state_->buffer.get());
}

result<ring_buffer_reader> ring_buffer_map::open_reader() {
  if (fd() < 0)
    return not_loaded(*this);
  auto opened = std::make_unique<ring_buffer_reader::state>(*this);
  detail::log_capture log;
  opened->buffer.reset(
      ring_buffer__new(fd(), ring_buffer_reader::state::receive, opened.get(), nullptr));
  if (!opened->buffer) {
    const int code = errno;
    return detail::diagnose(detail::operation::open, name_of(*this), code, log.take());
  }
  return ring_buffer_reader(std::move(opened));
}

}  // namespace ebpfkit
