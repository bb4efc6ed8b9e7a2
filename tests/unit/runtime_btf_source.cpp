// Which BTF the runtime library chooses, on invented machines.
#include "ebpfkit/btf_source.hpp"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "kernel_types/embedded_btf.hpp"
#include "temporary_directory.hpp"

namespace {

using ebpfkit::btf_choice;
using ebpfkit::btf_source;

struct sample_kernel {
  const char* texts[4];  // architecture, release, distribution, version
  unsigned blob;
};

void put(std::string& out, unsigned long long value, int size) {
  for (int i = 0; i < size; ++i)
    out.push_back(static_cast<char>(value >> 8 * i));
}

std::string pack(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

std::string key_of(const sample_kernel& kernel) {
  std::string key;
  for (const char* part : kernel.texts)
    key.append(part).push_back('\0');
  key.pop_back();
  return key;
}

// The kernels are sorted. Blob N has the bytes "btf N" and a group of its own. All numbers are
// below 64, so that each varint is one byte. `build`, if given, is the kernel that the programs
// were built for. Its version and offsets are unknown.
std::string make_bundle(const std::vector<sample_kernel>& kernels, unsigned blob_count,
                        const sample_kernel* build = nullptr) {
  std::string index;
  std::string data;
  put(index, build ? 1 : 0, 1);
  if (build) {
    const auto key = key_of(*build);
    put(index, key.size(), 1);
    index += key;
    put(index, 0, 2);
    put(index, build->blob, 1);
  }
  unsigned blob_before = 0;
  for (const auto& kernel : kernels) {
    const auto key = key_of(kernel);
    const bool is_less = kernel.blob < blob_before;
    const auto difference = is_less ? blob_before - kernel.blob : kernel.blob - blob_before;
    put(index, 0, 2);  // shares nothing with the key before
    put(index, key.size(), 1);
    index += key;
    put(index, is_less ? difference * 2 - 1 : difference * 2, 1);
    blob_before = kernel.blob;
  }
  for (unsigned i = 0; i < blob_count; ++i) {
    const auto blob = "btf " + std::to_string(i);
    std::string group(1, '\0');
    put(group, blob.size(), 1);
    group += blob;
    const auto packed = pack(group);
    for (const auto number : {std::size_t{1}, group.size(), packed.size()})
      put(index, number, 1);
    put(index, ebpfkit::detail::embedded_checksum(packed), 8);
    data += packed;
  }
  const auto packed = pack(index);
  std::string header(ebpfkit::detail::embedded_btf_magic);
  put(header, ebpfkit::detail::embedded_btf_version, 4);
  for (const auto number :
       {kernels.size(), std::size_t{blob_count}, index.size(), packed.size(), data.size()})
    put(header, number, 4);
  put(header,
      ebpfkit::detail::embedded_checksum(packed, ebpfkit::detail::embedded_checksum(header)), 8);
  return header + packed + data;
}

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class runtime_btf_source : public testing::Test {
 protected:
  runtime_btf_source() {
    unsetenv("EBPFKIT_BTF_FILE");
    search.kernel_btf = "/no/such/file";
    search.machine = "x86_64";
    set_system("ID=ubuntu\nNAME=\"Ubuntu\"\nVERSION_ID=\"20.04\"\n");
  }
  ~runtime_btf_source() override { unsetenv("EBPFKIT_BTF_FILE"); }

  void set_system(const std::string& text) {
    os_release_ = write("os-release", text);
    search.os_release = os_release_.c_str();
  }

  std::string write(const char* name, const std::string& content) {
    return directory_.write(name, content).string();
  }

  ebpfkit::result<btf_source> find(const char* release) {
    search.release = release;
    const ebpfkit::embedded_btf embedded{reinterpret_cast<const unsigned char*>(bundle.data()),
                                         bundle.size()};
    return btf_source::find(embedded, search);
  }

  ebpfkit::result<std::vector<ebpfkit::embedded_kernel_description>> list() const {
    return ebpfkit::list_embedded(
        {reinterpret_cast<const unsigned char*>(bundle.data()), bundle.size()});
  }

  ebpfkit::btf_search search;
  std::string bundle = make_bundle({{{"", "5.0.0", "openwrt", "21"}, 4},
                                    {{"", "5.0.0", "ubuntu", "20.04"}, 3},
                                    {{"arm64", "5.4.0-42-generic", "ubuntu", "20.04"}, 5},
                                    {{"x86_64", "4.19.0-5-amd64", "debian", "10"}, 0},
                                    {{"x86_64", "5.4.0-42-generic", "ubuntu", "18.04"}, 1},
                                    {{"x86_64", "5.4.0-42-generic", "ubuntu", "20.04"}, 2},
                                    {{"x86_64", "5.4.0-91-generic", "ubuntu", "20.04"}, 2}},
                                   6);

 private:
  ebpfkit::test::temporary_directory directory_;
  std::string os_release_;
};

TEST_F(runtime_btf_source, same_release_and_architecture) {
  const auto found = find("4.19.0-5-amd64");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->choice(), btf_choice::embedded_by_release);
  EXPECT_EQ(found->description(),
            "kernel types come from the embedded BTF for 'debian 10 x86_64 4.19.0-5-amd64' (the "
            "kernel has no BTF, and has the same release)");
  EXPECT_EQ(read_file(found->path()), "btf 0");
  EXPECT_STREQ(found->open_options()->btf_custom_path, found->path());
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  found->apply_to(options);
  EXPECT_STREQ(options.btf_custom_path, found->path());
}

TEST_F(runtime_btf_source, moving_keeps_the_file_and_destruction_closes_it) {
  std::string path;
  {
    auto found = find("4.19.0-5-amd64");
    ASSERT_TRUE(found);
    const btf_source moved = std::move(*found);
    path = moved.path();
    EXPECT_EQ(read_file(moved.open_options()->btf_custom_path), "btf 0");
  }
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST_F(runtime_btf_source, programs_that_the_application_runs_do_not_get_the_file) {
  const auto found = find("4.19.0-5-amd64");
  ASSERT_TRUE(found);
  const std::string path = found->path();
  const int file = std::stoi(path.substr(path.rfind('/') + 1));
  const int flags = fcntl(file, F_GETFD);
  ASSERT_GE(flags, 0);
  EXPECT_NE(flags & FD_CLOEXEC, 0);
}

TEST_F(runtime_btf_source, distribution_decides_between_equal_releases) {
  auto found = find("5.4.0-42-generic");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->choice(), btf_choice::embedded_by_distribution);
  EXPECT_EQ(read_file(found->path()), "btf 2");
  set_system("ID='ubuntu'\nVERSION_ID='18.04'");
  EXPECT_EQ(read_file(find("5.4.0-42-generic")->path()), "btf 1");
  for (const char* system : {"ID=ubuntu\nVERSION_ID=22.04\n", "ID=debian\n", "", "ID", "=\n\n="}) {
    set_system(system);
    found = find("5.4.0-42-generic");
    ASSERT_FALSE(found) << system;
    EXPECT_EQ(found.error().code, ENOTUNIQ);
    EXPECT_NE(found.error().remedy.find("'ubuntu 18.04 x86_64 5.4.0-42-generic', 'ubuntu 20.04"),
              std::string::npos);
  }
}

TEST_F(runtime_btf_source, kernels_without_architecture_need_the_distribution) {
  const auto found = find("5.0.0");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->choice(), btf_choice::embedded_by_distribution);
  EXPECT_EQ(read_file(found->path()), "btf 3");
  set_system("ID=debian\n");
  EXPECT_EQ(find("5.0.0").error().code, ENOENT);
}

