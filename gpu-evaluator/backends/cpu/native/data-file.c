/* Files of inputs and right answers, which the trusted reference made. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "referee.h"

static data files[MAX_DATA];

const data *get_data(const char *path) {
  data *place = NULL;
  for (int i = 0; i < MAX_DATA; i++) {
    if (files[i].bytes != NULL && strcmp(files[i].path, path) == 0) return &files[i];
    if (files[i].bytes == NULL && place == NULL) place = &files[i];
  }
  if (place == NULL || strlen(path) >= sizeof place->path) return NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat about;
  if (fd < 0 || fstat(fd, &about) != 0 || (size_t)about.st_size < sizeof(kevo_data_header)) {
    if (fd >= 0) close(fd);
    return NULL;
  }
  char *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (bytes == MAP_FAILED) return NULL;
  const kevo_data_header *header = (const kevo_data_header *)bytes;
  const kevo_arrays *layout = &header->layout;
  uint64_t expected = sizeof *header;
  const int fits = layout->inputs <= KEVO_MAX_INPUTS && layout->outputs >= 1 && layout->outputs <= KEVO_MAX_OUTPUTS;
  for (uint32_t i = 0; fits && i < layout->inputs + layout->outputs; i++) expected += kevo_file_bytes(layout, i);
  if (memcmp(header->magic, KEVO_DATA_MAGIC, 8) != 0 || !fits || expected != (uint64_t)about.st_size) {
    munmap(bytes, (size_t)about.st_size);
    return NULL;
  }
  strcpy(place->path, path);
  place->bytes = bytes;
  place->size = (size_t)about.st_size;
  return place;
}

const kevo_arrays *layout_of(const data *file) { return &((const kevo_data_header *)file->bytes)->layout; }

int same_layout(const kevo_arrays *a, const kevo_arrays *b) {
  if (a->inputs != b->inputs || a->outputs != b->outputs) return 0;
  for (uint32_t i = 0; i < a->inputs + a->outputs; i++)
    if (a->array[i].count != b->array[i].count || a->array[i].type != b->array[i].type) return 0;
  return 1;
}

const char *array_of(const data *file, uint32_t index) {
  const char *at = file->bytes + sizeof(kevo_data_header);
  for (uint32_t i = 0; i < index; i++) at += kevo_file_bytes(layout_of(file), i);
  return at;
}

void drop_data(const char *path) {
  for (int i = 0; i < MAX_DATA; i++) {
    if (files[i].bytes == NULL || strcmp(files[i].path, path) != 0) continue;
    for (int n = 0; n < MAX_PROCESSES; n++)
      if (processes[n].loaded == &files[i]) processes[n].loaded = NULL;
    munmap(files[i].bytes, files[i].size);
    files[i].bytes = NULL;
  }
}
