/* Days that a case names: a clock counted from a field, a date held to a period or to another date, a limit of a year
 * that a field names. What loads, and what is refused with its place. */
#include "law/catalogue.h"
#include "test_law_dir.h"
#include "unit.h"

#define T "title: {kk: a, ru: b, en: c}"
#define VISIT "procedures/visit.yaml"
#define NORMS "norms/opl.yaml"

static const char norms[] =
    "- {norm: opl.1, from: 2023-09-10, who: body, " T ", limit: {times: 1, per: year, scope: subject}}\n"
    "- {norm: opl.2, from: 2023-09-10, who: body, " T ", limit: {times: 1, per: quarter, scope: subject}}\n"
    "- {norm: opl.3, from: 2023-09-10, who: body, " T ", clock: {amount: 3, unit: working_day, counting: day_after}}\n"
    "- {norm: opl.4, from: 2023-09-10, who: body, " T ", clock: {unit: named_day}}\n"
    "- {norm: opl.5, from: 2023-09-10, who: body, " T ", clock: {unit: at_once}}\n"
    "- {norm: opl.6, from: 2023-09-10, who: body, " T "}\n";
static const char visit[] =
    "procedure: visit\n" T "\nsummary: {kk: a, ru: b, en: c}\nnorms: opl.1\nrun_by: body\n"
    "open_to: staff\nopened_by: official\nnumber: \"V-{seq}\"\n"
    "limits: [{norm: opl.1, key: subject, year: plan_year, if: \"kind = planned\"}]\n"
    "fields:\n"
    "  - {name: bin, type: bin, key: subject, " T "}\n"
    "  - {name: plan_year, type: number, required: true, min: 2024, max: 2199, " T "}\n"
    "  - {name: kind, type: choice, " T ", of: [{option: planned, " T "}, {option: other, " T "}]}\n"
    "  - {name: begin, type: moment, " T "}\n"
    "  - {name: finish, type: date, term: {norm: opl.3, from: begin}, not_before: begin, " T "}\n"
    "  - {name: line, type: line, " T "}\n"
    "  - {name: secret, type: date, personal: true, " T "}\n"
    "states: [{state: open, " T "}, {state: done, final: true, " T "}]\n"
    "clocks:\n"
    "  plan: {" T ", norm: opl.3, from: plan_year, starts_on: opened, stopped_by: end}\n"
    "  report: {" T ", norm: opl.4, from: report_on, starts_on: end, stopped_by: end}\n"
    "acts:\n"
    "  end: {" T ", by: official, from: open, to: done, fields: [\n"
    "    {name: report_on, type: date, term: {norm: opl.3}, " T "}]}\n";

static void write_all(const struct law_dir *dir)
{
    law_dir_write(dir, "acts.yaml", "- {act: opl, cited: {kk: a, ru: b, en: c}, " T "}\n");
    law_dir_write(dir, "roles.yaml", "- {role: body, " T "}\n");
    law_dir_write(dir, "calendar.yaml",
                  "zone: Asia/Almaty\ncovers: {from: 2025, until: 2026}\nweekend: [saturday, sunday]\n"
                  "decided_until: 2025\nholidays: []\nmoved: []\n");
    law_dir_write(dir, NORMS, norms);
    law_dir_write(dir, VISIT, visit);
}

static void test_what_is_said_is_understood(void **state)
{
    struct law_dir dir;
    struct catalogue *law = NULL;
    struct err err = {0};

    law_dir_make(&dir);
    write_all(&dir);
    if (catalogue_load(dir.path, &law, &err) < 0)
        fail_msg("%s %s", err.code, err.arg);
    const struct procedure *visits = catalogue_procedure(law, "visit");
    assert_string_equal(visits->limits[0].year, "plan_year");
    assert_int_equal(visits->limits[0].condition_count, 1);
    assert_string_equal(visits->clocks[0].from, "plan_year");
    assert_string_equal(visits->fields[4].term_norm, "opl.3");
    assert_string_equal(visits->fields[4].term_from, "begin");
    assert_string_equal(visits->fields[4].not_before, "begin");
    assert_null(visits->fields[3].term_norm);
    assert_null(visits->acts[0].fields[0].term_from);
    assert_int_equal(catalogue_norm_last(law, "opl.4")->clock.unit, UNIT_NAMED_DAY);
    catalogue_free(law);
    law_dir_remove(&dir);
}

