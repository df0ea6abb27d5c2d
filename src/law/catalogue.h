/* The whole law as loaded from law/: acts, norms, calendar, procedures, lists. Read once, checked as a whole, shared
 * by every thread, never changed. A new calendar or norm means a restart, after which open clocks are recomputed. */
#ifndef TALAP_LAW_CATALOGUE_H
#define TALAP_LAW_CATALOGUE_H

#include "law/advertising.h"
#include "law/calendar.h"
#include "law/clock.h"
#include "law/procedure.h"
#include "law/processing.h"
#include "law/register.h"
#include "law/report_form.h"

struct act_of_law {
    const char *id;
    struct text3 cited, title;
    bool points;                                  /* its ids count points, as rules have them, not articles */
    int32_t adopted_day, published_day, from_day; /* INT32_MIN where unknown */
};

struct norm {
    const char *id; /* opl.11.3, pdl.25.2.8#breach */
    const char *file;
    int line;
    int32_t from_day, until_day;      /* until exclusive; INT32_MAX while in force */
    struct text3 title, note, policy; /* note and policy texts may be NULL */
    size_t who_count;
    const char *const *who;
    bool has_clock;
    struct clock_rule clock;
    int limit_times;         /* 0: none */
    const char *limit_per;   /* "quarter", "year" */
    const char *limit_scope; /* "subject" */
};

/* An entry of a plain list: roles, categories, grounds, measures, service_kinds, countries. */
struct list_entry {
    const char *id;
    struct text3 title;
    const char *norm;             /* or NULL */
    bool requires_call;           /* categories */
    enum state_protects protects; /* countries */
    size_t who_count;             /* grounds: the roles that may use it */
    const char *const *who;
    bool biometric; /* grounds: reaches biometric data too, since a law names them */
};
struct list {
    const char *name;
    size_t count;
    const struct list_entry *entries;
};

/* A region of the country (law/regions.yaml): where advertisements are shown. */
#define REGION_NUMBER_MAX 255
struct region {
    const char *id;   /* ISO 3166-2: "KZ-75" */
    const char *kato; /* nine digits of the national classifier, or NULL */
    int number;       /* 1…REGION_NUMBER_MAX: what counts are kept under, for good */
    struct text3 title;
};

struct catalogue {
    struct arena arena; /* owns everything below */
    const struct calendar *calendar;
    size_t act_count;
    const struct act_of_law *acts;
    size_t norm_count;
    const struct norm *norms; /* sorted by id, then from_day */
    size_t procedure_count;
    const struct procedure *procedures;
    size_t register_count;
    const struct law_register *registers;
    size_t report_count;
    const struct report_form *reports;
    size_t list_count;
    const struct list *lists;
    size_t data_category_count;
    const struct data_category *data_categories; /* in the order of the file: a category's place is its number */
    size_t action_count;
    const struct data_action *actions;
    size_t region_count;
    const struct region *regions;          /* in the order of the file */
    const struct advertising *advertising; /* law/advertising.yaml; NULL: none */
    struct hash hash;                      /* over every file's path and bytes, in order of path */
};

/* Loads and checks `dir`. Refused at load, with file:line: an unknown key, a text missing in one language, a norm twice
 * for one day, `who` not in roles, a norm of an unknown act, an act from an unknown state, a clock on an unknown norm
 * or one without a clock, an unreachable state, a `stopped_by` that is no act, a choice without options. On success the
 * caller frees with catalogue_free. */
int catalogue_load(const char *dir, struct catalogue **ret, struct err *err) WARN_UNUSED;
void catalogue_free(struct catalogue *catalogue); /* NULL-safe */

/* The version of the norm in force at the moment (chosen by the date of the event), or NULL. */
const struct norm *catalogue_norm_at(const struct catalogue *catalogue, const char *id, int64_t event_usec);
/* The latest version whatever its dates, or NULL: for titles. */
const struct norm *catalogue_norm_last(const struct catalogue *catalogue, const char *id);
const struct procedure *catalogue_procedure(const struct catalogue *catalogue, const char *id);
const struct law_register *catalogue_register(const struct catalogue *catalogue, const char *id);
const struct report_form *catalogue_report(const struct catalogue *catalogue, const char *id);
const struct list *catalogue_list(const struct catalogue *catalogue, const char *name);
const struct list_entry *list_find(const struct list *list, const char *id);
/* By number; NULL: none. */
const struct region *catalogue_region(const struct catalogue *catalogue, int number);
const struct act_of_law *catalogue_act(const struct catalogue *catalogue, const char *id);

#endif
