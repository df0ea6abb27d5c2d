/* Opening a case. Everything that can be done before the writer's turn is done in case_open_prepare: checking,
 * commitments, encrypting files, computing clocks, and the body of the event but for what only the writer knows: the
 * moment, the number and the person. case_open lays these between the prepared pieces and writes. */
#include "cases/parts.h"
#include <assert.h>
#include <string.h>

#define LOOKUPS_MAX 6
#define RECEIPTS_A_DAY 10

/* How a person may be found again: a keyed hash of what was given. */
struct lookup {
    struct hash hash;
};

struct case_prepared {
    const struct procedure *procedure;
    const char *opener;
    enum lang lang;
    int64_t received_usec;
    struct actor actor;
    char id[ID_TEXT];
    char access_code[16];
    struct value_parts values;
    struct attachment_sealed *files;
    size_t file_count;
    struct clock_row *clocks;
    size_t clock_count;
    struct lookup lookups[LOOKUPS_MAX];
    size_t lookup_count;
    bool has_email;
    struct repeat repeat;
    /* The body in canonical order of its keys: HEAD moment MIDDLE number REST subject TAIL. */
    const char *body_head, *body_middle, *body_rest, *body_tail;
};

static int check_opening(const struct office *office, const struct case_opening *opening, int64_t now_usec,
                         struct field_errors *errors, struct err *err)
{
    const struct procedure *procedure = opening->procedure;
    unsigned opener = strcmp(opening->opener, "public") == 0  ? OPENER_PUBLIC
                      : strcmp(opening->opener, "staff") == 0 ? OPENER_STAFF
                      : strcmp(opening->opener, "api") == 0   ? OPENER_API
                                                              : 0;

    if ((procedure->open_to & opener) == 0)
        return err_set(err, ERR_FORBIDDEN, "opener_not_allowed", NULL);
    if (opening->received_usec > now_usec) {
        field_errors_add(errors, "received", "received_in_future", NULL);
        return 0;
    }
    for (size_t i = 0; i < procedure->clock_count; i++) {
        const struct procedure_clock *clock = &procedure->clocks[i];

        if (procedure_clock_starts_on(clock, "opened") &&
            catalogue_norm_at(office->catalogue, clock->norm_id, opening->received_usec) == NULL) {
            field_errors_add(errors, "received", "received_before_norm", "%s", clock->norm_id);
            return 0;
        }
    }
    return 0;
}

static int start_clocks(const struct office *office, const struct case_opening *opening, int64_t now_usec,
                        struct case_prepared *prepared, struct arena *arena, struct err *err)
{
    const struct procedure *procedure = opening->procedure;

    prepared->clocks = ARENA_ARRAY(arena, struct clock_row, procedure->clock_count);
    if (prepared->clocks == NULL)
        return err_memory(err);
    for (size_t i = 0; i < procedure->clock_count; i++) {
        bool in_force;
        int r;

        if (!procedure_clock_starts_on(&procedure->clocks[i], "opened"))
            continue;
        r = clock_start(office, &procedure->clocks[i], prepared->id, opening->received_usec, now_usec,
                        &prepared->clocks[prepared->clock_count], &in_force, err);
        if (r < 0)
            return r;
        if (in_force)
            prepared->clock_count++;
    }
    return 0;
}

static void find_lookups(const struct office *office, const struct field_value *values, size_t count,
                         struct case_prepared *prepared)
{
    for (size_t i = 0; i < count; i++) {
        enum field_type type = values[i].field->type;
        const char *kind = type == FIELD_EMAIL   ? "email"
                           : type == FIELD_PHONE ? "phone"
                           : type == FIELD_IIN   ? "iin"
                                                 : NULL;

        if (kind == NULL || values[i].count == 0 || !values[i].field->personal)
            continue;
        if (type == FIELD_EMAIL)
            prepared->has_email = true;
        if (prepared->lookup_count < LOOKUPS_MAX)
            prepared->lookups[prepared->lookup_count++].hash =
                keyring_lookup(office->keyring, kind, values[i].texts[0]);
    }
}

/* The canonical text of an object without its braces, in the arena. */
static int members(json_t *object, struct arena *arena, const char **ret, struct err *err)
{
    CLEANUP_JSON json_t *owned = object;
    CLEANUP_BUF struct buf text = {0};
    int r;

    if (owned == NULL)
        return err_memory(err);
    buf_init(&text, BODY_LIMIT);
    r = json_canonical(owned, &text, err);
    if (r < 0)
        return r;
    *ret = arena_strndup(arena, text.data + 1, text.len - 2);
    return *ret != NULL ? 0 : err_memory(err);
}

