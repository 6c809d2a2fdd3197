/* Starts a candidate, a baseline or a source: everything that its code must find already in force. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "confine.h"
#include "referee.h"

launch_options launching;
static confine_paths readable;

void may_read(const char *path) {
  int count = 0;
  while (readable.read[count] != NULL) count++;
  if (count < CONFINE_MAX_PATHS - 1) readable.read[count] = path;
}

static void limit(int resource, rlim_t value) {
  struct rlimit both = {value, value};
  setrlimit(resource, &both);
}

/* Descriptors from `first` on. */
static void close_from(int first) {
  for (int fd = first; fd < 1024; fd++) close(fd);
}

/*
 * The filter allows the execution of what is named at this address, for this process has yet to begin. So nobody may know the
 * address, or the program could have another name there.
 */
static const char *hidden(const char *name) {
  char *place = mmap(NULL, strlen(name) + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) _exit(126);
  return strcpy(place, name);
}

static void become(const launch *how, const int descriptors[4]) {
  const char *executable = hidden(how->executable);
  char *arguments[] = {(char *)executable, (char *)how->cores, NULL};
  const char *path = getenv("PATH");
  char path_line[4096];
  snprintf(path_line, sizeof path_line, "PATH=%s", path ? path : "/usr/bin:/bin");
  char *environment[] = {path_line, NULL};
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (chdir(how->folder) != 0) _exit(126);
  int nothing = open("/dev/null", O_RDWR);
  int errors = open("stderr.txt", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  /* Out of the way of 3 to 6 first. */
  int high[4], used = 0;
  for (; used < 4 && descriptors[used] >= 0; used++) high[used] = fcntl(descriptors[used], F_DUPFD, 100);
  dup2(nothing, 0), dup2(nothing, 1), dup2(errors < 0 ? nothing : errors, 2);
  for (int i = 0; i < used; i++) dup2(high[i], KEVO_FD_COMMAND + i);
  close_from(KEVO_FD_COMMAND + used);
  signal(SIGPIPE, SIG_DFL), signal(SIGUSR1, SIG_DFL), signal(SIGTERM, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 1 << 20);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_AS, (rlim_t)how->memory);
  if (launching.holds_files) {
    may_read(executable);
    if (confine_files(&readable) != 0) _exit(126);
  }
  if (launching.filters_calls && confine_candidate_calls(launching.loads_libraries, executable) != 0) _exit(126);
  execve(executable, arguments, environment);
  _exit(127);
}

int start_process(process *p, process *source, const launch *how) {
  int commands[2], replies[2];
  if (pipe2(commands, O_CLOEXEC) != 0 || pipe2(replies, O_CLOEXEC) != 0) return -1;
  int memory = memfd_create("kevo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  /* The process may not shrink what the referee has mapped. */
  if (memory < 0 || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) != 0) return -1;
  pid_t pid = fork();
  if (pid < 0) return -1;
  if (pid == 0) {
    const int descriptors[4] = {commands[0], replies[1], memory, source == NULL ? -1 : source->readable_fd};
    become(how, descriptors);
  }
  setpgid(pid, pid);
  close(commands[0]), close(replies[1]);
  *p = (process){.pid = pid, .cores = atoi(how->cores), .command = commands[1], .reply = replies[0], .written_fd = memory, .source = source, .readable_fd = -1};
  return 0;
}
