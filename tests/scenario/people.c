/* People in a script: their operator's registers, who they are, what they agreed to, what went to whom, and whether
 * something may be done with their data. The steps are told in run.c. */
#include "cases/record.h"
#include "persons/consents.h"
#include "persons/decide_now.h"
#include "persons/destruction.h"
#include "persons/effects.h"
#include "persons/person_index.h"
#include "persons/vault.h"
#include "run.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct named_person *person_named(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->subject_count; i++)
        if (strcmp(run->subjects[i].name, name) == 0)
            return &run->subjects[i];
    return NULL;
}

const struct named_consent *consent_named(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->consent_count; i++)
        if (strcmp(run->consents[i].name, name) == 0)
            return &run->consents[i];
    return NULL;
}

const struct named_person *person_of(struct run *run, const struct yaml *node, const char *key)
{
    const char *name = text_of(run, node, key, true);
    const struct named_person *named = person_named(run, name);

    if (named == NULL)
        fail(run, yaml_get(node, key), "no person is called %s", name);
    return named;
}

static void must(struct run *run, const struct yaml *at, int r, const struct err *err,
                 const struct field_errors *errors)
{
    const struct field_error *first = errors != NULL && errors->count > 0 ? &errors->items[0] : NULL;

    if (r < 0)
        fail(run, at, "refused: %s %s %s (%s %s)", err->code, err->arg, err->detail, first != NULL ? first->field : "",
             first != NULL ? first->code : "");
}

static size_t words_of(struct run *run, const struct yaml *node, const char *key, const char *const **ret)
{
    const struct yaml *list = yaml_get(node, key);
    const char **words;

    *ret = NULL;
    if (list == NULL)
        return 0;
    if (list->kind != YAML_SEQUENCE)
        fail(run, list, "%s is no list", key);
    words = ARENA_ARRAY(&run->arena, const char *, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        words[i] = list->items[i]->text;
    *ret = words;
    return list->count;
}

/* --- Commands ------------------------------------------------------------------------------------------------------
 */

struct deed_done {
    struct run *run;
    enum kept_kind kind;
    const char *id, *json;
    const struct person_names *names;
    const struct person *person;
    const struct consent_prepared *consent;
    const struct transfer *transfer;
    const struct organisation *organisation;
    const struct actor *actor;
    int32_t until_day;
    int64_t leaf;
    char subject_id[ID_TEXT];
    struct case_opened notice;
};

static int keep_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct deed_done *done = command->arg;
    int64_t version;

    return kept_set(tx, &done->run->fixture.office, done->kind, done->id, done->json, 0, done->actor,
                    done->run->now_usec, &version, err);
}

static int person_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct deed_done *done = command->arg;
    struct person person;
    int r = person_ensure(tx, &done->run->fixture.office, done->names, done->actor, done->run->now_usec,
                          &done->run->arena, &person, err);

    if (r == 0)
        snprintf(done->subject_id, sizeof(done->subject_id), "%s", person.subject_id);
    return r;
}

static int consent_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct deed_done *done = command->arg;

    return consent_give(tx, &done->run->fixture.office, done->consent, done->actor, done->run->now_usec, &done->leaf,
                        done->subject_id, err);
}

static int transfer_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct deed_done *done = command->arg;
    const struct office *office = &done->run->fixture.office;
    int r = person_note_transfer(tx, office, done->person, done->transfer, done->actor, done->run->now_usec,
                                 &done->leaf, err);

    return r < 0 ? r
                 : transfer_notice_open(tx, office, done->person, done->transfer, LANG_KK, done->actor,
                                        done->run->now_usec, &done->notice, err);
}

static int hold_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct deed_done *done = command->arg;

    return hold_set(tx, &done->run->fixture.office, done->person, done->id, done->json, done->until_day, done->actor,
                    done->run->now_usec, &done->leaf, err);
}

