/* The arrays: inputs that candidates can only read, outputs that are wrong before every call and judged after it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "referee.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static const unsigned char GUARD = 0xcb;
/* The poison is this much longer than an output, so that it can begin at another place each time. */
enum { POISON_SPARE = 4099 };

static int refuse(const char *what) {
  snprintf(why, sizeof why, "%s: %s", what, strerror(errno));
  return -2;
}

/* Sizes the memory that a process writes, and maps it. */
static int make_memory(process *p, size_t bytes) {
  if (p->written != NULL) return errno = EEXIST, refuse("it is open already");
  if (ftruncate(p->written_fd, (off_t)bytes) != 0) return refuse("no memory for the arrays");
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, p->written_fd, 0);
  if (memory == MAP_FAILED) return refuse("no memory for the arrays");
  p->written = memory;
  p->mapped = bytes;
  return 0;
}

/* ---- inputs --------------------------------------------------------------------------------------------- */

static char *input_of(const process *source, uint32_t index) {
  return source->written + kevo_input_offset(&source->layout, index);
}

void load_known(process *source, const data *file) {
  for (uint32_t i = 0; i < source->layout.inputs; i++)
    memcpy(input_of(source, i), array_of(file, i), source->layout.input_floats[i] * 4);
  source->loaded = file;
}

/* From SplitMix64, as kevo_uniform is: 0 to 1. */
static double uniform(uint64_t *state) { return 0.5 + 0.5 * (double)kevo_uniform(state); }

/*
 * Numbers like those of outputs, in another order and off by a quarter at least: they cannot be told from an answer
 * without computing one.
 */
static float *make_poison(const data *file) {
  const uint64_t count = layout_of(file)->output_floats;
  const char *answer = array_of(file, layout_of(file)->inputs);
  float *poison = malloc((count + POISON_SPARE) * sizeof *poison);
  if (poison == NULL) return NULL;
  uint64_t state = ((uint64_t)random() << 32) ^ (uint64_t)now_ns();
  double square = 0;
  for (uint64_t i = 0; i < count; i++) {
    double value;
    memcpy(&value, answer + i * sizeof value, sizeof value);
    square += value * value;
  }
  const double usual = square > 0 ? sqrt(square / (double)count) : 1;
  for (uint64_t i = 0; i < count + POISON_SPARE; i++) {
    double value;
    memcpy(&value, answer + (uint64_t)(uniform(&state) * (double)(count - 1)) * sizeof value, sizeof value);
    if (fabs(value) < usual * 1e-3) value = usual * (uniform(&state) - 0.5);
    poison[i] = (float)(value * (1.25 + uniform(&state)));
  }
  return poison;
}

