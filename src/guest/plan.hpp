// What the host wants the guest to do.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ebpfkit::guest {

struct planned_load {
  unsigned number = 0;  // the host's number of the result
  std::string program;
  bool is_alone = false;  // loaded without the other programs of its object
  // Values of global variables, which are set before the load. Such a program is loaded alone.
  std::vector<std::pair<std::string, std::string>> globals;
};

struct planned_object {
  std::string path;
  std::string btf;  // file for btf_custom_path; empty: the kernel's own BTF
  std::vector<planned_load> loads;
};

struct plan {
  std::string nonce;
  std::vector<std::string> modules;  // files, in the order in which they are loaded
  bool attach = false;               // attach the programs that are loaded, and detach them again
  bool network = false;              // set up a pair of veth interfaces
  std::vector<planned_object> objects;
  std::vector<std::string> command;      // program and arguments; empty: none
  std::vector<std::string> environment;  // of the command: NAME=VALUE
  std::string directory = "/";           // where the command runs
  bool shell = false;                    // a shell on the console instead of a command
};

// Reads a plan. Each line is a word and its values, with tabs between them:
//   nonce TEXT            module PATH             attach            network
//   object PATH BTF|-     load NUMBER PROGRAM together|alone        global NAME VALUE
//   argument TEXT         directory PATH          shell
//   environment NAME=VALUE
// `load` belongs to the object before it, `global` to the load before it. In TEXT, VALUE and PATH,
// "\t", "\n" and "\\" stand for a tab, a line break and a backslash. Returns an error text, which
// is empty when all is well.
std::string read_plan(const char* path, plan& result);

}  // namespace ebpfkit::guest
