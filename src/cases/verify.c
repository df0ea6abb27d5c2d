/* Does the store still say what the ledger says? Every event against the ledger first (ledger_verify); then every case
 * lived through again from its events and held against its row, clocks, sealed values and files. Cases are read in
 * pages and each in an arena of its own, so memory does not grow with the store. A person whose key was destroyed is no
 * damage: the values are counted as destroyed. */
#include "cases/rebuild.h"
#include "cases/verify_parts.h"
#include <stdio.h>
#include <string.h>

#define PAGE 200
#define PAGE_ARENA_LIMIT (256u << 20)
#define EVENTS_ARENA_LIMIT (256u << 20)
#define SPAN 1024

struct verification {
    struct tx *tx;
    const struct office *office;
    struct arena *arena; /* of the case at hand */
    struct subject_key key;
    bool destroyed;
    struct verify_report report;
    int64_t opened; /* case.opened events in the ledger */
    struct people people;
    json_t *numbered; /* {procedure: {year: how many cases}} */
    struct rebuild rebuild;
    struct rebuild_figures figures;
    int (*also)(const struct event_row *row, void *arg, struct err *err); /* may be NULL */
    void *also_arg;
    bool stale; /* what stands beside the cases may still be that of an older catalogue */
};

static int look_at_event(const struct event_row *row, void *arg, struct err *err)
{
    struct verification *work = arg;
    int r = work->also != NULL ? work->also(row, work->also_arg, err) : 0;

    if (r < 0)
        return r;
    if (strcmp(row->kind, "case.opened") == 0)
        work->opened++;
    /* What is sealed beside events of people, is bound to them and checked where those are. */
    if (row->case_id == NULL && (row->subject_id != NULL || row->sealed != NULL) &&
        strncmp(row->kind, "consent.", 8) != 0)
        return err_set(err, ERR_DAMAGED, "ledger_damaged", "event %lld", (long long)row->leaf);
    return people_event(&work->people, row, err);
}

static int check_commitment(const json_t *given, const json_t *sealed, const char *name, struct err *err)
{
    CLEANUP_BUF struct buf bytes = {0};
    const json_t *value = json_object_get(sealed, "value");
    const char *salt_hex = json_string_value(json_object_get(sealed, "salt"));
    const char *commitment = json_string_value(json_object_get(given, "commitment"));
    char hex[2 * SHA256_BYTES + 1];
    uint8_t salt[SALT_BYTES];
    struct hash hash;
    int r;

    if (value == NULL || salt_hex == NULL || commitment == NULL || !hex_decode(salt_hex, salt, sizeof(salt)))
        return replay_damaged(err, "the sealed value of %s is missing", name);
    buf_init(&bytes, BODY_LIMIT);
    r = value_committed_bytes(value, &bytes, err);
    if (r < 0)
        return r;
    hash = ledger_commitment(salt, bytes.data, bytes.len);
    hex_encode(hash.bytes, SHA256_BYTES, hex);
    return strcmp(hex, commitment) == 0 ? 0 : replay_damaged(err, "the value of %s is not the committed one", name);
}

/* Opens what lies sealed beside an event and holds each value against its commitment. */
static int check_personal(struct verification *work, const struct event_row *event, const json_t *body, json_t **ret,
                          struct err *err)
{
    json_t *given = json_object_get(body, "personal");
    const char *name;
    json_t *commitment;
    char place[PLACE_ROOM];
    json_t *sealed;
    int r;

