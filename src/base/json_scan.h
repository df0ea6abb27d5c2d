/* A look into JSON text without building it: for reading a few members of very many texts of our own writing. The text
 * is expected to be well-formed; where it is not, nothing is found, and nothing outside the text is read. */
#ifndef TALAP_BASE_JSON_SCAN_H
#define TALAP_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value as it stands in the text, quotes and brackets included; `count` 0: there is none. */
struct json_piece {
    const char *at;
    size_t count;
};
/* Goes through the members of an object or the items of an array: `*at` begins at 0. False at the end, for another kind
 * of value and where the text is not JSON. `ret_key` (without quotes, escapes as written) is empty in arrays. */
bool json_scan_next(struct json_piece whole, size_t *at, struct json_piece *ret_key, struct json_piece *ret_value);
/* The member's value; count 0 when there is none. */
struct json_piece json_scan_member(struct json_piece object, const char *key);
/* Is it the string `text`, written without escapes? */
bool json_scan_is(struct json_piece piece, const char *text);
/* An integer of at most 18 digits; false for anything else. */
bool json_scan_int(struct json_piece piece, int64_t *ret);

#endif
