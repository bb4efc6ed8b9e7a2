// Ring buffers that are read beside their consumer, and values for variables of running programs.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "btf/type_graph.hpp"
#include "btf_builder.hpp"
#include "inspect/attachments.hpp"
#include "inspect/globals.hpp"
#include "inspect/holders.hpp"
#include "inspect/typed_value.hpp"
#include "inspect/value_parser.hpp"
#include "inspect/loaded_objects.hpp"
#include "inspect/owners.hpp"
#include "inspect/project.hpp"
#include "inspect/ring_follower.hpp"
#include "inspect/tc_filters.hpp"
#include "runtime/attach/clsact.hpp"
#include "runtime/attach/link_create.hpp"
#include "runtime/attach/xdp_dispatcher.hpp"
#include "support/failure.hpp"
#include "support/file_descriptor.hpp"
#include "support/process.hpp"

namespace ebpfkit::host {
namespace {

using test::btf_builder;
using byte_list = std::vector<std::uint8_t>;

static_assert(std::endian::native == std::endian::little, "the bytes below are little-endian");

// A file with the layout of a ring buffer. The kernel maps the data twice; here they are written
// twice.
class ring_file {
 public:
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

  ring_file() : fd_(::memfd_create("ring", MFD_CLOEXEC)) {
    EXPECT_EQ(::ftruncate(fd_.get(), static_cast<off_t>(2 * page + 2 * size)), 0);
    memory_ = static_cast<std::uint8_t*>(
        ::mmap(nullptr, 2 * page + 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0));
  }
  ~ring_file() { ::munmap(memory_, 2 * page + 2 * size); }
  ring_file(const ring_file&) = delete;
  ring_file& operator=(const ring_file&) = delete;

  // Writes a record of 8 bytes, all `mark`, which takes 16 bytes. Returns its position.
  std::uint64_t write(std::uint8_t mark, std::uint32_t bits = 0) {
    const auto position = producer_;
    const std::uint32_t head[2] = {8 | bits, 0};
    byte_list record(sizeof head + 8, mark);
    std::memcpy(record.data(), head, sizeof head);
    for (std::size_t i = 0; i < record.size(); ++i)
      data()[(position + i) % size] = data()[(position + i) % size + size] = record[i];
    producer_ += record.size();
    std::memcpy(memory_ + page, &producer_, sizeof producer_);
    return position;
  }
  void finish(std::uint64_t position) {
    data()[position % size + 3] = data()[position % size + size + 3] = 0;
  }
  void consume(std::uint64_t position) { std::memcpy(memory_, &position, sizeof position); }
  std::uint64_t producer() const { return producer_; }

  int fd() const { return fd_.get(); }
  static loaded_map map() {
    loaded_map map;
    map.max_entries = size;
    return map;
  }

  static constexpr std::uint32_t size = 4096;

 private:
  std::uint8_t* data() { return memory_ + 2 * page; }

