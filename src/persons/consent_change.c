/* What becomes of a consent: withdrawn whole or in part, restored by a reasoned refusal, over by its term, its purpose
 * achieved, its person destroyed. Each is an event, and what the row then holds follows from it. */
#include "cases/record.h"
#include "persons/consent_parts.h"
#include "persons/vault.h"
#include "store/person_rows.h"
#include <string.h>

#define EXPIRY_LIMIT (4u << 20)
#define PAGE_LIMIT ((size_t)256 << 20)
#define EVENTS_AT_ONCE 500

static int already(const struct consent_row *row, struct err *err)
{
    bool withdrawn = row->ended == NULL || strcmp(row->ended, "withdrawn") == 0;

    return err_set(err, ERR_CONFLICT, withdrawn ? "consent_already_withdrawn" : "consent_ended", NULL);
}

static int row_get(struct tx *tx, int64_t leaf, struct arena *arena, struct consent_row *ret, struct err *err)
{
    bool found;
    int r = store_consent_get(tx, leaf, arena, ret, &found, err);

    return r == 0 && !found ? err_set(err, ERR_NOT_FOUND, "consent_unknown", NULL) : r;
}

/* Why the purpose lets nobody withdraw; NULL where it does not say so. */
static int forbidden(struct tx *tx, const struct office *office, int64_t purpose, int64_t now_usec, struct arena *arena,
                     const char **ret, struct err *err)
{
    struct kept *kept;
    const struct kept_entry *entry;
    const char *reason;
    int r = kept_load(tx, office, &kept, err);

    if (r < 0)
        return r;
    entry = kept_by_number(kept, KEPT_PURPOSE, purpose, now_usec);
    reason = entry != NULL ? json_string_value(json_object_get(entry->json, "withdrawal_forbidden")) : NULL;
    *ret = arena_strdup(arena, reason);
    if (reason != NULL && *ret == NULL)
        r = err_memory(err);
    kept_unref(kept);
    return r;
}

/* Writes the event; `aspects` 0: the kind tells all. */
static int tell(struct tx *tx, const struct office *office, const char *kind, const struct person *person,
                const struct consent_row *row, unsigned aspects, const char *why, const char *case_id,
                const struct actor *actor, int64_t now_usec, struct err *err)
{
    json_t *members = json_pack("{s:I, s:s*}", "consent", (json_int_t)row->leaf, "why", why);
    int64_t leaf;

    if (members != NULL && aspects != 0 && json_object_set_new(members, "aspects", aspects_json(aspects)) != 0) {
        json_decref(members);
        members = NULL;
    }
    return person_event(tx, office, kind, person, actor, case_id, now_usec, members, NULL, &leaf, err);
}

static int may_withdraw(struct tx *tx, const struct office *office, int64_t person, int64_t leaf, unsigned aspects,
                        int64_t now_usec, struct arena *arena, struct consent_row *ret, struct err *err)
{
    const char *why;
    int r = row_get(tx, leaf, arena, ret, err);

    if (r < 0)
        return r;
    if (ret->person != person)
        return err_set(err, ERR_NOT_FOUND, "consent_unknown", NULL);
    if (ret->ended_usec != TIME_NONE || (ret->stands & aspects) == 0)
        return already(ret, err);
    r = forbidden(tx, office, ret->purpose, now_usec, arena, &why, err);
    if (r == 0 && why != NULL)
        r = err_set(err, ERR_CONFLICT, "withdrawal_forbidden", "%s", why);
    return r;
}