static const struct {
    int number;
    const char *file, *from, *to, *code;
} refusals[] = {
    {1, VISIT, "from: plan_year", "from: nothing", "law_unknown_reference"},
    {2, VISIT, "from: plan_year", "from: line", "law_unknown_reference"},
    {3, VISIT, "from: plan_year", "from: secret", "law_unknown_reference"},
    {4, VISIT, "norm: opl.4, from: report_on,", "norm: opl.4,", "yaml_missing_key"}, /* who names the day? */
    {5, VISIT, "min: 2024, max: 2199", "max: 2199", "law_unknown_reference"},
    {6, VISIT, "min: 2024, max: 2199", "min: 2024, max: 22000", "law_unknown_reference"},
    {7, VISIT, "type: number, required: true", "type: number", "law_unknown_reference"},
    {8, VISIT, "year: plan_year", "year: begin", "law_unknown_reference"},
    {9, VISIT, "{norm: opl.1, key", "{norm: opl.2, key", "law_unknown_reference"}, /* counts by quarters */
    {10, VISIT, "kind = planned", "kind = unknown", "law_unknown_reference"},
    {11, VISIT, "kind = planned", "secret = planned", "law_unknown_reference"},
    {20, VISIT, "term: {norm: opl.3, from: begin}", "term: {norm: opl.6, from: begin}", "law_no_clock"},
    {21, VISIT, "term: {norm: opl.3, from: begin}", "term: {norm: opl.4, from: begin}", "law_no_clock"},
    {22, VISIT, "term: {norm: opl.3, from: begin}", "term: {norm: opl.5, from: begin}", "law_no_clock"},
    {23, VISIT, "term: {norm: opl.3, from: begin}", "term: {norm: opl.9, from: begin}", "law_no_clock"},
    {24, VISIT, "term: {norm: opl.3, from: begin}", "term: {norm: opl.3, from: line}", "law_unknown_reference"},
    {25, VISIT, "term: {norm: opl.3, from: begin}", "term: {norm: opl.3, from: finish}", "law_unknown_reference"},
    {26, VISIT, "term: {norm: opl.3, from: begin}", "term: {from: begin}", "yaml_missing_key"},
    {27, VISIT, "term: {norm: opl.3, from: begin}", "term: {norm: opl.3, until: begin}", "yaml_unknown_key"},
    {28, VISIT, "not_before: begin", "not_before: plan_year", "law_unknown_reference"},
    {29, VISIT, "not_before: begin", "not_before: finish", "law_unknown_reference"},
    {30, VISIT, "{name: line, type: line,", "{name: line, type: line, not_before: begin,", "law_bad_value"},
    {31, VISIT, "{name: line, type: line,", "{name: line, type: line, term: {norm: opl.3},", "law_bad_value"},
    {32, VISIT, "personal: true,", "personal: true, not_before: begin,", "law_bad_value"},
    {33, VISIT, "report_on, type: date, term: {norm: opl.3}", "report_on, type: date, term: {norm: opl.5}",
     "law_no_clock"},
    {40, NORMS, "unit: named_day", "unit: named_day, amount: 1", "law_bad_value"},
    {41, NORMS, "unit: named_day", "unit: named_day, counting: day_of", "law_bad_value"},
    {42, NORMS, "unit: named_day", "unit: named_day, direction: before", "law_bad_value"},
    {43, NORMS, "unit: named_day",
     "unit: named_day, extend: {amount: 1, unit: working_day, times: 1, reason: required}", "law_bad_value"},
};

static void test_refusals_name_the_file(void **state)
{
    struct law_dir dir;

    law_dir_make(&dir);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const char *whole = strcmp(refusals[i].file, NORMS) == 0 ? norms : visit;
        const char *found = strstr(whole, refusals[i].from);
        char bytes[4096], place[160];
        struct catalogue *law = NULL;
        struct err err = {0};

        if (!found)
            fail_msg("case %d: nothing to make wrong", refusals[i].number);
        snprintf(bytes, sizeof(bytes), "%.*s%s%s", (int)(found - whole), whole, refusals[i].to,
                 found + strlen(refusals[i].from));
        write_all(&dir);
        law_dir_write(&dir, refusals[i].file, bytes);
        int r = catalogue_load(dir.path, &law, &err);
        snprintf(place, sizeof(place), "%s/%s:", dir.path, refusals[i].file);
        if (r != -ERR_BAD_INPUT || strcmp(err.code, refusals[i].code) != 0 ||
            strncmp(err.arg, place, strlen(place)) != 0)
            fail_msg("case %d: %d %s %s", refusals[i].number, r, r ? err.code : "loaded", err.arg);
        assert_null(law);
    }
    law_dir_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said_is_understood),
        cmocka_unit_test(test_refusals_name_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
