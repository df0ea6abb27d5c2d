/* Text as words that can be compared, whoever typed them and however: lower case, compatibility forms, marks and
 * invisible signs left out, ё as е, ә ғ қ ң ө ұ ү һ і as their plain neighbours, Latin letters without their marks.
 *
 * What was done to hide a word is undone, and said of it: letters of one alphabet that look like those of another
 * ("PEKЛAMA"), invisible signs inside, single letters with blanks between them. Each word knows its place in the text.
 */
#ifndef TALAP_ADVERTS_FOLD_H
#define TALAP_ADVERTS_FOLD_H

#include "base/arena.h"
#include <stdint.h>

enum folded_flag {
    WORD_LOOKALIKE = 1, /* letters of two alphabets; here in the one that it reads in */
    WORD_HIDDEN = 2,    /* invisible signs were inside */
    WORD_SPACED = 4,    /* four or more single letters, read together; stands behind the others */
    WORD_HASHTAG = 8,
    WORD_FIRST = 16,  /* the first word of a line */
    WORD_SET_OFF = 32 /* what is before it is a sign, a line's begin, or the text's */
};

struct folded_word {
    uint32_t from, until; /* bytes in the text */
    uint32_t at;          /* first letter in `letters` */
    uint16_t count;       /* letters; a longer word is cut, with `until` at its end */
    uint16_t flags;
};
struct folded {
    uint16_t *letters;
    struct folded_word *words;
    size_t count; /* words as they follow each other */
    size_t all;   /* with those read together */
};

#define FOLDED_WORD_MAX 60

struct fold;
int fold_new(struct fold **ret, struct err *err) WARN_UNUSED; /* the table of letters: 256 KiB */
void fold_free(struct fold *fold);                            /* NULL-safe */
/* `room`, of `room_bytes`, is used while it suffices, so that a short text costs no allocation; else the arena.
 * -ERR_MEMORY. */
int fold_text(const struct fold *fold, const char *text, size_t count, void *room, size_t room_bytes,
              struct arena *arena, struct folded *ret, struct err *err) WARN_UNUSED;

#endif
