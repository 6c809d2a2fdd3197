/* The entry of a reference without `arguments`. */
#include <stdio.h>
#include <stdlib.h>
#include "entry.h"

void kevo_arrays_of(const kevo_shape *shape, kevo_arrays *arrays) {
  kevo_layout layout = {0};
  kevo_describe(shape, &layout);
  if (layout.inputs > KEVO_MAX_INPUTS || layout.output_floats == 0) {
    fprintf(stderr, "kevo_describe: %u inputs (at most %d), %llu floats of output (at least 1)\n", layout.inputs,
            KEVO_MAX_INPUTS, (unsigned long long)layout.output_floats);
    exit(1);
  }
  arrays->inputs = layout.inputs;
  arrays->outputs = 1;
  for (uint32_t i = 0; i < layout.inputs; i++)
    arrays->array[i] = (kevo_array){.count = layout.input_floats[i], .type = KEVO_F32};
  arrays->array[layout.inputs] = (kevo_array){.count = layout.output_floats, .type = KEVO_F32, .weight = 1};
}

void kevo_make_inputs(const kevo_shape *shape, uint64_t seed, void *const inputs[]) {
  float *floats[KEVO_MAX_INPUTS];
  for (int i = 0; i < KEVO_MAX_INPUTS; i++) floats[i] = (float *)inputs[i];
  kevo_inputs(shape, seed, floats);
}

void kevo_make_answers(const kevo_shape *shape, const void *const inputs[], void *const answers[]) {
  const float *floats[KEVO_MAX_INPUTS];
  for (int i = 0; i < KEVO_MAX_INPUTS; i++) floats[i] = (const float *)inputs[i];
  kevo_reference(shape, floats, (double *)answers[0]);
}
