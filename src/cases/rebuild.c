/* See rebuild.h. Nothing here trusts a row: ties and lives in registers come out of the events, by today's catalogue.
 */
#include "cases/rebuild.h"
#include "cases/verify_parts.h"
#include <string.h>

int rebuild_begin(struct rebuild *rebuild, struct tx *tx, const struct office *office, const struct case_row *row,
                  struct arena *arena, struct err *err)
{
    size_t count = office->catalogue->register_count;

    *rebuild = (struct rebuild){.tx = tx,
                                .office = office,
                                .arena = arena,
                                .procedure = catalogue_procedure(office->catalogue, row->procedure),
                                .case_id = row->id,
                                .lives = ARENA_ARRAY(arena, struct register_life, count)};
    if (rebuild->lives == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        rebuild->lives[i] = (struct register_life){.place = REGISTER_OUT, .left_usec = TIME_NONE};
    return 0;
}

/* --- From events -------------------------------------------------------------------------------------------------- */

static bool ties(const struct field *field)
{
    return field->type == FIELD_CASE || field->key != NULL;
}

/* The texts of a value, as the event has them; they live as long as its JSON. */
static int texts_of(const json_t *json, struct arena *arena, struct field_value *ret, struct err *err)
{
    size_t count = json_is_array(json) ? json_array_size(json) : 1, kept = 0;
    const char **texts = ARENA_ARRAY(arena, const char *, count);

    if (texts == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_is_array(json) ? json_array_get(json, i) : json);

        if (text != NULL)
            texts[kept++] = text;
    }
    ret->texts = texts;
    ret->count = kept;
    return 0;
}

static int add_link(struct rebuild *rebuild, const struct link_found *found, int64_t leaf, struct err *err)
{
    for (size_t i = 0; i < rebuild->link_count; i++)
        if (strcmp(rebuild->links[i].field, found->field->name) == 0 &&
            strcmp(rebuild->links[i].to_case, found->case_id) == 0)
            return 0;
    if (rebuild->link_count == rebuild->link_room) {
        size_t room = rebuild->link_room > 0 ? 2 * rebuild->link_room : 8;
        struct case_link_row *more = ARENA_ARRAY(rebuild->arena, struct case_link_row, room);

        if (more == NULL)
            return err_memory(err);
        if (rebuild->link_count > 0)
            memcpy(more, rebuild->links, rebuild->link_count * sizeof(*more));
        rebuild->links = more;
        rebuild->link_room = room;
    }
    rebuild->links[rebuild->link_count++] = (struct case_link_row){
        .from_case = rebuild->case_id, .to_case = found->case_id, .field = found->field->name, .leaf = leaf};
    return 0;
}

static const struct case_key_row *key_find(const struct case_key_row *keys, size_t count, const char *kind,
                                           const char *value)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].kind, kind) == 0 && strcmp(keys[i].value, value) == 0)
            return &keys[i];
    return NULL;
}

static int add_key(struct rebuild *rebuild, const struct key_found *found, struct err *err)
{
    if (key_find(rebuild->keys, rebuild->key_count, found->kind, found->value) != NULL)
        return 0;
    if (rebuild->key_count == rebuild->key_room) {
        size_t room = rebuild->key_room > 0 ? 2 * rebuild->key_room : 8;
        struct case_key_row *more = ARENA_ARRAY(rebuild->arena, struct case_key_row, room);

        if (more == NULL)
            return err_memory(err);
        if (rebuild->key_count > 0)
            memcpy(more, rebuild->keys, rebuild->key_count * sizeof(*more));
        rebuild->keys = more;
        rebuild->key_room = room;
    }
    rebuild->keys[rebuild->key_count++] =
        (struct case_key_row){.kind = found->kind, .value = found->value, .case_id = rebuild->case_id};
    return 0;
}

