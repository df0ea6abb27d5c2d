/* A platform that keeps data of people, for the tests of the vault, of destruction and of depersonalisation. */
#ifndef TALAP_TESTS_PERSONS_VAULT_WORLD_H
#define TALAP_TESTS_PERSONS_VAULT_WORLD_H

#include "cases/record.h"
#include "fixture.h"
#include "persons/consents.h"
#include "persons/destruction.h"
#include "persons/vault.h"
#include "unit.h"
#include <stdio.h>
#include <string.h>

#define DAY_USEC USEC_PER_DAY
#define TITLE "\"title\":{\"kk\":\"а\",\"ru\":\"б\",\"en\":\"c\"}"

struct people {
    struct fixture f;
    struct arena arena;
    struct field_errors errors;
    struct err err;
    int64_t now;
};

/* One command: `run` gets whatever `arg` is. */
struct one {
    struct people *p;
    int (*run)(struct people *p, struct tx *tx, void *arg, struct err *err);
    void *arg;
};
static inline int one_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct one *one = command->arg;

    return one->run(one->p, tx, one->arg, err);
}
static inline int people_write(struct people *p, int (*run)(struct people *, struct tx *, void *, struct err *),
                               void *arg)
{
    struct one one = {p, run, arg};

    err_clear(&p->err);
    field_errors_init(&p->errors, &p->arena);
    return store_write(p->f.store, one_run, &one, &p->err);
}
#define assert_ok(p, call)                                                        \
    do {                                                                          \
        if ((call) < 0)                                                           \
            fail_msg("%s %s %s %s", (p)->err.code, (p)->err.arg, (p)->err.detail, \
                     (p)->errors.count > 0 ? (p)->errors.items[0].code : "");     \
    } while (0)
#define assert_refused(p, call, want_kind, want_code)    \
    do {                                                 \
        assert_int_equal((call), -(want_kind));          \
        assert_string_equal((p)->err.code, (want_code)); \
    } while (0)

struct entry {
    const char *id, *json;
};
static inline int entry_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    const struct entry *entry = arg;
    int64_t version;

    return kept_set(tx, &p->f.office, KEPT_PURPOSE, entry->id, entry->json, 0, &p->f.admin, p->now, &version, err);
}
static inline void people_purpose(struct people *p, const char *id, const char *json)
{
    struct entry entry = {id, json};

    assert_ok(p, people_write(p, entry_run, &entry));
}

struct wanted {
    struct person_names names;
    struct person person; /* found or made; its texts are in people.arena */
};
static inline int ensure_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct wanted *wanted = arg;

    return person_ensure(tx, &p->f.office, &wanted->names, &p->f.admin, p->now, &p->arena, &wanted->person, err);
}
static inline struct person people_person(struct people *p, struct person_names names)
{
    struct wanted wanted = {.names = names};

    assert_ok(p, people_write(p, ensure_run, &wanted));
    return wanted.person;
}
/* As they stand now. */
static inline struct person people_again(struct people *p, const struct person *person)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct person again;

    err_clear(&p->err);
    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, person_by_serial(tx, person->serial, &p->arena, &again, &p->err));
    return again;
}

struct consenting {
    struct consent_given given;
    int64_t leaf;
    char subject_id[ID_TEXT];
};
static inline int consent_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct consenting *consenting = arg;
    const struct consent_prepared *prepared;
    struct organisation organisation;
    struct kept *kept = NULL;
    int r = kept_load(tx, &p->f.office, &kept, err);

    if (r == 0)
        r = organisation_get(tx, &p->arena, &organisation, err);
    if (r == 0)
        r = consent_prepare(&p->f.office, kept, &organisation, &consenting->given, p->now, &p->arena, &prepared,
                            &p->errors, err);
    if (r == 0)
        r = consent_give(tx, &p->f.office, prepared, &p->f.admin, p->now, &consenting->leaf, consenting->subject_id,
                         err);
    kept_unref(kept);
    return r;
}
static inline int64_t people_consent(struct people *p, struct person_names names, const char *purpose,
                                     const char *const *categories, size_t count)
{
    struct consenting consenting = {.given = {.person = names,
                                              .operator_name = "Дүкен",
                                              .operator_bin = "180440035100",
                                              .purpose = purpose,
                                              .category_count = count,
                                              .categories = categories,
                                              .from_usec = TIME_NONE,
                                              .until_usec = TIME_NONE,
                                              .text = "Келісемін.",
                                              .text_lang = "kk",
                                              .text_version = "1",
                                              .way = "electronic",
                                              .given_usec = TIME_NONE}};

    assert_ok(p, people_write(p, consent_run, &consenting));
    return consenting.leaf;
}

