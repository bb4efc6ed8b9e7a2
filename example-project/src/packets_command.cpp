// `kernel-watch packets`
#include <net/if.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "event_loop.hpp"
#include "json.hpp"
#include "output.hpp"
#include "packet_monitor.hpp"
#include "text.hpp"

namespace kernel_watch {
namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

unsigned interface_index(const std::string& name) {
  if (const unsigned index = if_nametoindex(name.c_str()); index != 0)
    return index;

  std::string known;
  const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> interfaces(
      if_nameindex(), &if_freenameindex);
  if (interfaces != nullptr)
    for (const auto* interface = interfaces.get(); interface->if_name != nullptr; ++interface)
      known += std::string(" ") + interface->if_name;
  throw std::runtime_error("there is no network interface '" + name + "'; there are:" + known);
}

// The counts until some moment.
struct sample {
  packet_totals totals{};
  clock::time_point time = clock::now();
};

double rate(std::uint64_t before, std::uint64_t now, seconds elapsed) {
  return elapsed.count() > 0 ? static_cast<double>(now - before) / elapsed.count() : 0;
}

// One report after the other: as table, lines or JSON.
class packet_report {
 public:
  packet_report(const packets_options& options, packet_monitor& monitor)
      : options_(options), monitor_(monitor), as_table_(!options.json && output_is_terminal()) {}

  void interval() { report("interval"); }
  void summary() { report("summary"); }

 private:
  void report(std::string_view kind) {
    const sample now{monitor_.totals()};
    if (options_.json)
      print_line(json(kind, now));
    else if (as_table_)
      table_.draw(table(now));
    else
      print_line(line(kind, now));
    last_ = now;
  }

  double running_time(const sample& now) const { return seconds(now.time - start_.time).count(); }

  static json_object json_counter(const packets::counter& counter) {
    return json_object().count("packets", counter.packets).count("bytes", counter.bytes);
  }

  std::string json(std::string_view kind, const sample& now) const {
    json_object protocols;
    for (std::size_t i = 0; i < protocol_count; ++i)
      protocols.object(protocol_names[i], json_counter(now.totals[i]));
    return json_object()
        .text("type", kind)
        .text("interface", options_.interface)
        .number("seconds", running_time(now), 3)
        .object("protocols", protocols)
        .object("total", json_counter(sum(now.totals)))
        .str();
  }

  std::string line(std::string_view kind, const sample& now) const {
    std::string text = fixed(running_time(now), 1) + " s " + std::string(kind) + ':';
    for (std::size_t i = 0; i < protocol_count; ++i)
      text += ' ' + std::string(protocol_names[i]) + ' ' + std::to_string(now.totals[i].packets) +
              '/' + std::to_string(now.totals[i].bytes) + " B";
    return text;
  }

  std::string row(std::string_view name, const packets::counter& before,
                  const packets::counter& now, seconds elapsed) const {
    return left_aligned(name, 8) + right_aligned(std::to_string(now.packets), 14) +
           right_aligned(std::to_string(now.bytes), 18) +
           right_aligned(fixed(rate(before.packets, now.packets, elapsed), 1), 14) +
           right_aligned(fixed(rate(before.bytes, now.bytes, elapsed), 1), 18);
  }

  std::vector<std::string> table(const sample& now) const {
    const seconds elapsed = now.time - last_.time;
    std::vector<std::string> lines = {
        printable(options_.interface) + ", " + fixed(running_time(now), 1) + " s",
        left_aligned("protocol", 8) + right_aligned("packets", 14) + right_aligned("bytes", 18) +
            right_aligned("packets/s", 14) + right_aligned("bytes/s", 18)};
    for (std::size_t i = 0; i < protocol_count; ++i)
      lines.push_back(row(protocol_names[i], last_.totals[i], now.totals[i], elapsed));
    lines.push_back(row("total", sum(last_.totals), sum(now.totals), elapsed));
    return lines;
  }

  const packets_options& options_;
  packet_monitor& monitor_;
  bool as_table_;
  live_table table_;
  sample start_;
  sample last_;
};

}  // namespace

int watch_packets(const packets_options& options) {
  event_loop loop;
  packet_monitor monitor(interface_index(options.interface));
  packet_report report(options, monitor);
  loop.every(std::chrono::duration_cast<std::chrono::nanoseconds>(options.interval),
             [&report] { report.interval(); });
  loop.stop_after(std::chrono::duration_cast<std::chrono::nanoseconds>(options.running_time));
  loop.run();
  report.summary();
  return 0;
}

}  // namespace kernel_watch
