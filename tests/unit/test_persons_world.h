/* An office that keeps personal data, for the tests of persons/: an organisation with a name and a BIN, who is
 * responsible and a program of the operator's, some purposes and recipients, and consents given in one line. */
#ifndef TALAP_TESTS_PERSONS_WORLD_H
#define TALAP_TESTS_PERSONS_WORLD_H

#include "cases/record.h"
#include "fixture.h"
#include "persons/consents.h"
#include "unit.h"
#include <stdio.h>
#include <string.h>

#define PERSONS_NOW "2026-04-09T10:00:00+05:00"
#define PERSONS_BIN "990140004654"
#define TEXTS3 "{\"kk\":\"а\",\"ru\":\"б\",\"en\":\"c\"}"

struct persons_world {
    struct fixture f;
    struct actor responsible, service;
    struct kept *kept; /* as last read */
    struct organisation organisation;
    struct arena arena;
    struct field_errors errors;
    int64_t now_usec;
};

/* Runs `body` as one command; *arg is what it works on. */
struct persons_command {
    struct persons_world *w;
    int (*run)(struct tx *tx, struct persons_world *w, void *arg, struct err *err);
    void *arg;
};
static inline int persons_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct persons_command *c = command->arg;

    return c->run(tx, c->w, c->arg, err);
}
static inline int persons_write(struct persons_world *w,
                                int (*run)(struct tx *tx, struct persons_world *w, void *arg, struct err *err),
                                void *arg, struct err *err)
{
    struct persons_command c = {w, run, arg};

    return store_write(w->f.store, persons_run, &c, err);
}
static inline struct tx *persons_read(struct persons_world *w)
{
    struct tx *tx = NULL;
    struct err err = {0};

    if (store_read_begin(w->f.store, &tx, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
    return tx;
}

static inline void persons_reload_kept(struct persons_world *w)
{
    struct tx *tx = persons_read(w);
    struct err err = {0};

    kept_unref(w->kept);
    w->kept = NULL;
    if (kept_load(tx, &w->f.office, &w->kept, &err) < 0 || organisation_get(tx, &w->arena, &w->organisation, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
    store_read_end(tx);
}

struct persons_entry {
    enum kept_kind kind;
    const char *id, *json;
    int64_t expected, version;
};
static inline int persons_set_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct persons_entry *entry = arg;

    return kept_set(tx, &w->f.office, entry->kind, entry->id, entry->json, entry->expected, &w->responsible,
                    w->now_usec, &entry->version, err);
}
/* Checks and sets an entry; the registers are read again. 0 or the refusal, w->errors filled. */
static inline int persons_set(struct persons_world *w, enum kept_kind kind, const char *id, const char *json,
                              int64_t expected, int64_t *ret_version, struct err *err)
{
    struct persons_entry entry = {.kind = kind, .id = id, .expected = expected};
    json_t *given = NULL;
    int r;

    assert_int_equal(json_parse(json, strlen(json), &given, err), 0);
    field_errors_init(&w->errors, &w->arena);
    r = kept_check(w->kept, &w->f.office, kind, id, given, &w->arena, &entry.json, &w->errors, err);
    json_decref(given);
    if (r == 0)
        r = persons_write(w, persons_set_run, &entry, err);
    if (r == 0) {
        persons_reload_kept(w);
        if (ret_version != NULL)
            *ret_version = entry.version;
    }
    return r;
}
static inline int64_t persons_must_set(struct persons_world *w, enum kept_kind kind, const char *id, const char *json)
{
    struct err err = {0};
    int64_t version = 0;

    if (persons_set(w, kind, id, json, 0, &version, &err) < 0)
        fail_msg("%s: %s %s %s", id, err.code, w->errors.count > 0 ? w->errors.items[0].field : "",
                 w->errors.count > 0 ? w->errors.items[0].code : "");
    return version;
}

static inline int persons_organisation_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    return organisation_put(tx, &w->f.office, arg, &w->f.admin, w->now_usec, err);
}

/* Purposes: "service" (name, email, phone, contract, payment; recipients bank, courier), "marketing" (email, phone,
 * behaviour; decides automatically), "loan" (income, contract; nobody may withdraw), "payroll" (a ground). */
static inline void persons_start_at(struct persons_world *w, const char *now)
{
    struct organisation organisation = {.name = {{"«Үлгі» ЖШС", "ТОО «Пример»", "Example LLP"}}, .bin = PERSONS_BIN};
    struct err err = {0};

    *w = (struct persons_world){.kept = NULL};
    fixture_start(&w->f);
    arena_init(&w->arena, 16 << 20);
    w->now_usec = fixture_moment(&w->f, now);
    w->responsible = w->f.responsible;
    w->service = w->f.service;
    if (persons_write(w, persons_organisation_run, &organisation, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
    persons_reload_kept(w);
    persons_must_set(w, KEPT_RECIPIENT, "bank", "{\"title\":" TEXTS3 ",\"country\":\"KZ\"}");
    persons_must_set(w, KEPT_RECIPIENT, "courier", "{\"title\":" TEXTS3 ",\"country\":\"KZ\"}");
    persons_must_set(w, KEPT_PURPOSE, "service",
                     "{\"title\":" TEXTS3 ",\"norm\":\"contract\",\"basis\":\"consent\",\"recipients\":[\"bank\","
                     "\"courier\"],\"categories\":[\"name\",\"email\",\"phone\",\"contract\",\"payment\"],"
                     "\"retention\":{\"amount\":3,\"unit\":\"year\",\"after\":\"ended\"}}");
    persons_must_set(w, KEPT_PURPOSE, "marketing",
                     "{\"title\":" TEXTS3 ",\"norm\":\"consent\",\"basis\":\"consent\",\"categories\":[\"email\","
                     "\"phone\",\"behaviour\"],\"automated\":{\"procedure\":" TEXTS3 ",\"consequences\":" TEXTS3
                     ",\"defence\":" TEXTS3 "}}");
    persons_must_set(w, KEPT_PURPOSE, "loan",
                     "{\"title\":" TEXTS3 ",\"norm\":\"contract\",\"basis\":\"consent\",\"categories\":[\"income\","
                     "\"contract\"],\"withdrawal_forbidden\":\"until the loan is repaid\"}");
    persons_must_set(w, KEPT_PURPOSE, "payroll",
                     "{\"title\":" TEXTS3 ",\"norm\":\"labour\",\"basis\":\"ground\",\"ground\":\"pdl.9.10\","
                     "\"evidence\":\"Labour Code\",\"categories\":[\"name\",\"income\"]}");
}

static inline void persons_start(struct persons_world *w)
{
    persons_start_at(w, PERSONS_NOW);
}

static inline void persons_end(struct persons_world *w)
{
    kept_unref(w->kept);
    arena_done(&w->arena);
    fixture_end(&w->f);
}

/* A consent that is accepted as it is: for "service", of the categories name and email, third persons yes. */
static inline struct consent_given persons_consent(const char *id)
{
    static const char *const categories[] = {"name", "email"};

    return (struct consent_given){.person = {.id = id, .full_name = "Сейітқызы Айгерім"},
                                  .purpose = "service",
                                  .category_count = 2,
                                  .categories = categories,
                                  .third_persons = 1,
                                  .cross_border = 0,
                                  .publication = 0,
                                  .automated = -1,
                                  .from_usec = TIME_NONE,
                                  .until_usec = TIME_NONE,
                                  .text = "I agree.",
                                  .text_lang = "en",
                                  .text_version = "1",
                                  .way = "electronic",
                                  .given_usec = TIME_NONE};
}
struct persons_giving {
    const struct consent_prepared *prepared;
    int64_t leaf;
    char subject_id[ID_TEXT];
};
static inline int persons_give_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    struct persons_giving *giving = arg;

    return consent_give(tx, &w->f.office, giving->prepared, &w->service, w->now_usec, &giving->leaf, giving->subject_id,
                        err);
}
/* Prepares and writes. *ret_leaf and ret_subject_id may be NULL. */
static inline int persons_give(struct persons_world *w, const struct consent_given *given, int64_t *ret_leaf,
                               char *ret_subject_id, struct err *err)
{
    struct persons_giving giving = {.leaf = -1};
    int r;

    field_errors_init(&w->errors, &w->arena);
    r = consent_prepare(&w->f.office, w->kept, &w->organisation, given, w->now_usec, &w->arena, &giving.prepared,
                        &w->errors, err);
    if (r == 0)
        r = persons_write(w, persons_give_run, &giving, err);
    if (r == 0 && ret_leaf != NULL)
        *ret_leaf = giving.leaf;
    if (r == 0 && ret_subject_id != NULL)
        memcpy(ret_subject_id, giving.subject_id, ID_TEXT);
    return r;
}
static inline int64_t persons_must_give(struct persons_world *w, const struct consent_given *given)
{
    struct err err = {0};
    int64_t leaf = -1;

    if (persons_give(w, given, &leaf, NULL, &err) < 0)
        fail_msg("%s %s %s %s", err.code, err.detail, w->errors.count > 0 ? w->errors.items[0].field : "",
                 w->errors.count > 0 ? w->errors.items[0].code : "");
    return leaf;
}

/* The consent as it now stands; the person it is of. */
static inline struct consent persons_consent_now(struct persons_world *w, int64_t leaf)
{
    struct tx *tx = persons_read(w);
    struct consent consent = {0};
    struct err err = {0};

    if (consent_get(tx, leaf, &w->arena, &consent, &err) < 0)
        fail_msg("%s %s", err.code, err.detail);
    store_read_end(tx);
    return consent;
}

struct persons_withdrawing {
    int64_t person, leaf;
    unsigned aspects;
    const char *case_id;
};
static inline int persons_withdraw_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    const struct persons_withdrawing *one = arg;

    return consent_withdraw(tx, &w->f.office, one->person, one->leaf, one->aspects, one->case_id, &w->responsible,
                            w->now_usec, err);
}
static inline int persons_withdraw(struct persons_world *w, int64_t leaf, unsigned aspects, struct err *err)
{
    struct persons_withdrawing one = {.person = persons_consent_now(w, leaf).person, .leaf = leaf, .aspects = aspects};

    return persons_write(w, persons_withdraw_run, &one, err);
}

static inline bool persons_refused(const struct persons_world *w, const char *field, const char *code)
{
    for (size_t i = 0; i < w->errors.count; i++)
        if (strcmp(w->errors.items[i].field, field) == 0 && strcmp(w->errors.items[i].code, code) == 0)
            return true;
    return false;
}

#endif
