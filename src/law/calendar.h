/* Days off in Kazakhstan, 2014 to 2028: holidays, carried-over days, days moved by the Government.
 * Rules and tables are data (law/calendar.yaml); this is their reading, a table of days with the reason of each. */
#ifndef TALAP_LAW_CALENDAR_H
#define TALAP_LAW_CALENDAR_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/lang.h"
#include "base/time.h"

enum day_kind {
    DAY_WORKING,      /* an ordinary working day */
    DAY_WORKED_MOVED, /* a day off of the week, worked by decision of the Government */
    DAY_WEEKEND,
    DAY_HOLIDAY,  /* a holiday of the table */
    DAY_CARRIED,  /* off because a holiday fell on a day off */
    DAY_OFF_MOVED /* off by decision of the Government */
};

struct calendar_day {
    uint8_t kind;      /* enum day_kind */
    uint8_t holiday;   /* index into holidays when DAY_HOLIDAY or DAY_CARRIED, else 255 */
    bool expected;     /* the date is only expected (a future Kurban Ait) */
    int32_t moved_day; /* the other day of a Government decision, else 0 */
};

struct holiday {
    const char *id;
    struct text3 title;
};

struct calendar {
    struct zone zone;
    int from_year, until_year; /* inclusive */
    int decided_until;         /* later years have no decision of the Government yet */
    int32_t first_day, day_count;
    const struct calendar_day *days; /* [day - first_day] */
    const int32_t *working_before;   /* working days in [first_day, day); day_count + 1 entries */
    const int32_t *working_days;     /* every working day in order; working_before[day_count] entries */
    const int32_t *next_working;     /* first working day at or after the day; day_count + 1 entries, -1 past the end */
    const struct holiday *holidays;
    size_t holiday_count;
    struct hash hash; /* of the file's bytes */
};

/* Reads law/calendar.yaml. Everything lives in the arena. Errors name file:line. */
int calendar_load(const char *path, struct arena *arena, const struct calendar **ret, struct err *err) WARN_UNUSED;
/* The day's entry, or NULL outside the years covered. */
const struct calendar_day *calendar_find(const struct calendar *calendar, int32_t day);
bool calendar_is_working(const struct calendar_day *entry);

#endif
