/* Processes while they run: messages, stops, where their threads run, and their end. */
#define _GNU_SOURCE
#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "referee.h"

/* A team has a thread a core; beyond this it is meant to harm. */
enum { MAX_THREADS = 2048 };
static const int64_t LATE_NS = 100000;

process processes[MAX_PROCESSES];
char why[128];
volatile int aborted, ending;
volatile pid_t halting;

int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* ---- messages ------------------------------------------------------------------------------------------- */

/* Whether the leader has ended; if so says how in `why`. */
static int has_ended(process *p) {
  siginfo_t info = {0};
  if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return 0;
  snprintf(why, sizeof why, info.si_code == CLD_EXITED ? "exited %d" : "signal %d", info.si_status);
  return 1;
}

/* A place that is in no array may be anything: then nothing is said of it. */
static void say_place(const process *p, const kevo_reply *reply) {
  const kevo_place place = reply->place;
  const char *how = reply->op == KEVO_OUTSIDE ? "outside" : "changed";
  if (place.array >= p->layout.inputs + p->layout.outputs) return (void)snprintf(why, sizeof why, "%s", how);
  FILE *text = fmemopen(why, sizeof why, "w");
  if (text == NULL) return;
  fprintf(text, "%s ", how);
  print_place(text, &p->layout, place);
  fclose(text);
}

int await_reply(process *p, uint32_t op, const kevo_head *asked, int64_t deadline) {
  for (;;) {
    int64_t left = deadline - now_ns();
    if (left <= 0) return snprintf(why, sizeof why, "timeout"), -1;
    if (aborted || ending) return snprintf(why, sizeof why, "aborted"), -1;
    struct pollfd waits[2] = {{.fd = p->reply, .events = POLLIN}, {.fd = 0, .events = POLLRDHUP}};
    int ready = poll(waits, 2, left > 20000000 ? 20 : (int)(left / 1000000) + 1);
    if (ready > 0 && waits[1].revents != 0) ending = 1;
    if (ready > 0 && (waits[0].revents & POLLIN)) {
      kevo_reply reply = {0};
      ssize_t got = read(p->reply, &reply, sizeof reply);
      int whole = got == (ssize_t)sizeof reply && memcmp(&reply.asked, asked, sizeof *asked) == 0;
      if (whole && reply.op == op) return 0;
      if (whole && (reply.op == KEVO_CHANGED_INPUTS || reply.op == KEVO_OUTSIDE)) return say_place(p, &reply), -1;
      if (got != 0) return snprintf(why, sizeof why, "garbled"), -1;
    }
    if (has_ended(p)) return -1;
    /* The pipe is closed but its owner lives: let the poll not spin. */
    if (ready > 0 && (waits[0].revents & (POLLHUP | POLLERR))) usleep(1000);
  }
}

/* Waits until the process is stopped or has ended. */
static int halted(process *p) {
  for (;;) {
    siginfo_t info = {0};
    /* The end of a process is left to be seen again; a stop is taken note of once. */
    if (waitid(P_PID, (id_t)p->pid, &info, WSTOPPED | WEXITED | WNOWAIT) != 0) {
      if (ending) return snprintf(why, sizeof why, "aborted"), -1;
      continue;
    }
    if (info.si_code != CLD_STOPPED) return has_ended(p), -1;
    waitid(P_PID, (id_t)p->pid, &info, WSTOPPED | WNOHANG);
    return 0;
  }
}

static int await_halt(process *p) {
  halting = p->pid;
  /* An abort of just before found nothing to end, and nothing else wakes who waits for a process that no stop reaches. */
  if (aborted || ending) kill(-p->pid, SIGKILL);
  int failed = halted(p);
  halting = 0;
  if (failed == 0 && threads_of(p) > MAX_THREADS) return snprintf(why, sizeof why, "threads"), -1;
  return failed;
}

int halt(process *p) {
  kill(-p->pid, SIGSTOP);
  return await_halt(p);
}

/*
 * Threads run on behind a reply until a stop reaches them: honest ones spin, for a moment. A process that took long to stop
 * may have replied too early, so its call takes as long as its longest thread ran, and as all together ran on its cores.
 */
static void count_late(process *p, int64_t ran_before, timing *taken) {
  const int64_t all = (ran_ns(p) - ran_before) / (p->cores < 1 ? 1 : p->cores), one = longest_run(p);
  const int64_t least = all > one ? all : one;
  if (least > taken->ns + LATE_NS) taken->ns = least;
}

