/* Retention: until when a value is held, told beforehand, then carried out.
 *
 * A value's last day is counted when it is recorded, and anew when the relation it was collected for ends or begins
 * anew: by the version of the purpose that the person agreed to, so that a later change of the register moves nothing.
 */
#include "cases/record.h"
#include "persons/consents.h"
#include "persons/vault.h"
#include <string.h>

#define ANNOUNCED_USEC (RETENTION_LEAST_DAYS * USEC_PER_DAY)

static int32_t add_months(int32_t day, int64_t months)
{
    struct date date = date_from_day(day);
    int64_t month = date.year * INT64_C(12) + date.month - 1 + months;

    date.year = (int)(month / 12);
    date.month = (int)(month % 12) + 1;
    while (!date_valid(date) && date.day > 28) /* the 31st of a month of thirty days is its last */
        date.day--;
    return day_from_date(date);
}

int32_t retention_day(const struct kept_entry *purpose, const struct zone *zone, int64_t collected_usec,
                      int64_t ended_usec)
{
    const json_t *retention = json_object_get(purpose->json, "retention");
    const char *unit = json_string_value(json_object_get(retention, "unit"));
    const char *after = json_string_value(json_object_get(retention, "after"));
    int64_t amount = json_integer_value(json_object_get(retention, "amount"));
    bool from_collection = after != NULL && strcmp(after, "collected") == 0;
    int64_t from_usec = from_collection ? collected_usec : ended_usec;
    int32_t day;

    if (from_usec == TIME_NONE)
        return DAY_NONE;
    day = zone_day_of(zone, from_usec);
    if (unit == NULL)
        return day;
    if (strcmp(unit, "day") == 0)
        return day + (int32_t)amount;
    return add_months(day, strcmp(unit, "year") == 0 ? 12 * amount : amount);
}

/* --- Counting anew -------------------------------------------------------------------------------------------------
 */

static int count_record(struct tx *tx, const struct office *office, const struct kept *kept,
                        const struct person *person, const struct person_record_row *row, int32_t day,
                        const struct actor *actor, int64_t now_usec, struct err *err)
{
    const char *category_id, *purpose_id;
    json_t *members;
    int64_t leaf;
    int r;

    if (day == row->destroy_day)
        return 0;
    r = record_ids(kept, row->category, row->purpose, now_usec, &category_id, &purpose_id, err);
    if (r < 0)
        return r;
    members = json_pack("{s:s, s:s}", "category", category_id, "purpose", purpose_id);
    if (members != NULL && day != DAY_NONE && json_object_set_new(members, "destroy_day", json_integer(day)) != 0) {
        json_decref(members);
        members = NULL;
    }
    r = person_event(tx, office, "retention.counted", person, actor, NULL, now_usec, members, NULL, &leaf, err);
    /* What was announced was another day. */
    return r < 0 ? r : store_record_due(tx, person->serial, row->category, row->purpose, day, TIME_NONE, err);
}

static int count_records(struct tx *tx, const struct office *office, const struct kept *kept,
                         const struct person *person, int64_t purpose, const struct kept_entry *version,
                         int64_t ended_usec, const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct person_record_row *rows;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_records_of(tx, person->serial, &arena, &rows, &count, err);
    for (size_t i = 0; i < count && r == 0; i++)
        if (rows[i].purpose == purpose)
            r = count_record(
                tx, office, kept, person, &rows[i],
                retention_day(version, &office->catalogue->calendar->zone, rows[i].collected_usec, ended_usec), actor,
                now_usec, err);
    return r;
}

int retention_follow(struct tx *tx, const struct office *office, const struct kept *kept, const struct person *person,
                     int64_t purpose, const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    const struct kept_entry *version = NULL;
    struct consent *consents;
    int64_t ended_usec = TIME_NONE;
    size_t count;
    bool stands = false;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = consents_of(tx, person->serial, &arena, &consents, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        if (consents[i].purpose != purpose)
            continue;
        if (version == NULL) /* the newest: what the person agreed to last */
            version = kept_version(kept, KEPT_PURPOSE, purpose, consents[i].purpose_version);
        stands = stands || consents[i].ended_usec == TIME_NONE;
        if (consents[i].ended_usec > ended_usec)
            ended_usec = consents[i].ended_usec;
    }
    if (version == NULL)
        return 0; /* no consent at all: another relation */
    return count_records(tx, office, kept, person, purpose, version, stands ? TIME_NONE : ended_usec, actor, now_usec,
                         err);
}

int retention_consent(struct tx *tx, const struct office *office, const struct person *person, int64_t purpose,
                      const struct actor *actor, int64_t now_usec, struct err *err)
{
    struct kept *kept = NULL;
    bool any = false;
    int r = store_record_any(tx, person->serial, purpose, &any, err);

    if (r < 0 || !any)
        return r;
    r = kept_load(tx, office, &kept, err);
    if (r == 0)
        r = retention_follow(tx, office, kept, person, purpose, actor, now_usec, err);
    kept_unref(kept);
    return r;
}

int retention_end(struct tx *tx, const struct office *office, const struct kept *kept, const struct person *person,
                  int64_t purpose, int64_t ended_usec, const struct actor *actor, int64_t now_usec, struct err *err)
{
    const struct kept_entry *version = kept_by_number(kept, KEPT_PURPOSE, purpose, now_usec);

    if (version == NULL)
        return err_set(err, ERR_NOT_FOUND, "purpose_unknown", NULL);
    return count_records(tx, office, kept, person, purpose, version, ended_usec, actor, now_usec, err);
}

