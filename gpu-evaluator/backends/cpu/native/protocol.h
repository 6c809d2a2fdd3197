/*
 * The messages of the referee to the processes that it starts, over two pipes and two shared memories, and their
 * answers. A candidate or a baseline reads its inputs from one memory, which it cannot write, and writes its output
 * into the other. The program that makes inputs writes into the first, and has no second.
 *
 * Only the referee chooses sizes, and only the referee takes times. Between two messages a process is stopped.
 */
#ifndef KEVO_PROTOCOL_H
#define KEVO_PROTOCOL_H

#include "entry.h"

enum { KEVO_FD_COMMAND = 3, KEVO_FD_REPLY = 4, KEVO_FD_WRITTEN = 5, KEVO_FD_READ = 6 };
/* KEVO_RUN calls the kernel once. KEVO_FILL is for the program that makes inputs. */
enum { KEVO_OPEN = 1, KEVO_RUN = 2, KEVO_FILL = 3 };
/* KEVO_OUTSIDE: a fault in the memory around the arrays. */
enum { KEVO_HELLO = 100, KEVO_DONE = 101, KEVO_CHANGED_INPUTS = 102, KEVO_OUTSIDE = 103 };

/*
 * A reply repeats this head from the process's memory, so that overwriting it is detected. `token` is a small number
 * that looks like a count of calls: bait for code that wants to lower one.
 */
typedef struct kevo_head {
  uint32_t op, sequence, token, zero;
} kevo_head;

typedef struct kevo_message {
  kevo_head head;
  /* KEVO_FILL */
  uint64_t seed;
  /* KEVO_OPEN */
  kevo_arrays layout;
  kevo_shape shape;
} kevo_message;

/*
 * A place in an array, or near one: `bytes` from its beginning, which is negative before it. Arrays are numbered as in the
 * layout. Told by the candidate, so only for messages to people.
 */
typedef struct kevo_place {
  uint32_t array, unused;
  int64_t bytes;
} kevo_place;

typedef struct kevo_reply {
  uint32_t op;
  kevo_head asked;
  kevo_place place; /* KEVO_CHANGED_INPUTS, KEVO_OUTSIDE */
} kevo_reply;

#define KEVO_GUARD_BYTES 4096u

/* Bytes of an array and the gap behind it. Arrays are staggered so that they do not share cache sets. */
static inline uint64_t kevo_room(const kevo_array *array) {
  return ((kevo_bytes(array) + 63) / 64) * 64 + KEVO_GUARD_BYTES + 448;
}

/* Where input `index` begins; index == layout->inputs is the end of the last. */
static inline uint64_t kevo_input_offset(const kevo_arrays *layout, uint32_t index) {
  uint64_t offset = KEVO_GUARD_BYTES;
  for (uint32_t i = 0; i < index; i++) offset += kevo_room(&layout->array[i]);
  return offset;
}

static inline uint64_t kevo_whole_pages(uint64_t bytes) { return (bytes + 4095) / 4096 * 4096; }

/* The memory of the inputs. */
static inline uint64_t kevo_inputs_bytes(const kevo_arrays *layout) {
  return kevo_whole_pages(kevo_input_offset(layout, layout->inputs));
}

static inline const kevo_array *kevo_output(const kevo_arrays *layout, uint32_t index) {
  return &layout->array[layout->inputs + index];
}

/*
 * Where output `index` begins in the outputs' memory: behind a guard, and staggered as if it followed the inputs.
 * index == layout->outputs is behind the guard of the last.
 */
static inline uint64_t kevo_output_offset(const kevo_arrays *layout, uint32_t index) {
  uint64_t offset = KEVO_GUARD_BYTES + kevo_input_offset(layout, layout->inputs) % 4096;
  for (uint32_t i = 0; i < index; i++) offset += kevo_room(kevo_output(layout, i));
  return offset;
}

/* The memory of the outputs: guards lie before and behind each. */
static inline uint64_t kevo_outputs_bytes(const kevo_arrays *layout) {
  return kevo_whole_pages(kevo_output_offset(layout, layout->outputs));
}

/*
 * Of the arrays [first, end) of a layout, which lie at `offset` in one memory: the array that a place in the memory is in, or
 * the nearest one. Both are of inputs, or both of outputs.
 */
static inline kevo_place kevo_nearest(const kevo_arrays *layout, uint32_t first, uint32_t end, int64_t at,
                                      uint64_t (*offset)(const kevo_arrays *, uint32_t)) {
  kevo_place nearest = {0};
  int64_t least = INT64_MAX;
  for (uint32_t i = first; i < end; i++) {
    const int64_t bytes = at - (int64_t)offset(layout, i - first), size = (int64_t)kevo_bytes(&layout->array[i]);
    const int64_t apart = bytes < 0 ? -bytes : bytes >= size ? bytes - size + 1 : 0;
    if (apart >= least) continue;
    least = apart;
    nearest = (kevo_place){.array = i, .bytes = bytes};
  }
  return nearest;
}

/* Header of a file of inputs and their right answers, which follow in the order of the layout, each on a multiple of 8. */
typedef struct kevo_data_header {
  char magic[8];
  kevo_arrays layout;
} kevo_data_header;

#define KEVO_DATA_MAGIC "KEVODAT2"

/* Bytes of array `index` in such a file. */
static inline uint64_t kevo_file_bytes(const kevo_arrays *layout, uint32_t index) {
  const kevo_array *array = &layout->array[index];
  return ((index < layout->inputs ? kevo_bytes(array) : kevo_answer_bytes(array)) + 7) / 8 * 8;
}

#endif
