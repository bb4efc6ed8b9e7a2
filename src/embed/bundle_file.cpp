#include "embed/bundle_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>

#include "runtime/embedded_btf.hpp"
#include "support/failure.hpp"
#include "support/file.hpp"

namespace ebpfkit {

namespace {

void put(std::string& out, std::uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; ++i)
    out.push_back(static_cast<char>(value >> 8 * i));
}

std::uint32_t checked_size(const std::string& part) {
  if (part.size() > std::numeric_limits<std::uint32_t>::max())
    throw failure("the BTF to embed has more than 4 GB", "Embed fewer kernels: FILTER.");
  return static_cast<std::uint32_t>(part.size());
}

// Texts that are kept once.
class text_section {
 public:
  std::uint32_t offset_of(const std::string& text) {
    const auto [entry, is_new] = offsets_.emplace(text, checked_size(text_));
    if (is_new)
      text_.append(text).push_back('\0');
    return entry->second;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_{'\0'};
  std::map<std::string, std::uint32_t> offsets_{{"", 0}};
};

// Equal BTF is kept once, in the order of first use.
class blob_section {
 public:
  std::uint32_t add(std::span<const std::uint8_t> bytes) {
    const auto next = static_cast<std::uint32_t>(numbers_.size());
    const auto [entry, is_new] = numbers_.emplace(sha256_hex(bytes), next);
    if (is_new) {
      const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      put(table_, checked_size(data_), 4);
      put(table_, content.size(), 4);
      put(table_, detail::embedded_checksum(content), 8);
      data_ += content;
    }
    return entry->second;
  }
  std::size_t count() const { return numbers_.size(); }
  const std::string& table() const { return table_; }
  const std::string& data() const { return data_; }

 private:
  std::map<std::string, std::uint32_t> numbers_;
  std::string table_;
  std::string data_;
};

}  // namespace

std::string make_bundle_file(std::vector<bundled_kernel>& kernels, bundled_build_kernel* build) {
  std::ranges::sort(kernels, {}, &bundled_kernel::identity);
  text_section texts;
  blob_section blobs;
  const auto put_kernel = [&](std::string& table, bundled_kernel& kernel) {
    const auto& identity = kernel.identity;
    for (const auto* part :
         {&identity.architecture, &identity.release, &identity.distribution, &identity.version})
      put(table, texts.offset_of(*part), 4);
    kernel.blob = blobs.add(kernel.btf);
    put(table, kernel.blob, 4);
  };
  std::string table;
  for (auto& kernel : kernels)
    put_kernel(table, kernel);
  std::string build_entry;
  if (build) {
    put_kernel(build_entry, *build);
    put(build_entry, texts.offset_of(build->version), 4);
    put(build_entry, texts.offset_of(build->task_offsets), 4);
  }

  std::string header(detail::embedded_btf_magic);
  put(header, detail::embedded_btf_version, 4);
  put(header, kernels.size(), 4);
  put(header, blobs.count(), 4);
  put(header, checked_size(texts.text()), 4);
  put(header, checked_size(blobs.data()), 4);
  put(header, build ? 1 : 0, 4);
  const auto index = build_entry + table + blobs.table() + texts.text();
  put(header, detail::embedded_checksum(index, detail::embedded_checksum(header)), 8);
  return header + index + blobs.data();
}

}  // namespace ebpfkit
