/* A law for decisions with a bit of everything, its plain description for the reference (persons_reference.h), and
 * questions asked of both. */
#ifndef TALAP_TESTS_PERSONS_DECIDE_WORLD_H
#define TALAP_TESTS_PERSONS_DECIDE_WORLD_H

#include "persons/decide.h"
#include "persons_reference.h"
#include "store/consent_rows.h"
#include "test_persons_world.h"

#define ALL_CATEGORIES "ALL"

static const struct {
    const char *id, *country, *kinds;
    enum ref_state state;
} decide_recipients[] = {{NULL, NULL, NULL, REF_OURS},       {"bank", "KZ", "", REF_OURS},
                         {"courier", "KZ", "", REF_OURS},    {"court", "KZ", "\"court\"", REF_OURS},
                         {"hoster", "DE", "", REF_PROTECTS}, {"printer", "US", "\"mass_media\"", REF_DOES_NOT_PROTECT},
                         {"caller", "RU", "", REF_UNDECIDED}};
#define DECIDE_RECIPIENTS (int)(sizeof decide_recipients / sizeof *decide_recipients)

static const struct {
    const char *id, *more;  /* JSON members beyond title, norm and categories */
    const char *categories; /* as a JSON list, or ALL_CATEGORIES */
    const char *recipients; /* the same */
    const char *ground;     /* NULL: consent */
    bool retired, by_law_public, automated, automated_by_law, abroad_by_law;
} decide_purposes[] = {
    {"everything", "", ALL_CATEGORIES, "\"bank\",\"court\",\"hoster\",\"printer\",\"caller\"", NULL,
     .automated = false},
    {"few", "", "\"name\",\"email\",\"face\",\"child_data\",\"health\",\"behaviour\"", "\"bank\",\"hoster\"", NULL,
     .automated = false},
    {"robot", ",\"automated\":{\"procedure\":" TEXTS3 ",\"consequences\":" TEXTS3 ",\"defence\":" TEXTS3 "}",
     "\"name\",\"income\",\"face\"", "", NULL, .automated = true},
    {"statute",
     ",\"automated\":{\"procedure\":" TEXTS3 ",\"consequences\":" TEXTS3 ",\"defence\":" TEXTS3
     ",\"by_law\":\"Tax Code\"},\"publication_by_law\":true,\"cross_border_ground\":\"pdl.16.3.2\"",
     "\"name\",\"income\",\"face\",\"email\"", "\"printer\",\"caller\",\"bank\"", NULL, .automated = true,
     .automated_by_law = true, .by_law_public = true, .abroad_by_law = true},
    {"rights", "", "\"name\",\"face\",\"health\",\"email\"", "\"court\",\"bank\"", "pdl.9.5", .automated = false},
    {"press", "", "\"name\",\"face\",\"email\"", "\"bank\",\"printer\"", "pdl.9.6", .automated = false},
    {"tax", "", "\"name\",\"income\"", "\"bank\"", "pdl.9.9-1", .automated = false},
    {"reprint", "", "\"name\",\"photo\"", "\"printer\"", "pdl.7.5", .automated = false},
    {"other_law", "", "\"name\",\"face\",\"email\"", "\"bank\",\"caller\"", "pdl.9.10", .automated = false},
    {"old", "", "\"name\",\"email\",\"phone\"", "\"bank\"", NULL, .retired = true},
};
#define DECIDE_PURPOSES (int)(sizeof decide_purposes / sizeof *decide_purposes)

struct decide_world {
    struct persons_world p;
    struct decision_law *law;
    struct ref_world ref;
    struct ref_purpose purposes[DECIDE_PURPOSES];
    struct ref_action actions[ACTIONS_MAX];
    int64_t sets[4]; /* of recipients: bank; bank and court; hoster and printer; caller */
};

static inline int decide_retire_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    return kept_retire(tx, &w->f.office, KEPT_PURPOSE, arg, &w->responsible, w->now_usec, err);
}

static const char *const decide_sets[] = {"[\"bank\"]", "[\"bank\",\"court\"]", "[\"hoster\",\"printer\"]",
                                          "[\"caller\"]"};
