/* Statements of reasons: the header as the European Union's database has it, every option of the shipped law mapped,
 * and lines read back cell by cell. */
#include "base/json.h"
#include "out/statements.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 38
#define TEXT_MAX 70000
#define CLEANUP_ARENA __attribute__((cleanup(arena_done)))

static struct catalogue *catalogue;

static int load_law(void **state)
{
    return catalogue_load(LAW_DIR, &catalogue, NULL);
}

static int free_law(void **state)
{
    catalogue_free(catalogue);
    return 0;
}

/* A line taken apart as RFC 4180 says. */
struct cells {
    char text[TEXT_MAX];
    const char *cell[COLUMNS];
    size_t count;
};

static void take_apart(const char *line, size_t len, struct cells *ret)
{
    size_t at = 0, end = 0;
    bool quoted = false;

    assert_true(len < TEXT_MAX && len > 0 && line[len - 1] == '\n');
    ret->count = 0;
    ret->cell[ret->count++] = ret->text;
    for (at = 0; at + 1 < len; at++) {
        if (line[at] == '"' && quoted && line[at + 1] == '"') {
            ret->text[end++] = '"';
            at++;
        } else if (line[at] == '"') {
            quoted = !quoted;
        } else if (line[at] == ',' && !quoted) {
            ret->text[end++] = '\0';
            assert_true(ret->count < COLUMNS);
            ret->cell[ret->count++] = ret->text + end;
        } else {
            assert_true(line[at] != '\n' && line[at] != '\r');
            ret->text[end++] = line[at];
        }
    }
    assert_false(quoted);
    ret->text[end] = '\0';
    assert_int_equal(ret->count, COLUMNS);
}

