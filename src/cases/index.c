/* Words for the search: the number and the clear texts of new events, folded, added in batches behind the events
 * themselves. Personal values are never indexed. */
#include "base/unicode.h"
#include "cases/parts.h"
#include <string.h>

struct found {
    int64_t leaf;
    const char *case_id, *words;
};

struct word_batch {
    int64_t from, until; /* leaves looked at */
    const struct found *found;
    size_t count;
};

struct gathering {
    const struct office *office;
    struct arena *arena;
    struct found *found;
    size_t count;
    int64_t next; /* the leaf after the last one seen */
};

static const struct field *described(const struct procedure *procedure, const struct procedure_act *act,
                                     const char *name)
{
    const struct field *fields = act != NULL ? act->fields : procedure->fields;
    size_t count = act != NULL ? act->field_count : procedure->field_count;

    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

/* An option's id is no word of anybody's. */
static bool is_text(const struct field *field)
{
    return field != NULL && field->type != FIELD_CHOICE && field->type != FIELD_MANY && field->type != FIELD_YES_NO;
}

/* A value is a text, or several: links. */
static void put_texts(struct buf *out, const json_t *value)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;

    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_is_array(value) ? json_array_get(value, i) : value);

        if (text == NULL)
            continue;
        buf_putc(out, ' ');
        buf_puts(out, text);
    }
}

static int gather(const struct event_row *row, void *arg, struct err *err)
{
    struct gathering *work = arg;
    CLEANUP_JSON json_t *body = NULL;
    CLEANUP_BUF struct buf text = {0};
    const struct procedure *procedure;
    const struct procedure_act *act = NULL;
    const char *name, *id;
    json_t *value;
    struct found *found = &work->found[work->count];
    struct err why = {0};
    int r;

    work->next = row->leaf + 1;
    if (row->case_id == NULL || (strcmp(row->kind, "case.opened") != 0 && strcmp(row->kind, "case.acted") != 0))
        return 0;
    /* A damaged event has no words, and those after it are found all the same. Verification names it. */
    r = stored_json_parse(row->body, row->body_len, "an event", &body, &why);
    if (r == -ERR_DAMAGED)
        return 0;
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    id = json_string_value(json_object_get(body, "procedure"));
    procedure = id != NULL ? catalogue_procedure(work->office->catalogue, id) : NULL;
    if (procedure == NULL)
        return 0;
    if (strcmp(row->kind, "case.acted") == 0) {
        id = json_string_value(json_object_get(body, "act"));
        act = id != NULL ? procedure_act_find(procedure, id) : NULL;
        if (act == NULL)
            return 0;
    }
    buf_init(&text, BODY_LIMIT);
    if (json_object_get(body, "number") != NULL)
        buf_puts(&text, json_string_value(json_object_get(body, "number")));
    json_object_foreach(json_object_get(body, "values"), name, value)
    {
        if (!is_text(described(procedure, act, name)))
            continue;
        put_texts(&text, value);
    }
    if (text.len == 0 && !text.failed)
        return 0;
    found->leaf = row->leaf;
    found->case_id = arena_strdup(work->arena, row->case_id);
    found->words = text.failed ? NULL : text_fold_words(work->arena, text.data);
    if (found->case_id == NULL || found->words == NULL)
        return err_memory(err);
    work->count++;
    return 0;
}

int case_words_gather(struct tx *tx, const struct office *office, size_t limit, struct arena *arena,
                      const struct word_batch **ret, struct err *err)
{
    struct word_batch *batch = ARENA_NEW(arena, struct word_batch);
    struct gathering work = {.office = office, .arena = arena};
    int r;

    work.found = ARENA_ARRAY(arena, struct found, limit);
    if (batch == NULL || work.found == NULL)
        return err_memory(err);
    r = store_words_position_get(tx, &batch->from, err);
    if (r < 0)
        return r;
    work.next = batch->from;
    r = store_event_scan(tx, batch->from, batch->from + (int64_t)limit, gather, &work, err);
    if (r < 0)
        return r;
    batch->until = work.next;
    batch->found = work.found;
    batch->count = work.count;
    *ret = batch;
    return 0;
}

int case_words_add(struct tx *tx, const struct word_batch *batch, size_t *ret_count, struct err *err)
{
    int64_t position;
    int r = store_words_position_get(tx, &position, err);

    /* Another node was there first: its batch stands, and the next gathering begins behind it. */
    if (r == 0 && position != batch->from) {
        *ret_count = 0;
        return 0;
    }
    for (size_t i = 0; r == 0 && i < batch->count; i++)
        r = store_words_add(tx, batch->found[i].leaf, batch->found[i].case_id, batch->found[i].words, err);
    if (r == 0 && batch->until > batch->from)
        r = store_words_position_set(tx, batch->until, err);
    if (r == 0)
        *ret_count = (size_t)(batch->until - batch->from);
    return r;
}

int case_index(struct tx *tx, const struct office *office, size_t limit, size_t *ret_count, struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    const struct word_batch *batch;
    int r;

    arena_init(&arena, 4 * COMMAND_ARENA_LIMIT);
    r = case_words_gather(tx, office, limit, &arena, &batch, err);
    return r < 0 ? r : case_words_add(tx, batch, ret_count, err);
}
