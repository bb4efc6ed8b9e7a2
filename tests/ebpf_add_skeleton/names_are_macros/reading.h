#ifndef READING_H
#define READING_H
struct reading {
  int ifr_flags;
  int s_addr;
};
#endif
