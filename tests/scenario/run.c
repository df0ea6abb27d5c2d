/* Lives scripts through the real engine with a clock of their own.
 *
 * A script (*.yaml) has `title` (what it lives through), an optional `law` (edits to a copy of law/) and `steps`, each
 * a mapping of which the members act in this order:
 *
 *   at:     the moment from now on (RFC 3339)
 *   reload: edits to the law copy, then a reload and case_recompute
 *   open:   {as, procedure, opener, by, received, key, values}           opens a case and calls it `as`
 *   act:    {case, act, by, version, key, values}                       acts on it
 *   refuse: {open or act: as above, code, field}                        must be refused so and change nothing
 *   same:   {open or act: as above}                                     must give the first answer again
 *   tick:   true                                                        time passes for the job loop
 *   destroy: the case's name                                            its person's key is destroyed
 *   verify: true                                                        office_verify must find nothing
 *   expect: {case, clock, number, state, version, due, overdue, clock_state, in_time, extended, norm_from, is_overdue,
 *           events, last_event, reminders, destroyed, clocks (how many), messages (how many)}
 *
 * An edit is {file, find, replace} or {file, append}. Every complaint says the script's file and line. */
#include "base/yaml.h"
#include "fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES_MAX 16
#define VALUES_MAX 32

struct named_case {
    const char *name;
    struct case_opened opened;
};

struct run {
    struct fixture fixture;
    int64_t now_usec;
    struct named_case cases[CASES_MAX];
    size_t case_count;
    jmp_buf failed;
};

static void fail(struct run *run, const struct yaml *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), noreturn));
static void fail(struct run *run, const struct yaml *at, const char *fmt, ...)
{
    va_list args;

    printf("  %s:%d: ", at->file, at->line);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    longjmp(run->failed, 1);
}

static const char *text_of(struct run *run, const struct yaml *node, const char *key, bool required)
{
    const struct yaml *value = yaml_get(node, key);

    if (value == NULL && !required)
        return NULL;
    if (value == NULL || value->kind != YAML_SCALAR)
        fail(run, value != NULL ? value : node, "%s is missing or no text", key);
    return value->text;
}

static int64_t moment_of(struct run *run, const struct yaml *node, const char *key)
{
    const char *text = text_of(run, node, key, true);
    int64_t at_usec;

    if (!moment_parse(text, &run->fixture.office.catalogue->calendar->zone, &at_usec))
        fail(run, yaml_get(node, key), "%s is no moment", text);
    return at_usec;
}

static struct named_case *case_of(struct run *run, const struct yaml *node, const char *key)
{
    const char *name = text_of(run, node, key, true);

    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].name, name) == 0)
            return &run->cases[i];
    fail(run, yaml_get(node, key), "no case is called %s", name);
}

static const struct actor *actor_of(struct run *run, const struct yaml *node, const char *otherwise)
{
    const char *word = text_of(run, node, "by", false);
    const struct actor *actor = fixture_actor(&run->fixture, word != NULL ? word : otherwise);

    if (actor == NULL)
        fail(run, node, "nobody is called %s", word);
    return actor;
}

/* "{account: moderator}" stands for that account's id. */
static size_t values_of(struct run *run, const struct yaml *node, struct raw_value *raw, const char **texts)
{
    const struct yaml *values = yaml_get(node, "values");

    if (values == NULL)
        return 0;
    if (values->count > VALUES_MAX)
        fail(run, values, "too many values");
    for (size_t i = 0; i < values->count; i++) {
        const struct yaml *value = values->items[i];
        const struct actor *actor = NULL;

        if (value->kind == YAML_SEQUENCE) {
            const char **several = ARENA_ARRAY(&run->fixture.arena, const char *, value->count);

            for (size_t k = 0; k < value->count; k++)
                several[k] = value->items[k]->text;
            raw[i] = (struct raw_value){values->keys[i], RAW_LIST, value->count, several};
            continue;
        }
        if (strcmp(values->keys[i], "account") == 0)
            actor = fixture_actor(&run->fixture, value->text);
        texts[i] = actor != NULL ? actor->account_id : value->text;
        raw[i] = fixture_raw(values->keys[i], &texts[i]);
    }
    return values->count;
}

