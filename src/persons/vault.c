/* The vault: values sealed under their person's key, blocks and legal holds.
 *
 * A value and its salt are sealed in one place only, the row; the event holds the commitment. So a value that is
 * changed or removed is gone with its row, while the ledger still proves what was recorded to whoever kept value and
 * salt. */
#include "persons/vault.h"
#include "base/unicode.h"
#include "cases/record.h"
#include "persons/decide_now.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_MAX 10000

void record_place(const char *subject_id, int category, int64_t purpose, char ret[static RECORD_PLACE_ROOM])
{
    snprintf(ret, RECORD_PLACE_ROOM, "record:%s:%d:%" PRId64, subject_id, category, purpose);
}

static int refuse_destroyed(const struct person *person, struct err *err)
{
    return person->destroyed_usec == TIME_NONE ? 0 : err_set(err, ERR_CONFLICT, "person_destroyed", NULL);
}

static int refuse_blocked(const struct person *person, struct err *err)
{
    return person->blocks == 0 ? 0 : err_set(err, ERR_CONFLICT, "person_blocked", NULL);
}

/* --- Recording -----------------------------------------------------------------------------------------------------
 */

/* A value whose category and purpose are known. */
struct checked {
    const struct value_given *given;
    const struct kept_entry *purpose;
    int category;
};

static bool purpose_has(const struct kept_entry *purpose, const char *category)
{
    const json_t *list = json_object_get(purpose->json, "categories");
    const json_t *item;
    size_t i;

    json_array_foreach(list, i,
                       item) if (json_is_string(item) && strcmp(json_string_value(item), category) == 0) return true;
    return false;
}

static void refuse(struct field_errors *errors, size_t at, const char *member, const char *code, const char *arg)
{
    char field[48];

    snprintf(field, sizeof(field), "values.%zu.%s", at, member);
    field_errors_add(errors, field, code, arg != NULL ? "%s" : NULL, arg);
}

static void check_text(struct field_errors *errors, size_t at, const char *member, const char *text, size_t max,
                       const char *missing)
{
    char limit[24];

    snprintf(limit, sizeof(limit), "%zu", max);
    if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
        refuse(errors, at, member, missing, NULL);
    else if (utf8_length(text) > max)
        refuse(errors, at, member, "too_long", limit);
}

static void check_value(const struct kept *kept, const struct value_given *given, size_t at, int64_t now_usec,
                        struct checked *ret, struct field_errors *errors)
{
    const struct kept_entry *purpose =
        given->purpose != NULL ? kept_at(kept, KEPT_PURPOSE, given->purpose, now_usec) : NULL;
    int category = given->category != NULL ? kept_category_number(kept, given->category) : -1;

    if (purpose == NULL || purpose->retired)
        refuse(errors, at, "purpose", "purpose_unknown", given->purpose);
    if (category < 0)
        refuse(errors, at, "category", "category_unknown", given->category);
    else if (purpose != NULL && !purpose_has(purpose, given->category))
        refuse(errors, at, "category", "category_not_of_purpose", given->category);
    check_text(errors, at, "value", given->value, RECORD_VALUE_MAX, "value_missing");
    check_text(errors, at, "source", given->source, RECORD_SOURCE_MAX, "source_missing");
    if (given->collected_usec != TIME_NONE && given->collected_usec > now_usec)
        refuse(errors, at, "collected_at", "received_in_future", NULL);
    *ret = (struct checked){.given = given, .purpose = purpose, .category = category};
}

/* What the law and the consents say, asked as everybody else asks it. */
static int ask(struct tx *tx, const struct office *office, const struct decision_law *law, const struct person *person,
               const char *action, const char *purpose, const char *category, int64_t now_usec, struct decision *ret,
               struct err *err)
{
    const struct question_words words = {.person = person->subject_id,
                                         .action = action,
                                         .purpose = purpose,
                                         .category_count = 1,
                                         .categories = &category};
    int32_t today = zone_day_of(&office->catalogue->calendar->zone, now_usec);
    struct question question;

    question_make(law, office->keyring, &words, &question);
    return decide_now(tx, law, &question, person, today, now_usec, ret, err);
}

