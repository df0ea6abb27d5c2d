/* Removal: what was last placed or shown more than a year ago goes (opl.22.2).
 *
 * One transaction takes what is due, opens a case of advert_removal, lets the program do its act, from which the paper
 * comes, writes the event and takes the rows. A crash leaves all of it done or none. Advertisements that were shown for
 * long have many figures, so a transaction takes fewer of them. */
#include "adverts/adverts.h"
#include "cases/effects.h"
#include "cases/record.h"
#include "store/advert_rows.h"
#include <inttypes.h>
#include <string.h>

#define REMOVED_BY "advert_removal"
#define REMOVING_ACT "remove"
#define SHOWINGS_A_CASE 200000
#define LINE_ROOM 64 /* of the list: an id, a blank, a day */
#define LEAP_DAYS 2

struct removal {
    struct tx *tx;
    const struct office *office;
    int64_t now_usec;
    int32_t today;
    struct arena *arena;
    struct advert_row *rows;
    size_t count;
    const char *number; /* of the case; NULL: the organisation has no such cases */
    int64_t leaf;
};

/* The first last day whose year is not over on `today`. */
static int32_t first_kept(int32_t today)
{
    int32_t day = today - 366 - LEAP_DAYS;

    while (advert_kept_until(day) < today)
        day++;
    return day;
}

static const char *day_text(struct arena *arena, int32_t day)
{
    char text[11];

    date_format(date_from_day(day), text);
    return arena_strdup(arena, text);
}

/* --- What is due ---------------------------------------------------------------------------------------------------
 */

/* Showings that came in time may move the day: until those are added, nothing goes. */
static int gather(struct removal *removal, struct err *err)
{
    const struct zone *zone = &removal->office->catalogue->calendar->zone;
    int64_t showings = 0;
    bool wait = false;
    size_t count = 0;
    int r = store_advert_showings_wait(removal->tx, zone_moment(zone, removal->today, 0), &wait, err);

    if (r < 0 || wait)
        return r;
    r = store_advert_over(removal->tx, first_kept(removal->today), REMOVED_A_CASE, removal->arena, &removal->rows,
                          &removal->count, err);
    while (r == 0 && count < removal->count && (count == 0 || showings < SHOWINGS_A_CASE)) {
        int64_t its = 0;

        r = store_advert_showings(removal->tx, removal->rows[count++].serial, &its, err);
        showings += its;
    }
    removal->count = count;
    return r;
}

/* --- The case ------------------------------------------------------------------------------------------------------
 */

/* Each a line: id, and the day on which it was last placed or shown. NULL when memory ends. */
static const char *list_told(const struct removal *removal)
{
    CLEANUP_BUF struct buf out = {0};

    buf_init(&out, REMOVED_A_CASE * LINE_ROOM);
    for (size_t i = 0; i < removal->count; i++)
        buf_printf(&out, "%s%s %s", i > 0 ? "\n" : "", removal->rows[i].id,
                   day_text(removal->arena, removal->rows[i].last_day));
    return out.failed ? NULL : arena_strndup(removal->arena, out.data, out.len);
}

static struct raw_value given(const char *name, enum raw_kind kind, const char *const *text)
{
    return (struct raw_value){.name = name, .kind = kind, .count = 1, .texts = text};
}

static int open_case(struct removal *removal, const struct procedure *procedure, struct case_opened *ret,
                     struct err *err)
{
    const char *day = day_text(removal->arena, removal->today);
    const struct actor system = system_actor();
    const struct raw_value raw[] = {given("removal_day", RAW_STRING, &day)};
    const struct case_opening opening = {.procedure = procedure,
                                         .opener = "system",
                                         .lang = LANG_KK,
                                         .received_usec = removal->now_usec,
                                         .raw = raw,
                                         .raw_count = 1};
    const struct case_prepared *prepared;
    struct field_errors errors;
    int r;

    if (day == NULL)
        return err_memory(err);
    field_errors_init(&errors, removal->arena);
    r = case_open_prepare_by_act(removal->tx, removal->office, &opening, &system, removal->now_usec, removal->arena,
                                 &prepared, &errors, err);
    return r < 0 ? r : case_open(removal->tx, removal->office, prepared, removal->now_usec, ret, err);
}

