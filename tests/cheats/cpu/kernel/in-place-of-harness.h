/*
 * For kernel.c: the harness's place, taken. Messages are read and answered here, and a call is answered before it is
 * computed, by ways in which no stop reaches the thread that computes.
 */

static kevo_message in_hand;
static void answer(void) {
  kevo_reply reply = {.op = KEVO_DONE, .asked = in_hand.head};
  if (write(KEVO_FD_REPLY, &reply, sizeof reply) != (ssize_t)sizeof reply) _exit(1);
}
static void await_message(void) {
  for (size_t done = 0; done < sizeof in_hand;) {
    ssize_t got = read(KEVO_FD_COMMAND, (char *)&in_hand + done, sizeof in_hand - done);
    if (got <= 0) _exit(0);
    done += (size_t)got;
  }
}
/* The message of the call in hand lies near the arguments. */
static int find_message(const float *const inputs[], uint32_t sequence) {
  const uint32_t *near = (const uint32_t *)(uintptr_t)inputs;
  for (int i = -800; i < 800; i++)
    if (near[i] == KEVO_RUN && near[i + 1] == sequence && near[i + 2] > 4u && near[i + 2] <= 2000u && near[i + 3] == 0u)
      return memcpy(&in_hand.head, near + i, sizeof in_hand.head), 1;
  return 0;
}
/* Serves from now on, in a call that is answered. */
static void take_over(const problem *p, void (*serve)(void)) {
  later = *p;
  answer();
  for (;;) {
    await_message();
    serve();
  }
}

static void answer_only(void) { answer(); }

/* In the harness's place before it begins. */
#if CHEAT == CHEAT_before_main
__attribute__((constructor)) static void before_main(void) {
  const kevo_head nothing = {0};
  kevo_reply hello = {.op = KEVO_HELLO, .asked = nothing};
  if (write(KEVO_FD_REPLY, &hello, sizeof hello) != (ssize_t)sizeof hello) _exit(1);
  for (;;) {
    await_message();
    answer();
  }
}
#endif

static char stack[1 << 16] __attribute__((aligned(64)));
static int answers_and_computes(void *nothing) {
  (void)nothing;
  answer();
  honest(&later);
  for (;;)
    if (CHEAT != CHEAT_never_stops) return 0;
}
/* The leader waits for a thread as vfork waits for a process, and no signal but the last wakes it. */
static void wait_as_vfork(void) {
  const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_VFORK;
  if (clone(answers_and_computes, stack + sizeof stack, flags, NULL) < 0) _exit(3);
}

/* A helper answers, and then computes, when it is told to. */
static int told, finished;
static void *help(void *nothing) {
  (void)nothing;
  for (int done = 0;; done++) {
    while (__atomic_load_n(&told, __ATOMIC_ACQUIRE) == done) ;
    for (volatile int moment = 0; moment < 100000; moment++) ;
    answer();
    for (int times = 0; times < 5; times++) honest(&later);
    __atomic_store_n(&finished, done + 1, __ATOMIC_RELEASE);
  }
  return NULL;
}
static void tell_helper(void) {
  static pthread_t helper;
  if (helper == 0 && pthread_create(&helper, NULL, help, NULL) != 0) _exit(3);
  __atomic_add_fetch(&told, 1, __ATOMIC_RELEASE);
}

/* The leader stays in the system, which makes memory for it, and stops when that is done; the helper computes meanwhile. */
static void stay_in_system(void) {
  static void *room = NULL;
  const size_t bytes = 256 << 20;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | (room == NULL ? 0 : MAP_FIXED);
  tell_helper();
  room = mmap(room, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
}

/* Takes back the stop that ends a call until the answer is there. */
static void undo_stops(void) {
  tell_helper();
  while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) != told) syscall(SYS_tgkill, getpid(), getpid(), SIGCONT);
  syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
}
