/* What a script expects to find: of a case as somebody sees it, of a public register, of a key. */
#include "cases/links.h"
#include "cases/registers.h"
#include "run.h"
#include <stdio.h>
#include <string.h>

static void want_text(struct run *run, const struct yaml *node, const char *key, const char *is)
{
    const char *wanted = text_of(run, node, key, false);

    if (wanted != NULL && strcmp(wanted, is) != 0)
        fail(run, yaml_get(node, key), "%s is %s", key, is);
}

static void want_number(struct run *run, const struct yaml *node, const char *key, int64_t is)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)is);
    want_text(run, node, key, text);
}

static void want_moment(struct run *run, const struct yaml *node, const char *key, int64_t is)
{
    char text[32] = "never";

    if (yaml_get(node, key) == NULL)
        return;
    if (is != TIME_NONE)
        moment_format(&run->fixture.office.catalogue->calendar->zone, is, text);
    if (moment_of(run, node, key) != is)
        fail(run, yaml_get(node, key), "%s is %s", key, text);
}

/* --- Sets of words ------------------------------------------------------------------------------------------------ */

static const char *joined(struct run *run, const char *const *words, size_t count)
{
    const char *text = "";

    for (size_t i = 0; i < count; i++)
        text = arena_printf(&run->arena, "%s%s%s", text, i > 0 ? ", " : "", words[i]);
    return text;
}

static size_t times_in(const char *const *words, size_t count, const char *word)
{
    size_t times = 0;

    for (size_t i = 0; i < count; i++)
        times += strcmp(words[i], word) == 0;
    return times;
}

/* The list must hold exactly these words, in order or in any. */
static void want_words(struct run *run, const struct yaml *node, const char *key, const char *const *are, size_t count,
                       bool in_order)
{
    const struct yaml *list = yaml_get(node, key);
    const char **wanted;
    bool same;

    if (list == NULL)
        return;
    if (list->kind != YAML_SEQUENCE)
        fail(run, list, "%s is no list", key);
    wanted = ARENA_ARRAY(&run->arena, const char *, list->count);
    for (size_t i = 0; i < list->count; i++)
        wanted[i] = list->items[i]->text;
    same = list->count == count;
    for (size_t i = 0; same && i < count; i++)
        same =
            in_order ? strcmp(wanted[i], are[i]) == 0 : times_in(wanted, count, are[i]) == times_in(are, count, are[i]);
    if (!same)
        fail(run, list, "%s: %s", key, joined(run, are, count));
}

/* --- Values ------------------------------------------------------------------------------------------------------- */

static const struct case_value *value_called(const struct case_value *values, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].field->name, name) == 0)
            return &values[i];
    return NULL;
}

static void want_values(struct run *run, const struct yaml *node, const struct case_value *values, size_t count)
{
    const struct yaml *wanted = yaml_get(node, "values");

    for (size_t i = 0; wanted != NULL && i < wanted->count; i++) {
        const struct case_value *value = value_called(values, count, wanted->keys[i]);
        const struct yaml *item = wanted->items[i];
        const char *const *texts = value != NULL ? value->texts : NULL;
        size_t are = value != NULL ? value->count : 0, want = item->kind == YAML_SEQUENCE ? item->count : 1;
        const struct named_case *named = item->kind == YAML_SCALAR ? case_named(run, item->text) : NULL;
        bool same;

        if (item->kind == YAML_SCALAR && item->text[0] == '\0')
            want = 0;
        same = are == want;
        for (size_t k = 0; same && k < want; k++) {
            const char *text = item->kind == YAML_SEQUENCE ? item->items[k]->text : item->text;

            same = strcmp(texts[k], text) == 0 || (named != NULL && strcmp(texts[k], named->opened.number) == 0);
        }
        if (!same)
            fail(run, item, "%s is %s", wanted->keys[i], are > 0 ? joined(run, texts, are) : "not given");
    }
}

/* --- A case ------------------------------------------------------------------------------------------------------- */

static const char *name_of_case(const struct run *run, const char *id)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].opened.id, id) == 0)
            return run->cases[i].name;
    return "a case of no name";
}

