/*
 * Makes one file of inputs and their right answer. Trusted; runs in a separate process.
 *   reference FILE SEED name=value ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "protocol.h"

int64_t kevo_size(const kevo_shape *shape, const char *name) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (strcmp(shape->sizes[i].name, name) == 0) return shape->sizes[i].value;
  fprintf(stderr, "the workload has no size called '%s'; its sizes are:", name);
  for (uint32_t i = 0; i < shape->count; i++) fprintf(stderr, " %s", shape->sizes[i].name);
  fprintf(stderr, "\n");
  exit(1);
}

static void *allocate(uint64_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (memory == NULL) {
    fprintf(stderr, "no memory for %llu numbers\n", (unsigned long long)count);
    exit(1);
  }
  return memory;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  kevo_shape shape = {0};
  for (int i = 3; i < count && shape.count < KEVO_MAX_SIZES; i++) {
    const char *equals = strchr(arguments[i], '=');
    size_t length = equals ? (size_t)(equals - arguments[i]) : 0;
    if (length == 0 || length >= sizeof shape.sizes[0].name) {
      fprintf(stderr, "'%s' is not a short name=value\n", arguments[i]);
      return 2;
    }
    memcpy(shape.sizes[shape.count].name, arguments[i], length);
    shape.sizes[shape.count++].value = strtoll(equals + 1, NULL, 10);
  }
  kevo_data_header header = {.magic = KEVO_DATA_MAGIC};
  kevo_describe(&shape, &header.layout);
  if (header.layout.inputs > KEVO_MAX_INPUTS || header.layout.output_floats == 0) {
    fprintf(stderr, "kevo_describe: %u inputs (at most %d), %llu floats of output (at least 1)\n", header.layout.inputs,
            KEVO_MAX_INPUTS, (unsigned long long)header.layout.output_floats);
    return 1;
  }
  float *inputs[KEVO_MAX_INPUTS];
  for (uint32_t i = 0; i < header.layout.inputs; i++) inputs[i] = allocate(header.layout.input_floats[i], sizeof(float));
  double *output = allocate(header.layout.output_floats, sizeof(double));
  kevo_inputs(&shape, strtoull(arguments[2], NULL, 10), inputs);
  kevo_reference(&shape, (const float *const *)inputs, output);

  FILE *file = fopen(arguments[1], "wb");
  int good = file != NULL && fwrite(&header, sizeof header, 1, file) == 1;
  for (uint32_t i = 0; good && i < header.layout.inputs; i++)
    good = fwrite(inputs[i], sizeof(float), header.layout.input_floats[i], file) == header.layout.input_floats[i];
  good = good && fwrite(output, sizeof(double), header.layout.output_floats, file) == header.layout.output_floats;
  if (file == NULL || fclose(file) != 0 || !good) {
    perror(arguments[1]);
    return 1;
  }
  return 0;
}
