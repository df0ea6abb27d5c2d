/* From a rule and an event to two moments.
 *
 * A period in days is worked out twice, once a reading, as plain day numbers (clock_plan.h): the strict last day by
 * arithmetic on the calendar's tables, then the move off a day off where the reading has one. Only at the end do days
 * become moments, so a change of the zone's offset inside a period cannot shorten or lengthen it. */
#include "law/clock.h"
#include "law/clock_plan.h"

#include <assert.h>
#include <string.h>

#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (3600 * USEC_PER_SEC)
/* 1900-01-01 and 2200-01-01: outside them an event is a mistake, and arithmetic below stays far from overflow. */
#define EVENT_FIRST_USEC (INT64_C(-2208988800) * USEC_PER_SEC)
#define EVENT_LAST_USEC (INT64_C(7258118400) * USEC_PER_SEC)
/* Units that may be added: beyond any period of the law. */
#define AMOUNT_MAX 1000000

static const char *const unit_words[] = {"minute", "hour",    "calendar_day", "working_day", "month",
                                         "year",   "at_once", "fixed_date",   "named_day"};
static const char *const counting_words[] = {"day_after", "day_of", "moment", "unstated"};

const char *clock_unit_word(enum clock_unit unit)
{
    return unit_words[unit];
}

const char *clock_counting_word(enum clock_counting counting)
{
    return counting_words[counting];
}

static int word_find(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return (int)i;
    }
    return -1;
}

int clock_unit_parse(const char *word)
{
    return word_find(unit_words, sizeof(unit_words) / sizeof(unit_words[0]), word);
}

int clock_counting_parse(const char *word)
{
    return word_find(counting_words, sizeof(counting_words) / sizeof(counting_words[0]), word);
}

static int refuse_day(int64_t day, struct err *err)
{
    int32_t within = day < INT32_MIN / 2 ? INT32_MIN / 2 : day > INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)day;
    return err_set(err, ERR_BAD_INPUT, "calendar_not_covered", "%d", date_from_day(within).year);
}

static bool is_covered(const struct calendar *calendar, int64_t day)
{
    return day >= calendar->first_day && day < (int64_t)calendar->first_day + calendar->day_count;
}

/* The n-th working day after `from` (n > 0), or the -n-th before it (n < 0). */
static int working_add(const struct calendar *calendar, int32_t from, int64_t n, int64_t *ret, struct err *err)
{
    int32_t at = from - calendar->first_day;
    int64_t index = n > 0 ? calendar->working_before[at + 1] + n - 1 : calendar->working_before[at] + n;
    if (index < 0)
        return refuse_day((int64_t)calendar->first_day - 1, err);
    if (index >= calendar->working_before[calendar->day_count])
        return refuse_day((int64_t)calendar->first_day + calendar->day_count, err);
    *ret = calendar->working_days[index];
    return 0;
}

