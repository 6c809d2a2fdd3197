/*
 * Runs a program that may not be trusted, or that starts such programs, with less than this user may do.
 *
 *   sandbox probe EMPTY_DIRECTORY
 *     -> three lines, one for each layer, `yes` or `no WHY`: namespaces, landlock, seccomp
 *   sandbox run [--root EMPTY_DIRECTORY] [--landlock] [--tool-calls] [--read PATH]... [--write PATH]...
 *               [--memory BYTES] [--file-size BYTES] -- PROGRAM ARGUMENT...
 *
 * --root: namespaces of its own for users, mounts, processes, network and IPC. The program sees the paths that are
 * named (and, of devices, null, zero and urandom), is nobody, and is process 1: when it ends or this process
 * does, everything that it started ends too. --landlock: the same paths, held by Landlock, for hosts without
 * namespaces. --tool-calls: system calls as a compiler needs them. The working directory must be one of the paths.
 * Exit code 125 with a message on standard error means that it could not be set up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "confine.h"

enum { NOT_SET_UP = 125, NOBODY = 65534, SYS_MOUNT_SETATTR = 442 };
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

typedef struct options {
  const char *root;
  int landlock, tool_calls;
  confine_paths paths;
  int reads, writes;
  unsigned long long memory, file_size; /* 0: as it is */
  char **command;
} options;

static pid_t inside;
static char failed[PATH_MAX + 200];

static int fail(const char *what, const char *which) {
  snprintf(failed, sizeof failed, "%s%s%s: %s", what, *which ? " " : "", which, strerror(errno));
  return -1;
}

static int put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  int good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  if (fd >= 0) close(fd);
  return good ? 0 : fail("cannot write", path);
}

/* Directories of `path` under the new root; the last name as a directory or an empty file. */
static int make_place(const char *root, const char *path, int directory, char *place) {
  int length = snprintf(place, PATH_MAX, "%s%s", root, path);
  if (length >= PATH_MAX) return errno = ENAMETOOLONG, fail("cannot use", path);
  for (char *at = place + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
    *at = 0;
    if (mkdir(place, 0755) != 0 && errno != EEXIST) return fail("mkdir", place);
    *at = '/';
  }
  if (directory) return mkdir(place, 0755) == 0 || errno == EEXIST ? 0 : fail("mkdir", place);
  int fd = open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return fail("create", place);
  close(fd);
  return 0;
}

/* A mount taken from outside keeps the flags that it is locked with. */
static unsigned long kept_flags(const char *path) {
  struct statvfs about;
  if (statvfs(path, &about) != 0) return 0;
  return (about.f_flag & ST_NOSUID ? MS_NOSUID : 0) | (about.f_flag & ST_NODEV ? MS_NODEV : 0) |
         (about.f_flag & ST_NOEXEC ? MS_NOEXEC : 0) | (about.f_flag & ST_NOATIME ? MS_NOATIME : 0) |
         (about.f_flag & ST_NODIRATIME ? MS_NODIRATIME : 0) | (about.f_flag & ST_RELATIME ? MS_RELATIME : 0);
}

static int show(const char *root, const char *path, int writable) {
  struct stat about;
  char place[PATH_MAX], target[PATH_MAX];
  if (lstat(path, &about) != 0) return errno == ENOENT ? 0 : fail("cannot look at", path);
  if (S_ISLNK(about.st_mode)) {
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) return fail("readlink", path);
    target[length] = 0;
    if (make_place(root, path, 1, place) != 0) return -1;
    rmdir(place);
    return symlink(target, place) == 0 || errno == EEXIST ? 0 : fail("symlink", path);
  }
  if (make_place(root, path, S_ISDIR(about.st_mode), place) != 0) return -1;
  if (mount(path, place, NULL, MS_BIND | MS_REC, NULL) != 0) return fail("bind", path);
  /* With all that is mounted below it, where the kernel can (5.12). */
  struct {
    uint64_t set, clear, propagation, user_namespace;
  } attributes = {.set = 2 /* nosuid */ | (writable ? 0 : 1 /* read-only */)};
  if (syscall(SYS_MOUNT_SETATTR, AT_FDCWD, place, AT_RECURSIVE, &attributes, sizeof attributes) == 0) return 0;
  unsigned long flags = MS_BIND | MS_REMOUNT | MS_NOSUID | kept_flags(place) | (writable ? 0 : MS_RDONLY);
  if (mount(NULL, place, NULL, flags, NULL) != 0) return fail("remount", path);
  return 0;
}

