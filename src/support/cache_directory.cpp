#include "support/cache_directory.hpp"

#include <cstdlib>

#include "support/failure.hpp"

namespace fs = std::filesystem;

namespace ebpfkit::host {

fs::path default_cache() {
  if (const char* cache = std::getenv("EBPFKIT_CACHE_DIR"); cache != nullptr && *cache != '\0')
    return fs::absolute(cache);
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return fs::path(cache) / "ebpfkit";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache" / "ebpfkit";
  throw failure(
      "no directory for the cache: neither EBPFKIT_CACHE_DIR nor XDG_CACHE_HOME nor HOME is set",
      "Name the directory: --cache DIR.");
}

}  // namespace ebpfkit::host