static int add_ties(struct rebuild *rebuild, const struct field *fields, size_t field_count, int64_t leaf,
                    const json_t *body, const json_t *sealed, struct err *err)
{
    struct field_value *values = ARENA_ARRAY(rebuild->arena, struct field_value, field_count);
    struct ties found;
    size_t count = 0;
    int r;

    if (values == NULL)
        return err_memory(err);
    for (size_t i = 0; i < field_count; i++) {
        const char *name = fields[i].name;
        const json_t *json = json_object_get(json_object_get(body, "values"), name);

        if (!ties(&fields[i]))
            continue;
        if (json == NULL)
            json = json_object_get(json_object_get(sealed, name), "value");
        if (json == NULL && json_object_get(json_object_get(body, "personal"), name) != NULL)
            rebuild->keys_lost = true;
        if (json == NULL)
            continue;
        values[count].field = &fields[i];
        r = texts_of(json, rebuild->arena, &values[count++], err);
        if (r < 0)
            return r;
    }
    if (count == 0)
        return 0;
    r = ties_find(rebuild->tx, rebuild->office, values, count, rebuild->arena, &found, NULL, err);
    for (size_t i = 0; r == 0 && i < found.link_count; i++)
        r = add_link(rebuild, &found.links[i], leaf, err);
    for (size_t i = 0; r == 0 && i < found.key_count; i++)
        r = add_key(rebuild, &found.keys[i], err);
    return r;
}

int rebuild_event(struct rebuild *rebuild, const struct event_row *event, const json_t *body, const json_t *sealed,
                  struct err *err)
{
    const struct catalogue *catalogue = rebuild->office->catalogue;
    const struct procedure *procedure = rebuild->procedure;
    const struct procedure_act *act = NULL;
    bool opening = strcmp(event->kind, "case.opened") == 0;
    const char *state = json_string_value(json_object_get(body, opening ? "state" : "to"));
    const char *id = json_string_value(json_object_get(body, "act"));

    if (procedure == NULL || state == NULL || (!opening && strcmp(event->kind, "case.acted") != 0))
        return 0;
    for (size_t i = 0; i < catalogue->register_count; i++)
        if (register_is_over(&catalogue->registers[i], procedure->id))
            register_live(&rebuild->lives[i], &catalogue->registers[i], state, event_happened(event, body));
    if (opening)
        return add_ties(rebuild, procedure->fields, procedure->field_count, event->leaf, body, sealed, err);
    act = id != NULL ? procedure_act_find(procedure, id) : NULL;
    return act != NULL ? add_ties(rebuild, act->fields, act->field_count, event->leaf, body, sealed, err) : 0;
}

/* --- Against the rows --------------------------------------------------------------------------------------------- */

static bool link_expected(const struct rebuild *rebuild, const struct case_link_row *row)
{
    for (size_t i = 0; i < rebuild->link_count; i++)
        if (strcmp(rebuild->links[i].to_case, row->to_case) == 0 && strcmp(rebuild->links[i].field, row->field) == 0 &&
            rebuild->links[i].leaf == row->leaf)
            return true;
    return false;
}

/* A person's key that died with the person's own key cannot be made again: it is let be. */
static bool key_let_be(const struct rebuild *rebuild, const struct case_key_row *row)
{
    return rebuild->keys_lost && row->value[0] == '#';
}

static int check_links(const struct rebuild *rebuild, struct rebuild_figures *figures, struct err *err)
{
    struct case_link_row *rows;
    size_t count;
    int r = store_link_from_case(rebuild->tx, rebuild->case_id, rebuild->arena, &rows, &count, err);

    if (r < 0)
        return r;
    if (count != rebuild->link_count)
        return replay_damaged(err, "%zu links, by the events %zu", count, rebuild->link_count);
    for (size_t i = 0; i < count; i++)
        if (!link_expected(rebuild, &rows[i]))
            return replay_damaged(err, "a link in the field %s differs from the events", rows[i].field);
    figures->links += (int64_t)count;
    return 0;
}