static inline int decide_sets_run(struct tx *tx, struct persons_world *w, void *arg, struct err *err)
{
    int64_t *sets = arg;
    int r = 0;

    for (int i = 0; r == 0 && i < 4; i++)
        r = store_recipient_set_put(tx, decide_sets[i], &sets[i], err);
    return r;
}

static inline bool decide_has(const char *list, const char *id)
{
    char quoted[64];

    snprintf(quoted, sizeof quoted, "\"%s\"", id);
    return strcmp(list, ALL_CATEGORIES) == 0 || strstr(list, quoted) != NULL;
}

static inline void decide_registers(struct decide_world *w)
{
    const struct catalogue *catalogue = w->p.f.office.catalogue;
    char json[8192], categories[4096];
    struct err err = {0};

    persons_must_set(&w->p, KEPT_STATE, "DE", "{\"protects\":\"yes\",\"reason\":\"x\"}");
    persons_must_set(&w->p, KEPT_STATE, "US", "{\"protects\":\"no\",\"reason\":\"x\"}");
    for (int i = 3; i < DECIDE_RECIPIENTS; i++) {
        snprintf(json, sizeof json, "{\"title\":" TEXTS3 ",\"country\":\"%s\",\"kinds\":[%s]}",
                 decide_recipients[i].country, decide_recipients[i].kinds);
        persons_must_set(&w->p, KEPT_RECIPIENT, decide_recipients[i].id, json);
    }
    for (int i = 0; i < DECIDE_PURPOSES; i++) {
        const char *list = decide_purposes[i].categories;
        if (strcmp(list, ALL_CATEGORIES) == 0) {
            size_t at = 0;
            for (size_t c = 0; c < catalogue->data_category_count; c++)
                at += (size_t)snprintf(categories + at, sizeof categories - at, "%s\"%s\"", c > 0 ? "," : "",
                                       catalogue->data_categories[c].id);
            list = categories;
        }
        snprintf(json, sizeof json,
                 "{\"title\":" TEXTS3
                 ",\"norm\":\"x\",\"categories\":[%s],\"recipients\":[%s],\"basis\":\"%s\"%s%s%s%s}",
                 list, decide_purposes[i].recipients, decide_purposes[i].ground ? "ground" : "consent",
                 decide_purposes[i].ground ? ",\"evidence\":\"x\",\"ground\":\"" : "",
                 decide_purposes[i].ground ? decide_purposes[i].ground : "", decide_purposes[i].ground ? "\"" : "",
                 decide_purposes[i].more);
        persons_must_set(&w->p, KEPT_PURPOSE, decide_purposes[i].id, json);
        if (decide_purposes[i].retired &&
            persons_write(&w->p, decide_retire_run, (void *)(uintptr_t)decide_purposes[i].id, &err) < 0)
            fail_msg("%s", err.code);
    }
    if (persons_write(&w->p, decide_sets_run, w->sets, &err) < 0)
        fail_msg("%s", err.code);
    persons_reload_kept(&w->p);
}

/* --- The same in plain words ----------------------------------------------------------------------------------------
 */

static inline bool decide_ground_of(const struct list_entry *ground, const char *kind)
{
    for (size_t i = 0; i < ground->who_count; i++) {
        if (strcmp(ground->who[i], kind) == 0)
            return true;
    }
    return false;
}

