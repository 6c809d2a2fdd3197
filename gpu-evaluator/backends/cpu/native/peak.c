/*
 * This machine's measured peak: independent fused multiply-adds on registers, on every core at once.
 *   peak CORES   prints GFLOP/s, the best of several short windows
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

int main(int count, char **arguments) {
  int cores = count > 1 ? atoi(arguments[1]) : 1;
  kevo_set_cores(cores);
  float *sink = calloc((size_t)cores * 4 * 16, sizeof(float));
  if (sink == NULL) return 1;
  double peak = 0, rate;
  if ((rate = best(burn_narrow, 16, cores, sink)) > peak) peak = rate;
  if ((rate = best(burn_middle, 32, cores, sink)) > peak) peak = rate;
  if ((rate = best(burn_wide, 64, cores, sink)) > peak) peak = rate;
  printf("%.1f\n", peak);
  return 0;
}
