/* Periods of the law turned into moments, and why.
 *
 * Every clock gives two moments. *due*: the last moment that is safe on every reading of the norm. *overdue*: the
 * moment from which the period is missed on every reading. See "How time is counted" in docs/time.md. Moments are
 * compared in whole seconds: due is inclusive, so the whole of its second is in time (at < due + 1 s); overdue is
 * exclusive, and is never less than due + 1 s save for at_once. With E the local day of the event and n the amount:
 *
 *   minute, hour      due E's moment + n to the second (a fraction is dropped, for at_least raised), days off included;
 *                     overdue one second later.
 *   calendar_day      day_after: the n-th day after E; day_of and unstated: due counts E as the first day, so it is a
 *   month, year       day earlier, overdue counts from the day after. A month or year ends on E's date of the last
 * month, or on that month's last day where it has no such date (31 January + 1 month: 28 or 29 February). A last day
 * that is a day off: due stays on it, overdue moves to the next working day. working_day       the n-th working day
 * after E; day_of and unstated: due counts E as the first if E is a working day (a day off is none on any reading, so
 * then both are the same). Such a period ends on a working day by itself. fixed_date        the month and day of E's
 * year + fixed_years (29 February falls on the 28th), whatever the counting. at_once           due and overdue are the
 * event's own moment. named_day: the event's own day, which an act of the case names, is the last.
 *
 *   A period in days is due at 23:59:59 local time of its last day and overdue at 00:00:00 of the day after its last
 *   day. Counted from a moment, it is due at the event's own local time on the day that day_after gives, and overdue as
 *   day_after is.
 *   at_least: a minimum. E is never counted, whatever the counting; full days; the end rolls forward off a day off on
 *   both readings: before overdue_usec the minimum has not passed.
 *   before: counted backwards from the event, E not counted, whatever counting and kind: the act is in time until the
 *   end of the n-th (working) day before E, or n hours before the event. Where that is a day off, due moves to the
 *   working day before it (hours keep their local time of day); overdue stays behind the strict day.
 *   An extension in the period's own unit lengthens n; in another unit it counts on from each reading's last day before
 *   that moves. Hours are extended by hours or minutes only, days by units of days, a notice before an event never.
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
    UNIT_FIXED_DATE,
    UNIT_NAMED_DAY /* the day that an act of the case names: the law leaves the length to it */
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
    int64_t due_usec;     /* inclusive: an act within this very second is in time */
    int64_t overdue_usec; /* exclusive end on the most generous reading: from this moment it is missed */
};

/* Computes both moments. Fails with ERR_BAD_INPUT "calendar_not_covered" (arg: the year) when the calendar does not
 * cover the period from the event to its last day: unknown is not yes. Minutes, hours and at_once after an event need
 * no calendar; for them any event between 1900 and 2199 will do. No allocation; under a hundred nanoseconds. */
int clock_compute(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec,
                  struct clock_moments *ret, struct err *err) WARN_UNUSED;
/* The same with `times` extensions granted (0 … rule->extend.times); more is ERR_BAD_INPUT "clock_no_extension". The
 * extension's amount is added to the period's own. */
int clock_compute_extended(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec,
                           int times, struct clock_moments *ret, struct err *err) WARN_UNUSED;

/* Why a day is counted or not, for `due` and for `overdue` separately. `why` is a code with a locale text
 * clock.why.<code>:
 *   event_day         E, on no reading counted; first_by_reading: E, counted as the first day by due alone
 *   counted, worked_moved (in working days: a day off worked by decision), or not counted for being weekend, holiday,
 *   carried, moved_off
 *   last              the last day of either reading; last_is_day_off: the same, and a day off (not in working days)
 *   rolled_forward    the working day to which the end moved; moved_earlier: the same for a notice before an event */
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
    const struct clock_day *days; /* from the event's day to the last day of overdue, or back to that of due for
                                     `before`; for a fixed date from that date on; empty for minutes, hours and at_once;
                                     at most 800, `cut` set beyond */
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
