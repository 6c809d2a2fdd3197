/*
 * Runs a program that may not be trusted, or that starts such programs, with less than this user may do.
 *
 *   sandbox probe EMPTY_DIRECTORY
 *     -> four lines, `yes` or `no WHY`: namespaces, landlock, seccomp, nobody
 *   sandbox run [--root EMPTY_DIRECTORY [--nobody]] [--landlock] [--tool-calls] [--read PATH]... [--write PATH]...
 *               [--memory BYTES] [--file-size BYTES] [--tasks NUMBER] -- PROGRAM ARGUMENT...
 *
 * --root: new namespaces for users, mounts, processes, network and IPC. The program sees the paths that are
 * named (and, of devices, null, zero and urandom), is the user nobody, and is process 1: when it or this
 * process ends, all its children end too. --nobody: root starts it as the user nobody outside as well, to whom the
 * paths behind --write are given. --landlock: the same paths, held by Landlock, with or without namespaces.
 * --tool-calls: system calls as a compiler needs them. --tasks: processes and threads, where namespaces count them
 * apart (Linux 5.14). The working directory must be one of the paths.
 * Exit code 125 with a message on standard error: it could not be set up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "confine.h"
#include "namespaces.h"

enum { NOT_SET_UP = 125 };

typedef struct options {
  const char *root;
  int nobody, landlock, tool_calls;
  confine_paths paths;
  int reads, writes;
  unsigned long long memory, file_size, tasks; /* 0: as it is */
  char **command;
} options;

static pid_t inside;

static int fail(const char *what) { return namespaces_fail(what, ""); }

/* ---- run ------------------------------------------------------------------------------------------------------ */

/* Since 5.14 a user namespace counts its own processes; before, the limit would count all of the user's. */
static int counts_apart(void) {
  struct utsname system;
  int major = 0, minor = 0;
  if (uname(&system) != 0 || sscanf(system.release, "%d.%d", &major, &minor) != 2) return 0;
  return major > 5 || (major == 5 && minor >= 14);
}

static int limit(int resource, unsigned long long value, const char *what) {
  const struct rlimit both = {value, value};
  return value == 0 || setrlimit(resource, &both) == 0 ? 0 : fail(what);
}

/* In namespaces a program also reads its own /proc and uses the devices that it sees. */
static confine_paths held_paths(const options *o) {
  confine_paths held = o->paths;
  static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/urandom"};
  if (o->root == NULL) return held;
  if (o->reads < CONFINE_MAX_PATHS) held.read[o->reads] = "/proc";
  for (int i = 0; i < 3 && o->writes + i < CONFINE_MAX_PATHS; i++) held.write[o->writes + i] = devices[i];
  return held;
}

static int give_up_rest(const options *o) {
  const struct rlimit none = {0, 0};
  const confine_paths held = held_paths(o);
  setrlimit(RLIMIT_CORE, &none);
  if (limit(RLIMIT_AS, o->memory, "limit memory") != 0) return -1;
  if (limit(RLIMIT_FSIZE, o->file_size, "limit file size") != 0) return -1;
  if (o->root != NULL && counts_apart() && limit(RLIMIT_NPROC, o->tasks, "limit processes") != 0) return -1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail("no new privileges");
  if (o->landlock && confine_files(&held) != 0) return fail("landlock");
  if (o->tool_calls && confine_tool_calls() != 0) return fail("seccomp");
  return 0;
}

