#define _GNU_SOURCE
#include "namespaces.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SYS_MOUNT_SETATTR = 442 };
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

char namespaces_failed[PATH_MAX + 200];

int namespaces_fail(const char *what, const char *which) {
  const char *colon = *what ? ": " : "";
  snprintf(namespaces_failed, sizeof namespaces_failed, "%s%s%s%s%s", what, *which ? " " : "", which, colon, strerror(errno));
  return -1;
}

/* ---- who it is outside ---------------------------------------------------------------------------------------- */

static int order[2]; /* from the parent: 'n' for nobody, 'u' for the same user */
/* Read before the fork: in its new namespace a process does not see who it was. */
static uid_t outside_user;
static gid_t outside_group;

pid_t namespaces_fork(void) {
  const int all = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  outside_user = geteuid();
  outside_group = getegid();
  if (pipe2(order, O_CLOEXEC) != 0) return -1;
  pid_t child = (pid_t)syscall(SYS_clone, all | SIGCHLD, 0, 0, 0, 0);
  close(order[child == 0 ? 1 : 0]);
  return child;
}

static int put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  int good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  if (fd >= 0) close(fd);
  return good ? 0 : namespaces_fail("cannot write", path);
}

static int readable_by_all(const confine_paths *paths) {
  struct stat about;
  for (int i = 0; paths->read[i] != NULL; i++) {
    if (stat(paths->read[i], &about) != 0) continue;
    const mode_t wanted = S_ISDIR(about.st_mode) ? S_IROTH | S_IXOTH : S_IROTH;
    if ((about.st_mode & wanted) != wanted) return 0;
  }
  return 1;
}

static int map_nobody(pid_t child) {
  char path[64], line[64];
  snprintf(line, sizeof line, "%d %d 1\n", NAMESPACES_NOBODY, NAMESPACES_NOBODY);
  snprintf(path, sizeof path, "/proc/%d/uid_map", (int)child);
  if (put(path, line) != 0) return -1;
  snprintf(path, sizeof path, "/proc/%d/gid_map", (int)child);
  return put(path, line);
}

int namespaces_place(pid_t child, const confine_paths *paths, int nobody) {
  char who = 'u';
  if (nobody && readable_by_all(paths)) {
    if (map_nobody(child) != 0) return -1;
    for (int i = 0; paths->write[i] != NULL; i++)
      if (chown(paths->write[i], NAMESPACES_NOBODY, NAMESPACES_NOBODY) != 0 && errno != ENOENT)
        return namespaces_fail("cannot give away", paths->write[i]);
    who = 'n';
  }
  int told = write(order[1], &who, 1) == 1;
  close(order[1]);
  return told ? 0 : namespaces_fail("cannot start", "");
}

static int map_user(void) {
  char line[64];
  snprintf(line, sizeof line, "%d %d 1\n", NAMESPACES_NOBODY, (int)outside_user);
  if (put("/proc/self/uid_map", line) != 0 || put("/proc/self/setgroups", "deny") != 0) return -1;
  snprintf(line, sizeof line, "%d %d 1\n", NAMESPACES_NOBODY, (int)outside_group);
  return put("/proc/self/gid_map", line);
}

/* Keeps the rights over the new namespaces until the next program begins. */
static int become_nobody(void) {
  if (setgroups(0, NULL) != 0) return namespaces_fail("leave groups", "");
  if (setresgid(NAMESPACES_NOBODY, NAMESPACES_NOBODY, NAMESPACES_NOBODY) != 0) return namespaces_fail("setresgid", "");
  if (setresuid(NAMESPACES_NOBODY, NAMESPACES_NOBODY, NAMESPACES_NOBODY) != 0) return namespaces_fail("setresuid", "");
  return 0;
}

/* ---- what it sees --------------------------------------------------------------------------------------------- */

typedef struct shown {
  const char *path;
  int fd, writable, directory;
  char target[PATH_MAX]; /* of a symbolic link */
} shown;

static const char *const DEVICES[] = {"/dev/null", "/dev/zero", "/dev/urandom"};
enum { DEVICE_COUNT = 3 };

/* While it still has its outside identity, and may open files that the user nobody cannot reach. */
static int find(shown *s, const char *path, int writable) {
  struct stat about;
  *s = (shown){.path = path, .fd = -1, .writable = writable};
  if (lstat(path, &about) != 0) return errno == ENOENT ? 0 : namespaces_fail("cannot look at", path);
  s->directory = S_ISDIR(about.st_mode);
  if (S_ISLNK(about.st_mode)) {
    ssize_t length = readlink(path, s->target, sizeof s->target - 1);
    return length < 0 ? namespaces_fail("readlink", path) : 0;
  }
  s->fd = open(path, O_PATH | O_CLOEXEC);
  return s->fd < 0 ? namespaces_fail("open", path) : 0;
}

/*
 * In the new root, which is the working directory: directories of `path`, and its last name as a directory or an empty
 * file.
 */