static int check_keys(const struct rebuild *rebuild, struct rebuild_figures *figures, struct err *err)
{
    struct case_key_row *rows;
    size_t count, known = 0;
    int r = store_key_of_case(rebuild->tx, rebuild->case_id, rebuild->arena, &rows, &count, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        if (key_find(rebuild->keys, rebuild->key_count, rows[i].kind, rows[i].value) != NULL)
            known++;
        else if (!key_let_be(rebuild, &rows[i]))
            return replay_damaged(err, "a key %s that no event gives", rows[i].kind);
    }
    if (known != rebuild->key_count)
        return replay_damaged(err, "%zu keys, by the events %zu", known, rebuild->key_count);
    figures->keys += (int64_t)count;
    return 0;
}

static bool row_as_made(const struct register_row *row, const struct register_row *made)
{
    return strcmp(row->case_id, made->case_id) == 0 && strcmp(row->state, made->state) == 0 &&
           row->entered_usec == made->entered_usec && row->left_usec == made->left_usec &&
           strcmp(row->values, made->values) == 0 && strcmp(row->words, made->words) == 0;
}

static int get_entry(const struct rebuild *rebuild, const char *reg, const char *number, struct register_row *ret,
                     bool *ret_there, struct err *err)
{
    struct err why = {0};
    int r = store_register_get(rebuild->tx, reg, number, rebuild->arena, ret, &why);

    if (r < 0 && r != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = why;
        return r;
    }
    *ret_there = r == 0;
    return 0;
}

static int check_entry(const struct rebuild *rebuild, const struct case_row *row, size_t index,
                       struct rebuild_figures *figures, struct err *err)
{
    const struct law_register *reg = &rebuild->office->catalogue->registers[index];
    const struct register_life *life = &rebuild->lives[index];
    struct register_row stored, made;
    bool there;
    int r = get_entry(rebuild, reg->id, row->number, &stored, &there, err);

    if (r < 0)
        return r;
    if (there != (life->place != REGISTER_OUT))
        return replay_damaged(err, "an entry of the register %s is %s", reg->id, there ? "too much" : "missing");
    if (!there)
        return 0;
    r = register_row_make(reg, row, life, rebuild->arena, &made, err);
    if (r == 0 && !row_as_made(&stored, &made))
        return replay_damaged(err, "an entry of the register %s differs from the events", reg->id);
    figures->standing[index] += life->place == REGISTER_IN;
    figures->past[index] += life->place == REGISTER_PAST;
    return r;
}

int rebuild_check(const struct rebuild *rebuild, const struct case_row *row, struct rebuild_figures *figures,
                  struct err *err)
{
    const struct catalogue *catalogue = rebuild->office->catalogue;
    int r = check_links(rebuild, figures, err);

    if (r == 0)
        r = check_keys(rebuild, figures, err);
    for (size_t i = 0; r == 0 && i < catalogue->register_count; i++)
        if (register_is_over(&catalogue->registers[i], row->procedure))
            r = check_entry(rebuild, row, i, figures, err);
    return r;
}

/* --- Into the rows ------------------------------------------------------------------------------------------------ */

static int write_ties(const struct rebuild *rebuild, struct err *err)
{
    struct case_link_row *links;
    struct case_key_row *keys;
    size_t link_count, key_count;
    int r = store_link_from_case(rebuild->tx, rebuild->case_id, rebuild->arena, &links, &link_count, err);

    if (r == 0)
        r = store_key_of_case(rebuild->tx, rebuild->case_id, rebuild->arena, &keys, &key_count, err);
    for (size_t i = 0; r == 0 && i < link_count; i++)
        if (!link_expected(rebuild, &links[i]))
            r = store_link_delete(rebuild->tx, &links[i], err);
    for (size_t i = 0; r == 0 && i < rebuild->link_count; i++)
        r = store_link_put(rebuild->tx, &rebuild->links[i], err);
    for (size_t i = 0; r == 0 && i < key_count; i++)
        if (key_find(rebuild->keys, rebuild->key_count, keys[i].kind, keys[i].value) == NULL &&
            !key_let_be(rebuild, &keys[i]))
            r = store_key_delete(rebuild->tx, &keys[i], err);
    for (size_t i = 0; r == 0 && i < rebuild->key_count; i++)
        r = store_key_put(rebuild->tx, &rebuild->keys[i], err);
    return r;
}

