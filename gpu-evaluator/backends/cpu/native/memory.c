/* The arrays: inputs that candidates can only read, outputs that are wrong before every call and judged after it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
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
    memcpy(input_of(source, i), array_of(file, i), kevo_bytes(&source->layout.array[i]));
  source->loaded = file;
}

int open_source(process *p, const data *file, kevo_message *message, int64_t deadline) {
  p->layout = message->layout = *layout_of(file);
  int made = make_memory(p, kevo_inputs_bytes(&p->layout));
  if (made != 0) return made;
  for (uint32_t i = 0; i < p->layout.outputs; i++)
    if ((p->poison[i] = make_poison(file, i)) == NULL) return refuse("no memory for the arrays");
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

char *output_of(const process *p, uint32_t index) { return p->written + kevo_output_offset(&p->layout, index); }

int open_reader(process *p, kevo_message *message, int64_t deadline) {
  p->layout = message->layout = p->source->layout;
  int made = make_memory(p, kevo_outputs_bytes(&p->layout));
  if (made != 0) return made;
  memset(p->written, GUARD, p->mapped);
  poison_output(p);
  if (ask(p, message, deadline, NULL) != 0) return -1;
  fcntl(p->written_fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL);
  return 0;
}

void read_inputs(const process *source) {
  enum { LINE = 64 };
  const volatile char *bytes = source->written;
  for (size_t at = 0; at < source->mapped; at += LINE) (void)bytes[at];
}

void poison_output(process *p) {
  if (p->written == NULL) return;
  p->poison_at = (uint64_t)random() % POISON_SPARE;
  for (uint32_t i = 0; i < p->layout.outputs; i++) {
    const kevo_array *array = kevo_output(&p->layout, i);
    memcpy(output_of(p, i), poison_of(p, i), kevo_bytes(array));
  }
}

void rewrite_output(process *p) {
  if (p->written == NULL) return;
  for (uint32_t i = 0; i < p->layout.outputs; i++) {
    volatile unsigned char *byte = (volatile unsigned char *)output_of(p, i);
    const uint64_t bytes = kevo_bytes(kevo_output(&p->layout, i));
    volatile uint64_t *word = (volatile uint64_t *)byte;
    for (uint64_t at = 0; at < bytes / 8; at++) word[at] = word[at];
    for (uint64_t at = bytes / 8 * 8; at < bytes; at++) byte[at] = byte[at];
  }
}

int guards_broken(const process *p, kevo_place *where) {
  const char *at = p->written;
  for (uint32_t i = 0; i <= p->layout.outputs; i++) {
    const char *end = i < p->layout.outputs ? output_of(p, i) : p->written + p->mapped;
    for (; at < end; at++)
      if ((unsigned char)*at != GUARD) {
        const uint32_t first = p->layout.inputs;
        *where = kevo_nearest(&p->layout, first, first + p->layout.outputs, at - p->written, kevo_output_offset);
        return 1;
      }
    if (i < p->layout.outputs) at = end + kevo_bytes(kevo_output(&p->layout, i));
  }
  return 0;
}
