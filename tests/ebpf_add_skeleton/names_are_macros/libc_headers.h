#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#ifndef st_atime
#error "this libc defines no macro st_atime, so that the test shows nothing"
#endif
