#include "btf/btf_lint.hpp"

#include <cstdint>
#include <memory>

#include <gtest/gtest.h>

#include "btf_builder.hpp"
#include "input_fixtures.hpp"

namespace ebpfkit::host::input_test {
namespace {

using test::btf_builder;

btf_lint lint(const bytes& btf, const lint_options& options = {}) {
  return lint_btf({{"file.btf", {"BTF"}, {}, {}, {}}, btf, {}}, options);
}

// Returns a text like "warning missing_base" for each finding.
std::vector<std::string> findings(const btf_lint& report) {
  std::vector<std::string> all;
  for (const auto& each : report.findings)
    all.push_back((each.level == severity::damage ? "damage " : "warning ") + each.code);
  return all;
}

using texts = std::vector<std::string>;

TEST(BtfLint, CountsKinds) {
  for (const auto order : {std::endian::little, std::endian::big}) {
    const auto report = lint(test::sample_btf(order));
    EXPECT_EQ(findings(report), texts{});
    EXPECT_EQ(report.byte_order, order);
    EXPECT_EQ(report.type_count, 22U);
    EXPECT_EQ(report.kinds.at("int"), 2U);
    EXPECT_EQ(report.kinds.at("enum"), 1U);
    EXPECT_EQ(report.kinds.at("enum64"), 1U);
    EXPECT_EQ(report.kinds.at("func_proto"), 1U);
    EXPECT_EQ(report.kinds.size(), 19U);
    EXPECT_EQ(report.pointer_size, 8U);
    EXPECT_FALSE(report.is_split);
  }
}

TEST(BtfLint, NamesUnknownKinds) {
  btf_builder btf;
  btf.integer("int", 4);
  btf.add("future", static_cast<type_kind>(23), 0, false, 0);
  btf.integer("char", 1);
  const auto report = lint(btf.bytes());
  EXPECT_EQ(findings(report), texts{"damage unknown_kind"});
  EXPECT_EQ(report.unknown_kinds, (std::map<std::uint32_t, std::uint32_t>{{23, 1}}));
  EXPECT_EQ(report.type_count, 1U);
  EXPECT_NE(report.findings[0].message.find("kind 23"), std::string::npos);
}

TEST(BtfLint, TellsDamage) {
  const auto whole = test::sample_btf();
  EXPECT_EQ(findings(lint({})), texts{"damage damaged_header"});
  EXPECT_EQ(findings(lint({whole.begin(), whole.begin() + 100})), texts{"damage damaged_header"});
  btf_builder cut;
  cut.add("cut", type_kind::structure, 5, false, 4, {0, 0, 0});
  EXPECT_EQ(findings(lint(cut.bytes())), texts{"damage truncated_type"});
  btf_builder wrong;
  wrong.pointer(7);
  EXPECT_EQ(findings(lint(wrong.bytes())), texts{"damage damaged_types"});
  // BTF with a damaged first string does not become split BTF.
  auto first_string = whole;
  first_string[24 + *reinterpret_cast<const std::uint32_t*>(&whole[12])] = 'x';
  const auto report = lint(first_string);
  EXPECT_FALSE(report.is_split);
  EXPECT_EQ(findings(report), texts{"damage damaged_types"});
}

TEST(BtfLint, SplitBtf) {
  btf_builder base;
  const auto number = base.integer("long unsigned int", 4);
  btf_builder split(std::endian::native, number + 1, base.text_size());
  split.record("of_module", 4, {{"number", number, 0}});
  const auto alone = lint(split.bytes());
  EXPECT_TRUE(alone.is_split);
  EXPECT_EQ(findings(alone), texts{"warning missing_base"});
  const checked_btf parsed{{}, base.bytes(), std::make_shared<const type_graph>(base.bytes())};
  EXPECT_EQ(findings(lint(split.bytes(), {&parsed, {}})), texts{});
  EXPECT_EQ(findings(lint(base.bytes(), {&parsed, {}})), texts{"warning unneeded_base"});
}

TEST(BtfLint, CutEnumerators) {
  btf_builder sound;
  sound.enumeration({}, {{"BPF_F_CTXLEN_MASK", 0xfffff00000000}, {"OTHER", 1}}, false, 4);
  EXPECT_EQ(findings(lint(sound.bytes())), texts{"warning truncated_enum64"});
  btf_builder wide;
  wide.enumeration("wide", {{"ONE", 1}}, false, 8);
  const auto report = lint(wide.bytes());
  EXPECT_EQ(findings(report), texts{"warning truncated_enum64"});
  EXPECT_NE(report.findings[0].message.find("enum wide"), std::string::npos);
  btf_builder kept;
  kept.enumeration64({}, {{"BPF_F_CTXLEN_MASK", 0xfffff00000000}});
  kept.enumeration("narrow", {{"ONE", 0xffffffff}});
  EXPECT_EQ(findings(lint(kept.bytes())), texts{});
}

TEST(BtfLint, Architecture) {
  btf_builder btf;
  const auto word = btf.integer("long unsigned int", 8);
  btf.record("pt_regs", 16, {{"epc", word, 0}, {"ra", word, 64}});
  EXPECT_EQ(lint(btf.bytes()).source.architecture, "riscv");
  EXPECT_EQ(findings(lint(btf.bytes(), {nullptr, "riscv64"})), texts{});
  EXPECT_EQ(findings(lint(btf.bytes(), {nullptr, "amd64"})),
            texts{"warning architecture_mismatch"});
  EXPECT_NE(failure_text([&] { lint(btf.bytes(), {nullptr, "vax"}); }), "");
}

TEST(BtfLint, SurvivesDamage) {
  survive_damage(test::sample_btf(), [](const bytes& damaged) { lint(damaged); });
}

}  // namespace
}  // namespace ebpfkit::host::input_test
