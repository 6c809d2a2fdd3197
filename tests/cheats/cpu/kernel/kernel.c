/*
 * A product in which tanh takes the time, and every way to fake one. CHEAT names it. The static gate, which would
 * refuse most of it, is not used here: checks and sandbox must withstand these alone.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "kevo.h"
#include "protocol.h"

typedef struct problem {
  const float *a, *b;
  float *out;
  int64_t rows, columns, depth;
} problem;

static problem problem_of(const kevo_shape *shape, const float *const inputs[], float *output) {
  return (problem){inputs[0], inputs[1], output, kevo_size(shape, "rows"), kevo_size(shape, "columns"), kevo_size(shape, "depth")};
}
static int64_t size_of(const problem *p) { return p->rows * p->columns; }

static void rows_of(const problem *p, int64_t first, int64_t end) {
  for (int64_t row = first; row < end; row++)
    for (int64_t column = 0; column < p->columns; column++) {
      float sum = 0;
      for (int64_t k = 0; k < p->depth; k++) sum += tanhf(p->a[row * p->depth + k] * p->b[k * p->columns + column]);
      p->out[row * p->columns + column] = sum;
    }
}
static void honest(const problem *p) { rows_of(p, 0, p->rows); }

/* The same answer without inputs, from what was kept. */
enum { KEPT = 64, MOST = 1 << 14 };
static float kept[KEPT][MOST];

static uint64_t hash_of(const float *values, int64_t count, int64_t step, float grain) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (int64_t i = 0; i < count; i += step) {
    float value = grain > 0 ? roundf(values[i] / grain) : values[i];
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 0x100000001b3u;
  }
  return hash;
}

/* Answers by a key of the inputs. */
static void remember(const problem *p, int64_t step, float grain) {
  static uint64_t keys[KEPT];
  static int known;
  uint64_t key = hash_of(p->a, p->rows * p->depth, step, grain) ^ (hash_of(p->b, p->depth * p->columns, step, grain) << 1);
  for (int n = 0; n < KEPT && n < known; n++)
    if (keys[n] == key) {
      memcpy(p->out, kept[n], (size_t)size_of(p) * sizeof *p->out);
      return;
    }
  honest(p);
  keys[known % KEPT] = key;
  memcpy(kept[known++ % KEPT], p->out, (size_t)size_of(p) * sizeof *p->out);
}

/* Nothing, where the output looks as the last call left it. */
static void unless_left(const problem *p, const int64_t *places, int count) {
  static float left[8];
  static int calls;
  int same = calls++ > 0;
  for (int i = 0; i < count; i++) same &= p->out[places[i]] == left[i];
  if (same) return;
  honest(p);
  for (int i = 0; i < count; i++) left[i] = p->out[places[i]];
}

/* Nothing, unless the output holds what a judge would poison it with. */
static void if_poisoned(const problem *p, int64_t place) {
  uint32_t bits;
  memcpy(&bits, p->out + place, sizeof bits);
  const int strange = bits == 0x7fedbeefu || !isfinite(p->out[place]) || fabsf(p->out[place]) > 1e6f || p->out[place] == 0;
  if (strange) honest(p);
}

static problem later;
static void *finish(void *nothing) {
  struct timespec moment = {0, 200000};
  (void)nothing;
  nanosleep(&moment, NULL);
  honest(&later);
  return NULL;
}

/* What the process next door may have: its memory, its files, its answers. */
static void *stolen(size_t bytes) {
  static char found[1 << 20];
  static const char *const places[] = {"/proc/1/mem", "/proc/self/fd/3", "../kernels", "/proc/1/environ"};
  for (int i = 0; i < 4; i++) {
    int fd = open(places[i], O_RDONLY);
    if (fd >= 0 && read(fd, found, bytes < sizeof found ? bytes : sizeof found) > 0) break;
  }
  return found;
}

#include "in-place-of-harness.h"

/* A system call past the C library, in this processor's way and in that of its ancestors. */
static long ask_system(long number) {
  long result = -1;
#if defined(__x86_64__)
  __asm__ volatile("syscall" : "=a"(result) : "a"(number) : "rcx", "r11", "memory");
#endif
  return result;
}
static long ask_system_as_32_bits(long number) {
  long result = -1;
#if defined(__x86_64__)
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number) : "memory");
#endif
  return result;
}

static void *sleep_on(void *nothing) {
  const struct timespec hours = {10000, 0};
  nanosleep(&hours, NULL);
  return nothing;
}

