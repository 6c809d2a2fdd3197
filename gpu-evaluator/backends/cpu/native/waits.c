/* How long the threads of a process have waited for a core that others held, as the scheduler counts it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "referee.h"

enum { MAX_THREADS = 256 };

/* Open files, since they are read twice for every call. */
struct waits {
  int tasks; /* /proc/PID/task, whose links say how many threads there are */
  nlink_t links;
  int count;
  int files[MAX_THREADS];
};

static void close_files(waits *w) {
  for (int i = 0; i < w->count; i++) close(w->files[i]);
  w->count = 0;
}

static nlink_t links_of(const waits *w) {
  struct stat status;
  return fstat(w->tasks, &status) == 0 ? status.st_nlink : 0;
}

static void open_files(waits *w) {
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
    if (file >= 0) w->files[w->count++] = file;
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

/* -1 where a thread has ended. */
static int64_t sum_of(const waits *w) {
  int64_t sum = 0;
  for (int i = 0; i < w->count; i++) {
    char text[96];
    ssize_t length = pread(w->files[i], text, sizeof text - 1, 0);
    if (length <= 0) return -1;
    text[length] = 0;
    char *end;
    strtoll(text, &end, 10);
    sum += strtoll(end, NULL, 10);
  }
  return sum;
}

int64_t waited(process *p) {
  waits *w = waits_of(p);
  if (w == NULL) return 0;
  if (w->count == 0 || links_of(w) != w->links) open_files(w);
  int64_t sum = sum_of(w);
  if (sum >= 0) return sum;
  open_files(w);
  sum = sum_of(w);
  return sum < 0 ? 0 : sum;
}

void forget_waits(process *p) {
  if (p->waits == NULL) return;
  close_files(p->waits);
  close(p->waits->tasks);
  free(p->waits);
  p->waits = NULL;
}
