/* What the files about closed figures share. Private to the room. */
#ifndef TALAP_AUDIENCE_FIGURES_PARTS_H
#define TALAP_AUDIENCE_FIGURES_PARTS_H

#include "audience/figures.h"
#include "cases/record.h"
#include "store/audience_rows.h"

#define ALL_SERVICES 0   /* the service of a figure of all together */
#define NOT_COUNTED (-1) /* the users of a figure for which nothing came */
#define NO_DAY INT32_MIN

/* The month of a day, and the first and last days of a month. */
int month_of_day(int32_t day);
int32_t month_first_day(int month);
int32_t month_last_day(int month);
/* "2026-04" and "2026-04-09": how events tell a month and a day. */
#define PERIOD_ROOM 32
void period_text(bool month, int32_t number, char ret[static PERIOD_ROOM]);
/* false unless period_text would write exactly that. */
bool period_parse(bool month, const char *text, int32_t *ret);

/* What is entered of a day or a month: the figure of all together and of each service for which something came. */
struct service_users {
    int64_t number;
    const char *name;
    int64_t users;
};
struct closing_figures {
    bool counted;
    int64_t users;
    size_t service_count;
    const struct service_users *services;
};
/* Writes the event and the rows of a day, and of its month where it is the month's last (`month`, else NULL), in one
 * transaction. */
int day_close_in(struct tx *tx, const struct office *office, int32_t day, const struct closing_figures *figures,
                 const struct closing_figures *month, int64_t now_usec, struct err *err) WARN_UNUSED;
/* A month without a closed day that is over all the same. */
int month_close_in(struct tx *tx, const struct office *office, int month, const struct closing_figures *figures,
                   int64_t now_usec, struct err *err) WARN_UNUSED;
/* Marks the month's row, where there is one and it is open. */
int month_mark_closed(struct tx *tx, int month, int64_t now_usec, struct err *err) WARN_UNUSED;
/* The last closed day; NO_DAY: none. */
int last_closed_day(struct tx *tx, int32_t *ret, struct err *err) WARN_UNUSED;
/* The moment from which the day takes no lines. */
int64_t day_closes_usec(const struct office *office, int32_t day, int late_hour);

/* crossing.c: opens the duty to appoint a representative where the average of that closed month (-1: none is looked at)
 * or of thirty counted days exceeds the threshold, and no case of it is open or settled. */
int audience_watch(struct tx *tx, const struct office *office, int month, int64_t now_usec,
                   struct err *err) WARN_UNUSED;

/* secret_end.c: the secret of a closed month, its chunks and sets. One step of one month; *ret_handled 0: none. */
int secrets_end_pass(const struct office *office, int64_t now_usec, size_t *ret_handled, struct err *err) WARN_UNUSED;

#endif