    if (event->sealed != NULL && json_object_size(given) == 0)
        return replay_damaged(err, "event %lld seals values it does not name", (long long)event->leaf);
    if (work->destroyed) {
        work->report.values_destroyed += (int64_t)json_object_size(given);
        return 0;
    }
    place_of("event", event->case_id, place);
    r = values_unseal(&work->key, place, event->sealed, event->sealed_len, &sealed, err);
    if (r < 0)
        return r;
    json_object_foreach(given, name, commitment)
    {
        r = check_commitment(commitment, json_object_get(sealed, name), name, err);
        if (r < 0)
            break;
        work->report.values_checked++;
    }
    if (r == 0 && json_object_size(sealed) != json_object_size(given))
        r = replay_damaged(err, "event %lld seals values it does not name", (long long)event->leaf);
    if (r < 0) {
        json_decref(sealed);
        return r;
    }
    *ret = sealed;
    return 0;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int live_again(struct verification *work, const struct case_row *row, struct replay *replay, struct err *err)
{
    struct event_row *events;
    size_t count;
    int r = store_event_of_case(work->tx, row->id, NULL, work->arena, &events, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        CLEANUP_JSON json_t *body = NULL;
        CLEANUP_JSON json_t *sealed = NULL;
        bool of_clock = strncmp(events[i].kind, "clock.", 6) == 0;
        bool note = strcmp(events[i].kind, "case.noted") == 0;

        if (!event_of_case(events[i].kind))
            continue;
        r = stored_json_parse(events[i].body, events[i].body_len, "an event", &body, err);
        if (r == 0)
            r = check_personal(work, &events[i], body, &sealed, err);
        if (r == 0)
            r = replay_event(replay, work->office, &events[i], body, note ? NULL : sealed, work->arena, err);
        if (r == 0)
            r = rebuild_event(&work->rebuild, &events[i], body, sealed, err);
        if (r == 0 && !same(events[i].subject_id, of_clock ? NULL : replay->subject_id))
            r = replay_damaged(err, "event %lld is of another person", (long long)events[i].leaf);
    }
    if (r == 0 && replay->version == 0)
        return replay_damaged(err, "no event opens the case");
    return r;
}

static int check_row(const struct case_row *row, const struct replay *replay, struct err *err)
{
    CLEANUP_JSON json_t *fields = NULL;
    int r = stored_json_parse(row->fields, strlen(row->fields), "a case's values", &fields, err);

    if (r < 0)
        return r;
    if (!same(row->number, replay->number) || !same(row->procedure, replay->procedure->id))
        return replay_damaged(err, "number or procedure differ from the events");
    if (!same(row->state, replay->state) || row->closed_usec != replay->closed_usec)
        return replay_damaged(err, "state %s, by the events %s", row->state, replay->state);
    if (row->version != replay->version || row->last_leaf != replay->last_leaf)
        return replay_damaged(err, "version %lld, by the events %lld", (long long)row->version,
                              (long long)replay->version);
    if (row->opened_usec != replay->opened_usec || row->registered_usec != replay->registered_usec)
        return replay_damaged(err, "the moments of receipt differ from the events");
    if (!same(row->opener, replay->opener) || !same(row->lang, replay->lang) ||
        !same(row->subject_id, replay->subject_id) || !same(row->opener_account, replay->opener_account) ||
        !same(row->assignee, replay->assignee))
        return replay_damaged(err, "opener, language, person or assignee differ from the events");
    if (!json_equal(fields, replay->values))
        return replay_damaged(err, "values differ from the events");
    return 0;
}

static int check_sealed(const struct verification *work, const struct case_row *row, const struct replay *replay,
                        struct err *err)
{
    CLEANUP_JSON json_t *sealed = NULL;
    char place[PLACE_ROOM];
    int r;

