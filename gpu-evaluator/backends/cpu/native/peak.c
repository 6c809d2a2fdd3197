/*
 * What this machine gives at most, on every core at once, the best of several short windows.
 *   peak CORES         prints GFLOP/s: independent fused multiply-adds on registers
 *   peak CORES BYTES   prints GB/s: reading an array of so many bytes, which no cache holds
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "kevo.h"

void kevo_set_cores(int count);

/* Two vector units of latency 4 to 5 need at least 10 sums in flight; a width that the machine lacks is split. */
#define CHAINS 12
#define ROUNDS 20000

#define BURN(NAME, BYTES)                                                                    \
  typedef float vector_##NAME __attribute__((vector_size(BYTES)));                           \
  static void burn_##NAME(void *argument, int64_t task, int thread) {                        \
    vector_##NAME sum[CHAINS], factor, term;                                                 \
    (void)thread;                                                                            \
    for (int i = 0; i < BYTES / 4; i++) factor[i] = 0.999f, term[i] = 0.001f * (float)task;  \
    for (int c = 0; c < CHAINS; c++) sum[c] = term;                                          \
    for (int round = 0; round < ROUNDS; round++) {                                           \
      _Pragma("GCC unroll 16") for (int c = 0; c < CHAINS; c++) sum[c] = sum[c] * factor + term; \
    }                                                                                        \
    float total = 0;                                                                         \
    for (int c = 0; c < CHAINS; c++) total += sum[c][0];                                     \
    ((volatile float *)argument)[task * 16] = total;                                         \
  }

BURN(narrow, 16)
BURN(middle, 32)
BURN(wide, 64)

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double best(void (*burn)(void *, int64_t, int), int bytes, int cores, float *sink) {
  double fastest = 1e9;
  const double end = now() + 0.06;
  do {
    double start = now();
    kevo_parallel(cores, cores * 4, burn, sink);
    double seconds = now() - start;
    if (seconds < fastest) fastest = seconds;
  } while (now() < end);
  return 2.0 * CHAINS * ROUNDS * (bytes / 4) * cores * 4 / fastest * 1e-9;
}

typedef struct reading {
  const uint64_t *words;
  size_t each; /* words of a task */
  uint64_t *sums;
} reading;

static void fill_part(void *argument, int64_t task, int thread) {
  const reading *r = argument;
  (void)thread;
  for (size_t i = 0; i < r->each; i++) ((uint64_t *)r->words)[(size_t)task * r->each + i] = i;
}

static void read_part(void *argument, int64_t task, int thread) {
  const reading *r = argument;
  const uint64_t *words = r->words + (size_t)task * r->each;
  uint64_t sum = 0;
  (void)thread;
  for (size_t i = 0; i < r->each; i++) sum += words[i];
  ((volatile uint64_t *)r->sums)[task * 8] = sum;
}

static double bandwidth(int cores, size_t bytes) {
  enum { WINDOWS = 4 };
  const int tasks = cores * 4;
  reading r = {.each = bytes / 8 / (size_t)tasks, .sums = calloc((size_t)tasks * 8, 8)};
  r.words = malloc(r.each * (size_t)tasks * 8);
  if (r.words == NULL || r.sums == NULL) return 0;
  kevo_parallel(cores, tasks, fill_part, &r);
  double fastest = 1e9;
  for (int window = 0; window < WINDOWS; window++) {
    double start = now();
    kevo_parallel(cores, tasks, read_part, &r);
    double seconds = now() - start;
    if (seconds < fastest) fastest = seconds;
  }
  return (double)r.each * tasks * 8 / fastest * 1e-9;
}

int main(int count, char **arguments) {
  int cores = count > 1 ? atoi(arguments[1]) : 1;
  kevo_set_cores(cores);
  if (count > 2) {
    printf("%.1f\n", bandwidth(cores, strtoull(arguments[2], NULL, 10)));
    return 0;
  }
  float *sink = calloc((size_t)cores * 4 * 16, sizeof(float));
  if (sink == NULL) return 1;
  double peak = 0, rate;
  if ((rate = best(burn_narrow, 16, cores, sink)) > peak) peak = rate;
  if ((rate = best(burn_middle, 32, cores, sink)) > peak) peak = rate;
  if ((rate = best(burn_wide, 64, cores, sink)) > peak) peak = rate;
  printf("%.1f\n", peak);
  return 0;
}
