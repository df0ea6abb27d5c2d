/* Public registers: rows that repeat what cases hold in public fields, kept with every change of a case, and the
 * history of an entry, told from the events. A case has a row from the moment it comes into one of the register's
 * states; it keeps it as a past entry, and loses it when it comes to a state the register does not know. */
#include "cases/registers.h"
#include "base/unicode.h"
#include "cases/register_parts.h"
#include <string.h>

#define WORD_BYTES_MAX 255

bool register_is_over(const struct law_register *reg, const char *procedure)
{
    return strcmp(reg->procedure->id, procedure) == 0;
}

void register_live(struct register_life *life, const struct law_register *reg, const char *state, int64_t at_usec)
{
    enum register_place place = register_place_of(reg, state), before = life->place;

    life->place = place;
    if (place != REGISTER_OUT && before == REGISTER_OUT)
        life->entered_usec = at_usec;
    if (place != REGISTER_PAST)
        life->left_usec = TIME_NONE;
    else if (before != REGISTER_PAST)
        life->left_usec = at_usec > life->entered_usec ? at_usec : life->entered_usec;
}

/* --- Rows --------------------------------------------------------------------------------------------------------- */

/* What a person sees of the value: an option's titles in every language, any other text as it is. */
static void put_words(struct buf *out, const struct field *field, const char *text)
{
    const struct field_option *option = field_option_find(field, text);

    for (size_t lang = 0; option != NULL && lang < LANG_COUNT; lang++) {
        buf_putc(out, ' ');
        buf_puts(out, option->title.in[lang]);
    }
    if (option != NULL || field->type == FIELD_YES_NO)
        return;
    buf_putc(out, ' ');
    buf_puts(out, text);
}

/* Drops, in place, the words that no index takes. */
static void drop_long_words(char *words)
{
    char *to = words;

    for (const char *from = words; *from != '\0';) {
        size_t count = strcspn(from, " ");

        if (count <= WORD_BYTES_MAX) {
            if (to > words)
                *to++ = ' ';
            memmove(to, from, count);
            to += count;
        }
        from += count + (from[count] == ' ');
    }
    *to = '\0';
}

int register_row_make(const struct law_register *reg, const struct case_row *row, const struct register_life *life,
                      struct arena *arena, struct register_row *ret, struct err *err)
{
    CLEANUP_JSON json_t *fields = NULL;
    CLEANUP_JSON json_t *columns = json_object();
    CLEANUP_BUF struct buf values = {0};
    CLEANUP_BUF struct buf words = {0};
    struct register_row made = {.reg = reg->id,
                                .case_id = row->id,
                                .number = row->number,
                                .state = row->state,
                                .entered_usec = life->entered_usec,
                                .left_usec = life->left_usec};
    char *folded;
    int r = stored_json_parse(row->fields, strlen(row->fields), "a case's values", &fields, err);

    if (r < 0)
        return r;
    buf_init(&values, BODY_LIMIT);
    buf_init(&words, BODY_LIMIT);
    buf_puts(&words, row->number);
    for (size_t i = 0; i < reg->column_count; i++) {
        const struct field *field = reg->columns[i];
        json_t *value = json_object_get(fields, field->name);

        if (value == NULL)
            continue;
        if (columns == NULL || json_object_set(columns, field->name, value) != 0)
            return err_memory(err);
        if (json_is_string(value))
            put_words(&words, field, json_string_value(value));
        for (size_t j = 0; j < json_array_size(value); j++)
            put_words(&words, field, json_string_value(json_array_get(value, j)));
    }
    if (columns == NULL || words.failed)
        return err_memory(err);
    r = json_canonical(columns, &values, err);
    if (r < 0)
        return r;
    made.values = arena_strndup(arena, values.data, values.len);
    folded = text_fold_words(arena, words.data);
    if (made.values == NULL || folded == NULL)
        return err_memory(err);
    drop_long_words(folded);
    made.words = folded;
    *ret = made;
    return 0;
}

