/* How long the threads of a process have run, and waited for a core that others held, as the scheduler counts it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "referee.h"

enum { MAX_THREADS = 256 };

typedef struct thread {
  pid_t id;
  int file;
  int64_t ran; /* until the last mark */
} thread;

/* Open files, since they are read twice for every call. */
struct waits {
  int tasks; /* /proc/PID/task, whose links say how many threads there are */
  nlink_t links;
  int count;
  thread threads[MAX_THREADS];
};

static void close_files(waits *w) {
  for (int i = 0; i < w->count; i++) close(w->threads[i].file);
  w->count = 0;
}

static nlink_t links_of(const waits *w) {
  struct stat status;
  return fstat(w->tasks, &status) == 0 ? status.st_nlink : 0;
}

/* What is known of threads that are still there stays. */
static void open_files(waits *w) {
  static waits before;
  before = *w;
  close_files(w);
  w->links = links_of(w);
  int again = openat(w->tasks, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *tasks = again < 0 ? NULL : fdopendir(again);
  if (tasks == NULL) return;
  for (struct dirent *entry; w->count < MAX_THREADS && (entry = readdir(tasks)) != NULL;) {
    char path[300];
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/schedstat", entry->d_name);
    int file = openat(w->tasks, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    thread *opened = &w->threads[w->count++];
    *opened = (thread){.id = (pid_t)atol(entry->d_name), .file = file};
    for (int i = 0; i < before.count; i++)
      if (before.threads[i].id == opened->id) opened->ran = before.threads[i].ran;
  }
  closedir(tasks);
}

static waits *waits_of(process *p) {
  if (p->waits != NULL) return p->waits;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", (int)p->pid);
  int tasks = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  p->waits = tasks < 0 ? NULL : calloc(1, sizeof *p->waits);
  if (p->waits == NULL) return close(tasks), NULL;
  p->waits->tasks = tasks;
  return p->waits;
}

/* Both in nanoseconds. 0, or -1 where the thread has ended. */
static int read_thread(int file, int64_t *ran, int64_t *waiting) {
  char text[96];
  ssize_t length = pread(file, text, sizeof text - 1, 0);
  if (length <= 0) return -1;
  text[length] = 0;
  char *end;
  *ran = strtoll(text, &end, 10);
  *waiting = strtoll(end, NULL, 10);
  return 0;
}

/* What threads waited; -1 where one has ended. */
static int64_t sum_of(waits *w, int mark) {
  int64_t sum = 0;
  for (int i = 0; i < w->count; i++) {
    int64_t ran, waiting;
    if (read_thread(w->threads[i].file, &ran, &waiting) != 0) return -1;
    if (mark) w->threads[i].ran = ran;
    sum += waiting;
  }
  return sum;
}

static int64_t read_waits(process *p, int mark) {
  waits *w = waits_of(p);
  if (w == NULL) return 0;
  if (w->count == 0 || links_of(w) != w->links) open_files(w);
  int64_t sum = sum_of(w, mark);
  if (sum >= 0) return sum;
  open_files(w);
  sum = sum_of(w, mark);
  return sum < 0 ? 0 : sum;
}

int64_t mark_waited(process *p) { return read_waits(p, 1); }
int64_t waited(process *p) { return read_waits(p, 0); }

int64_t longest_run(process *p) {
  waits *w = waits_of(p);
  if (w == NULL) return 0;
  if (links_of(w) != w->links) open_files(w);
  int64_t longest = 0;
  for (int i = 0; i < w->count; i++) {
    int64_t ran, waiting;
    if (read_thread(w->threads[i].file, &ran, &waiting) != 0) continue;
    if (ran - w->threads[i].ran > longest) longest = ran - w->threads[i].ran;
  }
  return longest;
}

int threads_of(const process *p) {
  char path[64];
  struct stat status;
  snprintf(path, sizeof path, "/proc/%d/task", (int)p->pid);
  /* Beside them the folder links to itself and from its parent. */
  return stat(path, &status) == 0 ? (int)status.st_nlink - 2 : 1;
}

void forget_waits(process *p) {
  if (p->waits == NULL) return;
  close_files(p->waits);
  close(p->waits->tasks);
  free(p->waits);
  p->waits = NULL;
}
