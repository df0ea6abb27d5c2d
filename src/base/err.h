/* What went wrong, in a form that a person, a machine and a log can each read.
 *
 * A function that can fail returns 0, or a negative `enum err_kind` (`return err_set(err, ERR_NOT_FOUND, …)`), and
 * fills the `struct err` it was given as its last argument. `code` is a stable word in snake_case; the sentence a
 * person reads is the locale text `error.<code>`, in which "{0}" stands for `arg`. `detail` is for the log alone and
 * is never shown; neither may hold a personal value. A `ret_x` argument is untouched when a function fails. */
#ifndef TALAP_BASE_ERR_H
#define TALAP_BASE_ERR_H

#include <stddef.h>

struct arena;

/* Kinds map one to one on HTTP answers, so that no layer has to translate. */
enum err_kind {
    ERR_NONE = 0,
    ERR_BAD_INPUT = 1,       /* 422: understood, but not acceptable */
    ERR_MALFORMED = 2,       /* 400: not what the format asks for */
    ERR_UNAUTHENTICATED = 3, /* 401 */
    ERR_FORBIDDEN = 4,       /* 403 */
    ERR_NOT_FOUND = 5,       /* 404 */
    ERR_CONFLICT = 6,        /* 409: the state does not allow it */
    ERR_STALE = 7,           /* 412: If-Match does not match */
    ERR_TOO_LARGE = 8,       /* 413 */
    ERR_WRONG_TYPE = 9,      /* 415 */
    ERR_TOO_MANY = 10,       /* 429 */
    ERR_UNAVAILABLE = 11,    /* 503: bad luck that passes: disk full, store locked or read-only */
    ERR_INTERNAL = 12,       /* 500: a fault of the program */
    ERR_MEMORY = 13,         /* 503: a hard limit of memory was reached */
    ERR_DAMAGED = 14,        /* 500: stored data contradict themselves */
    ERR_METHOD = 15,         /* 405 */
    ERR_TIMEOUT = 16         /* 408 */
};

struct err {
    enum err_kind kind;
    const char *code; /* static storage, snake_case; key of the locale text error.<code> */
    char arg[160];    /* "{0}" in the text; "" when there is none */
    char detail[320]; /* for the log only */
};

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* Fills `err` (when not NULL) and returns -kind. `code` must have static storage; `arg_fmt` may be NULL. */
int err_set(struct err *err, enum err_kind kind, const char *code, const char *arg_fmt, ...) PRINTF_LIKE(4, 5);

/* Adds what only the log should see; returns -err->kind, so that `return err_detail(err, …)` ends a function. */
int err_detail(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Short for the most frequent case: out of memory or over an arena's limit. Returns -ERR_MEMORY. */
int err_memory(struct err *err);

/* Empties `err`. */
void err_clear(struct err *err);

/* The HTTP status that answers an error of this kind. */
unsigned err_http_status(enum err_kind kind);

/* One refusal beside one field: {field, code, message} of the API, the line beside the field on a page. */
struct field_error {
    const char *field; /* the field's name; "" for the whole input */
    const char *code;  /* locale text error.<code> */
    const char *arg;   /* "{0}" in the text, or "" */
};

/* A growing list of field errors; its memory is its arena's. When memory ends, `overflowed` is set and stays. */
struct field_errors {
    struct arena *arena;
    struct field_error *items;
    size_t count, room;
    int overflowed;
};

void field_errors_init(struct field_errors *list, struct arena *arena);
/* Copies field and arg into the arena. `code` must have static storage. */
void field_errors_add(struct field_errors *list, const char *field, const char *code, const char *arg_fmt, ...)
    PRINTF_LIKE(4, 5);
/* The first error recorded for `field`, or NULL. */
const struct field_error *field_errors_find(const struct field_errors *list, const char *field);

#endif
