#include "embed/embed.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "btf/architecture.hpp"
#include "embed/bundle_file.hpp"
#include "embed/kernel_files.hpp"
#include "embed/prepared_kernel.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_state.hpp"
#include "support/threads.hpp"

namespace ebpfkit::host {

namespace {

// Holds the content of a file. Each thread has one and uses it again for its next file.
using file_buffer = std::vector<std::uint8_t>;

// Calls `work` for 0 to count-1 in several threads. If several calls throw, rethrows the exception
// of the lowest number.
void for_each_in_threads(std::size_t count, unsigned threads,
                         const std::function<void(std::size_t, file_buffer&)>& work) {
  std::vector<std::exception_ptr> errors(count);
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    file_buffer buffer;
    for (auto index = next++; index < count; index = next++) {
      try {
        work(index, buffer);
      } catch (...) {
        errors[index] = std::current_exception();
      }
    }
  };
  if (threads == 0)
    threads = std::max(std::thread::hardware_concurrency(), 1U);
  call_in_threads(std::min<std::size_t>(threads, count), run);
  for (const auto& error : errors) {
    if (error)
      std::rethrow_exception(error);
  }
}

struct kernel_slot {
  kernel_file source;
  std::string key;
  std::optional<prepared_kernel> prepared;  // none: left out
  bool is_of_build = false;
  bool is_other_architecture = false;
  bool is_filtered = false;
  bool is_made = false;
};

// Divides the slots, which are sorted by path, into those of each file.
std::vector<std::span<kernel_slot>> slots_of_files(std::span<kernel_slot> slots) {
  std::vector<std::span<kernel_slot>> files;
  while (!slots.empty()) {
    const auto other = std::ranges::find_if(slots, [&](const kernel_slot& slot) {
      return slot.source.path != slots.front().source.path;
    });
    const auto count = static_cast<std::size_t>(other - slots.begin());
    files.push_back(slots.first(count));
    slots = slots.subspan(count);
  }
  return files;
}

class embedder {
 public:
  explicit embedder(const embed_request& request)
      : request_(request),
        store_(request.work_directory / "kernels"),
        filter_hits_(request.filters.size()) {
    for (const auto& object : request.objects)
      result_.objects.emplace_back(object);
    result_.relocations = find_distinct_relocations(result_.objects);
    wanted_.emplace(result_.objects);
  }

  embed_result run() {
    auto found = find_kernel_files(request_.btfs, request_.btf_cache);
    std::vector<kernel_slot> slots;
    const auto add_slot = [&](kernel_file& file, bool is_of_build) {
      if (result_.inputs.empty() || result_.inputs.back() != file.path)
        result_.inputs.push_back(file.path);
      auto& slot = slots.emplace_back();
      slot.source = std::move(file);
      slot.is_of_build = is_of_build;
    };
    for (auto& file : found.files)
      add_slot(file, false);
    if (!request_.build_btf.empty())
      add_slot(find_kernel_files({request_.build_btf}, request_.btf_cache).files.front(), true);
    std::ranges::copy(request_.objects, std::back_inserter(result_.inputs));
    std::ranges::copy(found.directories, std::back_inserter(result_.inputs));
    const auto prepare_all = [&](std::span<kernel_slot> of_file, file_buffer& buffer) {
      bool is_made = false;
      for (auto& slot : of_file) {
        prepare(slot, buffer);
        // The store has what was made for the first kernel of the file.
        is_made = is_made || slot.is_made;
        slot.is_made = is_made;
        tell_progress(slots.size());
      }
    };
    // Two threads must not prepare the same file. So one thread prepares all kernels of a file, and
    // the build's kernel, which may be one of the others, comes after them.
    const auto all = std::span(slots);
    const auto in_threads = slots.size() - (request_.build_btf.empty() ? 0 : 1);
    const auto files = slots_of_files(all.first(in_threads));
    for_each_in_threads(
        files.size(), request_.threads,
        [&](std::size_t index, file_buffer& buffer) { prepare_all(files[index], buffer); });
    file_buffer buffer;
    prepare_all(all.subspan(in_threads), buffer);
    check_filters();
    collect(slots);
    return std::move(result_);
  }

 private:
  void tell_progress(std::size_t all) {
    if (!request_.on_progress)
      return;
    const std::scoped_lock lock(progress_mutex_);
    request_.on_progress(++done_count_, all);
  }

  bool is_of_other_architecture(const std::string& architecture) const {
    return !architecture.empty() && !request_.architecture.empty() &&
           architecture_of_name(architecture) != request_.architecture;
  }

  // True when the kernel is not wanted. Its identity may be incomplete before its file is read.
  bool is_left_out(kernel_slot& slot, bool is_complete) {
    if (slot.is_of_build)
      return false;
    const auto& identity = slot.source.identity;
    slot.is_other_architecture = is_of_other_architecture(identity.architecture);
    if (!slot.is_other_architecture &&
        (is_complete || (!identity.architecture.empty() && !identity.release.empty())))
      slot.is_filtered = !fits_filters(identity);
    return slot.is_other_architecture || slot.is_filtered;
  }

  bool fits_filters(const kernel_identity& identity) {
    bool fits = request_.filters.empty();
    const auto text = identity.path_text();
    for (std::size_t i = 0; i < request_.filters.size(); ++i) {
      if (::fnmatch(request_.filters[i].c_str(), text.c_str(), 0) != 0)
        continue;
      ++filter_hits_[i];
      fits = true;
    }
    return fits;
  }

  void prepare(kernel_slot& slot, file_buffer& buffer) {
    if (is_left_out(slot, false))
      return;
    auto kernel = find_or_make(slot, buffer);
    complete_identity(slot.source, kernel);
    if (!is_left_out(slot, true))
      slot.prepared = std::move(kernel);
  }

