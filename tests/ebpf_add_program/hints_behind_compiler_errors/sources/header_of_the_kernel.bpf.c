#include <linux/skbuff.h>