struct putting {
    const struct person *person;
    const struct value_given *values;
    size_t count;
};
static inline int put_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    struct putting *putting = arg;
    struct person person;
    struct kept *kept = NULL;
    int r = kept_load(tx, &p->f.office, &kept, err);

    if (r == 0)
        r = person_by_serial(tx, putting->person->serial, &p->arena, &person, err);
    if (r == 0)
        r = vault_put(tx, &p->f.office, kept, &person, putting->values, putting->count, &p->f.admin, p->now, &p->errors,
                      err);
    kept_unref(kept);
    return r;
}
static inline int people_put(struct people *p, const struct person *person, const char *category, const char *purpose,
                             const char *value)
{
    struct value_given given = {
        .category = category, .purpose = purpose, .value = value, .source = "өтініш", .collected_usec = TIME_NONE};
    struct putting putting = {person, &given, 1};

    return people_write(p, put_run, &putting);
}

/* The value held, or NULL. */
static inline const char *people_held(struct people *p, const struct person *person, const char *category,
                                      struct held_value *ret)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct person again = people_again(p, person);
    struct held_value *values;
    struct kept *kept = NULL;
    const char *found = NULL;
    size_t count;

    err_clear(&p->err);
    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, kept_load(tx, &p->f.office, &kept, &p->err));
    assert_ok(p, vault_list(tx, &p->f.office, &again, &p->arena, &values, &count, &p->err));
    for (size_t i = 0; i < count; i++)
        if (values[i].category == kept_category_number(kept, category)) {
            found = values[i].value;
            if (ret != NULL)
                *ret = values[i];
        }
    kept_unref(kept);
    return found;
}

/* How many events of a kind there are about the person. */
static inline size_t people_events(struct people *p, const struct person *person, const char *kind)
{
    const char *const kinds[] = {kind, NULL};
    struct tx *tx CLEANUP_READ = NULL;
    struct person_deed *deeds;
    size_t count;

    err_clear(&p->err);
    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, person_history(tx, person->serial, kinds, 0, 1000, &p->arena, &deeds, &count, &p->err));
    person_history_done(deeds, count);
    return count;
}

#define DELIVERY                                                                                               \
    "{\"basis\":\"consent\",\"categories\":[\"name\",\"address\",\"phone\",\"income\"],\"norm\":\"шарт\"," \
    "\"retention\":{\"after\":\"collected\",\"amount\":2,\"unit\":\"month\"}," TITLE "}"
#define LOYALTY                                                                                        \
    "{\"basis\":\"consent\",\"categories\":[\"name\",\"email\",\"birth_date\"],\"norm\":\"шарт\"," \
    "\"retention\":{\"after\":\"ended\",\"amount\":1,\"unit\":\"year\"}," TITLE "}"
static const char *const delivery_categories[] = {"name", "address", "phone", "income"};
static const char *const loyalty_categories[] = {"name", "email", "birth_date"};

static inline void people_start(struct people *p)
{
    *p = (struct people){0};
    fixture_start(&p->f);
    arena_init(&p->arena, 64u << 20);
    field_errors_init(&p->errors, &p->arena);
    p->now = fixture_moment(&p->f, "2026-04-06T10:00:00+05:00");
    people_purpose(p, "delivery", DELIVERY);
    people_purpose(p, "loyalty", LOYALTY);
}
static inline void people_end(struct people *p)
{
    arena_done(&p->arena);
    fixture_end(&p->f);
}

#endif
