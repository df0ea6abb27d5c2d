/* The demo while it is being filled: who works there, what is to happen when. Complaints (demo_complaints.c), the
 * stories of every other procedure (demo_story.c), people with their consents (demo_people.c), advertisements
 * (demo_ads.c) and users in figures (demo_audience.c) plan their steps here; demo.c lives through all of them in one
 * order of time. Private to the demo. */
#ifndef TALAP_CLI_DEMO_LIFE_H
#define TALAP_CLI_DEMO_LIFE_H

#include "cli/demo.h"
#include "cli/demo_data.h"
#include "persons/people.h"
#include <jansson.h>

#define DEMO_DAYS 800 /* how long ago the example was founded */
#define DEMO_STEPS_MAX 16384
#define DEMO_HOUR (3600 * USEC_PER_SEC)

struct demo;
struct demo_adverts; /* of demo_ads.c */
struct counter;
struct demo_step {
    int64_t at_usec;
    size_t order; /* of planning: what comes first at the same moment */
    int (*live)(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err);
    const void *what;   /* of the planner */
    int kind;           /* of the planner */
    size_t opens, acts; /* how many cases and acts it counts for */
    bool alarms;        /* the job loop looks right after it */
    bool alone;         /* writes by itself: lived with tx NULL, in no command */
};

struct demo {
    const struct office *office;
    struct demo_data data;
    struct demo_report report;
    int64_t now_usec;
    uint64_t random;
    struct arena arena; /* of the whole */
    struct arena each;  /* of one step */
    struct actor actors[DEMO_ACCOUNTS_MAX];
    size_t moderators[DEMO_ACCOUNTS_MAX], moderator_count, registrar;
    char hashes[DEMO_ACCOUNTS_MAX][128];
    size_t step_count, next_step, steps_until;
    bool too_many_steps;
    json_t *processing; /* demo/processing.json */
    struct demo_adverts *adverts;
    struct counter *counter; /* of users, once somebody came */
    struct demo_step steps[DEMO_STEPS_MAX];
};

/* The same numbers every time. */
uint64_t demo_draw(struct demo *demo);
int64_t demo_between(struct demo *demo, int64_t from, int64_t until);
bool demo_chance(struct demo *demo, int percent);
/* What lies beyond now has not happened, what lies before the founding neither: false, and nothing is planned. */
bool demo_plan(struct demo *demo, const struct demo_step *step);
/* One value of a form. */
struct raw_value demo_said(const char *name, const char *const *texts);
/* Who answers for personal data, or else whoever comes first. */
const struct actor *demo_responsible(const struct demo *demo);
/* A consent as the example's forms have it; who is not known yet becomes a person. */
struct demo_giving {
    struct person_names names;
    const char *purpose;
    enum lang lang;
    int64_t until_usec; /* TIME_NONE: until achieved */
};
int demo_give(struct demo *demo, struct tx *tx, const struct demo_giving *giving, int64_t at_usec, int64_t *ret_leaf,
              int64_t *ret_serial, struct err *err) WARN_UNUSED;
/* Opens and acts with the field at fault in the error's detail. */
int demo_open(struct demo *demo, struct tx *tx, const struct case_opening *opening, const struct actor *actor,
              int64_t at_usec, struct case_opened *ret, struct err *err) WARN_UNUSED;
int demo_act(struct demo *demo, struct tx *tx, const struct case_acting *acting, const struct actor *actor,
             int64_t at_usec, int64_t *ret_leaf, struct err *err) WARN_UNUSED;

int demo_complaints_plan(struct demo *demo, struct err *err) WARN_UNUSED;
int demo_stories_plan(struct demo *demo, const char *dir, struct err *err) WARN_UNUSED;
int demo_people_plan(struct demo *demo, const char *dir, struct err *err) WARN_UNUSED;
int demo_ads_plan(struct demo *demo, const char *dir, struct err *err) WARN_UNUSED;
void demo_ads_free(struct demo_adverts *adverts); /* NULL-safe */
int demo_audience_plan(struct demo *demo, struct err *err) WARN_UNUSED;

#endif
