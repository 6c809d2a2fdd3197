/*
 * A round of a paired comparison: some sets of inputs that no process has seen, each given to every process for one
 * call. The output is poisoned before each call, outside of the time that is taken, and judged after it.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "referee.h"

enum { MAX_ENTRANTS = 32 };
/* A set in which a process waited this share of its time for a core is disturbed: its times are those of other programs. */
static const double DISTURBED = 0.03;
/* One set in so many must be undisturbed for the others to be left out: a few calm ones would be a choice among many. */
enum { CALM_ONE_IN = 8 };

int call(process *p, int64_t limit_ns, timing *taken) {
  kevo_message message = {.head = {.op = KEVO_RUN}};
  return ask(p, &message, now_ns() + limit_ns, taken);
}

int fill(process *source, uint64_t seed, int64_t limit_ns) {
  kevo_message message = {.head = {.op = KEVO_FILL}, .seed = seed};
  source->loaded = NULL;
  return ask(source, &message, now_ns() + limit_ns, NULL);
}

/* A process in a round. */
typedef struct entrant {
  process *process;
  int id;
  timing set, calm, all; /* of this set, of the undisturbed ones, of all */
} entrant;

typedef struct plan {
  process *source;
  int sets;
  int64_t limit_ns;
  double bound; /* most relative distance of the first process's output from the second's; 0: nothing is judged */
  int entrants;
  entrant entrant[MAX_ENTRANTS];
  int knowns;
  struct {
    int set;
    const data *file;
  } known[MAX_FIELDS];
} plan;

uint64_t new_seed(void) {
  uint64_t seed;
  if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) seed = (uint64_t)random() << 20 ^ (uint64_t)now_ns();
  return seed >> 16;
}

/* The inputs of a set. 0, or -1 when the source failed. */
static int lay_out(const plan *plan, int set, const data **known, uint64_t *seed) {
  *known = NULL;
  *seed = 0;
  for (int i = 0; i < plan->knowns; i++)
    if (plan->known[i].set == set) *known = plan->known[i].file;
  if (*known != NULL) return load_known(plan->source, *known), 0;
  *seed = new_seed();
  return fill(plan->source, *seed, plan->limit_ns);
}

static void swap(int *a, int *b) {
  int held = *a;
  *a = *b;
  *b = held;
}

/* Every process, one call each. -1 when all went well, otherwise the place of the one that failed. */
static int call_each(plan *plan) {
  /*
   * The order changes, so that no process always follows the same other one, or the program that made the inputs: drawn for
   * every two sets and turned round for the second of them, so that nothing periodic on the machine falls on one alone.
   */
  static unsigned sets_so_far;
  static int order[MAX_ENTRANTS], ordered;
  if (sets_so_far++ & 1 && ordered == plan->entrants) {
    for (int n = 0; n < ordered / 2; n++) swap(&order[n], &order[ordered - 1 - n]);
  } else {
    ordered = plan->entrants;
    for (int n = 0; n < ordered; n++) order[n] = n;
    for (int n = ordered - 1; n > 0; n--) swap(&order[n], &order[random() % (n + 1)]);
  }
  for (int n = 0; n < plan->entrants; n++) {
    entrant *next = &plan->entrant[order[n]];
    process *p = next->process;
    poison_output(p);
    read_inputs(plan->source);
    restore_placement(p);
    if (call(p, plan->limit_ns, &next->set) != 0) return (int)(next - plan->entrant);
  }
  return -1;
}

static void add(timing *sum, const timing *more) {
  sum->ns += more->ns;
  sum->waited += more->waited;
}

/* Adds up the set just played. 1 where it was undisturbed. */
static int count_set(plan *plan) {
  int calm = 1;
  for (int i = 0; i < plan->entrants; i++) {
    const timing *set = &plan->entrant[i].set;
    calm &= (double)set->waited <= DISTURBED * (double)set->ns;
    add(&plan->entrant[i].all, set);
  }
  /* For all or for none: what is compared has had the same inputs. */
  for (int i = 0; calm && i < plan->entrants; i++) add(&plan->entrant[i].calm, &plan->entrant[i].set);
  return calm;
}