int open_source(process *p, const data *file, kevo_message *message, int64_t deadline) {
  p->layout = message->layout = *layout_of(file);
  int made = make_memory(p, kevo_inputs_bytes(&p->layout));
  if (made != 0) return made;
  if ((p->poison = make_poison(file)) == NULL) return refuse("no memory for the arrays");
  if (ask(p, message, deadline, NULL) != 0) return -1;
  /* From now on it can be mapped for reading only. Older kernels lack the seal; there a read-only descriptor serves. */
  int sealed = fcntl(p->written_fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0;
  fcntl(p->written_fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", p->written_fd);
  p->readable_fd = open(path, O_RDONLY | O_CLOEXEC);
  if (p->readable_fd < 0 && sealed) p->readable_fd = fcntl(p->written_fd, F_DUPFD_CLOEXEC, 0);
  return p->readable_fd < 0 ? refuse("inputs cannot be kept from being written (Linux 5.1 can, or /proc)") : 0;
}

/* ---- outputs -------------------------------------------------------------------------------------------- */

static char *output_of(const process *p) { return p->written + kevo_output_offset(&p->layout); }

int open_reader(process *p, kevo_message *message, int64_t deadline) {
  p->layout = message->layout = p->source->layout;
  int made = make_memory(p, kevo_output_bytes(&p->layout));
  if (made != 0) return made;
  memset(p->written, GUARD, p->mapped);
  poison_output(p);
  if (ask(p, message, deadline, NULL) != 0) return -1;
  fcntl(p->written_fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL);
  return 0;
}

void poison_output(process *p) {
  if (p->written == NULL) return;
  p->poison_at = (uint64_t)random() % POISON_SPARE;
  memcpy(output_of(p), p->source->poison + p->poison_at, p->layout.output_floats * 4);
}

void rewrite_output(process *p) {
  if (p->written == NULL) return;
  volatile uint32_t *word = (volatile uint32_t *)output_of(p);
  for (uint64_t i = 0; i < p->layout.output_floats; i++) word[i] = word[i];
}

static int guards_broken(const process *p) {
  const char *begin = output_of(p), *end = begin + p->layout.output_floats * 4;
  for (const char *at = p->written; at < begin; at++)
    if ((unsigned char)*at != GUARD) return 1;
  for (const char *at = end; at < p->written + p->mapped; at++)
    if ((unsigned char)*at != GUARD) return 1;
  return 0;
}

/* ---- judgement ------------------------------------------------------------------------------------------ */

enum { LANES = 8, BLOCK = 512 };

typedef struct sums {
  double difference[LANES], norm[LANES];
  uint64_t poison[LANES], unwritten[LANES], not_finite[LANES], zeros[LANES];
} sums;

/* Lane by lane, so that the compiler can make vectors of it. `count` is a multiple of LANES. */
static void add_block(sums *s, const uint32_t *output, const uint32_t *poison, const double *right, uint64_t count) {
  for (uint64_t at = 0; at < count; at += LANES)
    for (int lane = 0; lane < LANES; lane++) {
      uint32_t bits = output[at + lane];
      float value;
      memcpy(&value, &bits, sizeof value);
      double wanted = right[at + lane];
      int finite = (bits & 0x7f800000u) != 0x7f800000u;
      double off = finite ? (double)value - wanted : 0;
      s->difference[lane] += off * off;
      s->norm[lane] += wanted * wanted;
      /* A right answer may happen to be the poison's bits, once in some million. */
      int same = bits == poison[at + lane];
      s->poison[lane] += same;
      s->unwritten[lane] += same & (off * off > 1e-4 * wanted * wanted);
      s->not_finite[lane] += !finite;
      s->zeros[lane] += value == 0;
    }
}

verdict judge(const process *p, const data *file, const process *other) {
  const uint64_t count = p->layout.output_floats;
  const uint32_t *output = (const uint32_t *)output_of(p);
  const uint32_t *poison = (const uint32_t *)(p->source->poison + p->poison_at);
  const char *answer = file == NULL ? NULL : array_of(file, p->layout.inputs);
  const float *its = other == NULL ? NULL : (const float *)output_of(other);
  sums s = {0};
  for (uint64_t at = 0; at < count; at += BLOCK) {
    uint64_t size = count - at < BLOCK ? count - at : BLOCK, whole = (size + LANES - 1) / LANES * LANES;
    double right[BLOCK];
    if (file != NULL) memcpy(right, answer + at * sizeof *right, size * sizeof *right);
    else
      for (uint64_t i = 0; i < size; i++) right[i] = (double)its[at + i];
    if (whole == size) {
      add_block(&s, output + at, poison + at, right, size);
      continue;
    }
    /* The last elements, filled up with ones that are right. */
    uint32_t last[LANES * 2] = {0}, last_poison[LANES * 2] = {0};
    double last_right[LANES * 2] = {0};
    uint64_t even = whole - LANES;
    add_block(&s, output + at, poison + at, right, even);
    memcpy(last, output + at + even, (size - even) * 4);
    memcpy(last_poison, poison + at + even, (size - even) * 4);
    memcpy(last_right, right + even, (size - even) * sizeof *right);
    add_block(&s, last, last_poison, last_right, LANES);
    s.zeros[0] -= whole - size, s.poison[0] -= whole - size;
  }
  double difference = 0, norm = 0;
  uint64_t zeros = 0, poisoned = 0;
  verdict found = {0};
  for (int lane = 0; lane < LANES; lane++) {
    difference += s.difference[lane], norm += s.norm[lane], zeros += s.zeros[lane];
    poisoned += s.poison[lane];
    found.unwritten += s.unwritten[lane], found.not_finite += s.not_finite[lane];
  }
  if (found.unwritten > 0) found.unwritten = poisoned;
  found.error = sqrt(difference) / (norm > 0 ? sqrt(norm) : 1);
  found.all_zero = zeros == count && norm > 0;
  found.outside = guards_broken(p);
  return found;
}
