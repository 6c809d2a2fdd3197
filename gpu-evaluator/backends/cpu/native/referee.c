/*
 * The referee: starts candidates and baselines, gives them inputs, times them from outside, checks what they wrote,
 * and leaves nothing of them behind. It decides nothing: the daemon sends one command a line and gets one line back.
 *
 *   spawn ID EXECUTABLE DIRECTORY CORES MEMORY_BYTES DEADLINE_MS   -> ok PID
 *   open  ID DATA SLOTS DEADLINE_MS name=value ...                 -> ok
 *   load  ID SLOT DATA                                             -> ok
 *   perturb ID SLOT NUMBER                                         -> ok               (another number, other inputs)
 *   poison ID                                                      -> ok
 *   run   ID WARM CALLS FIRST DEADLINE_MS                          -> ok NANOSECONDS WAITED
 *         NANOSECONDS of the CALLS without the WARM ones, WAITED for a core that others held, all threads together
 *   check ID SLOT                                                  -> ok ERROR UNWRITTEN NOT_FINITE ALL_ZERO INPUTS_CHANGED OUTSIDE
 *   kill  ID                                                       -> ok
 *   drop  DATA                                                     -> ok               (closes a data file)
 *
 * Fields are separated by tabs. Other answers: `failed WHY`, where WHY is `timeout`, `aborted`, `exited CODE`,
 * `signal NUMBER`, `garbled`; and `error TEXT` for what is not the candidate's fault. SIGUSR1 aborts the command
 * in hand. End of input or SIGTERM ends every process and the referee.
 *
 * PID is 0 in a process namespace of the referee's own. A process runs only while it is timed or verified; otherwise
 * its whole group is stopped, so that nothing of a candidate can disturb the times of a baseline.
 *
 * Arguments: --calls filters the system calls of what it starts, --loads-libraries allows those of a dynamic loader,
 * --files PATH ... (the last) leaves it these paths to read, and its own executable.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "confine.h"
#include "protocol.h"

enum { MAX_PROCESSES = 256, MAX_SLOTS = 16, MAX_DATA = 512, MAX_FIELDS = 64 };
/* An output element that was never written: a NaN that no arithmetic makes. */
static const uint32_t POISON = 0x7fedbeefu;
static const unsigned char GUARD = 0xcb;

typedef struct data {
  char path[1024];
  char *bytes;
  size_t size;
} data;

typedef struct process {
  pid_t pid; /* 0: this place is free */
  int command, reply, memory_fd;
  uint32_t sequence;
  kevo_layout layout;
  uint32_t slots;
  char *memory;
  size_t mapped;
  const data *loaded[MAX_SLOTS];
} process;

static process processes[MAX_PROCESSES];
static data files[MAX_DATA];
static volatile sig_atomic_t aborted, ending;
static char why[128];

static int filters_calls, loads_libraries, holds_files;
static confine_paths candidate_paths;

static void on_abort(int number) { (void)number, aborted = 1; }
static void on_end(int number) { (void)number, ending = 1; }

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* ---- data files ---------------------------------------------------------------------------------------- */

static const data *get_data(const char *path) {
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
  uint64_t expected = sizeof *header + header->layout.output_floats * sizeof(double);
  for (uint32_t i = 0; i < header->layout.inputs && i < KEVO_MAX_INPUTS; i++) expected += header->layout.input_floats[i] * 4;
  if (memcmp(header->magic, KEVO_DATA_MAGIC, 8) != 0 || expected != (uint64_t)about.st_size) {
    munmap(bytes, (size_t)about.st_size);
    return NULL;
  }
  strcpy(place->path, path);
  place->bytes = bytes;
  place->size = (size_t)about.st_size;
  return place;
}

static const kevo_layout *layout_of(const data *file) { return &((const kevo_data_header *)file->bytes)->layout; }

/* Input `index` of the file; index == inputs is where the right answer begins. */
static const char *array_of(const data *file, uint32_t index) {
  const char *at = file->bytes + sizeof(kevo_data_header);
  for (uint32_t i = 0; i < index; i++) at += layout_of(file)->input_floats[i] * 4;
  return at;
}

/* ---- processes ----------------------------------------------------------------------------------------- */

