/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded into QEMU (LD_PRELOAD). QEMU opens the file behind guest RAM for writing even where it maps it
 * privately; the template's memory image is read-only for good reasons. Opening it read-only is all that a
 * private mapping needs. Without this library QEMU fails to start: the permissions on the image do not depend
 * on it.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int forward(const char* path, int flags, unsigned mode) {
  if (strcmp(path, "/image/memory") == 0) flags = (flags & ~O_ACCMODE) | O_RDONLY;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static int forward_variadic(const char* path, int flags, va_list rest) {
  unsigned mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, unsigned) : 0;
  return forward(path, flags, mode);
}

#define SANDBAR_VARIADIC(name)                    \
  int name(const char* path, int flags, ...) {    \
    va_list rest;                                 \
    va_start(rest, flags);                        \
    int fd = forward_variadic(path, flags, rest); \
    va_end(rest);                                 \
    return fd;                                    \
  }

SANDBAR_VARIADIC(open)
SANDBAR_VARIADIC(open64)

int __open_2(const char* path, int flags);
int __open64_2(const char* path, int flags);
int __open_2(const char* path, int flags) { return forward(path, flags, 0); }
int __open64_2(const char* path, int flags) { return forward(path, flags, 0); }