static json_t *clocks_json(const struct case_prepared *prepared)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < prepared->clock_count; i++) {
        struct clock_change change = {.kind = CLOCK_STARTED, .row = prepared->clocks[i]};

        if (json_array_append_new(list, clock_change_json(&change)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Keys in order: account_id, actor | at_usec | attachments, calendar, case_id, catalogue, clocks, kind, lang | number |
 * opener, personal, procedure, received, state | subject_id | token_id, values, version. */
static int write_body(const struct office *office, struct case_prepared *prepared, struct arena *arena, struct err *err)
{
    const struct actor *actor = &prepared->actor;
    json_t *personal = NULL, *values = NULL;
    int r = stored_json_parse(prepared->values.personal, strlen(prepared->values.personal), "values", &personal, err);

    if (r < 0)
        return r;
    r = members(json_pack("{s:s*, s:s}", "account_id", actor->account_id[0] != '\0' ? actor->account_id : NULL, "actor",
                          actor_word(actor)),
                arena, &prepared->body_head, err);
    if (r == 0)
        r = members(json_pack("{s:o, s:s, s:s, s:s, s:o, s:s, s:s}", "attachments",
                              attachments_json(prepared->files, prepared->file_count), "calendar",
                              office->calendar_hash, "case_id", prepared->id, "catalogue", office->catalogue_hash,
                              "clocks", clocks_json(prepared), "kind", "case.opened", "lang",
                              lang_code(prepared->lang)),
                    arena, &prepared->body_middle, err);
    if (r < 0) {
        json_decref(personal);
        return r;
    }
    r = members(json_pack("{s:s, s:o, s:s, s:I, s:s}", "opener", prepared->opener, "personal", personal, "procedure",
                          prepared->procedure->id, "received", (json_int_t)prepared->received_usec, "state",
                          prepared->procedure->states[0].id),
                arena, &prepared->body_rest, err);
    if (r == 0)
        r = stored_json_parse(prepared->values.clear, strlen(prepared->values.clear), "values", &values, err);
    if (r < 0)
        return r;
    return members(json_pack("{s:s*, s:o, s:i}", "token_id", actor->token_id[0] != '\0' ? actor->token_id : NULL,
                             "values", values, "version", 1),
                   arena, &prepared->body_tail, err);
}

bool procedure_form_names_cases(const struct procedure *procedure)
{
    for (size_t i = 0; i < procedure->field_count; i++)
        if (procedure->fields[i].type == FIELD_CASE)
            return true;
    return false;
}

int case_open_prepare(struct tx *tx, const struct office *office, const struct case_opening *opening,
                      const struct actor *actor, int64_t now_usec, struct arena *arena,
                      const struct case_prepared **ret, struct field_errors *errors, struct err *err)
{
    const struct procedure *procedure = opening->procedure;
    const struct field_value *values = NULL;
    struct case_prepared *prepared = ARENA_NEW(arena, struct case_prepared);
    char more[160];
    int r, fields, files;

    if (prepared == NULL)
        return err_memory(err);
    *prepared = (struct case_prepared){
        .procedure = procedure,
        .opener = opening->opener,
        .lang = opening->lang,
        .received_usec = opening->received_usec,
        .actor = *actor,
        .file_count = opening->file_count,
    };
    r = check_opening(office, opening, now_usec, errors, err);
    if (r < 0)
        return r;
    fields = fields_validate(procedure->fields, procedure->field_count, opening->raw, opening->raw_count,
                             &office->catalogue->calendar->zone, catalogue_is_country, office->catalogue, arena,
                             &values, errors, err);
    if (fields < 0 && fields != -ERR_BAD_INPUT)
        return fields;
    files = attachments_check(opening->files, opening->file_count, errors, err);
    if (files < 0 && files != -ERR_BAD_INPUT)
        return files;
    if (errors->overflowed)
        return err_memory(err);
    if (errors->count > 0)
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);

    /* Without a moment of its own a repeated request would differ from the first by the time that has passed. */
    snprintf(more, sizeof(more), "%s %lld", opening->opener,
             opening->received_usec == now_usec ? 0LL : (long long)opening->received_usec);
    r = repeat_make(office, opening->idempotency_key, procedure->id, actor, opening->raw, opening->raw_count,
                    opening->files, opening->file_count, more, &prepared->repeat, err);
    if (r < 0)
        return r;
    id_new(now_usec, prepared->id);
    keyring_access_code(office->keyring, prepared->id, prepared->access_code);
    find_lookups(office, values, procedure->field_count, prepared);
    r = value_parts_make(values, procedure->field_count, arena, &prepared->values, err);
    if (r == 0)
        r = attachments_seal(opening->files, opening->file_count, now_usec, arena, &prepared->files, err);
    if (r == 0)
        r = start_clocks(office, opening, now_usec, prepared, arena, err);
    if (r == 0)
        r = write_body(office, prepared, arena, err);
    if (r < 0)
        return r;
    *ret = prepared;
    return 0;
}

/* The person behind one of the look-ups, or a new one; look-ups that lead nowhere yet lead to the person from now on.
 */
static int find_subject(struct tx *tx, const struct office *office, const struct case_prepared *prepared,
                        int64_t now_usec, struct arena *arena, char ret_id[static ID_TEXT], struct subject_key *ret_key,
                        struct err *err)
{
    bool known[LOOKUPS_MAX] = {false}, found = false;
    int r;

    for (size_t i = 0; i < prepared->lookup_count; i++) {
        const char *id = NULL;
        struct err why = {0};

        r = store_subject_by_lookup(tx, &prepared->lookups[i].hash, arena, &id, err);
        if (r < 0)
            return r;
        known[i] = id != NULL;
        if (id == NULL || found)
            continue;
        r = subject_key_get(tx, office->keyring, id, ret_key, &why);
        if (r == -ERR_NOT_FOUND) {
            known[i] = false; /* destroyed: whoever comes now is somebody new */
        } else if (r < 0) {
            if (err != NULL)
                *err = why;
            return r;
        } else {
            snprintf(ret_id, ID_TEXT, "%s", id);
            found = true;
        }
    }
    if (!found) {
        r = subject_new(tx, office->keyring, now_usec, ret_id, ret_key, err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < prepared->lookup_count; i++) {
        if (known[i])
            continue;
        r = store_subject_lookup_put(tx, &prepared->lookups[i].hash, ret_id, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int answer_again(struct tx *tx, const struct case_prepared *prepared, const struct office *office,
                        const struct idempotency_row *first, struct arena *arena, struct case_opened *ret,
                        struct err *err)
{
    struct case_opened opened = {.leaf = first->leaf, .repeated = true};
    struct case_row row;
    struct event_row event;
    int r = store_case_get(tx, first->case_id, arena, &row, err);

    if (r == 0)
        r = store_event_get(tx, first->leaf, arena, &event, err);
    if (r < 0)
        return r;
    snprintf(opened.id, sizeof(opened.id), "%s", row.id);
    snprintf(opened.number, sizeof(opened.number), "%s", row.number);
    keyring_access_code(office->keyring, row.id, opened.access_code);
    opened.leaf_hash = event.leaf_hash;
    *ret = opened;
    return 0;
}

static int write_event(struct tx *tx, const struct case_prepared *prepared, int64_t now_usec, const char *number,
                       const char *subject_id, const struct subject_key *key, int64_t *ret_leaf, struct hash *ret_hash,
                       struct err *err)
{
    CLEANUP_BUF struct buf body = {0};
    CLEANUP_BUF struct buf sealed = {0};
    char place[PLACE_ROOM];

    buf_init(&body, BODY_LIMIT);
    buf_printf(&body, "{%s,\"at_usec\":%lld,%s,\"number\":", prepared->body_head, (long long)now_usec,
               prepared->body_middle);
    buf_put_json_string(&body, number);
    buf_printf(&body, ",%s,\"subject_id\":\"%s\",%s}", prepared->body_rest, subject_id, prepared->body_tail);
    if (body.failed)
        return err_memory(err);
    buf_init(&sealed, BODY_LIMIT);
    if (prepared->values.sealed != NULL) {
        int r;

        place_of("event", prepared->id, place);
        r = seal(key, place, prepared->values.sealed, prepared->values.sealed_len, &sealed, err);
        if (r < 0)
            return r;
    }
    return record_text(tx, "case.opened", prepared->id, &prepared->actor, now_usec, body.data, body.len, subject_id,
                       &sealed, ret_leaf, ret_hash, err);
}

static int write_case(struct tx *tx, const struct office *office, const struct case_prepared *prepared,
                      int64_t now_usec, const char *number, const char *subject_id, const struct subject_key *key,
                      int64_t leaf, struct err *err)
{
    CLEANUP_BUF struct buf sealed = {0};
    char place[PLACE_ROOM];
    struct case_row row = {
        .id = prepared->id,
        .procedure = prepared->procedure->id,
        .number = number,
        .version = 1,
        .opened_usec = prepared->received_usec,
        .registered_usec = now_usec,
        .opener = prepared->opener,
        .opener_account = prepared->actor.account_id[0] != '\0' ? prepared->actor.account_id : NULL,
        .subject_id = subject_id,
        .lang = lang_code(prepared->lang),
        .fields = prepared->values.clear,
        .last_leaf = leaf,
    };
    int r;

    buf_init(&sealed, BODY_LIMIT);
    if (prepared->values.sealed != NULL) {
        place_of("case", prepared->id, place);
        r = seal(key, place, prepared->values.sealed, prepared->values.sealed_len, &sealed, err);
        if (r < 0)
            return r;
        row.sealed = sealed.data;
        row.sealed_len = sealed.len;
    }
    case_begin(prepared->procedure, &row, now_usec);
    clocks_next(office->catalogue, &row, prepared->clocks, prepared->clock_count);
    r = store_case_insert(tx, &row, err);
    for (size_t i = 0; r == 0 && i < prepared->clock_count; i++)
        r = store_clock_put(tx, &prepared->clocks[i], err);
    return r;
}

/* Anybody may write anybody's address into a complaint. So that nobody's mailbox is flooded by it, a person who opened
 * more than a few cases within a day gets no further receipts by mail; the page shows each all the same. */
static int send_receipt(struct tx *tx, const struct case_prepared *prepared, const char *subject_id, int64_t leaf,
                        int64_t now_usec, struct err *err)
{
    int64_t earlier_usec;
    int r = store_case_nth_newest(tx, subject_id, RECEIPTS_A_DAY, &earlier_usec, err);

    if (r < 0 || (earlier_usec != TIME_NONE && earlier_usec > now_usec - USEC_PER_DAY))
        return r;
    return message_opener(tx, "receipt", prepared->id, leaf, now_usec, err);
}

int case_open(struct tx *tx, const struct office *office, const struct case_prepared *prepared, int64_t now_usec,
              struct case_opened *ret, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct case_opened opened = {.repeated = false};
    struct idempotency_row first;
    char subject_id[ID_TEXT];
    struct subject_key key;
    const char *number;
    int64_t seq;
    bool repeated;
    int year, r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = repeat_find(tx, &prepared->repeat, &arena, &first, &repeated, err);
    if (r < 0)
        return r;
    if (repeated)
        return answer_again(tx, prepared, office, &first, &arena, ret, err);

    r = find_subject(tx, office, prepared, now_usec, &arena, subject_id, &key, err);
    if (r < 0)
        return r;
    year = date_from_day(zone_day_of(&office->catalogue->calendar->zone, now_usec)).year;
    r = store_case_next_seq(tx, prepared->procedure->id, year, &seq, err);
    if (r < 0)
        return r;
    number = procedure_number(prepared->procedure, year, seq, &arena);
    if (number == NULL)
        return err_memory(err);
    r = write_event(tx, prepared, now_usec, number, subject_id, &key, &opened.leaf, &opened.leaf_hash, err);
    if (r == 0)
        r = write_case(tx, office, prepared, now_usec, number, subject_id, &key, opened.leaf, err);
    if (r == 0)
        r = attachments_insert(tx, prepared->files, prepared->file_count, prepared->id, subject_id, &key, opened.leaf,
                               err);
    if (r == 0 && prepared->has_email)
        r = send_receipt(tx, prepared, subject_id, opened.leaf, now_usec, err);
    if (r == 0)
        r = repeat_keep(tx, &prepared->repeat, prepared->id, opened.leaf, now_usec, err);
    if (r < 0)
        return r;
    snprintf(opened.id, sizeof(opened.id), "%s", prepared->id);
    snprintf(opened.number, sizeof(opened.number), "%s", number);
    snprintf(opened.access_code, sizeof(opened.access_code), "%s", prepared->access_code);
    *ret = opened;
    return 0;
}