/* Ends whatever else descends from us: a candidate's orphans become our children, for we are their subreaper. */
static void reap_strays(void) {
  for (int round = 0; round < 100; round++) {
    char path[64], line[8192];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *list = fopen(path, "r");
    if (list == NULL) return;
    int strays = 0;
    if (fgets(line, sizeof line, list) != NULL) {
      for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        pid_t pid = (pid_t)atol(word);
        int known = 0;
        for (int i = 0; i < MAX_PROCESSES; i++) known |= processes[i].pid == pid;
        if (known || pid <= 1) continue;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        strays++;
      }
    }
    fclose(list);
    if (strays == 0) return;
  }
}

static void end_process(process *p) {
  if (p->pid == 0) return;
  close(p->command);
  kill(-p->pid, SIGTERM);
  kill(-p->pid, SIGCONT);
  int64_t until = now_ns() + 50000000;
  siginfo_t info;
  for (;;) {
    info.si_pid = 0;
    if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0 || now_ns() > until) break;
    usleep(500);
  }
  /* The leader is not reaped yet, so its group's number cannot have been given to anyone else. */
  kill(-p->pid, SIGKILL);
  waitpid(p->pid, NULL, 0);
  if (p->memory != NULL) munmap(p->memory, p->mapped);
  close(p->reply);
  close(p->memory_fd);
  memset(p, 0, sizeof *p);
  reap_strays();
}

/* Whether the leader has ended; if so says how in `why`. */
static int has_ended(process *p) {
  siginfo_t info = {0};
  if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return 0;
  snprintf(why, sizeof why, info.si_code == CLD_EXITED ? "exited %d" : "signal %d", info.si_status);
  return 1;
}

/* Waits for one reply. 0, or -1 with the reason in `why`. */
static int await_reply(process *p, uint32_t op, int64_t deadline) {
  for (;;) {
    int64_t left = deadline - now_ns();
    if (left <= 0) return snprintf(why, sizeof why, "timeout"), -1;
    if (aborted || ending) return snprintf(why, sizeof why, "aborted"), -1;
    struct pollfd waits[2] = {{.fd = p->reply, .events = POLLIN}, {.fd = 0, .events = POLLRDHUP}};
    int ready = poll(waits, 2, left > 20000000 ? 20 : (int)(left / 1000000) + 1);
    if (ready > 0 && waits[1].revents != 0) ending = 1;
    if (ready > 0 && (waits[0].revents & POLLIN)) {
      kevo_reply reply = {0};
      ssize_t got = read(p->reply, &reply, sizeof reply);
      if (got == (ssize_t)sizeof reply && reply.op == op && reply.sequence == p->sequence) return 0;
      if (got != 0) return snprintf(why, sizeof why, "garbled"), -1;
    }
    if (has_ended(p)) return -1;
    /* The pipe is closed but its owner lives: let the poll not spin. */
    if (ready > 0 && (waits[0].revents & (POLLHUP | POLLERR))) usleep(1000);
  }
}

static int command(process *p, kevo_message *message, int64_t deadline) {
  message->sequence = ++p->sequence;
  ssize_t sent = write(p->command, message, sizeof *message);
  if (sent != (ssize_t)sizeof *message) {
    if (!has_ended(p)) snprintf(why, sizeof why, "garbled");
    return -1;
  }
  return await_reply(p, KEVO_DONE, deadline);
}

static void limit(int resource, rlim_t value) {
  struct rlimit both = {value, value};
  setrlimit(resource, &both);
}

/* In the child: everything that the candidate's code must find already in force. */
static void become(char **fields, int command_fd, int reply_fd, int memory_fd) {
  char *arguments[] = {fields[2], fields[4], NULL};
  const char *path = getenv("PATH");
  char path_line[4096];
  snprintf(path_line, sizeof path_line, "PATH=%s", path ? path : "/usr/bin:/bin");
  char *environment[] = {path_line, NULL};
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (chdir(fields[3]) != 0) _exit(126);
  int nothing = open("/dev/null", O_RDWR);
  int errors = open("stderr.txt", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  /* Out of the way of 3, 4 and 5 first. */
  int high[3] = {fcntl(command_fd, F_DUPFD, 100), fcntl(reply_fd, F_DUPFD, 100), fcntl(memory_fd, F_DUPFD, 100)};
  dup2(nothing, 0), dup2(nothing, 1), dup2(errors < 0 ? nothing : errors, 2);
  for (int i = 0; i < 3; i++) dup2(high[i], KEVO_FD_COMMAND + i);
  for (int fd = 6; fd < 1024; fd++) close(fd);
  signal(SIGPIPE, SIG_DFL), signal(SIGUSR1, SIG_DFL), signal(SIGTERM, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 1 << 20);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_AS, (rlim_t)strtoull(fields[5], NULL, 10));
  if (holds_files) {
    int count = 0;
    while (candidate_paths.read[count] != NULL) count++;
    candidate_paths.read[count] = fields[2];
    if (confine_files(&candidate_paths) != 0) _exit(126);
  }
  if (filters_calls && confine_candidate_calls(loads_libraries, fields[2]) != 0) _exit(126);
  execve(fields[2], arguments, environment);
  _exit(127);
}