int consent_withdraw(struct tx *tx, const struct office *office, int64_t person, int64_t leaf, unsigned aspects,
                     const char *case_id, const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct consent_row row;
    struct person whose;
    unsigned taken;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = may_withdraw(tx, office, person, leaf, aspects, now_usec, &arena, &row, err);
    if (r == 0)
        r = person_by_serial(tx, person, &arena, &whose, err);
    if (r < 0)
        return r;
    /* Without the processing itself the rest has nothing to stand on. */
    taken = (aspects & ASPECT_PROCESSING) != 0 ? row.stands : row.stands & aspects;
    row.stands &= ~taken;
    r = tell(tx, office, "consent.withdrawn", &whose, &row, taken, NULL, case_id, actor, now_usec, err);
    if (r == 0)
        r = store_consent_update(tx, leaf, row.stands, row.stands == 0 ? now_usec : TIME_NONE,
                                 row.stands == 0 ? "withdrawn" : NULL, err);
    return r < 0 ? r : retention_consent(tx, office, &whose, row.purpose, actor, now_usec, err);
}

/* What the withdrawals of a consent leave of it, read from the newest event back. */
struct leaving {
    int64_t consent;
    const char *case_id;  /* whose withdrawal is refused now */
    const char **refused; /* cases whose withdrawal was refused before */
    size_t refused_count, refused_room;
    unsigned taken;           /* by withdrawals that nobody refused */
    bool withdrawn, restored; /* its own: an event of the kind is newer than any of the other */
    bool given;               /* nothing is before the consent itself */
};

static bool was_refused(const struct leaving *leaving, const char *case_id)
{
    for (size_t i = 0; i < leaving->refused_count; i++)
        if (strcmp(leaving->refused[i], case_id) == 0)
            return true;
    return false;
}

static int keep_refused(struct leaving *leaving, const char *case_id, struct arena *arena, struct err *err)
{
    if (leaving->refused_count == leaving->refused_room) {
        size_t room = leaving->refused_room != 0 ? leaving->refused_room * 2 : 8;
        const char **wider = ARENA_ARRAY(arena, const char *, room);
        if (wider == NULL)
            return err_memory(err);
        if (leaving->refused_count != 0)
            memcpy(wider, leaving->refused, leaving->refused_count * sizeof(*wider));
        leaving->refused = wider;
        leaving->refused_room = room;
    }
    leaving->refused[leaving->refused_count] = arena_strdup(arena, case_id);
    return leaving->refused[leaving->refused_count++] != NULL ? 0 : err_memory(err);
}

static int leave_event(struct leaving *leaving, const struct event_row *event, struct arena *arena, struct err *err)
{
    bool restored = strcmp(event->kind, "consent.restored") == 0;
    CLEANUP_JSON json_t *body = NULL;
    unsigned aspects;
    int r;

    leaving->given = event->leaf <= leaving->consent;
    if (!restored && strcmp(event->kind, "consent.withdrawn") != 0)
        return 0;
    r = stored_json_parse(event->body, event->body_len, "the body of an event", &body, err);
    if (r < 0 || json_integer_value(json_object_get(body, "consent")) != leaving->consent)
        return r;
    if (event->case_id != NULL && strcmp(event->case_id, leaving->case_id) == 0) {
        leaving->restored = leaving->restored || (restored && !leaving->withdrawn);
        leaving->withdrawn = leaving->withdrawn || !restored;
        return 0;
    }
    if (restored)
        return event->case_id != NULL ? keep_refused(leaving, event->case_id, arena, err) : 0;
    if (event->case_id != NULL && was_refused(leaving, event->case_id))
        return 0;
    aspects = aspects_of_json(json_object_get(body, "aspects"));
    leaving->taken |= (aspects & ASPECT_PROCESSING) != 0 ? ~0u : aspects;
    return 0;
}

static int leave(struct tx *tx, const struct consent_row *row, struct leaving *leaving, struct arena *arena,
                 struct err *err)
{
    size_t count = EVENTS_AT_ONCE;
    int64_t before = 0;
    int r = 0;

    while (r == 0 && count == EVENTS_AT_ONCE && !leaving->given) {
        CLEANUP_ARENA struct arena page;
        struct event_row *events;
        arena_init(&page, PAGE_LIMIT);
        r = store_person_events(tx, row->person, before, EVENTS_AT_ONCE, &page, &events, &count, err);
        for (size_t i = 0; r == 0 && i < count && !leaving->given; i++) {
            before = events[i].leaf;
            r = leave_event(leaving, &events[i], arena, err);
        }
    }
    return r;
}