static int organisation_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct deed_done *done = command->arg;

    return organisation_put(tx, &done->run->fixture.office, done->organisation, done->actor, done->run->now_usec, err);
}

static void write_now(struct run *run, const struct yaml *at,
                      int (*write)(struct tx *tx, struct store_command *command, struct err *err),
                      struct deed_done *done)
{
    struct err err = {0};

    done->run = run;
    if (done->actor == NULL)
        done->actor = fixture_actor(&run->fixture, "responsible");
    must(run, at, store_write(run->fixture.store, write, done, &err), &err, NULL);
}

static struct tx *read_now(struct run *run, const struct yaml *at)
{
    struct tx *tx = NULL;
    struct err err = {0};

    must(run, at, store_read_begin(run->fixture.store, &tx, &err), &err, NULL);
    return tx;
}

static struct kept *registers(struct run *run, const struct yaml *at)
{
    struct tx *tx = read_now(run, at);
    struct kept *kept = NULL;
    struct err err = {0};
    int r = kept_load(tx, &run->fixture.office, &kept, &err);

    store_read_end(tx);
    must(run, at, r, &err, NULL);
    return kept;
}

static void person_now(struct run *run, const struct yaml *at, const char *subject_id, struct person *ret)
{
    struct tx *tx = read_now(run, at);
    struct err err = {0};
    int r = person_get(tx, subject_id, &run->arena, ret, &err);

    store_read_end(tx);
    must(run, at, r, &err, NULL);
}

/* --- Registers -----------------------------------------------------------------------------------------------------
 */

static json_t *json_of(const struct yaml *node)
{
    json_t *out;
    char *end;
    long long number;

    if (node->kind == YAML_SCALAR) {
        if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
            return json_boolean(node->text[0] == 't');
        number = strtoll(node->text, &end, 10);
        return node->text[0] != '\0' && *end == '\0' ? json_integer(number) : json_string(node->text);
    }
    out = node->kind == YAML_MAPPING ? json_object() : json_array();
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_MAPPING)
            json_object_set_new(out, node->keys[i], json_of(node->items[i]));
        else
            json_array_append_new(out, json_of(node->items[i]));
    }
    return out;
}

void step_keep(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"kind", "id", "entry", NULL};
    const char *kind = text_of(run, node, "kind", true);
    struct deed_done done = {.id = text_of(run, node, "id", true)};
    struct kept *kept = registers(run, node);
    struct field_errors errors;
    json_t *given;
    struct err err = {0};
    int r;

    only(run, node, known);
    if (kept_kind_parse(kind) < 0 || yaml_get(node, "entry") == NULL)
        fail(run, node, "no register of %s, or no entry", kind);
    done.kind = (enum kept_kind)kept_kind_parse(kind);
    given = json_of(yaml_get(node, "entry"));
    field_errors_init(&errors, &run->arena);
    r = kept_check(kept, &run->fixture.office, done.kind, done.id, given, &run->arena, &done.json, &errors, &err);
    json_decref(given);
    kept_unref(kept);
    must(run, node, r, &err, &errors);
    write_now(run, node, keep_run, &done);
}

/* --- Who they are and what they agreed to --------------------------------------------------------------------------
 */

void step_person(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"as", "id", "email", "phone", "iin", "full_name", "birth_date", NULL};
    const struct person_names names = {.id = text_of(run, node, "id", false),
                                       .email = text_of(run, node, "email", false),
                                       .phone = text_of(run, node, "phone", false),
                                       .iin = text_of(run, node, "iin", false),
                                       .full_name = text_of(run, node, "full_name", false),
                                       .birth_date = text_of(run, node, "birth_date", false)};
    struct deed_done done = {.names = &names};
    struct named_person *named = &run->subjects[run->subject_count];

    only(run, node, known);
    if (run->subject_count == SUBJECTS_MAX)
        fail(run, node, "too many persons");
    write_now(run, node, person_run, &done);
    named->name = text_of(run, node, "as", true);
    named->names = names;
    memcpy(named->subject_id, done.subject_id, ID_TEXT);
    run->subject_count++;
}