static const char *name_of_account(const struct run *run, const char *id)
{
    static const char *const roles[] = {"admin", "moderator", "registrar", "auditor", "official", "head", "carrier"};

    for (size_t i = 0; i < run->person_count; i++)
        if (strcmp(run->people[i].actor.account_id, id) == 0)
            return run->people[i].name;
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (strcmp(fixture_actor(&run->fixture, roles[i])->account_id, id) == 0)
            return roles[i];
    return id;
}

/* Through the list as the desk sees it, and by the row: both must say the same. */
static bool listed_overdue(struct tx *tx, struct run *run, const char *id, bool *ret, struct err *err)
{
    struct case_filter filter = {.sort = CASE_SORT_DUE,
                                 .limit = 100,
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE,
                                 .overdue_at_usec = run->now_usec};
    struct case_row *rows;
    const char *cursor;
    size_t count;

    if (store_case_list(tx, &filter, &run->fixture.arena, &rows, &count, &cursor, err) < 0)
        return false;
    *ret = false;
    for (size_t i = 0; i < count; i++)
        *ret = *ret || strcmp(rows[i].id, id) == 0;
    return true;
}

static const struct case_clock *clock_called(const struct case_view *view, const char *id)
{
    for (size_t i = 0; i < view->clock_count; i++)
        if (strcmp(view->clocks[i].row.clock, id) == 0)
            return &view->clocks[i];
    return NULL;
}

static void want_clock(struct run *run, const struct yaml *node, const struct case_view *view)
{
    const char *name = text_of(run, node, "clock", false), *none = text_of(run, node, "no_clock", false);
    const struct case_clock *clock = name != NULL            ? clock_called(view, name)
                                     : view->clock_count > 0 ? &view->clocks[0]
                                                             : NULL;
    const struct yaml *states = yaml_get(node, "clock_states");
    char from[16];

    if (none != NULL && clock_called(view, none) != NULL)
        fail(run, node, "there is a clock %s", none);
    for (size_t i = 0; states != NULL && i < states->count; i++) {
        const struct case_clock *one = clock_called(view, states->keys[i]);

        if (one == NULL || strcmp(one->row.state, states->items[i]->text) != 0)
            fail(run, states->items[i], "%s is %s", states->keys[i], one != NULL ? one->row.state : "not there");
    }
    if (clock == NULL && name != NULL)
        fail(run, node, "there is no clock %s", name);
    if (clock == NULL)
        return;
    date_format(date_from_day((int32_t)clock->row.norm_from_day), from);
    want_moment(run, node, "due", clock->row.due_usec);
    want_moment(run, node, "overdue", clock->row.overdue_usec);
    want_moment(run, node, "starts", clock->row.starts_usec);
    want_moment(run, node, "stopped", clock->row.stopped_usec);
    want_text(run, node, "clock_state", clock->row.state);
    want_text(run, node, "in_time", clock->row.stopped_in_time ? "true" : "false");
    want_number(run, node, "extended", clock->row.extended);
    want_text(run, node, "norm_from", from);
    if (clock->why.moments.due_usec != clock->row.due_usec ||
        clock->why.moments.overdue_usec != clock->row.overdue_usec)
        fail(run, node, "the explanation says other moments than the clock");
}

static void want_history(struct run *run, const struct yaml *node, const struct case_view *view)
{
    const struct case_event *newest = view->event_count > 0 ? &view->events[view->event_count - 1] : NULL;
    int64_t happened_usec = TIME_NONE;
    size_t reminders = 0;

    for (size_t i = 0; i < view->event_count; i++) {
        reminders += strcmp(view->events[i].kind, "clock.reminded") == 0;
        if (view->events[i].act != NULL)
            happened_usec = view->events[i].happened_usec;
    }
    want_number(run, node, "events", (int64_t)view->event_count);
    want_text(run, node, "last_event", newest != NULL ? newest->kind : "none");
    want_number(run, node, "reminders", (int64_t)reminders);
    want_moment(run, node, "happened", happened_usec);
}

