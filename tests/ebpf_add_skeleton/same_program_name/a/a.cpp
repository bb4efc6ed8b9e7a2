#include "same.skel.hpp"

int number_of_a() {
  return a::same::open().value().data().number;
}
