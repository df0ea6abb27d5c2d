/* People of the example whose data the platform keeps: the operator's registers, set when the platform is founded, some
 * hundred invented people, and the consents they gave, let expire and took back. */
#include "cases/record.h"
#include "cli/demo_life.h"
#include "persons/acknowledge.h"
#include "persons/consents.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE 120
#define FOUNDED_DAYS 760 /* ago */
#define FILE_MAX ((size_t)1 << 20)

struct demo_person {
    size_t number, name, surname;
    enum lang lang;
    bool minor;
};
struct demo_consent {
    const struct demo_person *person;
    const char *purpose;
    int64_t days;         /* its term; 0: until achieved */
    unsigned withdrawn;   /* aspects */
    int64_t leaf, serial; /* once given */
};
static const char *const purposes[] = {"account", "orders", "delivery", "newsletter", "recommendations"};

static int malformed(struct err *err, const char *place)
{
    return err_set(err, ERR_BAD_INPUT, "demo_malformed", "processing.json %s", place);
}

static int read_file(const char *dir, struct arena *arena, json_t **ret, struct err *err)
{
    const char *path = arena_printf(arena, "%s/processing.json", dir);
    char *bytes = arena_alloc(arena, FILE_MAX);
    FILE *file = path != NULL && bytes != NULL ? fopen(path, "rbe") : NULL;
    size_t count;

    if (file == NULL)
        return malformed(err, "is missing");
    count = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    return json_parse(bytes, count, ret, err);
}

/* --- The registers -------------------------------------------------------------------------------------------------
 */

static int set_entry(struct demo *demo, struct tx *tx, const struct kept *kept, enum kept_kind kind, const char *id,
                     const json_t *given, const struct actor *actor, int64_t at_usec, struct err *err)
{
    struct field_errors errors;
    const char *json;
    int64_t version;
    int r;

    field_errors_init(&errors, &demo->each);
    r = kept_check(kept, demo->office, kind, id, given, &demo->each, &json, &errors, err);
    if (r < 0 && errors.count > 0)
        return malformed(err, arena_printf(&demo->each, "%s %s %s", id, errors.items[0].field, errors.items[0].code));
    return r < 0 ? r : kept_set(tx, demo->office, kind, id, json, 0, actor, at_usec, &version, err);
}

const struct actor *demo_responsible(const struct demo *demo)
{
    for (size_t i = 0; i < demo->data.account_count; i++)
        if ((demo->actors[i].roles & ROLE_RESPONSIBLE) != 0)
            return &demo->actors[i];
    return &demo->actors[0];
}

/* Recipients before purposes, which name them. */
static int found_registers(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    static const enum kept_kind order[] = {KEPT_RECIPIENT, KEPT_STATE, KEPT_PURPOSE, KEPT_POLICY, KEPT_RESPONSIBLE};
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(order) / sizeof(order[0]); i++) {
        const json_t *entries = json_object_get(step->what, kept_kind_word(order[i]));
        struct kept *kept;
        const char *id;
        json_t *entry;

        r = kept_load(tx, demo->office, &kept, err);
        if (r < 0)
            return r;
        json_object_foreach((json_t *)(uintptr_t)entries, id, entry)
        {
            if (r == 0)
                r = set_entry(demo, tx, kept, order[i], id, entry, demo_responsible(demo), step->at_usec, err);
        }
        kept_unref(kept);
    }
    return r;
}

/* --- Consents ------------------------------------------------------------------------------------------------------
 */

static struct person_names names_of(struct demo *demo, const struct demo_person *person)
{
    const struct demo_data *data = &demo->data;

    return (struct person_names){
        .id = arena_printf(&demo->each, "alan-%06zu", 1000 + 37 * person->number),
        .email = arena_printf(&demo->each, "%s%zu@people.example.kz", data->mailboxes[person->lang].texts[person->name],
                              person->number),
        .birth_date = person->minor             ? "2012-05-14"
                      : person->number % 3 == 0 ? NULL
                                                : "1991-08-30",
        .full_name = arena_printf(&demo->each, "%s %s", data->surnames[person->lang].texts[person->surname],
                                  data->names[person->lang].texts[person->name])};
}

/* Everything that the purpose needs is said yes to. */
static void given_of(struct demo *demo, const struct demo_giving *giving, const struct kept_entry *purpose,
                     struct consent_given *ret)
{
    const json_t *categories = json_object_get(purpose->json, "categories");
    const json_t *texts = json_object_get(json_object_get(demo->processing, "texts"), giving->purpose);
    const char **ids = ARENA_ARRAY(&demo->each, const char *, json_array_size(categories));

    for (size_t i = 0; ids != NULL && i < json_array_size(categories); i++)
        ids[i] = json_string_value(json_array_get(categories, i));
    *ret = (struct consent_given){
        .person = giving->names,
        .purpose = giving->purpose,
        .category_count = ids != NULL ? json_array_size(categories) : 0,
        .categories = ids,
        .third_persons = json_array_size(json_object_get(purpose->json, "recipients")) > 0,
        .cross_border = strcmp(giving->purpose, "newsletter") == 0,
        .publication = 0,
        .automated = strcmp(giving->purpose, "recommendations") == 0,
        .from_usec = TIME_NONE,
        .until_usec = giving->until_usec,
        .text = json_string_value(json_object_get(texts, lang_code(giving->lang))),
        .text_lang = lang_code(giving->lang),
        .text_version = "1",
        .way = "electronic",
        .given_usec = TIME_NONE,
    };
}