  file_descriptor fd_;
  std::uint8_t* memory_ = nullptr;
  std::uint64_t producer_ = 0;
};

std::string marks(const std::vector<ring_record>& records) {
  std::string text;
  for (const auto& record : records)
    text +=
        record.bytes == byte_list(8, record.bytes.at(0)) ? static_cast<char>(record.bytes[0]) : '?';
  return text;
}

TEST(inspect_ring, begins_with_what_the_consumer_has_not_taken) {
  ring_file ring;
  ring.write('a');
  ring.consume(ring.producer());
  ring.write('b');
  ring_follower follower(ring.fd(), ring_file::map());
  ring.write('c');
  EXPECT_EQ(marks(follower.read()), "bc");
  EXPECT_EQ(marks(follower.read()), "");
  // The consumer overtakes: nothing is lost, and nothing comes twice.
  ring.consume(ring.producer());
  ring.write('d');
  EXPECT_EQ(marks(follower.read()), "d");
  EXPECT_EQ(follower.lost_bytes(), 0U);
}

TEST(inspect_ring, waits_for_busy_records_and_leaves_out_discarded_ones) {
  ring_file ring;
  ring_follower follower(ring.fd(), ring_file::map());
  ring.write('a');
  ring.write('b', BPF_RINGBUF_DISCARD_BIT);
  const auto busy = ring.write('c', BPF_RINGBUF_BUSY_BIT);
  ring.write('d');
  EXPECT_EQ(marks(follower.read()), "a");
  EXPECT_EQ(follower.discarded_records(), 1U);
  EXPECT_EQ(marks(follower.read()), "");
  ring.finish(busy);
  EXPECT_EQ(marks(follower.read()), "cd");
}

TEST(inspect_ring, tells_what_was_written_over) {
  ring_file ring;
  ring_follower follower(ring.fd(), ring_file::map());
  // 300 records of 16 bytes do not fit into 4096 bytes. The consumer has all but the last three.
  for (int i = 0; i < 297; ++i)
    ring.write('x');
  ring.consume(ring.producer());
  for (const char mark : {'a', 'b', 'c'})
    ring.write(static_cast<std::uint8_t>(mark));
  EXPECT_EQ(marks(follower.read()), "abc");
  EXPECT_EQ(follower.lost_bytes(), 297U * 16);
}

TEST(inspect_ring, records_that_the_consumer_took_are_read_while_they_are_there) {
  ring_file ring;
  ring_follower follower(ring.fd(), ring_file::map());
  for (int i = 0; i < 255; ++i)
    ring.write('x');
  ring.consume(ring.producer());
  EXPECT_EQ(marks(follower.read()), std::string(255, 'x'));
  EXPECT_EQ(follower.lost_bytes(), 0U);
  EXPECT_FALSE(follower.is_full_for(8));
}

TEST(inspect_ring, tells_when_the_buffer_is_full) {
  ring_file ring;
  ring_follower follower(ring.fd(), ring_file::map());
  for (int i = 0; i < 256; ++i)
    ring.write('x');
  EXPECT_EQ(follower.read().size(), 256U);
  EXPECT_TRUE(follower.is_full_for(8));
}

// A length that no record of this buffer has, as only a torn read could show it.
TEST(inspect_ring, never_reads_beyond_the_buffer) {
  ring_file ring;
  ring_follower follower(ring.fd(), ring_file::map());
  ring.write('a', 0x3ffffff0);
  EXPECT_EQ(follower.read().size(), 0U);
}

// A network of the test's own.
class inspect_detach : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs root";
    before_ = file_descriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
  }
  void TearDown() override {
    if (before_.get() >= 0) {
      EXPECT_EQ(::setns(before_.get(), CLONE_NEWNET), 0);
    }
  }

