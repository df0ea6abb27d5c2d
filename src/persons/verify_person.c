/* One person's rows, held against what their events say they must be (verify_life.c). Nothing here trusts a row. */
#include "cases/record.h"
#include "persons/vault.h"
#include "persons/verify_parts.h"
#include <sodium.h>

#define EVENTS_PAGE 512

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
    struct err why = {0};
    const char *hex;
    int r = subject_key_get(work->tx, work->office->keyring, row->subject_id, &key, &why);

    record_place(row->subject_id, record->category, record->purpose, place);
    if (r == 0)
        r = values_unseal(&key, place, record->sealed, record->sealed_len, &values, &why);
    sodium_memzero(&key, sizeof(key));
    if (r == -ERR_DAMAGED || r == -ERR_NOT_FOUND) /* nobody's key has a value that is held */
        return differs(row, "a value", err);
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
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

        if (rows[i].leaf != said->leaf || rows[i].purpose != said->purpose ||
            !same_text(rows[i].case_id, said->case_id) || !same_text(rows[i].ground, said->ground) ||
            !same_text(rows[i].state, said->state) || rows[i].changed_usec != said->changed_usec)
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
        whose = json_string_value(json_object_get(bodies[i], "subject_id"));
        if (!same_text(whose, row->subject_id))
            return persons_damaged(err, "somebody else's", "event %lld", (long long)events[i].leaf);
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