/* The organisation names itself, as every consent must (pdl.8.4.1). */
static void name_organisation(struct run *run, const struct yaml *at, struct organisation *ret)
{
    *ret = (struct organisation){.name = {.in = {"«Қоңырау» ЖШС", "ТОО «Қоңырау»", "Qonyrau LLP"}},
                                 .bin = "230940011103",
                                 .address = {.in = {"Астана", "Астана", "Astana"}},
                                 .email = "info@example.kz",
                                 .phone = "+77172123456",
                                 .url = "https://example.kz",
                                 .complaint_rules = {.in = {"", "", ""}}};
    if (run->organisation_named)
        return;
    write_now(run, at, organisation_run, &(struct deed_done){.organisation = ret});
    run->organisation_named = true;
}

static int said(const char *const *words, size_t count, const char *word)
{
    return words_have(words, count, word) ? 1 : 0;
}

void step_consent(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"as", "person", "purpose", "categories", "yes", "recipients", "until", NULL};
    const struct named_person *whose = person_of(run, node, "person");
    struct named_consent *named = &run->consents[run->consent_count];
    struct consent_given given = {.person = whose->names,
                                  .purpose = text_of(run, node, "purpose", true),
                                  .from_usec = TIME_NONE,
                                  .until_usec = TIME_NONE,
                                  .given_usec = TIME_NONE,
                                  .text = "Деректерімді осы мақсатта өңдеуге келісемін.",
                                  .text_lang = "kk",
                                  .text_version = "1",
                                  .way = "electronic"};
    struct organisation organisation;
    struct kept *kept = registers(run, node);
    struct deed_done done = {0};
    struct field_errors errors;
    struct err err = {0};
    const char *const *yes;
    size_t count = words_of(run, node, "yes", &yes);
    int r;

    only(run, node, known);
    if (run->consent_count == CONSENTS_MAX)
        fail(run, node, "too many consents");
    name_organisation(run, node, &organisation);
    if (given.person.full_name == NULL)
        given.person.full_name = "Айдана Сериккызы";
    given.third_persons = said(yes, count, "third_persons");
    given.cross_border = said(yes, count, "cross_border");
    given.publication = said(yes, count, "publication");
    given.automated = said(yes, count, "automated");
    given.category_count = words_of(run, node, "categories", &given.categories);
    given.recipient_count = words_of(run, node, "recipients", &given.recipients);
    if (yaml_get(node, "until") != NULL)
        given.until_usec = moment_of(run, node, "until");
    field_errors_init(&errors, &run->arena);
    r = consent_prepare(&run->fixture.office, kept, &organisation, &given, run->now_usec, &run->arena, &done.consent,
                        &errors, &err);
    kept_unref(kept);
    must(run, node, r, &err, &errors);
    write_now(run, node, consent_run, &done);
    named->name = text_of(run, node, "as", true);
    snprintf(named->number, sizeof(named->number), "%" PRId64, done.leaf);
    run->consent_count++;
}

static uint64_t categories_of(struct run *run, const struct yaml *node, const struct kept *kept)
{
    const char *const *words;
    size_t count = words_of(run, node, "categories", &words);
    uint64_t bits = 0;

    for (size_t i = 0; i < count; i++) {
        int number = kept_category_number(kept, words[i]);

        if (number < 0)
            fail(run, node, "no category %s", words[i]);
        bits |= UINT64_C(1) << number;
    }
    return bits;
}