  static file_descriptor load_program() {
    const bpf_insn code[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
                             {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    file_descriptor program(
        bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "left_over", "GPL", code, std::size(code), nullptr));
    EXPECT_GE(program.get(), 0);
    return program;
  }
  static void add_filter(bpf_tc_attach_point side = BPF_TC_EGRESS) {
    const auto program = load_program();
    bpf_tc_hook hook{};
    hook.sz = sizeof hook;
    hook.ifindex = loopback;
    hook.attach_point = side;
    bpf_tc_opts options{};
    options.sz = sizeof options;
    options.prog_fd = program.get();
    ASSERT_EQ(bpf_tc_attach(&hook, &options), 0);
  }
  // libbpf 1.1 cannot make such links.
  static file_descriptor make_tcx_link() {
    const auto program = load_program();
    const struct {
      detail::link_create_head head;
      detail::order_attributes order;
    } attributes{{static_cast<std::uint32_t>(program.get()), loopback, detail::tcx_egress_hook, 0},
                 {}};
    return file_descriptor(
        static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
  }
  static void remove_filters() {
    int count = 0;
    for (const auto& attached : find_attachments())
      if (attached.kind == attachment_kind::tc && attached.interface_index == loopback) {
        remove_attachment(attached, {}, false);
        ++count;
      }
    EXPECT_EQ(count, 1);
  }

  static constexpr int loopback = 1;

 private:
  file_descriptor before_{-1};
};

TEST_F(inspect_detach, the_runtimes_own_qdisc_goes_with_its_last_filter) {
  ASSERT_EQ(detail::make_clsact(loopback), 0);
  add_filter();
  EXPECT_TRUE(has_clsact(loopback));
  remove_filters();
  EXPECT_FALSE(has_clsact(loopback));
}

TEST_F(inspect_detach, the_qdisc_of_others_stays) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = loopback;
  hook.attach_point = BPF_TC_EGRESS;
  ASSERT_EQ(bpf_tc_hook_create(&hook), 0);
  add_filter();
  remove_filters();
  EXPECT_TRUE(has_clsact(loopback));
}

// The qdisc that is older than clsact has one side.
TEST_F(inspect_detach, a_filter_of_the_ingress_qdisc_comes_once) {
  if (run_process({"tc", "qdisc", "add", "dev", "lo", "ingress"}).exit_status != 0)
    GTEST_SKIP() << "there is no tc";
  add_filter(BPF_TC_INGRESS);
  remove_filters();
  EXPECT_TRUE(read_tc_filters(loopback).empty());
}

// BPF_PROG_ATTACH leaves a program in the chain when its process ends.
TEST_F(inspect_detach, programs_of_tcx_without_link_are_found_and_removed) {
  const auto at_loopback = [] {
    std::vector<attached_program> found;
    for (auto& attached : find_attachments())
      if (attached.kind == attachment_kind::tcx && attached.interface_index == loopback)
        found.push_back(std::move(attached));
    return found;
  };
  for (const auto hook : {detail::tcx_ingress_hook, detail::tcx_egress_hook}) {
    const auto program = load_program();
    if (bpf_prog_attach(program.get(), loopback, static_cast<bpf_attach_type>(hook), 0) != 0)
      GTEST_SKIP() << "tcx is from Linux 6.6";
  }
  const auto found = at_loopback();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].target, "ingress of lo");
  EXPECT_EQ(found[1].target, "egress of lo");
  remove_attachment(found[0], {}, false);
  EXPECT_EQ(at_loopback().size(), 1U);
  EXPECT_THROW(remove_attachment(found[0], {}, false), failure);
  remove_attachment(found[1], {}, false);
  EXPECT_EQ(at_loopback().size(), 0U);
}

// What has a link comes once, as a link, and with the name of the interface.
TEST_F(inspect_detach, links_of_tcx_are_no_programs_without_link) {
  const auto link = make_tcx_link();
  if (link.get() < 0)
    GTEST_SKIP() << "tcx is from Linux 6.6";
  const auto known = read_link(link.get());
  ASSERT_TRUE(known);
  EXPECT_EQ(known->type, "tcx");
  EXPECT_EQ(known->target, "egress of lo");
  int count = 0;
  for (const auto& attached : find_attachments())
    if (attached.program_id == known->program_id) {
      ++count;
      EXPECT_EQ(attached.kind, attachment_kind::link);
      EXPECT_EQ(attached.target, "tcx egress of lo");
      EXPECT_EQ(attached.interface_index, static_cast<std::uint32_t>(loopback));
    }
  EXPECT_EQ(count, 1);
}

// The loopback interface has the same number in all namespaces. Who names it means that of this
// one.
TEST_F(inspect_detach, links_of_other_namespaces_are_at_no_interface_here) {
  const auto link = make_tcx_link();
  if (link.get() < 0)
    GTEST_SKIP() << "tcx is from Linux 6.6";
  const auto known = read_link(link.get());
  ASSERT_TRUE(known);
  // Keeps the namespace.
  const file_descriptor other(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
  int count = 0;
  for (const auto& attached : find_attachments())
    if (attached.link_id == known->id) {
      ++count;
      EXPECT_EQ(attached.interface_index, 0U);
      EXPECT_EQ(attached.target, "tcx at interface 1 of another network namespace");
    }
  EXPECT_EQ(count, 1);
}

// The dispatcher of an XDP chain is held by nobody. Those who hold a program of the chain own it.
TEST_F(inspect_detach, a_dispatcher_belongs_to_who_has_a_program_of_the_chain) {
  const auto program = load_program();
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  ASSERT_EQ(bpf_obj_get_info_by_fd(program.get(), &info, &size), 0);
  object_list all;
  loaded_program chained;
  chained.id = info.id;
  loaded_program dispatcher;
  dispatcher.id = 4000000000;
  all.programs = {chained, dispatcher};
  loaded_link link;
  link.id = 4000000001;
  link.program_id = chained.id;
  all.links = {link};
  // Inherits the descriptor of the program. The owners leave out the process that asks.
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const object_owners owners;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const bpf_identity identity{bpf_kind::program, dispatcher.id};
  EXPECT_TRUE(living_holders(all, owners, identity).empty());
  all.links[0].target_program_id = dispatcher.id;
  const auto holders = living_holders(all, owners, identity);
  ASSERT_EQ(holders.size(), 1U);
  EXPECT_EQ(holders[0].id, child);
}

// Its pins are in another BPF file system, or were never made.
TEST_F(inspect_detach, a_dispatcher_without_pins_is_detached) {
  detail::xdp_dispatcher_settings settings;
  settings.count = 1;
  {
    const auto loaded = detail::load_xdp_dispatcher(settings);
    ASSERT_TRUE(loaded.program) << loaded.verifier_log;
    ASSERT_EQ(bpf_xdp_attach(loopback, loaded.program.get(), XDP_FLAGS_SKB_MODE, nullptr), 0);
  }
  const auto at_loopback = [] {
    std::vector<attached_program> found;
    for (auto& attached : find_attachments())
      if (attached.kind == attachment_kind::xdp && attached.interface_index == loopback)
        found.push_back(std::move(attached));
    return found;
  };
  const auto found = at_loopback();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].is_in_chain);
  remove_attachment(found[0], {}, false);
  EXPECT_TRUE(at_loopback().empty());
  remove_attachment(found[0], {}, false);  // another change of the chain may have removed it
}

