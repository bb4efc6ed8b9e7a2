// Measures how long an application takes to get the BTF for a kernel, from what ebpf_embed_btf()
// embeds and from a gzipped tar. Prints the median of all rounds for each way, in microseconds.
// This is a program of its own because the runtime library shares a namespace with the host tool.
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ebpfkit/btf_source.hpp>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Inflates the whole archive, as the usual way must: nobody can enter a stream in the middle.
std::string inflate_all(const std::string& archive) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK)
    throw std::runtime_error("zlib does not start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(archive.data()));
  stream.avail_in = static_cast<uInt>(archive.size());
  std::string content;
  int status = Z_OK;
  while (status == Z_OK) {
    char part[1 << 16];
    stream.next_out = reinterpret_cast<Bytef*>(part);
    stream.avail_out = sizeof(part);
    status = inflate(&stream, Z_NO_FLUSH);
    content.append(part, sizeof(part) - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END)
    throw std::runtime_error("the archive is damaged");
  return content;
}

// Returns the member whose name ends with `name_end`.
std::string find_member(const std::string& tar, const std::string& name_end) {
  for (std::size_t at = 0; at + 512 <= tar.size() && tar[at] != '\0';) {
    const std::string name(tar.data() + at, strnlen(tar.data() + at, 100));
    const auto size = std::strtoull(std::string(tar, at + 124, 12).c_str(), nullptr, 8);
    if (name.size() >= name_end.size() &&
        name.compare(name.size() - name_end.size(), name_end.size(), name_end) == 0)
      return tar.substr(at + 512, size);
    at += 512 + (size + 511) / 512 * 512;
  }
  throw std::runtime_error("no member " + name_end);
}

double median_microseconds(int rounds, const std::function<void(int)>& work) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work(round);
    const std::chrono::duration<double, std::micro> elapsed =
        std::chrono::steady_clock::now() - begin;
    times.push_back(elapsed.count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

int measure(const char* bundle_path, const char* archive_path, const char* machine,
            const std::vector<std::string>& releases) {
  const auto bundle = read(bundle_path);
  const auto archive = read(archive_path);
  const auto release_of = [&](int round) -> const std::string& {
    return releases[static_cast<std::size_t>(round) * 7919 % releases.size()];
  };
  const auto ours = median_microseconds(400, [&](int round) {
    ebpfkit::btf_search search;
    search.kernel_btf = "/nonexistent";  // a kernel without BTF
    search.release = release_of(round).c_str();
    search.machine = machine;
    const auto found = ebpfkit::btf_source::find(
        {reinterpret_cast<const unsigned char*>(bundle.data()), bundle.size()}, search);
    if (!found || !found->path())
      throw std::runtime_error(found ? "nothing was found" : found.error().message());
  });
  const auto theirs = median_microseconds(40, [&](int round) {
    if (find_member(inflate_all(archive), "/" + release_of(round) + ".btf").empty())
      throw std::runtime_error("the member is empty");
  });
  std::printf("%.1f %.1f\n", ours, theirs);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 5)
      throw std::runtime_error("usage: BUNDLE ARCHIVE.tar.gz MACHINE RELEASE...");
    unsetenv("EBPFKIT_BTF_FILE");
    return measure(argv[1], argv[2], argv[3], {argv + 4, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ebpfkit_embed_lookup: %s\n", error.what());
    return 1;
  }
}
