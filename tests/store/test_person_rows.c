/* People, consents and registers as rows, on both engines: read as written, numbers drawn without gaps and taken back,
 * what is read by the million in order; and a backup that restores all of it into the other engine. */
#include "store/consent_rows.h"
#include "store/kept_rows.h"
#include "store/person_rows.h"
#include "world.h"
#include <stdio.h>

static struct consent_row consent_of(int64_t leaf, int64_t person)
{
    return (struct consent_row){.leaf = leaf,
                                .person = person,
                                .purpose = 2,
                                .purpose_version = 3,
                                .categories = UINT64_C(1) << 63 | 5,
                                .given = 3,
                                .stands = 3,
                                .recipients = 1,
                                .from_sec = 1000 + leaf,
                                .until_sec = leaf % 2 == 0 ? INT64_MAX : 2000 + leaf,
                                .given_usec = 77,
                                .ended_usec = TIME_NONE,
                                .text = 1,
                                .way = "electronic",
                                .by_representative = leaf % 2 != 0};
}

/* Two people with two consents each, and what hangs on them. */
static int write_people(struct tx *tx, void *arg, struct err *err)
{
    const struct consent_text_row text = {.hash = hash_of(1),
                                          .lang = "kk",
                                          .version = "1",
                                          .operator_name = "«Үлгі»",
                                          .operator_bin = "990140004654",
                                          .text = "Келісемін."};
    const struct kept_row entry = {"purpose", "service", 1, 2, 5, false, "{\"a\":\"ә\"}", 9};
    int64_t number;
    int rc = 0;

    (void)arg;
    for (int n = 1; n <= 2 && rc == 0; n++) {
        struct person_row person = {.id = n == 1 ? "u-1" : NULL,
                                    .key64 = UINT64_MAX - (uint64_t)n,
                                    .created_usec = n,
                                    .adult_day = n == 1 ? INT32_MIN : 20000,
                                    .destroyed_usec = TIME_NONE};
        struct subject_row subject = {n == 1 ? "s1" : "s2", "key", 3, 5};

        person.subject_id = subject.id;
        rc = store_subject_insert(tx, &subject, err);
        rc = rc != 0 ? rc : store_person_insert(tx, &person, err);
        if (rc == 0 && person.serial != n)
            rc = err_set(err, ERR_INTERNAL, "serial", NULL);
    }
    for (int i = 0; i < 2 && rc == 0; i++) { /* the second time it is there */
        rc = store_consent_text_put(tx, &text, &number, err);
        if (rc == 0 && number != 1)
            rc = err_set(err, ERR_INTERNAL, "text", NULL);
        rc = rc != 0 ? rc : store_recipient_set_put(tx, "[\"bank\"]", &number, err);
        if (rc == 0 && number != 1)
            rc = err_set(err, ERR_INTERNAL, "recipients", NULL);
    }
    for (int64_t leaf = 10; leaf < 14 && rc == 0; leaf++) {
        struct consent_row consent = consent_of(leaf, 1 + leaf % 2);

        rc = store_consent_insert(tx, &consent, err);
    }
    rc = rc != 0 ? rc : store_kept_insert(tx, &entry, err);
    rc = rc != 0 ? rc : store_person_change_put(tx, 9, 1, err);
    rc = rc != 0 ? rc : store_person_change_put(tx, 9, 1, err);
    return rc != 0 ? rc : store_person_change_put(tx, 8, 2, err);
}

static int refuse_after(struct tx *tx, void *arg, struct err *err)
{
    struct subject_row subject = {"s3", "key", 3, 5};
    struct person_row person = {.subject_id = "s3", .key64 = 1, .adult_day = INT32_MIN, .destroyed_usec = TIME_NONE};
    int rc = store_subject_insert(tx, &subject, err);

    rc = rc != 0 ? rc : store_person_insert(tx, &person, err);
    *(int64_t *)arg = person.serial;
    return rc != 0 ? rc : err_set(err, ERR_CONFLICT, "refused", NULL);
}

