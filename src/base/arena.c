/* Memory given back all at once.
 *
 * An arena is a list of chunks, newest first; each allocation is cut from the newest and zeroed at that moment, so
 * that a chunk kept over a reset needs no clearing. Chunks double in size up to a megabyte; something larger gets a
 * chunk of its own. The limit counts what was handed out, not what was asked of the system. */
#include "base/arena.h"
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define FIRST_CHUNK_BYTES ((size_t)8 * 1024)
#define LARGEST_CHUNK_BYTES ((size_t)1024 * 1024)

struct arena_chunk {
    struct arena_chunk *next; /* older */
    size_t room, used;
    alignas(ALIGNMENT) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){.limit_bytes = limit_bytes};
}

void arena_reset(struct arena *arena)
{
    while (arena->head != NULL && arena->head->next != NULL) {
        struct arena_chunk *older = arena->head->next;
        free(arena->head);
        arena->head = older;
    }
    if (arena->head != NULL)
        arena->head->used = 0;
    arena->used_bytes = 0;
    arena->overflowed = false;
}

void arena_done(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_reset(arena);
    free(arena->head);
    arena->head = NULL;
}

static struct arena_chunk *chunk_add(struct arena *arena, size_t bytes)
{
    size_t room = arena->head == NULL ? FIRST_CHUNK_BYTES : arena->head->room * 2;
    if (room > LARGEST_CHUNK_BYTES)
        room = LARGEST_CHUNK_BYTES;
    if (room < bytes)
        room = bytes;
    struct arena_chunk *chunk = malloc(sizeof *chunk + room);
    if (chunk == NULL)
        return NULL;
    chunk->next = arena->head;
    chunk->room = room;
    chunk->used = 0;
    arena->head = chunk;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t left = arena->limit_bytes - arena->used_bytes;
    if (bytes > left || bytes > SIZE_MAX - sizeof(struct arena_chunk) - ALIGNMENT) {
        arena->overflowed = true;
        return NULL;
    }
    size_t rounded = bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct arena_chunk *chunk = arena->head;
    if (chunk == NULL || chunk->room - chunk->used < rounded)
        chunk = chunk_add(arena, rounded);
    if (chunk == NULL) {
        arena->overflowed = true;
        return NULL;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->used_bytes += rounded < left ? rounded : left;
    return memset(memory, 0, rounded);
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->overflowed = true;
        return NULL;
    }
    return arena_alloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *bytes, size_t count)
{
    if (count == SIZE_MAX) {
        arena->overflowed = true;
        return NULL;
    }
    char *copy = arena_alloc(arena, count + 1);
    if (copy != NULL && count > 0)
        memcpy(copy, bytes, count);
    return copy;
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
    if (length < 0)
        arena->overflowed = true;
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, fmt, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = arena_vprintf(arena, fmt, args);
    va_end(args);
    return text;
}
