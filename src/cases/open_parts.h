/* A case between its preparation (open_prepare.c) and its writing (open.c). Private to the room. */
#ifndef TALAP_CASES_OPEN_PARTS_H
#define TALAP_CASES_OPEN_PARTS_H

#include "cases/parts.h"

#define LOOKUPS_MAX 6

/* How a person may be found again: a keyed hash of what was given. */
struct lookup {
    struct hash hash;
};

struct case_prepared {
    const struct procedure *procedure;
    const char *opener;
    enum lang lang;
    int64_t received_usec;
    const char *subject_id; /* the person, where known beforehand */
    struct actor actor;
    char id[ID_TEXT];
    char access_code[16];
    struct value_parts values;
    struct attachment_sealed *files;
    size_t file_count;
    struct clock_row *clocks;
    size_t clock_count;
    struct lookup lookups[LOOKUPS_MAX];
    size_t lookup_count;
    struct ties ties;
    bool has_email; /* whoever is told of the opening can be reached */
    struct repeat repeat;
    /* The body in canonical order of its keys: HEAD moment MIDDLE number REST subject TAIL. */
    const char *body_head, *body_middle, *body_rest, *body_tail;
};

#endif