static int month_days(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* The same date of another month; where that month is shorter, its last day. */
static int64_t month_add(int32_t from, int64_t months)
{
    struct date date = date_from_day(from);
    int64_t index = (int64_t)date.year * 12 + date.month - 1 + months;
    int64_t year = index >= 0 ? index / 12 : -((11 - index) / 12);
    struct date then = {(int)year, (int)(index - year * 12) + 1, date.day};
    int longest = month_days(then.year, then.month);
    if (then.day > longest)
        then.day = longest;
    return day_from_date(then);
}

/* `n` units on from a covered day; the result is covered too. */
static int day_add(const struct calendar *calendar, enum clock_unit unit, int32_t from, int64_t n, int32_t *ret,
                   struct err *err)
{
    int64_t day = from;
    int r = 0;
    switch (unit) {
    case UNIT_CALENDAR_DAY:
        day += n;
        break;
    case UNIT_WORKING_DAY:
        r = working_add(calendar, from, n, &day, err);
        break;
    case UNIT_MONTH:
        day = month_add(from, n);
        break;
    case UNIT_YEAR:
        day = month_add(from, n * 12);
        break;
    case UNIT_MINUTE:
    case UNIT_HOUR:
    case UNIT_AT_ONCE:
    case UNIT_FIXED_DATE:
    case UNIT_NAMED_DAY:
        assert(!"a unit of days");
    }
    if (r < 0)
        return r;
    if (!is_covered(calendar, day))
        return refuse_day(day, err);
    *ret = (int32_t)day;
    return 0;
}

static int roll_forward(const struct calendar *calendar, int32_t day, int32_t *ret, struct err *err)
{
    int32_t next = calendar->next_working[day - calendar->first_day];
    if (next < 0)
        return refuse_day((int64_t)calendar->first_day + calendar->day_count, err);
    *ret = next;
    return 0;
}

static int move_earlier(const struct calendar *calendar, int32_t day, int32_t *ret, struct err *err)
{
    int32_t seen = calendar->working_before[day - calendar->first_day + 1];
    if (seen == 0)
        return refuse_day((int64_t)calendar->first_day - 1, err);
    *ret = calendar->working_days[seen - 1];
    return 0;
}

static int64_t second_floor(int64_t usec)
{
    int64_t rest = usec % USEC_PER_SEC;
    return rest < 0 ? usec - rest - USEC_PER_SEC : usec - rest;
}

/* The same local time of another day. */
static int64_t moment_on_day(const struct zone *zone, int64_t usec, int32_t day)
{
    int64_t local_sec = second_floor(usec) / USEC_PER_SEC + zone_offset_at(zone, usec);
    int64_t own_day = zone_day_of(zone, usec);
    return zone_moment(zone, day, (int32_t)(local_sec - own_day * 86400));
}

/* Minutes and hours: the calendar matters only for a notice, which must not end on a day off. */
static int plan_moments(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec, int times,
                        struct clock_moments *moments, struct err *err)
{
    int64_t total_usec = rule->amount * (rule->unit == UNIT_HOUR ? USEC_PER_HOUR : USEC_PER_MINUTE);
    total_usec += (int64_t)rule->extend.amount * times *
                  (times == 0 ? 0 : (rule->extend.unit == UNIT_HOUR ? USEC_PER_HOUR : USEC_PER_MINUTE));
    if (rule->direction == CLOCK_AFTER) {
        int64_t end_usec = event_usec + total_usec;
        int64_t due_usec = second_floor(end_usec);
        if (rule->kind == CLOCK_AT_LEAST && due_usec < end_usec)
            due_usec += USEC_PER_SEC;
        moments->due_usec = due_usec;
        moments->overdue_usec = due_usec + USEC_PER_SEC;
        return 0;
    }
    int64_t strict_usec = second_floor(event_usec - total_usec);
    int32_t strict_day = zone_day_of(&calendar->zone, strict_usec), day = 0;
    if (!is_covered(calendar, strict_day))
        return refuse_day(strict_day, err);
    int r = move_earlier(calendar, strict_day, &day, err);
    if (r < 0)
        return r;
    moments->due_usec = day == strict_day ? strict_usec : moment_on_day(&calendar->zone, strict_usec, day);
    moments->overdue_usec = strict_usec + USEC_PER_SEC;
    return 0;
}

static int plan_fixed_date(const struct calendar *calendar, const struct clock_rule *rule, struct clock_plan *plan,
                           struct err *err)
{
    struct date date = {date_from_day(plan->event_day).year + rule->fixed_years, rule->fixed_month, rule->fixed_day};
    int longest = month_days(date.year, date.month);
    if (date.day > longest)
        date.day = longest;
    int32_t day = day_from_date(date);
    if (!is_covered(calendar, day))
        return refuse_day(day, err);
    plan->due = plan->overdue = (struct clock_reading){day, day, day, day};
    return 0;
}

/* Backwards the day of the event never counts: the n-th day before it is the last on which the act is in time. */
static int plan_before(const struct calendar *calendar, const struct clock_rule *rule, struct clock_plan *plan,
                       struct err *err)
{
    int32_t strict = 0;
    int r = day_add(calendar, rule->unit, plan->event_day, -(int64_t)rule->amount, &strict, err);
    if (r < 0)
        return r;
    plan->due = plan->overdue = (struct clock_reading){plan->event_day - 1, strict, strict, strict};
    return 0;
}

static int plan_after(const struct calendar *calendar, const struct clock_rule *rule, int times,
                      struct clock_plan *plan, struct err *err)
{
    bool same_unit = times == 0 || rule->extend.unit == rule->unit;
    int64_t extension = (int64_t)rule->extend.amount * times;
    int64_t amount = rule->amount + (same_unit ? extension : 0);
    bool event_day_may_count =
        rule->kind == CLOCK_AT_MOST && (rule->counting == COUNT_DAY_OF || rule->counting == COUNT_UNSTATED);
    struct clock_reading late = {.first = plan->event_day + 1}, early;
    int r = day_add(calendar, rule->unit, plan->event_day, amount, &late.own, err);
    if (r < 0)
        return r;
    early = late;
    if (event_day_may_count) {
        early.first = plan->event_day;
        /* A day off is no working day on any reading: from one, both readings begin with the next working day. */
        if (rule->unit != UNIT_WORKING_DAY)
            early.own = late.own - 1;
        else if (calendar_is_working(&calendar->days[plan->event_day - calendar->first_day]))
            early.own = calendar->working_days[calendar->working_before[late.own - calendar->first_day] - 1];
    }
    early.strict = early.own;
    late.strict = late.own;
    if (!same_unit) {
        r = day_add(calendar, rule->extend.unit, early.own, extension, &early.strict, err);
        if (r == 0)
            r = day_add(calendar, rule->extend.unit, late.own, extension, &late.strict, err);
        if (r < 0)
            return r;
    }
    plan->due = early;
    plan->overdue = late;
    return 0;
}

/* Where each reading's strict last day goes when it is a day off. */
static int plan_move(const struct calendar *calendar, const struct clock_rule *rule, struct clock_plan *plan,
                     struct err *err)
{
    plan->due.last = plan->due.strict;
    plan->overdue.last = plan->overdue.strict;
    if (rule->direction == CLOCK_BEFORE)
        return move_earlier(calendar, plan->due.strict, &plan->due.last, err);
    int r = roll_forward(calendar, plan->overdue.strict, &plan->overdue.last, err);
    if (r == 0 && rule->kind == CLOCK_AT_LEAST)
        r = roll_forward(calendar, plan->due.strict, &plan->due.last, err);
    return r;
}

static bool is_moment_unit(enum clock_unit unit)
{
    return unit == UNIT_MINUTE || unit == UNIT_HOUR;
}

int clock_plan_make(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec, int times,
                    struct clock_plan *ret, struct err *err)
{
    assert(rule->amount <= AMOUNT_MAX);
    assert(rule->amount >= 1 || rule->unit == UNIT_AT_ONCE || rule->unit == UNIT_FIXED_DATE ||
           rule->unit == UNIT_NAMED_DAY);
    if (times < 0 || times > rule->extend.times)
        return err_set(err, ERR_BAD_INPUT, "clock_no_extension", "%d", rule->extend.times);
    if (event_usec < EVENT_FIRST_USEC || event_usec >= EVENT_LAST_USEC)
        return refuse_day(zone_day_of(&calendar->zone, event_usec), err);
    /* The catalogue refuses such rules, so one here is a fault of the program. */
    assert(times == 0 || (rule->direction == CLOCK_AFTER && rule->unit != UNIT_AT_ONCE && rule->extend.amount > 0 &&
                          rule->extend.amount <= AMOUNT_MAX / rule->extend.times &&
                          is_moment_unit(rule->unit) == is_moment_unit(rule->extend.unit)));
    struct clock_plan plan = {.moments = {event_usec, event_usec, event_usec}};
    int r = 0;
    if (rule->unit == UNIT_AT_ONCE || is_moment_unit(rule->unit)) {
        if (rule->unit != UNIT_AT_ONCE)
            r = plan_moments(calendar, rule, event_usec, times, &plan.moments, err);
        if (r == 0)
            *ret = plan;
        return r;
    }
    plan.in_days = true;
    plan.event_day = zone_day_of(&calendar->zone, event_usec);
    if (!is_covered(calendar, plan.event_day))
        return refuse_day(plan.event_day, err);
    if (rule->unit == UNIT_FIXED_DATE)
        r = plan_fixed_date(calendar, rule, &plan, err);
    else if (rule->unit == UNIT_NAMED_DAY)
        plan.due = plan.overdue =
            (struct clock_reading){plan.event_day, plan.event_day, plan.event_day, plan.event_day};
    else if (rule->direction == CLOCK_BEFORE)
        r = plan_before(calendar, rule, &plan, err);
    else
        r = plan_after(calendar, rule, times, &plan, err);
    if (r == 0 && rule->unit == UNIT_FIXED_DATE && times > 0) {
        r = day_add(calendar, rule->extend.unit, plan.due.own, (int64_t)rule->extend.amount * times, &plan.due.strict,
                    err);
        plan.overdue.strict = plan.due.strict;
    }
    if (r == 0)
        r = plan_move(calendar, rule, &plan, err);
    if (r < 0)
        return r;
    bool timed = rule->counting == COUNT_MOMENT && rule->kind == CLOCK_AT_MOST && rule->unit != UNIT_FIXED_DATE;
    plan.moments.due_usec = timed ? moment_on_day(&calendar->zone, event_usec, plan.due.last)
                                  : zone_moment(&calendar->zone, plan.due.last, 86399);
    plan.moments.overdue_usec = zone_moment(&calendar->zone, plan.overdue.last + 1, 0);
    *ret = plan;
    return 0;
}

int clock_compute_extended(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec,
                           int times, struct clock_moments *ret, struct err *err)
{
    struct clock_plan plan;
    int r = clock_plan_make(calendar, rule, event_usec, times, &plan, err);
    if (r == 0)
        *ret = plan.moments;
    return r;
}

int clock_compute(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec,
                  struct clock_moments *ret, struct err *err)
{
    return clock_compute_extended(calendar, rule, event_usec, 0, ret, err);
}