static int start(process *p, char **fields) {
  int commands[2], replies[2];
  if (pipe2(commands, O_CLOEXEC) != 0 || pipe2(replies, O_CLOEXEC) != 0) return -1;
  int memory = memfd_create("kevo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  /* The candidate may not shrink what the referee has mapped. */
  if (memory < 0 || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) != 0) return -1;
  pid_t pid = fork();
  if (pid < 0) return -1;
  if (pid == 0) become(fields, commands[0], replies[1], memory);
  setpgid(pid, pid);
  close(commands[0]), close(replies[1]);
  *p = (process){.pid = pid, .command = commands[1], .reply = replies[0], .memory_fd = memory};
  return 0;
}

/* ---- arrays -------------------------------------------------------------------------------------------- */

static char *array_in(const process *p, uint32_t slot, uint32_t index) {
  return p->memory + kevo_slot_bytes(&p->layout) * slot + kevo_array_offset(&p->layout, index);
}

static uint64_t floats_of(const kevo_layout *layout, uint32_t index) {
  return index < layout->inputs ? layout->input_floats[index] : layout->output_floats;
}

static int same_layout(const kevo_layout *a, const kevo_layout *b) {
  if (a->inputs != b->inputs || a->output_floats != b->output_floats) return 0;
  for (uint32_t i = 0; i < a->inputs; i++)
    if (a->input_floats[i] != b->input_floats[i]) return 0;
  return 1;
}

static void load(process *p, uint32_t slot, const data *file) {
  for (uint32_t i = 0; i < p->layout.inputs; i++)
    memcpy(array_in(p, slot, i), array_of(file, i), p->layout.input_floats[i] * 4);
  p->loaded[slot] = file;
}

/* Sets the last ten bits of every input, to others for each number: new to the candidate. Its answer is not known, only its time. */
static void perturb(process *p, uint32_t slot, uint32_t number) {
  for (uint32_t i = 0; i < p->layout.inputs; i++) {
    uint32_t *input = (uint32_t *)array_in(p, slot, i);
    for (uint64_t at = 0; at < p->layout.input_floats[i]; at++) input[at] = (input[at] & ~1023u) | ((number * 37 + (uint32_t)at) & 1023u);
  }
  p->loaded[slot] = NULL;
}

static void poison(process *p) {
  for (uint32_t slot = 0; slot < p->slots; slot++) {
    uint32_t *output = (uint32_t *)array_in(p, slot, p->layout.inputs);
    for (uint64_t i = 0; i < p->layout.output_floats; i++) output[i] = POISON;
  }
}

/* Bytes between the arrays of a slot: before the first, and behind each. */
static int guards(const process *p, uint32_t slot, int set) {
  char *end = p->memory + kevo_slot_bytes(&p->layout) * slot;
  for (uint32_t i = 0; i <= p->layout.inputs + 1; i++) {
    char *next = i <= p->layout.inputs ? array_in(p, slot, i) : p->memory + kevo_slot_bytes(&p->layout) * (slot + 1);
    if (set) memset(end, GUARD, (size_t)(next - end));
    else
      for (char *at = end; at < next; at++)
        if ((unsigned char)*at != GUARD) return 1;
    if (i <= p->layout.inputs) end = next + floats_of(&p->layout, i) * 4;
  }
  return 0;
}