TEST_F(runtime_btf_source, nothing_fits) {
  auto found = find("5.4.0-80-generic");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ENOENT);
  EXPECT_EQ(found.error().object, "BTF for Linux 5.4.0-80-generic x86_64 (ubuntu 20.04)");
  EXPECT_NE(found.error().remedy.find("Nearest of the 7 that are embedded: 'ubuntu 20.04 x86_64 "
                                      "5.4.0-42-generic', 'ubuntu 20.04 x86_64 5.4.0-91-generic'."),
            std::string::npos)
      << found.error().remedy;
  search.machine = "riscv64";
  found = find("5.4.0-42-generic");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().remedy.find("is for this architecture"), std::string::npos);
  bundle.clear();
  EXPECT_NE(find("5.0.0").error().remedy.find("ebpf_embed_btf()"), std::string::npos);
}

TEST_F(runtime_btf_source, other_names_of_an_architecture) {
  search.machine = "aarch64";
  const auto found = find("5.4.0-42-generic");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(read_file(found->path()), "btf 5");
}

TEST_F(runtime_btf_source, layout_of_the_build_is_taken_when_allowed) {
  const sample_kernel build{{"x86_64", "5.9.0-own", "", ""}, 1};
  bundle = make_bundle({{{"x86_64", "4.19.0-5-amd64", "debian", "10"}, 0}}, 2, &build);
  EXPECT_EQ(find("5.9.0-own").error().code, ENOENT);
  search.fallback = &ebpfkit::checked_build_layout;
  auto found = find("5.9.0-own");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->choice(), btf_choice::layout_of_build);
  EXPECT_FALSE(found->is_portable());
  EXPECT_EQ(found->description().find("NOT PORTABLE: there is no BTF for Linux 5.9.0-own"), 0U)
      << found->description();
  EXPECT_EQ(read_file(found->path()), "btf 1");
  EXPECT_TRUE(found->mismatches().empty());

  found = find("5.9.1");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, EOPNOTSUPP);
  EXPECT_EQ(found.error().object,
            "the layout of 'x86_64 5.9.0-own' on Linux 5.9.1 x86_64 (ubuntu 20.04)");
  EXPECT_NE(found.error().remedy.find("The kernel's release is '5.9.1'"), std::string::npos);
  search.fallback = &ebpfkit::forced_build_layout;
  found = find("5.9.1");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->mismatches().size(), 1U);
  EXPECT_NE(found->description().find("Forced"), std::string::npos);

  // Embedded BTF comes first.
  EXPECT_EQ(find("4.19.0-5-amd64")->choice(), btf_choice::embedded_by_release);
}

