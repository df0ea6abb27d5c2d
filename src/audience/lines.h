/* A body of identifiers, one a line, read and hashed: nothing else of them is kept.
 *
 * Bytes come in windows of any size; nothing is counted before lines_end has found the whole body good. A line is
 * everything up to LF (a CR before it is not part of it); as text/plain it is the identifier itself, as
 * application/x-ndjson a JSON string or an object whose only member is "user" (a string). A byte order mark before the
 * first line is none of it. Empty lines are counted and skipped. A line is refused when it has more than 256 bytes
 * (LINE_JSON_BYTES as JSON, its identifier 256), a NUL, or invalid UTF-8: all such lines are counted, the first 100
 * told by number, and the body with them is refused.
 *
 * Identifiers that look as if they said who somebody is are taken like others, but told: the platform should send
 * opaque ones. */
#ifndef TALAP_AUDIENCE_LINES_H
#define TALAP_AUDIENCE_LINES_H

#include "audience/counter.h"

#define LINE_BYTES_MAX 256
#define LINE_JSON_BYTES 2048
#define LINES_TOLD 100
#define LINES_MAX ((size_t)32 << 20) /* identifiers of a body */

enum line_warning { LINE_EMAIL, LINE_PHONE, LINE_IIN, LINE_WARNINGS };
extern const char *const line_warning_codes[LINE_WARNINGS];

struct lines {
    /* What was found. `line`s are numbered from 1. */
    uint64_t *hashes;
    size_t count; /* identifiers */
    size_t lines, empty, refused;
    struct {
        size_t line;
        const char *code; /* "line_too_long", "line_has_nul", "line_not_utf8", "line_not_json", "line_member_unknown" */
    } refusals[LINES_TOLD];
    struct {
        size_t lines, first_line;
    } warnings[LINE_WARNINGS];

    /* The reader's own. */
    struct visit_key key;
    bool json, begun;
    bool skipping; /* the rest of a line that was too long already */
    size_t room, held;
    char carry[LINE_JSON_BYTES + 2]; /* of a line that the next window ends */
};

void lines_init(struct lines *lines, const struct visit_key *key, bool json);
void lines_done(struct lines *lines); /* wiped */
/* What was found stays, but for the hashes. */
void lines_drop_hashes(struct lines *lines);
/* ERR_TOO_LARGE "lines_too_many" beyond LINES_MAX; or memory. */
int lines_feed(struct lines *lines, const char *bytes, size_t count, struct err *err) WARN_UNUSED;
/* The last line needs no LF. ERR_BAD_INPUT "lines_refused" (arg: how many) when any was. */
int lines_end(struct lines *lines, struct err *err) WARN_UNUSED;

#endif