  // Skips reading a file that has not changed. Skips preparing a kernel when the relevant content
  // of its file has the same digest.
  prepared_kernel find_or_make(kernel_slot& slot, file_buffer& buffer) {
    const auto& path = slot.source.path;
    slot.key = prepared_kernel_store::key(path, result_.relocations);
    auto known = store_.find(slot.key, result_.relocations);
    const auto state = file_state(path);
    if (known && !state.empty() && known->state == state)
      return std::move(known->kernel);
    auto input = read_kernel(path, *wanted_, buffer);
    const auto digest = input.digest;
    slot.is_made = !known || known->digest != digest;
    auto kernel = slot.is_made ? prepare_kernel(path, std::move(input), result_.objects,
                                                result_.relocations, *wanted_)
                               : std::move(known->kernel);
    store_.put(slot.key, {state, digest, kernel});
    return kernel;
  }

  static void complete_identity(kernel_file& source, const prepared_kernel& kernel) {
    auto& identity = source.identity;
    if (identity.release.empty())
      identity.release = kernel.release;
    if (identity.release.empty())
      throw failure(
          fmt::format("'{}': neither the file nor its name tells the kernel's release",
                      source.path.string()),
          "Write <file>=<distribution>:<version>:<architecture>:<release>, where all but the "
          "release may be empty. Or call the file "
          "<distribution>/<version>/<architecture>/<release>.btf.");
    if (identity.architecture.empty())
      identity.architecture = kernel.architecture;
    if (!kernel.architecture.empty() && identity.architecture != kernel.architecture)
      throw failure(fmt::format("'{}' is named as a kernel for {}, but its types are for {}",
                                source.path.string(), identity.architecture, kernel.architecture),
                    "Check the name of the file's directory, or the architecture after '='.");
    if (identity.architecture.empty() && identity.distribution.empty())
      throw failure(
          fmt::format("'{}': neither the file nor its name tells the kernel's architecture",
                      source.path.string()),
          "Write <file>=<distribution>:<version>:<architecture>:<release>.");
  }

  bundled_build_kernel make_build_kernel(const kernel_slot& slot) const {
    const auto& identity = slot.source.identity;
    if (is_of_other_architecture(identity.architecture))
      throw failure(
          fmt::format("'{}' is BTF for {}, but the programs are built with it for {}",
                      slot.source.path.string(), identity.architecture, request_.architecture),
          "Name BTF of a kernel of that CPU: ebpf_add_program(... BTF <file>).");
    bundled_build_kernel kernel;
    kernel.identity = identity;
    kernel.btf = slot.prepared->btf;
    kernel.version = request_.build_version;
    kernel.task_offsets = slot.prepared->task_offsets;
    return kernel;
  }

  void check_filters() const {
    for (std::size_t i = 0; i < request_.filters.size(); ++i) {
      if (filter_hits_[i] == 0)
        throw failure(
            fmt::format("FILTER '{}' fits no kernel", request_.filters[i]),
            "A pattern must fit <distribution>/<version>/<architecture>/<release>. Examples: "
            "'ubuntu/20.04/*', '*/5.4.*'.");
    }
  }

  void collect(std::vector<kernel_slot>& slots) {
    std::vector<bundled_kernel> bundle;
    std::optional<bundled_build_kernel> build;
    const kernel_slot* build_slot = nullptr;
    std::map<kernel_identity, const kernel_slot*> slot_of;
    std::vector<std::string> keys;
    for (auto& slot : slots) {
      result_.other_architecture_count += slot.is_other_architecture ? 1 : 0;
      result_.filtered_count += slot.is_filtered ? 1 : 0;
      if (!slot.key.empty())
        keys.push_back(slot.key);
      if (!slot.prepared)
        continue;
      if (slot.is_of_build) {
        build = make_build_kernel(slot);
        build_slot = &slot;
        continue;
      }
      const auto [entry, is_new] = slot_of.emplace(slot.source.identity, &slot);
      if (is_new)
        bundle.push_back({slot.source.identity, slot.prepared->btf, 0});
      else if (entry->second->prepared->btf != slot.prepared->btf)
        throw failure(fmt::format("'{}' and '{}' are both for {}, and differ",
                                  entry->second->source.path.string(), slot.source.path.string(),
                                  slot.source.identity.path_text()),
                      "Leave one out, or say what each is for: "
                      "<file>=<distribution>:<version>:<architecture>:<release>.");
    }
    if (bundle.empty() && !build)
      throw failure("no kernel is left to embed BTF of",
                    fmt::format("{} are for another architecture than {}, {} do not fit FILTER.",
                                result_.other_architecture_count, request_.architecture,
                                result_.filtered_count));
    result_.file = make_bundle_file(bundle, build ? &*build : nullptr);
    const auto report = [](const bundled_kernel& kernel, const kernel_slot& slot) {
      return embedded_kernel_report{kernel.identity,   slot.source.path, slot.prepared->source_size,
                                    kernel.btf.size(), kernel.blob,      slot.prepared->outcomes};
    };
    for (const auto& kernel : bundle) {
      const auto& slot = *slot_of.at(kernel.identity);
      result_.kernels.push_back(report(kernel, slot));
      result_.made_count += slot.is_made ? 1 : 0;
    }
    if (build)
      result_.build_kernel = report(*build, *build_slot);
    store_.keep_only(keys);
  }

  const embed_request& request_;
  const prepared_kernel_store store_;
  std::optional<wanted_types> wanted_;
  std::vector<std::atomic<std::size_t>> filter_hits_;
  std::mutex progress_mutex_;
  std::size_t done_count_ = 0;
  embed_result result_;
};

}  // namespace

embed_result embed(const embed_request& request) {
  return embedder(request).run();
}

}  // namespace ebpfkit::host