/* May it be collected at all? */
static int check_basis(struct tx *tx, const struct office *office, const struct decision_law *law,
                       const struct person *person, const struct checked *checked, int64_t now_usec, struct err *err)
{
    struct decision decision;
    int r = ask(tx, office, law, person, "collect", checked->given->purpose, checked->given->category, now_usec,
                &decision, err);

    if (r < 0 || decision.answer == ANSWER_ALLOWED)
        return r;
    for (int i = 0; i < REASONS_BASIS; i++)
        if (decision.reasons >> i & 1)
            return err_set(err, ERR_CONFLICT, "no_basis", "%s", reason_code((enum reason)i));
    return err_set(err, ERR_CONFLICT, "no_basis", NULL);
}

static int check_bases(struct tx *tx, const struct office *office, struct kept *kept, const struct person *person,
                       const struct checked *checked, size_t count, int64_t now_usec, struct err *err)
{
    CLEANUP_DECISION_LAW struct decision_law *law = NULL;
    int r = decision_law_new(tx, office, kept, now_usec, &law, err);

    for (size_t i = 0; i < count && r == 0; i++)
        r = check_basis(tx, office, law, person, &checked[i], now_usec, err);
    return r;
}

static int put_value(struct tx *tx, const struct office *office, const struct person *person,
                     const struct subject_key *key, const struct checked *checked, const struct actor *actor,
                     int64_t now_usec, struct err *err)
{
    const struct value_given *given = checked->given;
    const struct zone *zone = &office->catalogue->calendar->zone;
    CLEANUP_JSON json_t *personal = json_object();
    CLEANUP_JSON json_t *plain = json_object();
    CLEANUP_JSON json_t *value = json_string(given->value);
    CLEANUP_BUF struct buf sealed = {0};
    struct person_record_row row = {.person = person->serial,
                                    .category = checked->category,
                                    .purpose = checked->purpose->number,
                                    .source = given->source,
                                    .announced_usec = TIME_NONE};
    char place[RECORD_PLACE_ROOM];
    const char *commitment;
    json_t *members;
    int r;

    if (personal == NULL || plain == NULL || value == NULL)
        return err_memory(err);
    row.collected_usec = given->collected_usec != TIME_NONE ? given->collected_usec : now_usec;
    row.destroy_day = retention_day(checked->purpose, zone, row.collected_usec, TIME_NONE);
    buf_init(&sealed, BODY_LIMIT);
    record_place(person->subject_id, row.category, row.purpose, place);
    r = personal_put(value, personal, plain, "value", err);
    if (r == 0)
        r = values_seal(key, place, plain, &sealed, err);
    if (r < 0)
        return r;
    commitment = json_string_value(json_object_get(json_object_get(personal, "value"), "commitment"));
    if (commitment == NULL || !hex_decode(commitment, row.commitment.bytes, sizeof(row.commitment.bytes)))
        return err_memory(err);
    row.sealed = sealed.data;
    row.sealed_len = sealed.len;
    members = json_pack("{s:s, s:s, s:s, s:I, s:O}", "category", given->category, "purpose", given->purpose, "source",
                        given->source, "collected_usec", (json_int_t)row.collected_usec, "personal", personal);
    if (members != NULL && row.destroy_day != DAY_NONE &&
        json_object_set_new(members, "destroy_day", json_integer(row.destroy_day)) != 0) {
        json_decref(members);
        members = NULL;
    }
    r = person_event(tx, office, "data.recorded", person, actor, NULL, now_usec, members, NULL, &row.leaf, err);
    return r < 0 ? r : store_record_put(tx, &row, err);
}