static size_t column(const char *name)
{
    static struct cells head;
    CLEANUP_BUF struct buf out;

    buf_init(&out, 4096);
    statements_head(&out);
    take_apart(out.data, out.len, &head);
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(head.cell[i], name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static const struct case_row decided = {
    .id = "01a20097-8778-75e8-9060-39f6321a063e",
    .procedure = "moderation",
    .number = "МШ-2026-000123",
    .state = "in_force",
    .opened_usec = INT64_C(1767207600) * 1000000, /* 2025-12-31T19:00:00Z: 2026-01-01 in Kazakhstan */
    .registered_usec = INT64_C(1767207661) * 1000000 + 999999,
    .closed_usec = TIME_NONE,
};

static void line_of(const struct case_row *row, struct cells *ret)
{
    CLEANUP_ARENA struct arena arena;
    CLEANUP_BUF struct buf out;
    struct err err = {0};

    arena_init(&arena, 1024 * 1024);
    buf_init(&out, 1024 * 1024);
    if (statements_line(catalogue, "Alan Online Platform LLP", row, &arena, &out, &err) < 0)
        fail_msg("%s", err.code);
    take_apart(out.data, out.len, ret);
}

/* The line of a decision with these values, "a":"b",… */
static const struct cells *line(const char *values)
{
    static struct cells cells;
    struct case_row row = decided;
    char *fields = malloc(strlen(values) + 3);

    assert_non_null(fields);
    sprintf(fields, "{%s}", values);
    row.fields = fields;
    line_of(&row, &cells);
    free(fields);
    return &cells;
}

#define EXPECT(cells, name, text) assert_string_equal((cells)->cell[column(name)], text)

/* Columns that are filled, those named apart, are all empty. */
static void only_record_filled(const struct cells *cells)
{
    static const char *const always[] = {"application_date", "platform_name", "platform_uid", "created_at"};

    for (size_t i = 0; i < COLUMNS; i++) {
        bool filled = false;

        for (size_t j = 0; j < 4; j++)
            filled = filled || i == column(always[j]);
        if ((cells->cell[i][0] != '\0') != filled)
            fail_msg("column %zu: %s", i, cells->cell[i]);
    }
}

static void the_header_is_theirs(void **state)
{
    CLEANUP_BUF struct buf out;

    buf_init(&out, 4096);
    statements_head(&out);
    assert_string_equal(
        out.data,
        "uuid,decision_visibility,decision_visibility_other,end_date_visibility_restriction,decision_monetary,"
        "decision_monetary_other,end_date_monetary_restriction,decision_provision,end_date_service_restriction,"
        "decision_account,end_date_account_restriction,account_type,decision_ground,decision_ground_reference_url,"
        "illegal_content_legal_ground,illegal_content_explanation,incompatible_content_ground,"
        "incompatible_content_explanation,incompatible_content_illegal,category,category_addition,"
        "category_specification,category_specification_other,content_type,content_type_other,content_language,"
        "content_date,content_id_ean,territorial_scope,application_date,decision_facts,source_type,source_identity,"
        "automated_detection,automated_decision,platform_name,platform_uid,created_at\n");
}

static void every_option_of_the_law_is_mapped(void **state)
{
    static const char *const fields[] = {"measure", "category", "content_type", "content_language",
                                         "ground",  "found_by", "decided_by"};
    const struct procedure *procedure = catalogue_procedure(catalogue, STATEMENT_PROCEDURE);

    assert_non_null(procedure);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct field *field = procedure_field_find(procedure, fields[i]);

        assert_non_null(field);
        assert_true(field->option_count > 0);
        for (size_t j = 0; j < field->option_count; j++)
            if (!statements_know(fields[i], field->options[j].id))
                fail_msg("%s: %s", fields[i], field->options[j].id);
    }
    assert_false(statements_know("measure", "shadowed"));
    assert_false(statements_know("category", ""));
    assert_false(statements_know("measure_taken", "removed"));
}

static void a_decision_on_the_law(void **state)
{
    const struct cells *l = line(
        "\"content_url\":\"https://alan.example.kz/post/11\",\"content_type\":\"video\",\"content_language\":\"kk\","
        "\"content_date\":\"2025-12-20\",\"measure\":\"removed\",\"until\":\"2026-06-30\",\"ground\":\"law\","
        "\"category\":\"suicide\",\"found_by\":\"automatic\",\"found_how\":\"Image hashes\","
        "\"decided_by\":\"person\",\"reasons\":\"Жазбада \\\"үндеу\\\", бар.\\r\\n\\n Екінші азатжол.\\n\"");

    EXPECT(l, "uuid", "");
    EXPECT(l, "decision_visibility", "[\"DECISION_VISIBILITY_CONTENT_REMOVED\"]");
    EXPECT(l, "decision_visibility_other", "");
    EXPECT(l, "end_date_visibility_restriction", "2026-06-30 00:00:00");
    EXPECT(l, "decision_account", "");
    EXPECT(l, "end_date_account_restriction", "");
    EXPECT(l, "decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT");
    EXPECT(l, "illegal_content_legal_ground",
           "Kazakhstan: Law of 10 July 2023 No. 18-VIII “On online platforms and online advertising”, Article 14, "
           "paragraph 1: Suicide: calls, propaganda or agitation");
    EXPECT(l, "illegal_content_explanation", "Жазбада \"үндеу\", бар. Екінші азатжол.");
    EXPECT(l, "decision_facts", "Жазбада \"үндеу\", бар. Екінші азатжол.");
    EXPECT(l, "incompatible_content_ground", "");
    EXPECT(l, "incompatible_content_explanation", "");
    EXPECT(l, "category", "STATEMENT_CATEGORY_SELF_HARM");
    EXPECT(l, "category_addition", "");
    EXPECT(l, "category_specification", "[\"KEYWORD_SUICIDE\"]");
    EXPECT(l, "category_specification_other", "");
    EXPECT(l, "content_type", "[\"CONTENT_TYPE_VIDEO\"]");
    EXPECT(l, "content_type_other", "");
    EXPECT(l, "content_language", "KK");
    EXPECT(l, "content_date", "2025-12-20 00:00:00");
    EXPECT(l, "territorial_scope", "");
    EXPECT(l, "application_date", "2026-01-01 00:00:00"); /* the day in Kazakhstan */
    EXPECT(l, "source_type", "SOURCE_VOLUNTARY");
    EXPECT(l, "source_identity", "");
    EXPECT(l, "automated_detection", "Yes");
    EXPECT(l, "automated_decision", "AUTOMATED_DECISION_NOT_AUTOMATED");
    EXPECT(l, "platform_name", "Alan Online Platform LLP");
    EXPECT(l, "platform_uid", decided.id);
    EXPECT(l, "created_at", "2025-12-31 19:01:01"); /* in UTC */
}

static void a_decision_on_a_rule(void **state)
{
    const struct cells *l =
        line("\"content_type\":\"account\",\"measure\":\"account_suspended\",\"until\":\"2026-02-01\","
             "\"ground\":\"rule\",\"rule\":\"Rules, 3.2\",\"found_by\":\"complaint\","
             "\"found_how\":\"Айгүлдің хабары\",\"decided_by\":\"automatic\",\"reasons\":\"Спам.\"");

    EXPECT(l, "decision_visibility", "");
    EXPECT(l, "end_date_visibility_restriction", "");
    EXPECT(l, "decision_account", "DECISION_ACCOUNT_SUSPENDED");
    EXPECT(l, "end_date_account_restriction", "2026-02-01 00:00:00");
    EXPECT(l, "decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT");
    EXPECT(l, "incompatible_content_ground", "Rules, 3.2");
    EXPECT(l, "incompatible_content_explanation", "Спам.");
    EXPECT(l, "incompatible_content_illegal", "");
    EXPECT(l, "illegal_content_legal_ground", "");
    EXPECT(l, "illegal_content_explanation", "");
    EXPECT(l, "category", "STATEMENT_CATEGORY_OTHER_VIOLATION_TC");
    EXPECT(l, "category_specification", "");
    EXPECT(l, "content_type", "[\"CONTENT_TYPE_OTHER\"]");
    EXPECT(l, "content_type_other", "Account");
    EXPECT(l, "content_date", "");
    EXPECT(l, "source_type", "SOURCE_TYPE_OTHER_NOTIFICATION");
    EXPECT(l, "source_identity", "");
    EXPECT(l, "automated_detection", "No");
    EXPECT(l, "automated_decision", "AUTOMATED_DECISION_FULLY");
    for (size_t i = 0; i < COLUMNS; i++)
        assert_null(strstr(l->cell[i], "Айгүл")); /* who reported it is told nowhere */
}

static void what_a_measure_says_is_added(void **state)
{
    const struct cells *l =
        line("\"measure\":\"cyberbullying_removed\",\"ground\":\"law\",\"category\":\"other_forbidden\"");

    /* They have no category for the rest, but the measure says what it was. */
    EXPECT(l, "category", "STATEMENT_CATEGORY_CYBER_VIOLENCE");
    EXPECT(l, "category_addition", "");
    EXPECT(l, "category_specification", "[\"KEYWORD_CYBER_BULLYING_INTIMIDATION\",\"KEYWORD_OTHER\"]");
    EXPECT(l, "category_specification_other", "Other information forbidden by law");
    l = line("\"measure\":\"cyberbullying_removed\",\"ground\":\"rule\",\"rule\":\"4\"");
    EXPECT(l, "category", "STATEMENT_CATEGORY_OTHER_VIOLATION_TC");
    EXPECT(l, "category_addition", "[\"STATEMENT_CATEGORY_CYBER_VIOLENCE\"]");
    EXPECT(l, "category_specification", "[\"KEYWORD_CYBER_BULLYING_INTIMIDATION\"]");
    /* The same category is not added to itself; keywords stand in order. */
    l = line("\"measure\":\"false_information_removed\",\"ground\":\"law\",\"category\":\"statehood\"");
    EXPECT(l, "category", "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS");
    EXPECT(l, "category_addition", "");
    EXPECT(l, "category_specification",
           "[\"KEYWORD_MISINFORMATION_DISINFORMATION\",\"KEYWORD_VIOLATION_NATIONAL_LAW\"]");
}

static void what_has_no_counterpart(void **state)
{
    const struct cells *l = line("\"measure\":\"warned\",\"until\":\"2026-02-01\",\"content_type\":\"advertising\"");

    EXPECT(l, "decision_visibility", "[\"DECISION_VISIBILITY_OTHER\"]");
    EXPECT(l, "decision_visibility_other", "User warned");
    EXPECT(l, "end_date_visibility_restriction", "2026-02-01 00:00:00");
    EXPECT(l, "content_type_other", "Online advertising");
    /* Nothing was restricted: no restriction is claimed. */
    l = line("\"measure\":\"none\",\"until\":\"2026-02-01\"");
    only_record_filled(l);
    l = line("\"ground\":\"law\",\"category\":\"separatism\"");
    EXPECT(l, "category_specification", "[\"KEYWORD_OTHER\"]");
    EXPECT(l, "category_specification_other", "Separatism: calls, propaganda or agitation");
    /* What the law of this day has no more stands under its id. */
    l = line("\"measure\":\"shadowed\",\"content_type\":\"stream\",\"ground\":\"law\",\"category\":\"gossip\","
             "\"found_by\":\"dream\",\"decided_by\":\"oracle\",\"content_language\":\"tlh\"");
    EXPECT(l, "decision_visibility", "[\"DECISION_VISIBILITY_OTHER\"]");
    EXPECT(l, "decision_visibility_other", "shadowed");
    EXPECT(l, "content_type", "[\"CONTENT_TYPE_OTHER\"]");
    EXPECT(l, "content_type_other", "stream");
    EXPECT(l, "illegal_content_legal_ground", "gossip");
    EXPECT(l, "category", "");
    EXPECT(l, "category_specification_other", "gossip");
    EXPECT(l, "source_type", "");
    EXPECT(l, "automated_decision", "");
    EXPECT(l, "content_language", "");
}

static void unknown_stays_empty(void **state)
{
    only_record_filled(line(""));
    only_record_filled(line("\"measure\":\"none\",\"content_language\":\"other\",\"reasons\":\" \\n\\t\""));
    EXPECT(line("\"found_by\":\"other\""), "source_type", "");
}

/* A reversed decision is one record, and the same; what is sealed is not even looked at. */
static void a_reversed_decision_is_the_same_line(void **state)
{
    static struct cells first, second;
    struct case_row row = decided;

    row.fields = "{\"measure\":\"hidden\",\"reasons\":\"Себебі бар.\"}";
    line_of(&row, &first);
    row.fields = "{\"measure\":\"hidden\",\"reasons\":\"Себебі бар.\",\"reversal_reasons\":\"Қате болды.\"}";
    row.state = "reversed";
    row.closed_usec = row.opened_usec + 1;
    row.sealed = "damaged";
    row.sealed_len = 7;
    line_of(&row, &second);
    for (size_t i = 0; i < COLUMNS; i++)
        assert_string_equal(first.cell[i], second.cell[i]);
    EXPECT(&second, "decision_visibility", "[\"DECISION_VISIBILITY_CONTENT_DISABLED\"]");
}

static void formulas_are_made_harmless(void **state)
{
    const struct cells *l = line("\"ground\":\"rule\",\"rule\":\"@SUM(A1)\",\"reasons\":\"\\n=1+1\"");

    EXPECT(l, "incompatible_content_ground", "'@SUM(A1)");
    EXPECT(l, "incompatible_content_explanation", "'=1+1");
    EXPECT(l, "decision_facts", "'=1+1");
}

static size_t letters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static bool ends_cut(const char *text)
{
    return strcmp(text + strlen(text) - strlen("…"), "…") == 0;
}

static void long_texts_are_cut_to_what_they_take(void **state)
{
    static char values[30000];
    static const size_t lengths[] = {1999, 2000, 2001, 4999, 5000, 5001, 10000};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const struct cells *l;
        size_t len = (size_t)sprintf(values, "\"ground\":\"law\",\"category\":\"war\",\"reasons\":\"");

        for (size_t j = 0; j < lengths[i]; j++)
            len += (size_t)sprintf(values + len, "қ");
        sprintf(values + len, "\"");
        l = line(values);
        const char *why = l->cell[column("illegal_content_explanation")], *facts = l->cell[column("decision_facts")];

        assert_int_equal(letters(why), lengths[i] < 2000 ? lengths[i] : 2000);
        assert_int_equal(letters(facts), lengths[i] < 5000 ? lengths[i] : 5000);
        assert_int_equal(ends_cut(why), lengths[i] > 2000);
        assert_int_equal(ends_cut(facts), lengths[i] > 5000);
    }
}

