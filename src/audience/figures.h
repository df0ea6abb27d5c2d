/* Users in figures: closed days and months, averages, corrections.
 *
 * A day is closed once, after the hour until which late lines were taken: an event "audience_day_closed" {day
 * "2026-04-09", counted, users, services: [{service, users}]} and rows. A day for which nothing came is closed too and
 * says so (`counted` false, no users): it is no zero, and averages leave it out and name it. A month is closed with its
 * last day: "audience_month_closed" {month "2026-04", counted, users, services, days_counted, days_missing,
 * average_daily}, and then its secret, sets and chunks are destroyed, the store compacted and searched for them
 * ("audience_secret_destroyed" {month, compacted, searched, whole}). Closed figures never change: a correction is an
 * event "audience_corrected" {period "day" or "month", number "2026-04-09" or "2026-04", service (absent: all), users,
 * before (absent: was not counted), reason} and a new version beside the old.
 *
 * Averages are whole numbers rounded half up, of the newest versions: of a calendar month over its counted days
 * (opl.9.1); over the last thirty counted days; of the months' users over the last six closed months (opl.9.4.7). Of a
 * service, a day on which nothing came for it is not counted. */
#ifndef TALAP_AUDIENCE_FIGURES_H
#define TALAP_AUDIENCE_FIGURES_H

#include "audience/counter.h"

#define AUDIENCE_THRESHOLD 100000 /* opl.9.1 */

struct audience_figure {
    bool month;          /* else of a day */
    int32_t number;      /* local day since 1970, or month (MONTH_OF) */
    const char *service; /* NULL: all */
    int version;
    bool counted; /* false: nothing came */
    int64_t users;
    int64_t leaf;
    const char *reason; /* of a correction; else NULL */
};
/* The newest versions of days or months from…until (inclusive), by number; `service` NULL: all services together. */
int audience_figures(struct tx *tx, bool months, int32_t from, int32_t until, const char *service, struct arena *arena,
                     struct audience_figure **ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* All versions of one figure, the oldest first. ERR_NOT_FOUND "figure_unknown". */
int audience_versions(struct tx *tx, bool month, int32_t number, const char *service, struct arena *arena,
                      struct audience_figure **ret, size_t *ret_count, struct err *err) WARN_UNUSED;

struct audience_average {
    int32_t from, until;  /* months, or days */
    int counted, missing; /* of them */
    int64_t users;        /* rounded half up; -1: nothing was counted */
    int64_t sum;          /* of what was counted: 3 000 001 in thirty days is more than 100 000 on average */
};
/* More than the threshold, to the last user. */
bool audience_above(const struct audience_average *average);
int audience_daily_average(struct tx *tx, int month, const char *service, struct audience_average *ret,
                           struct err *err) WARN_UNUSED;
int audience_rolling_average(struct tx *tx, int32_t until_day, struct audience_average *ret,
                             struct err *err) WARN_UNUSED;
/* Of the six months that end with `until_month`; of fewer where counting began later. */
int audience_six_months(struct tx *tx, int until_month, const char *service, struct audience_average *ret,
                        struct err *err) WARN_UNUSED;
/* On which day the average will exceed the threshold at the present trend (a line through the last fourteen counted
 * days): that of thirty counted days, or that of a calendar month which ends on that day; so the day whose closing will
 * open the duty. */
enum crossing {
    CROSSING_FEW_DAYS, /* fewer than fourteen counted days, or they lie too far back or apart to tell anything */
    CROSSING_NONE,     /* not within a year */
    CROSSING_ON,       /* on `day` */
    CROSSING_ABOVE     /* the newest closed month, or thirty counted days, exceed it already */
};
struct audience_crossing {
    enum crossing what;
    int32_t day; /* of CROSSING_ON alone */
};
int audience_crossing(struct tx *tx, int32_t today, struct audience_crossing *ret, struct err *err) WARN_UNUSED;

/* Corrects a closed figure. Refusals: ERR_NOT_FOUND "figure_unknown" (not closed, or an unknown service); ERR_CONFLICT
 * "figure_same"; ERR_BAD_INPUT "reason_missing" (not 10 to 2000 characters), "users_out_of_range". A person's deed. May
 * open the duty as audience_pass does. Corrected days leave their month's users as they are: those are other people. */
int audience_correct(struct tx *tx, const struct office *office, bool month, int32_t number, const char *service,
                     int64_t users, const char *reason, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
                     struct err *err) WARN_UNUSED;

/* What time brings: closes days that are over, months, destroys secrets, opens the duty to appoint a representative
 * (procedure representative_duty; where this organisation runs it, and no case of it is open, appointed or exempt) when
 * a closed month's average, or that of thirty counted days, exceeds the threshold. The first day is the first for which
 * something was counted. Looks with a read; does one piece; *ret_handled 0: nothing was due. `counter` NULL: closes
 * nothing, ends secrets. Not in a transaction. */
int audience_pass(const struct office *office, struct counter *counter, int late_hour, int64_t now_usec,
                  size_t *ret_handled, struct err *err) WARN_UNUSED;

#endif
