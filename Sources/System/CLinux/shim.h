#pragma once
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <spawn.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <errno.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <poll.h>

// Members of unions behind macros, which Swift does not import.
static inline pid_t clinux_child_pid(const siginfo_t *info) { return info->si_pid; }
static inline int clinux_child_status(const siginfo_t *info) { return info->si_status; }

// Extensions of glibc that its headers show only under _GNU_SOURCE.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *__restrict, const char *__restrict);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
extern int memfd_create(const char *, unsigned int);

// prctl takes a variable number of arguments, which Swift does not import: the caller gets `signal` when its parent ends.
static inline int clinux_end_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0); }
