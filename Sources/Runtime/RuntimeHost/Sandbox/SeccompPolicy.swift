internal import CLinux
internal import CSeccomp
internal import Glibc

/// Which system calls a runtime may make (07 B.4): a filter program for the kernel, made by libseccomp.
enum SeccompPolicy {
  struct Failure: Error, CustomStringConvertible {
    let step: String
    let code: Int32
    var description: String { "failed to generate seccomp policy: \(step): \(SystemError("seccomp", code: -code))" }
  }

  /// Calls that pass with any arguments. What is not listed fails with EPERM.
  private static let allowed = """
    accept accept4 access adjtimex alarm arch_prctl bind brk capget capset chdir chmod chown clock_getres clock_gettime clock_nanosleep
    close connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_wait
    epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat fadvise64 fallocate fanotify_mark fchdir fchmod fchmodat
    fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex futimesat
    get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid geteuid getgid getgroups getitimer getpeername getpgid
    getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid
    gettimeofday getuid getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents
    io_setup io_submit ioctl ioprio_get ioprio_set kill lchown lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek
    lsetxattr lstat madvise memfd_create mincore mkdir mkdirat mlock mlock2 mlockall mmap modify_ldt mprotect mq_getsetattr mq_notify
    mq_open mq_timedreceive mq_timedsend mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap nanosleep
    newfstatat open openat pause pipe pipe2 poll ppoll prctl pread64 preadv prlimit64 pselect6 pwrite64 pwritev read readahead readlink
    readlinkat readv recvfrom recvmmsg recvmsg remap_file_pages removexattr rename renameat renameat2 restart_syscall rmdir rt_sigaction
    rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max
    sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity
    sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop sendfile sendmmsg sendmsg
    sendto set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid
    setresgid setresuid setreuid setrlimit setsid setsockopt setuid setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd
    signalfd4 socket socketpair splice stat statfs symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create
    timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill truncate umask
    uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4 waitid write writev
    """

  /// Namespace flags that `clone` must not have.
  private static let namespaceFlags: UInt64 = 0x7c02_0000

  /// A descriptor from which the program can be read.
  static func export() throws -> Int32 {
    let action = { (code: Int32) -> UInt32 in 0x0005_0000 | UInt32(code) & 0xffff }  // SCMP_ACT_ERRNO
    guard let filter = seccomp_init(action(EPERM)) else { throw Failure(step: "init", code: -ENOMEM) }
    defer { seccomp_release(filter) }
    func add(_ name: String, _ action: UInt32, _ condition: [scmp_arg_cmp] = []) throws {
      let number = seccomp_syscall_resolve_name(name)
      guard number >= 0 else { return }  // not a call of this architecture
      let status = seccomp_rule_add_array(filter, action, number, UInt32(condition.count), condition)
      guard status == 0 else { throw Failure(step: "rule \(name)", code: status) }
    }
    for name in allowed.split(whereSeparator: \.isWhitespace) { try add(String(name), 0x7fff_0000) }  // SCMP_ACT_ALLOW
    // The reference means this condition but compiles to none (07 B.4); ordinary threads and processes meet it.
    try add("clone", 0x7fff_0000, [scmp_arg_cmp(arg: 0, op: SCMP_CMP_MASKED_EQ, datum_a: namespaceFlags, datum_b: 0)])
    if LibraryCache.runningKernel >= 0x05_03_00 { try add("clone3", action(ENOSYS)) }  // so that libc falls back to clone

    let descriptor = memoryFile("seccomp")
    guard descriptor >= 0 else { throw SystemError("memfd_create") }
    let status = seccomp_export_bpf(filter, descriptor)
    guard status == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      close(descriptor)
      throw Failure(step: "export", code: status)
    }
    return descriptor
  }

  /// An anonymous file in memory; closes on exec.
  static func memoryFile(_ name: String) -> Int32 { memfd_create(name, 1) }
}
