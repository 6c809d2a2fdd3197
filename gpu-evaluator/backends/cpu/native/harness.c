/*
 * The part of a candidate's process that is not the candidate: obeys the referee's commands and calls the kernel.
 * It shares an address space with code that is not trusted, so nothing it says is believed: the referee takes the
 * times and checks the arrays from outside.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "protocol.h"

void kevo_set_cores(int count);

int64_t kevo_size(const kevo_shape *shape, const char *name) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (strcmp(shape->sizes[i].name, name) == 0) return shape->sizes[i].value;
  fprintf(stderr, "the workload has no size called '%s'\n", name);
  abort();
}

void *kevo_scratch(int slot, size_t bytes) {
  static struct {
    void *memory;
    size_t bytes;
  } slots[16];
  if (slot < 0 || slot >= 16) {
    fprintf(stderr, "kevo_scratch: slot %d is not between 0 and 15\n", slot);
    abort();
  }
  if (slots[slot].bytes < bytes) {
    free(slots[slot].memory);
    if (posix_memalign(&slots[slot].memory, 4096, bytes) != 0) {
      fprintf(stderr, "kevo_scratch: no memory for %zu bytes\n", bytes);
      abort();
    }
    slots[slot].bytes = bytes;
  }
  return slots[slot].memory;
}

static void read_fully(void *buffer, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    ssize_t got = read(KEVO_FD_COMMAND, (char *)buffer + done, bytes - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) _exit(0); /* The referee is done with us, or gone. */
    done += (size_t)got;
  }
}

static void say(uint32_t op, uint32_t sequence) {
  kevo_reply reply = {.op = op, .sequence = sequence};
  if (write(KEVO_FD_REPLY, &reply, sizeof reply) != (ssize_t)sizeof reply) _exit(0);
}

int main(int count, char **arguments) {
  kevo_message current = {0}, message;
  char *memory = NULL;
  size_t mapped = 0;
  kevo_set_cores(count > 1 ? atoi(arguments[1]) : 1);
  say(KEVO_HELLO, 0);
  for (;;) {
    read_fully(&message, sizeof message);
    if (message.op == KEVO_OPEN) {
      if (memory != NULL) munmap(memory, mapped);
      current = message;
      mapped = kevo_slot_bytes(&current.layout) * current.slots;
      memory = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, KEVO_FD_MEMORY, 0);
      if (memory == MAP_FAILED) {
        fprintf(stderr, "cannot map %zu bytes of arrays: %s\n", mapped, strerror(errno));
        return 1;
      }
    } else {
      for (uint32_t call = 0; call < message.calls; call++) {
        char *slot = memory + kevo_slot_bytes(&current.layout) * ((message.first + call) % current.slots);
        const float *inputs[KEVO_MAX_INPUTS];
        for (uint32_t i = 0; i < current.layout.inputs; i++)
          inputs[i] = (const float *)(slot + kevo_array_offset(&current.layout, i));
        kevo_kernel(&current.shape, inputs, (float *)(slot + kevo_array_offset(&current.layout, current.layout.inputs)));
      }
    }
    say(KEVO_DONE, message.sequence);
  }
}
