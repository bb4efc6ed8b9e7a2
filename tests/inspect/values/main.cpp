// Loads the program, fills its maps, says "ready" in the file that is named, and adds to one map
// until the file is removed or a minute is over.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "shelf.skel.hpp"

int main(int, char** arguments) {
  auto shelf = ebpf::shelf::open().value();
  shelf.load().value();
  const auto link = shelf.programs().count_visits_of_the_shelf.attach().value();
  auto items = shelf.maps().items;
  ebpf::shelf::position position{};
  position.row = 3;
  position.shelf[0] = 'a';
  position.shelf[1] = '1';
  ebpf::shelf::item item{};
  item.count = 12;
  item.balance = -5;
  item.colour = ebpf::shelf::colour::GREEN;
  item.is_sold = true;
  item.small = 5;
  item.below = -3;
  item.sizes[1] = 9;
  items.update(position, item).value();
  // The program counts the end of this process.
  const auto child = ::fork();
  if (child == 0)
    ::_exit(0);
  ::waitpid(child, nullptr, 0);
  std::ofstream(arguments[1]) << "ready\n";
  for (int i = 0; i < 1200 && ::access(arguments[1], F_OK) == 0; ++i) {
    ::usleep(50000);
    item.count += 10;
    items.update(position, item).value();
  }
}
