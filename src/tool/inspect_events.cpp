// `ebpfkit inspect watch-events`: the records of ring buffers and perf buffers.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "inspect/loaded_objects.hpp"
#include "inspect/owners.hpp"
#include "inspect/record_types.hpp"
#include "inspect/ring_follower.hpp"
#include "inspect/typed_value.hpp"
#include "support/failure.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"
#include "tool/command.hpp"
#include "tool/inspect.hpp"
#include "tool/inspect_choice.hpp"
#include "tool/inspect_removal.hpp"

namespace ebpfkit::host::tool {

namespace {

using json = nlohmann::ordered_json;
using byte_view = std::span<const std::uint8_t>;

struct event_options {
  object_choice map;
  std::string type;
  std::string interval;
  std::string count;
  bool consume = false;
  bool json = false;
};

struct free_ring {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};
struct free_perf {
  void operator()(perf_buffer* buffer) const { perf_buffer__free(buffer); }
};

// Prints records, and counts them.
class event_printer {
 public:
  event_printer(const loaded_map& map, record_types types, bool is_json, std::uint32_t most)
      : map_(map), types_(std::move(types)), is_json_(is_json), most_(most) {}

  bool is_done() const { return most_ != 0 && count_ >= most_; }
  std::uint32_t count() const { return count_; }

  void print(byte_view bytes) {
    if (is_done())
      return;
    ++count_;
    auto [type, value] = types_.decode(bytes);
    // perf fills a sample up, so that it and the word with its length take a multiple of 8 bytes
    // (kernel/events/core.c, perf_prepare_sample).
    constexpr std::size_t filled_up = 4;
    if (type.empty() && map_.type_number == BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
        bytes.size() > filled_up) {
      auto shorter = types_.decode(bytes.first(bytes.size() - filled_up));
      if (!shorter.type.empty())
        std::tie(type, value) = std::tie(shorter.type, shorter.value);
    }
    if (is_json_) {
      auto line = inspect_document("watch-events");
      line["map_id"] = map_.id;
      line["bytes"] = bytes.size();
      line["type"] = type.empty() ? json() : json(type);
      line["value"] = value;
      print_output("{}\n", line.dump(-1, ' ', true, json::error_handler_t::replace));
    } else {
      tell_candidates(bytes.size());
      print_output("{} {}\n", type.empty() ? fmt::format("{} bytes", bytes.size()) : type,
                   type.empty() ? value.get<std::string>() : value_text(value));
    }
    flush_output();
  }

  void tell_lost(std::uint64_t lost, const char* unit) {
    if (is_json_) {
      auto line = inspect_document("watch-events");
      line["map_id"] = map_.id;
      line[fmt::format("lost_{}", unit)] = lost;
      print_output("{}\n", line.dump());
    } else {
      print_output("lost: {} {} of events were written over before they could be read\n", lost,
                   unit);
    }
    flush_output();
  }

  // Notes go to standard error, so that standard output has events only.
  void note(const std::string& text) { print_error("{}\n", text); }

 private:
  // Once for each size: which types the records could have.
  void tell_candidates(std::size_t size) {
    if (!told_.insert(size).second)
      return;
    if (const auto names = types_.candidates(size); !names.empty())
      note(fmt::format("Several structs have {} bytes: {}. TYPE=<struct> (--type) chooses one.",
                       size, list_names(names, 10)));
  }

