/* One person lived through again. Nothing here trusts a row: what the rows must say is made from the events alone. */
#include "cases/record.h"
#include "persons/consents.h"
#include "persons/vault.h"
#include "persons/verify_parts.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_PAGE 512

struct life_record {
    struct person_record_row row;
    bool gone;
};
/* What the events say. */
struct life {
    struct person_row person;
    bool has_id;
    size_t consent_count, record_count, hold_count, destruction_count, case_count, objection_count, known_count;
    struct consent_row *consents; /* but text and recipients, which are looked at when they are met */
    struct life_record *records;
    struct legal_hold_row *holds;
    struct destruction_row *destructions;
    struct person_case_row *cases;
    struct objection_row *objections;
    struct acknowledgement_row *known;
};

struct event_of {
    struct person_verification *work;
    const struct person_row *row;
    const struct event_row *event;
    const json_t *body;
    struct life *life;
};

static int wrong(const struct event_of *of, const char *why, struct err *err)
{
    return persons_damaged(err, why, "event %lld", (long long)of->event->leaf);
}

static const char *text(const struct event_of *of, const char *key)
{
    return json_string_value(json_object_get(of->body, key));
}

static int64_t number(const struct event_of *of, const char *key)
{
    return json_integer_value(json_object_get(of->body, key));
}

static int32_t day(const struct event_of *of, const char *key)
{
    const json_t *value = json_object_get(of->body, key);

    return json_is_integer(value) ? (int32_t)json_integer_value(value) : INT32_MIN;
}

static int64_t purpose_of(const struct event_of *of)
{
    const char *id = text(of, "purpose");
    const struct kept_entry *entry = id != NULL ? kept_at(of->work->kept, KEPT_PURPOSE, id, INT64_MAX) : NULL;

    return entry != NULL ? entry->number : 0;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* --- Events --------------------------------------------------------------------------------------------------------
 */

static void id_told(const struct event_of *of)
{
    const json_t *kinds = json_object_get(of->body, "kinds");

    for (size_t i = 0; i < json_array_size(kinds); i++)
        of->life->has_id = of->life->has_id || same_text(json_string_value(json_array_get(kinds, i)), "id");
}

static int on_person(const struct event_of *of, struct err *err)
{
    struct person_row *person = &of->life->person;
    const char *what = of->event->kind + strlen("person.");

    if (strcmp(what, "added") == 0) {
        if (person->created_usec != TIME_NONE)
            return wrong(of, "added twice", err);
        if (of->event->leaf <= of->work->last_added)
            return wrong(of, "numbers do not follow the ledger", err);
        of->work->last_added = of->event->leaf;
        person->created_usec = of->event->at_usec;
        person->adult_day = day(of, "adult_day");
        id_told(of);
    } else if (strcmp(what, "known_by") == 0) {
        id_told(of);
        if (json_object_get(of->body, "adult_day") != NULL)
            person->adult_day = day(of, "adult_day");
    } else if (strcmp(what, "blocked") == 0) {
        person->blocks++;
    } else if (strcmp(what, "unblocked") == 0) {
        person->blocks--;
    } else if (strcmp(what, "identified") == 0) {
        of->life->cases[of->life->case_count++] = (struct person_case_row){
            .case_id = of->event->case_id, .person = of->row->serial, .how = text(of, "how"), .leaf = of->event->leaf};
    } else if (strcmp(what, "acknowledged") == 0) {
        const char *id = text(of, "policy");
        const struct kept_entry *policy = id != NULL ? kept_at(of->work->kept, KEPT_POLICY, id, INT64_MAX) : NULL;

        of->life->known[of->life->known_count++] =
            (struct acknowledgement_row){.person = of->row->serial,
                                         .policy = policy != NULL ? policy->number : 0,
                                         .version = number(of, "version"),
                                         .lang = text(of, "lang"),
                                         .at_usec = of->event->at_usec,
                                         .leaf = of->event->leaf};
    }
    return 0;
}

static uint64_t categories_of(const struct event_of *of)
{
    const json_t *list = json_object_get(of->body, "categories");
    uint64_t categories = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        int at = id != NULL ? kept_category_number(of->work->kept, id) : -1;

        categories |= at >= 0 ? UINT64_C(1) << at : 0;
    }
    return categories;
}

