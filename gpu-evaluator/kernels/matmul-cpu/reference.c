/* c[m][n] = sum over k of a[m][k] b[k][n], summed in double precision. All row by row. */
#include "kevo.h"

void kevo_describe(const kevo_shape *shape, kevo_layout *layout) {
  const uint64_t m = (uint64_t)kevo_size(shape, "m"), n = (uint64_t)kevo_size(shape, "n"), k = (uint64_t)kevo_size(shape, "k");
  layout->inputs = 2;
  layout->input_floats[0] = m * k;
  layout->input_floats[1] = k * n;
  layout->output_floats = m * n;
}

void kevo_inputs(const kevo_shape *shape, uint64_t seed, float *const inputs[]) {
  kevo_layout layout;
  kevo_describe(shape, &layout);
  uint64_t state = seed;
  for (int i = 0; i < 2; i++)
    for (uint64_t at = 0; at < layout.input_floats[i]; at++) inputs[i][at] = kevo_uniform(&state);
}

void kevo_reference(const kevo_shape *shape, const float *const inputs[], double *output) {
  const int64_t m = kevo_size(shape, "m"), n = kevo_size(shape, "n"), k = kevo_size(shape, "k");
  const float *a = inputs[0], *b = inputs[1];
  for (int64_t i = 0; i < m; i++)
    for (int64_t p = 0; p < k; p++) {
      const double x = a[i * k + p];
      for (int64_t j = 0; j < n; j++) output[i * n + j] += x * (double)b[p * n + j];
    }
}
