/* /v1/persons/{id}/data, /holds, /destruction: what is held about a person, what keeps it, and its end; /v1/retention:
 * what ends soon; /v1/backups: copies of the store that are kept. Whoever reads data is written into the person's
 * history. */
#include "persons/vault.h"
#include "cases/parts.h"
#include "persons/effects.h"
#include "web/api/json_in.h"
#include "web/api/persons.h"
#include <string.h>

#define VALUES_MAX 100
#define RETENTION_USUAL 200
#define RETENTION_MAX 1000

static int person_of_path(struct request *request, struct tx *tx, struct person *ret, struct err *err)
{
    const char *id = request_param(request, "id");
    if (!id_valid(id))
        return err_set(err, ERR_NOT_FOUND, "person_unknown", NULL);
    return person_get(tx, id, &request->arena, ret, err);
}

static int repeat_of(struct request *request, struct repeat *ret, struct err *err)
{
    const char *body = json_in_canonical(request);
    if (body == NULL)
        return err_memory(err);
    return repeat_make(request->office, request_header(request, "Idempotency-Key"), request->path, &request->actor,
                       NULL, 0, NULL, 0, body, ret, err);
}

/* --- What is held --------------------------------------------------------------------------------------------------
 */

struct reading {
    struct held_value *values;
    size_t count, withheld;
};

/* A program gets what it may read now; whoever answers for the processing sees all that is held, or nobody could answer
 * the person. */
static int withhold(struct tx *tx, struct request *request, const struct person *person, struct reading *reading,
                    struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    size_t all = reading->count;
    if ((request->actor.roles & (ROLE_RESPONSIBLE | ROLE_ADMIN)) != 0)
        return 0;
    int r = person->blocks > 0 ? err_set(err, ERR_CONFLICT, "person_blocked", NULL)
                               : kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = vault_keep_readable(tx, request->office, kept, person, request->now_usec, reading->values, &reading->count,
                                err);
    reading->withheld = all - reading->count;
    return r;
}

static int data_run(struct tx *tx, struct request *request, struct err *err)
{
    struct reading *reading = request->state;
    uint64_t categories = 0;
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = vault_list(tx, request->office, &person, &request->arena, &reading->values, &reading->count, err);
    if (r == 0)
        r = withhold(tx, request, &person, reading, err);
    for (size_t i = 0; r == 0 && i < reading->count; i++)
        categories |= UINT64_C(1) << reading->values[i].category;
    return r < 0 ? r
                 : person_note_look(tx, request->office, &person, "data", categories, &request->actor,
                                    request->now_usec, err);
}

static int data_finish(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    const struct zone *zone = request_zone(request);
    const struct reading *reading = request->state;
    struct buf *out = &response->body;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "values");
    jo_open(out, '[');
    for (size_t i = 0; i < reading->count; i++) {
        const struct held_value *value = &reading->values[i];
        const struct kept_entry *purpose = kept_by_number(kept, KEPT_PURPOSE, value->purpose, request->now_usec);
        jo_open(out, '{');
        jo_text(out, "category", kept_category_id(kept, value->category));
        jo_text(out, "purpose", purpose != NULL ? purpose->id : NULL);
        jo_text(out, "value", value->value);
        jo_text(out, "source", value->source);
        jo_moment(out, "collected_at", zone, value->collected_usec);
        jo_key(out, "destroy_on");
        if (value->destroy_day == DAY_NONE)
            jo_put_text(out, NULL);
        else {
            char text[11];
            date_format(date_from_day(value->destroy_day), text);
            jo_put_text(out, text);
        }
        jo_moment(out, "announced_at", zone, value->announced_usec);
        jo_int(out, "leaf_index", value->leaf);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_int(out, "withheld", (int64_t)reading->withheld);
    jo_close(out, '}');
    return 0;
}

int api_data_get(struct request *request, struct response *response, struct err *err)
{
    request->state = ARENA_NEW(&request->arena, struct reading);
    return request->state == NULL ? err_memory(err) : request_write(request, data_run, data_finish);
}

/* --- Recording -----------------------------------------------------------------------------------------------------
 */

struct recording {
    struct repeat repeat;
    struct value_given *values;
    size_t count;
};

