/* What is written is read back, on both engines: every row of the store but lists of cases. */
#include "world.h"
#include <string.h>

static void assert_same_text(const char *a, const char *b)
{
    if (b == NULL)
        assert_null(a);
    else
        assert_string_equal(a, b);
}

static void assert_same_case(const struct case_row *a, const struct case_row *b)
{
    assert_string_equal(a->id, b->id);
    assert_string_equal(a->procedure, b->procedure);
    assert_string_equal(a->number, b->number);
    assert_string_equal(a->state, b->state);
    assert_int_equal(a->version, b->version);
    assert_true(a->opened_usec == b->opened_usec && a->registered_usec == b->registered_usec);
    assert_true(a->closed_usec == b->closed_usec);
    assert_true(a->next_due_usec == b->next_due_usec && a->next_overdue_usec == b->next_overdue_usec);
    assert_string_equal(a->opener, b->opener);
    assert_same_text(a->opener_account, b->opener_account);
    assert_same_text(a->subject_id, b->subject_id);
    assert_same_text(a->assignee, b->assignee);
    assert_string_equal(a->lang, b->lang);
    assert_string_equal(a->fields, b->fields);
    assert_int_equal(a->sealed_len, b->sealed_len);
    assert_int_equal(a->sealed == NULL, b->sealed == NULL);
    if (b->sealed != NULL)
        assert_memory_equal(a->sealed, b->sealed, b->sealed_len);
    assert_int_equal(a->last_leaf, b->last_leaf);
}

static int insert_subject(struct tx *tx, void *arg, struct err *err)
{
    return store_subject_insert(tx, arg, err);
}

static void add_subject(struct world *world, int n)
{
    struct subject_row row = {
        .id = id_of(world, n), .wrapped_key = "\0wrapped\xff", .wrapped_key_len = 9, .created_usec = 5};
    assert_done(world_write(world, insert_subject, &row), world);
}

static void case_is_read_as_written(void **state)
{
    struct world *world = *state;
    add_subject(world, 900);
    struct case_row plain = case_row_of(world, 1), full = case_row_of(world, 2);
    plain.next_due_usec = plain.next_overdue_usec = TIME_NONE;
    full.closed_usec = 99;
    full.opener = "staff";
    full.opener_account = id_of(world, 800);
    full.subject_id = id_of(world, 900);
    full.assignee = id_of(world, 801);
    full.fields = "{\"text\":\"Шағым ‘қазақша’ \\\"\"}";
    full.sealed = "\0\1\2\xff\xfe";
    full.sealed_len = 5;
    add_case(world, &plain);
    add_case(world, &full);
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_row got;
    assert_done(store_case_get(tx, plain.id, &world->arena, &got, &world->err), world);
    assert_same_case(&got, &plain);
    assert_done(store_case_by_number(tx, full.number, &world->arena, &got, &world->err), world);
    assert_same_case(&got, &full);
    assert_refused(store_case_get(tx, id_of(world, 77), &world->arena, &got, &world->err), world, ERR_NOT_FOUND,
                   "not_found");
    assert_refused(store_case_by_number(tx, "' OR 1=1 --", &world->arena, &got, &world->err), world, ERR_NOT_FOUND,
                   "not_found");
    assert_same_case(&got, &full);
}

struct updating {
    struct case_row row;
    int64_t expected;
};

static int update_case(struct tx *tx, void *arg, struct err *err)
{
    const struct updating *updating = arg;
    return store_case_update(tx, &updating->row, updating->expected, err);
}

static void update_needs_the_version_it_expects(void **state)
{
    struct world *world = *state;
    struct updating updating = {.row = case_row_of(world, 1), .expected = 1};
    add_case(world, &updating.row);
    updating.row.version = 2;
    updating.row.state = "answered";
    updating.row.closed_usec = 7;
    updating.row.next_due_usec = TIME_NONE;
    updating.row.sealed = "xyz";
    updating.row.sealed_len = 3;
    assert_done(world_write(world, update_case, &updating), world);
    updating.row.state = "lost";
    assert_refused(world_write(world, update_case, &updating), world, ERR_STALE, "case_changed");
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_row got;
    assert_done(store_case_get(tx, updating.row.id, &world->arena, &got, &world->err), world);
    updating.row.state = "answered";
    assert_same_case(&got, &updating.row);
}

