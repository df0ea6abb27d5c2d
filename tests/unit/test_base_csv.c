/* CSV: what spreadsheets write, what goes wrong with it, and that a window that ends anywhere changes nothing. */
#include "base/csv.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a whole file reads as: cells in [], records ended by "/", mistakes as !code@lines. Read through windows that
 * grow by `step` bytes whenever more is asked for. */
static const char *read_all(const char *file, size_t count, char separator, size_t step)
{
    static char out[65536];
    char *bytes = malloc(count + 1);
    size_t at = 0, end = step < count ? step : count, written = 0;
    struct csv_record record;
    assert_non_null(bytes);
    memcpy(bytes, file, count);
    out[0] = '\0';
    for (;;) {
        /* A copy with exactly one byte more, so that a step beyond it is seen. */
        size_t length = end - at;
        char *window = malloc(length + 1);
        assert_non_null(window);
        memcpy(window, bytes + at, length);
        enum csv_got got = csv_read(window, length, end == count, separator, &record);
        if (got == CSV_MORE) {
            assert_memory_equal(window, bytes + at, length);
            assert_true(end < count);
            end = end + step < count ? end + step : count;
        } else if (got == CSV_RECORD) {
            for (size_t i = 0; i < record.count; i++) {
                assert_int_equal(strlen(record.cells[i].text), record.cells[i].count);
                written += (size_t)snprintf(out + written, sizeof out - written, "[%s]", record.cells[i].text);
            }
            written += (size_t)snprintf(out + written, sizeof out - written, "/%zu ", record.lines);
            at += record.used;
        } else if (got == CSV_BAD) {
            written += (size_t)snprintf(out + written, sizeof out - written, "!%s@%zu ", record.code, record.lines);
            assert_true(record.used > 0);
            at += record.used;
        }
        free(window);
        if (got == CSV_END)
            break;
        if (end < at)
            end = at;
    }
    free(bytes);
    return out;
}

static void expect(const char *file, size_t count, char separator, const char *wanted)
{
    static const size_t steps[] = {1, 2, 3, 7, 100000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_string_equal(read_all(file, count, separator, steps[i]), wanted);
}
#define EXPECT(file, wanted) expect(file, sizeof(file) - 1, ',', wanted)

static void records_as_they_are(void **state)
{
    EXPECT("", "");
    EXPECT("a,b,c\n", "[a][b][c]/1 ");
    EXPECT("a,b\r\nc,d\r\n", "[a][b]/1 [c][d]/1 ");
    EXPECT("a,b\nc,d", "[a][b]/1 [c][d]/0 ");
    EXPECT(",,\n", "[][][]/1 ");
    EXPECT("\n\r\n\n", "[]/1 []/1 []/1 ");
    EXPECT("a,\n", "[a][]/1 ");
    EXPECT("a,", "[a][]/0 ");
    EXPECT("a\r", "[a]/0 ");
    EXPECT("\"a\"\r", "[a]/0 ");
    EXPECT("a\rb\n", "[a\rb]/1 ");
    expect("қ;ә\n", strlen("қ;ә\n"), ';', "[қ][ә]/1 ");
}

static void quotes_are_undone(void **state)
{
    EXPECT("\"a\",\"b,c\"\n", "[a][b,c]/1 ");
    EXPECT("\"say \"\"no\"\"\",x\n", "[say \"no\"][x]/1 ");
    EXPECT("\"\"\n\"\"\"\"\n", "[]/1 [\"]/1 ");
    EXPECT("\"two\nlines\r\nthree\",x\r\n", "[two\nlines\r\nthree][x]/3 ");
    EXPECT("a,\"b\"", "[a][b]/0 ");
    EXPECT("\"\",\"\"\r\n", "[][]/1 ");
}

static void a_bad_record_costs_itself_alone(void **state)
{
    EXPECT("a,b\"c\nd,e\n", "!csv_quotes@1 [d][e]/1 ");
    EXPECT("\"a\"b,c\nd,e\n", "!csv_quotes@1 [d][e]/1 ");
    EXPECT("\"a\"\rb\nd\n", "!csv_quotes@1 [d]/1 ");
    /* Never closed: the rest of the file is still read. */
    EXPECT("a,\"b\nc,d\ne,f\n", "!csv_not_closed@1 [c][d]/1 [e][f]/1 ");
    EXPECT("a,\"b", "!csv_not_closed@0 ");
    EXPECT("a,\"b\nc,\"d\ne,f\n", "!csv_quotes@1 !csv_not_closed@1 [e][f]/1 ");
    EXPECT("a,\"b\"\"", "!csv_not_closed@0 ");
    EXPECT("\"\"\"", "!csv_not_closed@0 ");
    EXPECT("a,\xff\nd,e\n", "!not_utf8@1 [d][e]/1 ");
    EXPECT("a,\xd0\nd,e\n", "!not_utf8@1 [d][e]/1 ");
    EXPECT("a\0b,c\nd,e\n", "!not_utf8@1 [d][e]/1 ");
    EXPECT("\0", "!not_utf8@0 ");
}

static void as_many_cells_as_there_may_be(void **state)
{
    char line[2 * CSV_CELLS_MAX + 2] = "";
    struct csv_record record;
    for (int i = 0; i < CSV_CELLS_MAX - 1; i++)
        strcat(line, "x,");
    strcat(line, "x\n");
    assert_int_equal(csv_read(line, strlen(line), true, ',', &record), CSV_RECORD);
    assert_int_equal(record.count, CSV_CELLS_MAX);
    char more[2 * CSV_CELLS_MAX + 4] = "";
    for (int i = 0; i < CSV_CELLS_MAX; i++)
        strcat(more, "x,");
    strcat(more, "x\n");
    assert_int_equal(csv_read(more, strlen(more), true, ',', &record), CSV_BAD);
    assert_string_equal(record.code, "csv_too_many_cells");
    assert_int_equal(record.used, strlen(more));
}

static void long_cells_are_whole(void **state)
{
    size_t count = 3 << 20;
    char *file = malloc(count + 8);
    struct csv_record record;
    assert_non_null(file);
    file[0] = '"';
    memset(file + 1, 'x', count);
    memcpy(file + 1 + count, "\",y\n", 5);
    assert_int_equal(csv_read(file, count, false, ',', &record), CSV_MORE);
    assert_int_equal(csv_read(file, count + 5, false, ',', &record), CSV_RECORD);
    assert_int_equal(record.count, 2);
    assert_int_equal(record.cells[0].count, count);
    assert_string_equal(record.cells[1].text, "y");
    free(file);
}

static void the_separator_is_seen(void **state)
{
    assert_int_equal(csv_separator("a,b", 3), ',');
    assert_int_equal(csv_separator("a;b\nc,d", 7), ';');
    assert_int_equal(csv_separator("a\tb", 3), '\t');
    assert_int_equal(csv_separator("\"a,b\";c", 7), ';');
    assert_int_equal(csv_separator("a;b,c", 5), ',');
    assert_int_equal(csv_separator("a", 1), ',');
    assert_int_equal(csv_separator("", 0), ',');
    assert_int_equal(csv_mark("\xEF\xBB\xBFx", 4), 3);
    assert_int_equal(csv_mark("\xEF\xBB", 2), 0);
    assert_int_equal(csv_mark("abc", 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_as_they_are),
        cmocka_unit_test(quotes_are_undone),
        cmocka_unit_test(a_bad_record_costs_itself_alone),
        cmocka_unit_test(as_many_cells_as_there_may_be),
        cmocka_unit_test(long_cells_are_whole),
        cmocka_unit_test(the_separator_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
