/*
 * What the referee and the harness inside a candidate's process say to each other: fixed-size messages over two
 * pipes, and one shared memory that holds the arrays.
 *
 * The shared memory is a row of slots. A slot holds every input, then the output, with a guard region before,
 * between and after them. Only the referee chooses sizes; only the referee times.
 */
#ifndef KEVO_PROTOCOL_H
#define KEVO_PROTOCOL_H

#include "kevo.h"

enum { KEVO_FD_COMMAND = 3, KEVO_FD_REPLY = 4, KEVO_FD_MEMORY = 5 };
enum { KEVO_OPEN = 1, KEVO_RUN = 2 };
enum { KEVO_HELLO = 100, KEVO_DONE = 101 };

typedef struct kevo_message {
  uint32_t op;
  uint32_t sequence;
  /* KEVO_RUN: `calls` calls; call i works on slot (first + i) % slots. */
  uint32_t calls;
  uint32_t first;
  /* KEVO_OPEN */
  uint32_t slots;
  kevo_layout layout;
  kevo_shape shape;
} kevo_message;

typedef struct kevo_reply {
  uint32_t op;
  uint32_t sequence;
} kevo_reply;

#define KEVO_GUARD_BYTES 4096u

/* Bytes of an array with its guard behind it. Arrays are staggered so that they do not share cache sets. */
static inline uint64_t kevo_array_bytes(uint64_t floats) {
  return ((floats * 4 + 63) / 64) * 64 + KEVO_GUARD_BYTES + 448;
}

/* Where array `index` begins in a slot; index == layout->inputs is the output. */
static inline uint64_t kevo_array_offset(const kevo_layout *layout, uint32_t index) {
  uint64_t offset = KEVO_GUARD_BYTES;
  for (uint32_t i = 0; i < index; i++) offset += kevo_array_bytes(layout->input_floats[i]);
  return offset;
}

static inline uint64_t kevo_slot_bytes(const kevo_layout *layout) {
  uint64_t bytes = kevo_array_offset(layout, layout->inputs) + kevo_array_bytes(layout->output_floats);
  return (bytes + 4095) / 4096 * 4096;
}

/* Header of a file of inputs and their right answer: floats of each input, then doubles of the output. */
typedef struct kevo_data_header {
  char magic[8];
  kevo_layout layout;
} kevo_data_header;

#define KEVO_DATA_MAGIC "KEVODAT1"

#endif
