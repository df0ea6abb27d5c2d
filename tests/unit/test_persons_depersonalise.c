/* Depersonalisation: values made coarse, and k and l measured as a plain reference measures them. */
#include "persons/depersonalise.h"
#include "test_persons_vault_world.h"
#include <stdlib.h>

static void values_are_made_coarse(void **state)
{
    static const struct {
        enum coarse how;
        int64_t width;
        const char *value, *coarse;
    } cases[] = {
        {COARSE_KEEP, 0, "Алматы", "Алматы"},
        {COARSE_DROP, 0, "Алматы", ""},
        {COARSE_AGE_BAND, 10, "1986-04-06", "40-49"}, /* forty today */
        {COARSE_AGE_BAND, 10, "1986-04-07", "30-39"}, /* tomorrow */
        {COARSE_AGE_BAND, 5, "2026-04-06", "0-4"},
        {COARSE_AGE_BAND, 5, "2026-04-07", ""}, /* not born */
        {COARSE_AGE_BAND, 10, "1985", ""},
        {COARSE_AGE_BAND, 10, "1985-02-30", ""},
        {COARSE_YEAR, 0, "1985-03-14", "1985"},
        {COARSE_YEAR, 0, "14.03.1985", ""},
        {COARSE_MONTH, 0, "1985-03-14T10:00", "1985-03"},
        {COARSE_BAND, 100000, "417350", "400000-499999"},
        {COARSE_BAND, 100000, "417 350,50", "400000-499999"},
        {COARSE_BAND, 10, "0", "0-9"},
        {COARSE_BAND, 10, "-1", "-10--1"},
        {COARSE_BAND, 10, "-10", "-10--1"},
        {COARSE_BAND, 10, "about 5", ""},
        {COARSE_BAND, 10, "", ""},
        {COARSE_BAND, 10, "99999999999999999999", ""},
        {COARSE_FIRST_PART, 0, "Қарағанды, Бұқар жырау 77", "Қарағанды"},
        {COARSE_FIRST_PART, 0, "Қарағанды", "Қарағанды"},
        {COARSE_FIRST_LETTERS, 2, "Әсел", "Әс"},
        {COARSE_FIRST_LETTERS, 9, "Ән", "Ән"},
        {COARSE_FIRST_LETTERS, 2, "", ""},
    };
    struct date date;
    struct arena arena;

    arena_init(&arena, 1 << 20);
    assert_true(date_parse("2026-04-06", &date));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(coarse_value(cases[i].how, cases[i].width, cases[i].value, day_from_date(date), &arena),
                            cases[i].coarse);
    for (int i = 0; i < COARSE_KINDS; i++)
        assert_int_equal(coarse_parse(coarse_word((enum coarse)i)), i);
    assert_int_equal(coarse_parse("melt"), -1);
    assert_int_equal(coarse_parse(NULL), -1);
    arena_done(&arena);
}

/* --- k and l, counted by comparing every row with every other
 * --------------------------------------------------------- */

struct plain {
    int64_t k, l, rows;
};
static struct plain plain_figures(const struct group_row *rows, size_t count, int64_t k, int64_t l)
{
    struct plain ret = {0};

    for (size_t i = 0; i < count; i++) {
        int64_t size = 0, different = 0;

        for (size_t j = 0; j < count; j++) {
            bool first = true;

            if (strcmp(rows[i].shared, rows[j].shared) != 0)
                continue;
            size++;
            for (size_t m = 0; m < j && rows[j].sensitive != NULL; m++)
                if (strcmp(rows[m].shared, rows[j].shared) == 0 && strcmp(rows[m].sensitive, rows[j].sensitive) == 0)
                    first = false;
            different += rows[j].sensitive != NULL && first;
        }
        if (size < k || (rows[i].sensitive != NULL && different < l))
            continue;
        if (ret.rows == 0 || size < ret.k)
            ret.k = size;
        if (ret.rows == 0 || different < ret.l)
            ret.l = different;
        ret.rows++;
    }
    return ret;
}

