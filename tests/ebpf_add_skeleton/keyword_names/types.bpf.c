#include "keywords.h"

#define RECORD(word) \
  struct word {      \
    int word;        \
  };
KEYWORDS(RECORD)

#define MEMBER(word) struct word of_##word;
struct records {
  KEYWORDS(MEMBER)
};

#define CONSTANT(word) word,
enum constants { KEYWORDS(CONSTANT) };

struct records records;
enum constants constants;

SEC("socket")
int count(void* context) {
  return records.of_new.new + constants;
}

char LICENSE[] SEC("license") = "GPL";
