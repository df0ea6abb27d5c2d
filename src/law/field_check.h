/* One value of one type: is it acceptable, and what is its canonical text. Private to the room; field.c asks. */
#ifndef TALAP_LAW_FIELD_CHECK_H
#define TALAP_LAW_FIELD_CHECK_H

#include "law/field.h"

/* Default greatest lengths in characters, and the most files of one field. */
#define FIELD_TEXT_MAX 5000
#define FIELD_LINE_MAX 300
#define FIELD_URL_MAX 2000
#define FIELD_EMAIL_MAX 254
#define FIELD_LINKS_MAX 100
#define CASE_NUMBER_MAX 64

/* What a check found: `code` is NULL and `text` the canonical form, or `code` refuses and `arg` goes into its text. */
struct field_verdict {
    const char *code;
    char arg[48]; /* "" when there is none */
    const char *text;
};

struct field_context {
    const struct zone *zone;
    bool (*is_country)(const void *arg, const char *code);
    const void *arg;
    struct arena *arena;
};

/* `text` is normalised and not empty. A NULL verdict text without a code means that the arena's limit was reached. */
struct field_verdict field_check_text(const struct field *field, const char *text, const struct field_context *context);
/* The greatest length or count that the field allows. */
int64_t field_max(const struct field *field);

#endif