static void damage_is_told(void **state)
{
    CLEANUP_ARENA struct arena arena;
    CLEANUP_BUF struct buf out;
    struct case_row row = decided;
    struct err err = {0};

    arena_init(&arena, 1024 * 1024);
    buf_init(&out, 1024 * 1024);
    row.fields = "{\"measure\":";
    assert_int_equal(statements_line(catalogue, "", &row, &arena, &out, &err), -ERR_DAMAGED);
    assert_string_equal(err.code, "case_damaged");
    assert_int_equal(out.len, 0);
}

static void memory_that_ends_is_an_error(void **state)
{
    CLEANUP_BUF struct buf out;
    struct case_row row = decided;

    row.fields = "{\"measure\":\"removed\",\"ground\":\"law\",\"category\":\"war\",\"reasons\":\"Соғысқа үндеу бар.\"}";
    buf_init(&out, 1024 * 1024);
    for (size_t limit = 1; limit < 700; limit += 37) {
        CLEANUP_ARENA struct arena arena;
        struct err err = {0};

        arena_init(&arena, limit);
        assert_int_equal(statements_line(catalogue, "", &row, &arena, &out, &err), -ERR_MEMORY);
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_theirs),
        cmocka_unit_test(every_option_of_the_law_is_mapped),
        cmocka_unit_test(a_decision_on_the_law),
        cmocka_unit_test(a_decision_on_a_rule),
        cmocka_unit_test(what_a_measure_says_is_added),
        cmocka_unit_test(what_has_no_counterpart),
        cmocka_unit_test(unknown_stays_empty),
        cmocka_unit_test(a_reversed_decision_is_the_same_line),
        cmocka_unit_test(formulas_are_made_harmless),
        cmocka_unit_test(long_texts_are_cut_to_what_they_take),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(memory_that_ends_is_an_error),
    };
    return cmocka_run_group_tests(tests, load_law, free_law);
}
