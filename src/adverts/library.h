/* The library of advertisements: an index in memory from which anybody searches what was shown (opl.22.2).
 *
 * Every advertisement that is kept has its serial in compressed bitmaps (CRoaring): one for each word's group of forms,
 * one for each advertiser, account, payer, sponsor, kind, language, criterion … A search meets bitmaps, counts exactly,
 * and walks from the newest serial back: no match is ever ranked. The index is a copy of the store, follows it
 * (library_follow), and is kept in a file of its own so that a start need not read every text again. */
#ifndef TALAP_ADVERTS_LIBRARY_H
#define TALAP_ADVERTS_LIBRARY_H

#include "adverts/advert.h"
#include "cases/office.h"

struct library;
/* `folder`: where the index's file lies; NULL: none, everything is read anew. */
int library_new(const struct office *office, const char *folder, struct library **ret, struct err *err) WARN_UNUSED;
void library_free(struct library *library); /* NULL-safe */
/* Takes in what was kept, changed and removed since, as far as `tx` sees it, at most `most` advertisements;
 * *ret_behind: how many are still to come (at least; 0: none). */
int library_follow(struct library *library, struct tx *tx, size_t most, int64_t *ret_behind,
                   struct err *err) WARN_UNUSED;
/* From so many on, library_follow also looks for new figures of showings, which need not be found at once. */
#define LIBRARY_FOLLOW_FIGURES 1000
/* Writes the file anew when a twentieth has changed since, or anything and an hour is over. Who follows meanwhile
 * does not wait for it and goes on with what there is. */
int library_save(struct library *library, int64_t now_usec, struct err *err) WARN_UNUSED;

enum library_sort { SORT_NEWEST, SORT_OLDEST, SORT_LAST_SHOWN, SORT_MOST_SHOWN };
struct library_query {
    const char *words;                                  /* the query language: see query.h; NULL or "": all */
    const char *advertiser, *account, *payer, *sponsor; /* names as they are shown, or NULL */
    const char *criterion, *language;
    int kind, format;            /* -1: any */
    int32_t from_day, until_day; /* whose period meets these days; INT32_MIN, INT32_MAX: open */
    enum library_sort sort;
    const char *cursor; /* of the page before, or NULL */
    size_t limit;       /* 1…500 */
};
struct library_answer {
    int64_t count; /* all that match, exactly */
    size_t found;
    const int64_t *serials; /* this page */
    const char *cursor;     /* of the next, or NULL: there is none. Stable: what comes meanwhile moves nothing */
    bool preparing;         /* the index is still being made: count and pages hold for what is in it */
};
/* Refusals: ERR_BAD_INPUT "query_malformed" (arg: where), "query_too_long" (arg: what is allowed), "query_prefix_wide"
 * (arg: the word), "cursor_malformed". */
int library_search(struct library *library, const struct library_query *query, struct arena *arena,
                   struct library_answer *ret, struct err *err) WARN_UNUSED;

struct library_figures {
    int64_t adverts, words, bytes, serial; /* words: different ones; serial: the highest */
    unsigned languages;                    /* whose dictionaries there are: stems.h */
    bool preparing;
};
void library_figures(struct library *library, struct library_figures *ret);

#endif