static int acknowledge(struct demo *demo, struct tx *tx, struct demo_consent *consent, int64_t at_usec, struct err *err)
{
    struct acknowledgement_row row;
    struct person person;
    bool is_new;
    int r = person_by_serial(tx, consent->serial, &demo->each, &person, err);

    return r < 0 ? r
                 : person_acknowledge(tx, demo->office, &person, "privacy", 0, lang_code(consent->person->lang),
                                      demo_responsible(demo), at_usec, &row, &is_new, err);
}

int demo_give(struct demo *demo, struct tx *tx, const struct demo_giving *giving, int64_t at_usec, int64_t *ret_leaf,
              int64_t *ret_serial, struct err *err)
{
    const struct consent_prepared *prepared;
    const struct kept_entry *purpose;
    struct organisation organisation;
    struct field_errors errors;
    struct consent_given given;
    struct consent stored;
    char subject_id[ID_TEXT];
    struct kept *kept;
    int r = kept_load(tx, demo->office, &kept, err);

    if (r < 0)
        return r;
    field_errors_init(&errors, &demo->each);
    purpose = kept_at(kept, KEPT_PURPOSE, giving->purpose, at_usec);
    r = purpose == NULL ? malformed(err, giving->purpose) : organisation_get(tx, &demo->each, &organisation, err);
    if (r == 0) {
        given_of(demo, giving, purpose, &given);
        r = consent_prepare(demo->office, kept, &organisation, &given, at_usec, &demo->each, &prepared, &errors, err);
    }
    if (r < 0 && errors.count > 0)
        r = malformed(
            err, arena_printf(&demo->each, "%s %s %s", giving->purpose, errors.items[0].field, errors.items[0].code));
    if (r == 0)
        r = consent_give(tx, demo->office, prepared, demo_responsible(demo), at_usec, ret_leaf, subject_id, err);
    if (r == 0)
        r = consent_get(tx, *ret_leaf, &demo->each, &stored, err);
    if (r == 0)
        *ret_serial = stored.person;
    kept_unref(kept);
    return r;
}

static int give(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    struct demo_consent *consent = (struct demo_consent *)(uintptr_t)step->what;
    const struct demo_giving giving = {.names = names_of(demo, consent->person),
                                       .purpose = consent->purpose,
                                       .lang = consent->person->lang,
                                       .until_usec = consent->days > 0 ? step->at_usec + consent->days * USEC_PER_DAY
                                                                       : TIME_NONE};
    int r = demo_give(demo, tx, &giving, step->at_usec, &consent->leaf, &consent->serial, err);

    return r == 0 && strcmp(consent->purpose, "account") == 0 ? acknowledge(demo, tx, consent, step->at_usec, err) : r;
}

static int withdraw(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    const struct demo_consent *consent = step->what;

    return consent_withdraw(tx, demo->office, consent->serial, consent->leaf, consent->withdrawn, NULL,
                            demo_responsible(demo), step->at_usec, err);
}

/* --- Planned -------------------------------------------------------------------------------------------------------
 */

/* Everybody has an account, most of them something more; every eighth took something back, some terms are over. */
static int plan_person(struct demo *demo, struct demo_person *person, struct err *err)
{
    int64_t since = demo->now_usec - demo_between(demo, 2, FOUNDED_DAYS - 10) * USEC_PER_DAY;

    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
        struct demo_consent *consent;
        struct demo_step step = {.live = give};

        if (i > 0 && !demo_chance(demo, 45))
            continue;
        consent = ARENA_NEW(&demo->arena, struct demo_consent);
        if (consent == NULL)
            return err_memory(err);
        *consent = (struct demo_consent){.person = person, .purpose = purposes[i]};
        if (i >= 3 && demo_chance(demo, 30))
            consent->days = demo_between(demo, 30, 365);
        step.what = consent;
        step.at_usec = since + demo_between(demo, 0, (int64_t)i * 20) * DEMO_HOUR;
        /* What goes abroad, or is decided by a machine, is taken back first. */
        if (!demo_plan(demo, &step) || i < 3 || consent->days > 0 || !demo_chance(demo, 25))
            continue;
        consent->withdrawn = demo_chance(demo, 30) && i == 3 ? ASPECT_CROSS_BORDER : ASPECT_PROCESSING;
        step.live = withdraw;
        step.at_usec += demo_between(demo, 3, 200) * 24 * DEMO_HOUR;
        (void)demo_plan(demo, &step);
    }
    return 0;
}

int demo_people_plan(struct demo *demo, const char *dir, struct err *err)
{
    struct demo_person *people = ARENA_ARRAY(&demo->arena, struct demo_person, PEOPLE);
    struct demo_step step = {.live = found_registers, .at_usec = demo->now_usec - FOUNDED_DAYS * USEC_PER_DAY};
    int r = people != NULL ? read_file(dir, &demo->arena, &demo->processing, err) : err_memory(err);

    if (r < 0)
        return r;
    step.what = demo->processing;
    (void)demo_plan(demo, &step);
    for (size_t i = 0; r == 0 && i < PEOPLE; i++) {
        enum lang lang = demo_chance(demo, 65) ? LANG_KK : LANG_RU;

        people[i] = (struct demo_person){.number = i,
                                         .lang = lang,
                                         .name = (size_t)demo_draw(demo) % demo->data.mailboxes[lang].count,
                                         .surname = (size_t)demo_draw(demo) % demo->data.surnames[lang].count,
                                         .minor = i % 24 == 7};
        r = plan_person(demo, &people[i], err);
    }
    return r;
}
