/* The query language of the library: what people type into one field.
 *
 *   несие қаржы         all words, in any form
 *   несие|кредит        either
 *   -казино             not
 *   кредит*             words that begin so (at least two letters)
 *   "Қазақ несиесі"     all of these words
 *   advertiser:Даму     the name holds this word; account:, payer:, sponsor:, and party: for any of them
 *   payer:"ЖШС Даму"    … all of these
 *   criterion:"age=18"  a criterion, its value, or both; excluded: only those that were left out
 *   lang:kk  kind:targeted  format:video
 *   after:2026-01-01  before:2026-02-01    its period reaches that day, begins by that day
 *
 * Terms beside each other are all required; "|" binds closer. A sign that means nothing where it stands is no error: a
 * lone "-", an address with ":" and the like are words as they are. Refused is only what was plainly meant as more:
 * a quote without its end, a field without a value, a value that the field does not know. */
#ifndef TALAP_ADVERTS_QUERY_H
#define TALAP_ADVERTS_QUERY_H

#include "base/arena.h"
#include <stdint.h>

#define QUERY_MAX 500 /* characters */
#define QUERY_TERMS 32
#define QUERY_WORDS 64 /* in all */

enum query_field {
    FIELD_WORDS,
    FIELD_ADVERTISER,
    FIELD_ACCOUNT,
    FIELD_PAYER,
    FIELD_SPONSOR,
    FIELD_PARTY,
    FIELD_CRITERION,
    FIELD_EXCLUDED,
    FIELD_LANGUAGE,
    FIELD_KIND,
    FIELD_FORMAT,
    FIELD_AFTER,
    FIELD_BEFORE
};
/* One alternative. */
struct query_atom {
    enum query_field field;
    const char *text; /* of FIELD_WORDS and parties: words in lower case with blanks between, all required; of others
                         the value as it was typed */
    bool prefix;      /* the last word is the beginning of one */
    int32_t number;   /* kind, format, day */
    size_t at;        /* character of the query, from 1 */
    struct query_atom *or_else;
};
struct query_term {
    struct query_atom *first;
    bool excluded;
    struct query_term *next;
};
struct query {
    struct query_term *terms; /* in their order; NULL: everything */
    size_t count;
};
/* `text` in valid UTF-8; NULL is "". ERR_BAD_INPUT "query_malformed" (arg: the character, from 1), "query_too_long"
 * (arg: what is too many); ERR_MEMORY. */
int query_read(const char *text, struct arena *arena, struct query *ret, struct err *err) WARN_UNUSED;

#endif