static struct text_seen *text_of_number(struct person_verification *work, int64_t at, struct err *err)
{
    struct text_seen *seen = &work->texts[(uint64_t)at % TEXTS_CACHED];
    CLEANUP_ARENA struct arena arena;
    struct consent_text_row row;
    bool found;

    arena_init(&arena, 16u << 20);
    if (seen->number == at)
        return seen;
    if (store_consent_text_get(work->tx, at, &arena, &row, &found, err) < 0)
        return NULL;
    if (!found || strlen(row.lang) >= sizeof(seen->lang) || strlen(row.version) >= sizeof(seen->version)) {
        persons_damaged(err, "is missing", "text %lld", (long long)at);
        return NULL;
    }
    seen->hash = sha256_of(row.text, strlen(row.text), NULL, 0, NULL, 0);
    if (memcmp(&seen->hash, &row.hash, sizeof(row.hash)) != 0) {
        persons_damaged(err, "has another hash", "text %lld", (long long)at);
        return NULL;
    }
    seen->operator_hash =
        sha256_of(row.operator_bin, strlen(row.operator_bin), "\n", 1, row.operator_name, strlen(row.operator_name));
    snprintf(seen->lang, sizeof(seen->lang), "%s", row.lang);
    snprintf(seen->version, sizeof(seen->version), "%s", row.version);
    seen->number = at;
    return seen;
}

static bool hash_is(const struct hash *hash, const json_t *hex)
{
    char own[2 * SHA256_BYTES + 1];

    hex_encode(hash->bytes, sizeof(hash->bytes), own);
    return json_is_string(hex) && strcmp(own, json_string_value(hex)) == 0;
}

