/* Files that hold a secret: readable by their owner alone, made whole or not at all, never written over. */
#ifndef TALAP_BASE_KEY_FILE_H
#define TALAP_BASE_KEY_FILE_H

#include "base/err.h"
#include <stdbool.h>

#define KEY_FILE_MAX 1024

/* What to call the refusals (kind ERR_UNAVAILABLE, arg: the path); each room has its own texts. */
struct key_file_codes {
    const char *missing;    /* there is no such file */
    const char *exposed;    /* group or others may touch it, or it belongs to somebody else than us and root */
    const char *unreadable; /* not a plain file, over KEY_FILE_MAX, or the system refuses; detail says why */
};

/* Reads the whole file into `ret`, ended by a NUL; wipes nothing: that is the caller's. A NUL inside is unreadable. */
int key_file_read(const char *path, const struct key_file_codes *codes, char ret[static KEY_FILE_MAX + 1],
                  struct err *err) WARN_UNUSED;
/* Makes the file with mode 0600: written beside its place, flushed, then linked there, and the folder flushed, so that
 * after a crash it is there whole or not at all. An existing file is left alone: *ret_made false. */
int key_file_create(const char *path, const struct key_file_codes *codes, const char *text, bool *ret_made,
                    struct err *err) WARN_UNUSED;

#endif
