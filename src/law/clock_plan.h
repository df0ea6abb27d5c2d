/* The days of a period on both readings: what clock_compute turns into moments and clock_explain into reasons, so that
 * the two can never disagree. Private to the room. */
#ifndef TALAP_LAW_CLOCK_PLAN_H
#define TALAP_LAW_CLOCK_PLAN_H

#include "law/clock.h"

/* One reading of a period in days. `before` runs backwards: first is then the latest day, last the earliest. */
struct clock_reading {
    int32_t first;  /* the first day that may count */
    int32_t own;    /* where the period itself ends; beyond it an extension in another unit counts on */
    int32_t strict; /* the last day, extensions included, before it moves off a day off */
    int32_t last;   /* the day at whose end the period ends */
};

struct clock_plan {
    bool in_days;      /* false: moments holds everything, there are no days */
    int32_t event_day; /* local */
    struct clock_reading due, overdue;
    struct clock_moments moments;
};

int clock_plan_make(const struct calendar *calendar, const struct clock_rule *rule, int64_t event_usec, int times,
                    struct clock_plan *ret, struct err *err) WARN_UNUSED;

#endif