static int try_open(struct run *run, const struct yaml *node, struct case_opened *ret, struct err *err)
{
    struct raw_value raw[VALUES_MAX];
    const char *texts[VALUES_MAX];
    struct fixture_opening opening = {.procedure = text_of(run, node, "procedure", false),
                                      .opener = text_of(run, node, "opener", false),
                                      .actor = actor_of(run, node, "public"),
                                      .now_usec = run->now_usec,
                                      .key = text_of(run, node, "key", false),
                                      .raw = raw};

    if (yaml_get(node, "received") != NULL)
        opening.received_usec = moment_of(run, node, "received");
    opening.raw_count = values_of(run, node, raw, texts);
    if (opening.raw_count == 0) {
        opening.raw = fixture_complaint;
        opening.raw_count = 2;
    }
    return fixture_open_case(&run->fixture, &opening, ret, err);
}

static int try_act(struct run *run, const struct yaml *node, int64_t *ret_version, int64_t *ret_leaf, struct err *err)
{
    struct raw_value raw[VALUES_MAX];
    const char *texts[VALUES_MAX];
    const char *version = text_of(run, node, "version", false);
    struct case_acting acting = {.case_id = case_of(run, node, "case")->opened.id,
                                 .act = text_of(run, node, "act", true),
                                 .expected_version = version != NULL ? atoll(version) : 0,
                                 .idempotency_key = text_of(run, node, "key", false),
                                 .raw = raw};
    char id[ID_TEXT];

    snprintf(id, sizeof(id), "%s", acting.case_id);
    acting.case_id = id;
    acting.raw_count = values_of(run, node, raw, texts);
    return fixture_act(&run->fixture, &acting, actor_of(run, node, "moderator"), run->now_usec, ret_version, ret_leaf,
                       err);
}

static void why_refused(struct run *run, const struct yaml *node, const struct err *err)
{
    const struct field_errors *errors = &run->fixture.errors;

    fail(run, node, "refused: %s %s %s (%s %s)", err->code, err->arg, err->detail,
         errors->count > 0 ? errors->items[0].field : "", errors->count > 0 ? errors->items[0].code : "");
}

static void step_open(struct run *run, const struct yaml *node)
{
    struct named_case *named = &run->cases[run->case_count];
    struct err err = {0};

    if (run->case_count == CASES_MAX)
        fail(run, node, "too many cases");
    named->name = text_of(run, node, "as", true);
    if (try_open(run, node, &named->opened, &err) < 0)
        why_refused(run, node, &err);
    if (named->opened.repeated)
        fail(run, node, "answered as a repeated request");
    run->case_count++;
}

static void step_act(struct run *run, const struct yaml *node)
{
    struct err err = {0};

    if (try_act(run, node, NULL, NULL, &err) < 0)
        why_refused(run, node, &err);
}

static int64_t ledger_size(struct run *run, const struct yaml *at)
{
    struct err err = {0};
    const char *note;
    struct tx *tx;
    int64_t size;
    int r = store_read_begin(run->fixture.store, &tx, &err);

    if (r == 0) {
        struct arena arena;

        arena_init(&arena, 1u << 16);
        r = ledger_checkpoint(tx, &arena, &note, &size, &err);
        arena_done(&arena);
        store_read_end(tx);
    }
    if (r < 0)
        fail(run, at, "ledger: %s", err.code);
    return size;
}

static void step_refuse(struct run *run, const struct yaml *node)
{
    const char *code = text_of(run, node, "code", true), *field = text_of(run, node, "field", false);
    const struct yaml *open = yaml_get(node, "open"), *act = yaml_get(node, "act");
    int64_t before = ledger_size(run, node);
    struct case_opened opened;
    struct err err = {0};
    int r = open != NULL ? try_open(run, open, &opened, &err) : try_act(run, act, NULL, NULL, &err);

    if (r >= 0)
        fail(run, node, "was not refused");
    if (field != NULL) {
        const struct field_error *error = field_errors_find(&run->fixture.errors, field);

        if (error == NULL || strcmp(error->code, code) != 0)
            fail(run, node, "%s is refused with %s", field, error != NULL ? error->code : "nothing");
    } else if (strcmp(err.code, code) != 0) {
        fail(run, node, "refused with %s", err.code);
    }
    if (ledger_size(run, node) != before)
        fail(run, node, "refused, but something was written");
}