/* In the new namespaces: a root of its own that holds what is named and nothing else. */
static int move_in(const options *o, uid_t user, gid_t group) {
  char line[64], place[PATH_MAX], here[PATH_MAX];
  if (getcwd(here, sizeof here) == NULL) return fail("getcwd", "");
  snprintf(line, sizeof line, "%d %d 1\n", NOBODY, (int)user);
  if (put("/proc/self/uid_map", line) != 0 || put("/proc/self/setgroups", "deny") != 0) return -1;
  snprintf(line, sizeof line, "%d %d 1\n", NOBODY, (int)group);
  if (put("/proc/self/gid_map", line) != 0) return -1;
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return fail("make mounts private", "");
  if (mount("tmpfs", o->root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") != 0) return fail("tmpfs on", o->root);
  for (int i = 0; i < o->reads; i++)
    if (show(o->root, o->paths.read[i], 0) != 0) return -1;
  for (int i = 0; i < o->writes; i++)
    if (show(o->root, o->paths.write[i], 1) != 0) return -1;
  static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/urandom"};
  for (int i = 0; i < 3; i++)
    if (show(o->root, devices[i], 1) != 0) return -1;
  /* Some containers hide parts of /proc and let nobody mount another. Programs that miss it then say so themselves. */
  if (make_place(o->root, "/proc", 1, place) != 0) return -1;
  mount("proc", place, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  if (chdir(o->root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0) return fail("pivot_root", o->root);
  if (umount2(".", MNT_DETACH) != 0) return fail("leave the old root", "");
  if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0) return fail("seal the root", "");
  return chdir(here) == 0 ? 0 : fail("chdir", here);
}

static int give_up_rest(const options *o) {
  const struct rlimit none = {0, 0}, memory = {o->memory, o->memory}, file_size = {o->file_size, o->file_size};
  setrlimit(RLIMIT_CORE, &none);
  if (o->memory > 0 && setrlimit(RLIMIT_AS, &memory) != 0) return fail("limit memory", "");
  if (o->file_size > 0 && setrlimit(RLIMIT_FSIZE, &file_size) != 0) return fail("limit file size", "");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("no new privileges", "");
  if (o->landlock && confine_files(&o->paths) != 0) return fail("landlock", "");
  if (o->tool_calls && confine_tool_calls() != 0) return fail("seccomp", "");
  return 0;
}

static int become(const options *o, uid_t user, gid_t group) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if ((o->root != NULL && move_in(o, user, group) != 0) || give_up_rest(o) != 0) {
    fprintf(stderr, "sandbox: %s\n", failed);
    return NOT_SET_UP;
  }
  execvp(o->command[0], o->command);
  fprintf(stderr, "sandbox: %s: %s\n", o->command[0], strerror(errno));
  return NOT_SET_UP;
}

static pid_t fork_with(int namespaces) {
  const int all = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
#ifdef SYS_fork
  return namespaces ? (pid_t)syscall(SYS_clone, all | SIGCHLD, 0, 0, 0, 0) : fork();
#else
  return (pid_t)syscall(SYS_clone, (namespaces ? all : 0) | SIGCHLD, 0, 0, 0, 0);
#endif
}

static void pass_on(int number) {
  if (inside > 0) kill(inside, number);
}

/* Ends as the child ended. */
static int follow(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return NOT_SET_UP;
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  signal(WTERMSIG(status), SIG_DFL);
  raise(WTERMSIG(status));
  return 128 + WTERMSIG(status);
}

static int run(const options *o) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (o->root == NULL) return become(o, user, group);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  static const int passed[] = {SIGTERM, SIGINT, SIGUSR1};
  sigset_t set, before;
  sigemptyset(&set);
  for (int i = 0; i < 3; i++) sigaddset(&set, passed[i]);
  sigprocmask(SIG_BLOCK, &set, &before);
  inside = fork_with(1);
  if (inside < 0) {
    fprintf(stderr, "sandbox: new namespaces: %s\n", strerror(errno));
    return NOT_SET_UP;
  }
  if (inside == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    return become(o, user, group);
  }
  for (int i = 0; i < 3; i++) signal(passed[i], pass_on);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return follow(inside);
}

/* ---- probe ---------------------------------------------------------------------------------------------------- */

static void tell(const char *layer, pid_t child, int report) {
  int status = 0;
  char why[400] = "";
  ssize_t got = child < 0 ? 0 : read(report, why, sizeof why - 1);
  if (child < 0) snprintf(why, sizeof why, "%s", strerror(errno));
  else waitpid(child, &status, 0), why[got > 0 ? got : 0] = 0;
  if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) printf("%s yes\n", layer);
  else printf("%s no %s\n", layer, *why ? why : "it does not work here");
}

