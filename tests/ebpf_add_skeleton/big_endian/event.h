enum level { LEVEL_LOW = 1, LEVEL_HIGH = 0x01020304 };
struct event {
  __u64 time;
  __u16 port;
  enum level level;
};
