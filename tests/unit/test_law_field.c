/* Every field type, good and bad; then whole forms. Numbers of people and organisations are made up here from their
 * weights, so none belongs to anybody. */
#include "law/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct zone zone;

static int load(void **state)
{
    struct err err = {0};
    return zone_load("Asia/Almaty", &zone, &err);
}

static int arena_open(void **state)
{
    arena_init(&arena, 8 << 20);
    return 0;
}

static int arena_close(void **state)
{
    arena_done(&arena);
    return 0;
}

static bool is_country(const void *arg, const char *code)
{
    return strcmp(code, arg) == 0;
}

/* The control digit by the published weights, worked apart from the code under test; -1 where none exists. */
static int control_digit(const char *eleven)
{
    for (int shift = 0; shift <= 2; shift += 2) {
        int sum = 0;
        for (int i = 0; i < 11; i++)
            sum += (eleven[i] - '0') * ((i + shift) % 11 + 1);
        if (sum % 11 != 10)
            return sum % 11;
    }
    return -1;
}

/* The first number that continues `head` (seven digits) and has a control digit; `second_round` wants one whose first
 * round of weights leaves 10. */
static void number_make(const char *head, bool second_round, char ret[static 13])
{
    for (int tail = 1; tail < 10000; tail++) {
        snprintf(ret, 13, "%.7s%04d", head, tail);
        int sum = 0;
        for (int i = 0; i < 11; i++)
            sum += (ret[i] - '0') * (i + 1);
        int digit = control_digit(ret);
        if (digit >= 0 && (sum % 11 == 10) == second_round) {
            ret[11] = (char)('0' + digit);
            ret[12] = '\0';
            return;
        }
    }
    fail_msg("no number");
}

static void test_iin(void **state)
{
    static const char *const heads[] = {"9001013", "0402296", "8512314", "9912311", "0001015", "7006150", "0002290"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        for (int second = 0; second < 2; second++) {
            char number[13];
            number_make(heads[i], second, number);
            assert_true(iin_valid(number));
            assert_true(bin_valid(number));
            char wrong = number[11];
            for (char digit = '0'; digit <= '9'; digit++) {
                number[11] = digit;
                assert_int_equal(iin_valid(number), digit == wrong);
                assert_int_equal(bin_valid(number), digit == wrong);
            }
        }
    }
    static const char *const bad_birth[] = {"9013013", "9000013", "9002303", "9004314",
                                            "0302296", "9001008", "9001017", "0002291"};
    for (size_t i = 0; i < sizeof(bad_birth) / sizeof(bad_birth[0]); i++) {
        char number[13];
        number_make(bad_birth[i], false, number);
        assert_false(iin_valid(number));
        assert_true(bin_valid(number)); /* an organisation's number begins otherwise */
    }
}

static void test_numbers_that_are_none(void **state)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "12345678901",
                                      "1234567890123",
                                      "90010130000a",
                                      "900101 30001",
                                      " 90010130001",
                                      "+90010130001",
                                      "９00101300011",
                                      "0000000000000"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(iin_valid(bad[i]));
        assert_false(bin_valid(bad[i]));
    }
    assert_false(iin_valid("000000000000")); /* the weights agree, but nobody was born on that day */
    assert_true(bin_valid("000000000000"));
    /* Both rounds leave 10: such numbers are never issued, whatever their last digit. */
    char number[13] = "";
    for (int i = 0; i < 1000000 && !number[0]; i++) {
        char eleven[12];
        snprintf(eleven, sizeof(eleven), "9001013%04d", i % 10000);
        eleven[6] = (char)('0' + i / 10000 % 7);
        if (control_digit(eleven) < 0)
            snprintf(number, sizeof(number), "%s0", eleven);
    }
    assert_string_not_equal(number, "");
    for (char digit = '0'; digit <= '9'; digit++) {
        number[11] = digit;
        assert_false(bin_valid(number));
    }
}

static const struct field_option colours[] = {
    {"red", {{"a", "b", "c"}}}, {"green", {{"a", "b", "c"}}}, {"blue", {{"a", "b", "c"}}}};

/* One value of one type: what comes out, or the code that refuses it. */
struct one_case {
    int number;
    enum field_type type;
    const char *given;
    const char *accepted; /* NULL: refused */
    const char *code, *arg;
    int64_t min, max;
};