static void people_are_read_as_written(void **state)
{
    struct world *world = *state;
    struct person_row row;
    struct tx *tx;
    int64_t taken = 0, count;
    bool found;

    assert_done(world_write(world, write_people, NULL), world);
    assert_refused(world_write(world, refuse_after, &taken), world, ERR_CONFLICT, "refused");
    assert_int_equal(taken, 3);
    tx = world_read(world);
    assert_done(store_person_count(tx, &count, &world->err), world);
    assert_int_equal(count, 2); /* taken back */
    assert_done(store_person_by_id(tx, "u-1", &world->arena, &row, &found, &world->err), world);
    assert_true(found && row.serial == 1 && row.key64 == UINT64_MAX - 1 && row.adult_day == INT32_MIN &&
                row.destroyed_usec == TIME_NONE);
    assert_string_equal(row.subject_id, "s1");
    assert_done(store_person_by_subject(tx, "s2", &world->arena, &row, &found, &world->err), world);
    assert_true(found && row.serial == 2 && row.id == NULL && row.adult_day == 20000);
    assert_done(store_person_by_serial(tx, 3, &world->arena, &row, &found, &world->err), world);
    assert_false(found);
    store_read_end(tx);
}

static int update_person(struct tx *tx, void *arg, struct err *err)
{
    return store_person_update(tx, arg, err);
}
static int update_consent(struct tx *tx, void *arg, struct err *err)
{
    (void)arg;
    return store_consent_update(tx, 10, 1, 99, "withdrawn", err);
}
static int insert_again(struct tx *tx, void *arg, struct err *err)
{
    return store_person_insert(tx, arg, err);
}

static void what_changes_is_written(void **state)
{
    struct world *world = *state;
    struct person_row person = {.serial = 1, .key64 = 0, .adult_day = 7, .blocks = 2, .holds = 3, .destroyed_usec = 4},
                      again = {.subject_id = "s1", .key64 = 1, .adult_day = INT32_MIN, .destroyed_usec = TIME_NONE},
                      row;
    struct consent_row consent;
    struct tx *tx;
    bool found;

    assert_done(world_write(world, write_people, NULL), world);
    assert_refused(world_write(world, insert_again, &again), world, ERR_CONFLICT, "person_taken");
    assert_done(world_write(world, update_person, &person), world);
    assert_done(world_write(world, update_consent, NULL), world);
    tx = world_read(world);
    assert_done(store_person_by_serial(tx, 1, &world->arena, &row, &found, &world->err), world);
    assert_true(found && row.id == NULL && row.key64 == 0 && row.adult_day == 7 && row.blocks == 2 && row.holds == 3 &&
                row.destroyed_usec == 4);
    assert_done(store_consent_get(tx, 10, &world->arena, &consent, &found, &world->err), world);
    assert_true(found && consent.stands == 1 && consent.given == 3 && consent.ended_usec == 99);
    assert_string_equal(consent.ended, "withdrawn");
    store_read_end(tx);
}

static int sum_consents(const struct consent_brief *row, void *arg, struct err *err)
{
    int64_t *last = arg;

    (void)err;
    assert_true(row->leaf > *last && row->categories == (UINT64_C(1) << 63 | 5));
    assert_true(row->until_sec == (row->leaf % 2 == 0 ? INT64_MAX : 2000 + row->leaf));
    *last = row->leaf;
    return row->leaf == 12 ? 1 : 0;
}
static int count_changes(int64_t leaf, int64_t person, void *arg, struct err *err)
{
    (void)err;
    (*(int64_t *)arg) += leaf * 10 + person;
    return 0;
}
static int count_adults(int64_t serial, void *arg, struct err *err)
{
    (void)err;
    *(int64_t *)arg += serial;
    return 0;
}

static void many_are_read_in_order_and_stopped(void **state)
{
    struct world *world = *state;
    struct consent_row *over;
    int64_t last = 0, sum = 0, adults = 0, newest;
    struct tx *tx;
    size_t count;

    assert_done(world_write(world, write_people, NULL), world);
    tx = world_read(world);
    assert_int_equal(store_consent_brief_scan(tx, 0, INT64_MAX, sum_consents, &last, &world->err), 1);
    assert_int_equal(last, 12);
    last = 0;
    assert_done(store_consent_brief_of(tx, 2, sum_consents, &last, &world->err), world);
    assert_int_equal(last, 13);
    assert_done(store_consent_newest(tx, &newest, &world->err), world);
    assert_int_equal(newest, 13);
    /* Each once, however often it was put. */
    assert_done(store_person_change_scan(tx, 0, count_changes, &sum, &world->err), world);
    assert_int_equal(sum, 91 + 82);
    assert_done(store_person_adult_scan(tx, 19999, 20000, count_adults, &adults, &world->err), world);
    assert_int_equal(adults, 2);
    assert_done(store_person_adult_scan(tx, 20000, 20001, count_adults, &adults, &world->err), world);
    assert_int_equal(adults, 2);
    assert_done(store_consent_over(tx, 2012, 10, &world->arena, &over, &count, &world->err), world);
    assert_int_equal(count, 1);
    assert_int_equal(over[0].leaf, 11);
    store_read_end(tx);
}