byte_list parsed(const btf_builder& builder, type_id type, const std::string& text) {
  const type_graph types(builder.bytes());
  const auto size = static_cast<std::size_t>(types.size_of(type));
  return parse_value(types, {"v", type, 0, size}, text, byte_list(size, 0xee));
}

std::string refused(const btf_builder& builder, type_id type, const std::string& text) {
  try {
    parsed(builder, type, text);
  } catch (const failure& error) {
    return error.remedy();
  }
  return "accepted";
}

TEST(inspect_globals, numbers_fit_their_type) {
  btf_builder builder;
  const auto byte = builder.integer("unsigned char", 1);
  const auto small = builder.integer("signed char", 1, true);
  const auto large = builder.integer("unsigned long", 8);
  const auto deep = builder.integer("long", 8, true);
  EXPECT_EQ(parsed(builder, byte, "255"), byte_list{255});
  EXPECT_EQ(parsed(builder, byte, "0x10"), byte_list{16});
  EXPECT_EQ(refused(builder, byte, "256"), "Write a number from 0 to 255.");
  EXPECT_EQ(refused(builder, byte, "-1"), "Write a number from 0 to 255.");
  EXPECT_EQ(parsed(builder, small, "-128"), byte_list{128});
  EXPECT_EQ(parsed(builder, small, "127"), byte_list{127});
  for (const auto* wrong : {"128", "-129", "", "-", "+1", " 1", "1 ", "one", "0x"})
    EXPECT_EQ(refused(builder, small, wrong), "Write a number from -128 to 127.") << wrong;
  EXPECT_EQ(parsed(builder, large, "18446744073709551615"), byte_list(8, 255));
  EXPECT_EQ(refused(builder, large, "18446744073709551616"),
            "Write a number from 0 to 18446744073709551615.");
  EXPECT_EQ(parsed(builder, deep, "-9223372036854775808"), (byte_list{0, 0, 0, 0, 0, 0, 0, 128}));
  EXPECT_EQ(refused(builder, deep, "9223372036854775808"),
            "Write a number from -9223372036854775808 to 9223372036854775807.");
}

TEST(inspect_globals, texts_leave_room_for_their_end) {
  btf_builder builder;
  const auto character = builder.integer("char", 1, true);
  const auto text = builder.array(character, 4);
  EXPECT_EQ(parsed(builder, text, "abc"), (byte_list{'a', 'b', 'c', 0}));
  EXPECT_EQ(refused(builder, text, "abcd"), "Write a text of at most 3 bytes.");
}

