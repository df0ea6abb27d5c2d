/* The history of a case as a person reads it: each event with who, what and the values given, decrypted where the
 * person's key still is. The opener's history leaves out what is between colleagues. */
#include "cases/view_parts.h"
#include <string.h>

static const char *member(const json_t *body, const char *key)
{
    return json_string_value(json_object_get(body, key));
}

static const char *keep(const struct look *look, const char *text)
{
    return arena_strdup(look->arena, text);
}

int look_account_name(struct look *look, const char *id, const char **ret, struct err *err)
{
    struct account_row account;
    struct err why = {0};
    int r;

    for (size_t i = 0; i < look->seen_count; i++)
        if (strcmp(look->seen[i].id, id) == 0) {
            *ret = look->seen[i].name;
            return 0;
        }
    r = store_account_get(look->tx, id, look->arena, &account, &why);
    if (r == -ERR_NOT_FOUND) {
        *ret = "";
        return 0;
    }
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    if (look->seen_count == look->seen_room) {
        size_t room = look->seen_room > 0 ? 2 * look->seen_room : 8;
        struct account_row *more = ARENA_ARRAY(look->arena, struct account_row, room);

        if (more == NULL)
            return err_memory(err);
        if (look->seen_count > 0)
            memcpy(more, look->seen, look->seen_count * sizeof(*more));
        look->seen = more;
        look->seen_room = room;
    }
    look->seen[look->seen_count++] = account;
    *ret = account.name;
    return 0;
}

/* Values that only an act's own fields can describe. */
static int event_values(struct look *look, const struct event_row *row, const json_t *body, struct case_event *event,
                        struct err *err)
{
    CLEANUP_JSON json_t *sealed = NULL;
    const json_t *given = json_object_get(body, "personal");
    bool opening = strcmp(row->kind, "case.opened") == 0;
    bool public_only = look->for_opener && !opening && strcmp(event->actor_kind, "opener") != 0;
    const struct field *fields = opening ? look->procedure->fields : event->act != NULL ? event->act->fields : NULL;
    size_t field_count = opening ? look->procedure->field_count : event->act != NULL ? event->act->field_count : 0;
    char place[PLACE_ROOM];
    int r;

    if (!look->destroyed && row->sealed_len > 0) {
        place_of("event", look->row->id, place);
        r = values_unseal(&look->key, place, row->sealed, row->sealed_len, &sealed, err);
        if (r < 0)
            return r;
    }
    if (strcmp(row->kind, "case.noted") == 0) {
        const char *text = member(json_object_get(sealed, "text"), "value");

        event->note = keep(look, text);
        return text != NULL && event->note == NULL ? err_memory(err) : 0;
    }
    return look_values(look, fields, field_count, json_object_get(body, "values"), sealed, given, public_only,
                       &event->value_count, &event->values, err);
}

/* The clocks that a body tells were started. */
static int event_clocks(const struct look *look, const json_t *body, struct case_event *event, struct err *err)
{
    const json_t *list = json_object_get(body, "clocks"), *entry;
    struct started_clock *started = ARENA_ARRAY(look->arena, struct started_clock, json_array_size(list));
    size_t i;

    if (started == NULL)
        return err_memory(err);
    json_array_foreach(list, i, entry)
    {
        if (member(entry, "norm") == NULL)
            continue;
        started[event->started_count++] =
            (struct started_clock){.clock = keep(look, member(entry, "clock")),
                                   .norm = keep(look, member(entry, "norm")),
                                   .starts_usec = json_integer_value(json_object_get(entry, "starts")),
                                   .due_usec = json_integer_value(json_object_get(entry, "due")),
                                   .overdue_usec = json_integer_value(json_object_get(entry, "overdue"))};
    }
    event->started = started;
    return look->arena->overflowed ? err_memory(err) : 0;
}

static bool between_colleagues(const char *kind)
{
    return strcmp(kind, "case.noted") == 0 || strcmp(kind, "case.assigned") == 0 || strcmp(kind, "clock.reminded") == 0;
}

static int show_event(struct look *look, const struct event_row *row, const json_t *body, struct case_event *event,
                      struct err *err)
{
    const char *act = member(body, "act"), *account = member(body, "account_id");
    const json_t *happened = json_object_get(body, "happened");
    int r = 0;

