#define _GNU_SOURCE
#include "confine.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- files: Landlock, with the kernel's numbers, because headers may be older than the kernel ----------------- */

struct ruleset {
  uint64_t files, network, scoped;
};
struct path_rule {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

enum { SYS_CREATE_RULESET = 444, SYS_ADD_RULE = 445, SYS_RESTRICT_SELF = 446 };
enum { EXECUTE = 1 << 0, WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_DIR = 1 << 3 };
enum { ALL_V1 = (1 << 13) - 1, REFER_V2 = 1 << 13, TRUNCATE_V3 = 1 << 14 };
enum { OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE_V3, TCP_V4 = 3 };
/* Sockets with a name but no file, and signals, of and to processes outside. */
enum { SCOPES_V6 = 3 };

int confine_landlock_version(void) {
  long version = syscall(SYS_CREATE_RULESET, NULL, 0, 1);
  return version < 0 ? 0 : (int)version;
}

static int allow(int ruleset, const char *path, uint64_t access) {
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? 0 : -1;
  struct stat about;
  if (fstat(fd, &about) == 0 && !S_ISDIR(about.st_mode)) access &= OF_A_FILE;
  struct path_rule rule = {.allowed = access, .parent = fd};
  long result = syscall(SYS_ADD_RULE, ruleset, 1, &rule, 0);
  close(fd);
  return (int)result;
}

int confine_files(const confine_paths *paths) {
  const int version = confine_landlock_version();
  if (version == 0) return errno = ENOSYS, -1;
  const uint64_t all = ALL_V1 | (version >= 2 ? REFER_V2 : 0) | (version >= 3 ? TRUNCATE_V3 : 0);
  struct ruleset rules = {.files = all, .network = version >= 4 ? TCP_V4 : 0, .scoped = version >= 6 ? SCOPES_V6 : 0};
  const size_t size = version >= 6 ? sizeof rules : version >= 4 ? offsetof(struct ruleset, scoped) : sizeof rules.files;
  int ruleset = (int)syscall(SYS_CREATE_RULESET, &rules, size, 0);
  if (ruleset < 0) return -1;
  int result = 0;
  for (int i = 0; paths->read[i] != NULL; i++) result |= allow(ruleset, paths->read[i], EXECUTE | READ_FILE | READ_DIR);
  for (int i = 0; paths->write[i] != NULL; i++) result |= allow(ruleset, paths->write[i], all);
  if (result == 0) result = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (result == 0) result = (int)syscall(SYS_RESTRICT_SELF, ruleset, 0);
  close(ruleset);
  return result;
}

/* ---- system calls: seccomp ------------------------------------------------------------------------------------ */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

typedef struct program {
  struct sock_filter code[512];
  unsigned short length;
} program;

static void emit(program *p, uint16_t code, uint8_t yes, uint8_t no, uint32_t k) {
  if (p->length < sizeof p->code / sizeof *p->code) p->code[p->length++] = (struct sock_filter){code, yes, no, k};
}
static void load(program *p, size_t offset) { emit(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset); }
static void give(program *p, uint32_t action) { emit(p, BPF_RET | BPF_K, 0, 0, action); }
/* Lower or upper half of an argument; both architectures are little-endian. */
static size_t low(int argument) { return offsetof(struct seccomp_data, args) + (size_t)argument * 8; }
static size_t high(int argument) { return low(argument) + 4; }

/* After each of these the accumulator holds the call's number again. */
static void begin(program *p) {
  load(p, offsetof(struct seccomp_data, arch));
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCHITECTURE);
  give(p, SECCOMP_RET_KILL_PROCESS);
  load(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
  /* The x32 numbers of the same calls. */
  emit(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000u);
  give(p, SECCOMP_RET_KILL_PROCESS);
#endif
}
static void on(program *p, long call, uint32_t action) {
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)call);
  give(p, action);
}
static void on_each(program *p, const long *calls, size_t bytes, uint32_t action) {
  for (size_t i = 0; i < bytes / sizeof *calls; i++) on(p, calls[i], action);
}
/* Any of `bits` set in an argument's lower half: `set`, else `clear`. */
static void on_bits(program *p, long call, int argument, uint32_t bits, uint32_t set, uint32_t clear) {
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)call);
  load(p, low(argument));
  emit(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
  give(p, set);
  give(p, clear);
}
/* An argument's lower half equals one of two values: `same`, else `other`. */
static void on_either(program *p, long call, int argument, const uint32_t values[2], uint32_t same, uint32_t other) {
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, (uint32_t)call);
  load(p, low(argument));
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, values[0]);
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, values[1]);
  give(p, same);
  give(p, other);
}
/* A whole argument equals `value`: `same`, else `other`. */
static void on_value(program *p, long call, int argument, uint64_t value, uint32_t same, uint32_t other) {
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 6, (uint32_t)call);
  load(p, low(argument));
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, (uint32_t)value);
  load(p, high(argument));
  emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)(value >> 32));
  give(p, same);
  give(p, other);
}

static int install(program *p) {
  struct sock_fprog filter = {.len = p->length, .filter = p->code};
  if (p->length == sizeof p->code / sizeof *p->code) return errno = E2BIG, -1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  /* Without the flag older kernels slow a filtered process down against speculation, and its times with it. */
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) == 0) return 0;
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

enum { ALLOW = SECCOMP_RET_ALLOW, KILL = (int)SECCOMP_RET_KILL_PROCESS };
#define FAIL(error) (SECCOMP_RET_ERRNO | (error))