static void step_same(struct run *run, const struct yaml *node)
{
    const struct yaml *open = yaml_get(node, "open"), *act = yaml_get(node, "act");
    int64_t before = ledger_size(run, node), version, leaf;
    struct case_opened opened;
    struct err err = {0};
    int r = open != NULL ? try_open(run, open, &opened, &err) : try_act(run, act, &version, &leaf, &err);

    if (r < 0)
        why_refused(run, node, &err);
    if (ledger_size(run, node) != before)
        fail(run, node, "written a second time");
    if (open != NULL) {
        const struct case_opened *first = &case_of(run, open, "as")->opened;

        if (!opened.repeated || strcmp(first->id, opened.id) != 0 || strcmp(first->number, opened.number) != 0 ||
            strcmp(first->access_code, opened.access_code) != 0 || first->leaf != opened.leaf ||
            memcmp(&first->leaf_hash, &opened.leaf_hash, sizeof(opened.leaf_hash)) != 0)
            fail(run, node, "not the first answer");
    }
}

static void edit_law(struct run *run, const struct yaml *edits)
{
    for (size_t i = 0; i < edits->count; i++) {
        const char *file = text_of(run, edits->items[i], "file", true);
        const char *append = text_of(run, edits->items[i], "append", false);

        if (append != NULL)
            fixture_edit_law(&run->fixture, file, NULL, append);
        else
            fixture_edit_law(&run->fixture, file, text_of(run, edits->items[i], "find", true),
                             text_of(run, edits->items[i], "replace", true));
    }
}

static void reload(struct run *run, const struct yaml *edits)
{
    struct err err = {0};

    edit_law(run, edits);
    if (fixture_reload(&run->fixture, &err) < 0)
        fail(run, edits, "the law does not load: %s %s", err.code, err.arg);
}

static void step_verify(struct run *run, const struct yaml *at)
{
    struct verify_report report;
    struct err err = {0};

    if (fixture_verify(&run->fixture, &report, &err) < 0)
        fail(run, at, "verify: %s %s: %s", err.code, err.arg, err.detail);
    if (report.cases != (int64_t)run->case_count)
        fail(run, at, "verify saw %lld cases", (long long)report.cases);
}

static void step_destroy(struct run *run, const struct yaml *step)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             "UPDATE subject SET wrapped_key = NULL WHERE id = (SELECT subject_id FROM case_file WHERE id = '%s')",
             case_of(run, step, "destroy")->opened.id);
    fixture_sql(&run->fixture, sql);
}

/* --- What is expected --------------------------------------------------------------------------------------------- */

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
    char text[32];

    if (yaml_get(node, key) == NULL)
        return;
    moment_format(&run->fixture.office.catalogue->calendar->zone, is, text);
    if (moment_of(run, node, key) != is)
        fail(run, yaml_get(node, key), "%s is %s", key, text);
}

/* Through the list as the desk sees it, and by the row: both must say the same. */
static bool listed_overdue(struct run *run, struct tx *tx, const char *id, const struct yaml *at)
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
    struct err err = {0};
    size_t count;

    if (store_case_list(tx, &filter, &run->fixture.arena, &rows, &count, &cursor, &err) < 0)
        fail(run, at, "list: %s", err.code);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].id, id) == 0)
            return true;
    return false;
}

static void want_clock(struct run *run, const struct yaml *node, const struct case_view *view)
{
    const char *name = text_of(run, node, "clock", false);
    const struct case_clock *clock = view->clock_count > 0 ? &view->clocks[0] : NULL;
    char from[16];

    for (size_t i = 0; name != NULL && i < view->clock_count; i++)
        if (strcmp(view->clocks[i].row.clock, name) == 0)
            clock = &view->clocks[i];
    if (clock == NULL)
        return;
    date_format(date_from_day((int32_t)clock->row.norm_from_day), from);
    want_moment(run, node, "due", clock->row.due_usec);
    want_moment(run, node, "overdue", clock->row.overdue_usec);
    want_text(run, node, "clock_state", clock->row.state);
    want_text(run, node, "in_time", clock->row.stopped_in_time ? "true" : "false");
    want_number(run, node, "extended", clock->row.extended);
    want_text(run, node, "norm_from", from);
    if (clock->why.moments.due_usec != clock->row.due_usec ||
        clock->why.moments.overdue_usec != clock->row.overdue_usec)
        fail(run, node, "the explanation says other moments than the clock");
}