static void check(const process *p, uint32_t slot) {
  const data *file = p->loaded[slot];
  const uint32_t *raw = (const uint32_t *)array_in(p, slot, p->layout.inputs);
  const float *output = (const float *)raw;
  const char *expected = array_of(file, p->layout.inputs);
  double difference = 0, norm = 0;
  uint64_t unwritten = 0, not_finite = 0, zeros = 0, count = p->layout.output_floats;
  for (uint64_t i = 0; i < count; i++) {
    double right;
    memcpy(&right, expected + i * sizeof right, sizeof right);
    if (raw[i] == POISON) unwritten++;
    else if (!isfinite(output[i])) not_finite++;
    else {
      double distance = (double)output[i] - right;
      zeros += output[i] == 0;
      difference += distance * distance;
    }
    norm += right * right;
  }
  int changed = 0;
  for (uint32_t i = 0; i < p->layout.inputs; i++)
    changed |= memcmp(array_in(p, slot, i), array_of(file, i), p->layout.input_floats[i] * 4) != 0;
  double error = sqrt(difference) / (norm > 0 ? sqrt(norm) : 1);
  printf("ok\t%.9g\t%llu\t%llu\t%d\t%d\t%d\n", error, (unsigned long long)unwritten, (unsigned long long)not_finite,
         zeros == count && norm > 0, changed, guards(p, slot, 0));
}

/* ---- commands ------------------------------------------------------------------------------------------ */

static void failed(process *p) {
  kill(-p->pid, SIGSTOP);
  printf("failed\t%s\n", why);
}

static void drop(const char *path) {
  for (int i = 0; i < MAX_DATA; i++) {
    if (files[i].bytes == NULL || strcmp(files[i].path, path) != 0) continue;
    for (int n = 0; n < MAX_PROCESSES; n++)
      for (int slot = 0; slot < MAX_SLOTS; slot++)
        if (processes[n].loaded[slot] == &files[i]) processes[n].loaded[slot] = NULL;
    munmap(files[i].bytes, files[i].size);
    files[i].bytes = NULL;
  }
}

static void do_spawn(process *p, char **fields) {
  end_process(p);
  if (start(p, fields) != 0) {
    printf("error\tcannot start a process: %s\n", strerror(errno));
    return;
  }
  if (await_reply(p, KEVO_HELLO, now_ns() + atoll(fields[6]) * 1000000) != 0) return failed(p);
  kill(-p->pid, SIGSTOP);
  printf("ok\t%d\n", getpid() == 1 ? 0 : (int)p->pid);
}

static void do_open(process *p, char **fields, int count) {
  const data *file = get_data(fields[2]);
  uint32_t slots = (uint32_t)atoi(fields[3]);
  if (file == NULL || slots < 1 || slots > MAX_SLOTS) {
    printf("error\tcannot read %s, or %u slots are not 1 to %d\n", fields[2], slots, MAX_SLOTS);
    return;
  }
  kevo_message message = {.op = KEVO_OPEN, .slots = slots, .layout = *layout_of(file)};
  for (int i = 5; i < count && message.shape.count < KEVO_MAX_SIZES; i++) {
    char *equals = strchr(fields[i], '=');
    if (equals == NULL || equals - fields[i] >= 32) continue;
    memcpy(message.shape.sizes[message.shape.count].name, fields[i], (size_t)(equals - fields[i]));
    message.shape.sizes[message.shape.count++].value = atoll(equals + 1);
  }
  if (p->memory != NULL) munmap(p->memory, p->mapped);
  p->memory = NULL;
  p->layout = message.layout;
  p->slots = slots;
  p->mapped = kevo_slot_bytes(&p->layout) * slots;
  struct stat about;
  if (fstat(p->memory_fd, &about) != 0 ||
      ((size_t)about.st_size < p->mapped && ftruncate(p->memory_fd, (off_t)p->mapped) != 0) ||
      (p->memory = mmap(NULL, p->mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, p->memory_fd, 0)) == MAP_FAILED) {
    p->memory = NULL;
    printf("error\tno memory for %zu bytes of arrays: %s\n", p->mapped, strerror(errno));
    return;
  }
  for (uint32_t slot = 0; slot < slots; slot++) guards(p, slot, 1), load(p, slot, file);
  poison(p);
  kill(-p->pid, SIGCONT);
  if (command(p, &message, now_ns() + atoll(fields[4]) * 1000000) != 0) return failed(p);
  kill(-p->pid, SIGSTOP);
  printf("ok\n");
}

