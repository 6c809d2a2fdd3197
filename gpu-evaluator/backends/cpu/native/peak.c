/*
 * The most that this machine gives, on every core at the same time, the best of several short windows.
 *   peak CORES         prints GFLOP/s: independent fused multiply-adds on registers, single precision
 *   peak CORES f64     prints the same in double precision
 *   peak CORES BYTES   prints GB/s of this many bytes: the larger of reading one array and of the triad a = b + s * c on
 *                      three, which STREAM (McCalpin 1995) counts as 24 bytes an element
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "kevo.h"

void kevo_set_cores(int count);

/* Two vector units of latency 4 to 5 need at least 10 sums in flight; a width that the machine lacks is split. */
#define CHAINS 12
#define ROUNDS 20000

#define BURN(NAME, TYPE, BYTES)                                                              \
  typedef TYPE vector_##NAME __attribute__((vector_size(BYTES)));                            \
  static void burn_##NAME(void *argument, int64_t task, int thread) {                        \
    vector_##NAME sum[CHAINS], factor, term;                                                 \
    (void)thread;                                                                            \
    for (int i = 0; i < BYTES / (int)sizeof(TYPE); i++)                                      \
      factor[i] = (TYPE)0.999, term[i] = (TYPE)0.001 * (TYPE)task;                           \
    for (int c = 0; c < CHAINS; c++) sum[c] = term;                                          \
    for (int round = 0; round < ROUNDS; round++) {                                           \
      _Pragma("GCC unroll 16") for (int c = 0; c < CHAINS; c++) sum[c] = sum[c] * factor + term; \
    }                                                                                        \
    TYPE total = 0;                                                                          \
    for (int c = 0; c < CHAINS; c++) total += sum[c][0];                                     \
    ((volatile double *)argument)[task * 8] = (double)total;                                 \
  }

BURN(narrow, float, 16)
BURN(middle, float, 32)
BURN(wide, float, 64)
BURN(narrow_double, double, 16)
BURN(middle_double, double, 32)
BURN(wide_double, double, 64)

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

typedef struct burner {
  void (*burn)(void *, int64_t, int);
  int elements; /* of a vector */
} burner;

static double rate_within(const burner *b, double seconds_in_all, int cores, double *sink) {
  double fastest = 1e9;
  const double end = now() + seconds_in_all;
  do {
    double start = now();
    kevo_parallel(cores, cores * 4, b->burn, sink);
    double seconds = now() - start;
    if (seconds < fastest) fastest = seconds;
  } while (now() < end);
  return 2.0 * CHAINS * ROUNDS * b->elements * cores * 4 / fastest * 1e-9;
}

/* A short time tells which width is the fastest here; that one is then given a longer one. */
static double best(const burner burners[3], int cores, double *sink) {
  int fastest = 0;
  double rates[3];
  for (int i = 0; i < 3; i++) {
    rates[i] = rate_within(&burners[i], 0.008, cores, sink);
    if (rates[i] > rates[fastest]) fastest = i;
  }
  const double longer = rate_within(&burners[fastest], 0.05, cores, sink);
  return longer > rates[fastest] ? longer : rates[fastest];
}

typedef struct streams {
  double *a, *b, *c; /* reading takes all three as one */
  size_t each;       /* elements of a task, in each of the three */
  double *sums;
  int passes; /* over a task's part: many where one is too short to be timed */
} streams;

/* No other program relies on the data of a pass, so the next pass repeats the work. */
static inline void end_pass(void) { __asm__ volatile("" ::: "memory"); }

static void fill_part(void *argument, int64_t task, int thread) {
  const streams *s = argument;
  const size_t begin = (size_t)task * s->each;
  (void)thread;
  for (size_t i = begin; i < begin + s->each; i++) s->a[i] = 0, s->b[i] = 1, s->c[i] = (double)i;
}

/* As integers, whose sum the compiler may reorder. */
static void read_part(void *argument, int64_t task, int thread) {
  const streams *s = argument;
  const uint64_t *words = (const uint64_t *)s->a + 3 * (size_t)task * s->each;
  uint64_t sum = 0;
  (void)thread;
  for (int pass = 0; pass < s->passes; pass++, end_pass())
    for (size_t i = 0; i < 3 * s->each; i++) sum += words[i];
  ((volatile double *)s->sums)[task * 8] = (double)sum;
}

static void triad_part(void *argument, int64_t task, int thread) {
  const streams *s = argument;
  double *restrict a = s->a + (size_t)task * s->each;
  const double *b = s->b + (size_t)task * s->each, *c = s->c + (size_t)task * s->each;
  (void)thread;
  for (int pass = 0; pass < s->passes; pass++, end_pass())
    for (size_t i = 0; i < s->each; i++) a[i] = b[i] + 3.0 * c[i];
}

static double rate(void (*part)(void *, int64_t, int), streams *s, int cores, int tasks) {
  enum { WINDOWS = 4 };
  const double bytes = 24.0 * (double)s->each * tasks;
  s->passes = bytes > 2e7 ? 1 : (int)(2e7 / bytes) + 1;
  double fastest = 1e9;
  for (int window = 0; window < WINDOWS; window++) {
    double start = now();
    kevo_parallel(cores, tasks, part, s);
    double seconds = now() - start;
    if (seconds < fastest) fastest = seconds;
  }
  return bytes * s->passes / fastest * 1e-9;
}

static double bandwidth(int cores, size_t bytes) {
  /* A task a core where all fits into caches: each core then finds its own part there again. */
  const int tasks = bytes > (size_t)1 << 26 ? cores * 4 : cores;
  streams s = {.each = bytes / 24 / (size_t)tasks, .sums = calloc((size_t)tasks * 8, 8)};
  const size_t all = s.each * (size_t)tasks;
  s.a = malloc(all * 24);
  if (all == 0 || s.a == NULL || s.sums == NULL) return 0;
  s.b = s.a + all, s.c = s.b + all;
  kevo_parallel(cores, tasks, fill_part, &s);
  const double reading = rate(read_part, &s, cores, tasks), triad = rate(triad_part, &s, cores, tasks);
  return reading > triad ? reading : triad;
}

/* As what is timed has it: `priority.ts`. */
static void raise_priority(void) {
  int niceness = getpriority(PRIO_PROCESS, 0) - 10;
  if (setpriority(PRIO_PROCESS, 0, niceness) != 0) return;
  FILE *session = fopen("/proc/self/autogroup", "w");
  if (session == NULL) return;
  fprintf(session, "%d", niceness);
  fclose(session);
}

int main(int count, char **arguments) {
  raise_priority();
  int cores = count > 1 ? atoi(arguments[1]) : 1;
  kevo_set_cores(cores);
  const int is_double = count > 2 && strcmp(arguments[2], "f64") == 0;
  if (count > 2 && !is_double) {
    printf("%.1f\n", bandwidth(cores, strtoull(arguments[2], NULL, 10)));
    return 0;
  }
  double *sink = calloc((size_t)cores * 4 * 8, sizeof(double));
  if (sink == NULL) return 1;
  const burner singles[] = {{burn_narrow, 4}, {burn_middle, 8}, {burn_wide, 16}};
  const burner doubles[] = {{burn_narrow_double, 2}, {burn_middle_double, 4}, {burn_wide_double, 8}};
  printf("%.1f\n", best(is_double ? doubles : singles, cores, sink));
  return 0;
}
