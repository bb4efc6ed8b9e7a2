#include "keywords.h"

// Members, in .data, .bss and .rodata, and as key and value of a map.
#define MEMBER(word) int word;
struct members {
  KEYWORDS(MEMBER)
};

#define VARIABLE(word) int word = 1;
KEYWORDS(VARIABLE)

struct members zeroed;
const volatile struct members constant = {.class = 1};
int in_a_section SEC(".data.class");

struct {
  int (*type)[1];
  int (*max_entries)[1];
  struct members* key;
  struct members* value;
} values SEC(".maps");

SEC("socket")
int count(void* context) {
  return zeroed.new + constant.typeof + in_a_section;
}

char LICENSE[] SEC("license") = "GPL";