static int record_run(struct tx *tx, struct request *request, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct recording *recording = request->state;
    struct idempotency_row first;
    struct person person;
    bool repeated;
    int r = repeat_find(tx, &recording->repeat, &request->arena, &first, &repeated, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    if (r < 0 || repeated)
        return r;
    field_errors_init(&request->errors, &request->arena);
    r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = vault_put(tx, request->office, kept, &person, recording->values, recording->count, &request->actor,
                      request->now_usec, &request->errors, err);
    return r < 0 ? r : repeat_keep(tx, &recording->repeat, person.subject_id, 0, request->now_usec, err);
}

static int record_finish(struct request *request, struct response *response, struct err *err)
{
    const struct recording *recording = request->state;
    response->status = 201;
    jo_open(&response->body, '{');
    jo_int(&response->body, "recorded", (int64_t)recording->count);
    jo_close(&response->body, '}');
    return 0;
}

/* One item of `values`: texts and a moment; their meaning is the vault's to check. */
static void read_value(struct request *request, const json_t *item, size_t at, struct value_given *ret)
{
    static const char *const keys[] = {"category", "purpose", "value", "source", "collected_at", NULL};
    char *prefix = arena_printf(&request->arena, "values.%zu.", at);
    struct json_in in = {.request = request, .object = item, .prefix = prefix != NULL ? prefix : ""};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)item, key, value)
    {
        bool known = false;
        for (size_t i = 0; keys[i] != NULL; i++)
            known = known || strcmp(keys[i], key) == 0;
        if (!known) {
            char *field = arena_printf(&request->arena, "%s%.60s", in.prefix, key);
            field_errors_add(&request->errors, field != NULL ? field : "", "unknown_field", NULL);
        }
    }
    ret->category = json_in_text(&in, "category");
    ret->purpose = json_in_text(&in, "purpose");
    ret->value = json_in_text(&in, "value");
    ret->source = json_in_text(&in, "source");
    ret->collected_usec = json_in_moment(&in, "collected_at");
}

int api_data_post(struct request *request, struct response *response, struct err *err)
{
    static const char *const keys[] = {"values", NULL};
    struct json_in in = json_in_body(request, keys);
    const json_t *list = json_object_get(in.object, "values");
    struct recording *recording = ARENA_NEW(&request->arena, struct recording);
    if (recording == NULL)
        return err_memory(err);
    recording->count = json_array_size(list);
    if (recording->count == 0)
        return api_refuse(request, "values", list == NULL || json_is_array(list) ? "required" : "wrong_type", err);
    if (recording->count > VALUES_MAX)
        return api_refuse(request, "values", "too_many", err);
    recording->values = ARENA_ARRAY(&request->arena, struct value_given, recording->count);
    if (recording->values == NULL)
        return err_memory(err);
    for (size_t i = 0; i < recording->count; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_object(item))
            return api_refuse(request, "values", "wrong_type", err);
        read_value(request, item, i, &recording->values[i]);
    }
    int r = json_in_end(request, err);
    if (r == 0)
        r = repeat_of(request, &recording->repeat, err);
    if (r < 0)
        return r;
    request->state = recording;
    return request_write(request, record_run, record_finish);
}

/* --- Removing, and the end of a relation ----------------------------------------------------------------------------
 */

static int remove_run(struct tx *tx, struct request *request, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    const char *category = request_param(request, "category"), *purpose = request_param(request, "purpose");
    const struct kept_entry *entry;
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    entry = kept_at(kept, KEPT_PURPOSE, purpose, request->now_usec);
    if (entry == NULL || kept_category_number(kept, category) < 0)
        return err_set(err, ERR_NOT_FOUND, "record_unknown", NULL);
    return vault_remove(tx, request->office, &person, kept_category_number(kept, category), entry->number, "request",
                        NULL, &request->actor, request->now_usec, err);
}

static int nothing_finish(struct request *request, struct response *response, struct err *err)
{
    response->status = 204;
    return 0;
}

int api_data_delete(struct request *request, struct response *response, struct err *err)
{
    return request_write(request, remove_run, nothing_finish);
}

struct ending {
    const char *purpose;
    int64_t ended_usec;
};

static int end_run(struct tx *tx, struct request *request, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    const struct ending *ending = request->state;
    const struct kept_entry *entry;
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    entry = kept_at(kept, KEPT_PURPOSE, ending->purpose, request->now_usec);
    if (entry == NULL)
        return api_refuse(request, "purpose", "purpose_unknown", err);
    return retention_end(tx, request->office, kept, &person, entry->number, ending->ended_usec, &request->actor,
                         request->now_usec, err);
}