/* The row that is there; *ret_there false where there is none. */
static int row_get(struct tx *tx, const char *reg, const char *number, struct arena *arena, struct register_row *ret,
                   bool *ret_there, struct err *err)
{
    struct err why = {0};
    int r = store_register_get(tx, reg, number, arena, ret, &why);

    if (r == 0 || r == -ERR_NOT_FOUND) {
        *ret_there = r == 0;
        return 0;
    }
    if (err != NULL)
        *err = why;
    return r;
}

static int follow(struct tx *tx, const struct law_register *reg, const struct case_row *row, int64_t at_usec,
                  struct arena *arena, struct err *err)
{
    struct register_life life = {.place = REGISTER_OUT, .left_usec = TIME_NONE};
    struct register_row old, new;
    bool there;
    int r = row_get(tx, reg->id, row->number, arena, &old, &there, err);

    if (r < 0)
        return r;
    if (there)
        life = (struct register_life){.place = old.left_usec == TIME_NONE ? REGISTER_IN : REGISTER_PAST,
                                      .entered_usec = old.entered_usec,
                                      .left_usec = old.left_usec};
    register_live(&life, reg, row->state, at_usec);
    if (life.place == REGISTER_OUT)
        return there ? store_register_delete(tx, reg->id, row->id, err) : 0;
    r = register_row_make(reg, row, &life, arena, &new, err);
    return r < 0 ? r : store_register_put(tx, &new, err);
}

