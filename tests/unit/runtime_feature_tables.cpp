// The tables of releases and configuration options agree with the kernel that runs: its probes find
// what its release and its configuration promise, and nothing else. The tests of virtual machines
// run this on other kernels, too.
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <zlib.h>

#include <memory>
#include <regex>
#include <set>
#include <string>

#include "ebpfkit/features.hpp"
#include "features/attempts.hpp"
#include "features/type_and_helper_tables.hpp"
#include "features/type_probes.hpp"
#include "system/running_kernel.hpp"

namespace {

using ebpfkit::kernel_version;
using ebpfkit::support;
using namespace ebpfkit::detail;

// The options of the running kernel that are y or m. Empty when nobody can read them. gzopen()
// reads files that are not compressed, too.
std::set<std::string> kernel_options() {
  utsname system{};
  uname(&system);
  std::set<std::string> options;
  for (const auto& path :
       {std::string("/proc/config.gz"), std::string("/boot/config-") + system.release}) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
    char line[4096];
    while (file && gzgets(file.get(), line, sizeof line)) {
      const std::string text(line);
      const auto equals = text.find('=');
      if (text.rfind("CONFIG_", 0) == 0 && equals != text.npos &&
          (text[equals + 1] == 'y' || text[equals + 1] == 'm'))
        options.insert(text.substr(0, equals));
    }
    if (!options.empty())
      break;
  }
  return options;
}

class runtime_feature_tables : public testing::Test {
 protected:
  void SetUp() override {
    if (options_.empty())
      GTEST_SKIP() << "nobody can read this kernel's configuration";
    if (!may_probe())
      GTEST_SKIP() << "needs root";
    utsname system{};
    uname(&system);
    if (std::string(system.release).find(".el") != std::string::npos)
      GTEST_SKIP() << "this kernel has features of later releases";
  }

  bool is_promised(kernel_version since, const char* wanted) const {
    if (!is_known(since) || is_older(release_, since))
      return false;
    const std::regex option("CONFIG_[A-Z0-9_]+");
    const std::string text(wanted ? wanted : "");
    for (std::sregex_iterator found(text.begin(), text.end(), option), end; found != end; ++found) {
      if (options_.count(found->str()) == 0)
        return false;
    }
    return true;
  }

  // What the library knows about types, and the probe that asks the kernel.
  struct type_table {
    probe_answer (*probe)(unsigned type);
    kernel_version (*since)(unsigned type) noexcept;
    const char* (*option)(unsigned type) noexcept;
    std::string (*name)(unsigned type);
  };

  void expect_agreement(unsigned last, const type_table& table) const {
    unsigned known = 0;
    for (unsigned type = 1; type <= last; ++type) {
      const auto state = table.probe(type).state;
      if (state == support::unknown)
        continue;
      ++known;
      const auto* option = table.option(type);
      EXPECT_EQ(state == support::present, is_promised(table.since(type), option))
          << table.name(type) << ", since " << to_text(table.since(type)) << ", "
          << (option ? option : "no option");
    }
    EXPECT_GT(known, 20U);
  }

  const std::set<std::string> options_ = kernel_options();
  const kernel_version release_ = running_kernel_version();
};

TEST_F(runtime_feature_tables, program_types) {
  expect_agreement(last_program_type, {probe_program_type, program_type_since, program_type_option,
                                       program_type_name});
}

TEST_F(runtime_feature_tables, map_types) {
  expect_agreement(last_map_type, {probe_map_type, map_type_since, map_type_option, map_type_name});
}

// The kernel's list of helpers grows in the order of their numbers.
TEST_F(runtime_feature_tables, helpers) {
  unsigned present = 0;
  for (unsigned helper = 1; helper <= 211; ++helper) {
    for (const unsigned type : {BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_KPROBE,
                                BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_XDP}) {
      if (probe_helper(type, helper, 0, 0).state != support::present)
        continue;
      ++present;
      EXPECT_FALSE(is_older(release_, ebpfkit::helper_since(helper)))
          << ebpfkit::helper_name(helper) << " in " << program_type_name(type);
    }
  }
  EXPECT_GT(present, 200U);
}

}  // namespace