int vault_put(struct tx *tx, const struct office *office, struct kept *kept, const struct person *person,
              const struct value_given *values, size_t count, const struct actor *actor, int64_t now_usec,
              struct field_errors *errors, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct checked *checked;
    struct subject_key key;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    checked = ARENA_ARRAY(&arena, struct checked, count);
    if (checked == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        check_value(kept, &values[i], i, now_usec, &checked[i], errors);
    if (errors->overflowed)
        return err_memory(err);
    if (errors->count > 0)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    r = refuse_destroyed(person, err);
    if (r == 0)
        r = refuse_blocked(person, err);
    if (r == 0)
        r = check_bases(tx, office, kept, person, checked, count, now_usec, err);
    if (r == 0)
        r = subject_key_get(tx, office->keyring, person->subject_id, &key, err);
    for (size_t i = 0; i < count && r == 0; i++)
        r = put_value(tx, office, person, &key, &checked[i], actor, now_usec, err);
    sodium_memzero(&key, sizeof(key));
    return r;
}

/* --- Reading and removing ------------------------------------------------------------------------------------------
 */

/* The plain value of a row, checked against its commitment. */
static int open_record(const struct subject_key *key, const char *subject_id, const struct person_record_row *row,
                       struct arena *arena, const char **ret, struct err *err)
{
    CLEANUP_JSON json_t *plain = NULL;
    char place[RECORD_PLACE_ROOM];
    uint8_t salt[SALT_BYTES];
    const char *salt_hex, *value;
    struct hash commitment;
    int r;

    record_place(subject_id, row->category, row->purpose, place);
    r = values_unseal(key, place, row->sealed, row->sealed_len, &plain, err);
    if (r < 0)
        return r;
    salt_hex = json_string_value(json_object_get(json_object_get(plain, "value"), "salt"));
    value = json_string_value(json_object_get(json_object_get(plain, "value"), "value"));
    if (value == NULL || salt_hex == NULL || !hex_decode(salt_hex, salt, sizeof(salt)))
        return err_set(err, ERR_DAMAGED, "store_damaged", "person %s", subject_id);
    commitment = ledger_commitment(salt, value, strlen(value));
    if (memcmp(&commitment, &row->commitment, sizeof(commitment)) != 0)
        return err_set(err, ERR_DAMAGED, "store_damaged", "person %s", subject_id);
    *ret = arena_strdup(arena, value);
    return *ret != NULL ? 0 : err_memory(err);
}

int vault_list(struct tx *tx, const struct office *office, const struct person *person, struct arena *arena,
               struct held_value **ret, size_t *ret_count, struct err *err)
{
    struct person_record_row *rows;
    struct held_value *values;
    struct subject_key key;
    struct err why = {0};
    bool gone = false;
    size_t count;
    int r = store_records_of(tx, person->serial, arena, &rows, &count, err);

    if (r < 0)
        return r;
    values = ARENA_ARRAY(arena, struct held_value, count + 1);
    if (values == NULL)
        return err_memory(err);
    r = count > 0 ? subject_key_get(tx, office->keyring, person->subject_id, &key, &why) : 0;
    if (r == -ERR_NOT_FOUND) {
        gone = true;
        r = 0;
    }
    if (r < 0 && err != NULL)
        *err = why;
    for (size_t i = 0; i < count && r == 0; i++) {
        values[i] = (struct held_value){.category = rows[i].category,
                                        .purpose = rows[i].purpose,
                                        .source = rows[i].source,
                                        .collected_usec = rows[i].collected_usec,
                                        .destroy_day = rows[i].destroy_day,
                                        .announced_usec = rows[i].announced_usec,
                                        .leaf = rows[i].leaf};
        if (!gone)
            r = open_record(&key, person->subject_id, &rows[i], arena, &values[i].value, err);
    }
    sodium_memzero(&key, sizeof(key));
    if (r == 0) {
        *ret = values;
        *ret_count = count;
    }
    return r;
}

int vault_keep_readable(struct tx *tx, const struct office *office, struct kept *kept, const struct person *person,
                        int64_t now_usec, struct held_value *values, size_t *count, struct err *err)
{
    CLEANUP_DECISION_LAW struct decision_law *law = NULL;
    size_t kept_count = 0;
    int r = decision_law_new(tx, office, kept, now_usec, &law, err);

    for (size_t i = 0; r == 0 && i < *count; i++) {
        const char *category, *purpose;
        struct decision decision;

        r = record_ids(kept, values[i].category, values[i].purpose, now_usec, &category, &purpose, err);
        if (r == 0)
            r = ask(tx, office, law, person, "read", purpose, category, now_usec, &decision, err);
        if (r == 0 && decision.answer == ANSWER_ALLOWED)
            values[kept_count++] = values[i];
    }
    if (r == 0)
        *count = kept_count;
    return r;
}

static bool stands(const struct legal_hold_row *row, int32_t today)
{
    return row->lifted_usec == TIME_NONE && (row->until_day == DAY_NONE || row->until_day >= today);
}

int hold_refuse(struct tx *tx, const struct office *office, const struct person *person, int64_t now_usec,
                struct err *err)
{
    int32_t today = zone_day_of(&office->catalogue->calendar->zone, now_usec);
    CLEANUP_ARENA struct arena arena;
    struct legal_hold_row *rows;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_holds_of(tx, person->serial, &arena, &rows, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (stands(&rows[i], today))
            r = err_set(err, ERR_CONFLICT, "held", "%.120s", rows[i].norm);
    return r;
}

int record_ids(const struct kept *kept, int category, int64_t purpose, int64_t now_usec, const char **ret_category,
               const char **ret_purpose, struct err *err)
{
    const struct kept_entry *entry = kept_by_number(kept, KEPT_PURPOSE, purpose, now_usec);
    const char *id = kept_category_id(kept, category);

    if (entry == NULL || id == NULL)
        return err_set(err, ERR_DAMAGED, "store_damaged", "entry purpose %" PRId64, purpose);
    *ret_category = id;
    *ret_purpose = entry->id;
    return 0;
}

int vault_remove_record(struct tx *tx, const struct office *office, const struct kept *kept,
                        const struct person *person, int category, int64_t purpose, const char *why,
                        const char *case_id, const struct actor *actor, int64_t now_usec, struct err *err)
{
    const char *category_id, *purpose_id;
    int64_t leaf;
    int r = refuse_blocked(person, err);

    if (r == 0)
        r = hold_refuse(tx, office, person, now_usec, err);
    if (r == 0)
        r = record_ids(kept, category, purpose, now_usec, &category_id, &purpose_id, err);
    if (r == 0)
        r = person_event(tx, office, "data.removed", person, actor, case_id, now_usec,
                         json_pack("{s:s, s:s, s:s}", "category", category_id, "purpose", purpose_id, "why", why), NULL,
                         &leaf, err);
    return r < 0 ? r : store_record_delete(tx, person->serial, category, purpose, err);
}

int vault_remove(struct tx *tx, const struct office *office, const struct person *person, int category, int64_t purpose,
                 const char *why, const char *case_id, const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct person_record_row row;
    struct kept *kept = NULL;
    struct err missing = {0};
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_record_get(tx, person->serial, category, purpose, &arena, &row, &missing);
    if (r == -ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "record_unknown", NULL);
    if (r < 0 && err != NULL)
        *err = missing;
    if (r == 0)
        r = kept_load(tx, office, &kept, err);
    if (r == 0)
        r = vault_remove_record(tx, office, kept, person, category, purpose, why, case_id, actor, now_usec, err);
    kept_unref(kept);
    return r;
}

/* --- Blocking ------------------------------------------------------------------------------------------------------
 */

static bool same_case(const json_t *body, const char *case_id)
{
    const char *of = json_string_value(json_object_get(body, "case_id"));

    return of == NULL ? case_id == NULL : case_id != NULL && strcmp(of, case_id) == 0;
}

/* Does that case's block stand? The newest of its events tells. */
static int blocks(struct tx *tx, const struct person *person, const char *case_id, bool *ret, struct err *err)
{
    static const char *const kinds[] = {"person.blocked", "person.unblocked", NULL};
    CLEANUP_ARENA struct arena arena;
    struct person_deed *deeds;
    bool found = false;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = person_history(tx, person->serial, kinds, 0, HISTORY_MAX, &arena, &deeds, &count, err);
    if (r < 0)
        return r;
    *ret = false;
    for (size_t i = 0; i < count && !found; i++) {
        found = same_case(deeds[i].body, case_id);
        if (found)
            *ret = strcmp(deeds[i].kind, "person.blocked") == 0;
    }
    person_history_done(deeds, count);
    return 0;
}

int person_blocked_by(struct tx *tx, const struct person *person, const char *case_id, bool *ret, struct err *err)
{
    *ret = false;
    return person->blocks == 0 ? 0 : blocks(tx, person, case_id, ret, err);
}

static int change_blocks(struct tx *tx, const struct office *office, const char *kind, const struct person *person,
                         int64_t by, const char *case_id, const struct actor *actor, int64_t now_usec, struct err *err)
{
    struct person changed = *person;
    int64_t leaf;
    int r = person_event(tx, office, kind, person, actor, case_id, now_usec, json_object(), NULL, &leaf, err);

    changed.blocks += by;
    return r < 0 ? r : person_write(tx, &changed, err);
}

int person_block(struct tx *tx, const struct office *office, const struct person *person, const char *case_id,
                 const struct actor *actor, int64_t now_usec, struct err *err)
{
    bool already = false;
    int r = refuse_destroyed(person, err);

    if (r == 0)
        r = person_blocked_by(tx, person, case_id, &already, err);
    if (r < 0 || already)
        return r;
    return change_blocks(tx, office, "person.blocked", person, 1, case_id, actor, now_usec, err);
}

int person_unblock(struct tx *tx, const struct office *office, const struct person *person, const char *case_id,
                   const struct actor *actor, int64_t now_usec, struct err *err)
{
    bool there = false;
    int r = refuse_destroyed(person, err);

    if (r == 0)
        r = person_blocked_by(tx, person, case_id, &there, err);
    if (r == 0 && !there)
        r = err_set(err, ERR_CONFLICT, "not_blocked", NULL);
    return r < 0 ? r : change_blocks(tx, office, "person.unblocked", person, -1, case_id, actor, now_usec, err);
}

/* --- Legal holds ---------------------------------------------------------------------------------------------------
 */

int hold_set(struct tx *tx, const struct office *office, const struct person *person, const char *norm,
             const char *reason, int32_t until_day, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
             struct err *err)
{
    struct legal_hold_row row = {
        .person = person->serial, .norm = norm, .reason = reason, .until_day = until_day, .lifted_usec = TIME_NONE};
    struct person changed = *person;
    json_t *members;
    int r = refuse_destroyed(person, err);

    if (r < 0)
        return r;
    if (until_day != DAY_NONE && until_day < zone_day_of(&office->catalogue->calendar->zone, now_usec))
        return err_set(err, ERR_BAD_INPUT, "hold_past", NULL);
    members = json_pack("{s:s, s:s}", "norm", norm, "reason", reason);
    if (members != NULL && until_day != DAY_NONE &&
        json_object_set_new(members, "until_day", json_integer(until_day)) != 0) {
        json_decref(members);
        members = NULL;
    }
    r = person_event(tx, office, "hold.set", person, actor, NULL, now_usec, members, NULL, &row.leaf, err);
    if (r == 0)
        r = store_hold_insert(tx, &row, err);
    changed.holds++;
    if (r == 0)
        r = person_write(tx, &changed, err);
    if (r == 0)
        *ret_leaf = row.leaf;
    return r;
}

int hold_lift(struct tx *tx, const struct office *office, const struct person *person, int64_t leaf,
              const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    const struct legal_hold_row *found = NULL;
    struct person changed = *person;
    struct legal_hold_row *rows;
    int64_t event;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_holds_of(tx, person->serial, &arena, &rows, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        if (rows[i].leaf == leaf)
            found = &rows[i];
    if (found == NULL)
        return err_set(err, ERR_NOT_FOUND, "hold_unknown", NULL);
    if (found->lifted_usec != TIME_NONE)
        return err_set(err, ERR_CONFLICT, "hold_lifted", NULL);
    r = person_event(tx, office, "hold.lifted", person, actor, NULL, now_usec,
                     json_pack("{s:I}", "hold", (json_int_t)leaf), NULL, &event, err);
    if (r == 0)
        r = store_hold_lift(tx, leaf, now_usec, err);
    changed.holds--;
    return r < 0 ? r : person_write(tx, &changed, err);
}

int holds_of(struct tx *tx, const struct office *office, const struct person *person, int64_t now_usec,
             struct arena *arena, struct legal_hold **ret, size_t *ret_count, struct err *err)
{
    int32_t today = zone_day_of(&office->catalogue->calendar->zone, now_usec);
    struct legal_hold_row *rows;
    struct legal_hold *holds;
    size_t count;
    int r = store_holds_of(tx, person->serial, arena, &rows, &count, err);

    if (r < 0)
        return r;
    holds = ARENA_ARRAY(arena, struct legal_hold, count + 1);
    if (holds == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        holds[i] = (struct legal_hold){.leaf = rows[i].leaf,
                                       .norm = rows[i].norm,
                                       .reason = rows[i].reason,
                                       .until_day = rows[i].until_day,
                                       .stands = stands(&rows[i], today)};
    *ret = holds;
    *ret_count = count;
    return 0;
}
