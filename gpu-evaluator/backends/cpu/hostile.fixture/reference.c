#include "kevo.h"

void kevo_describe(const kevo_shape *shape, kevo_layout *layout) {
  layout->inputs = 1;
  layout->input_floats[0] = layout->output_floats = (uint64_t)kevo_size(shape, "length");
}

void kevo_inputs(const kevo_shape *shape, uint64_t seed, float *const inputs[]) {
  uint64_t state = seed;
  for (int64_t i = 0; i < kevo_size(shape, "length"); i++) inputs[0][i] = kevo_uniform(&state);
}

void kevo_reference(const kevo_shape *shape, const float *const inputs[], double *output) {
  for (int64_t i = 0; i < kevo_size(shape, "length"); i++) output[i] = 2.0 * (double)inputs[0][i] + 1.0;
}
