/*
 * Causal attention forward as the formula reads, on one core: where an evolution of source begins. What is between the
 * markers may become anything that implements kevo_kernel; `attention-cpu` is what an engineer made of it.
 */
#include <math.h>
#include <string.h>
#include "kevo.h"

// EVOLVE-BEGIN
/* One row of the output; `scores` has room for the row's weights. q, k, v and output are of one head. */
static void row(const float *q, const float *k, const float *v, float *output, float *scores, int64_t i, int64_t width) {
  const float scale = 1 / sqrtf((float)width);
  float largest = -INFINITY, total = 0;
  for (int64_t j = 0; j <= i; j++) {
    float sum = 0;
    for (int64_t d = 0; d < width; d++) sum += q[i * width + d] * k[j * width + d];
    scores[j] = sum * scale;
    if (scores[j] > largest) largest = scores[j];
  }
  for (int64_t j = 0; j <= i; j++) {
    scores[j] = expf(scores[j] - largest);
    total += scores[j];
  }
  for (int64_t d = 0; d < width; d++) {
    float sum = 0;
    for (int64_t j = 0; j <= i; j++) sum += scores[j] * v[j * width + d];
    output[i * width + d] = sum / total;
  }
}

void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {
  const int64_t heads = kevo_size(shape, "heads"), length = kevo_size(shape, "length"), width = kevo_size(shape, "width");
  float *scores = kevo_scratch(0, (size_t)length * sizeof *scores);
  for (int64_t h = 0; h < heads; h++) {
    const int64_t head = h * length * width;
    for (int64_t i = 0; i < length; i++)
      row(inputs[0] + head, inputs[1] + head, inputs[2] + head, output + head, scores, i, width);
  }
}
// EVOLVE-END