    if (work->destroyed)
        return 0;
    place_of("case", row->id, place);
    r = values_unseal(&work->key, place, row->sealed, row->sealed_len, &sealed, err);
    if (r < 0)
        return r;
    return json_equal(sealed, replay->sealed) ? 0 : replay_damaged(err, "sealed values differ from the events");
}

/* A running clock that case_recompute has yet to look at: whether it is a duty may have changed with the catalogue. */
static bool clock_waits(const struct office *office, const struct clock_row *row)
{
    return clock_runs(row) && (strcmp(row->catalogue_hash, office->catalogue_hash) != 0 ||
                               strcmp(row->calendar_hash, office->calendar_hash) != 0);
}

/* A clock that only waits is born as one of which nothing will be said. Whether it did by the law it was computed with,
 * only that law tells. */
static bool overdue_as_told(const struct office *office, const char *procedure_id, const struct clock_row *row,
                            const json_t *told)
{
    const struct catalogue *catalogue = office->catalogue;
    const struct procedure *procedure = catalogue_procedure(catalogue, procedure_id);
    const struct procedure_clock *clock = procedure != NULL ? procedure_clock_find(procedure, row->clock) : NULL;

    return strcmp(row->catalogue_hash, office->catalogue_hash) != 0 ||
           !clock_is_duty(clock, clock_norm(catalogue, row)) ||
           row->overdue_told == json_is_true(json_object_get(told, "told"));
}

static bool clock_as_told(const struct clock_row *row, const json_t *told)
{
    const char *state = json_string_value(json_object_get(told, "state"));
    char from[16];

    date_format(date_from_day((int32_t)row->norm_from_day), from);
    if (!same(row->norm, json_string_value(json_object_get(told, "norm"))) ||
        !same(from, json_string_value(json_object_get(told, "norm_from"))) || !same(row->state, state) ||
        row->starts_usec != json_integer_value(json_object_get(told, "starts")) ||
        row->due_usec != json_integer_value(json_object_get(told, "due")) ||
        row->overdue_usec != json_integer_value(json_object_get(told, "overdue")) ||
        row->extended != json_integer_value(json_object_get(told, "extended")))
        return false;
    if (clock_runs(row))
        return row->stopped_usec == TIME_NONE && !row->stopped_in_time &&
               (row->remind_usec == TIME_NONE || row->remind_usec < row->due_usec);
    return row->remind_usec == TIME_NONE &&
           row->stopped_usec == json_integer_value(json_object_get(told, "stopped_at")) &&
           row->stopped_in_time == json_is_true(json_object_get(told, "in_time"));
}

static int check_clocks(struct verification *work, const struct case_row *row, const struct replay *replay,
                        struct err *err)
{
    struct case_row next = *row;
    struct clock_row *clocks;
    size_t count;
    bool waiting = false;
    int r = store_clock_of_case(work->tx, row->id, work->arena, &clocks, &count, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        waiting = waiting || clock_waits(work->office, &clocks[i]);
    if (count != json_object_size(replay->clocks))
        return replay_damaged(err, "%zu clocks, by the events %zu", count, json_object_size(replay->clocks));
    for (size_t i = 0; i < count; i++) {
        const json_t *told = json_object_get(replay->clocks, clocks[i].clock);

        if (told == NULL || !clock_as_told(&clocks[i], told) ||
            !overdue_as_told(work->office, row->procedure, &clocks[i], told))
            return replay_damaged(err, "clock %s differs from the events", clocks[i].clock);
    }
    clocks_next(work->office->catalogue, &next, clocks, count);
    if (next.next_due_usec == row->next_due_usec && next.next_overdue_usec == row->next_overdue_usec)
        return 0;
    return waiting ? err_set(err, ERR_CONFLICT, "registers_waiting", NULL)
                   : replay_damaged(err, "the next moments are not those of the clocks");
}

static int check_attachment(struct verification *work, const struct attachment_row *listed, const char *subject_id,
                            const json_t *told, struct err *err)
{
    CLEANUP_ARENA struct arena arena = {0};
    CLEANUP_BUF struct buf content = {0};
    struct attachment_row row;
    struct attachment_opened opened;
    char commitment[2 * SHA256_BYTES + 1];
    const char *type;
    int r;

    hex_encode(listed->commitment.bytes, SHA256_BYTES, commitment);
    if (told == NULL || !same(listed->type, json_string_value(json_object_get(told, "type"))) ||
        !same(listed->subject_id, subject_id) ||
        listed->size_bytes != json_integer_value(json_object_get(told, "size")) ||
        listed->leaf != json_integer_value(json_object_get(told, "leaf")) ||
        !same(commitment, json_string_value(json_object_get(told, "commitment"))))
        return replay_damaged(err, "attachment %s differs from the events", listed->id);
    work->report.attachments++;
    if (work->destroyed)
        return 0;
    arena_init(&arena, 2 * CASE_ATTACHMENT_BYTES_MAX);
    buf_init(&content, CASE_ATTACHMENT_BYTES_MAX + 1);
    r = store_attachment_get(work->tx, listed->id, &arena, &row, err);
    if (r == 0)
        r = attachment_open(&row, &work->key, &arena, &opened, err);
    if (r == 0)
        r = attachment_content(&row, &opened, &content, err);
    if (r < 0)
        return r;
    type = attachment_type(content.data, content.len);
    return same(type, row.type) ? 0 : replay_damaged(err, "attachment %s is of another type", row.id);
}

static int check_attachments(struct verification *work, const struct case_row *row, const struct replay *replay,
                             struct err *err)
{
    struct attachment_row *rows;
    size_t count;
    int r = store_attachment_of_case(work->tx, row->id, work->arena, &rows, &count, err);

