#define OWN_HEADER 1