static void groups_are_measured_as_a_plain_reference_measures(void **state)
{
    static const char *const shared[] = {"20-29|Алматы", "30-39|Алматы", "20-29|Астана", "", "x"};
    static const char *const sensitive[] = {"a", "b", "c", ""};

    srand(17);
    for (int round = 0; round < 3000; round++) {
        struct group_row rows[24];
        struct group_figures before, after;
        size_t count = (size_t)rand() % 25;
        bool with = rand() % 4 != 0;
        int64_t k = 1 + rand() % 5, l = with ? 1 + rand() % 3 : 1;
        struct plain all, rest;
        int64_t kept = 0;

        for (size_t i = 0; i < count; i++)
            rows[i] = (struct group_row){
                .shared = shared[rand() % 5], .sensitive = with ? sensitive[rand() % 4] : NULL, .line = ""};
        all = plain_figures(rows, count, 0, 0);
        rest = plain_figures(rows, count, k, l);
        groups_measure(rows, count, k, l, &before, &after);
        assert_int_equal(before.k, all.k);
        assert_int_equal(before.l, all.l);
        assert_int_equal(before.rows, count);
        assert_int_equal(after.k, rest.k);
        assert_int_equal(after.l, rest.l);
        assert_int_equal(after.rows, rest.rows);
        assert_int_equal(after.left_out, (int64_t)count - rest.rows);
        for (size_t i = 0; i < count; i++)
            kept += !rows[i].left_out;
        assert_int_equal(kept, rest.rows);
        assert_true(after.rows == 0 || (after.k >= k && (!with || after.l >= l)));
    }
}

/* --- The export
 * ------------------------------------------------------------------------------------------------------- */

static const char wanted[] = "{\"purpose\":\"delivery\",\"research\":\"scientific\",\"k\":2,\"columns\":["
                             "{\"category\":\"address\",\"how\":\"first_part\"},"
                             "{\"category\":\"income\",\"how\":\"band\",\"width\":1000,\"sensitive\":true}]}";

static int export_to(struct people *p, const char *json, struct buf *csv, struct depersonalised *ret)
{
    struct tx *tx CLEANUP_READ = NULL;
    json_t *given CLEANUP_JSON = NULL;
    struct depersonalising request;
    struct kept *kept = NULL;
    int r;

    err_clear(&p->err);
    field_errors_init(&p->errors, &p->arena);
    assert_ok(p, json_parse(json, strlen(json), &given, &p->err));
    assert_ok(p, store_read_begin(p->f.store, &tx, &p->err));
    assert_ok(p, kept_load(tx, &p->f.office, &kept, &p->err));
    r = depersonalising_parse(kept, given, p->now, &p->arena, &request, &p->errors, &p->err);
    if (r == 0)
        r = depersonalise(tx, &p->f.office, kept, &request, p->now, csv, ret, &p->err);
    kept_unref(kept);
    return r;
}

static struct person buyer(struct people *p, const char *id, const char *address, const char *income)
{
    struct person_names names = {.id = id, .full_name = "Құпия"};
    struct person person = people_person(p, names);

    people_consent(p, names, "delivery", delivery_categories, 4);
    assert_ok(p, people_put(p, &person, "address", "delivery", address));
    if (income != NULL)
        assert_ok(p, people_put(p, &person, "income", "delivery", income));
    assert_ok(p, people_put(p, &person, "name", "delivery", "Құпия"));
    return person;
}

static int block_run(struct people *p, struct tx *tx, void *arg, struct err *err)
{
    return person_block(tx, &p->f.office, arg, NULL, &p->f.admin, p->now, err);
}

static void only_who_may_be_is_taken_and_small_groups_are_not(void **state)
{
    CLEANUP_BUF struct buf csv = {0};
    struct depersonalised made;
    struct people p;
    struct person blocked;

    people_start(&p);
    buf_init(&csv, 1 << 20);
    buyer(&p, "b-1", "Алматы, Абай 1", "1500");
    buyer(&p, "b-2", "Алматы, Абай 2", "2500");
    buyer(&p, "b-3", "Алматы, Абай 3", "2600");
    buyer(&p, "b-4", "Астана, Сарайшық 4", "1700");
    buyer(&p, "b-5", "Тараз, Төле би 5", "1000");
    buyer(&p, "b-6", "Тараз, Төле би 6", "1999");
    blocked = buyer(&p, "b-7", "Алматы, Абай 7", "9000");
    assert_ok(&p, people_write(&p, block_run, &blocked));
    assert_ok(&p, export_to(&p, wanted, &csv, &made));
    /* Астана: one alone. Тараз: two, but both of one band: l would be 1. */
    assert_string_equal(csv.data, "address,income\r\nАлматы,1000-1999\r\nАлматы,2000-2999\r\nАлматы,2000-2999\r\n");
    assert_int_equal(made.people, 7);
    assert_int_equal(made.denied, 1);
    assert_int_equal(made.rows, 3);
    assert_int_equal(made.suppressed, 3);
    assert_int_equal(made.k_reached, 3);
    assert_int_equal(made.l_reached, 2);
    assert_int_equal(made.values_before[0], 6);
    assert_int_equal(made.values_after[0], 3);
    people_end(&p);
}

