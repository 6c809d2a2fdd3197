/*
 * The referee: starts candidates and baselines, gives each call new inputs, times it from outside, judges what it wrote,
 * and leaves nothing of it behind. It decides nothing: the daemon sends one command a line and gets one line back.
 *
 *   spawn ID SOURCE|- EXECUTABLE DIRECTORY CORES MEMORY_BYTES DEADLINE_MS -> ok PID
 *   source ID DATA DEADLINE_MS name=value ...     -> ok            (the process makes inputs laid out as those in DATA)
 *   open  ID DEADLINE_MS name=value ...           -> ok            (the process computes on its SOURCE's inputs)
 *   known SOURCE DATA                             -> ok            (inputs whose right answer is known)
 *   fresh SOURCE DEADLINE_MS                      -> ok            (inputs that are new to all)
 *   same  SOURCE DEADLINE_MS                      -> ok            (the last of these once more, made in the same way)
 *   call  ID DEADLINE_MS                          -> ok NANOSECONDS PROCESSOR_NANOSECONDS WAITED
 *   again ID DEADLINE_MS                          -> the same      (its output left as it is)
 *   check ID DATA BOUND                           -> ok VERDICT
 *   round SOURCE SETS DEADLINE_MS BOUND ID,ID,... [SET DATA]...
 *     -> ok right WORST_ERROR TIMED (NANOSECONDS WAITED)...  one pair for each process, over the TIMED sets in which nobody
 *        waited long for a core that others held, or over all where these are too few; WORST_ERROR is that of known
 *        answers, WAITED the time that threads waited
 *     -> ok wrong DATA|- SEED VERDICT   the round ended with this set
 *   kill  ID                                      -> ok
 *   drop  DATA                                    -> ok            (closes a data file)
 *
 * VERDICT is ERROR WRITTEN_ERROR UNWRITTEN NOT_FINITE ALL_ZERO OUTSIDE DIFFERENT OUTPUT, as `verdict` in referee.h; of a
 * wrong output ELEMENT IS RIGHT PLACE too, as `print_wrong` there says.
 *
 * In a round the first process is judged: by the right answer where DATA is named for a set, otherwise by the output of
 * the second, from which it may be BOUND away. With BOUND 0 none is judged. DEADLINE_MS holds for each call.
 *
 * Fields are separated by tabs. Other answers: `failed WHY ID`, where WHY is `timeout`, `aborted`, `exited CODE`,
 * `signal NUMBER`, `garbled`, `threads`, `changed PLACE`, `outside PLACE`; and `error TEXT` for faults that are not the process's. SIGUSR1 aborts the command
 * in hand. End of input or SIGTERM ends every process and the referee.
 *
 * PID is 0 in a process namespace of the referee's own. A process runs only from a message to its reply; otherwise its
 * whole group is stopped, so that it can neither work outside the measured time nor disturb another's.
 *
 * Arguments: --calls filters the system calls of what it starts, --loads-libraries allows those of a dynamic loader,
 * --files PATH ... (the last) leaves it these paths to read, and its own executable.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "referee.h"

static void on_abort(int number) {
  (void)number;
  aborted = 1;
  if (halting > 0) kill(-halting, SIGKILL);
}
static void on_end(int number) {
  (void)number;
  ending = 1;
  if (halting > 0) kill(-halting, SIGKILL);
}

static void failed(process *p) {
  kill(-p->pid, SIGSTOP);
  printf("failed\t%s\t%d\n", why, (int)(p - processes));
}

static process *process_at(const char *id) {
  int place = atoi(id);
  return place >= 0 && place < MAX_PROCESSES ? &processes[place] : NULL;
}

static void do_spawn(process *p, char **fields) {
  process *source = strcmp(fields[2], "-") == 0 ? NULL : process_at(fields[2]);
  end_process(p);
  if (source != NULL && (source->pid == 0 || source->readable_fd < 0)) {
    printf("error\tprocess %s is no source\n", fields[2]);
    return;
  }
  launch how = {.executable = fields[3], .folder = fields[4], .cores = fields[5], .memory = strtoull(fields[6], NULL, 10)};
  if (start_process(p, source, &how) != 0) {
    printf("error\tcannot start a process: %s\n", strerror(errno));
    return;
  }
  static const kevo_head nothing;
  if (await_reply(p, KEVO_HELLO, &nothing, now_ns() + atoll(fields[7]) * 1000000) != 0) return failed(p);
  if (halt(p) != 0) return failed(p);
  printf("ok\t%d\n", getpid() == 1 ? 0 : (int)p->pid);
}

/* `name=value` fields, as a shape. */
static kevo_shape shape_of(char **fields, int count) {
  kevo_shape shape = {0};
  for (int i = 0; i < count && shape.count < KEVO_MAX_SIZES; i++) {
    char *equals = strchr(fields[i], '=');
    if (equals == NULL || equals - fields[i] >= 32) continue;
    memcpy(shape.sizes[shape.count].name, fields[i], (size_t)(equals - fields[i]));
    shape.sizes[shape.count++].value = atoll(equals + 1);
  }
  return shape;
}

static void opened(process *p, int result) {
  if (result == -1) return failed(p);
  if (result == -2) printf("error\t%s\n", why);
  else printf("ok\n");
}

