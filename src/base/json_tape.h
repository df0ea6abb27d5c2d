/* JSON read fast, where jansson is too slow: thousands of small objects in one body. It takes exactly the texts that
 * json_parse takes (RFC 8259; no duplicate names, no invalid UTF-8, no NUL, no lone surrogate, at most 64 deep, numbers
 * that fit) and gives a flat row of cells in the order of the text, without an allocation a value.
 *
 * The text is read in place: escapes are decoded where they stand and a NUL is put behind every string and name, so
 * that they can be used as they are for as long as the text lives. */
#ifndef TALAP_BASE_JSON_TAPE_H
#define TALAP_BASE_JSON_TAPE_H

#include "base/arena.h"
#include <stdint.h>

enum json_cell_kind { CELL_NULL, CELL_FALSE, CELL_TRUE, CELL_INT, CELL_REAL, CELL_STRING, CELL_ARRAY, CELL_OBJECT };

/* One value. What is inside an array or object follows it at once; `span` cells later comes what is beside it. */
struct json_cell {
    const char *key;  /* of an object's member, with a NUL behind; else NULL */
    const char *text; /* string: decoded, with a NUL behind; number: as written, without; else NULL */
    uint32_t key_count;
    uint32_t count : 29; /* string, number: bytes; array, object: how many are directly inside */
    uint32_t kind : 3;   /* enum json_cell_kind */
    uint32_t span;       /* cells of the value, itself included */
};

/* `text` is changed, and text[count] must be readable and NUL. *ret is the outermost value. ERR_MALFORMED
 * "json_malformed" with arg "line:column"; ERR_MEMORY. Texts of 2^29 bytes and more are refused as malformed. */
int json_tape_read(char *text, size_t count, struct arena *arena, const struct json_cell **ret,
                   struct err *err) WARN_UNUSED;

/* The first inside a container with count > 0, and what follows a cell beside it; the caller counts. */
static inline const struct json_cell *json_cell_first(const struct json_cell *container)
{
    return container + 1;
}
static inline const struct json_cell *json_cell_after(const struct json_cell *cell)
{
    return cell + cell->span;
}
/* The member of that name; NULL when there is none, or `object` is NULL or none. */
const struct json_cell *json_cell_member(const struct json_cell *object, const char *key);
/* Is it a string? NULL is none. */
static inline bool json_cell_is_text(const struct json_cell *cell)
{
    return cell && cell->kind == CELL_STRING;
}
static inline bool json_cell_is_object(const struct json_cell *cell)
{
    return cell && cell->kind == CELL_OBJECT;
}
/* A number that is an integer of at most 18 digits; false for anything else. */
bool json_cell_int(const struct json_cell *cell, int64_t *ret);
/* The same value: of the same kind, numbers by value, strings by bytes, arrays in order, objects in any order. */
bool json_cell_equal(const struct json_cell *a, const struct json_cell *b);

#endif
