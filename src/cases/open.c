/* Opening a case, under the writer's turn: the number is drawn, the person found or made, and the event, the case's
 * row, its clocks, ties, files and messages are written together. What could be done before, open_prepare.c has done.
 */
#include "cases/effects.h"
#include "cases/open_parts.h"
#include <string.h>

#define RECEIPTS_A_DAY 10

/* The person behind one of the look-ups, or a new one; look-ups that lead nowhere yet lead to the person from now on.
 */
static int find_subject(struct tx *tx, const struct office *office, const struct case_prepared *prepared,
                        int64_t now_usec, struct arena *arena, char ret_id[static ID_TEXT], struct subject_key *ret_key,
                        struct err *err)
{
    bool known[LOOKUPS_MAX] = {false}, found = false;
    int r;

    /* Whoever is known is asked for no other name: an address in the form leads nobody to them. */
    if (prepared->subject_id != NULL) {
        struct err why = {0};

        r = subject_key_get(tx, office->keyring, prepared->subject_id, ret_key, &why);
        if (r == -ERR_NOT_FOUND)
            return err_set(err, ERR_CONFLICT, "person_destroyed", NULL);
        if (r < 0 && err != NULL)
            *err = why;
        snprintf(ret_id, ID_TEXT, "%s", prepared->subject_id);
        return r;
    }

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

static int run_effect(struct tx *tx, const struct office *office, const struct case_prepared *prepared,
                      const struct case_row *row, int64_t now_usec, struct err *err)
{
    struct effect_call call = {.effect = prepared->procedure->effect,
                               .procedure = prepared->procedure,
                               .row = row,
                               .subject_id = prepared->subject_id,
                               .given = prepared->values.clear,
                               .personal = prepared->values.sealed,
                               .actor = &prepared->actor,
                               .leaf = row->last_leaf,
                               .now_usec = now_usec};
    const struct case_effects *effects;

    effects = call.effect != NULL || call.subject_id != NULL ? effects_of(office, call.effect) : NULL;
    if (effects != NULL && effects->run != NULL)
        return effects->run(tx, office, &call, err);
    return call.effect == NULL ? 0 : err_set(err, ERR_INTERNAL, "effect_unknown", "%s", call.effect);
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
    if (r == 0)
        r = ties_write(tx, prepared->id, &prepared->ties, leaf, err);
    if (r == 0)
        r = register_follow(tx, office, prepared->procedure, &row, prepared->received_usec, err);
    if (r == 0)
        r = run_effect(tx, office, prepared, &row, now_usec, err);
    return r;
}

/* Anybody may write anybody's address into a complaint, on our page or on one that hands it on to the API. So that
 * nobody's mailbox is flooded by it, a person in whose name more than a few cases were opened within a day gets no
 * further receipts by mail; the page shows each all the same. What staff opens is told of always, and what a program
 * decided too: a person is owed the reasons of every decision. */
static int send_receipt(struct tx *tx, const struct case_prepared *prepared, const char *subject_id, int64_t leaf,
                        int64_t now_usec, struct err *err)
{
    int64_t earlier_usec = TIME_NONE;
    int r = 0;

    if (strcmp(prepared->opener, "staff") != 0 && !prepared->procedure->decides)
        r = store_case_nth_newest(tx, subject_id, RECEIPTS_A_DAY, &earlier_usec, err);
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

    r = limits_check(tx, office, prepared->procedure, &prepared->ties, prepared->values.clear, prepared->received_usec,
                     err);
    if (r == 0)
        r = find_subject(tx, office, prepared, now_usec, &arena, subject_id, &key, err);
    if (r < 0)
        return r;
    year = date_from_day(zone_day_of(&office->catalogue->calendar->zone, now_usec)).year;
    r = store_case_next_seq(tx, prepared->procedure->id, procedure_number_year(prepared->procedure, year), &seq, err);
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
