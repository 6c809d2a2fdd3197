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
 * Called by the parent, once: sets the child's identity outside. With `nobody`, which needs the rights of root, that is
 * the user nobody, who becomes the owner of the writable paths. Without it, or if nobody could not read the other
 * paths, the child stays the user of this process. 0, or -1. The child waits for it in `namespaces_enter`.
 */
int namespaces_place(pid_t child, const confine_paths *paths, int nobody);

/*
 * Called by the child: makes a new root on the empty directory `root`, with the paths, the devices null, zero and
 * urandom, and a read-only /proc of its processes. The working directory keeps its name.
 */
int namespaces_enter(const char *root, const confine_paths *paths);

#endif
