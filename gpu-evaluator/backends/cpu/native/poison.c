/* What lies in an output before each call: wrong everywhere, and like an answer, so that nobody can tell it from one. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "referee.h"

/* From SplitMix64, as kevo_uniform is: 0 to 1. */
static double uniform(uint64_t *state) { return 0.5 + 0.5 * (double)kevo_uniform(state); }

/* Numbers as outputs have them, in another order and off by a quarter at least. */
static void poison_floats(char *poison, uint32_t type, uint64_t count, const char *answer, uint64_t *state) {
  const uint64_t size = kevo_element_bytes(type);
  double square = 0;
  for (uint64_t i = 0; i < count; i++) {
    double value;
    memcpy(&value, answer + i * sizeof value, sizeof value);
    square += value * value;
  }
  const double usual = square > 0 ? sqrt(square / (double)count) : 1;
  for (uint64_t i = 0; i < count + POISON_SPARE; i++) {
    double value;
    memcpy(&value, answer + (uint64_t)(uniform(state) * (double)(count - 1)) * sizeof value, sizeof value);
    if (fabs(value) < usual * 1e-3) value = usual * (uniform(state) - 0.5);
    store_float(type, poison + i * size, value * (1.25 + uniform(state)));
  }
}

/* Integers as outputs have them, in another order, and a little more or less. */
static void poison_integers(char *poison, uint64_t size, uint64_t count, const char *answer, uint64_t *state) {
  for (uint64_t i = 0; i < count + POISON_SPARE; i++) {
    uint64_t value = 0;
    memcpy(&value, answer + kevo_random(state) % count * size, size);
    value += 1 + kevo_random(state) % 5;
    memcpy(poison + i * size, &value, size);
  }
}

char *make_poison(const data *file, uint32_t output) {
  const kevo_array *array = kevo_output(layout_of(file), output);
  const uint64_t size = kevo_element_bytes(array->type);
  const char *answer = array_of(file, layout_of(file)->inputs + output);
  char *poison = malloc((array->count + POISON_SPARE) * size);
  if (poison == NULL) return NULL;
  uint64_t state = ((uint64_t)random() << 32) ^ (uint64_t)now_ns();
  if (kevo_is_float(array->type)) poison_floats(poison, array->type, array->count, answer, &state);
  else poison_integers(poison, size, array->count, answer, &state);
  return poison;
}

const char *poison_of(const process *p, uint32_t output) {
  return p->source->poison[output] + p->poison_at * kevo_element_bytes(kevo_output(&p->layout, output)->type);
}