    *event = (struct case_event){
        .leaf = row->leaf,
        .leaf_hash = row->leaf_hash,
        .at_usec = row->at_usec,
        .happened_usec = json_is_integer(happened) ? json_integer_value(happened) : row->at_usec,
        .kind = keep(look, row->kind),
        .act = act != NULL ? procedure_act_find(look->procedure, act) : NULL,
        .actor_kind = keep(look, member(body, "actor") != NULL ? member(body, "actor") : "system"),
        .clock = keep(look, member(body, "clock")),
        .for_staff_only = between_colleagues(row->kind),
    };
    if (strcmp(row->kind, "case.acted") == 0) {
        event->from_state = keep(look, member(body, "from"));
        event->to_state = keep(look, member(body, "to"));
    } else if (strcmp(row->kind, "case.opened") == 0) {
        event->to_state = keep(look, member(body, "state"));
    }
    if (look->arena->overflowed)
        return err_memory(err);
    if (account != NULL && !look->for_opener)
        r = look_account_name(look, account, &event->actor_name, err);
    if (r == 0 && account != NULL && member(body, "paper") != NULL)
        r = look_account_name(look, account, &event->signer_name, err);
    if (r == 0 && strcmp(row->kind, "case.assigned") == 0 && !look->for_opener && member(body, "to") != NULL &&
        member(body, "to")[0] != '\0')
        r = look_account_name(look, member(body, "to"), &event->assignee_name, err);
    if (r == 0)
        r = event_clocks(look, body, event, err);
    return r < 0 ? r : event_values(look, row, body, event, err);
}

static bool between_staff(const struct look *look, const json_t *body)
{
    const char *id = member(body, "act"), *actor = member(body, "actor");
    const struct procedure_act *act = id != NULL ? procedure_act_find(look->procedure, id) : NULL;

    return id != NULL && (actor == NULL || strcmp(actor, "opener") != 0) && (act == NULL || act->tell != TELL_OPENER);
}

/* A paper of which the opener is not told is not for the opener; the next ones keep their place all the same. */
static int show_paper(const struct look *look, const struct event_row *row, const json_t *body, int64_t *seq,
                      struct case_view *view, struct case_paper *papers, struct err *err)
{
    const char *id = member(body, "paper");

    if (id == NULL)
        return 0;
    (*seq)++;
    if (look->for_opener && between_staff(look, body))
        return 0;
    papers[view->paper_count] =
        (struct case_paper){.id = keep(look, id), .leaf = row->leaf, .seq = *seq, .at_usec = row->at_usec};
    return papers[view->paper_count++].id != NULL ? 0 : err_memory(err);
}

int look_events(struct look *look, unsigned with, struct case_view *view, json_t *given, struct err *err)
{
    struct event_row *rows;
    struct case_event *events;
    struct case_paper *papers;
    size_t count, event_count = 0;
    int64_t paper_seq = 0;
    /* Without the history itself only acts tell something, papers and whose files are hidden; and an opening that
     * issues a paper. */
    bool acts_only = (with & CASE_WITH_EVENTS) == 0 && !look->destroyed && look->procedure->paper == NULL;
    const char *kind = acts_only ? "case.acted" : NULL;
    int r = store_event_of_case(look->tx, look->row->id, kind, look->arena, &rows, &count, err);

    if (r < 0)
        return r;
    events = ARENA_ARRAY(look->arena, struct case_event, count);
    papers = ARENA_ARRAY(look->arena, struct case_paper, count);
    look->hidden = ARENA_ARRAY(look->arena, int64_t, count);
    if (events == NULL || papers == NULL || look->hidden == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        CLEANUP_JSON json_t *body = NULL;

        r = stored_json_parse(rows[i].body, rows[i].body_len, "an event", &body, err);
        if (r == 0)
            r = show_paper(look, &rows[i], body, &paper_seq, view, papers, err);
        if (r < 0)
            return r;
        if (look->for_opener && between_staff(look, body))
            look->hidden[look->hidden_count++] = rows[i].leaf;
        if (strcmp(rows[i].kind, "case.noted") != 0 &&
            json_object_update(given, json_object_get(body, "personal")) != 0 &&
            json_object_get(body, "personal") != NULL)
            return err_memory(err);
        if ((with & CASE_WITH_EVENTS) == 0 || (look->for_opener && between_colleagues(rows[i].kind)))
            continue;
        r = show_event(look, &rows[i], body, &events[event_count], err);
        if (r < 0)
            return r;
        event_count++;
    }
    view->events = events;
    view->event_count = event_count;
    view->papers = papers;
    return 0;
}
