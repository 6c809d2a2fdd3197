/*
 * Restricts a process before it runs untrusted code: system calls (seccomp) and files (Landlock). The layers are
 * independent, so that a host that lacks one still has the other. All return 0, or -1 with errno.
 */
#ifndef KEVO_CONFINE_H
#define KEVO_CONFINE_H

enum { CONFINE_MAX_PATHS = 64 };

/* Paths below which a process may still read and execute, and below which it may also write. */
typedef struct confine_paths {
  const char *read[CONFINE_MAX_PATHS + 1], *write[CONFINE_MAX_PATHS + 1]; /* each ends with NULL */
} confine_paths;

/* 0 where this kernel has no Landlock. */
int confine_landlock_version(void);
/*
 * A path that does not exist is passed over. Also forbids TCP, and signals to processes outside, where the kernel can.
 */
int confine_files(const confine_paths *paths);

/*
 * For a candidate that is about to be executed: memory, threads, time, and files that are already open. An attempt to
 * reach other processes, the network or a file's content ends the process with SIGSYS; harmless calls of a C library
 * (reading a file, a newer call) fail instead. With `loads_libraries`, files may be opened to be read and code mapped,
 * which a dynamic loader needs.
 */
int confine_candidate_calls(int loads_libraries, const char *executable);
/* For a compiler: files and processes as before, but no network, no debugging, no new namespaces, no signals
 * to others, and no leaving of its process group. */
int confine_tool_calls(void);

#endif
