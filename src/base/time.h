/* Moments, days and the time zone.
 *
 * A moment is an int64_t of microseconds since 1970-01-01T00:00:00Z (`_usec`). A day is an int32_t of days since
 * 1970-01-01 in local time (`_day`). Nothing below web, jobs and cli calls time_now_usec(): time is an argument. */
#ifndef TALAP_BASE_TIME_H
#define TALAP_BASE_TIME_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

#define USEC_PER_SEC INT64_C(1000000)
#define USEC_PER_DAY (INT64_C(86400) * USEC_PER_SEC)
#define TIME_NONE INT64_MIN /* "no such moment" */

struct date {
    int year, month, day; /* month and day from 1 */
};

/* Room for two changes a year over the whole span. */
#define ZONE_CHANGES 160

/* A time zone as a table of changes of its offset, 1990 to 2060. Immutable after zone_load. */
struct zone {
    char name[48];
    int count;
    int64_t from_usec[ZONE_CHANGES]; /* the change holds from this moment on; from_usec[0] is INT64_MIN */
    int32_t offset_sec[ZONE_CHANGES];
};

/* Fills `ret` from the system's tz database by asking the C library (sets TZ while it runs: call it before threads
 * start). Fails with ERR_UNAVAILABLE code "zone_missing" where the database does not know the name. */
int zone_load(const char *name, struct zone *ret, struct err *err) WARN_UNUSED;
int32_t zone_offset_at(const struct zone *zone, int64_t at_usec);
/* Local day of a moment, and the moment at which a local day begins. `second_of_day` 86399 gives 23:59:59. Where
 * a change of offset makes a local time happen twice, the later one is taken: the one that is safe for who owes.
 * Where it skips a local time, the moment of the change stands for it. A day more than a hundred million from 1970
 * ("always", "never") gives the first or last moment there is. */
int32_t zone_day_of(const struct zone *zone, int64_t at_usec);
int64_t zone_moment(const struct zone *zone, int32_t day, int32_t second_of_day);

int32_t day_from_date(struct date date);
struct date date_from_day(int32_t day);
bool date_valid(struct date date);
/* 0 Monday … 6 Sunday. */
int day_of_week(int32_t day);
/* "2026-04-09", exactly; false for anything else, dates that do not exist included. */
bool date_parse(const char *text, struct date *ret);
/* Writes "2026-04-09" (11 bytes with NUL). */
void date_format(struct date date, char ret[static 11]);

/* RFC 3339 with an offset: "2026-04-09T23:59:59+05:00" or "…Z", up to six decimals; a plain date is taken as 00:00
 * local, and a local date-time without offset as in `zone`; only then the seconds may be missing (a browser's
 * date-and-time input leaves them out). False for anything else; leap seconds are not known. */
bool moment_parse(const char *text, const struct zone *zone, int64_t *ret_usec);
/* Writes RFC 3339 in the zone's offset, whole seconds: "2026-04-09T23:59:59+05:00" (26 bytes with NUL). */
void moment_format(const struct zone *zone, int64_t at_usec, char ret[static 32]);

/* The wall clock. Only web, jobs and cli may call it. */
int64_t time_now_usec(void);

#endif