static const struct one_case cases[] = {
    {1, FIELD_TEXT, "  Сәлем\r\nәлем ", "Сәлем\nәлем", NULL, NULL, 0, 0},
    {2, FIELD_TEXT, "қысқа", NULL, "too_short", "10", 10, 0},
    {3, FIELD_TEXT, "алты әріп", NULL, "too_long", "5", 0, 5},
    {4, FIELD_TEXT, "әңғүұ", "әңғүұ", NULL, NULL, 5, 5}, /* characters, not bytes */
    {5, FIELD_TEXT, "e\xcc\x81", "é", NULL, NULL, 0, 1}, /* normalised before it is counted */
    {6, FIELD_LINE, "бір жол", "бір жол", NULL, NULL, 0, 0},
    {7, FIELD_LINE, "екі\nжол", NULL, "not_one_line", "", 0, 0},
    {8, FIELD_LINE, "бір\tжол", NULL, "not_one_line", "", 0, 0},
    {10, FIELD_CHOICE, "green", "green", NULL, NULL, 0, 0},
    {11, FIELD_CHOICE, "Green", NULL, "not_an_option", "", 0, 0},
    {12, FIELD_CHOICE, "purple", NULL, "not_an_option", "", 0, 0},
    {13, FIELD_MANY, "blue", "blue", NULL, NULL, 0, 0},
    {14, FIELD_MANY, "purple", NULL, "not_an_option", "", 0, 0},
    {15, FIELD_YES_NO, "true", "true", NULL, NULL, 0, 0},
    {16, FIELD_YES_NO, "on", "true", NULL, NULL, 0, 0},
    {17, FIELD_YES_NO, "false", "false", NULL, NULL, 0, 0},
    {18, FIELD_YES_NO, "maybe", NULL, "wrong_type", "", 0, 0},
    {20, FIELD_DATE, "2024-02-29", "2024-02-29", NULL, NULL, 0, 0},
    {21, FIELD_DATE, "2026-02-29", NULL, "not_a_date", "", 0, 0},
    {22, FIELD_DATE, "2026-13-01", NULL, "not_a_date", "", 0, 0},
    {23, FIELD_DATE, "01.02.2026", NULL, "not_a_date", "", 0, 0},
    {24, FIELD_DATE, "2026-2-3", NULL, "not_a_date", "", 0, 0},
    {25, FIELD_MOMENT, "2026-04-09T10:20:30+05:00", "2026-04-09T10:20:30+05:00", NULL, NULL, 0, 0},
    {26, FIELD_MOMENT, "2026-04-09T05:20:30Z", "2026-04-09T10:20:30+05:00", NULL, NULL, 0, 0},
    {27, FIELD_MOMENT, "2024-02-01T10:20", "2024-02-01T10:20:00+06:00", NULL, NULL, 0, 0}, /* as a browser sends it */
    {28, FIELD_MOMENT, "2026-04-09T25:20:30Z", NULL, "not_a_moment", "", 0, 0},
    {29, FIELD_MOMENT, "yesterday", NULL, "not_a_moment", "", 0, 0},
    {30, FIELD_NUMBER, "42", "42", NULL, NULL, 0, 0},
    {31, FIELD_NUMBER, "007", "7", NULL, NULL, 0, 0},
    {32, FIELD_NUMBER, "-5", "-5", NULL, NULL, -10, 10},
    {33, FIELD_NUMBER, "-5", NULL, "out_of_range", "≥ 0", 0, 0},
    {34, FIELD_NUMBER, "11", NULL, "out_of_range", "1 … 10", 1, 10},
    {35, FIELD_NUMBER, "0", NULL, "out_of_range", "1 … 10", 1, 10},
    {36, FIELD_NUMBER, "9223372036854775807", "9223372036854775807", NULL, NULL, 0, 0},
    {37, FIELD_NUMBER, "9223372036854775808", NULL, "out_of_range", "≥ 0", 0, 0},
    {38, FIELD_NUMBER, "1.5", NULL, "not_a_number", "", 0, 0},
    {39, FIELD_NUMBER, "1e3", NULL, "not_a_number", "", 0, 0},
    {40, FIELD_NUMBER, "-", NULL, "not_a_number", "", 0, 0},
    {41, FIELD_NUMBER, "٤٢", NULL, "not_a_number", "", 0, 0},
    {42, FIELD_NUMBER, "1 000", NULL, "not_a_number", "", 0, 0},
    {50, FIELD_URL, "https://example.kz/a?b=c#d", "https://example.kz/a?b=c#d", NULL, NULL, 0, 0},
    {51, FIELD_URL, "HTTP://Example.KZ/Path", "http://example.kz/Path", NULL, NULL, 0, 0},
    {52, FIELD_URL, "https://қазақ.қаз/жол", "https://қазақ.қаз/жол", NULL, NULL, 0, 0},
    {53, FIELD_URL, "https://example.kz:8443", "https://example.kz:8443", NULL, NULL, 0, 0},
    {54, FIELD_URL, "https://[2001:db8::1]/x", "https://[2001:db8::1]/x", NULL, NULL, 0, 0},
    {55, FIELD_URL, "https://192.0.2.1?x", "https://192.0.2.1?x", NULL, NULL, 0, 0},
    {56, FIELD_URL, "example.kz", NULL, "not_a_url", "", 0, 0},
    {57, FIELD_URL, "ftp://example.kz/", NULL, "not_a_url", "", 0, 0},
    {58, FIELD_URL, "javascript:alert(1)", NULL, "not_a_url", "", 0, 0},
    {59, FIELD_URL, "https://", NULL, "not_a_url", "", 0, 0},
    {60, FIELD_URL, "https:///path", NULL, "not_a_url", "", 0, 0},
    {61, FIELD_URL, "https://user@example.kz/", NULL, "not_a_url", "", 0, 0},
    {62, FIELD_URL, "https://example.kz:0/", NULL, "not_a_url", "", 0, 0},
    {63, FIELD_URL, "https://example.kz:65536/", NULL, "not_a_url", "", 0, 0},
    {64, FIELD_URL, "https://example.kz:/", NULL, "not_a_url", "", 0, 0},
    {65, FIELD_URL, "https://exa mple.kz/", NULL, "not_a_url", "", 0, 0},
    {66, FIELD_URL, "https://example.kz/<x>", NULL, "not_a_url", "", 0, 0},
    {67, FIELD_URL, "https://a..b/", NULL, "not_a_url", "", 0, 0},
    {68, FIELD_URL, "https://[::1/", NULL, "not_a_url", "", 0, 0},
    {69, FIELD_URL, "https://[::1]x/", NULL, "not_a_url", "", 0, 0},
    {70, FIELD_URL, "https://[zz::1]/", NULL, "not_a_url", "", 0, 0},
    {71, FIELD_URL, "https://example.kz/long", NULL, "too_long", "20", 0, 20},
    {80, FIELD_EMAIL, "Ayan.Test+tag@Example.KZ", "Ayan.Test+tag@example.kz", NULL, NULL, 0, 0},
    {81, FIELD_EMAIL, "ayan", NULL, "not_an_email", "", 0, 0},
    {82, FIELD_EMAIL, "@example.kz", NULL, "not_an_email", "", 0, 0},
    {83, FIELD_EMAIL, "ayan@", NULL, "not_an_email", "", 0, 0},
    {84, FIELD_EMAIL, "ayan@example", NULL, "not_an_email", "", 0, 0},
    {85, FIELD_EMAIL, "ayan@@example.kz", NULL, "not_an_email", "", 0, 0},
    {86, FIELD_EMAIL, "a..b@example.kz", NULL, "not_an_email", "", 0, 0},
    {87, FIELD_EMAIL, ".ab@example.kz", NULL, "not_an_email", "", 0, 0},
    {88, FIELD_EMAIL, "ab.@example.kz", NULL, "not_an_email", "", 0, 0},
    {89, FIELD_EMAIL, "ab@-example.kz", NULL, "not_an_email", "", 0, 0},
    {90, FIELD_EMAIL, "ab@example..kz", NULL, "not_an_email", "", 0, 0},
    {91, FIELD_EMAIL, "ab@192.0.2.1", NULL, "not_an_email", "", 0, 0},
    {92, FIELD_EMAIL, "a b@example.kz", NULL, "not_an_email", "", 0, 0},
    {93, FIELD_EMAIL, "ab@example.kz\nbcc: c@example.kz", NULL, "not_an_email", "", 0, 0},
    {94, FIELD_EMAIL, "\"a\"@example.kz", NULL, "not_an_email", "", 0, 0},
    {95, FIELD_EMAIL, "айан@example.kz", NULL, "not_an_email", "", 0, 0},
    {96, FIELD_EMAIL, "a@b@example.kz", NULL, "not_an_email", "", 0, 0},
    {100, FIELD_PHONE, "+7 (701) 234-56-78", "+77012345678", NULL, NULL, 0, 0},
    {101, FIELD_PHONE, "8 701 234 56 78", "+77012345678", NULL, NULL, 0, 0},
    {102, FIELD_PHONE, "77012345678", "+77012345678", NULL, NULL, 0, 0},
    {103, FIELD_PHONE, "7012345678", "+77012345678", NULL, NULL, 0, 0},
    {104, FIELD_PHONE, "+44 20 7946 0958", "+442079460958", NULL, NULL, 0, 0},
    {105, FIELD_PHONE, "2345678", NULL, "not_a_phone", "", 0, 0},
    {106, FIELD_PHONE, "+7 701 234 56", NULL, "not_a_phone", "", 0, 0},
    {107, FIELD_PHONE, "+0123456789", NULL, "not_a_phone", "", 0, 0},
    {108, FIELD_PHONE, "+1234567890123456", NULL, "not_a_phone", "", 0, 0},
    {109, FIELD_PHONE, "+7701234567a", NULL, "not_a_phone", "", 0, 0},
    {110, FIELD_PHONE, "+7+7012345678", NULL, "not_a_phone", "", 0, 0},
    {111, FIELD_PHONE, "+", NULL, "not_a_phone", "", 0, 0},
    {112, FIELD_PHONE, "99999999999999999999999999", NULL, "not_a_phone", "", 0, 0},
    {120, FIELD_IIN, "12345", NULL, "not_an_iin", "", 0, 0},
    {121, FIELD_IIN, "901301300011", NULL, "not_an_iin", "", 0, 0},
    {122, FIELD_BIN, "12345", NULL, "not_a_bin", "", 0, 0},
    {123, FIELD_BIN, "12345678901x", NULL, "not_a_bin", "", 0, 0},
    {130, FIELD_PERSON, "Айгүл Әбілқызы", "Айгүл Әбілқызы", NULL, NULL, 0, 0},
    {131, FIELD_PERSON, "a\nb", NULL, "not_one_line", "", 0, 0},
    {132, FIELD_ORGANISATION, "«Мысал» ЖШС", "«Мысал» ЖШС", NULL, NULL, 0, 0},
    {140, FIELD_COUNTRY, "KZ", "KZ", NULL, NULL, 0, 0},
    {141, FIELD_COUNTRY, "kz", "KZ", NULL, NULL, 0, 0},
    {142, FIELD_COUNTRY, "XX", NULL, "unknown_country", "", 0, 0},
    {143, FIELD_COUNTRY, "KAZ", NULL, "unknown_country", "", 0, 0},
    {150, FIELD_CASE, "Ш-2026-000001", "Ш-2026-000001", NULL, NULL, 0, 0},
    {151, FIELD_CASE, "Ш-2026\n000001", NULL, "not_one_line", "", 0, 0},
    {152, FIELD_LINKS, "\r\nhttps://KENES.kz/a\r\n", "https://kenes.kz/a", NULL, NULL, 0, 0},
    {154, FIELD_URL,
     "https://kenes.kz/\xe2\x80\xae"
     "gpj.a",
     NULL, "not_a_url", "", 0, 0},
    {155, FIELD_URL, "https://kenes\xe2\x81\xa6.kz/a", NULL, "not_a_url", "", 0, 0},
    {153, FIELD_LINKS, "https://kenes.kz/a\nb", NULL, "not_a_url", "", 0, 0},
};