static void want_messages(struct run *run, const struct yaml *node, const struct case_view *view)
{
    const char **told = ARENA_ARRAY(&run->arena, const char *, view->message_count);
    size_t count = 0;

    for (size_t i = 0; i < view->message_count; i++)
        if (view->messages[i].leaf == view->row.last_leaf)
            told[count++] =
                strcmp(view->messages[i].to, "opener") == 0 ? "opener" : name_of_account(run, view->messages[i].to);
    want_number(run, node, "messages", (int64_t)view->message_count);
    want_words(run, node, "told", told, count, false);
}

static void want_acts(struct run *run, const struct yaml *node, const struct case_view *view)
{
    const struct yaml *barred = yaml_get(node, "barred");
    const char **acts = ARENA_ARRAY(&run->arena, const char *, view->act_count);

    for (size_t i = 0; i < view->act_count; i++)
        acts[i] = view->acts[i]->id;
    want_words(run, node, "acts", acts, view->act_count, false);
    for (size_t i = 0; barred != NULL && i < barred->count; i++) {
        const char *code = "nothing";

        for (size_t k = 0; k < view->barred_count; k++)
            if (strcmp(view->barred[k].act->id, barred->keys[i]) == 0)
                code = view->barred[k].why.code;
        if (strcmp(code, barred->items[i]->text) != 0)
            fail(run, barred->items[i], "%s bars %s", code, barred->keys[i]);
    }
}

static void want_beside(struct run *run, const struct yaml *node, const struct case_view *view)
{
    const char **links = ARENA_ARRAY(&run->arena, const char *, view->link_count);
    const char **papers = ARENA_ARRAY(&run->arena, const char *, view->paper_count);

    for (size_t i = 0; i < view->link_count; i++)
        links[i] = name_of_case(run, view->links[i].case_id);
    for (size_t i = 0; i < view->paper_count; i++)
        papers[i] = view->papers[i].id;
    want_words(run, node, "links", links, view->link_count, false);
    want_words(run, node, "papers", papers, view->paper_count, true);
}

/* Events that change the case itself; what an act did to a person's data stands beside them in its history. */
static int64_t own_events(const struct case_view *view)
{
    int64_t count = 0;

    for (size_t i = 0; i < view->event_count; i++)
        count += strncmp(view->events[i].kind, "case.", 5) == 0 || strncmp(view->events[i].kind, "clock.", 6) == 0;
    return count;
}

static void expect_case(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {
        "case",     "for",      "number",       "state",   "version",     "assignee",  "values",     "clock",
        "due",      "overdue",  "starts",       "stopped", "clock_state", "in_time",   "extended",   "norm_from",
        "clocks",   "no_clock", "clock_states", "events",  "last_event",  "reminders", "destroyed",  "messages",
        "happened", "told",     "acts",         "barred",  "links",       "papers",    "is_overdue", NULL};
    const struct named_case *named = case_of(run, node, "case");
    const struct actor *actor = actor_of(run, node, "for", "auditor");
    const unsigned with = CASE_WITH_WHY | CASE_WITH_EVENTS | CASE_WITH_MESSAGES;
    bool is_opener = actor->kind == ACTOR_OPENER, overdue = false;
    struct fixture *fixture = &run->fixture;
    size_t destroyed = 0;
    struct case_view view;
    struct err err = {0};
    struct tx *tx;
    int r;

    only(run, node, known);
    arena_reset(&fixture->arena);
    if (store_read_begin(fixture->store, &tx, &err) < 0)
        fail(run, node, "read: %s", err.code);
    r = is_opener ? case_view_by_code(tx, &fixture->office, named->opened.number, named->opened.access_code,
                                      run->now_usec, with, &fixture->arena, &view, &err)
                  : case_view(tx, &fixture->office, named->opened.id, actor, run->now_usec, with, &fixture->arena,
                              &view, &err);
    if (r == 0 && !listed_overdue(tx, run, named->opened.id, &overdue, &err))
        r = -1;
    store_read_end(tx);
    if (r < 0)
        fail(run, node, "view: %s %s %s", err.code, err.arg, err.detail);

    for (size_t i = 0; i < view.value_count; i++)
        destroyed += view.values[i].destroyed;
    want_text(run, node, "number", view.row.number);
    want_text(run, node, "state", view.row.state);
    want_number(run, node, "version", view.row.version);
    want_text(run, node, "assignee", view.row.assignee != NULL ? name_of_account(run, view.row.assignee) : "");
    want_number(run, node, "destroyed", (int64_t)destroyed);
    want_number(run, node, "clocks", (int64_t)view.clock_count);
    want_text(run, node, "is_overdue", overdue ? "true" : "false");
    want_values(run, node, view.values, view.value_count);
    want_clock(run, node, &view);
    want_history(run, node, &view);
    want_messages(run, node, &view);
    want_acts(run, node, &view);
    want_beside(run, node, &view);
    if (!is_opener && view.row.version != own_events(&view))
        fail(run, node, "version %lld after %lld events of its own", (long long)view.row.version,
             (long long)own_events(&view));
}

