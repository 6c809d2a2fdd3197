/*
 * kevo.h: what a kernel of the CPU backend implements, and what it may call.
 *
 * A kernel's folder holds two C or C++ files, and each implements its half of this header:
 *
 *   kernel.c     what the parameters compile. A parameter TILE = 32 arrives as -DTILE=32, a boolean as 0 or 1,
 *                a permutation [m, k] of ORDER as ORDER_0, ORDER_1. A word such as KEYS = "rows" arrives as
 *                a number, and each value of the parameter has a name: write `#if KEYS == KEYS_rows`.
 *                A value that starts with a dash, such as -ffast-math, is handed to the compiler as it stands.
 *   reference.c  trusted, never tuned: inputs from a seed, and the right answer in double precision.
 *
 * Where kernel.json lists the kernel's `arguments`, both files implement functions with exactly these arguments. Where it
 * lists none, all arrays are single precision, there is one output, and reference.c says how large the arrays are.
 *
 * All arrays are contiguous and aligned to 64 bytes.
 */
#ifndef KEVO_H
#define KEVO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KEVO_MAX_INPUTS 8
#define KEVO_MAX_OUTPUTS 8
#define KEVO_MAX_SIZES 16

/* The shape of the workload: named integers from kernel.json. */
typedef struct kevo_shape {
  uint32_t count;
  struct {
    char name[32];
    int64_t value;
  } sizes[KEVO_MAX_SIZES];
} kevo_shape;

/* The size called `name`. Ends the process with a message when the workload has none of that name. */
int64_t kevo_size(const kevo_shape *shape, const char *name);

/* Elements of arguments of type f16 and bf16. */
#ifdef __FLT16_MAX__
typedef _Float16 kevo_f16;
#endif
typedef struct kevo_bf16 {
  uint16_t bits;
} kevo_bf16;

/* ---- kernel.c implements ------------------------------------------------------------------------------- */

/*
 * Computes the outputs from the inputs, once. Called many times; inputs change between calls, so nothing that depends
 * on them may be kept. Every element of every output is written; inputs are left as they are. The memory before
 * and after each array is watched.
 */
#ifdef KEVO_ARGUMENTS
#include "kevo-arguments.h" /* made from kernel.json: kevo_kernel, and what reference.c implements */
#else
void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output);
#endif

/* ---- kernel.c may call --------------------------------------------------------------------------------- */

/* Cores that this process may use. */
int kevo_cores(void);

/*
 * body(argument, task, thread) for each task in 0 .. tasks - 1, handed out in order to whichever of `threads`
 * threads is free. Returns when all are done. The threads wait between calls, so a call costs microseconds.
 */
void kevo_parallel(int threads, int64_t tasks, void (*body)(void *argument, int64_t task, int thread), void *argument);

/*
 * Scratch memory aligned to 64 bytes that lives as long as the process. The same slot (0 .. 15) gives the same memory,
 * grown when needed, its contents then lost. Not from inside kevo_parallel.
 */
void *kevo_scratch(int slot, size_t bytes);

/* ---- reference.c implements ---------------------------------------------------------------------------- */

#ifndef KEVO_ARGUMENTS
/* How many floats each array holds. */
typedef struct kevo_layout {
  uint32_t inputs;
  uint64_t input_floats[KEVO_MAX_INPUTS];
  uint64_t output_floats;
} kevo_layout;

void kevo_describe(const kevo_shape *shape, kevo_layout *layout);
/* The same seed gives the same inputs. */
void kevo_inputs(const kevo_shape *shape, uint64_t seed, float *const inputs[]);
/* The right answer; `output` has output_floats doubles, zero at the start. */
void kevo_reference(const kevo_shape *shape, const float *const inputs[], double *output);
#endif

/* ---- reference.c may call ------------------------------------------------------------------------------ */

/* The next number of a SplitMix64 stream (Steele, Lea, Flood 2014): 64 random bits. */
static inline uint64_t kevo_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* The same, uniform in [-1, 1). */
static inline float kevo_uniform(uint64_t *state) {
  return (float)(kevo_random(state) >> 40) * (1.0f / 8388608.0f) - 1.0f;
}
static inline double kevo_uniform_double(uint64_t *state) {
  return (double)(kevo_random(state) >> 11) * (1.0 / 4503599627370496.0) - 1.0;
}

static inline float kevo_from_bf16(kevo_bf16 value) {
  union {
    uint32_t bits;
    float value;
  } wide = {(uint32_t)value.bits << 16};
  return wide.value;
}

/* Rounds to nearest, ties to even. */
static inline kevo_bf16 kevo_to_bf16(float value) {
  union {
    float value;
    uint32_t bits;
  } wide = {value};
  kevo_bf16 narrow = {(uint16_t)((wide.bits + 0x7fffu + ((wide.bits >> 16) & 1u)) >> 16)};
  return narrow;
}

#ifdef __cplusplus
}
#endif

#endif