static void nothing_is_left_where_no_group_is_large_enough(void **state)
{
    CLEANUP_BUF struct buf csv = {0};
    struct depersonalised made;
    struct people p;

    people_start(&p);
    buf_init(&csv, 1 << 20);
    assert_ok(&p, export_to(&p, wanted, &csv, &made)); /* nobody at all */
    assert_string_equal(csv.data, "address,income\r\n");
    assert_int_equal(made.rows, 0);
    assert_int_equal(made.k_reached, 0);
    buyer(&p, "b-1", "Алматы", "1500");
    buf_reset(&csv);
    assert_ok(&p, export_to(&p, wanted, &csv, &made));
    assert_string_equal(csv.data, "address,income\r\n");
    assert_int_equal(made.suppressed, 1);
    assert_refused(&p,
                   export_to(&p,
                             "{\"purpose\":\"delivery\",\"research\":\"marketing\",\"small\":\"refuse\",\"columns\":["
                             "{\"category\":\"address\",\"how\":\"first_part\"}]}",
                             &csv, &made),
                   ERR_CONFLICT, "depersonalisation_small_groups");
    assert_string_equal(p.err.arg, "k 1, l 0");
    people_end(&p);
}

static void what_may_not_be_asked_is_refused_by_name(void **state)
{
#define COLUMNS(text) "{\"purpose\":\"delivery\",\"research\":\"scientific\",\"columns\":[" text "]}"
    static const struct {
        const char *json, *field, *code;
    } cases[] = {
        {COLUMNS("{\"category\":\"name\",\"how\":\"keep\"}"), "columns.0.category", "column_identifies"},
        {COLUMNS("{\"category\":\"name\",\"how\":\"first_part\"}"), "columns.0.category", "column_identifies"},
        {COLUMNS("{\"category\":\"phone\",\"how\":\"first_letters\"}"), "columns.0.category", "column_identifies"},
        {COLUMNS("{\"category\":\"address\",\"how\":\"first_letters\"}"), "columns.0.category", "column_identifies"},
        {COLUMNS("{\"category\":\"email\",\"how\":\"drop\"}"), "columns.0.category", "category_not_of_purpose"},
        {COLUMNS("{\"category\":\"colour\",\"how\":\"keep\"}"), "columns.0.category", "category_unknown"},
        {COLUMNS("{\"category\":\"income\",\"how\":\"band\"}"), "columns.0.width", "required"},
        {COLUMNS("{\"category\":\"income\",\"how\":\"band\",\"width\":0}"), "columns.0.width", "width_range"},
        {COLUMNS("{\"category\":\"income\",\"how\":\"keep\"},{\"category\":\"income\",\"how\":\"keep\"}"),
         "columns.1.category", "column_twice"},
        {COLUMNS("{\"category\":\"income\",\"how\":\"keep\",\"x\":1}"), "columns.0.x", "unknown_field"},
        {COLUMNS("5"), "columns.0", "wrong_type"},
        {COLUMNS("{\"category\":\"name\",\"how\":\"drop\"}"), "columns", "required"},
        {COLUMNS(""), "columns", "required"},
        {"{\"research\":\"scientific\",\"columns\":[{\"category\":\"income\",\"how\":\"keep\"}]}", "purpose",
         "required"},
        {"{\"purpose\":\"x\",\"research\":\"scientific\",\"columns\":[]}", "purpose", "purpose_unknown"},
        {"{\"purpose\":\"delivery\",\"research\":\"fun\",\"columns\":[]}", "research", "not_an_option"},
        {"{\"purpose\":\"delivery\",\"research\":\"scientific\",\"k\":1,\"columns\":[]}", "k", "k_range"},
        {"{\"purpose\":\"delivery\",\"research\":\"scientific\",\"l\":0,\"columns\":[]}", "l", "l_range"},
        {"{\"purpose\":\"delivery\",\"research\":\"scientific\",\"l\":2,\"columns\":[]}", "l", "sensitive_missing"},
        {"{\"purpose\":\"delivery\",\"research\":\"scientific\",\"small\":1,\"columns\":[]}", "small", "not_an_option"},
        {"{\"more\":1}", "more", "unknown_field"},
    };
    CLEANUP_BUF struct buf csv = {0};
    struct depersonalised made;
    struct people p;

    people_start(&p);
    buf_init(&csv, 1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct field_error *found;

        assert_refused(&p, export_to(&p, cases[i].json, &csv, &made), ERR_BAD_INPUT, "fields_refused");
        found = field_errors_find(&p.errors, cases[i].field);
        if (found == NULL)
            fail_msg("case %zu: %s is not refused", i, cases[i].field);
        assert_string_equal(found->code, cases[i].code);
    }
    assert_int_equal(csv.len, 0);
    people_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_made_coarse),
        cmocka_unit_test(groups_are_measured_as_a_plain_reference_measures),
        cmocka_unit_test(only_who_may_be_is_taken_and_small_groups_are_not),
        cmocka_unit_test(nothing_is_left_where_no_group_is_large_enough),
        cmocka_unit_test(what_may_not_be_asked_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
