/* The figures of a yearly report (law/report_form.h), counted from events alone: neither a case's row nor a clock's is
 * looked at, so whoever has the events comes to the same figures. An event belongs to the local year in which it was
 * recorded. Memory does not grow with the number of events. */
#ifndef TALAP_CASES_REPORT_H
#define TALAP_CASES_REPORT_H

#include "cases/cases.h"
#include "law/report_form.h"

/* Clocks that acts stopped within the year. Times are from the clock's start to its stop, in whole minutes. */
struct report_times {
    int64_t stopped, in_time, late; /* in_time: by its due moment; late: after it was missed on every reading */
    int64_t became_overdue;         /* overdue moments that passed within the year */
    int64_t median_min, p95_min;    /* -1 when nothing was stopped */
};
struct report_cell_figure {
    const struct report_figure *form;
    size_t rows, columns;      /* options of the dimensions and one more each, "not given"; 1 without that dimension */
    const int64_t *cells;      /* rows × columns */
    int64_t total;             /* events counted; of a `many` less than the cells together */
    struct report_times times; /* REPORT_CLOCK */
};
struct report {
    const struct report_form *form;
    int year;
    int64_t from_usec, before_usec;
    int64_t events;               /* of the year, of every kind */
    int64_t first_leaf, end_leaf; /* where they were looked for: first ≤ leaf < end */
    size_t figure_count;          /* in the order of the form's sections */
    const struct report_cell_figure *figures;
    bool has_words;
    const char *words_number;       /* of the case they come from */
    const struct case_value *words; /* form->words.field_count of them */
    bool running;                   /* the year is not over */
};
/* Years before the first event or after the current one are no error: everything is 0. ERR_BAD_INPUT "report_year"
 * outside 2000 … 2199. */
int report_make(struct tx *tx, const struct office *office, const struct report_form *form, int year, int64_t now_usec,
                struct arena *arena, struct report *ret, struct err *err) WARN_UNUSED;

/* The words of the report's form and year as they stand published now: unlike figures they come, are taken back and
 * come anew long after the year. What `report` said of words before is replaced; its form and year are given. */
int report_words_read(struct tx *tx, struct arena *arena, struct report *report, struct err *err) WARN_UNUSED;

/* The words of the report's form and year as they stand published now: unlike figures they come, are taken back and
 * come anew long after the year. What `report` said of words before is replaced; its form and year are given. */
int report_words_read(struct tx *tx, struct arena *arena, struct report *report, struct err *err) WARN_UNUSED;

/* Which cases a figure counts: events of the cell, from leaf `from` on, at most `limit`; *ret_next is where to go on,
 * -1 at the end. At most REPORT_LOOK events are looked at in one call, so a page may be short and still have a next
 * one. */
#define REPORT_LOOK 200000
struct report_counted {
    int64_t leaf, at_usec;
    const char *case_id;
};
struct report_cell {
    const struct report_figure *form;
    int row, column; /* -1: all */
};
int report_cases(struct tx *tx, const struct office *office, const struct report_form *form, int year,
                 const struct report_cell *cell, int64_t from, size_t limit, struct arena *arena,
                 struct report_counted **ret, size_t *ret_count, int64_t *ret_next, struct err *err) WARN_UNUSED;

/* Counts once more, over every event there is, while hashing each into the ledger's tree: the figures must be the same
 * and the tree that of the newest signed checkpoint. ERR_DAMAGED "report_differs" (arg: the figure) or the ledger's
 * own. */
int report_check(struct tx *tx, const struct office *office, const struct report *report, struct err *err) WARN_UNUSED;

#endif