static int validate(const struct field *fields, size_t field_count, const struct raw_value *raw, size_t raw_count,
                    const struct field_value **ret, struct field_errors *errors, struct err *err)
{
    field_errors_init(errors, &arena);
    return fields_validate(fields, field_count, raw, raw_count, &zone, is_country, "KZ", &arena, ret, errors, err);
}

static void test_single_values(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct one_case *one = &cases[i];
        struct field field = {.name = "it", .type = one->type, .min = one->min, .max = one->max};
        if (one->type == FIELD_CHOICE || one->type == FIELD_MANY) {
            field.options = colours;
            field.option_count = 3;
        }
        struct raw_value raw = {"it", RAW_FORM, 1, &one->given};
        const struct field_value *values = NULL;
        struct field_errors errors;
        struct err err = {0};
        int r = validate(&field, 1, &raw, 1, &values, &errors, &err);
        if (one->accepted) {
            if (r < 0)
                fail_msg("case %d: %s", one->number, errors.count ? errors.items[0].code : err.code);
            assert_int_equal(values[0].count, 1);
            assert_ptr_equal(values[0].field, &field);
            if (strcmp(values[0].texts[0], one->accepted) != 0)
                fail_msg("case %d: %s", one->number, values[0].texts[0]);
            continue;
        }
        if (r != -ERR_BAD_INPUT || errors.count != 1 || strcmp(errors.items[0].code, one->code) != 0 ||
            strcmp(errors.items[0].arg ? errors.items[0].arg : "", one->arg) != 0)
            fail_msg("case %d: %d %s %s", one->number, r, errors.count ? errors.items[0].code : "accepted",
                     errors.count ? errors.items[0].arg : "");
        assert_string_equal(err.code, "fields_refused");
        assert_string_equal(errors.items[0].field, "it");
        assert_null(values);
    }
}

