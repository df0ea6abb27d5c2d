/* Why a clock ends when it ends, day by day: what the interface shows beside a deadline and what a court may ask for.
 * Works on the same plan as clock_compute and says of each day what it was on either reading. */
#include "law/clock.h"
#include "law/clock_plan.h"

#include <stdlib.h>

#define DAYS_MAX 800

struct telling {
    const struct calendar *calendar;
    const struct clock_rule *rule;
    const struct clock_plan *plan;
    bool backwards;
};

static const char *day_off_why(const struct calendar_day *entry)
{
    switch ((enum day_kind)entry->kind) {
    case DAY_HOLIDAY:
        return "holiday";
    case DAY_CARRIED:
        return "carried";
    case DAY_OFF_MOVED:
        return "moved_off";
    case DAY_WEEKEND:
    case DAY_WORKING:
    case DAY_WORKED_MOVED:
        break;
    }
    return "weekend";
}

/* Which unit counts the day on this reading: the period's own, or the extension's beyond the period's end. */
static enum clock_unit unit_of(const struct telling *telling, const struct clock_reading *reading, int32_t day)
{
    bool beyond = !telling->backwards && reading->own != reading->strict && day > reading->own;
    return beyond ? telling->rule->extend.unit : telling->rule->unit;
}

static bool day_counts(const struct telling *telling, const struct clock_reading *reading, int32_t day, bool working)
{
    int32_t low = telling->backwards ? reading->strict : reading->first;
    int32_t high = telling->backwards ? reading->first : reading->strict;
    return day >= low && day <= high && (working || unit_of(telling, reading, day) != UNIT_WORKING_DAY);
}

static const char *counted_why(const struct telling *telling, const struct calendar_day *entry, int32_t day)
{
    bool in_working_days = unit_of(telling, &telling->plan->overdue, day) == UNIT_WORKING_DAY;
    return in_working_days && entry->kind == DAY_WORKED_MOVED ? "worked_moved" : "counted";
}

static const char *day_why(const struct telling *telling, const struct clock_day *told,
                           const struct calendar_day *entry)
{
    const struct clock_plan *plan = telling->plan;
    int32_t day = told->day;
    bool working = calendar_is_working(entry), counted = told->counted_due || told->counted_overdue;
    if (telling->rule->unit != UNIT_FIXED_DATE && telling->rule->unit != UNIT_NAMED_DAY && day == plan->event_day) {
        if (told->counted_due)
            return "first_by_reading";
        /* A reading that would count it cannot: it is a day off. */
        return plan->due.first == day ? day_off_why(entry) : "event_day";
    }
    if (plan->overdue.last != plan->overdue.strict && day == plan->overdue.last)
        return "rolled_forward";
    if (plan->due.last != plan->due.strict && day == plan->due.last)
        return telling->backwards ? "moved_earlier" : "rolled_forward";
    if (day == plan->due.strict || day == plan->overdue.strict)
        return working ? "last" : "last_is_day_off";
    return counted ? counted_why(telling, entry, day) : day_off_why(entry);
}

static void day_tell(const struct telling *telling, int32_t day, struct clock_day *ret)
{
    const struct calendar_day *entry = calendar_find(telling->calendar, day);
    bool working = calendar_is_working(entry);
    *ret = (struct clock_day){.day = day, .expected = entry->expected};
    ret->counted_due = day_counts(telling, &telling->plan->due, day, working);
    ret->counted_overdue = day_counts(telling, &telling->plan->overdue, day, working);
    ret->why = day_why(telling, ret, entry);
    if (entry->kind == DAY_HOLIDAY || entry->kind == DAY_CARRIED)
        ret->holiday = &telling->calendar->holidays[entry->holiday];
}

static int year_of(int32_t day)
{
    return date_from_day(day).year;
}

int clock_explain(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec, int times,
                  struct arena *arena, struct clock_explanation *ret, struct err *err)
{
    struct clock_plan plan;
    int r = clock_plan_make(calendar, rule, event_usec, times, &plan, err);
    if (r < 0)
        return r;
    struct clock_explanation told = {.moments = plan.moments, .rule = rule};
    if (!plan.in_days) {
        /* Of these only a notice looks at the calendar: it may have moved off a day off. */
        if (rule->direction == CLOCK_BEFORE && rule->unit != UNIT_AT_ONCE)
            told.undecided = year_of(zone_day_of(&calendar->zone, plan.moments.overdue_usec)) > calendar->decided_until;
        *ret = told;
        return 0;
    }
    struct telling telling = {calendar, rule, &plan, rule->direction == CLOCK_BEFORE};
    int32_t from = rule->unit == UNIT_FIXED_DATE ? plan.due.own : plan.event_day;
    int32_t to = telling.backwards ? plan.due.last : plan.overdue.last;
    int step = telling.backwards ? -1 : 1;
    size_t count = (size_t)abs(to - from) + 1;
    told.cut = count > DAYS_MAX;
    told.count = told.cut ? DAYS_MAX : count;
    told.undecided = year_of(from > to ? from : to) > calendar->decided_until;
    struct clock_day *days = ARENA_ARRAY(arena, struct clock_day, told.count);
    if (!days)
        return err_memory(err);
    for (size_t i = 0; i < told.count; i++)
        day_tell(&telling, from + step * (int32_t)i, &days[i]);
    told.days = days;
    *ret = told;
    return 0;
}
