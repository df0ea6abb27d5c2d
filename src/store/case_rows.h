/* Cases, their clocks, attachments, numbers and idempotency keys, as rows. What they mean is the room cases/. */
#ifndef TALAP_STORE_CASE_ROWS_H
#define TALAP_STORE_CASE_ROWS_H

#include "base/digest.h"
#include "store/store.h"

struct case_row {
    const char *id;
    const char *procedure;
    const char *number;
    const char *state;
    int64_t version;            /* 1 on opening, +1 with every event of the case: the ETag */
    int64_t opened_usec;        /* receipt: the triggering event */
    int64_t registered_usec;    /* when it was entered here */
    int64_t closed_usec;        /* reached a final state; TIME_NONE before */
    const char *opener;         /* "public", "staff", "api" */
    const char *opener_account; /* or NULL */
    const char *subject_id;     /* whose key seals the personal values; NULL when there are none */
    const char *lang;           /* of the opener: "kk", "ru", "en" */
    const char *assignee;       /* account id, or NULL */
    const char *fields;         /* canonical JSON of the values that are not personal */
    const void *sealed;         /* the personal ones, encrypted; or NULL */
    size_t sealed_len;
    int64_t next_due_usec, next_overdue_usec; /* the earliest of the running clocks; TIME_NONE without */
    int64_t last_leaf;                        /* the newest event of the case */
};

/* The next number of a procedure in a year, from 1, without gaps (taken back when the command rolls back). */
int store_case_next_seq(struct tx *tx, const char *procedure, int year, int64_t *ret, struct err *err) WARN_UNUSED;
struct case_seq_row {
    const char *procedure;
    int year;
    int64_t newest;
};
int store_case_seq_list(struct tx *tx, struct arena *arena, struct case_seq_row **ret, size_t *ret_count,
                        struct err *err) WARN_UNUSED;
int store_case_insert(struct tx *tx, const struct case_row *row, struct err *err) WARN_UNUSED;
/* Writes every column of an existing case; `expected_version` must still be there, else ERR_STALE "case_changed". */
int store_case_update(struct tx *tx, const struct case_row *row, int64_t expected_version, struct err *err) WARN_UNUSED;
int store_case_get(struct tx *tx, const char *id, struct arena *arena, struct case_row *ret,
                   struct err *err) WARN_UNUSED;
int store_case_by_number(struct tx *tx, const char *number, struct arena *arena, struct case_row *ret,
                         struct err *err) WARN_UNUSED;

/* When the person's case that `back` newer ones of theirs follow was registered; TIME_NONE when they have no more than
 * `back`. One step along an index, however many there are. */
int store_case_nth_newest(struct tx *tx, const char *subject_id, size_t back, int64_t *ret_registered_usec,
                          struct err *err) WARN_UNUSED;

enum case_sort { CASE_SORT_DUE, CASE_SORT_NEWEST, CASE_SORT_OLDEST };
struct case_filter {
    const char *procedure, *state, *assignee; /* NULL: any */
    const char *const *procedures;            /* NULL-ended list of what the reader may see; NULL: all */
    bool unassigned, open_only, closed_only;
    int64_t due_from_usec, due_before_usec; /* on next_due_usec; TIME_NONE: any */
    int64_t overdue_at_usec;                /* only those whose next_overdue_usec is at or before; TIME_NONE: any */
    int64_t opened_from_usec, opened_before_usec;
    const char *words;                 /* folded words (text_fold_words): every one must occur, the last as a beginning;
                                        * sought in one event of the case, among the newest 2000 events with all of them; NULL: any */
    const char *key_kind, *key_value;  /* only cases with that key (link_rows.h); NULL: any */
    const struct hash *subject_lookup; /* only cases of the person found by this keyed hash; NULL: any */
    enum case_sort sort;
    const char *cursor; /* opaque, of an earlier answer with the same sort; NULL: from the start */
    size_t limit;       /* 1 … 500 */
};
/* *ret_cursor is NULL when this was the last page. A cursor that cannot be read: ERR_MALFORMED "cursor_malformed". */
int store_case_list(struct tx *tx, const struct case_filter *filter, struct arena *arena, struct case_row **ret,
                    size_t *ret_count, const char **ret_cursor, struct err *err) WARN_UNUSED;
/* Do the filter's words occur in more events than a search looks at, so that older cases may be missing from its list?
 */
int store_case_search_cut(struct tx *tx, const struct case_filter *filter, bool *ret, struct err *err) WARN_UNUSED;
/* How many match (the filter's cursor, sort and limit are ignored). */
int store_case_count(struct tx *tx, const struct case_filter *filter, int64_t *ret, struct err *err) WARN_UNUSED;

/* Words for search, added later and in batches: text of one event. `words` folded. */
int store_words_add(struct tx *tx, int64_t leaf, const char *case_id, const char *words, struct err *err) WARN_UNUSED;
/* The leaf up to which events are indexed (exclusive). */
int store_words_position_get(struct tx *tx, int64_t *ret, struct err *err) WARN_UNUSED;
int store_words_position_set(struct tx *tx, int64_t leaf, struct err *err) WARN_UNUSED;