int register_follow(struct tx *tx, const struct office *office, const struct procedure *procedure,
                    const struct case_row *row, int64_t at_usec, struct err *err)
{
    const struct catalogue *catalogue = office->catalogue;
    CLEANUP_ARENA struct arena arena = {0};
    int r = 0;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    for (size_t i = 0; r == 0 && i < catalogue->register_count; i++)
        if (register_is_over(&catalogue->registers[i], procedure->id))
            r = follow(tx, &catalogue->registers[i], row, at_usec, &arena, err);
    return r;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

int register_entry_read(const struct law_register *reg, const struct register_row *row, struct arena *arena,
                        struct register_entry *ret, struct err *err)
{
    CLEANUP_JSON json_t *json = NULL;
    struct case_value *values = ARENA_ARRAY(arena, struct case_value, reg->column_count);
    int state = procedure_state_find(reg->procedure, row->state);
    int r = values == NULL ? err_memory(err)
                           : stored_json_parse(row->values, strlen(row->values), "a register's row", &json, err);

    for (size_t i = 0; r == 0 && i < reg->column_count; i++) {
        values[i].field = reg->columns[i];
        r = value_texts(json_object_get(json, reg->columns[i]->name), arena, &values[i], err);
    }
    if (r < 0)
        return r;
    if (state < 0) {
        err_set(err, ERR_DAMAGED, "case_damaged", "%s", row->number);
        return err == NULL ? -ERR_DAMAGED : err_detail(err, "state %s is not in the catalogue", row->state);
    }
    *ret = (struct register_entry){
        .row = *row,
        .place = row->left_usec == TIME_NONE ? REGISTER_IN : REGISTER_PAST,
        .state = state,
        .values = values,
    };
    return 0;
}

int register_entry_get(struct tx *tx, const struct law_register *reg, const char *number, struct arena *arena,
                       struct register_entry *ret, struct err *err)
{
    struct register_row row;
    bool there;
    int r = row_get(tx, reg->id, number, arena, &row, &there, err);

    if (r == 0 && !there)
        return err_set(err, ERR_NOT_FOUND, "entry_unknown", NULL);
    return r < 0 ? r : register_entry_read(reg, &row, arena, ret, err);
}

/* --- History ------------------------------------------------------------------------------------------------------ */

int64_t event_happened(const struct event_row *event, const json_t *body)
{
    const char *key = strcmp(event->kind, "case.opened") == 0 ? "received" : "happened";
    const json_t *moment = json_object_get(body, key);

    return json_is_integer(moment) ? json_integer_value(moment) : event->at_usec;
}

static const struct field *column_of(const struct law_register *reg, const char *name)
{
    for (size_t i = 0; i < reg->column_count; i++)
        if (strcmp(reg->columns[i]->name, name) == 0)
            return reg->columns[i];
    return NULL;
}

struct telling {
    const struct law_register *reg;
    struct arena *arena;
    json_t *columns; /* as they stand after the steps so far */
    struct register_step *steps;
    size_t count;
};

/* The columns that the event set. What an act asks for under a column's name is told only where the act's own field is
 * public too. *ret_changed: one of them is not what it was. */
static int tell_values(struct telling *telling, const struct field *fields, size_t field_count, const json_t *given,
                       struct register_step *step, bool *ret_changed, struct err *err)
{
    struct case_value *values = ARENA_ARRAY(telling->arena, struct case_value, field_count);

    if (values == NULL)
        return err_memory(err);
    step->values = values;
    for (size_t i = 0; i < field_count; i++) {
        json_t *value = json_object_get(given, fields[i].name);
        int r;

        if (value == NULL || fields[i].personal || !fields[i].public_value ||
            column_of(telling->reg, fields[i].name) == NULL)
            continue;
        *ret_changed = *ret_changed || !json_equal(value, json_object_get(telling->columns, fields[i].name));
        values[step->value_count].field = &fields[i];
        r = value_texts(value, telling->arena, &values[step->value_count++], err);
        if (r < 0)
            return r;
        if (json_object_set(telling->columns, fields[i].name, value) != 0)
            return err_memory(err);
    }
    return 0;
}

static int tell_event(struct telling *telling, const struct event_row *event, struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    const struct procedure *procedure = telling->reg->procedure;
    struct register_step step = {.leaf = event->leaf};
    const struct register_step *last = telling->count > 0 ? &telling->steps[telling->count - 1] : NULL;
    bool opening = strcmp(event->kind, "case.opened") == 0, changed = false;
    const char *act, *state;
    int r;

    if (!opening && strcmp(event->kind, "case.acted") != 0)
        return 0;
    r = stored_json_parse(event->body, event->body_len, "an event", &body, err);
    if (r < 0)
        return r;
    act = json_string_value(json_object_get(body, "act"));
    state = json_string_value(json_object_get(body, opening ? "state" : "to"));
    step.act = act != NULL ? procedure_act_find(procedure, act) : NULL;
    step.state = state != NULL ? procedure_state_find(procedure, state) : -1;
    /* An act or a state that the catalogue has lost has no words to be told in. */
    if (step.state < 0 || (!opening && step.act == NULL))
        return 0;
    step.at_usec = event_happened(event, body);
    if (last != NULL && step.at_usec > last->at_usec)
        step.took_usec = step.at_usec - last->at_usec;
    r = tell_values(telling, opening ? procedure->fields : step.act->fields,
                    opening ? procedure->field_count : step.act->field_count, json_object_get(body, "values"), &step,
                    &changed, err);
    if (r == 0 && (opening || changed || last == NULL || step.state != last->state))
        telling->steps[telling->count++] = step;
    return r;
}

int register_history(struct tx *tx, const struct office *office, const struct law_register *reg,
                     const struct register_entry *entry, struct arena *arena, const struct register_step **ret,
                     size_t *ret_count, struct err *err)
{
    CLEANUP_ARENA struct arena events_arena = {0};
    CLEANUP_JSON json_t *columns = json_object();
    struct telling telling = {.reg = reg, .arena = arena, .columns = columns};
    struct event_row *events;
    size_t count;
    int r;

    (void)office;
    if (columns == NULL)
        return err_memory(err);
    arena_init(&events_arena, COMMAND_ARENA_LIMIT);
    r = store_event_of_case(tx, entry->row.case_id, NULL, &events_arena, &events, &count, err);
    if (r < 0)
        return r;
    telling.steps = ARENA_ARRAY(arena, struct register_step, count);
    if (telling.steps == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = tell_event(&telling, &events[i], err);
    if (r < 0)
        return r;
    *ret = telling.steps;
    *ret_count = telling.count;
    return 0;
}
