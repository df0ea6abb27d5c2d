/* Reading public registers for whoever asks. */
#include "web/register_read.h"
#include "base/json.h"
#include "base/unicode.h"
#include <string.h>

static const char *const which_words[] = {
    [REGISTER_ALL] = "all", [REGISTER_STANDING] = "standing", [REGISTER_LEFT] = "left"};

int register_of_path(struct request *request, const struct law_register **ret, struct err *err)
{
    const struct law_register *reg = catalogue_register(request->office->catalogue, request_param(request, "register"));
    if (reg == NULL)
        return err_set(err, ERR_NOT_FOUND, "register_unknown", NULL);
    *ret = reg;
    return 0;
}

bool register_listed(const struct office *office, const struct law_register *reg)
{
    return office_runs(office, reg->procedure);
}

const char *register_which_word(enum register_which which)
{
    return which_words[which];
}

static const char *filled(const struct request *request, const char *name)
{
    const char *text = request_query(request, name);
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static int refuse(struct request *request, const char *field, const char *code, const char *arg, struct err *err)
{
    field_errors_add(&request->errors, field, code, arg == NULL ? NULL : "%s", arg);
    return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
}

int register_filter_read(struct request *request, const struct law_register *reg, struct register_filter *ret,
                         struct err *err)
{
    struct register_filter filter = {.reg = reg->id, .cursor = filled(request, "cursor")};
    const char *which = filled(request, "which"), *words = filled(request, "q");
    if (which != NULL) {
        size_t at = 0;
        while (at < sizeof which_words / sizeof *which_words && strcmp(which, which_words[at]) != 0)
            at++;
        if (at == sizeof which_words / sizeof *which_words)
            return refuse(request, "which", "not_an_option", NULL, err);
        filter.which = (enum register_which)at;
    }
    if (words != NULL) {
        if (utf8_length(words) > REGISTER_QUERY_LETTERS)
            return refuse(request, "q", "too_long", "200", err);
        filter.words = text_fold_words(&request->arena, words);
        if (filter.words == NULL)
            return err_memory(err);
        if (filter.words[0] == '\0')
            filter.words = NULL;
    }
    *ret = filter;
    return 0;
}

/* --- What stands beside an entry ---------------------------------------------------------------------------------- */

static int clocks_read(struct request *request, struct tx *tx, const struct procedure *procedure, const char *case_id,
                       bool with_days, const struct case_clock **ret, size_t *ret_count, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct zone *zone = &catalogue->calendar->zone;
    struct clock_row *rows;
    size_t count, kept = 0;
    int r = store_clock_of_case(tx, case_id, &request->arena, &rows, &count, err);
    if (r < 0)
        return r;
    struct case_clock *clocks = ARENA_ARRAY(&request->arena, struct case_clock, count + 1);
    if (clocks == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct err undated = {0};
        struct case_clock clock = {.clock = procedure_clock_find(procedure, rows[i].clock), .row = rows[i]};
        clock.norm = catalogue_norm_at(catalogue, rows[i].norm, zone_moment(zone, (int32_t)rows[i].norm_from_day, 0));
        /* What the catalogue has lost since is not explained to strangers; staff read of it in the case. */
        if (clock.clock == NULL || clock.norm == NULL)
            continue;
        if (with_days && rows[i].stopped_usec == TIME_NONE &&
            clock_explain(catalogue->calendar, &clock.norm->clock, rows[i].starts_usec, rows[i].extended,
                          &request->arena, &clock.why, &undated) < 0)
            clock.why.count = 0;
        clocks[kept++] = clock;
    }
    *ret = clocks;
    *ret_count = kept;
    return request->arena.overflowed ? err_memory(err) : 0;
}

static int value_read(struct request *request, const struct field *field, const json_t *json, struct case_value *ret,
                      struct err *err)
{
    size_t count = json_is_array(json) ? json_array_size(json) : 1;
    const char **texts = ARENA_ARRAY(&request->arena, const char *, count + 1);
    if (texts == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_is_array(json) ? json_array_get(json, i) : json);
        texts[i] = arena_strdup(&request->arena, text == NULL ? "" : text);
    }
    *ret = (struct case_value){.field = field, .count = count, .texts = texts};
    return request->arena.overflowed ? err_memory(err) : 0;
}

/* The public values of an order, without those that only repeat the entry. */
static int order_values(struct request *request, const struct act_opening *open, const struct case_row *row,
                        struct entry_order *order, struct err *err)
{
    const struct procedure *procedure = order->procedure;
    CLEANUP_JSON json_t *fields = NULL;
    struct case_value *values = ARENA_ARRAY(&request->arena, struct case_value, procedure->field_count + 1);
    int r = values == NULL ? err_memory(err) : json_parse(row->fields, strlen(row->fields), &fields, err);
    for (size_t i = 0; r == 0 && i < procedure->field_count; i++) {
        const struct field *field = &procedure->fields[i];
        const json_t *json = json_object_get(fields, field->name);
        bool repeats = strcmp(field->name, open->link) == 0 || words_have(open->copy, open->copy_count, field->name);
        if (json != NULL && !repeats && field->public_value && !field->personal)
            r = value_read(request, field, json, &values[order->value_count++], err);
    }
    order->values = values;
    return r;
}