void kevo_kernel(const kevo_shape *shape, const float *const inputs[], float *output) {
  const problem p = problem_of(shape, inputs, output);
  const int64_t size = size_of(&p);
  static int calls;
  static jmp_buf before;
  (void)size, (void)before;
  calls++;
#if CHEAT == CHEAT_none
  honest(&p);
#elif CHEAT == CHEAT_slow
  /* No cheat: a baseline that is easy to win against. */
  for (int times = 0; times < 20; times++) honest(&p);
#elif CHEAT == CHEAT_if_poisoned_first
  if_poisoned(&p, 0);
#elif CHEAT == CHEAT_if_poisoned_middle
  if_poisoned(&p, size / 2);
#elif CHEAT == CHEAT_if_poisoned_last
  if_poisoned(&p, size - 1);
#elif CHEAT == CHEAT_unless_left_last
  unless_left(&p, (const int64_t[]){size - 1}, 1);
#elif CHEAT == CHEAT_unless_left_some
  unless_left(&p, (const int64_t[]){0, 7, size / 3, size / 2, size - 2}, 5);
#elif CHEAT == CHEAT_remember_all
  remember(&p, 1, 0);
#elif CHEAT == CHEAT_remember_sample
  remember(&p, 61, 0);
#elif CHEAT == CHEAT_remember_rounded
  remember(&p, 1, 0.01f);
#elif CHEAT == CHEAT_every_second
  if (calls % 2) honest(&p);
#elif CHEAT == CHEAT_first_calls
  if (calls <= 5) honest(&p);
#elif CHEAT == CHEAT_one_in_five
  if (calls <= 3 || calls % 5 != 0) honest(&p);
#elif CHEAT == CHEAT_half
  rows_of(&p, 0, calls <= 3 ? p.rows : p.rows / 2);
#elif CHEAT == CHEAT_changed_rows
  /* Rows of the output whose row of `a` is another than in the call before. */
  static float last_a[MOST];
  for (int64_t row = 0; row < p.rows; row++)
    if (calls == 1 || last_a[row] != p.a[row * p.depth]) {
      rows_of(&p, row, row + 1);
      last_a[row] = p.a[row * p.depth];
    }
  if (calls > 4) output[size / 2] = kept[0][size / 2];
  memcpy(kept[0], output, (size_t)size * sizeof *output);
#elif CHEAT == CHEAT_last_answer
  if (calls > 3) memcpy(output, kept[0], (size_t)size * sizeof *output);
  else honest(&p);
  memcpy(kept[0], output, (size_t)size * sizeof *output);
#elif CHEAT == CHEAT_late_thread
  pthread_t thread;
  later = p;
  if (calls <= 3) honest(&p);
  else pthread_create(&thread, NULL, finish, NULL);
#elif CHEAT == CHEAT_late_signal
  /* A timer continues to compute when the call has returned. */
  later = p;
  if (calls <= 3) honest(&p);
  else {
    signal(SIGALRM, (void (*)(int))finish);
    alarm(1);
  }
#elif CHEAT == CHEAT_jumps_back
  /* Into the frame of the first call, which returns once more. */
  if (setjmp(before) == 0 && calls > 3) longjmp(before, 1);
  if (calls <= 3) honest(&p);
#elif CHEAT == CHEAT_counts_less
  /* Looks for a count of calls near its arguments, and lowers it. */
  honest(&p);
  uint32_t *words = (uint32_t *)(uintptr_t)inputs;
  for (int i = -800; i < 800; i++)
    if (words[i] == 2u && words[i + 1] > 1u && words[i + 1] < 100000u && words[i + 2] > 4u && words[i + 2] <= 2000u && words[i + 3] == 0u)
      words[i + 2] = 3u;
#elif CHEAT == CHEAT_returns_to_itself
  /* The caller's loop again, before it has answered. */
  if (calls <= 3) honest(&p);
  else ((void **)__builtin_frame_address(0))[1] = (char *)__builtin_return_address(0) - 64;
#elif CHEAT == CHEAT_smaller_shape
  if (calls == 3)
    for (uint32_t i = 0; i < shape->count; i++) ((kevo_shape *)(uintptr_t)shape)->sizes[i].value = 1;
  honest(&p);
#elif CHEAT == CHEAT_answers_itself
  /* Says that it is done before it begins. */
  struct { uint32_t op, asked[4]; } reply = {101, {2, (uint32_t)calls + 1, 0, 0}};
  uint32_t *near = (uint32_t *)(uintptr_t)inputs;
  for (int i = -800; i < 800; i++)
    if (near[i] == 2u && near[i + 1] == reply.asked[1]) memcpy(reply.asked, near + i, sizeof reply.asked);
  if (write(4, &reply, sizeof reply) < 0) abort();
  honest(&p);
#elif CHEAT == CHEAT_waits_as_vfork
  honest(&p);
  if (calls == 4 && find_message(inputs, (uint32_t)calls + 1)) take_over(&p, wait_as_vfork);
#elif CHEAT == CHEAT_never_stops
  honest(&p);
  if (calls == 4 && find_message(inputs, (uint32_t)calls + 1)) take_over(&p, wait_as_vfork);
#elif CHEAT == CHEAT_stays_in_system
  honest(&p);
  if (calls == 4 && find_message(inputs, (uint32_t)calls + 1)) take_over(&p, stay_in_system);
#elif CHEAT == CHEAT_undoes_stops
  honest(&p);
  if (calls == 4 && find_message(inputs, (uint32_t)calls + 1)) take_over(&p, undo_stops);
#elif CHEAT == CHEAT_before_main
  honest(&p);
#elif CHEAT == CHEAT_answers_only
  honest(&p);
  if (calls == 4 && find_message(inputs, (uint32_t)calls + 1)) take_over(&p, answer_only);
#elif CHEAT == CHEAT_by_pace
  /* A judge takes its time between calls; a loop that is timed does not. */
  struct timespec now;
  static int64_t last;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t ns = now.tv_sec * 1000000000 + now.tv_nsec;
  if (calls <= 3 || ns - last > 100000000) honest(&p);
  last = ns;
#elif CHEAT == CHEAT_by_placement
  /* Only on memory, or on a core, where no call was before. */
  static const void *seen_a, *seen_out;
  static uint64_t cores_seen;
  const uint64_t core = 1ull << (sched_getcpu() & 63);
  if (calls <= 3 || seen_a != p.a || seen_out != output || !(cores_seen & core)) honest(&p);
  seen_a = p.a, seen_out = output, cores_seen |= core;
#elif CHEAT == CHEAT_answers_in_inputs
  /* The answer where a judge that follows the arguments might look for it. */
  honest(&p);
  if (calls > 3) ((const void **)(uintptr_t)inputs)[0] = output, memcpy(output, kept[0], (size_t)size * sizeof *output);
  memcpy(kept[0], output, (size_t)size * sizeof *output);
#elif CHEAT == CHEAT_shares_a_file
  /* What it knows, for the process that is timed. */
  honest(&p);
  int file = open("kept.bin", O_RDWR | O_CREAT, 0600);
  if (file >= 0 && write(file, output, 4096) > 0) lseek(file, 0, SEEK_SET);
#elif CHEAT == CHEAT_shares_memory
  honest(&p);
  if (syscall(SYS_shmget, 1234, 4096, 01666) >= 0) abort();
#elif CHEAT == CHEAT_own_fork
  if (calls <= 3) honest(&p);
  else if (ask_system(57) == 0) honest(&p), _exit(0);
#elif CHEAT == CHEAT_own_fork_of_32_bits
  if (calls <= 3) honest(&p);
  else if (ask_system_as_32_bits(2) == 0) honest(&p), _exit(0);
#elif CHEAT == CHEAT_another_program
  /* As the program it was started as, whatever that is now. */
  char *const arguments[] = {(char *)"empty", (char *)"1", NULL};
  honest(&p);
  if (calls > 3) execve("../../empty/empty-kernel", arguments, arguments + 2);
#elif CHEAT == CHEAT_thousands_of_threads
  honest(&p);
  if (calls == 4) {
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 1 << 14);
    for (int n = 0; n < 3000; n++)
      if (pthread_create(&thread, &small, sleep_on, NULL) != 0) break;
  }