/* Nanoseconds that the threads of a process have waited for a core so far; 0 where the system does not tell. */
static int64_t waited(const process *p) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%d/task", (int)p->pid);
  DIR *tasks = opendir(path);
  if (tasks == NULL) return 0;
  int64_t sum = 0;
  for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
    long long ran, delayed;
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", (int)p->pid, entry->d_name);
    FILE *file = fopen(path, "r");
    if (file == NULL) continue;
    if (fscanf(file, "%lld %lld", &ran, &delayed) == 2) sum += delayed;
    fclose(file);
  }
  closedir(tasks);
  return sum;
}

static void do_run(process *p, char **fields) {
  kevo_message warm = {.op = KEVO_RUN, .calls = (uint32_t)atoi(fields[2])};
  kevo_message timed = {.op = KEVO_RUN, .calls = (uint32_t)atoi(fields[3]), .first = (uint32_t)atoi(fields[4])};
  int64_t deadline = now_ns() + atoll(fields[5]) * 1000000;
  warm.first = timed.first;
  kill(-p->pid, SIGCONT);
  if (warm.calls > 0 && command(p, &warm, deadline) != 0) return failed(p);
  int64_t before = waited(p), begin = now_ns();
  if (command(p, &timed, deadline) != 0) return failed(p);
  int64_t end = now_ns();
  int64_t after = waited(p);
  kill(-p->pid, SIGSTOP);
  printf("ok\t%lld\t%lld\n", (long long)(end - begin), (long long)(after - before));
}

static void obey(char *line) {
  char *fields[MAX_FIELDS];
  int count = 0;
  line[strcspn(line, "\n")] = 0;
  for (char *field; count < MAX_FIELDS && (field = strsep(&line, "\t")) != NULL;) fields[count++] = field;
  const char *verb = fields[0];
  if (strcmp(verb, "drop") == 0 && count == 2) return drop(fields[1]), (void)printf("ok\n");
  int id = count > 1 ? atoi(fields[1]) : -1;
  if (id < 0 || id >= MAX_PROCESSES) {
    printf("error\tno process %d\n", id);
    return;
  }
  process *p = &processes[id];
  if (strcmp(verb, "spawn") == 0 && count == 7) return do_spawn(p, fields);
  if (strcmp(verb, "kill") == 0) return end_process(p), (void)printf("ok\n");
  if (p->pid == 0) {
    printf("error\tprocess %d is not running\n", id);
    return;
  }
  if (strcmp(verb, "open") == 0 && count >= 5) return do_open(p, fields, count);
  if (p->memory == NULL) {
    printf("error\tprocess %d has no workload open\n", id);
    return;
  }
  if (strcmp(verb, "poison") == 0) return poison(p), (void)printf("ok\n");
  if (strcmp(verb, "run") == 0 && count == 6) return do_run(p, fields);
  uint32_t slot = count > 2 ? (uint32_t)atoi(fields[2]) : MAX_SLOTS;
  if (slot >= p->slots) {
    printf("error\tno slot %u\n", slot);
    return;
  }
  if (strcmp(verb, "perturb") == 0 && count == 4)
    return perturb(p, slot, (uint32_t)atoi(fields[3])), (void)printf("ok\n");
  if (strcmp(verb, "check") == 0 && p->loaded[slot] != NULL) return check(p, slot);
  if (strcmp(verb, "load") == 0 && count == 4) {
    const data *file = get_data(fields[3]);
    if (file != NULL && same_layout(layout_of(file), &p->layout)) return load(p, slot, file), (void)printf("ok\n");
    printf("error\t%s is not data of this workload\n", fields[3]);
    return;
  }
  printf("error\tunknown command %s\n", verb);
}

int main(int count, char **arguments) {
  static char line[65536];
  for (int i = 1, paths = 0; i < count; i++) {
    if (holds_files && paths < CONFINE_MAX_PATHS - 1) candidate_paths.read[paths++] = arguments[i];
    else if (strcmp(arguments[i], "--calls") == 0) filters_calls = 1;
    else if (strcmp(arguments[i], "--loads-libraries") == 0) loads_libraries = 1;
    else if (strcmp(arguments[i], "--files") == 0) holds_files = 1;
    else return 2;
  }
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
