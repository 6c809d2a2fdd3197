/*
 * Makes one file of inputs and their right answers. Trusted; runs in a separate process.
 *   reference FILE SEED name=value ...
 * Or tells what the inputs cannot show of a wrong kernel, a line "constant N", "seedless N" or "ignored N" for each
 * input; "unsteady 0" where equal inputs have other answers the next time:
 *   reference --remarks SEED name=value ...
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "protocol.h"

int64_t kevo_size(const kevo_shape *shape, const char *name) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (strcmp(shape->sizes[i].name, name) == 0) return shape->sizes[i].value;
  fprintf(stderr, "the workload has no size called '%s'; its sizes are:", name);
  for (uint32_t i = 0; i < shape->count; i++) fprintf(stderr, " %s", shape->sizes[i].name);
  fprintf(stderr, "\n");
  exit(1);
}

static void *allocate(uint64_t bytes) {
  void *memory = calloc(1, bytes + 64);
  if (memory == NULL) {
    fprintf(stderr, "no memory for an array of %llu bytes\n", (unsigned long long)bytes);
    exit(1);
  }
  return memory;
}

/* A right answer that is no number would make every candidate wrong. */
static void check_answers(const kevo_arrays *layout, void *const answers[]) {
  for (uint32_t i = 0; i < layout->outputs; i++) {
    const kevo_array *array = &layout->array[layout->inputs + i];
    for (uint64_t at = 0; kevo_is_float(array->type) && at < array->count; at++) {
      const double answer = ((const double *)answers[i])[at];
      if (isfinite(answer)) continue;
      fprintf(stderr, "the right answer of output %u is %s at element %llu\n", i + 1, isnan(answer) ? "not a number" : "infinite",
              (unsigned long long)at);
      exit(1);
    }
  }
}

static int is_constant(const char *bytes, const kevo_array *array) {
  const uint64_t size = kevo_element_bytes(array->type), all = kevo_bytes(array);
  return array->count > 1 && memcmp(bytes, bytes + size, all - size) == 0;
}

#define UNSTEADY 1e-6
enum { SAME_ANSWERS = 43, OTHER_ANSWERS = 44, ANSWER_LIMIT_S = 10 };

/* By more than the order of a sum may change, where `slack` is given. */
static int differ(const kevo_array *array, const void *a, const void *b, double slack) {
  if (!kevo_is_float(array->type) || slack == 0) return memcmp(a, b, kevo_answer_bytes(array)) != 0;
  const double *x = a, *y = b;
  double apart = 0, all = 0;
  for (uint64_t i = 0; i < array->count; i++) apart += (x[i] - y[i]) * (x[i] - y[i]), all += x[i] * x[i];
  return !(apart <= slack * slack * all);
}

/*
 * SAME_ANSWERS or OTHER_ANSWERS, once more or with other values of input `at` where there are `other`; 0 where that cannot be
 * said. In a child, since values that do not fit the others may crash it.
 */
static int answers_again(const kevo_shape *shape, const kevo_arrays *layout, void *const arrays[], void *other, uint32_t at,
                         double slack) {
  const pid_t child = fork();
  if (child == 0) {
    const void *inputs[KEVO_MAX_INPUTS];
    void *answers[KEVO_MAX_OUTPUTS];
    for (uint32_t i = 0; i < layout->inputs; i++) inputs[i] = other != NULL && i == at ? other : arrays[i];
    for (uint32_t i = 0; i < layout->outputs; i++) answers[i] = allocate(kevo_file_bytes(layout, layout->inputs + i));
    freopen("/dev/null", "w", stderr);
    alarm(ANSWER_LIMIT_S);
    kevo_make_answers(shape, inputs, answers);
    for (uint32_t i = 0; i < layout->outputs; i++)
      if (differ(&layout->array[layout->inputs + i], answers[i], arrays[layout->inputs + i], slack)) _exit(OTHER_ANSWERS);
    _exit(SAME_ANSWERS);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static void tell_remarks(const kevo_shape *shape, const kevo_arrays *layout, void *const arrays[], uint64_t seed) {
  void *others[KEVO_MAX_INPUTS];
  for (uint32_t i = 0; i < layout->inputs; i++) others[i] = allocate(kevo_file_bytes(layout, i));
  kevo_make_inputs(shape, seed + 1, others);
  uint32_t seedless = 0;
  if (answers_again(shape, layout, arrays, NULL, 0, UNSTEADY) == OTHER_ANSWERS) printf("unsteady 0\n");
  for (uint32_t i = 0; i < layout->inputs; i++) {
    const uint64_t bytes = kevo_bytes(&layout->array[i]);
    const int is_seedless = memcmp(arrays[i], others[i], bytes) == 0;
    if (is_constant(arrays[i], &layout->array[i])) printf("constant %u\n", i);
    seedless += (uint32_t)is_seedless;
    /* Other values than any seed's, where all seeds have the same. */
    if (is_seedless) memset(others[i], 0, bytes);
    const int is_other = memcmp(arrays[i], others[i], bytes) != 0;
    if (is_other && answers_again(shape, layout, arrays, others[i], i, 0) == SAME_ANSWERS) printf("ignored %u\n", i);
  }
  /* Some may be tables that never change. */
  for (uint32_t i = 0; seedless == layout->inputs && i < layout->inputs; i++) printf("seedless %u\n", i);
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
  kevo_arrays *layout = &header.layout;
  kevo_arrays_of(&shape, layout);
  void *arrays[KEVO_MAX_INPUTS + KEVO_MAX_OUTPUTS] = {0};
  for (uint32_t i = 0; i < layout->inputs + layout->outputs; i++) arrays[i] = allocate(kevo_file_bytes(layout, i));
  kevo_make_inputs(&shape, strtoull(arguments[2], NULL, 10), arrays);
  kevo_make_answers(&shape, (const void *const *)arrays, arrays + layout->inputs);
  check_answers(layout, arrays + layout->inputs);
  if (strcmp(arguments[1], "--remarks") == 0) {
    tell_remarks(&shape, layout, arrays, strtoull(arguments[2], NULL, 10));
    return 0;
  }

  FILE *file = fopen(arguments[1], "wb");
  int good = file != NULL && fwrite(&header, sizeof header, 1, file) == 1;
  for (uint32_t i = 0; good && i < layout->inputs + layout->outputs; i++)
    good = fwrite(arrays[i], 1, kevo_file_bytes(layout, i), file) == kevo_file_bytes(layout, i);
  if (file == NULL || fclose(file) != 0 || !good) {
    perror(arguments[1]);
    return 1;
  }
  return 0;
}