void step_transfer(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"person",  "recipient", "purpose", "categories",
                                        "country", "consent",   "as",      NULL};
    const char *consent = text_of(run, node, "consent", false), *as = text_of(run, node, "as", false);
    struct transfer transfer = {.recipient = text_of(run, node, "recipient", true),
                                .purpose = text_of(run, node, "purpose", true),
                                .country = text_of(run, node, "country", false),
                                .consent = -1};
    struct kept *kept = registers(run, node);
    struct person person;

    only(run, node, known);
    person_now(run, node, person_of(run, node, "person")->subject_id, &person);
    transfer.categories = categories_of(run, node, kept);
    kept_unref(kept);
    if (consent != NULL && consent_named(run, consent) == NULL)
        fail(run, node, "no consent is called %s", consent);
    if (consent != NULL)
        transfer.consent = atoll(consent_named(run, consent)->number);

    struct deed_done done = {.person = &person, .transfer = &transfer};

    write_now(run, node, transfer_run, &done);
    if ((as != NULL) != (done.notice.number[0] != '\0'))
        fail(run, node, "it opened %s", done.notice.number[0] != '\0' ? done.notice.number : "no case");
    if (as != NULL)
        name_by_number(run, node, as, done.notice.number);
}

void step_hold(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"person", "norm", NULL};
    struct person person;
    struct deed_done done = {.person = &person,
                             .id = text_of(run, node, "norm", true),
                             .json = "Салықтық есептілік құжаттары бес жыл сақталады.",
                             .until_day = DAY_NONE};

    only(run, node, known);
    person_now(run, node, person_of(run, node, "person")->subject_id, &person);
    write_now(run, node, hold_run, &done);
}

void step_destruction(struct run *run, const struct yaml *at)
{
    struct err err = {0};
    size_t count;

    do {
        must(run, at, destruction_pass(&run->fixture.office, run->now_usec, &count, &err), &err, NULL);
    } while (count > 0);
}

/* --- May it be done? -----------------------------------------------------------------------------------------------
 */

/* The answer of the index in memory, brought up to what was just written. */
static void ask_index(struct run *run, const struct yaml *at, struct tx *tx, const struct question_words *words,
                      struct decision *ret)
{
    struct decision_law *law;
    struct question question;
    struct err err = {0};

    if (run->index == NULL)
        must(run, at, person_index_new(&run->fixture.office, 1, run->now_usec, &run->index, &err), &err, NULL);
    must(run, at, person_index_follow(run->index, tx, run->now_usec, &err), &err, NULL);
    law = person_index_law(run->index);
    question_make(law, run->fixture.keyring, words, &question);
    person_index_decide(run->index, law, &question, run->now_usec, ret);
    decision_law_unref(law);
}

static const char *reasons_told(struct run *run, uint64_t reasons)
{
    const char *text = "";

    for (int i = 0; i < REASONS; i++)
        if ((reasons >> i & 1) != 0)
            text = arena_printf(&run->arena, "%s %s", text, reason_code((enum reason)i));
    return text;
}

static bool has_reason(uint64_t reasons, const char *code)
{
    for (int i = 0; i < REASONS; i++)
        if ((reasons >> i & 1) != 0 && strcmp(reason_code((enum reason)i), code) == 0)
            return true;
    return false;
}

void step_decide(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"person",  "action", "purpose", "categories", "recipient",
                                        "country", "answer", "reason",  NULL};
    const struct named_person *whose = person_of(run, node, "person");
    const char *answer = text_of(run, node, "answer", true), *reason = text_of(run, node, "reason", false);
    struct question_words words = {.person = whose->names.id,
                                   .action = text_of(run, node, "action", true),
                                   .purpose = text_of(run, node, "purpose", false),
                                   .recipient = text_of(run, node, "recipient", false),
                                   .country = text_of(run, node, "country", false)};
    struct tx *tx = read_now(run, node);
    struct decision decision;

    only(run, node, known);
    words.category_count = words_of(run, node, "categories", &words.categories);
    ask_index(run, node, tx, &words, &decision);
    store_read_end(tx);
    if (strcmp(answer_word(decision.answer), answer) != 0 || (reason != NULL && !has_reason(decision.reasons, reason)))
        fail(run, node, "%s:%s", answer_word(decision.answer), reasons_told(run, decision.reasons));
}