/* The opening by which a case of that procedure was made from a case of `from`, or NULL. */
static const struct act_opening *opening_of(const struct procedure *from, const char *procedure, const char *field)
{
    for (size_t i = 0; i < from->act_count; i++) {
        const struct act_opening *open = &from->acts[i].open;
        if (open->procedure != NULL && strcmp(open->procedure, procedure) == 0 && strcmp(open->link, field) == 0)
            return open;
    }
    return NULL;
}

/* The register in which the case stands or stood, or NULL. */
static int register_holding(struct request *request, struct tx *tx, const struct procedure *procedure,
                            const char *number, const struct law_register **ret, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    *ret = NULL;
    for (size_t i = 0; i < catalogue->register_count && *ret == NULL; i++) {
        struct register_row row;
        struct err absent = {0};
        if (catalogue->registers[i].procedure != procedure)
            continue;
        int r = store_register_get(tx, catalogue->registers[i].id, number, &request->arena, &row, &absent);
        if (r < 0 && absent.kind != ERR_NOT_FOUND) {
            *err = absent;
            return r;
        }
        if (r == 0)
            *ret = &catalogue->registers[i];
    }
    return 0;
}

struct beside_room {
    struct entry_link *links;
    struct entry_order *orders;
};

static int tie_read(struct request *request, struct tx *tx, const struct law_register *reg,
                    const struct register_entry *entry, const struct case_link_row *tie, struct beside_room *room,
                    struct entry_beside *ret, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    bool back = strcmp(tie->to_case, entry->row.case_id) == 0;
    struct case_row other;
    int r = store_case_get(tx, back ? tie->from_case : tie->to_case, &request->arena, &other, err);
    if (r < 0)
        return r;
    const struct procedure *procedure = catalogue_procedure(catalogue, other.procedure);
    if (procedure == NULL)
        return 0;
    const struct act_opening *open = back ? opening_of(reg->procedure, procedure->id, tie->field) : NULL;
    int state = procedure_state_find(procedure, other.state);
    const struct field *field = procedure_field_find(back ? procedure : reg->procedure, tie->field);
    const struct law_register *holding = NULL;
    r = register_holding(request, tx, procedure, other.number, &holding, err);
    if (r < 0 || field == NULL)
        return r;
    /* That one case names another may be said where the field is public. */
    if (holding != NULL && (field->public_value || open != NULL)) {
        room->links[ret->link_count++] = (struct entry_link){.field = field,
                                                             .back = back,
                                                             .reg = holding,
                                                             .number = other.number,
                                                             .procedure = procedure,
                                                             .state = state};
    } else if (open != NULL) {
        struct entry_order order = {
            .procedure = procedure, .number = other.number, .state = state, .opened_usec = other.opened_usec};
        r = order_values(request, open, &other, &order, err);
        if (r == 0)
            r = clocks_read(request, tx, procedure, other.id, false, &order.clocks, &order.clock_count, err);
        room->orders[ret->order_count++] = order;
    }
    return r;
}

int entry_beside_read(struct request *request, struct tx *tx, const struct law_register *reg,
                      const struct register_entry *entry, struct entry_beside *ret, struct err *err)
{
    struct entry_beside beside = {0};
    struct case_link_row *ties;
    size_t count;
    int r =
        clocks_read(request, tx, reg->procedure, entry->row.case_id, true, &beside.clocks, &beside.clock_count, err);
    if (r == 0)
        r = store_link_near(tx, entry->row.case_id, ENTRY_TIES_MAX + 1, &request->arena, &ties, &count, err);
    if (r < 0)
        return r;
    if (count > ENTRY_TIES_MAX) {
        beside.cut = true;
        count = ENTRY_TIES_MAX;
    }
    struct beside_room room = {.links = ARENA_ARRAY(&request->arena, struct entry_link, count + 1),
                               .orders = ARENA_ARRAY(&request->arena, struct entry_order, count + 1)};
    if (room.links == NULL || room.orders == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = tie_read(request, tx, reg, entry, &ties[i], &room, &beside, err);
    beside.links = room.links;
    beside.orders = room.orders;
    if (r == 0)
        *ret = beside;
    return r;
}

const struct entry_link *entry_value_link(const struct entry_beside *beside, const struct case_value *value)
{
    for (size_t i = 0; value->count > 0 && i < beside->link_count; i++) {
        const struct entry_link *link = &beside->links[i];
        if (!link->back && strcmp(link->field->name, value->field->name) == 0 &&
            strcmp(link->number, value->texts[0]) == 0)
            return link;
    }
    return NULL;
}

bool entry_goes_on(const struct law_register *reg, const struct register_entry *entry)
{
    return entry->place == REGISTER_IN && entry->state >= 0 && !reg->procedure->states[entry->state].final;
}

bool procedure_has_key(const struct procedure *procedure, const char *kind)
{
    for (size_t i = 0; i < procedure->field_count; i++)
        if (procedure->fields[i].key != NULL && strcmp(procedure->fields[i].key, kind) == 0)
            return true;
    return false;
}
