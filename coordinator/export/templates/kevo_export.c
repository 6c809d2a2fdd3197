/*
 * The part of a shared library beside the kernel: the functions of kevo.h that the evaluator's harness gives
 * a candidate, and entry points that loader.py calls. Compiled twice: with the kernel, and with KEVO_EXPORT_REFERENCE
 * with the reference. With KEVO_EXPORT_LIBRARY, for programs in C, it has no such entry points.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "entry.h"

int64_t kevo_size(const kevo_shape *shape, const char *name) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (strcmp(shape->sizes[i].name, name) == 0) return shape->sizes[i].value;
  fprintf(stderr, "the shape has no size called '%s'\n", name);
  abort();
}

#ifndef KEVO_EXPORT_LIBRARY

/* False when the shape has more sizes, or longer names, than a kevo_shape holds. */
static int fill(kevo_shape *shape, uint32_t count, const char *const names[], const int64_t values[]) {
  *shape = (kevo_shape){.count = count};
  if (count > KEVO_MAX_SIZES) return 0;
  for (uint32_t i = 0; i < count; i++) {
    if (strlen(names[i]) >= sizeof shape->sizes[i].name) return 0;
    strcpy(shape->sizes[i].name, names[i]);
    shape->sizes[i].value = values[i];
  }
  return 1;
}

#ifdef KEVO_EXPORT_REFERENCE

/* Elements and type of each input, then of each output. Returns how many inputs there are, or -1. */
int kevo_export_layout(uint32_t count, const char *const names[], const int64_t values[], uint64_t counts[], uint32_t types[]) {
  kevo_shape shape;
  kevo_arrays arrays = {0};
  if (!fill(&shape, count, names, values)) return -1;
  kevo_arrays_of(&shape, &arrays);
  for (uint32_t i = 0; i < arrays.inputs + arrays.outputs; i++) {
    counts[i] = arrays.array[i].count;
    types[i] = arrays.array[i].type;
  }
  return (int)arrays.inputs;
}

void kevo_export_inputs(uint32_t count, const char *const names[], const int64_t values[], uint64_t seed, void *const inputs[]) {
  kevo_shape shape;
  if (fill(&shape, count, names, values)) kevo_make_inputs(&shape, seed, inputs);
}

/* `answers` hold zeros at the start: doubles, or integers of the output's type. */
void kevo_export_reference(uint32_t count, const char *const names[], const int64_t values[], const void *const inputs[],
                           void *const answers[]) {
  kevo_shape shape;
  if (fill(&shape, count, names, values)) kevo_make_answers(&shape, inputs, answers);
}

#else

void kevo_set_cores(int count);

void kevo_export_cores(int count) { kevo_set_cores(count); }

/* One call at a time: scratch memory and threads belong to the library. */
void kevo_export_call(uint32_t count, const char *const names[], const int64_t values[], const void *const inputs[],
                      void *const outputs[]) {
  kevo_shape shape;
  if (fill(&shape, count, names, values)) kevo_call(&shape, inputs, outputs);
}

#endif

#endif