static void do_source(process *p, char **fields, int count) {
  const data *file = get_data(fields[2]);
  kevo_message message = {.head = {.op = KEVO_OPEN}, .shape = shape_of(fields + 4, count - 4)};
  if (file == NULL) printf("error\tcannot read %s\n", fields[2]);
  else opened(p, open_source(p, file, &message, now_ns() + atoll(fields[3]) * 1000000));
}

static void do_open(process *p, char **fields, int count) {
  kevo_message message = {.head = {.op = KEVO_OPEN}, .shape = shape_of(fields + 3, count - 3)};
  if (p->source == NULL) printf("error\tprocess %s has no source\n", fields[1]);
  else opened(p, open_reader(p, &message, now_ns() + atoll(fields[2]) * 1000000));
}

static void do_call(process *p, const char *limit_ms, void (*prepare_output)(process *)) {
  timing taken;
  int64_t before = ran_ns(p);
  prepare_output(p);
  int failing = call(p, atoll(limit_ms) * 1000000, &taken);
  forget_waits(p);
  if (failing != 0) return failed(p);
  printf("ok\t%lld\t%lld\t%lld\n", (long long)taken.ns, (long long)(ran_ns(p) - before), (long long)taken.waited);
}

static void do_check(const process *p, const data *file, double bound) {
  verdict v = judge(p, file, NULL);
  printf("ok");
  if (is_wrong(&v, bound)) print_wrong(&v, p, file, NULL);
  else print_verdict(&v);
  printf("\n");
}

/* Commands on the arrays of an open process. */
static void use(process *p, const char *verb, char **fields, int count) {
  if ((strcmp(verb, "fresh") == 0 || strcmp(verb, "same") == 0) && count == 3) {
    if (verb[0] == 'f') p->seed = new_seed();
    if (fill(p, p->seed, atoll(fields[2]) * 1000000) != 0) return failed(p);
    return (void)printf("ok\n");
  }
  if (strcmp(verb, "call") == 0 && count == 3) return do_call(p, fields[2], poison_output);
  if (strcmp(verb, "again") == 0 && count == 3) return do_call(p, fields[2], rewrite_output);
  const data *file = count >= 3 ? get_data(fields[2]) : NULL;
  if (file == NULL || !same_layout(layout_of(file), &p->layout)) {
    printf("error\t%s: %s is not data of this workload\n", verb, count > 2 ? fields[2] : "nothing");
    return;
  }
  if (strcmp(verb, "known") == 0) return load_known(p, file), (void)printf("ok\n");
  if (strcmp(verb, "check") == 0 && count == 4) return do_check(p, file, atof(fields[3]));
  printf("error\tunknown command %s\n", verb);
}

static void obey(char *line) {
  char *fields[MAX_FIELDS];
  int count = 0;
  line[strcspn(line, "\n")] = 0;
  for (char *field; count < MAX_FIELDS && (field = strsep(&line, "\t")) != NULL;) fields[count++] = field;
  const char *verb = fields[0];
  if (strcmp(verb, "drop") == 0 && count == 2) return drop_data(fields[1]), (void)printf("ok\n");
  if (strcmp(verb, "round") == 0 && count >= 6) return play_round(fields, count);
  process *p = count > 1 ? process_at(fields[1]) : NULL;
  if (p == NULL) {
    printf("error\tno process %s\n", count > 1 ? fields[1] : "");
    return;
  }
  if (strcmp(verb, "spawn") == 0 && count == 8) return do_spawn(p, fields);
  if (strcmp(verb, "kill") == 0) return end_process(p), (void)printf("ok\n");
  if (p->pid == 0) {
    printf("error\tprocess %s is not running\n", fields[1]);
    return;
  }
  if (strcmp(verb, "source") == 0 && count >= 4) return do_source(p, fields, count);
  if (strcmp(verb, "open") == 0 && count >= 3) return do_open(p, fields, count);
  /* The empty kernel is called without arrays. */
  if (p->written == NULL && strcmp(verb, "call") != 0) {
    printf("error\tprocess %s has no workload open\n", fields[1]);
    return;
  }
  use(p, verb, fields, count);
}

static int read_arguments(int count, char **arguments) {
  for (int i = 1; i < count; i++) {
    if (launching.holds_files) may_read(arguments[i]);
    else if (strcmp(arguments[i], "--calls") == 0) launching.filters_calls = 1;
    else if (strcmp(arguments[i], "--loads-libraries") == 0) launching.loads_libraries = 1;
    else if (strcmp(arguments[i], "--files") == 0) launching.holds_files = 1;
    else return -1;
  }
  return 0;
}

int main(int count, char **arguments) {
  static char line[65536];
  if (read_arguments(count, arguments) != 0) return 2;
  srandom((unsigned)now_ns() ^ (unsigned)getpid());
  /* Restarted reads survive an abort that comes between two commands; poll is never restarted. */
  struct sigaction action = {.sa_handler = on_abort, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  action.sa_handler = on_end;
  action.sa_flags = 0;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  setvbuf(stdout, NULL, _IOFBF, 65536);
  while (!ending && fgets(line, sizeof line, stdin) != NULL) {
    aborted = 0;
    obey(line);
    fflush(stdout);
  }
  for (int i = 0; i < MAX_PROCESSES; i++) end_process(&processes[i]);
  reap_strays();
  return 0;
}