/* --- The job -------------------------------------------------------------------------------------------------------
 */

int retention_due(struct tx *tx, const struct office *office, int64_t now_usec, bool *ret, struct err *err)
{
    int32_t today = zone_day_of(&office->catalogue->calendar->zone, now_usec);
    CLEANUP_ARENA struct arena arena;
    struct person_record_row *rows;
    struct legal_hold_row *holds;
    size_t untold = 0, over = 0, past = 0;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_holds_over(tx, today, 1, &arena, &holds, &past, err);
    if (r == 0)
        r = store_records_to_announce(tx, today + RETENTION_ANNOUNCED_DAYS, 1, &arena, &rows, &untold, err);
    if (r == 0)
        r = store_records_over(tx, today, now_usec - ANNOUNCED_USEC, 1, &arena, &rows, &over, err);
    if (r == 0)
        *ret = past + untold + over > 0;
    return r;
}

struct pass {
    struct tx *tx;
    const struct office *office;
    const struct kept *kept;
    struct actor actor;
    int64_t now_usec;
    int32_t today;
    size_t limit, count;
    struct arena *arena;
};

static int lift_holds(struct pass *pass, struct err *err)
{
    struct legal_hold_row *rows;
    size_t count;
    int r = store_holds_over(pass->tx, pass->today, pass->limit, pass->arena, &rows, &count, err);

    for (size_t i = 0; i < count && r == 0; i++) {
        struct person person;

        r = person_by_serial(pass->tx, rows[i].person, pass->arena, &person, err);
        if (r == 0)
            r = hold_lift(pass->tx, pass->office, &person, rows[i].leaf, &pass->actor, pass->now_usec, err);
        pass->count += r == 0;
    }
    return r;
}

static int announce(struct pass *pass, struct err *err)
{
    struct person_record_row *rows;
    size_t count;
    int r = store_records_to_announce(pass->tx, pass->today + RETENTION_ANNOUNCED_DAYS, pass->limit, pass->arena, &rows,
                                      &count, err);

    for (size_t i = 0; i < count && r == 0; i++) {
        const char *category_id, *purpose_id;
        struct person person;
        int64_t leaf;

        r = person_by_serial(pass->tx, rows[i].person, pass->arena, &person, err);
        if (r == 0)
            r = record_ids(pass->kept, rows[i].category, rows[i].purpose, pass->now_usec, &category_id, &purpose_id,
                           err);
        if (r == 0)
            r = person_event(pass->tx, pass->office, "retention.announced", &person, &pass->actor, NULL, pass->now_usec,
                             json_pack("{s:s, s:s, s:i}", "category", category_id, "purpose", purpose_id, "destroy_day",
                                       (int)rows[i].destroy_day),
                             NULL, &leaf, err);
        if (r == 0)
            r = store_record_due(pass->tx, rows[i].person, rows[i].category, rows[i].purpose, rows[i].destroy_day,
                                 pass->now_usec, err);
        pass->count += r == 0;
    }
    return r;
}

static int remove_over(struct pass *pass, struct err *err)
{
    struct person_record_row *rows;
    size_t count;
    int r = store_records_over(pass->tx, pass->today, pass->now_usec - ANNOUNCED_USEC, pass->limit, pass->arena, &rows,
                               &count, err);

    for (size_t i = 0; i < count && r == 0; i++) {
        struct person person;

        r = person_by_serial(pass->tx, rows[i].person, pass->arena, &person, err);
        if (r == 0)
            r = vault_remove_record(pass->tx, pass->office, pass->kept, &person, rows[i].category, rows[i].purpose,
                                    "retention", NULL, &pass->actor, pass->now_usec, err);
        pass->count += r == 0;
    }
    return r;
}

int retention_pass(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
                   struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct kept *kept = NULL;
    struct pass pass = {.tx = tx,
                        .office = office,
                        .actor = system_actor(),
                        .now_usec = now_usec,
                        .today = zone_day_of(&office->catalogue->calendar->zone, now_usec),
                        .limit = limit,
                        .arena = &arena};
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = kept_load(tx, office, &kept, err);
    pass.kept = kept;
    if (r == 0)
        r = lift_holds(&pass, err);
    if (r == 0)
        r = announce(&pass, err);
    if (r == 0)
        r = remove_over(&pass, err);
    kept_unref(kept);
    if (r == 0)
        *ret_count = pass.count;
    return r;
}

int retention_ahead(struct tx *tx, size_t limit, struct arena *arena, struct retention_item **ret, size_t *ret_count,
                    struct err *err)
{
    struct person_record_row *rows;
    struct retention_item *items;
    size_t count;
    int r = store_records_announced(tx, limit, arena, &rows, &count, err);

    if (r < 0)
        return r;
    items = ARENA_ARRAY(arena, struct retention_item, count + 1);
    if (items == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct person person;

        r = person_by_serial(tx, rows[i].person, arena, &person, err);
        if (r < 0)
            return r;
        items[i] = (struct retention_item){.category = rows[i].category,
                                           .purpose = rows[i].purpose,
                                           .destroy_day = rows[i].destroy_day,
                                           .announced_usec = rows[i].announced_usec,
                                           .blocked = person.blocks > 0,
                                           .held = person.holds > 0};
        memcpy(items[i].subject_id, person.subject_id, ID_TEXT);
    }
    *ret = items;
    *ret_count = count;
    return 0;
}
