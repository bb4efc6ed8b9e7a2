#include "same.skel.hpp"

int number_of_b() {
  return b::same::open().value().data().number;
}