/* Nothing that computes has a use for them. */
static const long hostile[] = {
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_sendto, SYS_sendmsg,
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_bpf, SYS_perf_event_open, SYS_mount, SYS_umount2,
    SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl,
    SYS_settimeofday, SYS_clock_settime, SYS_sethostname, SYS_open_by_handle_at, SYS_name_to_handle_at,
#ifdef SYS_userfaultfd
    SYS_userfaultfd,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
};

static const long other_processes_and_files[] = {
    SYS_kill, SYS_tkill, SYS_execveat, SYS_setsid, SYS_setpgid, SYS_unlinkat, SYS_renameat2, SYS_mkdirat, SYS_linkat,
    SYS_symlinkat, SYS_mknodat, SYS_fchmodat, SYS_fchownat, SYS_truncate, SYS_ftruncate, SYS_fallocate, SYS_setuid,
    SYS_setgid, SYS_setresuid, SYS_setresgid, SYS_capset, SYS_memfd_create, SYS_shmget, SYS_msgget, SYS_semget, SYS_dup3,
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
#ifdef SYS_unlink
    SYS_unlink, SYS_rename, SYS_renameat, SYS_mkdir, SYS_rmdir, SYS_link, SYS_symlink, SYS_mknod, SYS_chmod, SYS_chown, SYS_creat,
#endif
};

static const long computing[] = {
    SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_close, SYS_fstat, SYS_lseek, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_futex, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler, SYS_clock_gettime,
    SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_getppid,
    SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_exit, SYS_exit_group, SYS_set_tid_address,
    SYS_set_robust_list, SYS_get_robust_list, SYS_getrandom, SYS_restart_syscall, SYS_getcpu, SYS_uname,
#ifdef SYS_rseq
    SYS_rseq,
#endif
#ifdef SYS_arch_prctl
    SYS_arch_prctl, SYS_time,
#endif
};

int confine_candidate_calls(int loads_libraries, const char *executable) {
  static program p;
  p.length = 0;
  begin(&p);
  on_each(&p, computing, sizeof computing, ALLOW);
  on_each(&p, hostile, sizeof hostile, KILL);
  on_each(&p, other_processes_and_files, sizeof other_processes_and_files, KILL);
  /*
   * Threads as pthread_create starts them (glibc, musl): no processes, and nothing that waits as vfork does, where no stop
   * reaches the caller. The flags of clone3 are in memory, which no filter reads; without it libraries use clone.
   */
  const uint32_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                          CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
  on_either(&p, SYS_clone, 0, (const uint32_t[]){thread, thread | CLONE_DETACHED}, ALLOW, KILL);
#ifdef SYS_clone3
  on(&p, SYS_clone3, FAIL(ENOSYS));
#endif
  /* abort(), in this process. SIGCONT would undo the stop that ends a call, so no other signal. */
  emit(&p, BPF_JMP | BPF_JEQ | BPF_K, 0, 6, SYS_tgkill);
  load(&p, low(0));
  emit(&p, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, (uint32_t)getpid());
  load(&p, low(2));
  emit(&p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SIGABRT);
  give(&p, ALLOW);
  give(&p, KILL);
  /* This very execution: the address of the name is ours, and the filter stays in force behind it. */
  on_value(&p, SYS_execve, 0, (uint64_t)(uintptr_t)executable, ALLOW, KILL);
  on_value(&p, SYS_prlimit64, 2, 0, ALLOW, KILL); /* reading a limit */
  on_value(&p, SYS_sched_setaffinity, 0, 0, ALLOW, FAIL(EPERM)); /* the calling thread alone */
  const uint32_t code = loads_libraries ? ALLOW : FAIL(EACCES);
  on_bits(&p, SYS_mmap, 2, PROT_EXEC, code, ALLOW);
  on_bits(&p, SYS_mprotect, 2, PROT_EXEC, code, ALLOW);
  const uint32_t reading = loads_libraries ? ALLOW : FAIL(EACCES), changing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
  on_bits(&p, SYS_openat, 2, changing, KILL, reading);
#ifdef SYS_open
  on_bits(&p, SYS_open, 1, changing, KILL, reading);
#endif
  if (loads_libraries) {
    static const long loading[] = {SYS_newfstatat, SYS_pread64, SYS_faccessat,
#ifdef SYS_access
                                   SYS_access,
#endif
    };
    on_each(&p, loading, sizeof loading, ALLOW);
  }
  give(&p, FAIL(EPERM));
  return install(&p);
}

/* A compiler starts programs and waits for them. Its process group is how everything in it is found and ended. */
static const long leaving_or_signalling[] = {
    SYS_setsid, SYS_setpgid, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
#ifdef SYS_pidfd_send_signal
    SYS_pidfd_send_signal,
#endif
};

int confine_tool_calls(void) {
  static program p;
  p.length = 0;
  begin(&p);
  on_each(&p, leaving_or_signalling, sizeof leaving_or_signalling, FAIL(EPERM));
  on_each(&p, hostile, sizeof hostile, FAIL(EPERM));
  on_bits(&p, SYS_clone, 0, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID, FAIL(EPERM), ALLOW);
#ifdef SYS_clone3
  on(&p, SYS_clone3, FAIL(ENOSYS));
#endif
  give(&p, ALLOW);
  return install(&p);
}

#else

int confine_candidate_calls(int loads_libraries, const char *executable) {
  (void)loads_libraries, (void)executable;
  return errno = ENOSYS, -1;
}
int confine_tool_calls(void) { return errno = ENOSYS, -1; }

#endif
