/*
 * Causal attention forward, in double precision, as the formula has it:
 *   output[h][i] = sum over j <= i of softmax_j(q[h][i] . k[h][j] / sqrt(width)) v[h][j]
 */
#include <math.h>
#include <stdlib.h>
#include "kevo.h"

void kevo_describe(const kevo_shape *shape, kevo_layout *layout) {
  uint64_t floats = (uint64_t)(kevo_size(shape, "heads") * kevo_size(shape, "length") * kevo_size(shape, "width"));
  layout->inputs = 3; /* q, k, v, each [heads][length][width] */
  for (int i = 0; i < 3; i++) layout->input_floats[i] = floats;
  layout->output_floats = floats;
}

void kevo_inputs(const kevo_shape *shape, uint64_t seed, float *const inputs[]) {
  kevo_layout layout;
  kevo_describe(shape, &layout);
  uint64_t state = seed;
  for (int i = 0; i < 3; i++)
    /* Twice the uniform keeps some scores large, so that the running maximum matters. */
    for (uint64_t n = 0; n < layout.input_floats[i]; n++) inputs[i][n] = 2 * kevo_uniform(&state);
}

void kevo_reference(const kevo_shape *shape, const float *const inputs[], double *output) {
  const int64_t heads = kevo_size(shape, "heads"), length = kevo_size(shape, "length"), width = kevo_size(shape, "width");
  const double scale = 1 / sqrt((double)width);
  double *scores = malloc((size_t)length * sizeof *scores);
  if (scores == NULL) exit(1);
  for (int64_t h = 0; h < heads; h++) {
    const float *q = inputs[0] + h * length * width, *k = inputs[1] + h * length * width, *v = inputs[2] + h * length * width;
    for (int64_t i = 0; i < length; i++) {
      double largest = -INFINITY, total = 0, *row = output + (h * length + i) * width;
      for (int64_t j = 0; j <= i; j++) {
        double sum = 0;
        for (int64_t d = 0; d < width; d++) sum += (double)q[i * width + d] * (double)k[j * width + d];
        scores[j] = sum * scale;
        if (scores[j] > largest) largest = scores[j];
      }
      for (int64_t j = 0; j <= i; j++) total += scores[j] = exp(scores[j] - largest);
      for (int64_t j = 0; j <= i; j++)
        for (int64_t d = 0; d < width; d++) row[d] += scores[j] / total * (double)v[j * width + d];
    }
  }
  free(scores);
}