/* A row that is right already stays untouched, and with it the order of the register. */
static int write_entry(const struct rebuild *rebuild, const struct case_row *row, size_t index, struct err *err)
{
    const struct law_register *reg = &rebuild->office->catalogue->registers[index];
    const struct register_life *life = &rebuild->lives[index];
    struct register_row stored, made;
    bool there;
    int r = get_entry(rebuild, reg->id, row->number, &stored, &there, err);

    if (r == 0 && life->place != REGISTER_OUT)
        r = register_row_make(reg, row, life, rebuild->arena, &made, err);
    if (r < 0 || (there && life->place != REGISTER_OUT && row_as_made(&stored, &made)))
        return r;
    if (there && (life->place == REGISTER_OUT || stored.entered_usec != made.entered_usec))
        r = store_register_delete(rebuild->tx, reg->id, stored.case_id, err);
    return r == 0 && life->place != REGISTER_OUT ? store_register_put(rebuild->tx, &made, err) : r;
}

int rebuild_write(const struct rebuild *rebuild, const struct case_row *row, struct err *err)
{
    const struct catalogue *catalogue = rebuild->office->catalogue;
    int r = write_ties(rebuild, err);

    for (size_t i = 0; r == 0 && i < catalogue->register_count; i++)
        r = write_entry(rebuild, row, i, err);
    return r;
}

/* --- As a whole --------------------------------------------------------------------------------------------------- */

static int count_link(const struct case_link_row *row, void *arg, struct err *err)
{
    (void)row;
    (void)err;
    ++*(int64_t *)arg;
    return 0;
}

static int count_key(const struct case_key_row *row, void *arg, struct err *err)
{
    (void)row;
    (void)err;
    ++*(int64_t *)arg;
    return 0;
}

struct entries {
    const struct catalogue *catalogue;
    int64_t *standing, *past;
};

static int count_entry(const struct register_row *row, void *arg, struct err *err)
{
    const struct entries *entries = arg;
    const struct law_register *reg = catalogue_register(entries->catalogue, row->reg);

    if (reg == NULL)
        return err_set(err, ERR_DAMAGED, "store_damaged", "register_entry %.60s %.60s", row->reg, row->number);
    (row->left_usec == TIME_NONE ? entries->standing : entries->past)[reg - entries->catalogue->registers]++;
    return 0;
}

int rebuild_check_figures(struct tx *tx, const struct office *office, const struct rebuild_figures *figures,
                          struct arena *arena, struct err *err)
{
    const struct catalogue *catalogue = office->catalogue;
    struct entries entries = {.catalogue = catalogue,
                              .standing = ARENA_ARRAY(arena, int64_t, catalogue->register_count),
                              .past = ARENA_ARRAY(arena, int64_t, catalogue->register_count)};
    int64_t links = 0, keys = 0;
    int r;

    if (entries.standing == NULL || entries.past == NULL)
        return err_memory(err);
    r = store_link_scan(tx, count_link, &links, err);
    if (r == 0 && links != figures->links)
        return err_set(err, ERR_DAMAGED, "store_damaged", "case_link");
    if (r == 0)
        r = store_key_scan(tx, count_key, &keys, err);
    if (r == 0 && keys != figures->keys)
        return err_set(err, ERR_DAMAGED, "store_damaged", "case_key");
    if (r == 0)
        r = store_register_scan(tx, count_entry, &entries, err);
    for (size_t i = 0; r == 0 && i < catalogue->register_count; i++) {
        const char *id = catalogue->registers[i].id;
        int64_t standing, past;

        r = store_register_figures(tx, id, &standing, &past, err);
        if (r == 0 && (entries.standing[i] != figures->standing[i] || entries.past[i] != figures->past[i]))
            return err_set(err, ERR_DAMAGED, "store_damaged", "register_entry %.60s", id);
        if (r == 0 && (standing != figures->standing[i] || past != figures->past[i]))
            return err_set(err, ERR_DAMAGED, "store_damaged", "register %.60s", id);
    }
    return r;
}
