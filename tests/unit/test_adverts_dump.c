/* Dumps day after day: each since the one before, whole files for some days and changes for a year, nothing left of one
 * that was stopped, one maker at a time. What is in the files, tests/web/test_dumps.py reads. */
#include "../scenario/fixture.h"
#include "adverts/dump.h"
#include "base/json.h"
#include "unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_DAY 20779 /* 2026-11-22 */
#define JSON                                                                                                          \
    "{\"advert\":{\"account\":{\"name\":\"A\"},\"format\":\"text\",\"kind\":\"other\",\"language\":\"kk\","           \
    "\"period\":{\"from\":\"2026-11-01\"},\"text\":\"T\"},\"check\":{\"allowed\":true,\"findings\":[]},\"id\":\"x\"," \
    "\"version\":1}"

static char folder[128];
static struct arena arena;

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture_start(fixture);
    snprintf(folder, sizeof folder, "%s/deep/dumps", fixture->dir);
    arena_init(&arena, 8 << 20);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    fixture_end(*state);
    free(*state);
    return 0;
}

static void place(struct fixture *fixture, int from, int until)
{
    char sql[1200];
    for (int i = from; i <= until; i++) {
        snprintf(sql, sizeof sql,
                 "INSERT INTO advert (serial, id, version, placed_usec, changed_usec, last_day, shown, leaf) VALUES "
                 "(%d, 'id-%d', 1, 0, 0, 30000, 0, 0); INSERT INTO advert_version VALUES (%d, 1, 0, 0, 0, "
                 "zeroblob(32), '" JSON "');",
                 i, i, i);
        fixture_sql(fixture, sql);
    }
}

static int64_t noon(const struct fixture *fixture, int day)
{
    return zone_moment(&fixture->office.catalogue->calendar->zone, FIRST_DAY + day, 12 * 3600);
}

static void make(struct fixture *fixture, int day, bool expected)
{
    struct err err = {0};
    bool made = !expected;
    int r = dump_make(&fixture->office, folder, noon(fixture, day), NULL, NULL, &made, &err);
    if (r < 0)
        fail_msg("%s %s %s", err.code, err.arg, err.detail);
    assert_int_equal(made, expected);
    assert_int_equal(dump_there(folder, FIRST_DAY + day), true);
}

static bool has(int day, const char *name)
{
    char path[256], text[11];
    struct stat info;
    date_format(date_from_day(FIRST_DAY + day), text);
    snprintf(path, sizeof path, "%s/%s/%s", folder, text, name);
    return stat(path, &info) == 0;
}

/* Of the manifest that is `back` dumps old. */
static json_t *manifest(size_t back)
{
    const char **texts;
    size_t count;
    json_t *json = NULL;
    struct err err = {0};
    assert_int_equal(dump_manifests(folder, 1000, &arena, &texts, &count, &err), 0);
    assert_true(back < count);
    assert_int_equal(json_parse(texts[back], strlen(texts[back]), &json, &err), 0);
    return json;
}

static void test_nothing_to_dump(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    const char **texts;
    size_t count = 9;
    bool made = true;
    assert_int_equal(dump_make(&fixture->office, folder, noon(fixture, 0), NULL, NULL, &made, &err), 0);
    assert_false(made);
    assert_int_equal(dump_manifests(folder, 10, &arena, &texts, &count, &err), 0);
    assert_int_equal(count, 0);
}