int ask(process *p, kevo_message *message, int64_t deadline, timing *taken) {
  struct pollfd early = {.fd = p->reply, .events = POLLIN};
  if (poll(&early, 1, 0) > 0 && (early.revents & POLLIN)) return snprintf(why, sizeof why, "garbled"), -1;
  message->head.sequence = ++p->sequence;
  message->head.token = 5 + (uint32_t)random() % 1995;
  if (write(p->command, message, sizeof *message) != (ssize_t)sizeof *message) {
    if (!has_ended(p)) snprintf(why, sizeof why, "garbled");
    return -1;
  }
  /* The clock runs while the process does, and at no other time: how long a stop takes to reach it is not its time. */
  int64_t waited_before = taken == NULL ? 0 : mark_waited(p), ran_before = taken == NULL ? 0 : ran_ns(p);
  int64_t begin = now_ns();
  kill(-p->pid, SIGCONT);
  int failed = await_reply(p, KEVO_DONE, &message->head, deadline);
  kill(-p->pid, SIGSTOP);
  int64_t end = now_ns();
  if (failed) return -1;
  if (taken != NULL) *taken = (timing){.ns = end - begin, .waited = waited(p) - waited_before};
  if (await_halt(p) != 0) return -1;
  if (taken != NULL && now_ns() - end > LATE_NS) count_late(p, ran_before, taken);
  return 0;
}

int64_t ran_ns(const process *p) {
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(p->pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* ---- threads -------------------------------------------------------------------------------------------- */

/* Calls `each` for every thread of a process. */
static void for_threads(const process *p, void (*each)(pid_t thread, void *with), void *with) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", (int)p->pid);
  DIR *tasks = opendir(path);
  if (tasks == NULL) return;
  for (struct dirent *entry; (entry = readdir(tasks)) != NULL;)
    if (entry->d_name[0] != '.') each((pid_t)atol(entry->d_name), with);
  closedir(tasks);
}

struct placement {
  int count;
  struct {
    pid_t thread;
    cpu_set_t cores;
  } threads[256];
};

static void remember_thread(pid_t thread, void *with) {
  placement *where = with;
  if (where->count == (int)(sizeof where->threads / sizeof *where->threads)) return;
  where->threads[where->count].thread = thread;
  if (sched_getaffinity(thread, sizeof(cpu_set_t), &where->threads[where->count].cores) == 0) where->count++;
}

void remember_placement(process *p) {
  if (p->threads == NULL) p->threads = malloc(sizeof *p->threads);
  if (p->threads == NULL) return;
  p->threads->count = 0;
  for_threads(p, remember_thread, p->threads);
}

void restore_placement(process *p) {
  for (int i = 0; p->threads != NULL && i < p->threads->count; i++)
    sched_setaffinity(p->threads->threads[i].thread, sizeof(cpu_set_t), &p->threads->threads[i].cores);
}

/* The core that comes at this place among those of a set, counted round. */
static int core_at(const cpu_set_t *set, int place) {
  place %= CPU_COUNT(set);
  int core = 0;
  while (!CPU_ISSET(core, set) || place-- > 0) core++;
  return core;
}

int settle(process *p, int first) {
  static placement own;
  cpu_set_t all, one;
  if (sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) < 2) return 0;
  own.count = 0;
  for_threads(p, remember_thread, &own);
  for (int i = 0; i < own.count; i++) {
    int core = core_at(&all, first + i);
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    if (CPU_ISSET(core, &own.threads[i].cores)) sched_setaffinity(own.threads[i].thread, sizeof one, &one);
  }
  kill(-p->pid, SIGCONT);
  int failed = halt(p);
  for (int i = 0; i < own.count; i++)
    sched_setaffinity(own.threads[i].thread, sizeof(cpu_set_t), &own.threads[i].cores);
  return failed;
}

/* ---- the end -------------------------------------------------------------------------------------------- */

/* A candidate's orphans become our children, for we are their subreaper. */
void reap_strays(void) {
  for (int round = 0; round < 100; round++) {
    char path[64], line[8192];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *list = fopen(path, "r");
    if (list == NULL) return;
    int strays = 0;
    if (fgets(line, sizeof line, list) != NULL) {
      for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        pid_t pid = (pid_t)atol(word);
        int known = 0;
        for (int i = 0; i < MAX_PROCESSES; i++) known |= processes[i].pid == pid;
        if (known || pid <= 1) continue;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        strays++;
      }
    }
    fclose(list);
    if (strays == 0) return;
  }
}

static void release(process *p) {
  if (p->written != NULL) munmap(p->written, p->mapped);
  forget_waits(p);
  close(p->reply);
  close(p->written_fd);
  if (p->readable_fd >= 0) close(p->readable_fd);
  free(p->threads);
  for (int i = 0; i < KEVO_MAX_OUTPUTS; i++) free(p->poison[i]);
  memset(p, 0, sizeof *p);
}

void end_process(process *p) {
  if (p->pid == 0) return;
  for (int i = 0; i < MAX_PROCESSES; i++)
    if (processes[i].pid != 0 && processes[i].source == p) end_process(&processes[i]);
  close(p->command);
  kill(-p->pid, SIGTERM);
  kill(-p->pid, SIGCONT);
  int64_t until = now_ns() + 50000000;
  siginfo_t info;
  for (;;) {
    info.si_pid = 0;
    if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0 || now_ns() > until) break;
    usleep(500);
  }
  /* The leader is not reaped yet, so its group's number cannot have been given to anyone else. */
  kill(-p->pid, SIGKILL);
  waitpid(p->pid, NULL, 0);
  release(p);
  reap_strays();
}