/* More rows than a connection hands over at once. */
static int write_changes(struct tx *tx, void *arg, struct err *err)
{
    int rc = write_people(tx, NULL, err);

    (void)arg;
    for (int64_t leaf = 100; leaf < 20100 && rc == 0; leaf++)
        rc = store_person_change_put(tx, leaf, 1, err);
    return rc;
}
static int stop_at_once(int64_t leaf, int64_t person, void *arg, struct err *err)
{
    (void)leaf;
    (void)person;
    (*(int64_t *)arg)++;
    return err_set(err, ERR_CONFLICT, "enough", NULL);
}
static int stop_and_write(struct tx *tx, void *arg, struct err *err)
{
    struct person_row person = {.serial = 2, .key64 = 9, .adult_day = 7, .destroyed_usec = TIME_NONE};
    struct err ignored = {0};
    int64_t seen = 0;

    (void)arg;
    if (store_person_change_scan(tx, 0, stop_at_once, &seen, &ignored) != -ERR_CONFLICT)
        return err_set(err, ERR_INTERNAL, "not_stopped", NULL);
    return store_person_update(tx, &person, err);
}

/* Who stops reading goes on in the same transaction, with what it saw at its beginning. */
static void a_scan_that_is_stopped_spoils_nothing(void **state)
{
    struct world *world = *state;
    int64_t seen = 0, sum = 0, newest;
    struct person_row row;
    struct tx *tx;
    bool found;

    assert_done(world_write(world, write_changes, NULL), world);
    tx = world_read(world);
    for (int again = 1; again <= 3; again++) {
        assert_refused(store_person_change_scan(tx, 0, stop_at_once, &seen, &world->err), world, ERR_CONFLICT,
                       "enough");
        assert_int_equal(seen, again);
        assert_done(store_consent_newest(tx, &newest, &world->err), world);
        assert_int_equal(newest, 13);
        if (again == 1)
            assert_done(world_write(world, stop_and_write, NULL), world);
    }
    assert_done(store_person_by_serial(tx, 2, &world->arena, &row, &found, &world->err), world);
    assert_true(found && row.adult_day == 20000);
    assert_done(store_person_change_scan(tx, 20000, count_changes, &sum, &world->err), world);
    assert_true(sum > 0);
    store_read_end(tx);
    tx = world_read(world);
    assert_done(store_person_by_serial(tx, 2, &world->arena, &row, &found, &world->err), world);
    assert_true(found && row.adult_day == 7);
    store_read_end(tx);
}

static void a_backup_restores_them(void **state)
{
    struct world *world = *state;
    char *file = world_path(world, "people.backup");
    struct store *store;
    struct consent_text_row text;
    struct kept_row kept;
    struct consent_row consent;
    struct tx *tx;
    const char *ids;
    bool found;
    struct store_options options = {.url = world_path(world, "restored.db")};

    assert_done(world_write(world, write_people, NULL), world);
    assert_done(store_backup(world->store, file, &world->err), world);
    assert_done(store_restore(file, options.url, &world->err), world);
    assert_done(store_open(&options, &store, &world->err), world);
    assert_done(store_read_begin(store, &tx, &world->err), world);
    assert_done(store_consent_get(tx, 11, &world->arena, &consent, &found, &world->err), world);
    assert_true(found && consent.categories == (UINT64_C(1) << 63 | 5) && consent.until_sec == 2011 &&
                consent.by_representative);
    assert_done(store_consent_text_get(tx, 1, &world->arena, &text, &found, &world->err), world);
    assert_true(found);
    assert_string_equal(text.text, "Келісемін.");
    assert_string_equal(text.operator_name, "«Үлгі»");
    assert_done(store_recipient_set_get(tx, 1, &world->arena, &ids, &world->err), world);
    assert_string_equal(ids, "[\"bank\"]");
    assert_done(store_kept_newest(tx, "purpose", "service", &world->arena, &kept, &found, &world->err), world);
    assert_true(found && kept.number == 2 && kept.leaf == 9);
    assert_string_equal(kept.json, "{\"a\":\"ә\"}");
    store_read_end(tx);
    store_close(store);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(people_are_read_as_written),
        WORLD_TEST(what_changes_is_written),
        WORLD_TEST(many_are_read_in_order_and_stopped),
        WORLD_TEST(a_scan_that_is_stopped_spoils_nothing),
        WORLD_TEST(a_backup_restores_them),
    };
    return world_run("store person rows", tests, sizeof tests / sizeof *tests);
}
