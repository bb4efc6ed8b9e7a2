#include <unistd.h>

#define TEXT(x) #x
#define HEADER(program) TEXT(program.skel.h)
#define PASTE(a, b) a##b
#define NAME(program, function) PASTE(program, function)
#include HEADER(PROGRAM)

int main(void) {
  struct NAME(PROGRAM, _bpf)* skeleton = NAME(PROGRAM, _bpf__open)();
  if (!skeleton)
    return 1;
  int wrong = geteuid() == 0 && NAME(PROGRAM, _bpf__load)(skeleton) != 0;
  NAME(PROGRAM, _bpf__destroy)(skeleton);
  return wrong;
}
