/* What acts of cases do with figures of users (cases/effects.h): the office's table of this room.
 *
 *   answer_with_figures   of a case whose form asks for users per day (`kind` = users_per_day) over a period
 *                         (`period_from`, `period_until`): gives the act's table `figures`, a row for each day, of the
 *                         day, the users and the number of the event that closed or last corrected the day, by which
 *                         it is proved. A day for which nothing came has no number of users. Barred, ERR_CONFLICT:
 *                         figures_not_asked (the case asks for something else, or for no period), period_reversed,
 *                         period_too_long (over ANSWER_DAYS_MAX days), days_not_closed (arg: the first such day),
 *                         days_not_counted (arg: the first day that was counted; the period begins before it) */
#ifndef TALAP_AUDIENCE_EFFECTS_H
#define TALAP_AUDIENCE_EFFECTS_H

#include "cases/effects.h"

#define ANSWER_DAYS_MAX 400

extern const struct case_effects audience_effects;

#endif