static void step_expect(struct run *run, const struct yaml *node)
{
    const struct named_case *named = case_of(run, node, "case");
    struct fixture *fixture = &run->fixture;
    size_t reminders = 0, destroyed = 0;
    struct case_view view;
    struct err err = {0};
    struct tx *tx;
    bool overdue;

    arena_reset(&fixture->arena);
    if (store_read_begin(fixture->store, &tx, &err) < 0)
        fail(run, node, "read: %s", err.code);
    if (case_view(tx, &fixture->office, named->opened.id, &fixture->auditor,
                  CASE_WITH_WHY | CASE_WITH_EVENTS | CASE_WITH_MESSAGES, &fixture->arena, &view, &err) < 0)
        fail(run, node, "view: %s %s", err.code, err.detail);
    overdue = listed_overdue(run, tx, named->opened.id, node);
    store_read_end(tx);

    for (size_t i = 0; i < view.event_count; i++)
        reminders += strcmp(view.events[i].kind, "clock.reminded") == 0;
    for (size_t i = 0; i < view.value_count; i++)
        destroyed += view.values[i].destroyed;
    want_text(run, node, "number", view.row.number);
    want_text(run, node, "state", view.row.state);
    want_number(run, node, "version", view.row.version);
    want_number(run, node, "events", (int64_t)view.event_count);
    want_text(run, node, "last_event", view.events[view.event_count - 1].kind);
    want_number(run, node, "reminders", (int64_t)reminders);
    want_number(run, node, "destroyed", (int64_t)destroyed);
    want_number(run, node, "clocks", (int64_t)view.clock_count);
    want_number(run, node, "messages", (int64_t)view.message_count);
    want_text(run, node, "is_overdue", overdue ? "true" : "false");
    want_clock(run, node, &view);
    if (view.row.version != (int64_t)view.event_count)
        fail(run, node, "version %lld after %zu events", (long long)view.row.version, view.event_count);
}

/* --- A script ----------------------------------------------------------------------------------------------------- */

static void live(struct run *run, const struct yaml *step)
{
    static const char *const known[] = {"at",   "reload",  "open",   "act",    "refuse", "same",
                                        "tick", "destroy", "verify", "expect", NULL};
    struct err err = {0};

    if (yaml_only_keys(step, known, &err) < 0)
        fail(run, step, "unknown member: %s", err.arg);
    if (yaml_get(step, "at") != NULL)
        run->now_usec = moment_of(run, step, "at");
    if (yaml_get(step, "reload") != NULL) {
        reload(run, yaml_get(step, "reload"));
        fixture_recompute(&run->fixture, run->now_usec);
    }
    if (yaml_get(step, "open") != NULL)
        step_open(run, yaml_get(step, "open"));
    if (yaml_get(step, "act") != NULL)
        step_act(run, yaml_get(step, "act"));
    if (yaml_get(step, "refuse") != NULL)
        step_refuse(run, yaml_get(step, "refuse"));
    if (yaml_get(step, "same") != NULL)
        step_same(run, yaml_get(step, "same"));
    if (yaml_get(step, "tick") != NULL)
        fixture_tick(&run->fixture, run->now_usec);
    if (yaml_get(step, "destroy") != NULL)
        step_destroy(run, step);
    if (yaml_get(step, "verify") != NULL)
        step_verify(run, step);
    if (yaml_get(step, "expect") != NULL)
        step_expect(run, yaml_get(step, "expect"));
}

static bool run_script(const char *path)
{
    struct run *run = calloc(1, sizeof(*run));
    const struct yaml *root, *steps;
    struct arena arena;
    struct err err = {0};
    volatile bool passed = false;

    if (run == NULL)
        abort();
    arena_init(&arena, 4u << 20);
    if (yaml_load(path, 1u << 20, &arena, &root, &err) < 0 || (steps = yaml_get(root, "steps")) == NULL ||
        yaml_get(root, "title") == NULL) {
        printf("  %s: %s %s\n", path, err.code != NULL ? err.code : "no title or no steps", err.arg);
        arena_done(&arena);
        free(run);
        return false;
    }
    fixture_start(&run->fixture);
    if (setjmp(run->failed) == 0) {
        if (yaml_get(root, "law") != NULL)
            reload(run, yaml_get(root, "law"));
        for (size_t i = 0; i < steps->count; i++)
            live(run, steps->items[i]);
        step_verify(run, root);
        passed = true;
    }
    fixture_end(&run->fixture);
    arena_done(&arena);
    free(run);
    return passed;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;

    for (int i = 1; i < argc; i++) {
        bool ok = run_script(argv[i]);

        printf("%s %s\n", ok ? "ok  " : "FAIL", argv[i]);
        passed += ok;
        failed += !ok;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
