#include "ebpfkit/dynamic_object.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../errors/diagnosis.hpp"
#include "../errors/worded_diagnosis.hpp"
#include "../errors/log_capture.hpp"
#include "../system/text.hpp"
#include "../system/unique_fd.hpp"
#include "known_names.hpp"

namespace ebpfkit {
namespace {

// Larger than any object that a compiler makes of a program that a kernel loads.
constexpr std::size_t longest_file = std::size_t{256} << 20;

// What a skeleton knows about its object, read from the object.
struct contents {
  std::string name;
  std::vector<unsigned char> bytes;
  std::vector<std::string> texts;  // the names of all maps, sections and programs
  std::vector<const char*> maps;
  std::vector<section_description> sections;
  std::vector<const char*> programs;

  void read(const bpf_object* opened);
  object_description description() const;
};

void contents::read(const bpf_object* opened) {
  std::size_t map_count = 0;
  std::size_t section_count = 0;
  const bpf_map* map = nullptr;
  // The maps first, because `maps` and `sections` keep pointers into `texts`.
  for (const bool wants_sections : {false, true}) {
    while ((map = bpf_object__next_map(opened, map))) {
      if (bpf_map__is_internal(map) == wants_sections) {
        texts.emplace_back(bpf_map__name(map));
        ++(wants_sections ? section_count : map_count);
      }
    }
  }
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(opened, program)))
    texts.emplace_back(bpf_program__name(program));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const char* text = texts[i].c_str();
    if (i < map_count)
      maps.push_back(text);
    else if (i < map_count + section_count)
      sections.push_back({text, 0});  // any size is right: nothing is generated
    else
      programs.push_back(text);
  }
}

object_description contents::description() const {
  return {name.c_str(),
          bytes.data(),
          bytes.size(),
          maps.data(),
          maps.size(),
          sections.data(),
          sections.size(),
          programs.data(),
          programs.size(),
          check_fixed_layout,
          missing_named_hook_remedy,
          prepare_struct_ops};
}

ebpfkit::error not_opened(const std::string& name, int code, std::string log,
                          std::string remedy = {}) {
  return detail::diagnose_named(detail::operation::open, "object", name.c_str(), code,
                                std::move(log), std::move(remedy));
}

// Returns 0 or an errno.
int read_file(const std::string& path, std::vector<unsigned char>& bytes) {
  // Does not wait for the writer of a FIFO.
  const detail::unique_fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file)
    return file.code();
  if (fstat(file.get(), &status) != 0)
    return errno;
  if (!S_ISREG(status.st_mode))
    return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  if (static_cast<std::uint64_t>(status.st_size) > longest_file)
    return EFBIG;
  bytes.resize(static_cast<std::size_t>(status.st_size));
  for (std::size_t done = 0; done < bytes.size();) {
    const auto count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno;
    if (count == 0)
      bytes.resize(done);  // somebody has cut the file off meanwhile
    done += static_cast<std::size_t>(count);
  }
  return 0;
}

// libbpf names an object of a file in the same way (bpf_object__new() of libbpf.c).
std::string name_of_file(const std::string& path) {
  const std::string_view whole = path;
  const auto slash = whole.rfind('/');
  auto name = slash == whole.npos ? whole : std::string_view(path.c_str() + slash + 1);
  name = detail::first(name, name.find('.'));
  return std::string(name.empty() ? std::string_view("object") : name);
}

}  // namespace

struct dynamic_object::state {
  std::unique_ptr<const contents> read;  // `opened` has pointers to it
  object opened;
};

dynamic_object::dynamic_object(std::unique_ptr<state> opened) noexcept
    : state_(std::move(opened)) {}
dynamic_object::dynamic_object(dynamic_object&&) noexcept = default;
dynamic_object& dynamic_object::operator=(dynamic_object&&) noexcept = default;
dynamic_object::~dynamic_object() = default;

result<dynamic_object> dynamic_object::open_file(const std::string& path,
                                                 const bpf_object_open_opts* options) {
  std::vector<unsigned char> bytes;
  if (const int code = read_file(path, bytes))
    return not_opened(path, code, {},
                      code == EFBIG    ? "The file has more than 256 MiB."
                      : code == EINVAL ? "It is no regular file."
                                       : "");
  auto opened = open_bytes(bytes.data(), bytes.size(), name_of_file(path), options);
  if (opened)
    return opened;
  auto failure = opened.error();
  failure.object = detail::quoted("object", path.c_str());
  return failure;
}

