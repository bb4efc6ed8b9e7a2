/* The command line. */
#pragma once

#include <stdlib.h>

/* Returns a number of seconds from 1 to 86400, or 0 when the text is none. */
static inline unsigned seconds_of(const char* text) {
  char* end;
  const unsigned long seconds = strtoul(text, &end, 10);
  /* strtoul takes a sign and blanks, too. */
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || seconds > 86400)
    return 0;
  return (unsigned)seconds;
}
