/* A script under way: what the steps (run.c) and the expectations (expect.c) share. */
#ifndef TALAP_TESTS_RUN_H
#define TALAP_TESTS_RUN_H

#include "base/yaml.h"
#include "fixture.h"
#include "persons/people.h"
#include <setjmp.h>

#define CASES_MAX 40
#define PEOPLE_MAX 16
#define SUBJECTS_MAX 16
#define CONSENTS_MAX 16
#define VALUES_MAX 40
#define ADVERTS_MAX 16

struct named_case {
    const char *name;
    const char *procedure;
    struct case_opened opened;
};

struct worker {
    const char *name;
    struct actor actor;
};

/* Somebody whose data are processed. */
struct named_person {
    const char *name;
    struct person_names names;
    char subject_id[ID_TEXT];
};

struct named_consent {
    const char *name;
    char number[24];
};

struct named_advert {
    const char *name;
    char id[ID_TEXT];
    int64_t serial;
};

struct person_index;
struct counter;
struct advert_rules;
struct advert_ids;

struct run {
    struct fixture fixture;
    struct arena arena; /* of the script: lives until its end */
    int64_t now_usec;
    struct named_case cases[CASES_MAX];
    size_t case_count;
    struct worker people[PEOPLE_MAX];
    size_t person_count;
    struct named_person subjects[SUBJECTS_MAX];
    size_t subject_count;
    struct named_consent consents[CONSENTS_MAX];
    size_t consent_count;
    bool organisation_named;
    struct person_index *index; /* made by the first `decide` */
    struct counter *counter;    /* made by the first `visits` */
    const void *secret;         /* of the month that was counted last, as the file holds it; and a hash under it */
    size_t secret_len;
    uint64_t hash;
    struct advert_rules *advert_rules; /* made by the first step about advertisements, with the ids */
    struct advert_ids *advert_ids;
    struct named_advert adverts[ADVERTS_MAX];
    size_t advert_count;
    jmp_buf failed;
};

/* Says what is wrong and where in the script, and ends it. */
void fail(struct run *run, const struct yaml *at, const char *fmt, ...) __attribute__((format(printf, 3, 4), noreturn));
/* A member's text; NULL where it is missing and not required. */
const char *text_of(struct run *run, const struct yaml *node, const char *key, bool required);
int64_t moment_of(struct run *run, const struct yaml *node, const char *key);
/* The case that the member names; the script fails where there is none. */
const struct named_case *case_of(struct run *run, const struct yaml *node, const char *key);
/* NULL where no case is called so. */
const struct named_case *case_named(const struct run *run, const char *name);
/* Refuses members that are not in the list, ended by NULL. */
void only(struct run *run, const struct yaml *node, const char *const *known);
/* The person of member `key`, or `otherwise`. */
const struct actor *actor_of(struct run *run, const struct yaml *node, const char *key, const char *otherwise);

/* Calls the case of that number by a name. */
void name_by_number(struct run *run, const struct yaml *at, const char *name, const char *number);

/* people.c: the steps about people, and who and what a script calls by a name (NULL: nothing). */
void step_keep(struct run *run, const struct yaml *node);
void step_person(struct run *run, const struct yaml *node);
void step_consent(struct run *run, const struct yaml *node);
void step_transfer(struct run *run, const struct yaml *node);
void step_hold(struct run *run, const struct yaml *node);
void step_decide(struct run *run, const struct yaml *node);
void step_destruction(struct run *run, const struct yaml *at);
const struct named_person *person_named(const struct run *run, const char *name);
const struct named_person *person_of(struct run *run, const struct yaml *node, const char *key);
const struct named_consent *consent_named(const struct run *run, const char *name);

/* audience.c: users in figures. */
void step_visits(struct run *run, const struct yaml *node);
void step_correct(struct run *run, const struct yaml *node);
void audience_tick(struct run *run, const struct yaml *at);
void expect_users(struct run *run, const struct yaml *node);
void expect_forgotten(struct run *run, const struct yaml *node);

/* adverts.c: advertisements. */
void step_check_ad(struct run *run, const struct yaml *node);
void step_place(struct run *run, const struct yaml *node);
void step_change(struct run *run, const struct yaml *node);
void step_show(struct run *run, const struct yaml *node);
void adverts_tick(struct run *run, const struct yaml *at);
void adverts_end(struct run *run);
void verify_adverts(struct run *run, const struct yaml *at);
void expect_advert(struct run *run, const struct yaml *node);

/* The step `expect`: one mapping, or a list of them. */
void step_expect(struct run *run, const struct yaml *node);

#endif