    if (r == 0 && count != json_object_size(replay->attachments))
        r = replay_damaged(err, "%zu attachments, by the events %zu", count, json_object_size(replay->attachments));
    for (size_t i = 0; r == 0 && i < count; i++)
        r = check_attachment(work, &rows[i], row->subject_id, json_object_get(replay->attachments, rows[i].id), err);
    return r;
}

/* A difference that a change of the catalogue explains is no damage; but what cannot be told is not called sound. */
static int unless_stale(const struct verification *work, int r, struct err *err)
{
    return r == -ERR_DAMAGED && work->stale ? err_set(err, ERR_CONFLICT, "registers_waiting", NULL) : r;
}

static int check_beside(struct verification *work, const struct case_row *row, struct err *err)
{
    return unless_stale(work, rebuild_check(&work->rebuild, row, &work->figures, err), err);
}

static int check_against(struct verification *work, const struct case_row *row, struct replay *replay, struct err *err)
{
    int r = rebuild_begin(&work->rebuild, work->tx, work->office, row, work->arena, err);

    if (r == 0)
        r = live_again(work, row, replay, err);
    if (r == 0)
        r = check_row(row, replay, err);
    if (r == 0)
        r = check_sealed(work, row, replay, err);
    if (r == 0)
        r = check_clocks(work, row, replay, err);
    if (r == 0)
        r = check_attachments(work, row, replay, err);
    return r < 0 ? r : check_beside(work, row, err);
}

/* Numbers are drawn without gaps, so how many cases there are is the newest number. */
static int count_number(struct verification *work, const struct replay *replay, struct err *err)
{
    const struct zone *zone = &work->office->catalogue->calendar->zone;
    json_t *years = json_object_get(work->numbered, replay->procedure->id);
    int registered = date_from_day(zone_day_of(zone, replay->registered_usec)).year;
    char year[16];

    snprintf(year, sizeof(year), "%d", procedure_number_year(replay->procedure, registered));
    if (years == NULL && json_object_set_new(work->numbered, replay->procedure->id, years = json_object()) != 0)
        return err_memory(err);
    return json_object_set_new(years, year, json_integer(json_integer_value(json_object_get(years, year)) + 1)) == 0
               ? 0
               : err_memory(err);
}

static int check_numbers(struct verification *work, struct arena *arena, struct err *err)
{
    struct case_seq_row *rows;
    size_t count, years = 0;
    const char *procedure;
    json_t *of;
    int r = store_case_seq_list(work->tx, arena, &rows, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        char year[16];

        snprintf(year, sizeof(year), "%d", rows[i].year);
        of = json_object_get(work->numbered, rows[i].procedure);
        if (json_integer_value(json_object_get(of, year)) != rows[i].newest)
            r = err_set(err, ERR_DAMAGED, "store_damaged", "%s %s", rows[i].procedure, year);
    }
    json_object_foreach(work->numbered, procedure, of) years += json_object_size(of);
    return r == 0 && years != count ? err_set(err, ERR_DAMAGED, "store_damaged", "case_seq") : r;
}

/* Columns that repeat others, and messages about events that are not theirs. */
static int check_repeated(struct verification *work, struct arena *arena, struct err *err)
{
    const char *number = NULL, *id = NULL;
    int r = store_clock_check(work->tx, arena, &number, err);

    if (r == 0 && number != NULL) {
        err_set(err, ERR_DAMAGED, "case_damaged", "%s", number);
        return err == NULL ? -ERR_DAMAGED : err_detail(err, "a clock's columns contradict each other");
    }
    if (r == 0)
        r = store_key_check(work->tx, arena, &number, err);
    if (r == 0 && number != NULL) {
        err_set(err, ERR_DAMAGED, "case_damaged", "%s", number);
        return err == NULL ? -ERR_DAMAGED : err_detail(err, "a key's columns contradict its case");
    }
    if (r == 0)
        r = store_outbox_check(work->tx, arena, &id, err);
    return r == 0 && id != NULL ? err_set(err, ERR_DAMAGED, "store_damaged", "outbox %s", id) : r;
}

static int check_case(struct verification *work, const struct case_row *row, struct err *err)
{
    struct replay replay;
    struct err why = {0};
    int r = replay_init(&replay, err);

    if (r < 0)
        return r;
    r = case_subject_key(work->tx, work->office, row, &work->key, &work->destroyed, &why);
    if (r == 0)
        r = check_against(work, row, &replay, &why);
    if (r == 0)
        r = count_number(work, &replay, &why);
    replay_done(&replay);
    if (r == 0) {
        work->report.cases++;
        return 0;
    }
    if (r == -ERR_DAMAGED || r == -ERR_NOT_FOUND) {
        err_set(err, ERR_DAMAGED, "case_damaged", "%s", row->number);
        return err == NULL ? -ERR_DAMAGED : err_detail(err, "%s: %s", why.code, why.detail);
    }
    if (err != NULL)
        *err = why;
    return r;
}

static int check_cases(struct verification *work, struct err *err)
{
    CLEANUP_ARENA struct arena page;
    CLEANUP_ARENA struct arena each;
    struct case_filter filter = {.sort = CASE_SORT_OLDEST,
                                 .limit = PAGE,
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE};
    char cursor[512];

    arena_init(&page, PAGE_ARENA_LIMIT);
    arena_init(&each, EVENTS_ARENA_LIMIT);
    work->arena = &each;
    do {
        const char *next;
        struct case_row *rows;
        size_t count;
        int r;

        arena_reset(&page);
        r = store_case_list(work->tx, &filter, &page, &rows, &count, &next, err);
        for (size_t i = 0; r == 0 && i < count; i++) {
            arena_reset(&each);
            r = check_case(work, &rows[i], err);
        }
        if (r < 0)
            return r;
        filter.cursor = next != NULL ? cursor : NULL;
        if (next != NULL && snprintf(cursor, sizeof(cursor), "%s", next) >= (int)sizeof(cursor))
            return err_memory(err);
    } while (filter.cursor != NULL);
    return 0;
}

/* Ids and numbers of the cases opened in a span of events, to find the one whose row is missing. */
struct opened_span {
    struct arena *arena;
    size_t count;
    struct {
        const char *id, *number;
    } cases[SPAN];
};

static int gather_opened(const struct event_row *row, void *arg, struct err *err)
{
    struct opened_span *span = arg;
    CLEANUP_JSON json_t *body = NULL;
    const char *number;
    int r;

    if (strcmp(row->kind, "case.opened") != 0)
        return 0;
    r = stored_json_parse(row->body, row->body_len, "an event", &body, err);
    if (r < 0)
        return r;
    number = json_string_value(json_object_get(body, "number"));
    span->cases[span->count].id = arena_strdup(span->arena, row->case_id);
    span->cases[span->count].number = arena_strdup(span->arena, number != NULL ? number : "");
    span->count++;
    return span->arena->overflowed ? err_memory(err) : 0;
}

static int name_missing(struct verification *work, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct opened_span *span;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    for (int64_t from = 0; from < work->report.events; from += SPAN) {
        int r;

        arena_reset(&arena);
        span = ARENA_NEW(&arena, struct opened_span);
        if (span == NULL)
            return err_memory(err);
        span->arena = &arena;
        r = store_event_scan(work->tx, from, from + SPAN, gather_opened, span, err);
        for (size_t i = 0; r == 0 && i < span->count; i++) {
            struct case_row row;
            struct err why = {0};

            if (store_case_get(work->tx, span->cases[i].id, &arena, &row, &why) == -ERR_NOT_FOUND) {
                err_set(err, ERR_DAMAGED, "case_damaged", "%s", span->cases[i].number);
                return err == NULL ? -ERR_DAMAGED : err_detail(err, "the case's row is missing");
            }
        }
        if (r < 0)
            return r;
    }
    err_set(err, ERR_DAMAGED, "case_damaged", NULL);
    return err == NULL ? -ERR_DAMAGED
                       : err_detail(err, "%lld cases, by the events %lld", (long long)work->report.cases,
                                    (long long)work->opened);
}

static int check_all(struct verification *work, const char *key, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    int r = ledger_verify(work->tx, key, look_at_event, work, &work->report.events, err);

    arena_init(&arena, PAGE_ARENA_LIMIT);
    work->figures.standing = ARENA_ARRAY(&arena, int64_t, work->office->catalogue->register_count);
    work->figures.past = ARENA_ARRAY(&arena, int64_t, work->office->catalogue->register_count);
    if (r == 0 && (work->figures.standing == NULL || work->figures.past == NULL))
        r = err_memory(err);
    if (r == 0)
        r = register_stale(work->tx, work->office, &work->stale, err);
    if (r == 0)
        r = check_cases(work, err);
    if (r == 0 && work->report.cases != work->opened)
        r = name_missing(work, err);
    if (r == 0)
        r = unless_stale(work, rebuild_check_figures(work->tx, work->office, &work->figures, &arena, err), err);
    if (r == 0)
        r = check_numbers(work, &arena, err);
    if (r == 0)
        r = check_repeated(work, &arena, err);
    return r < 0 ? r : people_check(work->tx, &work->people, &arena, err);
}

int office_verify(struct tx *tx, const struct office *office, struct verify_report *ret, struct err *err)
{
    return office_verify_with(tx, office, NULL, NULL, ret, err);
}

int office_verify_with(struct tx *tx, const struct office *office,
                       int (*also)(const struct event_row *row, void *arg, struct err *err), void *arg,
                       struct verify_report *ret, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct verification work = {.tx = tx, .office = office, .also = also, .also_arg = arg};
    const char *key;
    int r;

    arena_init(&arena, 1u << 16);
    key = signer_verifier_key(ledger_signer(office->ledger), &arena);
    if (key == NULL)
        return err_memory(err);
    r = people_init(&work.people, err);
    if (r < 0)
        return r;
    work.numbered = json_object();
    r = work.numbered != NULL ? check_all(&work, key, err) : err_memory(err);
    json_decref(work.numbered);
    people_done(&work.people);
    if (r < 0)
        return r;
    *ret = work.report;
    return 0;
}
