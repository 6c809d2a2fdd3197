/* New namespaces for a process: users, mounts, processes, network, IPC, host name. */
#ifndef KEVO_NAMESPACES_H
#define KEVO_NAMESPACES_H

#include <sys/types.h>
#include "confine.h"

enum { NAMESPACES_NOBODY = 65534 };

/* Why the last call failed, for a person. */
extern char namespaces_failed[];
int namespaces_fail(const char *what, const char *which);

/* As fork(); the child is in new namespaces and has not become the user nobody in any of them. */
pid_t namespaces_fork(void);

/*
 * Of the parent, once: who the child is outside. As `nobody`, which takes the rights of root, it is the user nobody
 * there, who gets the paths that may be written for his own; where he could not read the others, or without
 * `nobody`, it stays the user of this process. 0, or -1. The child waits for it in `namespaces_enter`.
 */
int namespaces_place(pid_t child, const confine_paths *paths, int nobody);

/*
 * Of the child: a root of its own on the empty directory `root` that holds the paths, null, zero and urandom of the
 * devices, and a /proc of its own processes that cannot be written. The working directory stays, by name.
 */
int namespaces_enter(const char *root, const confine_paths *paths);

#endif
