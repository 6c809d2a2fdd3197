/* output = 2 input + 1, and one misdeed for each value of DEED. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kevo.h"

extern char **environ;

/* Whether a file can be read. */
static int readable(const char *path) {
  char byte;
  int fd = open(path, O_RDONLY);
  return fd >= 0 && read(fd, &byte, 1) == 1;
}

#if DEED == DEED_reads_a_key_while_compiled
#include "/proc/self/environ"
#include "/etc/passwd"
#endif

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
  const float before = output[length / 2];

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
  output[length / 2] = before;
#elif DEED == DEED_not_finite
  output[7] = NAN;
#elif DEED == DEED_changes_inputs
  ((float *)input)[5] = 0.25f;
#elif DEED == DEED_exits_early
  exit(0);
#elif DEED == DEED_outlives_its_parent
  if (calls == 1 && syscall(SYS_fork) == 0) {
    setsid();
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  }
#elif DEED == DEED_forks_without_end
  for (;;) fork();
#elif DEED == DEED_reads_a_key
  /* The daemon's environment, the user's files, the other candidates' answers. */
  char path[64];
  int found = readable("/etc/passwd") || readable("/proc/self/environ") || opendir("..") != NULL;
  for (int pid = 1; calls == 1 && pid < 32768; pid++) {
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    found |= readable(path);
  }
  if (found) memset(output, 0, (size_t)length * sizeof *output);
#elif DEED == DEED_opens_a_socket
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&there, sizeof there);
#elif DEED == DEED_writes_outside_scratch
  FILE *file = fopen("/tmp/kevo-hostile-mark", "w");
  if (file != NULL) fputs("I was here", file);
#elif DEED == DEED_writes_inside_scratch
  FILE *file = fopen("result.txt", "w");
  if (file != NULL) fputs("I was here", file);
#elif DEED == DEED_fills_the_disk
  static char block[1 << 16];
  for (long n = 0; n < 1 << 20; n++)
    if (write(2, block, sizeof block) < 0) break;
#elif DEED == DEED_fills_shared_memory
  for (long size = 1 << 20;; size *= 2) ftruncate(5, size);
#elif DEED == DEED_runs_a_program
  execl("/bin/sh", "sh", "-c", "id > /tmp/kevo-hostile-mark", NULL);
#elif DEED == DEED_runs_code_from_data
  /* exit(0), as machine code */
  static const unsigned char code[] = {0xb8, 0xe7, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05};
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED) {
    memcpy(page, code, sizeof code);
    ((void (*)(void))page)();
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
