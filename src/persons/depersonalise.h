/* Depersonalisation (pdl.17.1): an export for statistical, sociological, scientific or marketing research from which
 * nobody can be told.
 *
 * A request names a purpose whose data are exported, and columns: a category of data each, and how its values are made
 * coarse. A category that identifies can be no column, whatever is done to it; an address may be one by its first part
 * (the region) alone. Taken are those whom the decision "depersonalise" allows for every column. All columns but the
 * sensitive one together are what somebody could be recognised by: rows that share them form a group; every group has
 * at least k rows (k-anonymity), and at least l different values of the sensitive column (distinct l-diversity). Rows
 * of smaller groups are left out, or the export is refused, as asked for. Rows are sorted by what they hold, so that
 * their order tells nothing of the store's.
 *
 *   depersonalisation.made   about nobody: purpose, research, k, l, k_reached, l_reached, people, denied, without_data,
 *                            rows, suppressed, columns [{category, how, width, sensitive}] */
#ifndef TALAP_PERSONS_DEPERSONALISE_H
#define TALAP_PERSONS_DEPERSONALISE_H

#include "persons/kept.h"
#include "persons/people.h"

enum coarse {
    COARSE_DROP,         /* no column; told in the report */
    COARSE_KEEP,         /* as it is */
    COARSE_AGE_BAND,     /* of a date of birth: age in full years, bands of `width` years: "30-39" */
    COARSE_YEAR,         /* of a date: "1985" */
    COARSE_MONTH,        /* "1985-03" */
    COARSE_BAND,         /* of a number: bands of `width`: "400000-499999" */
    COARSE_FIRST_PART,   /* up to the first comma */
    COARSE_FIRST_LETTERS /* the first `width` characters */
};
#define COARSE_KINDS 8
#define COARSE_COLUMNS_MAX 16
/* "drop", "keep", "age_band", "year", "month", "band", "first_part", "first_letters"; -1 where unknown. */
int coarse_parse(const char *word);
const char *coarse_word(enum coarse how);
/* A value made coarse, in the arena; "" for one that is not of the form the way asks for (no date, no number): unknown
 * is a value of its own. NULL when memory ends. `today`: the local day at which an age is reckoned. */
const char *coarse_value(enum coarse how, int64_t width, const char *value, int32_t today, struct arena *arena);

struct coarse_column {
    const char *category;
    enum coarse how;
    int64_t width; /* 0 where the way has none */
    bool sensitive;
    int number; /* of the category; filled by the check */
};
struct depersonalising {
    const char *purpose;
    const char *research; /* "statistical", "sociological", "scientific", "marketing" */
    size_t column_count;
    struct coarse_column columns[COARSE_COLUMNS_MAX];
    int64_t k, l;  /* l 1: not asked for */
    bool suppress; /* groups too small are left out; else the export is refused */
};
/* From JSON {purpose, research, columns: [{category, how, width, sensitive}], k, l, small: "suppress" | "refuse"}.
 * Refused by name beside "purpose", "research", "columns", "columns.N.category" …: unknown_field, required,
 * purpose_unknown, category_unknown, category_not_of_purpose, column_identifies, column_twice, not_an_option,
 * width_range (1 to 1 000 000 000), sensitive_twice, k_range (2 to 10 000), l_range (1 to 1 000), sensitive_missing (l
 * asked for and no sensitive column). `width` defaults to 10 for ages, 2 for letters; a band of numbers needs one. k
 * defaults to 5, l to 1 (2 with a sensitive column), small to "suppress", columns at least one that is no drop. Texts
 * live in the arena. */
int depersonalising_parse(const struct kept *kept, const json_t *given, int64_t now_usec, struct arena *arena,
                          struct depersonalising *ret, struct field_errors *errors, struct err *err) WARN_UNUSED;

struct depersonalised {
    int64_t people;               /* who have data of the purpose */
    int64_t denied;               /* the decision did not allow it */
    int64_t without_data;         /* allowed, and none of the columns */
    int64_t rows;                 /* in the export */
    int64_t suppressed;           /* left out for the sake of k and l */
    int64_t k_reached, l_reached; /* of the export; 0 without rows, l 0 without a sensitive column */
    int64_t values_before[COARSE_COLUMNS_MAX], values_after[COARSE_COLUMNS_MAX]; /* how many different ones */
};
/* Reads, decides, makes coarse, measures, and writes CSV (head line: the categories' ids). Refused with `small` refuse:
 * ERR_CONFLICT "depersonalisation_small_groups" (arg: "k 2, l 1": what was reached). A read. */
int depersonalise(struct tx *tx, const struct office *office, struct kept *kept, const struct depersonalising *request,
                  int64_t now_usec, struct buf *csv, struct depersonalised *ret, struct err *err) WARN_UNUSED;
/* The event, in a command. */
int depersonalisation_record(struct tx *tx, const struct office *office, const struct depersonalising *request,
                             const struct depersonalised *made, const struct actor *actor, int64_t now_usec,
                             int64_t *ret_leaf, struct err *err) WARN_UNUSED;
/* What was done, as JSON; the same members as the event's, and values_before and values_after of each column. NULL when
 * memory ends. */
json_t *depersonalisation_report(const struct depersonalising *request, const struct depersonalised *made);

/* --- groups.c ------------------------------------------------------------------------------------------------------
 */

/* One row: what it shares with others, and its sensitive value (NULL without such a column). */
struct group_row {
    const char *shared, *sensitive, *line;
    bool left_out;
};
struct group_figures {
    int64_t k, l; /* the smallest group, the fewest different sensitive values of one; 0 without rows */
    int64_t rows, left_out;
};
/* Sorts the rows and marks those of groups under k or l; `before` are the figures of all, `after` of the rest. */
void groups_measure(struct group_row *rows, size_t count, int64_t k, int64_t l, struct group_figures *before,
                    struct group_figures *after);

#endif