static void numbers_are_unique(void **state)
{
    struct world *world = *state;
    struct case_row first = case_row_of(world, 1), second = case_row_of(world, 2);
    second.number = first.number;
    add_case(world, &first);
    assert_refused(world_write(world, insert_case, &second), world, ERR_INTERNAL, "store_refused");
    CLEANUP_READ struct tx *tx = world_read(world);
    struct case_row got;
    assert_int_equal(store_case_get(tx, second.id, &world->arena, &got, NULL), -ERR_NOT_FOUND);
}

static int next_seq(struct tx *tx, void *arg, struct err *err)
{
    int64_t *numbers = arg;
    int rc = store_case_next_seq(tx, "complaint", 2026, &numbers[0], err);
    if (rc == 0)
        rc = store_case_next_seq(tx, "complaint", 2027, &numbers[1], err);
    if (rc == 0)
        rc = store_case_next_seq(tx, "request", 2026, &numbers[2], err);
    return rc;
}

static int next_seq_then_fail(struct tx *tx, void *arg, struct err *err)
{
    int rc = next_seq(tx, arg, err);
    return rc != 0 ? rc : err_set(err, ERR_CONFLICT, "act_not_now", NULL);
}

static void numbers_have_no_gaps(void **state)
{
    struct world *world = *state;
    int64_t numbers[3];
    assert_done(world_write(world, next_seq, numbers), world);
    assert_true(numbers[0] == 1 && numbers[1] == 1 && numbers[2] == 1);
    assert_refused(world_write(world, next_seq_then_fail, numbers), world, ERR_CONFLICT, "act_not_now");
    assert_done(world_write(world, next_seq, numbers), world);
    assert_true(numbers[0] == 2 && numbers[1] == 2 && numbers[2] == 2);
}

struct counted {
    int64_t next;
    int stop_at;
};

static int count_event(const struct event_row *row, void *arg, struct err *err)
{
    struct counted *counted = arg;
    assert_int_equal(row->leaf, counted->next);
    struct hash wanted = hash_of((int)row->leaf);
    assert_memory_equal(&row->leaf_hash, &wanted, sizeof wanted);
    assert_int_equal(strlen(row->body), row->body_len);
    counted->next++;
    return counted->next == counted->stop_at ? err_set(err, ERR_DAMAGED, "store_damaged", NULL) : 0;
}

static int insert_events(struct tx *tx, void *arg, struct err *err)
{
    struct world *world = arg;
    int rc = 0;
    for (int64_t leaf = 0; leaf < 600 && rc == 0; leaf++) {
        struct event_row row = event_row_of(world, leaf);
        row.case_id = leaf % 2 ? "odd" : NULL;
        if (leaf == 5) {
            row.account_id = "a5";
            row.subject_id = "s5";
            row.sealed = "\0sealed";
            row.sealed_len = 7;
        }
        rc = store_event_insert(tx, &row, err);
    }
    return rc;
}