result<dynamic_object> dynamic_object::open_bytes(const void* bytes, std::size_t size,
                                                  const std::string& name,
                                                  const bpf_object_open_opts* options) {
  auto read = std::make_unique<contents>();
  read->name = name;
  const auto* first = static_cast<const unsigned char*>(bytes);
  read->bytes.assign(first, first + size);
  if (size == 0)
    return not_opened(name, EINVAL, {}, "It has no bytes.");
  // libbpf's functions for skeletons want the names before they open the object. So it is opened
  // twice, which takes less than a millisecond for most objects.
  {
    bpf_object_open_opts named{};
    named.sz = sizeof(named);
    if (options)
      named = *options;
    if (!named.object_name)
      named.object_name = name.c_str();
    detail::log_capture log;
    bpf_object* opened = bpf_object__open_mem(read->bytes.data(), size, &named);
    if (const auto code = static_cast<int>(libbpf_get_error(opened)))
      return not_opened(name, code, log.take());
    read->read(opened);
    bpf_object__close(opened);
  }
  auto opened = object::open(read->description(), options);
  if (!opened)
    return opened.error();
  return dynamic_object(std::unique_ptr<state>(new state{std::move(read), *std::move(opened)}));
}

result<dynamic_object> dynamic_object::open_again(const bpf_object_open_opts* options) const {
  const auto& read = *state_->read;
  return open_bytes(read.bytes.data(), read.bytes.size(), read.name, options);
}

result<void> dynamic_object::load(const load_options& options) {
  return state_->opened.load(options);
}

result<void> dynamic_object::attach() {
  return state_->opened.attach();
}

void dynamic_object::detach() noexcept {
  if (state_)
    state_->opened.detach();
}

bpf_object* dynamic_object::get() const noexcept {
  return state_ ? state_->opened.get() : nullptr;
}

result<void*> dynamic_object::global_bytes(const std::string& name, std::size_t size) const {
  const auto failed = [&](int code, std::string remedy) {
    return detail::failed_to("find", "global variable", name.c_str(), code, std::move(remedy));
  };
  const btf* types = bpf_object__btf(get());
  if (!types)
    return failed(ENOENT, "The object has no BTF: compile it with -g.");
  detail::known_names names(name);
  const auto count = btf__type_cnt(types);
  for (std::uint32_t id = 1; id < count; ++id) {
    const auto* section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section))
      continue;
    const char* section_name = btf__name_by_offset(types, section->name_off);
    // Another section, such as .maps, is not the memory of variables.
    const bpf_map* map = bpf_object__find_map_by_name(get(), section_name);
    if (!map || !bpf_map__is_internal(map))
      continue;
    for (std::uint16_t i = 0; i < btf_vlen(section); ++i) {
      const auto& place = btf_var_secinfos(section)[i];
      const auto* variable = btf__type_by_id(types, place.type);
      const char* found = variable ? btf__name_by_offset(types, variable->name_off) : nullptr;
      if (!found || name != found) {
        names.add(found ? found : "");
        continue;
      }
      if (place.size != size)
        return failed(EINVAL, detail::formatted("It has %u bytes, the caller's type has %zu.",
                                                place.size, size));
      if (std::uint64_t{place.offset} + place.size > bpf_map__value_size(map))
        return failed(EINVAL, "The object's BTF is wrong: it is outside of its section.");
      std::size_t index = 0;
      while (index < state_->read->sections.size() &&
             state_->opened.map(state_->read->maps.size() + index) != map)
        ++index;
      void* memory =
          index < state_->read->sections.size() ? state_->opened.section_memory(index) : nullptr;
      if (memory)
        return static_cast<void*>(static_cast<unsigned char*>(memory) + place.offset);
      return bpf_map__fd(map) < 0
                 ? failed(EAGAIN, "libbpf reads it in load(): look after that.")
                 : failed(EOPNOTSUPP, "The kernel cannot share the memory: Linux 5.5 can.");
    }
  }
  return failed(ENOENT, names.remedy("variable"));
}

}  // namespace ebpfkit
