/*
 * Between the evaluator, which knows arrays by number, and a kernel, which knows its own arguments: what stands here is
 * implemented for kernels without `arguments` by entry-floats.c and reference-entry-floats.c, and for all others by code
 * that is made from kernel.json.
 */
#ifndef KEVO_ENTRY_H
#define KEVO_ENTRY_H

#include "kevo.h"

enum kevo_type {
  KEVO_F32, KEVO_F64, KEVO_F16, KEVO_BF16,
  KEVO_I64, KEVO_I32, KEVO_I16, KEVO_I8, KEVO_U64, KEVO_U32, KEVO_U16, KEVO_U8
};

static inline uint64_t kevo_element_bytes(uint32_t type) {
  switch (type) {
    case KEVO_F64: case KEVO_I64: case KEVO_U64: return 8;
    case KEVO_F16: case KEVO_BF16: case KEVO_I16: case KEVO_U16: return 2;
    case KEVO_I8: case KEVO_U8: return 1;
    default: return 4;
  }
}

static inline int kevo_is_float(uint32_t type) { return type <= KEVO_BF16; }

typedef struct kevo_array {
  uint64_t count;
  uint32_t type, unused;
  /* Of an output: its error times this is held against the kernel's tolerance. */
  double weight;
} kevo_array;

/* The inputs, then the outputs. */
typedef struct kevo_arrays {
  uint32_t inputs, outputs;
  kevo_array array[KEVO_MAX_INPUTS + KEVO_MAX_OUTPUTS];
} kevo_arrays;

static inline uint64_t kevo_bytes(const kevo_array *array) { return array->count * kevo_element_bytes(array->type); }

/* A right answer is kept in double precision, and integers as they are. */
static inline uint64_t kevo_answer_bytes(const kevo_array *array) {
  return array->count * (kevo_is_float(array->type) ? sizeof(double) : kevo_element_bytes(array->type));
}

/* With the kernel. */
void kevo_call(const kevo_shape *shape, const void *const inputs[], void *const outputs[]);

/* With the reference. `answers` hold zeros at the start. */
void kevo_arrays_of(const kevo_shape *shape, kevo_arrays *arrays);
void kevo_make_inputs(const kevo_shape *shape, uint64_t seed, void *const inputs[]);
void kevo_make_answers(const kevo_shape *shape, const void *const inputs[], void *const answers[]);

#endif