static int do_act(struct removal *removal, const char *case_id, struct err *err)
{
    const char *count = arena_printf(removal->arena, "%zu", removal->count), *list = list_told(removal);
    const struct raw_value raw[] = {given("removed_count", RAW_NUMBER, &count), given("adverts", RAW_STRING, &list)};
    const struct case_acting acting = {.case_id = case_id, .act = REMOVING_ACT, .raw = raw, .raw_count = 2};
    const struct actor system = system_actor();
    const struct act_prepared *prepared;
    struct field_errors errors;
    int64_t version, leaf;
    int r;

    if (count == NULL || list == NULL)
        return err_memory(err);
    field_errors_init(&errors, removal->arena);
    r = case_act_prepare(removal->tx, removal->office, &acting, &system, removal->now_usec, removal->arena, &prepared,
                         &errors, err);
    return r < 0 ? r : case_act(removal->tx, removal->office, prepared, removal->now_usec, &version, &leaf, err);
}

static int write_case(struct removal *removal, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(removal->office->catalogue, REMOVED_BY);
    struct case_opened opened;
    int r;

    if (procedure == NULL || !office_runs(removal->office, procedure))
        return 0;
    r = open_case(removal, procedure, &opened, err);
    if (r == 0)
        r = do_act(removal, opened.id, err);
    if (r < 0)
        return r;
    removal->number = arena_strdup(removal->arena, opened.number);
    return removal->number == NULL ? err_memory(err) : 0;
}

/* --- The event and the rows ----------------------------------------------------------------------------------------
 */

static int write_event(struct removal *removal, struct err *err)
{
    const struct actor system = system_actor();
    CLEANUP_JSON json_t *body = body_begin("adverts_removed", NULL, &system, removal->now_usec, 0);
    json_t *ids = json_array(), *serials = json_array(), *days = json_array();
    bool good = body != NULL && json_object_set_new(body, "adverts", ids) == 0;

    good = body != NULL && json_object_set_new(body, "serials", serials) == 0 && good;
    good = body != NULL && json_object_set_new(body, "last_days", days) == 0 && good;
    for (size_t i = 0; i < removal->count && good; i++) {
        const struct advert_row *row = &removal->rows[i];

        good = json_array_append_new(ids, json_string(row->id)) == 0 &&
               json_array_append_new(serials, json_integer(row->serial)) == 0 &&
               json_array_append_new(days, json_string(day_text(removal->arena, row->last_day))) == 0;
    }
    if (good && removal->number != NULL)
        good = json_object_set_new(body, "case", json_string(removal->number)) == 0;
    if (!good)
        return err_memory(err);
    return record(removal->tx, "adverts_removed", NULL, &system, removal->now_usec, body, NULL, NULL, &removal->leaf,
                  err);
}

struct pass {
    const struct office *office;
    int64_t now_usec;
    size_t count;
};

static int remove_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct pass *pass = command->arg;
    CLEANUP_ARENA struct arena arena;
    struct removal removal = {.tx = tx,
                              .office = pass->office,
                              .now_usec = pass->now_usec,
                              .today = zone_day_of(&pass->office->catalogue->calendar->zone, pass->now_usec),
                              .arena = &arena};
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    pass->count = 0;
    r = gather(&removal, err);
    if (r < 0 || removal.count == 0)
        return r;
    r = write_case(&removal, err);
    if (r == 0)
        r = write_event(&removal, err);
    for (size_t i = 0; i < removal.count && r == 0; i++)
        r = store_advert_remove(tx, removal.rows[i].serial, removal.leaf, pass->now_usec, err);
    if (r == 0)
        pass->count = removal.count;
    return r;
}

int adverts_due(struct tx *tx, const struct office *office, int64_t now_usec, bool *ret, struct err *err)
{
    int32_t today = zone_day_of(&office->catalogue->calendar->zone, now_usec);
    CLEANUP_ARENA struct arena arena;
    struct advert_row *rows;
    size_t count = 0;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_advert_over(tx, first_kept(today), 1, &arena, &rows, &count, err);
    if (r == 0)
        *ret = count > 0;
    return r;
}

int adverts_remove_pass(const struct office *office, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct pass pass = {.office = office, .now_usec = now_usec};
    int r = store_write_alone(office->store, remove_run, &pass, err);

    if (r == 0)
        *ret_handled = pass.count;
    return r;
}