TEST_F(runtime_btf_source, what_is_embedded_can_be_listed) {
  const sample_kernel build{{"x86_64", "5.9.0-own", "", ""}, 1};
  bundle = make_bundle({{{"x86_64", "4.19.0-5-amd64", "debian", "10"}, 0}}, 2, &build);
  const auto all = list();
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->front().release, "4.19.0-5-amd64");
  EXPECT_EQ(all->front().distribution, "debian");
  EXPECT_EQ(all->front().distribution_version, "10");
  EXPECT_EQ(all->front().btf_size, 5U);
  EXPECT_FALSE(all->front().is_of_build);
  EXPECT_EQ(all->back().btf_number, 1U);
  EXPECT_TRUE(all->back().is_of_build);
  bundle.back() = 'x';
  EXPECT_EQ(list().error().code, EBADMSG);
  bundle.clear();
  EXPECT_TRUE(list()->empty());
}

TEST_F(runtime_btf_source, damage_is_told) {
  bundle.back() = static_cast<char>(bundle.back() ^ 1);  // in the group of "btf 5"
  search.machine = "arm64";
  EXPECT_EQ(find("5.4.0-42-generic").error().code, EBADMSG);
  search.machine = "x86_64";
  EXPECT_TRUE(find("5.4.0-42-generic"));
  bundle[50] = 'x';
  EXPECT_EQ(find("5.4.0-42-generic").error().code, EBADMSG);
}

TEST_F(runtime_btf_source, kernel_then_environment_then_caller) {
  const auto kernel = write("kernel", "\x9f\xeb");
  const auto variable = write("variable", "\177ELF");
  const auto file = write("file", "\xeb\x9f");
  search.kernel_btf = kernel.c_str();
  auto found = find("4.19.0-5-amd64");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->choice(), btf_choice::kernel);
  EXPECT_EQ(found->path(), kernel);
  setenv("EBPFKIT_BTF_FILE", variable.c_str(), 1);
  found = find("4.19.0-5-amd64");
  EXPECT_EQ(found->choice(), btf_choice::file_of_environment);
  EXPECT_EQ(found->path(), variable);
  search.file = file.c_str();
  found = find("4.19.0-5-amd64");
  EXPECT_EQ(found->choice(), btf_choice::file_of_caller);
  EXPECT_EQ(found->path(), file);
}

TEST_F(runtime_btf_source, named_files_must_be_btf) {
  const auto wrong = write("wrong", "hello");
  search.file = wrong.c_str();
  EXPECT_EQ(find("4.19.0-5-amd64").error().code, ENOEXEC);
  search.file = "/no/such/file";
  EXPECT_EQ(find("4.19.0-5-amd64").error().code, ENOENT);
  search.file = nullptr;
  setenv("EBPFKIT_BTF_FILE", wrong.c_str(), 1);
  EXPECT_NE(find("4.19.0-5-amd64").error().remedy.find("EBPFKIT_BTF_FILE"), std::string::npos);
}

}  // namespace