static int make_place(const char *path, int directory, char *place) {
  int length = snprintf(place, PATH_MAX, ".%s", path);
  if (length >= PATH_MAX) return errno = ENAMETOOLONG, namespaces_fail("cannot use", path);
  for (char *at = place + 2; (at = strchr(at, '/')) != NULL; at++) {
    *at = 0;
    if (mkdir(place, 0755) != 0 && errno != EEXIST) return namespaces_fail("mkdir", place);
    *at = '/';
  }
  if (directory) return mkdir(place, 0755) == 0 || errno == EEXIST ? 0 : namespaces_fail("mkdir", place);
  int fd = open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return namespaces_fail("create", place);
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

static int show(const shown *s) {
  char place[PATH_MAX], source[64];
  if (s->target[0] != 0) {
    if (make_place(s->path, 1, place) != 0) return -1;
    rmdir(place);
    return symlink(s->target, place) == 0 || errno == EEXIST ? 0 : namespaces_fail("symlink", s->path);
  }
  if (s->fd < 0) return 0;
  if (make_place(s->path, s->directory, place) != 0) return -1;
  snprintf(source, sizeof source, "/proc/self/fd/%d", s->fd);
  int bound = mount(source, place, NULL, MS_BIND | MS_REC, NULL);
  close(s->fd);
  if (bound != 0) return namespaces_fail("bind", s->path);
  /* With all that is mounted below it, where the kernel can (5.12). */
  struct {
    uint64_t set, clear, propagation, user_namespace;
  } attributes = {.set = 2 /* nosuid */ | (s->writable ? 0 : 1 /* read-only */)};
  if (syscall(SYS_MOUNT_SETATTR, AT_FDCWD, place, AT_RECURSIVE, &attributes, sizeof attributes) == 0) return 0;
  unsigned long flags = MS_BIND | MS_REMOUNT | MS_NOSUID | kept_flags(place) | (s->writable ? 0 : MS_RDONLY);
  if (mount(NULL, place, NULL, flags, NULL) != 0) return namespaces_fail("remount", s->path);
  return 0;
}

/*
 * Its own processes, and of the rest as much as container runtimes leave: nothing of /proc can be written, and the
 * kernel's memory, keys and timers cannot be read. Some containers hide parts of /proc and allow no other mount;
 * programs that need it then fail with their own messages.
 */
static int show_processes(void) {
  static const char *const files[] = {"kcore", "keys", "key-users", "latency_stats", "timer_list", "sched_debug", "kmsg", "kallsyms"};
  static const char *const folders[] = {"acpi", "asound", "scsi", "bus", "fs", "irq"};
  char place[PATH_MAX];
  if (make_place("/proc", 1, place) != 0) return -1;
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
  if (mount("proc", "./proc", "proc", flags, NULL) != 0) return 0;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(place, sizeof place, "./proc/%s", files[i]);
    if (access(place, F_OK) == 0 && mount("./dev/null", place, NULL, MS_BIND, NULL) != 0) return namespaces_fail("hide", place);
  }
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    snprintf(place, sizeof place, "./proc/%s", folders[i]);
    if (access(place, F_OK) == 0 && mount("tmpfs", place, "tmpfs", flags, "size=0,mode=755") != 0) return namespaces_fail("hide", place);
  }
  return 0;
}

int namespaces_enter(const char *root, const confine_paths *paths) {
  static shown all[2 * CONFINE_MAX_PATHS + DEVICE_COUNT];
  char here[PATH_MAX], size[96], who;
  int count = 0;
  if (read(order[0], &who, 1) != 1) return namespaces_fail("cannot start", "");
  close(order[0]);
  if (getcwd(here, sizeof here) == NULL) return namespaces_fail("getcwd", "");
  if (who == 'u' && map_user() != 0) return -1;
  for (int i = 0; paths->read[i] != NULL; i++)
    if (find(&all[count++], paths->read[i], 0) != 0) return -1;
  for (int i = 0; paths->write[i] != NULL; i++)
    if (find(&all[count++], paths->write[i], 1) != 0) return -1;
  for (int i = 0; i < DEVICE_COUNT; i++)
    if (find(&all[count++], DEVICES[i], 1) != 0) return -1;
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return namespaces_fail("make mounts private", "");
  snprintf(size, sizeof size, "size=1m,mode=755,uid=%d,gid=%d", NAMESPACES_NOBODY, NAMESPACES_NOBODY);
  if (mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, size) != 0) return namespaces_fail("tmpfs on", root);
  if (chdir(root) != 0) return namespaces_fail("chdir", root);
  if (who == 'n' && become_nobody() != 0) return -1;
  for (int i = 0; i < count; i++)
    if (show(&all[i]) != 0) return -1;
  if (show_processes() != 0) return -1;
  if (syscall(SYS_pivot_root, ".", ".") != 0) return namespaces_fail("pivot_root", root);
  if (umount2(".", MNT_DETACH) != 0) return namespaces_fail("leave the old root", "");
  if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0)
    return namespaces_fail("seal the root", "");
  return chdir(here) == 0 ? 0 : namespaces_fail("chdir", here);
}