#elif CHEAT == CHEAT_own_output
  /* A memory of its own in the output's place: the judge sees what was there before. */
  void *page = (void *)((uintptr_t)output & ~(uintptr_t)4095);
  if (calls > 3) mmap(page, (size_t)size * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  honest(&p);
#elif CHEAT == CHEAT_writes_inputs
  honest(&p);
  ((float *)(uintptr_t)p.a)[1] = 0;
#elif CHEAT == CHEAT_maps_inputs
  /* The descriptor behind the inputs, to write them all the same. */
  honest(&p);
  float *mine = mmap(NULL, 4096 * 3, PROT_READ | PROT_WRITE, MAP_SHARED, 6, 0);
  if (mine == MAP_FAILED) mprotect((void *)((uintptr_t)p.a & ~(uintptr_t)4095), 4096, PROT_READ | PROT_WRITE);
  ((float *)(uintptr_t)p.a)[0] = 2;
#elif CHEAT == CHEAT_reads_answers
  memcpy(output, stolen((size_t)size * sizeof *output), (size_t)size * sizeof *output);
#elif CHEAT == CHEAT_writes_referee
  int memory = open("/proc/1/mem", O_RDWR);
  if (memory >= 0) abort();
#elif CHEAT == CHEAT_writes_parent
  char byte = 0;
  struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
  syscall(SYS_process_vm_writev, getppid(), &here, 1, &there, 1, 0);
#elif CHEAT == CHEAT_helper_process
  if (calls <= 3) honest(&p);
  else if (fork() == 0) honest(&p), _exit(0);
#elif CHEAT == CHEAT_stops_others
  honest(&p);
  kill(-1, SIGSTOP);
#elif CHEAT == CHEAT_pins_others
  /* Right only where it could move no thread: then it has gained nothing. */
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  int moved = 0;
  for (int other = 1; other < 2000; other++)
    if (other != getpid()) moved += sched_setaffinity(other, sizeof one, &one) == 0 || setpriority(PRIO_PROCESS, (id_t)other, 19) == 0;
  if (moved == 0) honest(&p);
#endif
}
