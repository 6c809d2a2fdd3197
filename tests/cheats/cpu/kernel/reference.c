/* output[row][column] = sum over k of tanh(a[row][k] b[k][column]), in double precision. */
#include <math.h>
#include "kevo.h"

void kevo_describe(const kevo_shape *shape, kevo_layout *layout) {
  const int64_t rows = kevo_size(shape, "rows"), columns = kevo_size(shape, "columns"), depth = kevo_size(shape, "depth");
  layout->inputs = 2;
  layout->input_floats[0] = (uint64_t)(rows * depth);
  layout->input_floats[1] = (uint64_t)(depth * columns);
  layout->output_floats = (uint64_t)(rows * columns);
}

void kevo_inputs(const kevo_shape *shape, uint64_t seed, float *const inputs[]) {
  kevo_layout layout;
  kevo_describe(shape, &layout);
  uint64_t state = seed;
  for (int i = 0; i < 2; i++)
    for (uint64_t n = 0; n < layout.input_floats[i]; n++) inputs[i][n] = kevo_uniform(&state);
}

void kevo_reference(const kevo_shape *shape, const float *const inputs[], double *output) {
  const int64_t rows = kevo_size(shape, "rows"), columns = kevo_size(shape, "columns"), depth = kevo_size(shape, "depth");
  for (int64_t row = 0; row < rows; row++)
    for (int64_t column = 0; column < columns; column++)
      for (int64_t k = 0; k < depth; k++)
        output[row * columns + column] += tanh((double)inputs[0][row * depth + k] * (double)inputs[1][k * columns + column]);
}
