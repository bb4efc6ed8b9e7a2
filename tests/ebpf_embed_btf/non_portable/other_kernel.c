// A task_struct whose members are where no kernel has them.
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef __u64 u64;

struct task_struct {
  char comm[16];
  int tgid;
  int pid;
  struct task_struct* group_leader;
  struct task_struct* real_parent;
  u64 start_boottime;
};

struct task_struct task;
__u8 a;
__u16 b;
__u32 c;
__u64 d;
__s32 e;
__s64 f;
__be16 g;
__be32 h;
__be64 i;
__wsum j;
