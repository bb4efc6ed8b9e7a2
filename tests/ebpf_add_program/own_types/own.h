#ifndef OWN_H
#define OWN_H

struct __attribute__((packed)) key {
  int key;
} last_key;

#endif