struct clock_row {
    const char *case_id, *clock; /* the clock's id in its procedure */
    const char *norm;
    int64_t norm_from_day; /* which version of the norm */
    int64_t starts_usec, due_usec, overdue_usec;
    const char *state;         /* "running", "met" (stopped in time on some reading), "missed" (stopped too late on
                                every reading), "stopped" (the case ended, nobody owes any more) */
    int64_t stopped_usec;      /* TIME_NONE while it runs */
    bool stopped_in_time;      /* stopped at or before due */
    int extended;              /* times */
    int64_t remind_usec;       /* the next reminder; TIME_NONE: no more */
    bool overdue_told;         /* the event clock.overdue is written */
    const char *calendar_hash; /* hex, of the calendar it was computed with */
    const char *catalogue_hash;
};
int store_clock_put(struct tx *tx, const struct clock_row *row, struct err *err) WARN_UNUSED; /* insert or replace */
/* Columns that repeat what others say (the next ripe moment, the outcome, the case's procedure and receipt):
 * *ret_number is the number of a case where they contradict, NULL when there is none. */
int store_clock_check(struct tx *tx, struct arena *arena, const char **ret_number, struct err *err) WARN_UNUSED;
int store_clock_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct clock_row **ret,
                        size_t *ret_count, struct err *err) WARN_UNUSED;
/* Running clocks whose reminder or untold overdue moment is at or before `now`, oldest first, at most `limit`. */
int store_clock_ripe(struct tx *tx, int64_t now_usec, size_t limit, struct arena *arena, struct clock_row **ret,
                     size_t *ret_count, struct err *err) WARN_UNUSED;
/* The earliest moment at which something becomes ripe; TIME_NONE when nothing waits. */
int store_clock_next_ripe(struct tx *tx, int64_t *ret_usec, struct err *err) WARN_UNUSED;
/* Running clocks computed with another calendar or catalogue, at most `limit`. */
int store_clock_outdated(struct tx *tx, const char *calendar_hash, const char *catalogue_hash, size_t limit,
                         struct arena *arena, struct clock_row **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

/* A running clock of an open case, with what a list of duties says of the case. */
struct owed_clock {
    struct clock_row clock;
    const char *procedure, *number;
    int64_t changed_usec; /* when the case's newest event was recorded */
};
/* Running clocks of open cases that are assigned to the account, or to nobody and of one of `procedures` (NULL-ended,
 * may be empty), the earliest due moments first (then by case and clock), at most `limit`. */
int store_clock_owed(struct tx *tx, const char *account_id, const char *const *procedures, size_t limit,
                     struct arena *arena, struct owed_clock **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

/* Figures of the desk. Weeks: for each of `count` spans [bounds[i], bounds[i+1]): cases received, of these answered in
 * time (clock `clock` stopped_in_time), late, and still running. */
struct span_figures {
    int64_t received, in_time, late, running;
};
int store_case_span_figures(struct tx *tx, const char *procedure, const char *clock, const int64_t *bounds,
                            size_t count, struct span_figures *ret, struct err *err) WARN_UNUSED;
/* Running clocks that fall due in each span [bounds[i], bounds[i+1]). */
int store_clock_due_figures(struct tx *tx, const char *const *procedures, const int64_t *bounds, size_t count,
                            int64_t *ret, struct err *err) WARN_UNUSED;

struct attachment_row {
    const char *id, *case_id;
    int64_t leaf;            /* the event that brought it */
    const char *type;        /* by content: image/png, image/jpeg, image/gif, image/webp, application/pdf */
    const void *sealed_name; /* the file's name may be personal: encrypted with the content's key */
    size_t sealed_name_len;
    int64_t size_bytes;     /* of the plain content */
    struct hash commitment; /* salted commitment of the plain content */
    const char *subject_id;
    const void *sealed; /* the content, encrypted; NULL when only the description is read */
    size_t sealed_len;
};
int store_attachment_insert(struct tx *tx, const struct attachment_row *row, struct err *err) WARN_UNUSED;
int store_attachment_of_case(struct tx *tx, const char *case_id, struct arena *arena, struct attachment_row **ret,
                             size_t *ret_count, struct err *err) WARN_UNUSED; /* without content */
int store_attachment_get(struct tx *tx, const char *id, struct arena *arena, struct attachment_row *ret,
                         struct err *err) WARN_UNUSED;
int store_attachment_scan(struct tx *tx, int (*each)(const struct attachment_row *row, void *arg, struct err *err),
                          void *arg, struct err *err) WARN_UNUSED;

/* A repeated POST gives the first answer. `key` is a hash over who asked, the route and the Idempotency-Key. */
struct idempotency_row {
    struct hash key, request;
    const char *case_id;
    int64_t leaf;
    int64_t at_usec;
};
/* *ret_found false when the key is new. */
int store_idempotency_get(struct tx *tx, const struct hash *key, struct arena *arena, struct idempotency_row *ret,
                          bool *ret_found, struct err *err) WARN_UNUSED;
int store_idempotency_insert(struct tx *tx, const struct idempotency_row *row, struct err *err) WARN_UNUSED;
/* Forgets at most `limit` keys from before that moment; *ret_count is how many. */
int store_idempotency_purge(struct tx *tx, int64_t before_usec, size_t limit, size_t *ret_count,
                            struct err *err) WARN_UNUSED;

#endif
