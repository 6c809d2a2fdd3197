/* The entry of a kernel without `arguments`: single precision, one output. */
#include "entry.h"

void kevo_call(const kevo_shape *shape, const void *const inputs[], void *const outputs[]) {
  const float *floats[KEVO_MAX_INPUTS];
  for (int i = 0; i < KEVO_MAX_INPUTS; i++) floats[i] = (const float *)inputs[i];
  kevo_kernel(shape, floats, (float *)outputs[0]);
}