static void print_times(plan *plan, double worst, int calm) {
  int timed = calm * CALM_ONE_IN >= plan->sets ? calm : plan->sets;
  printf("ok\tright\t%.9g\t%d", worst, timed);
  for (int i = 0; i < plan->entrants; i++) {
    entrant *t = &plan->entrant[i];
    const timing *sum = timed == calm ? &t->calm : &t->all;
    printf("\t%lld\t%lld", (long long)sum->ns, (long long)sum->waited);
    if (plan->bound <= 0) remember_placement(t->process);
  }
  printf("\n");
}

/*
 * On a busy machine a call takes longer where its process was last on another core than the referee, and on any machine where
 * two of its threads were last on the same one: so for all of them or for none. Before there are inputs, since the processes
 * run for a moment. -1, or the place of the one that failed.
 */
static int settle_all(plan *plan) {
  int first = (int)(random() % 1024);
  for (int i = 0; i < plan->entrants; i++)
    if (settle(plan->entrant[i].process, first) != 0) return i;
  return -1;
}

static void print_failed(const plan *plan, int place) {
  kill(-plan->entrant[place].process->pid, SIGSTOP);
  printf("failed\t%s\t%d\n", why, plan->entrant[place].id);
}

/* Prints the answer. */
static void play(plan *plan) {
  double worst = 0;
  int calm = 0, unsettled = settle_all(plan);
  if (unsettled >= 0) return print_failed(plan, unsettled);
  for (int set = 0; set < plan->sets; set++) {
    const data *known;
    uint64_t seed;
    if (lay_out(plan, set, &known, &seed) != 0) {
      printf("failed\t%s\t%d\n", why, (int)(plan->source - processes));
      return;
    }
    int failed = call_each(plan);
    if (failed >= 0) return print_failed(plan, failed);
    calm += count_set(plan);
    if (plan->bound <= 0) continue;
    const process *judged = plan->entrant[0].process;
    verdict v = judge(judged, known, known == NULL ? plan->entrant[1].process : NULL);
    if (known != NULL && v.error > worst) worst = v.error;
    if (is_wrong(&v, plan->bound)) {
      printf("ok\twrong\t%s\t%llu", known == NULL ? "-" : known->path, (unsigned long long)seed);
      print_wrong(&v, judged, known, known == NULL ? plan->entrant[1].process : NULL);
      printf("\n");
      return;
    }
  }
  print_times(plan, worst, calm);
}

static process *running(const char *id, process *source) {
  int place = atoi(id);
  if (place < 0 || place >= MAX_PROCESSES || processes[place].pid == 0) return NULL;
  process *p = &processes[place];
  return source == NULL || p->written == NULL || p->source == source ? p : NULL;
}

void play_round(char **fields, int count) {
  static plan plan;
  memset(&plan, 0, sizeof plan);
  plan.source = running(fields[1], NULL);
  plan.sets = atoi(fields[2]);
  plan.limit_ns = atoll(fields[3]) * 1000000;
  plan.bound = atof(fields[4]);
  int good = plan.source != NULL && plan.source->readable_fd >= 0;
  for (char *rest = fields[5], *id; good && (id = strsep(&rest, ",")) != NULL;) {
    process *p = plan.entrants < MAX_ENTRANTS ? running(id, plan.source) : NULL;
    if (p == NULL) good = 0;
    else plan.entrant[plan.entrants++] = (entrant){.process = p, .id = atoi(id)};
  }
  for (int i = 6; good && i + 1 < count; i += 2) {
    const data *file = get_data(fields[i + 1]);
    if (file == NULL || !same_layout(layout_of(file), &plan.source->layout)) good = 0;
    else plan.known[plan.knowns].set = atoi(fields[i]), plan.known[plan.knowns++].file = file;
  }
  if (!good || plan.entrants < (plan.bound > 0 ? 2 : 1)) {
    printf("error\tround: a process or a file of known answers is not there\n");
    return;
  }
  play(&plan);
  for (int i = 0; i < plan.entrants; i++) forget_waits(plan.entrant[i].process);
}