/* --- A register, a key -------------------------------------------------------------------------------------------- */

static void expect_register(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"register", "entry",    "place", "state", "values",
                                        "steps",    "standing", "left",  NULL};
    static const char *const places[] = {"out", "standing", "past"};
    const char *id = text_of(run, node, "register", true), *number = text_of(run, node, "entry", false);
    const struct law_register *reg = catalogue_register(run->fixture.office.catalogue, id);
    const struct named_case *named = number != NULL ? case_named(run, number) : NULL;
    struct fixture *fixture = &run->fixture;
    struct register_entry entry = {.place = REGISTER_OUT};
    const struct register_step *steps;
    int64_t standing = 0, left = 0;
    size_t step_count = 0;
    struct err err = {0};
    struct tx *tx;
    int r;

    only(run, node, known);
    if (reg == NULL)
        fail(run, node, "there is no register %s", id);
    if (named != NULL)
        number = named->opened.number;
    arena_reset(&fixture->arena);
    if (store_read_begin(fixture->store, &tx, &err) < 0)
        fail(run, node, "read: %s", err.code);
    r = store_register_figures(tx, id, &standing, &left, &err);
    if (r == 0 && number != NULL) {
        r = register_entry_get(tx, reg, number, &fixture->arena, &entry, &err);
        if (r == 0)
            r = register_history(tx, &fixture->office, reg, &entry, &fixture->arena, &steps, &step_count, &err);
        else if (r == -ERR_NOT_FOUND)
            r = 0;
    }
    store_read_end(tx);
    if (r < 0)
        fail(run, node, "register: %s %s %s", err.code, err.arg, err.detail);

    want_number(run, node, "standing", standing);
    want_number(run, node, "left", left);
    if (number == NULL)
        return;
    want_text(run, node, "place", places[entry.place]);
    if (entry.place == REGISTER_OUT && yaml_get(node, "place") == NULL)
        fail(run, node, "no entry %s", number);
    if (entry.place == REGISTER_OUT)
        return;
    want_text(run, node, "state", entry.row.state);
    want_values(run, node, entry.values, reg->column_count);
    want_number(run, node, "steps", (int64_t)step_count);
}

static void expect_key(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"key", "value", "procedure", "count", NULL};
    int64_t count = 0;
    struct err err = {0};
    struct tx *tx;
    int r;

    only(run, node, known);
    if (store_read_begin(run->fixture.store, &tx, &err) < 0)
        fail(run, node, "read: %s", err.code);
    r = store_key_count(tx, yaml_get(node, "key")->text, yaml_get(node, "value")->text,
                        yaml_get(node, "procedure")->text, 0, INT64_MAX, NULL, 0, &count, &err);
    store_read_end(tx);
    if (r < 0)
        fail(run, node, "key: %s %s", err.code, err.arg);
    want_number(run, node, "count", count);
}

void step_expect(struct run *run, const struct yaml *node)
{
    if (node->kind == YAML_SEQUENCE) {
        for (size_t i = 0; i < node->count; i++)
            step_expect(run, node->items[i]);
    } else if (yaml_get(node, "register") != NULL) {
        expect_register(run, node);
    } else if (yaml_get(node, "key") != NULL) {
        expect_key(run, node);
    } else if (yaml_get(node, "users") != NULL) {
        expect_users(run, node);
    } else if (yaml_get(node, "ad") != NULL) {
        expect_advert(run, node);
    } else if (yaml_get(node, "forgotten") != NULL) {
        expect_forgotten(run, node);
    } else {
        expect_case(run, node);
    }
}
