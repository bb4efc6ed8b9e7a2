#include "sysroot/digest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/types.h>
#include <unistd.h>

// <sha2.h> needs the types of <sys/types.h>.
#include <sha2.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "support/failure.hpp"
#include "support/file.hpp"
#include "support/file_descriptor.hpp"

namespace ebpfkit::host {

void fact_digest::add(std::string_view label, std::string_view value) {
  text_ += fmt::format("{} {}:{} {}\n", label.size(), label, value.size(), value);
}

std::string fact_digest::hex() const {
  return sha256_hex({reinterpret_cast<const std::uint8_t*>(text_.data()), text_.size()});
}

std::string sha256_of_file(const std::filesystem::path& path) {
  const file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto fail = [&] {
    throw failure(fmt::format("cannot read '{}': {}", path.string(), std::strerror(errno)));
  };
  if (file.get() < 0)
    fail();
  SHA2_CTX context;
  SHA256Init(&context);
  constexpr std::size_t piece = 1U << 18U;
  std::vector<std::uint8_t> buffer(piece);
  for (;;) {
    const auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      fail();
    if (got == 0)
      break;
    SHA256Update(&context, buffer.data(), static_cast<std::size_t>(got));
  }
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256Final(digest.data(), &context);
  std::string text;
  for (const auto byte : digest)
    text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace ebpfkit::host