static int become(const options *o) {
  if (o->root != NULL && namespaces_enter(o->root, &o->paths) != 0) goto failed;
  /* After a change of user, which takes it back. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (give_up_rest(o) != 0) goto failed;
  execvp(o->command[0], o->command);
  fprintf(stderr, "sandbox: %s: %s\n", o->command[0], strerror(errno));
  return NOT_SET_UP;
failed:
  fprintf(stderr, "sandbox: %s\n", namespaces_failed);
  return NOT_SET_UP;
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
  if (o->root == NULL) return become(o);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  static const int passed[] = {SIGTERM, SIGINT, SIGUSR1};
  sigset_t set, before;
  sigemptyset(&set);
  for (int i = 0; i < 3; i++) sigaddset(&set, passed[i]);
  sigprocmask(SIG_BLOCK, &set, &before);
  inside = namespaces_fork();
  if (inside < 0) {
    fprintf(stderr, "sandbox: new namespaces: %s\n", strerror(errno));
    return NOT_SET_UP;
  }
  if (inside == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return become(o);
  }
  if (namespaces_place(inside, &o->paths, o->nobody) != 0) {
    fprintf(stderr, "sandbox: %s\n", namespaces_failed);
    kill(inside, SIGKILL);
    return NOT_SET_UP;
  }
  for (int i = 0; i < 3; i++) signal(passed[i], pass_on);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return follow(inside);
}

/* ---- probe ---------------------------------------------------------------------------------------------------- */

enum { NAMESPACES, LANDLOCK, SECCOMP, NOBODY, LAYERS };

static int try_layer(int layer, const options *o) {
  if (layer == NAMESPACES || layer == NOBODY) return namespaces_enter(o->root, &o->paths);
  int result = layer == LANDLOCK ? confine_files(&o->paths) : confine_candidate_calls(0, NULL);
  return result == 0 ? 0 : namespaces_fail("", "");
}

static void tell(const char *layer, pid_t child, int messages) {
  int status = 0;
  char why[400] = "";
  ssize_t got = child < 0 ? 0 : read(messages, why, sizeof why - 1);
  if (child < 0) snprintf(why, sizeof why, "%s", strerror(errno));
  else waitpid(child, &status, 0), why[got > 0 ? got : 0] = 0;
  if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) printf("%s yes\n", layer);
  else printf("%s no %s\n", layer, *why ? why : "it does not work here");
}

static int probe(const char *root) {
  static const char *const layers[] = {"namespaces", "landlock", "seccomp", "nobody"};
  options o = {.root = root, .paths = {.read = {"/usr"}}, .reads = 1};
  if (chdir("/usr") != 0) return 1;
  for (int layer = 0; layer < LAYERS; layer++) {
    int messages[2], separate = layer == NAMESPACES || layer == NOBODY;
    if (layer == NOBODY && geteuid() != 0) {
      printf("nobody no only root can become another user\n");
      continue;
    }
    if (pipe2(messages, O_CLOEXEC) != 0) return 1;
    fflush(stdout);
    pid_t child = separate ? namespaces_fork() : fork();
    if (child == 0) {
      if (try_layer(layer, &o) == 0) _exit(0);
      _exit(write(messages[1], namespaces_failed, strlen(namespaces_failed)) < 0 ? 2 : 1);
    }
    close(messages[1]);
    if (child > 0 && separate && namespaces_place(child, &o.paths, layer == NOBODY) != 0) kill(child, SIGKILL);
    tell(layers[layer], child, messages[0]);
    close(messages[0]);
  }
  return 0;
}

/* ---- arguments ------------------------------------------------------------------------------------------------ */

static int usage(const char *what) {
  fprintf(stderr, "sandbox: wrong usage at %s\n", what);
  return NOT_SET_UP;
}

int main(int count, char **arguments) {
  if (count == 3 && strcmp(arguments[1], "probe") == 0) return probe(arguments[2]);
  if (count < 2 || strcmp(arguments[1], "run") != 0) return usage(count < 2 ? "its end" : arguments[1]);
  static options o;
  for (int i = 2; i < count; i++) {
    const char *name = arguments[i], *value = arguments[i + 1];
    if (strcmp(name, "--") == 0 && value != NULL) {
      o.command = &arguments[i + 1];
      return run(&o);
    }
    if (strcmp(name, "--nobody") == 0) o.nobody = 1;
    else if (strcmp(name, "--landlock") == 0) o.landlock = 1;
    else if (strcmp(name, "--tool-calls") == 0) o.tool_calls = 1;
    else if (value == NULL) break;
    else if (strcmp(name, "--root") == 0) o.root = value, i++;
    else if (strcmp(name, "--memory") == 0) o.memory = strtoull(value, NULL, 10), i++;
    else if (strcmp(name, "--file-size") == 0) o.file_size = strtoull(value, NULL, 10), i++;
    else if (strcmp(name, "--tasks") == 0) o.tasks = strtoull(value, NULL, 10), i++;
    else if (strcmp(name, "--read") == 0 && o.reads < CONFINE_MAX_PATHS) o.paths.read[o.reads++] = value, i++;
    else if (strcmp(name, "--write") == 0 && o.writes < CONFINE_MAX_PATHS) o.paths.write[o.writes++] = value, i++;
    else return usage(name);
  }
  return usage("its end: there is no -- PROGRAM");
}