/* The case's withdrawal counts no more: what was given and no other withdrawal took, stands again. Where another took
 * all of that, the event is written all the same (and names no aspect): when the other is refused too, it tells that
 * this one no longer stands in the way. */
static int restore_one(struct tx *tx, const struct office *office, const struct event_row *event, const char *case_id,
                       const struct actor *actor, int64_t now_usec, struct arena *arena, struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    struct leaving leaving = {.case_id = case_id};
    struct consent_row row;
    struct person person;
    unsigned aspects;
    int r = stored_json_parse(event->body, event->body_len, "the body of an event", &body, err);

    if (r == 0)
        r = row_get(tx, json_integer_value(json_object_get(body, "consent")), arena, &row, err);
    if (r < 0 || (row.ended != NULL && strcmp(row.ended, "withdrawn") != 0))
        return r;
    leaving.consent = row.leaf;
    r = leave(tx, &row, &leaving, arena, err);
    if (r < 0 || leaving.restored)
        return r;
    aspects = row.given & ~leaving.taken & ~row.stands;
    r = person_by_serial(tx, row.person, arena, &person, err);
    if (r == 0)
        r = tell(tx, office, "consent.restored", &person, &row, aspects, NULL, case_id, actor, now_usec, err);
    if (r < 0 || aspects == 0)
        return r;
    r = store_consent_update(tx, row.leaf, row.stands | aspects, TIME_NONE, NULL, err);
    return r < 0 ? r : retention_consent(tx, office, &person, row.purpose, actor, now_usec, err);
}

int consent_restore(struct tx *tx, const struct office *office, const char *case_id, const struct actor *actor,
                    int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct event_row *events;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_event_of_case(tx, case_id, "consent.withdrawn", &arena, &events, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = restore_one(tx, office, &events[i], case_id, actor, now_usec, &arena, err);
    return r;
}

/* Nothing of it holds any more. */
static int end_one(struct tx *tx, const struct office *office, const struct consent_row *row, const char *kind,
                   const char *ended, const char *why, const struct actor *actor, int64_t now_usec, struct arena *arena,
                   struct err *err)
{
    struct person person;
    int r = person_by_serial(tx, row->person, arena, &person, err);

    if (r == 0)
        r = tell(tx, office, kind, &person, row, 0, why, NULL, actor, now_usec, err);
    if (r == 0)
        r = store_consent_update(tx, row->leaf, 0, now_usec, ended, err);
    return r < 0 ? r : retention_consent(tx, office, &person, row->purpose, actor, now_usec, err);
}

int consent_end(struct tx *tx, const struct office *office, int64_t leaf, const struct actor *actor, int64_t now_usec,
                struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct consent_row row;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = row_get(tx, leaf, &arena, &row, err);
    if (r < 0)
        return r;
    if (row.ended_usec != TIME_NONE)
        return already(&row, err);
    return end_one(tx, office, &row, "consent.ended", "achieved", "achieved", actor, now_usec, &arena, err);
}

int consents_expire(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
                    struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct actor system = system_actor();
    struct consent_row *rows;
    size_t count;
    int r;

    arena_init(&arena, EXPIRY_LIMIT);
    /* A consent holds until its last second, and in it no more. */
    r = store_consent_over(tx, now_usec / USEC_PER_SEC + 1, limit, &arena, &rows, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = end_one(tx, office, &rows[i], "consent.expired", "expired", NULL, &system, now_usec, &arena, err);
    if (r == 0)
        *ret_count = count;
    return r;
}

int consents_destroy(struct tx *tx, int64_t person, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct consent_row *rows;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_consent_of(tx, person, &arena, &rows, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (rows[i].ended_usec == TIME_NONE)
            r = store_consent_update(tx, rows[i].leaf, 0, now_usec, "destroyed", err);
    return r;
}
