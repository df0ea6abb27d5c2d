/* The events of one person, lived through again: what the rows must say is made from them alone. */
#include "cases/record.h"
#include "persons/consents.h"
#include "persons/verify_parts.h"
#include <stdio.h>

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
        if (aspects == 0) /* another withdrawal took all the same */
            return 0;
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

int live_through(const struct event_of *of, struct err *err)
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
