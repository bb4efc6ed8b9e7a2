// Why this does not use libelf: libbpf.so links libelf for itself alone. Every application,
// exported library and package would have to link it, also those that name no functions. Measured
// with libelf 0.188 and the 45,000 symbols of libLLVM 14: the same time, 7 instead of 8 MB of
// memory, and 8 kB less in a static loader that names functions (none in others). The fuzzer runs
// this code under ASan, but not the code of a system's libelf.
#include "function_offsets.hpp"

#include <elf.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace ebpfkit::detail {
namespace {

struct elf_64 {
  using header = Elf64_Ehdr;
  using section = Elf64_Shdr;
  using symbol = Elf64_Sym;
};
struct elf_32 {
  using header = Elf32_Ehdr;
  using section = Elf32_Shdr;
  using symbol = Elf32_Sym;
};

// Tables of symbols and of their names are at most so large. The largest that were seen have some
// 100 MB (browsers with debug information).
constexpr std::uint64_t largest_table = std::uint64_t{1} << 30;

// Longer names are cut: in a hostile table, each symbol could have the whole table as its name.
constexpr std::size_t longest_name = 1 << 14;

constexpr unsigned char own_byte_order =
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    ELFDATA2LSB;
#else
    ELFDATA2MSB;
#endif

// The function that a wanted name has found so far.
struct found_function {
  std::uint64_t offset = 0;
  int rank = 0;  // of its binding; 0: none
  bool is_ambiguous = false;
};

int rank_of(unsigned binding) {
  return binding == STB_LOCAL ? 1 : binding == STB_WEAK ? 2 : 3;
}

// Reads a table piece by piece, so that a size that is not true takes no memory.
template <class T>
bool read_table(const file_bytes& file, std::uint64_t offset, std::uint64_t size,
                std::vector<T>& table) {
  constexpr std::size_t most = 1 << 16;  // elements at a time
  if (size > largest_table)
    return false;
  for (auto count = static_cast<std::size_t>(size / sizeof(T)); count != 0;) {
    const auto before = table.size();
    const auto more = std::min(count, most);
    table.resize(before + more);
    if (!file.read(offset + before * sizeof(T), table.data() + before, more * sizeof(T)))
      return false;
    count -= more;
  }
  return true;
}

template <class Elf>
class symbol_search {
 public:
  symbol_search(const file_bytes& file, const std::vector<std::string>& functions, bool is_pattern)
      : file_(file), functions_(functions), is_pattern_(is_pattern), found_(functions.size()) {}

  // Returns 0 or ENOEXEC.
  int run() {
    typename Elf::header header{};
    if (!file_.read(0, &header, sizeof(header)) || header.e_shoff == 0 ||
        header.e_shentsize != sizeof(typename Elf::section))
      return ENOEXEC;
    is_arm_ = header.e_machine == EM_ARM;
    typename Elf::section first{};
    if (!file_.read(header.e_shoff, &first, sizeof(first)))
      return ENOEXEC;
    // A file with very many sections has their number in the first one.
    const std::uint64_t count = header.e_shnum != 0 ? header.e_shnum : first.sh_size;
    if (count > largest_table / sizeof(first) ||
        !read_table(file_, header.e_shoff, count * sizeof(first), sections_))
      return ENOEXEC;
    for (const auto& section : sections_) {
      if (section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM)
        continue;
      if (!search(section))
        return ENOEXEC;
    }
    return 0;
  }

  const std::vector<found_function>& found() const noexcept { return found_; }
  std::vector<std::uint64_t>& matches() noexcept { return matches_; }

 private:
  bool search(const typename Elf::section& table) {
    std::vector<typename Elf::symbol> symbols;
    std::vector<char> names;
    if (table.sh_entsize != sizeof(typename Elf::symbol) || table.sh_link >= sections_.size())
      return false;
    const auto& name_table = sections_[table.sh_link];
    if (!read_table(file_, table.sh_offset, table.sh_size, symbols) ||
        !read_table(file_, name_table.sh_offset, name_table.sh_size, names))
      return false;
    for (const auto& symbol : symbols) {
      // The type and the binding share a byte, in both classes alike.
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF ||
          symbol.st_shndx >= sections_.size() || symbol.st_name >= names.size())
        continue;
      const char* begin = names.data() + symbol.st_name;
      const auto room = std::min<std::size_t>(names.size() - symbol.st_name, longest_name);
      const std::string_view name(begin, strnlen(begin, room));
      // Static symbol tables write the version behind the name: "function@@VERSION".
      take(name.substr(0, name.find('@')), symbol);
    }
    return true;
  }