static inline void decide_describe(struct decide_world *w)
{
    const struct catalogue *catalogue = w->p.f.office.catalogue;
    const struct list *grounds = catalogue_list(catalogue, "grounds");

    for (size_t i = 0; i < catalogue->data_category_count; i++) {
        unsigned kinds = catalogue->data_categories[i].kinds;
        w->ref.categories[i] =
            (struct ref_category){.biometric = (kinds & DATA_BIOMETRIC) != 0,
                                  .child = (kinds & DATA_MINORS) != 0,
                                  .sensitive = (kinds & (DATA_NO_PROFILING | DATA_BIOMETRIC | DATA_IDENTIFYING)) != 0};
    }
    for (size_t i = 0; i < grounds->count; i++) {
        const struct list_entry *ground = &grounds->entries[i];
        w->ref.grounds[i + 1] = (struct ref_ground){.everybody = decide_ground_of(ground, "all"),
                                                    .operator= decide_ground_of(ground, "operator"),
                                                    .biometric = ground->biometric};
        for (int r = 1; r < DECIDE_RECIPIENTS; r++) {
            bool named = (strcmp(decide_recipients[r].id, "court") == 0 && decide_ground_of(ground, "court")) ||
                         (strcmp(decide_recipients[r].id, "printer") == 0 && decide_ground_of(ground, "mass_media"));

            w->ref.recipients[r].named |= (uint64_t)named << (i + 1);
            if (named || decide_ground_of(ground, "third_person"))
                w->ref.recipients[r].grounds |= UINT64_C(1) << (i + 1);
        }
        for (int p = 0; p < DECIDE_PURPOSES; p++) {
            if (decide_purposes[p].ground != NULL && strcmp(decide_purposes[p].ground, ground->id) == 0)
                w->purposes[p].ground = (int)i + 1;
        }
    }
    for (int r = 1; r < DECIDE_RECIPIENTS; r++) {
        w->ref.recipients[r].known = true;
        w->ref.recipients[r].state = decide_recipients[r].state;
        w->ref.recipients[r].abroad = decide_recipients[r].state != REF_OURS;
    }
    for (int p = 0; p < DECIDE_PURPOSES; p++) {
        struct ref_purpose *purpose = &w->purposes[p];
        purpose->known = true;
        purpose->retired = decide_purposes[p].retired;
        purpose->by_law_public = decide_purposes[p].by_law_public;
        purpose->automated = decide_purposes[p].automated;
        purpose->automated_by_law = decide_purposes[p].automated_by_law;
        purpose->abroad_by_law = decide_purposes[p].abroad_by_law;
        for (size_t c = 0; c < catalogue->data_category_count; c++)
            purpose->categories[c] = decide_has(decide_purposes[p].categories, catalogue->data_categories[c].id);
        for (int r = 1; r < DECIDE_RECIPIENTS; r++)
            purpose->recipients[r] = decide_has(decide_purposes[p].recipients, decide_recipients[r].id);
    }
    for (size_t a = 0; a < catalogue->action_count; a++) {
        const char *id = catalogue->actions[a].id;
        w->actions[a] =
            (struct ref_action){.needs_basis = strcmp(id, "block") != 0 && strcmp(id, "destroy") != 0,
                                .needs_receiver = strcmp(id, "transfer") == 0,
                                .needs_state = strcmp(id, "cross_border") == 0,
                                .stores = strcmp(id, "store") == 0 || strcmp(id, "block") == 0,
                                .destroys = strcmp(id, "destroy") == 0,
                                .publishes = strcmp(id, "publish") == 0,
                                .decides = strcmp(id, "decide_automatically") == 0,
                                .profiles = strcmp(id, "profile") == 0 || strcmp(id, "target_advertising") == 0,
                                .targets = strcmp(id, "target_advertising") == 0};
    }
}

static inline struct decision_law *decide_law_at(struct decide_world *w, int64_t at_usec)
{
    struct tx *tx = persons_read(&w->p);
    struct decision_law *law = NULL;
    struct err err = {0};

    if (decision_law_new(tx, &w->p.f.office, w->p.kept, at_usec, &law, &err) < 0)
        fail_msg("%s %s %s", err.code, err.arg, err.detail);
    store_read_end(tx);
    return law;
}

static inline void decide_start_at(struct decide_world *w, const char *now)
{
    memset(w, 0, sizeof *w);
    persons_start_at(&w->p, now);
    decide_registers(w);
    decide_describe(w);
    w->law = decide_law_at(w, w->p.now_usec);
}

static inline void decide_start(struct decide_world *w)
{
    decide_start_at(w, PERSONS_NOW);
}

static inline void decide_end(struct decide_world *w)
{
    decision_law_unref(w->law);
    persons_end(&w->p);
}

#endif
