/* Very many terms found in folded text at once: a table of the first word's beginnings, looked up for every beginning
 * of every word, so that a text costs its length whatever the number of terms. The syntax of a term is that of
 * law/advertising.h. */
#ifndef TALAP_ADVERTS_TERMS_H
#define TALAP_ADVERTS_TERMS_H

#include "adverts/fold.h"
#include "law/advertising.h"

#define TERM_WORDS_MAX 6

struct terms;
/* `endings`: of each language, for `word~`; copied. */
int terms_new(const struct fold *fold, const struct advertising_words endings[LANG_COUNT], struct terms **ret,
              struct err *err) WARN_UNUSED;
void terms_free(struct terms *terms); /* NULL-safe */
/* `owner` and `kind` are the caller's, and come back with a hit. ERR_BAD_INPUT "advert_term" (arg: the term) for more
 * words than TERM_WORDS_MAX, or none. */
int terms_add(struct terms *terms, const char *text, enum lang lang, uint16_t owner, uint16_t kind,
              struct err *err) WARN_UNUSED;
/* After the last; nothing is added then. */
int terms_seal(struct terms *terms, struct err *err) WARN_UNUSED;

struct term_hit {
    uint32_t first, count; /* words of the text */
    uint16_t owner, kind;
};
/* Calls `hit` for every term at every place; it returns false to end. */
void terms_find(const struct terms *terms, const struct folded *text,
                bool (*hit)(void *arg, const struct term_hit *hit), void *arg);

#endif