  void take(std::string_view name, const typename Elf::symbol& symbol) {
    const auto& section = sections_[symbol.st_shndx];
    // The lowest bit tells Thumb code.
    const std::uint64_t value = is_arm_ ? symbol.st_value & ~1ULL : symbol.st_value;
    const std::uint64_t offset = value - section.sh_addr + section.sh_offset;
    if (is_pattern_) {
      if (fnmatch(functions_.front().c_str(), std::string(name).c_str(), FNM_NOESCAPE) == 0)
        matches_.push_back(offset);
      return;
    }
    const int rank = rank_of(ELF64_ST_BIND(symbol.st_info));
    for (std::size_t i = 0; i < functions_.size(); ++i) {
      if (name != functions_[i] || rank < found_[i].rank)
        continue;
      if (rank > found_[i].rank)
        found_[i] = {offset, rank, false};
      else if (offset != found_[i].offset)
        found_[i].is_ambiguous = true;
    }
  }

  const file_bytes& file_;
  const std::vector<std::string>& functions_;
  bool is_pattern_;
  bool is_arm_ = false;
  std::vector<typename Elf::section> sections_{};
  std::vector<found_function> found_;
  std::vector<std::uint64_t> matches_{};
};

template <class Elf>
int search_in(const file_bytes& file, const std::vector<std::string>& functions, bool is_pattern,
              std::vector<std::uint64_t>& offsets, std::string& culprit) {
  symbol_search<Elf> search(file, functions, is_pattern);
  if (const int code = search.run(); code != 0)
    return code;
  if (is_pattern) {
    offsets = search.matches();
    std::sort(offsets.begin(), offsets.end());
    offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
    culprit = functions.front();
    return offsets.empty() ? ENOENT : 0;
  }
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const auto& one = search.found()[i];
    culprit = functions[i];
    if (one.rank == 0)
      return ENOENT;
    if (one.is_ambiguous)
      return ENOTUNIQ;
    offsets.push_back(one.offset);
  }
  return 0;
}

}  // namespace

bool file_bytes::read(std::uint64_t offset, void* to, std::size_t size) const {
  if (fd_ < 0) {
    if (offset > memory_.size() || size > memory_.size() - offset)
      return false;
    memcpy(to, memory_.data() + offset, size);
    return true;
  }
  constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  const std::uint64_t length = size;
  if (length > last || offset > last - length)
    return false;
  auto* next = static_cast<char*>(to);
  while (size != 0) {
    const auto taken = pread(fd_, next, size, static_cast<off_t>(offset));
    if (taken < 0 && errno == EINTR)
      continue;
    if (taken <= 0)
      return false;
    next += taken;
    offset += static_cast<std::uint64_t>(taken);
    size -= static_cast<std::size_t>(taken);
  }
  return true;
}

int find_function_offsets(const file_bytes& file, const std::vector<std::string>& functions,
                          std::vector<std::uint64_t>& offsets, std::string& culprit) {
  offsets.clear();
  unsigned char identity[EI_NIDENT] = {};
  if (functions.empty())
    return EINVAL;
  if (!file.read(0, identity, sizeof(identity)) || memcmp(identity, ELFMAG, SELFMAG) != 0 ||
      identity[EI_DATA] != own_byte_order)
    return ENOEXEC;
  const bool is_pattern =
      functions.size() == 1 && functions.front().find_first_of("*?") != std::string::npos;
  if (identity[EI_CLASS] == ELFCLASS64)
    return search_in<elf_64>(file, functions, is_pattern, offsets, culprit);
  if (identity[EI_CLASS] == ELFCLASS32)
    return search_in<elf_32>(file, functions, is_pattern, offsets, culprit);
  return ENOEXEC;
}

}  // namespace ebpfkit::detail
