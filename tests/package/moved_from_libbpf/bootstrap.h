// The record that the program sends and the application receives. Both include this file.
#ifndef BOOTSTRAP_H
#define BOOTSTRAP_H

#define COMMAND_LENGTH 16
#define FILE_NAME_LENGTH 127

struct event {
  int pid;
  int ppid;
  unsigned exit_code;
  unsigned long long duration_ns;
  char command[COMMAND_LENGTH];
  char file_name[FILE_NAME_LENGTH];
  _Bool exit_event;
};

#endif
