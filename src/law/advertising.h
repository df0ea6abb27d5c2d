/* The words of advertising, from law/advertising.yaml: which words mark it, which look like a mark and are none, which
 * sound like claims, and which words of targeting criteria speak of what may not be targeted by.
 *
 * A term is one or more words. A word as written stands for itself; `word~` for itself and with the endings of its
 * language; `word*` for whatever begins so; `_` (in front, of an exception) for any word. Case, ё and the letters
 * ә ғ қ ң ө ұ ү һ і do not matter. */
#ifndef TALAP_LAW_ADVERTISING_H
#define TALAP_LAW_ADVERTISING_H

#include "base/arena.h"
#include "base/lang.h"

struct advertising_words {
    size_t count;
    const char *const *words;
};
struct advertising_mark {
    const char *text;
    enum lang lang;
    const char *norm; /* where it is said */
};
struct advertising_category {
    const char *id; /* "nationality" */
    struct text3 title;
    const char *norm;
    struct advertising_words terms[LANG_COUNT];  /* refuse */
    struct advertising_words weak[LANG_COUNT];   /* are told only */
    struct advertising_words except[LANG_COUNT]; /* in which the words mean something else */
    struct advertising_words criteria;           /* names of criteria whose values are not looked at */
};
struct advertising {
    size_t mark_count;
    const struct advertising_mark *marks;
    struct advertising_words unaccepted; /* taken for marks by many, and none */
    struct advertising_words claims[LANG_COUNT];
    struct advertising_words age_words; /* "жас", "лет" */
    struct advertising_words endings[LANG_COUNT];
    size_t category_count;
    const struct advertising_category *categories;
};

/* The operator's own words: a file {terms: [{category, terms, weak, except}]} of categories of `law`. *ret: as many
 * categories as the file has entries, with the titles and norms of the law's. Refusals name file and line. */
int advertising_own_load(const char *path, const struct advertising *law, struct arena *arena,
                         const struct advertising_category **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

#endif