static void test_day_after_day(void **state)
{
    struct fixture *fixture = *state;
    place(fixture, 1, 3);
    make(fixture, 0, true);
    make(fixture, 0, false);
    assert_true(has(0, "adverts.csv.gz"));
    assert_false(has(0, "changes-adverts.csv.gz"));
    make(fixture, 1, true);
    assert_true(has(1, "changes-showings.ndjson.gz"));
    CLEANUP_JSON json_t *second = manifest(0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(second, "since"), "day")), "2026-11-22");
    /* Kept whole for a fortnight, then only its changes, and they are all that is named. */
    make(fixture, 1 + DUMP_WHOLE_DAYS, true);
    assert_true(has(1, "adverts.csv.gz"));
    assert_false(has(0, "adverts.csv.gz"));
    make(fixture, 2 + DUMP_WHOLE_DAYS, true);
    assert_false(has(1, "adverts.csv.gz"));
    assert_true(has(1, "changes-adverts.csv.gz"));
    CLEANUP_JSON json_t *old = manifest(2);
    assert_int_equal(json_array_size(json_object_get(old, "files")), 4);
    make(fixture, 1 + DUMP_CHANGES_DAYS, true);
    assert_false(has(0, "manifest.json"));
    assert_true(has(1, "manifest.json"));
}

/* More than a portion, and exactly one. */
static void test_portions(void **state)
{
    struct fixture *fixture = *state;
    place(fixture, 1, 500);
    make(fixture, 0, true);
    CLEANUP_JSON json_t *first = manifest(0);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(first, "files"), 1), "rows")),
                     500);
    place(fixture, 501, 501);
    make(fixture, 1, true);
    CLEANUP_JSON json_t *second = manifest(0);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(second, "files"), 1), "rows")),
                     501);
}

static bool never(void *arg)
{
    return false;
}

static void test_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    bool made = true;
    place(fixture, 1, 2);
    assert_int_equal(dump_make(&fixture->office, folder, noon(fixture, 0), never, NULL, &made, &err), -ERR_UNAVAILABLE);
    assert_string_equal(err.code, "dump_stopped");
    assert_false(dump_there(folder, FIRST_DAY));
    make(fixture, 0, true);
    char path[256];
    struct stat info;
    snprintf(path, sizeof path, "%s/.begun-2026-11-22", folder);
    assert_int_not_equal(stat(path, &info), 0);
}

static void test_one_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    bool made = true;
    place(fixture, 1, 1);
    make(fixture, 0, true);
    int fd = open(folder, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(dump_make(&fixture->office, folder, noon(fixture, 1), NULL, NULL, &made, &err), -ERR_CONFLICT);
    assert_string_equal(err.code, "dump_busy");
    close(fd);
    make(fixture, 1, true);
}

/* What is kept but cannot be read is told, and no dump pretends to be whole. */
static void test_damaged(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};
    bool made = true;
    place(fixture, 1, 2);
    fixture_sql(fixture, "UPDATE advert_version SET json = '{}' WHERE advert = 2");
    assert_int_equal(dump_make(&fixture->office, folder, noon(fixture, 0), NULL, NULL, &made, &err), -ERR_DAMAGED);
    assert_false(dump_there(folder, FIRST_DAY));
}

static void test_opened(void **state)
{
    struct fixture *fixture = *state;
    static const char *const none[][2] = {{"2026-11-22", "../manifest.json"},
                                          {"2026-11-22", ""},
                                          {"..", "manifest.json"},
                                          {"2026-11-23", "manifest.json"},
                                          {"", "manifest.json"}};
    struct err err = {0};
    char etag[80] = "";
    int64_t bytes = 0;
    int fd = -1;
    place(fixture, 1, 1);
    make(fixture, 0, true);
    assert_int_equal(dump_open(folder, "2026-11-22", "adverts.csv.gz", &fd, &bytes, etag, &err), 0);
    assert_int_equal(lseek(fd, 0, SEEK_END), bytes);
    assert_int_equal(strlen(etag), 66);
    close(fd);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(dump_open(folder, none[i][0], none[i][1], &fd, &bytes, etag, &err), -ERR_NOT_FOUND);
    assert_int_equal(dump_open(NULL, "2026-11-22", "manifest.json", &fd, &bytes, etag, &err), -ERR_NOT_FOUND);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(test_nothing_to_dump), TEST(test_day_after_day), TEST(test_portions),
                                       TEST(test_stopped),         TEST(test_one_at_a_time), TEST(test_damaged),
                                       TEST(test_opened)};
    return cmocka_run_group_tests_name("adverts_dump", tests, NULL, NULL);
}
