/* Shared by the parts of the referee: its processes, the files of known answers, and why the last command failed. */
#ifndef KEVO_REFEREE_H
#define KEVO_REFEREE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include "protocol.h"

enum { MAX_PROCESSES = 256, MAX_DATA = 512, MAX_FIELDS = 64 };

/* A file of inputs and their right answer, mapped. */
typedef struct data {
  char path[1024];
  char *bytes;
  size_t size;
} data;

typedef struct placement placement;
typedef struct waits waits;

/*
 * Of a call, nanoseconds: from the start to the reply, but not less than any thread ran; and what its threads waited
 * meanwhile for cores that others held.
 */
typedef struct timing {
  int64_t ns, waited;
} timing;

/*
 * A candidate, a baseline or the empty kernel, which reads the inputs of a source and writes an output; or a source: the
 * program that makes inputs, and the memory that they lie in.
 */
typedef struct process {
  pid_t pid; /* 0: this place is free */
  int cores;
  int command, reply, written_fd;
  uint32_t sequence;
  kevo_arrays layout;
  char *written; /* the memory that it writes; NULL before it is opened */
  size_t mapped;
  /* Of who reads. */
  struct process *source;
  uint64_t poison_at; /* where in the source's poison the output's begins */
  placement *threads; /* where its threads ran when it was opened for baselines; NULL: they are left alone */
  /* Of a source. */
  int readable_fd; /* its memory, for processes that may only read; -1 before it is opened */
  const data *loaded; /* what lies in its memory, with its answer; NULL when the process filled it */
  uint64_t seed; /* of the last command `fresh` */
  char *poison[KEVO_MAX_OUTPUTS];
  waits *waits; /* NULL while nobody asks */
} process;

extern process processes[MAX_PROCESSES];
/* Why a process failed: `timeout`, `aborted`, `exited CODE`, `signal NUMBER`, `garbled`, `threads`, `changed` or
 * `outside`, the last two with a place as `print_place` prints it. */
extern char why[128];
extern volatile int aborted, ending;
/* The process that is awaited to stop, which an abort ends: it may be where no stop reaches it. 0: none. */
extern volatile pid_t halting;

/* ---- data-file.c */
/* NULL for a file that cannot be read or is not a data file. */
const data *get_data(const char *path);
const kevo_arrays *layout_of(const data *file);
int same_layout(const kevo_arrays *a, const kevo_arrays *b);
/* Array `index` of the file: the inputs, then the right answers, doubles or integers. */
const char *array_of(const data *file, uint32_t index);
void drop_data(const char *path);

/* ---- launch.c: how a process begins */
typedef struct launch_options {
  int filters_calls, loads_libraries, holds_files;
} launch_options;
extern launch_options launching;
/* Paths that a process may read, beside its executable. */
void may_read(const char *path);

typedef struct launch {
  const char *executable, *folder, *cores;
  unsigned long long memory;
} launch;
/* 0, or -1 with errno. The process is not stopped yet; the caller awaits its hello. */
int start_process(process *p, process *source, const launch *how);

/* ---- process.c: messages to processes, and their end */
int64_t now_ns(void);
/* A reply to the message in hand. 0, or -1 with the reason in `why`. */
int await_reply(process *p, uint32_t op, const kevo_head *asked, int64_t deadline);
/* Stops every thread of it, and returns when all are stopped. 0, or -1 with the reason in `why` when it has ended. */
int halt(process *p);
/* Sends a message to a stopped process, and stops it again at the reply. `taken` may be NULL. */
int ask(process *p, kevo_message *message, int64_t deadline, timing *taken);
void end_process(process *p);
/* Ends all other descendants. */
void reap_strays(void);
/* Nanoseconds of processor time that its threads have used so far, ended ones included; -1 when it has none to tell. */
int64_t ran_ns(const process *p);
/* Remembers where its threads run; puts them back there. */
void remember_placement(process *p);
void restore_placement(process *p);
/*
 * Lets a stopped process stop anew, each of its threads on a core of its own from the `first` on, where they then begin to
 * run when it is called; they may leave it. 0, or -1 with the reason in `why`.
 */
int settle(process *p, int first);

/* ---- waits.c */
/* Nanoseconds that its threads have waited for a core so far; 0 where the system does not tell. */
int64_t waited(process *p);
/* The same, and marks how long each of them has run so far. */
int64_t mark_waited(process *p);
/* Nanoseconds that any of its threads has run since the mark: exact where the process was stopped then and is now. */
int64_t longest_run(process *p);
/* How many threads it has. */
int threads_of(const process *p);
/* Closes what that holds open. */
void forget_waits(process *p);

/* ---- memory.c */
/* Both send KEVO_OPEN. 0, or -1 with the reason in `why`; -2 with a message in `why` where the process did not cause it. */
int open_source(process *p, const data *file, kevo_message *message, int64_t deadline);
int open_reader(process *p, kevo_message *message, int64_t deadline);
void load_known(process *source, const data *file);
/* Reads all of a source's inputs, so that whoever is called next finds them in the caches. */
void read_inputs(const process *source);
/* Makes every element of the outputs wrong, and unlike anything that can be told from an output. */
void poison_output(process *p);
/* Leaves every element as it is, and the caches as poisoning does. */
void rewrite_output(process *p);

/* ---- judge.c */
typedef struct verdict {
  double error; /* relative L2, times the weight of its output; the largest of all outputs */
  double written_error; /* that error without the elements that hold the poison */
  uint64_t unwritten, not_finite, different; /* `different`: integers */
  int all_zero, outside;
  kevo_place broken; /* where `outside` */
  uint32_t output; /* the one that is wrong; where none is, the one of that error */
} verdict;
/* The output against the right answer of a file, or where that is NULL against the output of another process. */
verdict judge(const process *p, const data *file, const process *other);
int is_wrong(const verdict *v, double bound);
/* Its fields, each behind a tab. */
void print_verdict(const verdict *v);
/*
 * The same of a wrong output, and of an element that is wrong its place, its value and the right one; then what
 * `print_place` prints where it wrote outside, else nothing.
 */
void print_wrong(const verdict *v, const process *p, const data *file, const process *other);

/* `input` or `output`, its number, bytes from its beginning, its size in bytes; with blanks between them. */
void print_place(FILE *to, const kevo_arrays *layout, kevo_place place);

char *output_of(const process *p, uint32_t index);
/* Whether anything was written beside the outputs, and where. */
int guards_broken(const process *p, kevo_place *where);

/* ---- poison.c */
/* The poison is this much longer than an output, so that it can begin at another place each time. */
enum { POISON_SPARE = 4099 };
char *make_poison(const data *file, uint32_t output);
/* What was in an output before the call. */
const char *poison_of(const process *p, uint32_t output);

/* ---- elements.c */
double load_float(uint32_t type, const char *at);
void store_float(uint32_t type, char *at, double value);

/* ---- round.c */
/* One call of a kernel on the inputs that lie in its source. */
int call(process *p, int64_t limit_ns, timing *taken);
int fill(process *source, uint64_t seed, int64_t limit_ns);
/* Nobody can foresee it. Below 2^48, which every way of writing a number keeps. */
uint64_t new_seed(void);
/* `round` of referee.c. Prints the answer. */
void play_round(char **fields, int count);

#endif
