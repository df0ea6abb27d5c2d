/* Memory that is given back all at once: one arena for a request, a job, a load of the catalogue.
 *
 * An arena has a hard limit. An allocation beyond it returns NULL and sets `overflowed`, which stays set until the
 * arena is reset: a caller may make several allocations and look once at the end. Not for use by two threads. */
#ifndef TALAP_BASE_ARENA_H
#define TALAP_BASE_ARENA_H

#include "base/err.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *head;
    size_t used_bytes;  /* handed out since init or reset */
    size_t limit_bytes; /* never more than this */
    bool overflowed;
};

void arena_init(struct arena *arena, size_t limit_bytes);
/* Gives everything back; the arena may be used again. Keeps the first chunk, so that a server's arena stays warm. */
void arena_reset(struct arena *arena);
/* Gives everything back to the system. NULL-safe, and safe on a zeroed arena. */
void arena_done(struct arena *arena);

/* Zeroed memory aligned to 16 bytes, or NULL over the limit. `bytes` may be 0. */
void *arena_alloc(struct arena *arena, size_t bytes) __attribute__((alloc_size(2), malloc));
/* The same for `count` things of `size` bytes; a product that does not fit a size_t counts as over the limit. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);
/* Copies; NULL over the limit. arena_strdup(arena, NULL) is NULL. The copies end with a NUL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *bytes, size_t count);
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_calloc((arena), (count), sizeof(type)))

#endif