TEST(inspect_globals, records_keep_the_members_that_are_not_written) {
  btf_builder builder;
  const auto byte = builder.integer("unsigned char", 1);
  const auto number = builder.integer("int", 4, true);
  const auto bytes = builder.array(byte, 3);
  const auto inner = builder.record("", 4, {{"low", byte, 0}, {"high", byte, 8}});
  const auto record = builder.record("r", 12,
                                     {{"a", number, 0},
                                      {"list", bytes, 32},
                                      {"few", byte, 56, 3},
                                      {"more", byte, 59, 5},
                                      {"", inner, 64}});
  const byte_list nothing{0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee};
  EXPECT_EQ(parsed(builder, record, "{}"), nothing);
  EXPECT_EQ(parsed(builder, record, "{.a = -2, .high = 7}"),
            (byte_list{0xfe, 0xff, 0xff, 0xff, 0xee, 0xee, 0xee, 0xee, 0xee, 7, 0xee, 0xee}));
  EXPECT_EQ(parsed(builder, record, "{1, {2,3}, .more=1}"),
            (byte_list{1, 0, 0, 0, 2, 3, 0xee, 0x0e, 0xee, 0xee, 0xee, 0xee}));
  EXPECT_EQ(parsed(builder, record, "hex 0 1 2 3 4 5 6 7 8 9 a 0xb"),
            (byte_list{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST(inspect_globals, what_value_text_shows_can_be_written) {
  btf_builder builder;
  const auto character = builder.integer("char", 1, true);
  const auto number = builder.integer("unsigned int", 4);
  const auto wide = builder.integer("unsigned __int128", 16);
  const auto text = builder.array(character, 4);
  const auto colour = builder.enumeration("colour", {{"RED", 0}, {"GREEN", 3}});
  const auto pointer = builder.pointer(number);
  const auto record = builder.record("r", 40,
                                     {{"name", text, 0},
                                      {"colour", colour, 32},
                                      {"next", pointer, 64},
                                      {"wide", wide, 128},
                                      {"bits", number, 256, 5}});
  const type_graph types(builder.bytes());
  const byte_list bytes{'a', ',', 0,  0,  3,  0,  0,  0,  1,  2,  3,  4,  5,  6,
                        7,   8,   9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                        21,  22,  23, 24, 21, 0,  0,  0,  0,  0,  0,  0};
  const auto shown = value_text(typed_value(types, record, bytes));
  EXPECT_EQ(parse_typed_value(types, record, shown, byte_list(40, 0), "a value"), bytes) << shown;
}

TEST(inspect_globals, what_has_no_value_is_refused) {
  btf_builder builder;
  const auto number = builder.integer("int", 4, true);
  const auto few = builder.array(number, 2);
  const auto record = builder.record("r", 4, {{"a", number, 0}});
  const auto function = builder.pointer(number);
  EXPECT_EQ(refused(builder, record, "1"),
            "Write it in braces, such as {.member = 1}, or as hex <bytes>.");
  EXPECT_EQ(refused(builder, record, "{.b = 1}"), "Its members are 'a'.");
  EXPECT_EQ(refused(builder, record, "{.a 1}"), "Write an = behind the member's name.");
  EXPECT_EQ(refused(builder, record, "{1, 2}"), "There are more values than members.");
  EXPECT_EQ(refused(builder, record, "{1"), "Write a comma between members, and } at the end.");
  EXPECT_EQ(refused(builder, record, "{1} 2"), "It stands behind the end of the value.");
  EXPECT_EQ(refused(builder, record, "{{1}}"), "Write the value without braces.");
  EXPECT_EQ(refused(builder, record, "{\"1}"), "Write a second quotation mark.");
  EXPECT_EQ(refused(builder, record, "hex 1 2 3"), "Write 4 bytes in hexadecimal: hex 01 0a ...");
  EXPECT_EQ(refused(builder, record, "hex 1 2 3 100"),
            "Write 4 bytes in hexadecimal: hex 01 0a ...");
  EXPECT_EQ(refused(builder, few, "{1, 2, 3}"), "The array has 2 elements.");
  EXPECT_EQ(refused(builder, few, "{1, , 3}"), "Write a number from -2147483648 to 2147483647.");
  EXPECT_EQ(refused(builder, function, "-1"), "Write a number from 0 to 18446744073709551615.");
  // Braces do not use up the stack.
  EXPECT_NE(refused(builder, record, std::string(100000, '{')), "accepted");
}

}  // namespace
}  // namespace ebpfkit::host