static int probe(const char *root) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  static const char *const layers[] = {"namespaces", "landlock", "seccomp"};
  options o = {.root = root, .paths = {.read = {"/usr"}, .write = {root}}, .reads = 1};
  for (int layer = 0; layer < 3; layer++) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return 1;
    fflush(stdout);
    pid_t child = fork_with(layer == 0);
    if (child == 0) {
      int result = layer == 0   ? (chdir("/usr"), move_in(&o, user, group))
                   : layer == 1 ? confine_files(&o.paths)
                                : confine_candidate_calls(0, NULL);
      if (result == 0) _exit(0);
      const char *why = layer == 0 ? failed : strerror(errno);
      _exit(write(report[1], why, strlen(why)) < 0 ? 2 : 1);
    }
    close(report[1]);
    tell(layers[layer], child, report[0]);
    close(report[0]);
  }
  return 0;
}

static int usage(const char *what) {
  fprintf(stderr, "sandbox: wrong usage at %s\n", what);
  return NOT_SET_UP;
}

int main(int count, char **arguments) {
  if (count == 3 && strcmp(arguments[1], "probe") == 0) return probe(arguments[2]);
  if (count < 2 || strcmp(arguments[1], "run") != 0) return usage(count < 2 ? "its end" : arguments[1]);
  static options o;
  for (int i = 2; i < count; i++) {
    const char *word = arguments[i], *value = arguments[i + 1];
    if (strcmp(word, "--") == 0 && value != NULL) {
      o.command = &arguments[i + 1];
      return run(&o);
    }
    if (strcmp(word, "--landlock") == 0) o.landlock = 1;
    else if (strcmp(word, "--tool-calls") == 0) o.tool_calls = 1;
    else if (value == NULL) break;
    else if (strcmp(word, "--root") == 0) o.root = value, i++;
    else if (strcmp(word, "--memory") == 0) o.memory = strtoull(value, NULL, 10), i++;
    else if (strcmp(word, "--file-size") == 0) o.file_size = strtoull(value, NULL, 10), i++;
    else if (strcmp(word, "--read") == 0 && o.reads < CONFINE_MAX_PATHS) o.paths.read[o.reads++] = value, i++;
    else if (strcmp(word, "--write") == 0 && o.writes < CONFINE_MAX_PATHS) o.paths.write[o.writes++] = value, i++;
    else return usage(word);
  }
  return usage("its end: there is no -- PROGRAM");
}