int api_relation_end(struct request *request, struct response *response, struct err *err)
{
    static const char *const keys[] = {"purpose", "ended_at", NULL};
    struct json_in in = json_in_body(request, keys);
    struct ending *ending = ARENA_NEW(&request->arena, struct ending);
    if (ending == NULL)
        return err_memory(err);
    ending->purpose = json_in_text(&in, "purpose");
    ending->ended_usec = json_in_moment(&in, "ended_at");
    if (ending->purpose == NULL && request->errors.count == 0)
        return api_refuse(request, "purpose", "required", err);
    int r = json_in_end(request, err);
    if (r < 0)
        return r;
    if (ending->ended_usec == TIME_NONE)
        ending->ended_usec = request->now_usec;
    if (ending->ended_usec > request->now_usec)
        return api_refuse(request, "ended_at", "received_in_future", err);
    request->state = ending;
    return request_write(request, end_run, nothing_finish);
}

/* --- Legal holds ----------------------------------------------------------------------------------------------------
 */

static void jo_day_or_null(struct buf *out, const char *key, int32_t day)
{
    if (day != DAY_NONE) {
        jo_day(out, key, day);
        return;
    }
    jo_key(out, key);
    jo_put_text(out, NULL);
}

int api_hold_list(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct legal_hold *holds;
    struct person person;
    struct tx *tx;
    size_t count;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = holds_of(tx, request->office, &person, request->now_usec, &request->arena, &holds, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "holds");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        jo_open(out, '{');
        jo_int(out, "leaf_index", holds[i].leaf);
        jo_text(out, "norm", holds[i].norm);
        jo_text(out, "reason", holds[i].reason);
        jo_day_or_null(out, "until", holds[i].until_day);
        jo_bool(out, "stands", holds[i].stands);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

struct holding {
    struct repeat repeat;
    const char *norm, *reason;
    int32_t until_day;
    int64_t leaf;
};

static int hold_run(struct tx *tx, struct request *request, struct err *err)
{
    struct holding *holding = request->state;
    struct idempotency_row first;
    struct person person;
    bool repeated;
    int r = repeat_find(tx, &holding->repeat, &request->arena, &first, &repeated, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    if (r < 0)
        return r;
    if (repeated) {
        holding->leaf = first.leaf;
        return 0;
    }
    r = hold_set(tx, request->office, &person, holding->norm, holding->reason, holding->until_day, &request->actor,
                 request->now_usec, &holding->leaf, err);
    return r < 0 ? r : repeat_keep(tx, &holding->repeat, person.subject_id, holding->leaf, request->now_usec, err);
}

static int hold_finish(struct request *request, struct response *response, struct err *err)
{
    const struct holding *holding = request->state;
    response->status = 201;
    jo_open(&response->body, '{');
    jo_int(&response->body, "leaf_index", holding->leaf);
    jo_close(&response->body, '}');
    return 0;
}

int api_hold_set(struct request *request, struct response *response, struct err *err)
{
    static const struct field fields[] = {
        {.name = "norm", .type = FIELD_LINE, .required = true, .max = 120},
        {.name = "reason", .type = FIELD_TEXT, .required = true, .max = 1000},
        {.name = "until", .type = FIELD_DATE},
    };
    enum { COUNT = sizeof fields / sizeof fields[0] };
    const struct field_value *values;
    struct holding *holding = ARENA_NEW(&request->arena, struct holding);
    struct date until;
    if (holding == NULL)
        return err_memory(err);
    int r = api_members(request, fields, COUNT, &values, err);
    if (r == 0)
        r = api_repeat(request, &holding->repeat, err);
    if (r < 0)
        return r;
    holding->norm = api_value(values, COUNT, "norm");
    holding->reason = api_value(values, COUNT, "reason");
    const char *day = api_value(values, COUNT, "until");
    holding->until_day = day != NULL && date_parse(day, &until) ? day_from_date(until) : DAY_NONE;
    request->state = holding;
    return request_write(request, hold_run, hold_finish);
}

static int lift_run(struct tx *tx, struct request *request, struct err *err)
{
    struct person person;
    int64_t leaf;
    int r = api_param_int(request, "leaf", 0, INT64_MAX, &leaf, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    return r < 0 ? r : hold_lift(tx, request->office, &person, leaf, &request->actor, request->now_usec, err);
}

int api_hold_lift(struct request *request, struct response *response, struct err *err)
{
    return request_write(request, lift_run, nothing_finish);
}

/* --- Destruction ----------------------------------------------------------------------------------------------------
 */

static int destruction_write(struct request *request, struct buf *out, const struct destruction *destruction,
                             struct err *err)
{
    CLEANUP_JSON json_t *told = NULL;
    const json_t *item;
    size_t i;
    int r = stored_json_parse(destruction->told, strlen(destruction->told), "a destruction", &told, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_int(out, "leaf_index", destruction->leaf);
    jo_text(out, "ground", destruction->ground);
    jo_text(out, "state", destruction->state);
    jo_text(out, "case", destruction->case_id);
    jo_moment(out, "changed_at", request_zone(request), destruction->changed_usec);
    jo_key(out, "backups");
    jo_open(out, '[');
    json_array_foreach(json_object_get(told, "backups"), i, item)
    {
        jo_open(out, '{');
        jo_text(out, "id", json_string_value(json_object_get(item, "id")));
        jo_moment(out, "made_at", request_zone(request), json_integer_value(json_object_get(item, "at_usec")));
        jo_moment(out, "gone_at", request_zone(request), json_integer_value(json_object_get(item, "gone_usec")));
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

int api_destruction_list(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct destruction *list;
    struct person person;
    struct tx *tx;
    size_t count;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = destructions_of(tx, person.serial, &request->arena, &list, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "destructions");
    jo_open(out, '[');
    for (size_t i = 0; r == 0 && i < count; i++)
        r = destruction_write(request, out, &list[i], err);
    jo_close(out, ']');
    jo_close(out, '}');
    return r;
}

struct destroying {
    struct repeat repeat;
    const char *ground;
    int64_t leaf;
};

static int destroy_run(struct tx *tx, struct request *request, struct err *err)
{
    struct destroying *destroying = request->state;
    struct idempotency_row first;
    struct person person;
    bool repeated;
    int r = repeat_find(tx, &destroying->repeat, &request->arena, &first, &repeated, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    if (r < 0)
        return r;
    if (repeated) {
        destroying->leaf = first.leaf;
        return 0;
    }
    r = destruction_order(tx, request->office, &person, destroying->ground, &request->actor, request->now_usec,
                          &destroying->leaf, err);
    return r < 0 ? r
                 : repeat_keep(tx, &destroying->repeat, person.subject_id, destroying->leaf, request->now_usec, err);
}

static int destroy_finish(struct request *request, struct response *response, struct err *err)
{
    const struct destroying *destroying = request->state;
    response->status = 202; /* the job loop takes it further at once */
    jo_open(&response->body, '{');
    jo_int(&response->body, "leaf_index", destroying->leaf);
    jo_text(&response->body, "state", "intended");
    jo_close(&response->body, '}');
    return 0;
}

int api_destruction_begin(struct request *request, struct response *response, struct err *err)
{
    static const struct field fields[] = {{.name = "ground", .type = FIELD_LINE, .required = true, .max = 60}};
    const struct field_value *values;
    struct destroying *destroying = ARENA_NEW(&request->arena, struct destroying);
    if (destroying == NULL)
        return err_memory(err);
    int r = api_members(request, fields, 1, &values, err);
    if (r == 0)
        r = api_repeat(request, &destroying->repeat, err);
    if (r < 0)
        return r;
    destroying->ground = api_value(values, 1, "ground");
    request->state = destroying;
    return request_write(request, destroy_run, destroy_finish);
}

/* --- What ends soon, and copies that are kept -----------------------------------------------------------------------
 */

int api_retention(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct buf *out = &response->body;
    struct retention_item *items;
    int64_t limit = RETENTION_USUAL;
    struct tx *tx;
    size_t count;
    int r = api_query_int(request, "limit", 1, RETENTION_MAX, &limit, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = retention_ahead(tx, (size_t)limit, &request->arena, &items, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "announced");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct kept_entry *purpose = kept_by_number(kept, KEPT_PURPOSE, items[i].purpose, request->now_usec);
        jo_open(out, '{');
        jo_text(out, "person", items[i].subject_id);
        jo_text(out, "category", kept_category_id(kept, items[i].category));
        jo_text(out, "purpose", purpose != NULL ? purpose->id : NULL);
        jo_day(out, "destroy_on", items[i].destroy_day);
        jo_moment(out, "announced_at", request_zone(request), items[i].announced_usec);
        jo_bool(out, "blocked", items[i].blocked);
        jo_bool(out, "held", items[i].held);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

int api_backup_list(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct backup_row *rows;
    struct tx *tx;
    size_t count;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_backup_rows(tx, request->now_usec, &request->arena, &rows, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "backups");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        jo_open(out, '{');
        jo_text(out, "id", rows[i].id);
        jo_moment(out, "made_at", request_zone(request), rows[i].at_usec);
        jo_moment(out, "kept_until", request_zone(request), rows[i].kept_until_usec);
        jo_bool(out, "over", rows[i].kept_until_usec <= request->now_usec);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}
