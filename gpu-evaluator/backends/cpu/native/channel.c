#define _GNU_SOURCE
#include "channel.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int64_t kevo_size(const kevo_shape *shape, const char *name) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (strcmp(shape->sizes[i].name, name) == 0) return shape->sizes[i].value;
  fprintf(stderr, "the workload has no size called '%s'; its sizes are:", name);
  for (uint32_t i = 0; i < shape->count; i++) fprintf(stderr, " %s", shape->sizes[i].name);
  fprintf(stderr, "\n");
  abort();
}

void kevo_receive(kevo_message *message) {
  for (size_t done = 0; done < sizeof *message;) {
    ssize_t got = read(KEVO_FD_COMMAND, (char *)message + done, sizeof *message - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) _exit(0);
    done += (size_t)got;
  }
}

void kevo_say(uint32_t op, const kevo_head *asked) { kevo_say_place(op, asked, (kevo_place){0}); }

void kevo_say_place(uint32_t op, const kevo_head *asked, kevo_place place) {
  kevo_reply reply = {.op = op, .asked = *asked, .place = place};
  if (write(KEVO_FD_REPLY, &reply, sizeof reply) != (ssize_t)sizeof reply) _exit(0);
}

void *kevo_map(int fd, size_t bytes, int protection) {
  /* With a gap on either side, so that who runs or jumps out of one array faults before it reaches another. */
  char *room = mmap(NULL, bytes + 2 * KEVO_GAP, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  void *memory = room == MAP_FAILED ? room : mmap(room + KEVO_GAP, bytes, protection, MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, 0);
  if (memory != MAP_FAILED) return memory;
  fprintf(stderr, "cannot map %zu bytes of arrays: %s\n", bytes, strerror(errno));
  exit(1);
}