/* The text and the recipients that the row points to are those that the event names. */
static int check_given(const struct event_of *of, const struct consent_row *row, struct err *err)
{
    const json_t *recipients = json_object_get(of->body, "recipients");
    struct text_seen *seen = text_of_number(of->work, row->text, err);
    const char *const *ids;
    size_t count;
    int r;

    if (seen == NULL)
        return err != NULL && err->kind != ERR_NONE ? -(int)err->kind : -ERR_DAMAGED;
    if (!hash_is(&seen->hash, json_object_get(of->body, "text_hash")) ||
        !hash_is(&seen->operator_hash, json_object_get(json_object_get(of->body, "operator"), "name_hash")) ||
        !same_text(seen->lang, text(of, "text_lang")) || !same_text(seen->version, text(of, "text_version")))
        return persons_damaged(err, "another text", "consent %lld", (long long)row->leaf);
    r = recipient_set_get(of->work->tx, row->recipients, of->work->arena, &ids, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        if (!same_text(ids[i], json_string_value(json_array_get(recipients, i))))
            return persons_damaged(err, "other recipients", "consent %lld", (long long)row->leaf);
    return count == json_array_size(recipients)
               ? 0
               : persons_damaged(err, "other recipients", "consent %lld", (long long)row->leaf);
}

static int on_given(const struct event_of *of, struct err *err)
{
    const json_t *until = json_object_get(of->body, "until_sec");
    struct consent_row *row = &of->life->consents[of->life->consent_count++];
    struct consent_row stored;
    bool found;
    int r;

    *row = (struct consent_row){
        .leaf = of->event->leaf,
        .person = of->row->serial,
        .purpose = purpose_of(of),
        .purpose_version = number(of, "purpose_version"),
        .categories = categories_of(of),
        .given = aspects_of_json(json_object_get(of->body, "aspects")),
        .stands = aspects_of_json(json_object_get(of->body, "aspects")),
        .from_sec = number(of, "from_sec"),
        .until_sec = json_is_integer(until) ? json_integer_value(until) : INT64_MAX,
        .given_usec = number(of, "given_usec"),
        .ended_usec = TIME_NONE,
        .way = text(of, "way"),
        .by_representative = json_is_true(json_object_get(of->body, "by_representative")),
    };
    r = store_consent_get(of->work->tx, row->leaf, of->work->arena, &stored, &found, err);
    if (r == 0 && !found)
        r = persons_damaged(err, "is missing", "consent %lld", (long long)row->leaf);
    return r < 0 ? r : check_given(of, &stored, err);
}

static int on_consent(const struct event_of *of, struct err *err)
{
    const char *what = of->event->kind + strlen("consent.");
    unsigned aspects = aspects_of_json(json_object_get(of->body, "aspects"));
    struct consent_row *row = NULL;

    if (strcmp(what, "given") == 0)
        return on_given(of, err);
    for (size_t i = 0; i < of->life->consent_count; i++)
        if (of->life->consents[i].leaf == number(of, "consent"))
            row = &of->life->consents[i];
    if (row == NULL)
        return wrong(of, "of a consent that was not given", err);
    if (strcmp(what, "restored") == 0) {
        row->stands |= aspects;
        row->ended_usec = TIME_NONE;
        row->ended = NULL;
        return 0;
    }
    row->stands = strcmp(what, "withdrawn") == 0 ? row->stands & ~aspects : 0;
    if (row->stands == 0) {
        row->ended_usec = of->event->at_usec;
        row->ended = strcmp(what, "withdrawn") == 0 ? "withdrawn"
                     : strcmp(what, "expired") == 0 ? "expired"
                                                    : "achieved";
    }
    return 0;
}

static int on_record(const struct event_of *of, struct err *err)
{
    const char *kind = of->event->kind, *category = text(of, "category");
    int at = category != NULL ? kept_category_number(of->work->kept, category) : -1;
    int64_t purpose = purpose_of(of);
    const char *commitment = json_string_value(
        json_object_get(json_object_get(json_object_get(of->body, "personal"), "value"), "commitment"));
    struct life_record *record = NULL;

    for (size_t i = 0; i < of->life->record_count; i++)
        if (of->life->records[i].row.category == at && of->life->records[i].row.purpose == purpose)
            record = &of->life->records[i];
    if (strcmp(kind, "data.recorded") == 0) {
        if (record == NULL)
            record = &of->life->records[of->life->record_count++];
        *record = (struct life_record){.row = {.person = of->row->serial,
                                               .category = at,
                                               .purpose = purpose,
                                               .source = text(of, "source"),
                                               .collected_usec = number(of, "collected_usec"),
                                               .destroy_day = day(of, "destroy_day"),
                                               .announced_usec = TIME_NONE,
                                               .leaf = of->event->leaf}};
        if (commitment == NULL ||
            !hex_decode(commitment, record->row.commitment.bytes, sizeof(record->row.commitment.bytes)))
            return wrong(of, "no commitment", err);
        return 0;
    }
    if (record == NULL || record->gone)
        return wrong(of, "of a value that is not held", err);
    if (strcmp(kind, "data.removed") == 0) {
        record->gone = true;
    } else if (strcmp(kind, "retention.counted") == 0) {
        record->row.destroy_day = day(of, "destroy_day");
        record->row.announced_usec = TIME_NONE;
    } else if (strcmp(kind, "retention.announced") == 0) {
        record->row.announced_usec = of->event->at_usec;
    }
    return 0;
}

static int on_hold(const struct event_of *of, struct err *err)
{
    struct life *life = of->life;

    if (strcmp(of->event->kind, "hold.set") == 0) {
        life->holds[life->hold_count++] = (struct legal_hold_row){.leaf = of->event->leaf,
                                                                  .person = of->row->serial,
                                                                  .norm = text(of, "norm"),
                                                                  .reason = text(of, "reason"),
                                                                  .until_day = day(of, "until_day"),
                                                                  .lifted_usec = TIME_NONE};
        life->person.holds++;
        return 0;
    }
    for (size_t i = 0; i < life->hold_count; i++)
        if (life->holds[i].leaf == number(of, "hold")) {
            life->holds[i].lifted_usec = of->event->at_usec;
            life->person.holds--;
            return 0;
        }
    return wrong(of, "of a hold that was not set", err);
}

static int on_destruction(const struct event_of *of, struct err *err)
{
    const char *what = of->event->kind + strlen("destruction.");
    struct life *life = of->life;
    struct destruction_row *row = NULL;

    if (strcmp(what, "intended") == 0) {
        life->destructions[life->destruction_count++] = (struct destruction_row){.leaf = of->event->leaf,
                                                                                 .person = of->row->serial,
                                                                                 .case_id = of->event->case_id,
                                                                                 .ground = text(of, "ground"),
                                                                                 .state = "intended",
                                                                                 .changed_usec = of->event->at_usec};
        return 0;
    }
    for (size_t i = 0; i < life->destruction_count; i++)
        if (life->destructions[i].leaf == number(of, "destruction"))
            row = &life->destructions[i];
    if (row == NULL)
        return wrong(of, "of a destruction that nobody intended", err);
    row->state = what;
    row->changed_usec = of->event->at_usec;
    if (strcmp(what, "executed") != 0)
        return 0;
    life->person.destroyed_usec = of->event->at_usec;
    life->has_id = false;
    for (size_t i = 0; i < life->consent_count; i++)
        if (life->consents[i].ended_usec == TIME_NONE) {
            life->consents[i].stands = 0;
            life->consents[i].ended_usec = of->event->at_usec;
            life->consents[i].ended = "destroyed";
        }
    for (size_t i = 0; i < life->record_count; i++) {
        of->work->report.records_destroyed += !life->records[i].gone;
        life->records[i].gone = true;
    }
    return 0;
}

static int on_objection(const struct event_of *of, struct err *err)
{
    const char *what = of->event->kind + strlen("objection.");
    struct life *life = of->life;

    for (size_t i = 0; i < life->objection_count; i++)
        if (same_text(life->objections[i].case_id, of->event->case_id)) {
            life->objections[i].state = what;
            life->objections[i].leaf = of->event->leaf;
            return 0;
        }
    if (strcmp(what, "made") != 0)
        return wrong(of, "of an objection that nobody made", err);
    life->objections[life->objection_count++] = (struct objection_row){.case_id = of->event->case_id,
                                                                       .person = of->row->serial,
                                                                       .purpose = purpose_of(of),
                                                                       .state = "open",
                                                                       .leaf = of->event->leaf};
    return 0;
}

static int live_through(const struct event_of *of, struct err *err)
{
    static const struct {
        const char *prefix;
        int (*apply)(const struct event_of *of, struct err *err);
    } kinds[] = {{"person.", on_person},      {"consent.", on_consent}, {"data.", on_record},
                 {"retention.", on_record},   {"hold.", on_hold},       {"destruction.", on_destruction},
                 {"objection.", on_objection}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(of->event->kind, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return kinds[i].apply(of, err);
    return wrong(of, "of an unknown kind", err);
}

/* --- Rows ----------------------------------------------------------------------------------------------------------
 */

static int differs(const struct person_row *row, const char *what, struct err *err)
{
    return persons_damaged(err, what, "person %s", row->subject_id);
}

static int check_row(const struct person_verification *work, const struct person_row *row, const struct life *life,
                     struct err *err)
{
    const struct person_row *said = &life->person;
    uint64_t key = said->destroyed_usec != TIME_NONE
                       ? 0
                       : person_key(work->office->keyring, row->id != NULL ? row->id : row->subject_id);

    if (said->created_usec != row->created_usec || said->adult_day != row->adult_day || said->blocks != row->blocks ||
        said->holds != row->holds || said->destroyed_usec != row->destroyed_usec || life->has_id != (row->id != NULL) ||
        key != row->key64)
        return differs(row, "row", err);
    return 0;
}

static bool consent_same(const struct consent_row *a, const struct consent_row *b)
{
    return a->leaf == b->leaf && a->person == b->person && a->purpose == b->purpose &&
           a->purpose_version == b->purpose_version && a->categories == b->categories && a->given == b->given &&
           a->stands == b->stands && a->from_sec == b->from_sec && a->until_sec == b->until_sec &&
           a->given_usec == b->given_usec && a->ended_usec == b->ended_usec && same_text(a->ended, b->ended) &&
           same_text(a->way, b->way) && a->by_representative == b->by_representative;
}

static int check_consents(struct person_verification *work, const struct person_row *row, const struct life *life,
                          struct err *err)
{
    struct consent_row *rows;
    size_t count;
    int r = store_consent_of(work->tx, row->serial, work->arena, &rows, &count, err);

    if (r < 0)
        return r;
    if (count != life->consent_count)
        return differs(row, "consents", err);
    for (size_t i = 0; i < count; i++)
        if (!consent_same(&rows[count - 1 - i], &life->consents[i]))
            return persons_damaged(err, "row", "consent %lld", (long long)rows[count - 1 - i].leaf);
    work->report.consents += (int64_t)count;
    return 0;
}

/* What is sealed is what was committed to. */
static int check_sealed(struct person_verification *work, const struct person_row *row,
                        const struct person_record_row *record, struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    char place[RECORD_PLACE_ROOM];
    uint8_t salt[SALT_BYTES];
    struct subject_key key;
    struct hash commitment;
    const json_t *sealed, *value;
    const char *hex;
    int r = subject_key_get(work->tx, work->office->keyring, row->subject_id, &key, err);

    if (r < 0)
        return r;
    record_place(row->subject_id, record->category, record->purpose, place);
    r = values_unseal(&key, place, record->sealed, record->sealed_len, &values, err);
    sodium_memzero(&key, sizeof(key));
    if (r < 0)
        return r;
    sealed = json_object_get(values, "value");
    value = json_object_get(sealed, "value");
    hex = json_string_value(json_object_get(sealed, "salt"));
    if (hex == NULL || !hex_decode(hex, salt, sizeof(salt)) || !json_is_string(value))
        return differs(row, "a value", err);
    commitment = ledger_commitment(salt, json_string_value(value), json_string_length(value));
    work->report.records++;
    return memcmp(&commitment, &record->commitment, sizeof(commitment)) == 0 ? 0 : differs(row, "a value", err);
}

static int check_records(struct person_verification *work, const struct person_row *row, const struct life *life,
                         struct err *err)
{
    struct person_record_row *rows;
    size_t count, standing = 0;
    int r = store_records_of(work->tx, row->serial, work->arena, &rows, &count, err);

    for (size_t i = 0; i < life->record_count; i++)
        standing += !life->records[i].gone;
    if (r == 0 && count != standing)
        r = differs(row, "values", err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        const struct person_record_row *said = NULL;

        for (size_t j = 0; j < life->record_count; j++)
            if (!life->records[j].gone && life->records[j].row.leaf == rows[i].leaf)
                said = &life->records[j].row;
        if (said == NULL || said->category != rows[i].category || said->purpose != rows[i].purpose ||
            !same_text(said->source, rows[i].source) || said->collected_usec != rows[i].collected_usec ||
            said->destroy_day != rows[i].destroy_day || said->announced_usec != rows[i].announced_usec ||
            memcmp(&said->commitment, &rows[i].commitment, sizeof(said->commitment)) != 0)
            return differs(row, "a value", err);
        r = check_sealed(work, row, &rows[i], err);
    }
    return r;
}

static int check_holds(struct person_verification *work, const struct person_row *row, const struct life *life,
                       struct err *err)
{
    struct legal_hold_row *rows;
    size_t count;
    int r = store_holds_of(work->tx, row->serial, work->arena, &rows, &count, err);

    if (r < 0)
        return r;
    if (count != life->hold_count)
        return differs(row, "holds", err);
    for (size_t i = 0; i < count; i++) {
        const struct legal_hold_row *said = &life->holds[i];

        if (rows[i].leaf != said->leaf || !same_text(rows[i].norm, said->norm) ||
            !same_text(rows[i].reason, said->reason) || rows[i].until_day != said->until_day ||
            rows[i].lifted_usec != said->lifted_usec)
            return differs(row, "a hold", err);
    }
    return 0;
}

static int check_destructions(struct person_verification *work, const struct person_row *row, const struct life *life,
                              struct err *err)
{
    struct destruction_row *rows;
    size_t count;
    int r = store_destructions_of(work->tx, row->serial, work->arena, &rows, &count, err);

    if (r < 0)
        return r;
    if (count != life->destruction_count)
        return differs(row, "destructions", err);
    for (size_t i = 0; i < count; i++) {
        const struct destruction_row *said = &life->destructions[count - 1 - i];

        if (rows[i].leaf != said->leaf || !same_text(rows[i].case_id, said->case_id) ||
            !same_text(rows[i].ground, said->ground) || !same_text(rows[i].state, said->state) ||
            rows[i].changed_usec != said->changed_usec)
            return differs(row, "a destruction", err);
    }
    return 0;
}

static int check_cases(struct person_verification *work, const struct person_row *row, const struct life *life,
                       struct err *err)
{
    struct person_case_row *rows;
    size_t count;
    int r = store_person_case_of(work->tx, row->serial, SIZE_MAX >> 1, work->arena, &rows, &count, err);

    if (r < 0)
        return r;
    if (count != life->case_count)
        return differs(row, "cases", err);
    for (size_t i = 0; i < count; i++) {
        const struct person_case_row *said = &life->cases[count - 1 - i];

        if (rows[i].leaf != said->leaf || !same_text(rows[i].case_id, said->case_id) ||
            !same_text(rows[i].how, said->how))
            return differs(row, "a case", err);
    }
    return 0;
}

static int check_objections(struct person_verification *work, const struct person_row *row, const struct life *life,
                            struct err *err)
{
    struct objection_row *rows;
    size_t count;
    int r = store_objection_of(work->tx, row->serial, work->arena, &rows, &count, err);

    if (r < 0)
        return r;
    if (count != life->objection_count)
        return differs(row, "objections", err);
    for (size_t i = 0; i < count; i++) {
        const struct objection_row *said = NULL;

        for (size_t j = 0; j < count; j++)
            if (life->objections[j].leaf == rows[i].leaf)
                said = &life->objections[j];
        if (said == NULL || !same_text(said->case_id, rows[i].case_id) || said->purpose != rows[i].purpose ||
            !same_text(said->state, rows[i].state))
            return differs(row, "an objection", err);
    }
    return 0;
}

static int check_known(struct person_verification *work, const struct person_row *row, const struct life *life,
                       struct err *err)
{
    struct acknowledgement_row *rows;
    size_t count;
    int r = store_acknowledgement_of(work->tx, row->serial, work->arena, &rows, &count, err);

    if (r < 0)
        return r;
    if (count != life->known_count)
        return differs(row, "acknowledgements", err);
    for (size_t i = 0; i < count; i++) {
        const struct acknowledgement_row *said = &life->known[count - 1 - i];

        if (rows[i].leaf != said->leaf || rows[i].policy != said->policy || rows[i].version != said->version ||
            !same_text(rows[i].lang, said->lang) || rows[i].at_usec != said->at_usec)
            return differs(row, "an acknowledgement", err);
    }
    return 0;
}

/* --- One person ----------------------------------------------------------------------------------------------------
 */

/* Their events, oldest first. */
static int events_of(struct person_verification *work, int64_t serial, struct event_row **ret, size_t *ret_count,
                     struct err *err)
{
    struct event_row *all = NULL;
    size_t total = 0, room = 0, count = EVENTS_PAGE;
    int64_t before = 0;

    while (count == EVENTS_PAGE && (total == 0 || before > 0)) {
        struct event_row *page;
        int r = store_person_events(work->tx, serial, before, EVENTS_PAGE, work->arena, &page, &count, err);

        if (r < 0)
            return r;
        if (total + count > room) {
            struct event_row *more = ARENA_ARRAY(work->arena, struct event_row, 2 * (total + count));

            if (more == NULL)
                return err_memory(err);
            if (total > 0)
                memcpy(more, all, total * sizeof(*all));
            all = more;
            room = 2 * (total + count);
        }
        for (size_t i = 0; i < count; i++)
            all[total++] = page[i];
        before = count > 0 ? page[count - 1].leaf : 0;
    }
    for (size_t i = 0; i < total / 2; i++) {
        struct event_row other = all[i];

        all[i] = all[total - 1 - i];
        all[total - 1 - i] = other;
    }
    *ret = all;
    *ret_count = total;
    return 0;
}

static int life_init(struct person_verification *work, size_t events, struct life *life, struct err *err)
{
    *life = (struct life){
        .person = {.created_usec = TIME_NONE, .adult_day = INT32_MIN, .destroyed_usec = TIME_NONE},
        .consents = ARENA_ARRAY(work->arena, struct consent_row, events),
        .records = ARENA_ARRAY(work->arena, struct life_record, events),
        .holds = ARENA_ARRAY(work->arena, struct legal_hold_row, events),
        .destructions = ARENA_ARRAY(work->arena, struct destruction_row, events),
        .cases = ARENA_ARRAY(work->arena, struct person_case_row, events),
        .objections = ARENA_ARRAY(work->arena, struct objection_row, events),
        .known = ARENA_ARRAY(work->arena, struct acknowledgement_row, events),
    };
    return work->arena->overflowed ? err_memory(err) : 0;
}

static int live_all(struct person_verification *work, const struct person_row *row, const struct event_row *events,
                    size_t count, json_t **bodies, struct life *life, struct err *err)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        struct event_of of = {.work = work, .row = row, .event = &events[i], .life = life};
        const char *whose;

        r = stored_json_parse(events[i].body, events[i].body_len, "the body of an event", &bodies[i], err);
        if (r < 0)
            return r;
        of.body = bodies[i];
        whose = text(&of, "subject_id");
        if (!same_text(whose, row->subject_id))
            return wrong(&of, "somebody else's", err);
        work->sum += event_mix(events[i].leaf, whose);
        work->events++;
        r = live_through(&of, err);
    }
    return r;
}

int verify_person(struct person_verification *work, const struct person_row *row, struct err *err)
{
    static int (*const checks[])(struct person_verification * work, const struct person_row *row,
                                 const struct life *life, struct err *err) = {
        check_consents, check_records, check_holds, check_destructions, check_cases, check_objections, check_known};
    struct event_row *events;
    struct life life;
    json_t **bodies;
    size_t count;
    int r;

    arena_reset(work->arena);
    r = events_of(work, row->serial, &events, &count, err);
    if (r == 0)
        r = life_init(work, count, &life, err);
    if (r < 0)
        return r;
    bodies = ARENA_ARRAY(work->arena, json_t *, count);
    if (bodies == NULL)
        return err_memory(err);
    r = live_all(work, row, events, count, bodies, &life, err);
    if (r == 0)
        r = check_row(work, row, &life, err);
    for (size_t i = 0; r == 0 && i < sizeof(checks) / sizeof(checks[0]); i++)
        r = checks[i](work, row, &life, err);
    for (size_t i = 0; i < count; i++)
        json_decref(bodies[i]);
    work->report.people += r == 0;
    return r;
}
