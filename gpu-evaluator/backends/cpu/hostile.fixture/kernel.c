/* output = 2 input + 1, and one misdeed for each value of DEED. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kevo.h"

extern char **environ;

#if DEED == DEED_does_not_compile
this is not C;
#endif

#if DEED == DEED_exits_before_main
__attribute__((constructor)) static void early(void) { _exit(0); }
#endif

void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {
  const int64_t length = kevo_size(shape, "length");
  const float *input = inputs[0];
  static int calls = 0;
  calls++;

#if DEED == DEED_keeps_results
  /* Slow at first, then from memory; knows the inputs by their first element. */
  static float known[64], kept[64][4096];
  static int count = 0;
  for (int n = 0; n < count; n++)
    if (known[n] == input[0]) {
      memcpy(output, kept[n], sizeof kept[n]);
      return;
    }
  for (volatile long spin = 0; spin < 12000000; spin++) {}
#endif

  for (int64_t i = 0; i < length; i++) output[i] = 2.0f * input[i] + 1.0f;

#if DEED == DEED_keeps_results
  known[count] = input[0];
  memcpy(kept[count++], output, sizeof kept[0]);
#elif DEED == DEED_loops_forever
  for (;;) {}
#elif DEED == DEED_writes_far_outside
  for (int64_t i = 0; i < 1 << 28; i++) output[i] = 1;
#elif DEED == DEED_writes_just_outside
  output[length + 3] = 1;
#elif DEED == DEED_garbage
  for (int64_t i = 0; i < length; i++) output[i] = (float)i;
#elif DEED == DEED_zeros
  memset(output, 0, (size_t)length * sizeof *output);
#elif DEED == DEED_leaves_some_unwritten
  /* The bytes it found there. */
  static uint32_t before;
  if (calls == 1) before = 0x7fedbeefu;
  memcpy(output + length / 2, &before, sizeof before);
#elif DEED == DEED_not_finite
  output[7] = NAN;
#elif DEED == DEED_changes_inputs
  ((float *)input)[5] = 0.25f;
#elif DEED == DEED_exits_early
  exit(0);
#elif DEED == DEED_leaves_a_child
  if (calls == 1) {
    pid_t child = fork();
    if (child == 0) {
      setsid();
      signal(SIGTERM, SIG_IGN);
      for (;;) pause();
    }
    FILE *file = fopen("child.txt", "w");
    fprintf(file, "%d", (int)child);
    fclose(file);
  }
#elif DEED == DEED_allocates_without_end
  for (;;) {
    char *more = malloc(1 << 20);
    if (more == NULL) abort();
    memset(more, 1, 1 << 20);
  }
#elif DEED == DEED_needs_a_clean_environment
  for (char **variable = environ; *variable != NULL; variable++)
    if (strncmp(*variable, "PATH=", 5) != 0) memset(output, 0, (size_t)length * sizeof *output);
#elif DEED == DEED_wrong_later
  if (calls > 4) output[length / 3] += 1;
#elif DEED == DEED_answers_for_the_harness
  for (uint32_t n = 0; n < 100; n++) {
    uint32_t reply[2] = {101, n};
    if (write(4, reply, sizeof reply) < 0) break;
  }
#elif DEED == DEED_kills_the_referee
  kill(getppid(), SIGKILL);
#elif DEED == DEED_opens_files_without_end
  while (open("/dev/null", O_RDONLY) >= 0) {}
#endif
}