static void test_links_come_one_a_line_or_as_a_list(void **state)
{
    const struct field field = {.name = "links", .type = FIELD_LINKS, .max = 3};
    const char *lines = "https://a.kz/1\r\n\r\n https://B.kz/2 \nhttps://a.kz/1";
    const char *many = "https://a.kz/1\nhttps://a.kz/2\nhttps://a.kz/3\nhttps://a.kz/4";
    const char *const list[] = {"https://a.kz/1", "https://b.kz/2"};
    const struct raw_value raws[] = {{"links", RAW_FORM, 1, &lines}, {"links", RAW_LIST, 2, list}};
    struct field_errors errors;
    struct err err = {0};
    for (size_t i = 0; i < 2; i++) {
        const struct field_value *values = NULL;
        assert_int_equal(validate(&field, 1, &raws[i], 1, &values, &errors, &err), 0);
        assert_int_equal(values[0].count, 2);
        assert_string_equal(values[0].texts[0], "https://a.kz/1");
        assert_string_equal(values[0].texts[1], "https://b.kz/2");
    }
    const struct field_value *values = NULL;
    const struct raw_value over = {"links", RAW_FORM, 1, &many}, single = {"links", RAW_STRING, 1, list};
    assert_int_equal(validate(&field, 1, &over, 1, &values, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(errors.items[0].code, "too_many");
    assert_int_equal(validate(&field, 1, &single, 1, &values, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(errors.items[0].code, "wrong_type");
}

static void test_what_an_effect_gives_is_not_asked_for(void **state)
{
    const struct field fields[] = {{.name = "figures", .type = FIELD_TABLE, .by_effect = true},
                                   {.name = "sum", .type = FIELD_NUMBER, .by_effect = true}};
    const char *row = "2026-01-01\t1", *number = "5";
    const struct raw_value raws[] = {
        {"figures", RAW_FORM, 1, &row}, {"figures", RAW_LIST, 1, &row}, {"sum", RAW_NUMBER, 1, &number}};
    const struct field_value *values = NULL;
    struct field_errors errors;
    struct err err = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(validate(fields, 2, &raws[i], 1, &values, &errors, &err), -ERR_BAD_INPUT);
        assert_string_equal(errors.items[0].code, "unknown_field");
    }
    assert_int_equal(validate(fields, 2, NULL, 0, &values, &errors, &err), 0);
    assert_int_equal(values[0].count + values[1].count, 0);
}

static void test_cells_of_a_row(void **state)
{
    static const struct {
        const char *row;
        size_t column;
        const char *cell;
    } rows[] = {{"a\tbb\tccc", 0, "a"}, {"a\tbb\tccc", 2, "ccc"},
                {"a\t\tccc", 1, ""},    {"a\t\tccc", 2, "ccc"},
                {"a", 1, ""},           {"", 0, ""},
                {"a\t", 1, ""},         {"a\tb", 7, ""}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t length;
        const char *cell = field_cell(rows[i].row, rows[i].column, &length);
        assert_int_equal(length, strlen(rows[i].cell));
        assert_memory_equal(cell, rows[i].cell, length);
    }
}

static void test_control_digits_have_their_own_words(void **state)
{
    char number[13];
    number_make("9001013", false, number);
    number[11] = (char)('0' + (number[11] - '0' + 1) % 10);
    static const enum field_type types[] = {FIELD_IIN, FIELD_BIN};
    static const char *const codes[] = {"iin_control_digit", "bin_control_digit"};
    for (int i = 0; i < 2; i++) {
        struct field field = {.name = "it", .type = types[i]};
        const char *text = number;
        struct raw_value raw = {"it", RAW_STRING, 1, &text};
        const struct field_value *values = NULL;
        struct field_errors errors;
        struct err err = {0};
        assert_int_equal(validate(&field, 1, &raw, 1, &values, &errors, &err), -ERR_BAD_INPUT);
        assert_string_equal(errors.items[0].code, codes[i]);
        assert_null(strstr(errors.items[0].arg, number)); /* the number itself is told to nobody */
        assert_null(strstr(err.arg, number));
    }
}

/* What JSON may give to which type. */
static void test_json_kinds(void **state)
{
    static const struct {
        int number;
        enum field_type type;
        enum raw_kind kind;
        const char *given;
        bool accepted;
    } kinds[] = {
        {1, FIELD_TEXT, RAW_STRING, "x", true},          {2, FIELD_TEXT, RAW_NUMBER, "1", false},
        {3, FIELD_TEXT, RAW_BOOL, "true", false},        {4, FIELD_TEXT, RAW_LIST, "x", false},
        {5, FIELD_TEXT, RAW_OTHER, "null", false},       {6, FIELD_NUMBER, RAW_NUMBER, "12", true},
        {7, FIELD_NUMBER, RAW_STRING, "12", false},      {8, FIELD_YES_NO, RAW_BOOL, "true", true},
        {9, FIELD_YES_NO, RAW_STRING, "true", false},    {10, FIELD_MANY, RAW_LIST, "red", true},
        {11, FIELD_MANY, RAW_STRING, "red", false},      {12, FIELD_CHOICE, RAW_STRING, "red", true},
        {13, FIELD_CHOICE, RAW_LIST, "red", false},      {14, FIELD_DATE, RAW_STRING, "2026-01-01", true},
        {15, FIELD_DATE, RAW_NUMBER, "20260101", false}, {16, FIELD_IIN, RAW_NUMBER, "12", false},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct field field = {.name = "it", .type = kinds[i].type, .options = colours, .option_count = 3};
        struct raw_value raw = {"it", kinds[i].kind, 1, &kinds[i].given};
        const struct field_value *values = NULL;
        struct field_errors errors;
        struct err err = {0};
        int r = validate(&field, 1, &raw, 1, &values, &errors, &err);
        if ((r == 0) != kinds[i].accepted)
            fail_msg("case %d: %d", kinds[i].number, r);
        if (r < 0)
            assert_string_equal(errors.items[0].code, "wrong_type");
    }
}

static const struct field_condition about_content[] = {{"about", "content", false}};
static const struct field_condition both[] = {{"about", "content", true}, {"colours", "red", false}};
static const struct field_option subjects[] = {{"content", {{"a", "b", "c"}}}, {"user", {{"a", "b", "c"}}}};
static const struct field form[] = {
    {.name = "about", .type = FIELD_CHOICE, .required = true, .options = subjects, .option_count = 2},
    {.name = "link", .type = FIELD_URL, .conditions = about_content, .condition_count = 1},
    {.name = "text", .type = FIELD_TEXT, .required = true},
    {.name = "colours", .type = FIELD_MANY, .options = colours, .option_count = 3},
    {.name = "shade", .type = FIELD_LINE, .conditions = both, .condition_count = 2},
    {.name = "links", .type = FIELD_LINKS, .max = 2},
};
#define FORM_COUNT (sizeof(form) / sizeof(form[0]))

static const char *const content[] = {"content"}, *const user[] = {"user"}, *const text[] = {"мәтін"},
                         *const blank[] = {"  "}, *const link_ok[] = {"https://example.kz/"}, *const link_bad[] = {"x"},
                         *const many[] = {"blue", "red", "blue"}, *const twice[] = {"a", "b"};

static void test_a_good_form_comes_out_in_order(void **state)
{
    const struct raw_value raw[] = {{"text", RAW_FORM, 1, text},
                                    {"colours", RAW_FORM, 3, many},
                                    {"link", RAW_FORM, 1, link_ok},
                                    {"about", RAW_FORM, 1, content},
                                    {"shade", RAW_FORM, 1, blank}};
    const struct field_value *values = NULL;
    struct field_errors errors;
    struct err err = {0};
    assert_int_equal(validate(form, FORM_COUNT, raw, 5, &values, &errors, &err), 0);
    for (size_t i = 0; i < FORM_COUNT; i++)
        assert_ptr_equal(values[i].field, &form[i]);
    assert_string_equal(values[0].texts[0], "content");
    assert_string_equal(values[1].texts[0], "https://example.kz/");
    assert_int_equal(values[3].count, 2); /* each once, in the order of the options */
    assert_string_equal(values[3].texts[0], "red");
    assert_string_equal(values[3].texts[1], "blue");
    assert_int_equal(values[4].count, 0); /* blank is not given */
    assert_int_equal(values[5].count, 0);
}

static void test_every_refusal_is_told_at_once(void **state)
{
    const struct raw_value raw[] = {{"about", RAW_FORM, 1, content}, {"surprise", RAW_FORM, 1, text},
                                    {"text", RAW_FORM, 1, blank},    {"link", RAW_FORM, 1, link_bad},
                                    {"colours", RAW_FORM, 1, user},  {"about", RAW_FORM, 1, user}};
    const struct field_value *values = NULL;
    struct field_errors errors;
    struct err err = {0};
    assert_int_equal(validate(form, FORM_COUNT, raw, 6, &values, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "fields_refused");
    assert_null(values);
    assert_int_equal(errors.count, 5);
    assert_string_equal(field_errors_find(&errors, "surprise")->code, "unknown_field");
    assert_string_equal(field_errors_find(&errors, "text")->code, "required");
    assert_string_equal(field_errors_find(&errors, "link")->code, "not_a_url");
    assert_string_equal(field_errors_find(&errors, "colours")->code, "not_an_option");
    assert_string_equal(field_errors_find(&errors, "about")->code, "duplicate_field");
}

static void test_conditions(void **state)
{
    static const struct {
        int number;
        const char *const *about;
        bool red;
        bool wants_link, wants_shade;
    } forms[] = {
        {1, content, false, true, false}, {2, content, true, true, false}, {3, user, false, false, false},
        {4, user, true, false, true},     {5, blank, false, false, false}, {6, link_bad, true, false, false},
    };
    static const char *const red[] = {"red"}, *const green[] = {"green"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct raw_value raw[] = {{"about", RAW_FORM, 1, forms[i].about},
                                        {"text", RAW_FORM, 1, text},
                                        {"colours", RAW_FORM, 1, forms[i].red ? red : green}};
        const struct field_value *values = NULL;
        struct field_errors errors;
        struct err err = {0};
        (void)!validate(form, FORM_COUNT, raw, 3, &values, &errors, &err);
        if ((field_errors_find(&errors, "link") != NULL) != forms[i].wants_link ||
            (field_errors_find(&errors, "shade") != NULL) != forms[i].wants_shade)
            fail_msg("case %d", forms[i].number);
    }
}

static void test_too_many_values(void **state)
{
    static const char *const links[] = {"https://example.kz/1", "https://example.kz/2", "https://example.kz/3"};
    static const char *flood[5000];
    for (size_t i = 0; i < 5000; i++)
        flood[i] = "red";
    const struct raw_value raw[] = {{"about", RAW_FORM, 1, user},
                                    {"text", RAW_FORM, 2, twice},
                                    {"links", RAW_LIST, 3, links},
                                    {"colours", RAW_LIST, 5000, flood}};
    const struct field_value *values = NULL;
    struct field_errors errors;
    struct err err = {0};
    assert_int_equal(validate(form, FORM_COUNT, raw, 4, &values, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(field_errors_find(&errors, "text")->code, "wrong_type");
    assert_string_equal(field_errors_find(&errors, "links")->code, "too_many");
    assert_string_equal(field_errors_find(&errors, "links")->arg, "2");
    assert_string_equal(field_errors_find(&errors, "colours")->code, "too_many");
}

static void test_an_empty_list_is_not_given_and_an_empty_item_is_none(void **state)
{
    static const struct field wanted[] = {
        {.name = "colours", .type = FIELD_MANY, .required = true, .options = colours, .option_count = 3}};
    static const char *const empty[] = {""};
    struct raw_value raw = {"colours", RAW_LIST, 0, NULL};
    const struct field_value *values = NULL;
    struct field_errors errors;
    struct err err = {0};
    assert_int_equal(validate(wanted, 1, &raw, 1, &values, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(errors.items[0].code, "required");
    raw = (struct raw_value){"colours", RAW_LIST, 1, empty};
    assert_int_equal(validate(wanted, 1, &raw, 1, &values, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(errors.items[0].code, "not_an_option");
}

static void test_a_long_strange_name_is_cut_between_letters(void **state)
{
    char name[200] = "";
    for (int i = 0; i < 60; i++)
        strcat(name, "ә");
    struct raw_value raw = {name, RAW_FORM, 1, text};
    const struct field_value *values = NULL;
    struct field_errors errors;
    struct err err = {0};
    assert_int_equal(validate(NULL, 0, &raw, 1, &values, &errors, &err), -ERR_BAD_INPUT);
    assert_string_equal(errors.items[0].code, "unknown_field");
    assert_int_equal(strlen(errors.items[0].field), 64);
}

static void test_nothing_asked_nothing_given(void **state)
{
    const struct field_value *values = NULL;
    struct field_errors errors;
    struct err err = {0};
    assert_int_equal(validate(NULL, 0, NULL, 0, &values, &errors, &err), 0);
}

static void test_memory_that_ends_is_an_error(void **state)
{
    const struct raw_value raw[] = {{"about", RAW_FORM, 1, user}, {"text", RAW_FORM, 1, text}};
    for (size_t limit = 0; limit < 256; limit += 16) {
        struct arena small;
        struct field_errors errors;
        struct err err = {0};
        const struct field_value *values = NULL;
        arena_init(&small, limit);
        field_errors_init(&errors, &small);
        int r = fields_validate(form, FORM_COUNT, raw, 2, &zone, is_country, "KZ", &small, &values, &errors, &err);
        assert_true(r == 0 || r == -ERR_MEMORY);
        assert_int_equal(values != NULL, r == 0);
        arena_done(&small);
    }
}

static void test_type_words(void **state)
{
    for (int i = FIELD_TEXT; i <= FIELD_TABLE; i++)
        assert_int_equal(field_type_parse(field_type_word((enum field_type)i)), i);
    assert_string_equal(field_type_word(FIELD_YES_NO), "yes_no");
    assert_string_equal(field_type_word(FIELD_ORGANISATION), "organisation");
    assert_int_equal(field_type_parse("string"), -1);
}

#define ARENA_TEST(name) cmocka_unit_test_setup_teardown(name, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iin),
        ARENA_TEST(test_links_come_one_a_line_or_as_a_list),
        ARENA_TEST(test_what_an_effect_gives_is_not_asked_for),
        cmocka_unit_test(test_cells_of_a_row),
        cmocka_unit_test(test_numbers_that_are_none),
        ARENA_TEST(test_single_values),
        ARENA_TEST(test_control_digits_have_their_own_words),
        ARENA_TEST(test_json_kinds),
        ARENA_TEST(test_a_good_form_comes_out_in_order),
        ARENA_TEST(test_every_refusal_is_told_at_once),
        ARENA_TEST(test_conditions),
        ARENA_TEST(test_too_many_values),
        ARENA_TEST(test_an_empty_list_is_not_given_and_an_empty_item_is_none),
        ARENA_TEST(test_a_long_strange_name_is_cut_between_letters),
        ARENA_TEST(test_nothing_asked_nothing_given),
        ARENA_TEST(test_memory_that_ends_is_an_error),
        cmocka_unit_test(test_type_words),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