  const loaded_map& map_;
  record_types types_;
  bool is_json_;
  std::uint32_t most_;
  std::uint32_t count_ = 0;
  std::set<std::size_t> told_;
};

int take_record(void* context, void* data, std::size_t size) {
  auto* printer = static_cast<event_printer*>(context);
  printer->print({static_cast<const std::uint8_t*>(data), size});
  // A negative number ends the round; this record is taken, the others stay.
  return printer->is_done() ? -ECANCELED : 0;
}

void take_sample(void* context, int /*cpu*/, void* data, std::uint32_t size) {
  static_cast<event_printer*>(context)->print({static_cast<const std::uint8_t*>(data), size});
}

void take_lost(void* context, int /*cpu*/, unsigned long long count) {
  static_cast<event_printer*>(context)->tell_lost(count, "records");
}

// The buffer that the user names, else the only one among the project's maps.
loaded_map choose_buffer(const inspect_context& context, const object_choice& choice) {
  auto maps = choose_maps(context, choice);
  const auto is_buffer = [](const loaded_map& map) {
    return map.type_number == BPF_MAP_TYPE_RINGBUF ||
           map.type_number == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
  };
  std::vector<loaded_map> buffers;
  std::copy_if(maps.begin(), maps.end(), std::back_inserter(buffers), is_buffer);
  if (buffers.size() == 1)
    return buffers.front();
  if (buffers.empty())
    throw failure(maps.size() == 1 ? fmt::format("map '{}' ({}) is no buffer of events",
                                                 maps.front().name, maps.front().type)
                                   : "none of the maps is a buffer of events",
                  "Events are in maps of the types ringbuf and perf_event_array. dump-map and "
                  "watch-map show others.");
  std::vector<std::string> names;
  for (const auto& buffer : buffers)
    names.push_back(fmt::format("{} (id {})", buffer.name, buffer.id));
  throw failure(fmt::format("watch-events watches one buffer, and there are {}", buffers.size()),
                fmt::format("Name one, MAP=<name> (--map): {}", list_names(names, 20)));
}

void follow(int fd, const loaded_map& map, event_printer& printer,
            std::chrono::duration<double> pause) {
  ring_follower follower(fd, map);
  std::uint64_t told = 0;
  bool was_full = false;
  while (!printer.is_done()) {
    const auto records = follower.read();
    for (const auto& record : records)
      printer.print(record.bytes);
    if (follower.lost_bytes() != told)
      printer.tell_lost(follower.lost_bytes() - std::exchange(told, follower.lost_bytes()),
                        "bytes");
    const auto size = records.empty() ? 8 : records.back().bytes.size();
    if (const bool is_full = follower.is_full_for(size);
        std::exchange(was_full, is_full) != is_full && is_full)
      printer.note(
          "The buffer is full, so the program loses new events: the application does not "
          "take them.");
    if (!printer.is_done())
      std::this_thread::sleep_for(pause);
  }
}

void consume_ring(int fd, event_printer& printer) {
  const std::unique_ptr<ring_buffer, free_ring> ring(
      ring_buffer__new(fd, take_record, &printer, nullptr));
  if (ring == nullptr)
    throw failure(fmt::format("cannot read the ring buffer: {}", std::strerror(errno)));
  while (!printer.is_done()) {
    const int status = ring_buffer__poll(ring.get(), 200);
    if (status < 0 && status != -EINTR && status != -ECANCELED)
      throw failure(fmt::format("cannot read the ring buffer: {}", std::strerror(-status)));
  }
}

void consume_perf(int fd, event_printer& printer) {
  constexpr std::size_t pages_per_cpu = 64;
  const std::unique_ptr<perf_buffer, free_perf> buffer(
      perf_buffer__new(fd, pages_per_cpu, take_sample, take_lost, &printer, nullptr));
  if (buffer == nullptr)
    throw failure(fmt::format("cannot read the perf buffer: {}", std::strerror(errno)));
  while (!printer.is_done()) {
    const int status = perf_buffer__poll(buffer.get(), 200);
    if (status < 0 && status != -EINTR)
      throw failure(fmt::format("cannot read the perf buffer: {}", std::strerror(-status)));
  }
}

void watch_events(const inspect_context& context, const event_options& given) {
  const auto pause = inspect_seconds(context.value(given.interval, "INTERVAL"), 0.1);
  const auto count_word = context.value(given.count, "COUNT");
  const auto most = count_word.empty() ? 0 : inspect_number(count_word, "COUNT");
  context.need_root("read buffers of events");
  const auto map = choose_buffer(context, given.map);
  const bool consumes = context.flag(given.consume, "CONSUME");
  const bool is_ring = map.type_number == BPF_MAP_TYPE_RINGBUF;
  if (!is_ring && !consumes)
    throw failure(fmt::format("map '{}' is a perf event array: each CPU has one buffer with one "
                              "reader, so nobody can watch beside the application",
                              map.name),
                  "CONSUME=1 (--consume) takes the events. The application gets none any more, "
                  "until it opens its buffers again. A ring buffer can be watched.");
  event_printer printer(
      map, record_types(context.object_paths(), map.id, context.value(given.type, "TYPE")),
      context.flag(given.json, "JSON"), most);
  const auto readers = object_owners().processes({bpf_kind::map, map.id});
  if (consumes)
    printer.note(
        readers.empty()
            ? std::string("No process has this buffer open, so nobody misses the events "
                          "that are taken.")
            : fmt::format("The events are taken: {} loses them.", processes_text(readers)));
  else if (readers.empty())
    printer.note(
        "No process has this buffer open: nobody reads it. When it is full, the program "
        "loses new events.");
  const auto fd = open_map(map.id);
  if (!is_ring)
    consume_perf(fd.get(), printer);
  else if (consumes)
    consume_ring(fd.get(), printer);
  else
    follow(fd.get(), map, printer, pause);
}

}  // namespace

void add_inspect_events_command(CLI::App& inspect, const shared_context& context) {
  auto given = std::make_shared<event_options>();
  auto* command = inspect.add_subcommand(
      "watch-events",
      "Watch the events in a ring buffer, without taking them from the application");
  add_map_choice(*command, given->map);
  command->add_flag("--all", given->map.all, "Also buffers of other projects (variable ALL)");
  command->add_option("--type", given->type,
                      "Struct of the events, default: the only one of their size (variable TYPE)");
  command->add_option("--interval", given->interval,
                      "Seconds between two looks, default 0.1 (variable INTERVAL)");
  command->add_option("--count", given->count,
                      "Events until it ends; default: until Ctrl-C (variable COUNT)");
  command->add_flag("--consume", given->consume,
                    "Take the events: the application loses them (variable CONSUME)");
  command->add_flag("--json", given->json, "Print a line of JSON for each event (variable JSON)");
  command->callback([=] { watch_events(*context, *given); });
}

}  // namespace ebpfkit::host::tool