static void events_are_read_as_written(void **state)
{
    struct world *world = *state;
    assert_done(world_write(world, insert_events, world), world);
    CLEANUP_READ struct tx *tx = world_read(world);
    struct event_row row, *rows;
    assert_done(store_event_get(tx, 5, &world->arena, &row, &world->err), world);
    assert_string_equal(row.kind, "case.opened");
    assert_string_equal(row.account_id, "a5");
    assert_string_equal(row.subject_id, "s5");
    assert_int_equal(row.sealed_len, 7);
    assert_memory_equal(row.sealed, "\0sealed", 7);
    assert_int_equal(row.at_usec, 1000005);
    assert_done(store_event_get(tx, 4, &world->arena, &row, &world->err), world);
    assert_true(row.case_id == NULL && row.account_id == NULL && row.sealed == NULL && row.sealed_len == 0);
    assert_refused(store_event_get(tx, 600, &world->arena, &row, &world->err), world, ERR_NOT_FOUND, "not_found");

    struct counted counted = {.next = 3};
    assert_done(store_event_scan(tx, 3, 597, count_event, &counted, &world->err), world);
    assert_int_equal(counted.next, 597);
    counted = (struct counted){.next = 0, .stop_at = 300};
    assert_int_equal(store_event_scan(tx, 0, 600, count_event, &counted, &world->err), -ERR_DAMAGED);
    assert_int_equal(counted.next, 300);
    counted = (struct counted){.next = 0};
    assert_done(store_event_scan(tx, 600, 900, count_event, &counted, &world->err), world);
    assert_int_equal(counted.next, 0);

    size_t count;
    assert_done(store_event_of_case(tx, "odd", NULL, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 300);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows[i].leaf, 2 * i + 1);
    assert_done(store_event_of_case(tx, "none", NULL, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 0);

    struct hash hashes[10], wanted = hash_of(599);
    assert_done(store_event_hashes(tx, 590, 10, hashes, &world->err), world);
    assert_memory_equal(&hashes[9], &wanted, sizeof wanted);
    assert_refused(store_event_hashes(tx, 591, 10, hashes, &world->err), world, ERR_NOT_FOUND, "not_found");
}

static void events_are_only_appended(void **state)
{
    struct world *world = *state;
    struct event_row row = event_row_of(world, 0);
    add_event(world, &row);
    /* The same leaf again, through the store. */
    row.body = "{}";
    row.body_len = 2;
    assert_refused(world_write(world, insert_event, &row), world, ERR_INTERNAL, "store_refused");
    /* And by hand, past the store: the triggers. */
    assert_false(world_sql(world, "UPDATE event SET body = '{}'"));
    assert_false(world_sql(world, "DELETE FROM event"));
    if (world->postgres) {
        assert_false(world_sql(world, "TRUNCATE event"));
        assert_int_equal(world_number(world, "SELECT count(*) FROM information_schema.table_privileges WHERE "
                                             "table_name = 'event' AND privilege_type IN ('UPDATE', 'DELETE', "
                                             "'TRUNCATE')"),
                         0);
    } else {
        assert_false(
            world_sql(world, "PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO event SELECT * FROM event"));
    }
    assert_int_equal(world_number(world, "SELECT count(*) FROM event WHERE body = '{\"n\":0}'"), 1);
}

static int head_write(struct tx *tx, void *arg, struct err *err)
{
    int rc = store_ledger_head_set(tx, arg, err);
    for (int i = 0; i < 3 && rc == 0; i++) {
        struct hash hash = hash_of(i);
        rc = store_ledger_node_insert(tx, 8, i, &hash, err);
    }
    return rc;
}

static void ledger_head_and_nodes(void **state)
{
    struct world *world = *state;
    struct ledger_head_row head = {.size = -1};
    struct tx *tx = world_read(world);
    assert_done(store_ledger_head_get(tx, &world->arena, &head, &world->err), world);
    assert_true(head.size == 0 && head.peak_count == 0 && head.checkpoint == NULL);
    store_read_end(tx);
    char note[] = "talap\n7\n";
    struct ledger_head_row written = {.size = 7, .peak_count = 3, .checkpoint = note};
    for (int i = 0; i < 3; i++)
        written.peaks[i] = hash_of(100 + i);
    assert_done(world_write(world, head_write, &written), world);
    tx = world_read(world);
    assert_done(store_ledger_head_get(tx, &world->arena, &head, &world->err), world);
    assert_int_equal(head.size, 7);
    assert_int_equal(head.peak_count, 3);
    assert_memory_equal(head.peaks, written.peaks, 3 * sizeof *head.peaks);
    assert_string_equal(head.checkpoint, note);
    struct hash nodes[3], wanted = hash_of(2);
    assert_done(store_ledger_nodes(tx, 8, 1, 2, nodes, &world->err), world);
    assert_memory_equal(&nodes[1], &wanted, sizeof wanted);
    assert_refused(store_ledger_nodes(tx, 8, 1, 3, nodes, &world->err), world, ERR_NOT_FOUND, "not_found");
    assert_refused(store_ledger_nodes(tx, 16, 0, 1, nodes, &world->err), world, ERR_NOT_FOUND, "not_found");
    store_read_end(tx);
    /* A head whose peaks do not fit its size contradicts itself. */
    assert_true(world_sql(world, "UPDATE ledger_head SET size = 8"));
    tx = world_read(world);
    assert_refused(store_ledger_head_get(tx, &world->arena, &head, &world->err), world, ERR_DAMAGED, "store_damaged");
    store_read_end(tx);
}

static void clocks_ripen(void **state)
{
    struct world *world = *state;
    for (int n = 1; n <= 4; n++) {
        struct case_row row = case_row_of(world, n);
        add_case(world, &row);
    }
    int64_t next = 0;
    struct tx *tx = world_read(world);
    assert_done(store_clock_next_ripe(tx, &next, &world->err), world);
    assert_true(next == TIME_NONE);
    store_read_end(tx);

    struct clock_row reminder = clock_row_of(world, 1, "answer"), overdue = clock_row_of(world, 2, "answer"),
                     told = clock_row_of(world, 3, "answer"), met = clock_row_of(world, 4, "answer");
    overdue.remind_usec = TIME_NONE;
    overdue.overdue_usec = 1400000;
    told.remind_usec = TIME_NONE;
    told.overdue_told = true;
    met.state = "met";
    met.stopped_usec = 5;
    met.stopped_in_time = true;
    met.extended = 2;
    add_clock(world, &reminder);
    add_clock(world, &overdue);
    add_clock(world, &told);
    add_clock(world, &met);

    tx = world_read(world);
    struct clock_row *rows;
    size_t count;
    assert_done(store_clock_next_ripe(tx, &next, &world->err), world);
    assert_int_equal(next, 1400000);
    assert_done(store_clock_ripe(tx, 1399999, 10, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 0);
    assert_done(store_clock_ripe(tx, 1500001, 10, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].case_id, overdue.case_id);
    assert_string_equal(rows[1].case_id, reminder.case_id);
    assert_done(store_clock_ripe(tx, INT64_MAX, 1, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 1);

    assert_done(store_clock_of_case(tx, met.case_id, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].clock, "answer");
    assert_string_equal(rows[0].norm, "opl.11.3");
    assert_string_equal(rows[0].state, "met");
    assert_string_equal(rows[0].calendar_hash, "aa");
    assert_string_equal(rows[0].catalogue_hash, "bb");
    assert_true(rows[0].stopped_usec == 5 && rows[0].stopped_in_time && rows[0].extended == 2);
    assert_true(rows[0].norm_from_day == 19610 && rows[0].due_usec == met.due_usec && !rows[0].overdue_told);

    assert_done(store_clock_outdated(tx, "aa", "bb", 10, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 0);
    assert_done(store_clock_outdated(tx, "aa", "cc", 10, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 3);
    store_read_end(tx);

    /* Replacing: another basis, and no longer ripe. */
    reminder.catalogue_hash = "cc";
    reminder.remind_usec = TIME_NONE;
    reminder.overdue_told = true;
    add_clock(world, &reminder);
    tx = world_read(world);
    assert_done(store_clock_outdated(tx, "aa", "cc", 10, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 2);
    assert_done(store_clock_ripe(tx, INT64_MAX, 10, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 1);
    store_read_end(tx);

    struct clock_row orphan = clock_row_of(world, 50, "answer");
    assert_refused(world_write(world, put_clock, &orphan), world, ERR_NOT_FOUND, "not_found");
}

static void figures_of_the_desk(void **state)
{
    struct world *world = *state;
    static const char *const outcomes[] = {"running", "met", "stopped", "missed", "met"};
    for (int n = 0; n < 10; n++) {
        struct case_row row = case_row_of(world, n);
        row.opened_usec = 100 * n;
        row.procedure = n == 9 ? "request" : "complaint";
        add_case(world, &row);
        struct clock_row clock = clock_row_of(world, n, "answer");
        clock.state = outcomes[n % 5];
        clock.stopped_in_time = n % 5 == 1 || n % 5 == 4;
        clock.due_usec = 1000 + 10 * n;
        add_clock(world, &clock);
    }
    CLEANUP_READ struct tx *tx = world_read(world);
    const int64_t bounds[] = {0, 500, 900, 5000};
    struct span_figures spans[3];
    assert_done(store_case_span_figures(tx, "complaint", "answer", bounds, 3, spans, &world->err), world);
    assert_true(spans[0].received == 5 && spans[0].in_time == 2 && spans[0].late == 2 && spans[0].running == 1);
    assert_true(spans[1].received == 4 && spans[1].in_time == 1 && spans[1].late == 2 && spans[1].running == 1);
    assert_true(spans[2].received == 0 && spans[2].in_time == 0);
    const int64_t due[] = {1000, 1050, 1051};
    int64_t falls[2];
    const char *const complaints[] = {"complaint", NULL}, *const requests[] = {"request", NULL}, *const none[] = {NULL};
    assert_done(store_clock_due_figures(tx, NULL, due, 2, falls, &world->err), world);
    assert_true(falls[0] == 1 && falls[1] == 1);
    assert_done(store_clock_due_figures(tx, complaints, due, 2, falls, &world->err), world);
    assert_true(falls[0] == 1 && falls[1] == 1);
    assert_done(store_clock_due_figures(tx, requests, due, 2, falls, &world->err), world);
    assert_true(falls[0] == 0 && falls[1] == 0);
    assert_done(store_clock_due_figures(tx, none, due, 2, falls, &world->err), world);
    assert_true(falls[0] == 0 && falls[1] == 0);
}

static int insert_attachment(struct tx *tx, void *arg, struct err *err)
{
    return store_attachment_insert(tx, arg, err);
}

static int count_attachment(const struct attachment_row *row, void *arg, struct err *err)
{
    assert_non_null(row->sealed);
    ++*(int *)arg;
    return 0;
}

static void attachments(void **state)
{
    struct world *world = *state;
    struct case_row file = case_row_of(world, 1);
    add_case(world, &file);
    size_t size = (size_t)3 * 1024 * 1024;
    uint8_t *content = arena_alloc(&world->arena, size);
    for (size_t i = 0; i < size; i++)
        content[i] = (uint8_t)(i * 31);
    for (int n = 0; n < 3; n++) {
        struct attachment_row row = {.id = id_of(world, 10 - n),
                                     .case_id = file.id,
                                     .leaf = n,
                                     .type = "image/png",
                                     .sealed_name = n == 1 ? NULL : "\0name",
                                     .sealed_name_len = n == 1 ? 0 : 5,
                                     .size_bytes = (int64_t)size,
                                     .commitment = hash_of(n),
                                     .sealed = content,
                                     .sealed_len = n == 0 ? size : 3};
        assert_done(world_write(world, insert_attachment, &row), world);
    }
    CLEANUP_READ struct tx *tx = world_read(world);
    struct attachment_row *rows, row;
    size_t count;
    assert_done(store_attachment_of_case(tx, file.id, &world->arena, &rows, &count, &world->err), world);
    assert_int_equal(count, 3);
    assert_string_equal(rows[0].id, id_of(world, 10));
    assert_true(rows[0].sealed == NULL && rows[1].sealed_name == NULL && rows[2].sealed_name_len == 5);
    struct hash wanted = hash_of(2);
    assert_memory_equal(&rows[2].commitment, &wanted, sizeof wanted);
    assert_done(store_attachment_get(tx, rows[0].id, &world->arena, &row, &world->err), world);
    assert_int_equal(row.sealed_len, size);
    assert_memory_equal(row.sealed, content, size);
    assert_string_equal(row.type, "image/png");
    assert_refused(store_attachment_get(tx, "x", &world->arena, &row, &world->err), world, ERR_NOT_FOUND, "not_found");
    int seen = 0;
    assert_done(store_attachment_scan(tx, count_attachment, &seen, &world->err), world);
    assert_int_equal(seen, 3);
    /* Too large for the memory it was given: an error, and nothing half read. */
    struct arena small;
    arena_init(&small, 1024);
    assert_int_equal(store_attachment_get(tx, rows[0].id, &small, &row, &world->err), -ERR_MEMORY);
    arena_done(&small);
}

static int insert_idempotency(struct tx *tx, void *arg, struct err *err)
{
    return store_idempotency_insert(tx, arg, err);
}

static int purge_idempotency(struct tx *tx, void *arg, struct err *err)
{
    size_t count;
    return store_idempotency_purge(tx, *(int64_t *)arg, 100, &count, err);
}

static int purge_one_idempotency(struct tx *tx, void *arg, struct err *err)
{
    return store_idempotency_purge(tx, INT64_MAX, 1, arg, err);
}

static void idempotency_keys_are_forgotten_piece_by_piece(void **state)
{
    struct world *world = *state;
    size_t count = 9;
    for (int n = 0; n < 2; n++) {
        struct idempotency_row row = {
            .key = hash_of(n), .request = hash_of(2), .case_id = id_of(world, 1), .leaf = 9, .at_usec = 100};
        assert_done(world_write(world, insert_idempotency, &row), world);
    }
    static const size_t wanted[] = {1, 1, 0};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_done(world_write(world, purge_one_idempotency, &count), world);
        assert_int_equal(count, wanted[i]);
    }
}

static void idempotency_keys(void **state)
{
    struct world *world = *state;
    struct idempotency_row row = {
        .key = hash_of(1), .request = hash_of(2), .case_id = id_of(world, 1), .leaf = 9, .at_usec = 100};
    assert_done(world_write(world, insert_idempotency, &row), world);
    assert_refused(world_write(world, insert_idempotency, &row), world, ERR_INTERNAL, "store_refused");
    struct tx *tx = world_read(world);
    struct idempotency_row got;
    bool found = false;
    assert_done(store_idempotency_get(tx, &row.key, &world->arena, &got, &found, &world->err), world);
    assert_true(found && got.leaf == 9 && got.at_usec == 100);
    assert_memory_equal(&got.request, &row.request, sizeof row.request);
    assert_string_equal(got.case_id, row.case_id);
    assert_done(store_idempotency_get(tx, &row.request, &world->arena, &got, &found, &world->err), world);
    assert_false(found);
    store_read_end(tx);
    int64_t before = 100;
    assert_done(world_write(world, purge_idempotency, &before), world);
    assert_int_equal(world_number(world, "SELECT count(*) FROM idempotency"), 1);
    before = 101;
    assert_done(world_write(world, purge_idempotency, &before), world);
    assert_int_equal(world_number(world, "SELECT count(*) FROM idempotency"), 0);
}

static int put_lookup(struct tx *tx, void *arg, struct err *err)
{
    struct hash lookup = hash_of(1);
    return store_subject_lookup_put(tx, &lookup, arg, err);
}

static void subjects(void **state)
{
    struct world *world = *state;
    add_subject(world, 1);
    add_subject(world, 2);
    assert_done(world_write(world, put_lookup, (void *)(uintptr_t)id_of(world, 1)), world);
    assert_done(world_write(world, put_lookup, (void *)(uintptr_t)id_of(world, 2)), world);
    assert_refused(world_write(world, put_lookup, (void *)(uintptr_t)id_of(world, 3)), world, ERR_INTERNAL,
                   "store_refused");
    CLEANUP_READ struct tx *tx = world_read(world);
    struct subject_row row;
    assert_done(store_subject_get(tx, id_of(world, 1), &world->arena, &row, &world->err), world);
    assert_int_equal(row.wrapped_key_len, 9);
    assert_memory_equal(row.wrapped_key, "\0wrapped\xff", 9);
    assert_refused(store_subject_get(tx, "x", &world->arena, &row, &world->err), world, ERR_NOT_FOUND, "not_found");
    const char *id = "";
    struct hash known = hash_of(1), unknown = hash_of(2);
    assert_done(store_subject_by_lookup(tx, &known, &world->arena, &id, &world->err), world);
    assert_string_equal(id, id_of(world, 2));
    assert_done(store_subject_by_lookup(tx, &unknown, &world->arena, &id, &world->err), world);
    assert_null(id);
}

static int update_account(struct tx *tx, void *arg, struct err *err)
{
    return store_account_update(tx, arg, err);
}

static int insert_two_accounts(struct tx *tx, void *arg, struct err *err)
{
    /* A login found taken does not hinder what the command does next. */
    struct account_row *rows = arg;
    int rc = store_account_insert(tx, &rows[0], err);
    return rc == -ERR_CONFLICT ? store_account_insert(tx, &rows[1], err) : rc;
}

static void accounts(void **state)
{
    struct world *world = *state;
    struct account_row rows[2] = {account_row_of(world, 2), account_row_of(world, 1)};
    assert_done(world_write(world, insert_account, &rows[0]), world);
    struct account_row same = account_row_of(world, 3);
    same.login = rows[0].login;
    assert_refused(world_write(world, insert_account, &same), world, ERR_CONFLICT, "login_taken");
    struct account_row pair[2] = {same, rows[1]};
    assert_done(world_write(world, insert_two_accounts, pair), world);
    rows[1].disabled = rows[1].must_change_password = true;
    rows[1].failures = 4;
    rows[1].locked_until_usec = 77;
    rows[1].email = "a@example.kz";
    assert_done(world_write(world, update_account, &rows[1]), world);
    same = rows[1];
    same.login = rows[0].login;
    assert_refused(world_write(world, update_account, &same), world, ERR_CONFLICT, "login_taken");
    same = account_row_of(world, 30);
    assert_refused(world_write(world, update_account, &same), world, ERR_NOT_FOUND, "not_found");

    CLEANUP_READ struct tx *tx = world_read(world);
    struct account_row got, *all;
    size_t count;
    assert_done(store_account_by_login(tx, "staff1", &world->arena, &got, &world->err), world);
    assert_true(got.disabled && got.must_change_password && got.failures == 4 && got.locked_until_usec == 77);
    assert_string_equal(got.email, "a@example.kz");
    assert_string_equal(got.name, "Қызметкер");
    assert_done(store_account_get(tx, rows[0].id, &world->arena, &got, &world->err), world);
    assert_true(!got.disabled && got.locked_until_usec == TIME_NONE);
    assert_refused(store_account_by_login(tx, "STAFF1", &world->arena, &got, &world->err), world, ERR_NOT_FOUND,
                   "not_found");
    assert_done(store_account_list(tx, &world->arena, &all, &count, &world->err), world);
    assert_int_equal(count, 2);
    assert_string_equal(all[0].login, "staff1");
}

static int insert_session(struct tx *tx, void *arg, struct err *err)
{
    return store_session_insert(tx, arg, err);
}

static int delete_session(struct tx *tx, void *arg, struct err *err)
{
    return store_session_delete(tx, arg, err);
}

static int delete_sessions_of(struct tx *tx, void *arg, struct err *err)
{
    return store_session_delete_of(tx, arg, err);
}

static int purge_sessions(struct tx *tx, void *arg, struct err *err)
{
    return store_session_purge(tx, *(int64_t *)arg, err);
}

static void sessions(void **state)
{
    struct world *world = *state;
    struct account_row account = account_row_of(world, 1);
    assert_done(world_write(world, insert_account, &account), world);
    struct session_row rows[4];
    for (int i = 0; i < 4; i++) {
        rows[i] = (struct session_row){hash_of(i), account.id, 10, 20, 30 + i};
        assert_done(world_write(world, insert_session, &rows[i]), world);
    }
    rows[0].seen_usec = 25;
    assert_done(world_write(world, insert_session, &rows[0]), world);
    struct session_row stranger = {hash_of(9), "nobody", 1, 2, 3};
    assert_refused(world_write(world, insert_session, &stranger), world, ERR_INTERNAL, "store_refused");
    struct tx *tx = world_read(world);
    struct session_row got;
    assert_done(store_session_get(tx, &rows[0].token_hash, &world->arena, &got, &world->err), world);
    assert_true(got.created_usec == 10 && got.seen_usec == 25 && got.expires_usec == 30);
    assert_string_equal(got.account_id, account.id);
    store_read_end(tx);
    assert_done(world_write(world, delete_session, &rows[0].token_hash), world);
    int64_t before = 32;
    assert_done(world_write(world, purge_sessions, &before), world);
    assert_int_equal(world_number(world, "SELECT count(*) FROM session"), 2);
    tx = world_read(world);
    assert_refused(store_session_get(tx, &rows[0].token_hash, &world->arena, &got, &world->err), world, ERR_NOT_FOUND,
                   "not_found");
    store_read_end(tx);
    assert_done(world_write(world, delete_sessions_of, (void *)(uintptr_t)account.id), world);
    assert_int_equal(world_number(world, "SELECT count(*) FROM session"), 0);
}

static int insert_token(struct tx *tx, void *arg, struct err *err)
{
    return store_token_insert(tx, arg, err);
}

static int revoke_token(struct tx *tx, void *arg, struct err *err)
{
    return store_token_revoke(tx, arg, 44, err);
}

static void tokens(void **state)
{
    struct world *world = *state;
    struct account_row account = account_row_of(world, 1);
    assert_done(world_write(world, insert_account, &account), world);
    struct token_row first = {"t1", "robot", account.id, "moderator", hash_of(1), 5, TIME_NONE, TIME_NONE},
                     second = {"t2", "", account.id, "", hash_of(2), 4, 99, TIME_NONE};
    assert_done(world_write(world, insert_token, &first), world);
    assert_done(world_write(world, insert_token, &second), world);
    assert_done(world_write(world, revoke_token, (void *)(uintptr_t) "t1"), world);
    assert_refused(world_write(world, revoke_token, (void *)(uintptr_t) "t9"), world, ERR_NOT_FOUND, "not_found");
    CLEANUP_READ struct tx *tx = world_read(world);
    struct token_row got, *all;
    size_t count;
    assert_done(store_token_by_hash(tx, &first.secret_hash, &world->arena, &got, &world->err), world);
    assert_true(got.revoked_usec == 44 && got.expires_usec == TIME_NONE && got.created_usec == 5);
    assert_string_equal(got.name, "robot");
    struct hash unknown = hash_of(7);
    assert_refused(store_token_by_hash(tx, &unknown, &world->arena, &got, &world->err), world, ERR_NOT_FOUND,
                   "not_found");
    assert_done(store_token_list(tx, &world->arena, &all, &count, &world->err), world);
    assert_int_equal(count, 2);
    assert_string_equal(all[0].id, "t2");
    assert_int_equal(all[0].expires_usec, 99);
}

static int put_setting(struct tx *tx, void *arg, struct err *err)
{
    return store_setting_put(tx, "mail", arg, err);
}

static void settings(void **state)
{
    struct world *world = *state;
    assert_done(world_write(world, put_setting, (void *)(uintptr_t) "{\"a\":1}"), world);
    assert_done(world_write(world, put_setting, (void *)(uintptr_t) "{\"a\":2}"), world);
    CLEANUP_READ struct tx *tx = world_read(world);
    const char *json = "";
    assert_done(store_setting_get(tx, "mail", &world->arena, &json, &world->err), world);
    assert_string_equal(json, "{\"a\":2}");
    assert_done(store_setting_get(tx, "none", &world->arena, &json, &world->err), world);
    assert_null(json);
}

static int insert_outbox(struct tx *tx, void *arg, struct err *err)
{
    return store_outbox_insert(tx, arg, err);
}

static int update_outbox(struct tx *tx, void *arg, struct err *err)
{
    return store_outbox_update(tx, arg, err);
}

static void outbox(void **state)
{
    struct world *world = *state;
    struct outbox_row rows[3];
    for (int i = 0; i < 3; i++) {
        rows[i] = (struct outbox_row){.id = id_of(world, i),
                                      .kind = "mail",
                                      .purpose = "receipt",
                                      .case_id = id_of(world, 5),
                                      .leaf = i,
                                      .to = "opener",
                                      .state = "waiting",
                                      .created_usec = 10 + i,
                                      .next_usec = 30 - i,
                                      .sent_usec = TIME_NONE,
                                      .last_error = ""};
        assert_done(world_write(world, insert_outbox, &rows[i]), world);
    }
    struct tx *tx = world_read(world);
    struct outbox_row *got;
    struct outbox_figures figures;
    size_t count;
    assert_done(store_outbox_ripe(tx, NULL, 29, 10, &world->arena, &got, &count, &world->err), world);
    assert_int_equal(count, 2);
    assert_string_equal(got[0].id, rows[2].id);
    assert_string_equal(got[0].to, "opener");
    assert_true(got[0].sent_usec == TIME_NONE);
    assert_done(store_outbox_figures(tx, &figures, &world->err), world);
    assert_true(figures.waiting == 3 && figures.failed == 0 && figures.sent == 0 && figures.oldest_usec == 10);
    store_read_end(tx);
    rows[0].state = "sent";
    rows[0].sent_usec = 50;
    rows[1].state = "failed";
    rows[1].attempts = 9;
    rows[1].last_error = "timeout";
    rows[2].state = "skipped";
    for (int i = 0; i < 3; i++)
        assert_done(world_write(world, update_outbox, &rows[i]), world);
    rows[0].id = "x";
    assert_refused(world_write(world, update_outbox, &rows[0]), world, ERR_NOT_FOUND, "not_found");
    tx = world_read(world);
    assert_done(store_outbox_figures(tx, &figures, &world->err), world);
    assert_true(figures.waiting == 0 && figures.failed == 1 && figures.sent == 1 && figures.oldest_usec == TIME_NONE);
    assert_done(store_outbox_of_case(tx, id_of(world, 5), &world->arena, &got, &count, &world->err), world);
    assert_int_equal(count, 3);
    assert_int_equal(got[1].attempts, 9);
    assert_string_equal(got[1].last_error, "timeout");
    assert_int_equal(got[0].sent_usec, 50);
    store_read_end(tx);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(case_is_read_as_written),
        WORLD_TEST(update_needs_the_version_it_expects),
        WORLD_TEST(numbers_are_unique),
        WORLD_TEST(numbers_have_no_gaps),
        WORLD_TEST(events_are_read_as_written),
        WORLD_TEST(events_are_only_appended),
        WORLD_TEST(ledger_head_and_nodes),
        WORLD_TEST(clocks_ripen),
        WORLD_TEST(figures_of_the_desk),
        WORLD_TEST(attachments),
        WORLD_TEST(idempotency_keys),
        WORLD_TEST(idempotency_keys_are_forgotten_piece_by_piece),
        WORLD_TEST(subjects),
        WORLD_TEST(accounts),
        WORLD_TEST(sessions),
        WORLD_TEST(tokens),
        WORLD_TEST(settings),
        WORLD_TEST(outbox),
    };
    return world_run("store rows", tests, sizeof tests / sizeof *tests);
}
