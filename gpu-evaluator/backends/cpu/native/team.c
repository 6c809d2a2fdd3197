/* The kernel's runtime: scratch memory, and the threads behind kevo_parallel, which spin between calls, then sleep. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "kevo.h"

void *kevo_scratch(int slot, size_t bytes) {
  static struct {
    void *memory;
    size_t bytes;
  } slots[16];
  if (slot < 0 || slot >= 16) {
    fprintf(stderr, "kevo_scratch: slot %d is not between 0 and 15\n", slot);
    abort();
  }
  if (slots[slot].bytes < bytes) {
    free(slots[slot].memory);
    if (posix_memalign(&slots[slot].memory, 4096, bytes) != 0) {
      fprintf(stderr, "kevo_scratch: no memory for %zu bytes\n", bytes);
      abort();
    }
    slots[slot].bytes = bytes;
  }
  return slots[slot].memory;
}

/* About 50 microseconds: longer than the gap between two calls of a timed batch, too short to disturb others. */
enum { SPINS = 2000, MAX_THREADS = 1024 };

static struct {
  void (*body)(void *, int64_t, int);
  void *argument;
  int64_t tasks;
  int threads;
} job;

static int cores = 1;
static int members = 0; /* threads of the team besides the caller */
static atomic_uint generation;
static atomic_long next_task;
static atomic_int unfinished;
static atomic_int sleepers;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;

void kevo_set_cores(int count) { cores = count < 1 ? 1 : count; }
int kevo_cores(void) { return cores; }

static inline void pause_core(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/*
 * A thread a core. Left alone, the scheduler may keep two threads of a short call on one core, and times come out
 * twofold. Where fewer cores are granted than visible (a quota), others share them and nothing is pinned.
 */
static void pin(int thread) {
#ifdef KEVO_NO_PINNING /* In a program whose threads are not ours to place. */
  (void)thread;
#else
  static cpu_set_t allowed;
  static int known = 0;
  if (!known) known = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? 1 : -1;
  if (known < 0 || CPU_COUNT(&allowed) != cores || thread >= cores) return;
  for (int cpu = 0, nth = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed) || nth++ != thread) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
#endif
}

static void work(int thread) {
  for (;;) {
    long task = atomic_fetch_add_explicit(&next_task, 1, memory_order_relaxed);
    if (task >= job.tasks) return;
    job.body(job.argument, task, thread);
  }
}

typedef struct {
  int thread;
  unsigned seen; /* the generation before its first */
} member_start;
static member_start starts[MAX_THREADS];

static void *member(void *pointer) {
  member_start start = *(member_start *)pointer;
  unsigned seen = start.seen;
  pin(start.thread);
  for (;;) {
    int spins = 0;
    while (atomic_load_explicit(&generation, memory_order_acquire) == seen && spins++ < SPINS) pause_core();
    if (atomic_load(&generation) == seen) {
      pthread_mutex_lock(&mutex);
      atomic_fetch_add(&sleepers, 1);
      while (atomic_load(&generation) == seen) pthread_cond_wait(&wake, &mutex);
      atomic_fetch_sub(&sleepers, 1);
      pthread_mutex_unlock(&mutex);
    }
    /* One generation at a time: the caller does not start another before every member has finished this one. */
    seen++;
    if (start.thread < job.threads) work(start.thread);
    atomic_fetch_sub_explicit(&unfinished, 1, memory_order_release);
  }
  return NULL;
}

static void grow(int wanted) {
  if (members == 0) pin(0); /* First, so that the mask of all cores is read before any thread has its own. */
  while (members < wanted) {
    pthread_t thread;
    starts[members] = (member_start){.thread = members + 1, .seen = atomic_load(&generation)};
    if (pthread_create(&thread, NULL, member, &starts[members]) != 0) {
      fprintf(stderr, "kevo_parallel: cannot start thread %d\n", members + 2);
      abort();
    }
    pthread_detach(thread);
    members++;
  }
}

void kevo_parallel(int threads, int64_t tasks, void (*body)(void *, int64_t, int), void *argument) {
  if (threads > MAX_THREADS) threads = MAX_THREADS;
  if (threads <= 1 || tasks <= 1) {
    for (int64_t task = 0; task < tasks; task++) body(argument, task, 0);
    return;
  }
  grow(threads - 1);
  job.body = body;
  job.argument = argument;
  job.tasks = tasks;
  job.threads = threads;
  atomic_store(&next_task, 0);
  atomic_store(&unfinished, members);
  atomic_fetch_add(&generation, 1);
  if (atomic_load(&sleepers) > 0) {
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&mutex);
  }
  work(0);
  for (int spins = 0; atomic_load_explicit(&unfinished, memory_order_acquire) > 0; spins++) {
    if (spins < SPINS) pause_core();
    else sched_yield();
  }
}
