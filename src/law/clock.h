/* Periods of the law turned into moments, and why.
 *
 * Every clock gives two moments. *due*: the last moment that is safe on every reading of the norm. *overdue*: the
 * moment from which the period is missed on every reading. See "How time is counted" in docs/time.md:
 *   - day_after: the day of the event is not counted. day_of and unstated: due counts the day of the event as the
 *     first, overdue counts from the day after. moment: to the minute, days off included.
 *   - a period in calendar days (months, years) whose last day is a day off: due on the strict date, overdue after
 *     the next working day. Periods in working days end on a working day by themselves.
 *   - a day period ends at 23:59:59 local time of its last day; overdue is 00:00:00 of the day after its last day.
 *   - at_least: the day of the event is never counted, full days, and the end rolls forward off a day off.
 *   - before: counted backwards from the event; on a day off it moves earlier.
 *   - at_once: due and overdue are the event's own moment.
 * Pure: no clock, no I/O, no memory unless an arena is given. */
#ifndef TALAP_LAW_CLOCK_H
#define TALAP_LAW_CLOCK_H

#include "law/calendar.h"

enum clock_unit {
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_CALENDAR_DAY,
    UNIT_WORKING_DAY,
    UNIT_MONTH,
    UNIT_YEAR,
    UNIT_AT_ONCE,
    UNIT_FIXED_DATE
};
enum clock_counting { COUNT_DAY_AFTER, COUNT_DAY_OF, COUNT_MOMENT, COUNT_UNSTATED };
enum clock_kind { CLOCK_AT_MOST, CLOCK_AT_LEAST };
enum clock_direction { CLOCK_AFTER, CLOCK_BEFORE };

struct clock_rule {
    enum clock_unit unit;
    int amount;
    enum clock_counting counting;
    enum clock_kind kind;
    enum clock_direction direction;
    int fixed_month, fixed_day, fixed_years; /* UNIT_FIXED_DATE: a date of the event's year + fixed_years */
    struct {
        int amount;
        enum clock_unit unit;
        int times; /* 0: no extension */
    } extend;
    struct text3 starts; /* which event starts it; texts may be NULL */
};

struct clock_moments {
    int64_t starts_usec;  /* the event */
    int64_t due_usec;     /* inclusive: an act at this very second is in time */
    int64_t overdue_usec; /* exclusive end on the most generous reading: from this moment it is missed */
};

/* Computes both moments. Fails with ERR_BAD_INPUT "calendar_not_covered" (arg: the year) when the calendar does not
 * cover the period: unknown is not yes. No allocation; about a hundred nanoseconds. */
int clock_compute(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec,
                  struct clock_moments *ret, struct err *err) WARN_UNUSED;
/* The same with `times` extensions granted (0 … rule->extend.times); more is ERR_BAD_INPUT "clock_no_extension". The
 * extension's amount is added to the period's own (units may differ: it then counts on from the strict end). */
int clock_compute_extended(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec,
                           int times, struct clock_moments *ret, struct err *err) WARN_UNUSED;

/* Why a day is counted or not, for `due` and for `overdue` separately. `why` is a code with a locale text
 * clock.why.<code>: event_day, first_by_reading, counted, weekend, holiday, carried, moved_off, worked_moved,
 * last, last_is_day_off, rolled_forward, moved_earlier. */
struct clock_day {
    int32_t day;
    bool counted_due, counted_overdue; /* was it one of the period's days on this reading */
    const char *why;
    const struct holiday *holiday; /* or NULL */
    bool expected;
};
struct clock_explanation {
    struct clock_moments moments;
    const struct clock_rule *rule;
    size_t count;
    const struct clock_day *days; /* from the event's day to the last day of overdue (or back, for `before`); empty for
                                     minutes, hours and at_once; at most 800, `cut` set beyond */
    bool cut;
    bool undecided; /* touches a year for which the Government has not decided on moved days yet */
};
int clock_explain(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec, int times,
                  struct arena *arena, struct clock_explanation *ret, struct err *err) WARN_UNUSED;

/* "calendar_day" …, for YAML, JSON and locale keys; -1 where the word is unknown. */
const char *clock_unit_word(enum clock_unit unit);
int clock_unit_parse(const char *word);
const char *clock_counting_word(enum clock_counting counting);
int clock_counting_parse(const char *word);

#endif
