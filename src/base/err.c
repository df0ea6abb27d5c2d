/* Errors: filling them, and the HTTP answer of each kind. The texts live in locales/errors.yaml. */
#include "base/err.h"
#include "base/arena.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats into a fixed room; what does not fit is cut between characters, never inside one. */
static void format_cut(char *room, size_t size, const char *fmt, va_list args) PRINTF_LIKE(3, 0);

static void format_cut(char *room, size_t size, const char *fmt, va_list args)
{
    int length = vsnprintf(room, size, fmt, args);
    if (length < 0) {
        room[0] = '\0';
        return;
    }
    if ((size_t)length < size)
        return;
    size_t end = size - 1;
    size_t start = end;
    while (start > 0 && ((unsigned char)room[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)room[start - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (end - (start - 1) < wanted)
        room[start - 1] = '\0';
}

int err_set(struct err *err, enum err_kind kind, const char *code, const char *arg_fmt, ...)
{
    assert(kind != ERR_NONE);
    if (err == NULL)
        return -(int)kind;
    *err = (struct err){.kind = kind, .code = code};
    if (arg_fmt != NULL) {
        va_list args;
        va_start(args, arg_fmt);
        format_cut(err->arg, sizeof err->arg, arg_fmt, args);
        va_end(args);
    }
    return -(int)kind;
}

int err_detail(struct err *err, const char *fmt, ...)
{
    if (err == NULL)
        return -ERR_INTERNAL;
    assert(err->kind != ERR_NONE);
    size_t used = strlen(err->detail);
    if (used > 0 && used + 3 < sizeof err->detail) {
        memcpy(err->detail + used, "; ", 3);
        used += 2;
    }
    va_list args;
    va_start(args, fmt);
    format_cut(err->detail + used, sizeof err->detail - used, fmt, args);
    va_end(args);
    return -(int)err->kind;
}

int err_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "out_of_memory", NULL);
}

void err_clear(struct err *err)
{
    *err = (struct err){0};
}

unsigned err_http_status(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return 200;
    case ERR_BAD_INPUT:
        return 422;
    case ERR_MALFORMED:
        return 400;
    case ERR_UNAUTHENTICATED:
        return 401;
    case ERR_FORBIDDEN:
        return 403;
    case ERR_NOT_FOUND:
        return 404;
    case ERR_METHOD:
        return 405;
    case ERR_TIMEOUT:
        return 408;
    case ERR_CONFLICT:
        return 409;
    case ERR_STALE:
        return 412;
    case ERR_TOO_LARGE:
        return 413;
    case ERR_WRONG_TYPE:
        return 415;
    case ERR_TOO_MANY:
        return 429;
    case ERR_UNAVAILABLE:
    case ERR_MEMORY:
        return 503;
    case ERR_INTERNAL:
    case ERR_DAMAGED:
        return 500;
    }
    return 500;
}

void field_errors_init(struct field_errors *list, struct arena *arena)
{
    *list = (struct field_errors){.arena = arena};
}

void field_errors_add(struct field_errors *list, const char *field, const char *code, const char *arg_fmt, ...)
{
    if (list->overflowed)
        return;
    char *name = arena_strdup(list->arena, field);
    char *arg = NULL;
    if (arg_fmt != NULL) {
        va_list args;
        va_start(args, arg_fmt);
        arg = arena_vprintf(list->arena, arg_fmt, args);
        va_end(args);
    }
    if (name == NULL || (arg_fmt != NULL && arg == NULL)) {
        list->overflowed = 1;
        return;
    }
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 8 : list->room * 2;
        struct field_error *items = ARENA_ARRAY(list->arena, struct field_error, room);
        if (items == NULL) {
            list->overflowed = 1;
            return;
        }
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = (struct field_error){.field = name, .code = code, .arg = arg == NULL ? "" : arg};
}

const struct field_error *field_errors_find(const struct field_errors *list, const char *field)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].field, field) == 0)
            return &list->items[i];
    return NULL;
}
