/* The catalogue: the law of this source tree as it stands, and a small law of a temporary folder in which one thing at
 * a time is made wrong. */
#include "law/catalogue.h"
#include "test_law_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct catalogue *law;

static int load(void **state)
{
    struct err err = {0};
    int r = catalogue_load(LAW_DIR, &law, &err);
    if (r < 0)
        print_error("%s: %s\n", err.code, err.arg);
    return r;
}

static int unload(void **state)
{
    catalogue_free(law);
    return 0;
}

static int64_t at(const struct catalogue *catalogue, const char *text)
{
    int64_t usec = 0;
    assert_true(moment_parse(text, &catalogue->calendar->zone, &usec));
    return usec;
}

static void test_the_law_is_there(void **state)
{
    static const char *const acts[] = {"opl", "rar", "pdl", "aid"};
    for (size_t i = 0; i < 4; i++)
        assert_non_null(catalogue_act(law, acts[i]));
    assert_null(catalogue_act(law, "xyz"));
    static const char *const lists[] = {"roles", "categories", "grounds", "measures", "service_kinds", "countries"};
    for (size_t i = 0; i < 6; i++) {
        assert_non_null(catalogue_list(law, lists[i]));
        assert_true(catalogue_list(law, lists[i])->count > 0);
    }
    assert_null(catalogue_list(law, "norms"));
    assert_string_equal(list_find(catalogue_list(law, "countries"), "KZ")->title.in[LANG_EN], "Kazakhstan");
    assert_null(list_find(catalogue_list(law, "countries"), "XX"));
    const struct list_entry *narcotics = list_find(catalogue_list(law, "categories"), "constitutional_order");
    assert_true(narcotics->requires_call);
    assert_string_equal(narcotics->norm, "opl.14.1");
    assert_true(law->norm_count > 250);
}

/* The periods of the digest, norm by norm. */
static void test_the_clocks_of_the_law(void **state)
{
    static const struct {
        const char *norm;
        enum clock_unit unit;
        int amount;
        enum clock_counting counting;
        enum clock_kind kind;
        enum clock_direction direction;
    } clocks[] = {
        {"opl.6.5", UNIT_WORKING_DAY, 5, COUNT_DAY_OF, CLOCK_AT_MOST, CLOCK_AFTER},
        {"opl.6.7", UNIT_WORKING_DAY, 3, COUNT_DAY_AFTER, CLOCK_AT_MOST, CLOCK_AFTER},
        {"opl.6.8", UNIT_WORKING_DAY, 3, COUNT_DAY_AFTER, CLOCK_AT_MOST, CLOCK_AFTER},
        {"opl.9.4.2", UNIT_HOUR, 24, COUNT_MOMENT, CLOCK_AT_MOST, CLOCK_AFTER},
        {"opl.11.3", UNIT_CALENDAR_DAY, 20, COUNT_DAY_AFTER, CLOCK_AT_MOST, CLOCK_AFTER},
        {"opl.14.3", UNIT_HOUR, 24, COUNT_MOMENT, CLOCK_AT_MOST, CLOCK_AFTER},
        {"opl.22.2", UNIT_YEAR, 1, COUNT_UNSTATED, CLOCK_AT_LEAST, CLOCK_AFTER},
        {"rar.5", UNIT_WORKING_DAY, 15, COUNT_DAY_OF, CLOCK_AT_MOST, CLOCK_AFTER},
        {"pdl.8.7", UNIT_WORKING_DAY, 15, COUNT_UNSTATED, CLOCK_AT_MOST, CLOCK_AFTER},
        {"pdl.19.1", UNIT_WORKING_DAY, 10, COUNT_UNSTATED, CLOCK_AT_MOST, CLOCK_AFTER},
        {"pdl.19-1.3", UNIT_WORKING_DAY, 3, COUNT_DAY_OF, CLOCK_AT_MOST, CLOCK_AFTER},
        {"pdl.27-3.12", UNIT_WORKING_DAY, 15, COUNT_UNSTATED, CLOCK_AT_MOST, CLOCK_AFTER},
        {"pdl.27-3.14", UNIT_CALENDAR_DAY, 10, COUNT_DAY_OF, CLOCK_AT_LEAST, CLOCK_AFTER},
        {"pdl.27-3.9#extension_notice", UNIT_WORKING_DAY, 1, COUNT_DAY_AFTER, CLOCK_AT_MOST, CLOCK_BEFORE},
    };
    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        const struct norm *norm = catalogue_norm_last(law, clocks[i].norm);
        if (!norm || !norm->has_clock)
            fail_msg("%s has no clock", clocks[i].norm);
        const struct clock_rule *rule = &norm->clock;
        if (rule->unit != clocks[i].unit || rule->amount != clocks[i].amount || rule->counting != clocks[i].counting ||
            rule->kind != clocks[i].kind || rule->direction != clocks[i].direction)
            fail_msg("%s: %d %s %s", norm->id, rule->amount, clock_unit_word(rule->unit),
                     clock_counting_word(rule->counting));
    }
}

static void test_every_clock_of_the_law_can_be_computed(void **state)
{
    for (size_t i = 0; i < law->norm_count; i++) {
        const struct norm *norm = &law->norms[i];
        struct clock_moments moments;
        struct err err = {0};
        for (int times = 0; norm->has_clock && times <= norm->clock.extend.times; times++) {
            int r = clock_compute_extended(law->calendar, &norm->clock, at(law, "2026-03-05T12:00:00+05:00"), times,
                                           &moments, &err);
            if (r < 0 || moments.due_usec > moments.overdue_usec)
                fail_msg("%s: %s", norm->id, r < 0 ? err.code : "order");
        }
    }
}

static void test_a_norm_is_chosen_by_the_day_of_the_event(void **state)
{
    /* Before the amending law a withdrawal had no period of its own. */
    assert_null(catalogue_norm_at(law, "pdl.8.7", at(law, "2025-12-01T12:00:00+05:00")));
    assert_non_null(catalogue_norm_at(law, "pdl.8.7", at(law, "2026-02-01T12:00:00+05:00")));
    const struct norm *before = catalogue_norm_at(law, "pdl.7.8", at(law, "2026-01-17T23:59:59+05:00"));
    const struct norm *since = catalogue_norm_at(law, "pdl.7.8", at(law, "2026-01-18T00:00:00+05:00"));
    assert_non_null(before);
    assert_non_null(since);
    assert_ptr_not_equal(before, since);
    assert_int_equal(before->until_day, since->from_day);
    assert_ptr_equal(catalogue_norm_last(law, "pdl.7.8"), since);
    assert_null(catalogue_norm_at(law, "pdl.7.8", at(law, "2013-01-01T00:00:00+06:00")));
    assert_null(catalogue_norm_at(law, "pdl.999", at(law, "2026-01-18T00:00:00+05:00")));
    assert_null(catalogue_norm_last(law, "pdl.7."));
    assert_null(catalogue_norm_last(law, ""));
}

static void test_the_complaint(void **state)
{
    const struct procedure *complaint = catalogue_procedure(law, "complaint");
    assert_non_null(complaint);
    assert_null(catalogue_procedure(law, "complaints"));
    assert_int_equal(complaint->open_to, OPENER_PUBLIC | OPENER_STAFF | OPENER_API);
    int received = procedure_state_find(complaint, "received"), answered = procedure_state_find(complaint, "answered");
    int in_review = procedure_state_find(complaint, "in_review");
    assert_int_equal(received, 0);
    assert_int_equal(procedure_state_find(complaint, "lost"), -1);
    assert_true(complaint->states[answered].final);
    const struct procedure_act *answer = procedure_act_find(complaint, "answer");
    assert_int_equal(answer->to, answered);
    assert_int_equal(answer->tell, TELL_OPENER);
    assert_string_equal(answer->paper, "complaint_answer");
    assert_null(procedure_act_find(complaint, "opened"));
    static const struct {
        int number;
        const char *act, *role, *state;
        bool allowed;
    } acts[] = {
        {1, "answer", "moderator", "received", true},
        {2, "answer", "moderator", "in_review", true},
        {3, "answer", "moderator", "answered", false},
        {4, "answer", "opener", "received", false},
        {5, "answer", "auditor", "received", false},
        {6, "withdraw", "opener", "in_review", true},
        {7, "withdraw", "moderator", "in_review", false},
        {8, "withdraw", "opener", "withdrawn", false},
        {9, "return_to_queue", "moderator", "received", false},
        {10, "take", "registrar", "received", true},
    };
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        const struct procedure_act *act = procedure_act_find(complaint, acts[i].act);
        int from = procedure_state_find(complaint, acts[i].state);
        if (procedure_act_allowed(act, from, acts[i].role) != acts[i].allowed)
            fail_msg("case %d", acts[i].number);
    }
    assert_int_equal(procedure_act_find(complaint, "return_to_queue")->to, received);
    assert_int_equal(procedure_act_find(complaint, "take")->to, in_review);
    const struct procedure_clock *clock = procedure_clock_find(complaint, "answer");
    assert_string_equal(clock->norm_id, "opl.11.3");
    assert_true(procedure_clock_starts_on(clock, "opened"));
    assert_int_equal(clock->stopped_by_count, 2);
    assert_int_equal(clock->remind_count, 2);
    assert_int_equal(clock->remind_days_before[0], 5);
    assert_int_equal(clock->remind_days_before[1], 1);
    assert_null(procedure_clock_find(complaint, "question"));
    for (size_t i = 0; i < complaint->field_count; i++) {
        bool contact = strncmp(complaint->fields[i].name, "contact_", 8) == 0;
        assert_int_equal(complaint->fields[i].personal, contact);
        if (strcmp(complaint->fields[i].name, "category") == 0)
            assert_int_equal(complaint->fields[i].option_count, catalogue_list(law, "categories")->count);
    }
}

static void test_numbers_of_cases(void **state)
{
    struct arena arena;
    arena_init(&arena, 4096);
    struct procedure procedure = {.number = "Ш-{year}-{seq:6}"};
    assert_string_equal(procedure_number(&procedure, 2026, 123, &arena), "Ш-2026-000123");
    assert_string_equal(procedure_number(&procedure, 2026, 12345678, &arena), "Ш-2026-12345678");
    procedure.number = "{seq}";
    assert_string_equal(procedure_number(&procedure, 2026, 7, &arena), "7");
    procedure.number = "A{seq:3}/{year}Z";
    assert_string_equal(procedure_number(&procedure, 2026, 7, &arena), "A007/2026Z");
    arena_done(&arena);
    arena_init(&arena, 16);
    assert_null(procedure_number(&procedure, 2026, 7, &arena));
    arena_done(&arena);
}

/* The small law. */
#define T "title: {kk: a, ru: b, en: c}"
static const char acts_yaml[] = "- {act: opl, cited: {kk: a, ru: b, en: c}, " T ", from: 2023-09-10}\n"
                                "- {act: pdl, cited: {kk: a, ru: b, en: c}, " T ",\n"
                                "   adopted: 2013-05-21, amended: [{by: x, on: 2015-11-17}]}\n";
static const char roles_yaml[] = "- {role: platform, " T "}\n- {role: operator, " T "}\n";
static const char calendar_yaml[] =
    "zone: Asia/Almaty\ncovers: {from: 2025, until: 2026}\nweekend: [saturday, sunday]\n"
    "decided_until: 2025\nholidays: []\nmoved: []\n";
static const char norms_yaml[] = "- norm: opl.11.3\n"
                                 "  from: 2023-09-10\n"
                                 "  until: 2026-01-01\n"
                                 "  who: platform\n"
                                 "  " T "\n"
                                 "  clock: {amount: 20, unit: calendar_day, counting: day_after}\n"
                                 "- norm: opl.11.3\n"
                                 "  from: 2026-01-01\n"
                                 "  who: [platform, operator]\n"
                                 "  " T "\n"
                                 "  limit: {times: 1, per: quarter, scope: subject}\n"
                                 "  clock: {amount: 10, unit: working_day, counting: day_of,\n"
                                 "    extend: {amount: 5, unit: working_day, times: 1, reason: required}}\n"
                                 "- norm: opl.11.1\n"
                                 "  from: 2023-09-10\n"
                                 "  who: [platform]\n"
                                 "  " T "\n"
                                 "- norm: pdl.27-3.2#plan\n"
                                 "  from: 2024-02-11\n"
                                 "  who: [operator]\n"
                                 "  " T "\n"
                                 "  clock: {unit: fixed_date, month: 12, day: 1, years: -1, direction: before}\n"
                                 "- norm: pdl.8.7\n"
                                 "  from: 2024-02-11\n"
                                 "  who: [operator]\n"
                                 "  " T "\n"
                                 "  clock: {unit: at_once}\n"
                                 "- norm: pdl.9.1\n"
                                 "  from: 2024-02-11\n"
                                 "  who: [operator]\n"
                                 "  " T "\n"
                                 "  clock: {amount: 24, unit: hour, counting: moment}\n";
static const char categories_yaml[] = "- {category: war, norm: opl.11.1, requires_call: true, " T "}\n"
                                      "- {category: fraud, who: [platform], " T "}\n";
static const char countries_yaml[] =
    "- {country: KZ, " T ", protects: unknown, convention_108: true, since: 2024-01-01}\n";
static const char procedure_yaml[] =
    "procedure: complaint\n" T "\n"
    "summary: {kk: a, ru: b, en: c}\n"
    "norms: [opl.11.1]\n"
    "run_by: platform\n"
    "open_to: [public, api]\n"
    "number: \"C-{year}-{seq:6}\"\n"
    "fields:\n"
    "  - name: about\n"
    "    type: choice\n"
    "    " T "\n"
    "    required: true\n"
    "    of: [{option: content, " T "}, {option: user, " T "}]\n"
    "  - name: link\n"
    "    type: url\n"
    "    " T "\n"
    "    required_if: \"about = content and sure != true\"\n"
    "  - name: sure\n"
    "    type: yes_no\n"
    "    " T "\n"
    "  - name: category\n"
    "    type: many\n"
    "    " T "\n"
    "    of: {list: categories}\n"
    "  - name: age\n"
    "    type: number\n"
    "    " T "\n"
    "    min: -5\n"
    "    max: 150\n"
    "states:\n"
    "  - {state: received, " T "}\n"
    "  - {state: answered, " T ", public_title: {kk: x, ru: y, en: z}, final: true}\n"
    "clocks:\n"
    "  answer: {" T ", norm: opl.11.3, starts_on: opened, stopped_by: answer, remind: [5, 1]}\n"
    "acts:\n"
    "  answer:\n"
    "    " T "\n"
    "    by: [moderator]\n"
    "    from: received\n"
    "    to: answered\n"
    "    paper: complaint_answer\n"
    "    tell: opener\n"
    "  extend:\n"
    "    " T "\n"
    "    by: moderator\n"
    "    from: [received]\n"
    "    extends: answer\n"
    "    fields: [{name: reason, type: text, required: true, " T "}]\n";

static const char actions_yaml[] = "- action: use\n  aspect: processing\n  norm: opl.11.3\n  " T "\n"
                                   "- action: keep\n  aspect: none\n  keeps: true\n  norm: opl.11.3\n  " T "\n";
static const char data_categories_yaml[] = "- category: name\n  kinds: [identifying]\n  " T "\n"
                                           "- category: face\n  norm: opl.11.3\n  " T "\n";
static const char regions_yaml[] = "- region: KZ-75\n  number: 75\n  kato: \"750000000\"\n  " T "\n"
                                   "- region: KZ-79\n  number: 79\n  " T "\n";
static const struct {
    const char *relative, *bytes;
} files[] = {
    {"acts.yaml", acts_yaml},
    {"actions.yaml", actions_yaml},
    {"data_categories.yaml", data_categories_yaml},
    {"regions.yaml", regions_yaml},
    {"roles.yaml", roles_yaml},
    {"calendar.yaml", calendar_yaml},
    {"norms/all.yaml", norms_yaml},
    {"categories.yaml", categories_yaml},
    {"countries.yaml", countries_yaml},
    {"procedures/complaint.yaml", procedure_yaml},
};
#define FILE_COUNT (sizeof(files) / sizeof(files[0]))

static void small_law_write(const struct law_dir *dir)
{
    for (size_t i = 0; i < FILE_COUNT; i++)
        law_dir_write(dir, files[i].relative, files[i].bytes);
}

static void test_the_small_law_loads(void **state)
{
    struct law_dir dir;
    struct catalogue *small = NULL;
    struct err err = {0};
    law_dir_make(&dir);
    small_law_write(&dir);
    int r = catalogue_load(dir.path, &small, &err);
    if (r < 0)
        fail_msg("%s: %s", err.code, err.arg);
    const struct procedure *procedure = catalogue_procedure(small, "complaint");
    assert_int_equal(procedure->field_count, 5);
    assert_int_equal(procedure->fields[1].condition_count, 2);
    assert_false(procedure->fields[1].conditions[0].negated);
    assert_string_equal(procedure->fields[1].conditions[1].field, "sure");
    assert_string_equal(procedure->fields[1].conditions[1].value, "true");
    assert_true(procedure->fields[1].conditions[1].negated);
    assert_int_equal(procedure->fields[3].option_count, 2);
    assert_string_equal(procedure->fields[3].options[1].id, "fraud");
    assert_int_equal(procedure->fields[4].min, -5);
    assert_int_equal(procedure->fields[4].max, 150);
    assert_string_equal(procedure->states[0].public_title.in[LANG_KK], "a"); /* the staff's where none is given */
    assert_string_equal(procedure->states[1].public_title.in[LANG_KK], "x");
    assert_int_equal(procedure_act_find(procedure, "extend")->to, -1);
    assert_string_equal(procedure_act_find(procedure, "extend")->extends, "answer");
    assert_null(procedure->receipt.in[LANG_KK]);
    const struct norm *old = catalogue_norm_at(small, "opl.11.3", at(small, "2025-12-31T23:59:59+05:00"));
    const struct norm *new = catalogue_norm_at(small, "opl.11.3", at(small, "2026-01-01T00:00:00+05:00"));
    assert_int_equal(old->clock.unit, UNIT_CALENDAR_DAY);
    assert_int_equal(old->who_count, 1);
    assert_int_equal(old->limit_times, 0);
    assert_int_equal(old->line, 1);
    assert_int_equal(new->clock.unit, UNIT_WORKING_DAY);
    assert_int_equal(new->clock.extend.times, 1);
    assert_int_equal(new->limit_times, 1);
    assert_string_equal(new->limit_per, "quarter");
    assert_int_equal(new->until_day, INT32_MAX);
    assert_int_equal(catalogue_act(small, "pdl")->from_day, INT32_MIN);
    catalogue_free(small);
    law_dir_remove(&dir);
}

/* One thing made wrong: in `file` the first `from` becomes `to`; the refusal must name the line of `from` + `lines`. */
struct refusal {
    int number;
    const char *file, *from, *to, *code;
    int lines;
};

#define PROC "procedures/complaint.yaml"
#define NORMS "norms/all.yaml"
#define ACTIONS "actions.yaml"
#define DATA "data_categories.yaml"
static const struct refusal refusals[] = {
    /* What every file is held to. */
    {1, "acts.yaml", "cited:", "quoted:", "yaml_unknown_key", 0},
    {2, "acts.yaml", "from: 2023-09-10", "from: 2023-09-31", "law_bad_value", 0},
    {3, "acts.yaml", "act: pdl", "act: opl", "law_twice", 0},
    {4, "acts.yaml", "on: 2015-11-17", "on: soon", "law_bad_value", 0},
    {5, "acts.yaml", "act: opl", "act: OPL", "law_bad_value", 0},
    {6, "roles.yaml", "role: platform, ", "role: platform, since: 2, ", "law_bad_value", 0},
    {7, "roles.yaml", "en: c", "de: c", "yaml_unknown_key", 0},
    {8, "roles.yaml", ", en: c", "", "law_text_missing", 0},
    {9, "roles.yaml", "ru: b", "ru: \" \"", "law_text_missing", 0},
    {10, "roles.yaml", "role: operator", "role: platform", "law_twice", 0},
    {11, "roles.yaml", "role: platform", "role: \"plat form\"", "law_bad_value", 0},
    {12, "calendar.yaml", "saturday", "saturdays", "law_bad_value", 0},
    {13, "categories.yaml", "norm: opl.11.1", "norm: opl.11.9", "law_unknown_reference", 0},
    {14, "categories.yaml", "requires_call: true", "requires_call: perhaps", "yaml_wrong_type", 0},
    {15, "categories.yaml", "who: [platform]", "who: [nobody]", "law_unknown_reference", 0},
    {16, "categories.yaml", "category: war", "id: war", "yaml_unknown_key", 0},
    {17, "countries.yaml", "protects: unknown", "protects: perhaps", "law_bad_value", 0},
    {18, "countries.yaml", "since: 2024-01-01", "since: 2024", "law_bad_value", 0},
    {19, "acts.yaml", "- {act: opl", "- {act: opl, act: opl", "yaml_malformed", 0},
    /* Norms. */
    {20, NORMS, "norm: opl.11.1", "norm: xyz.11.1", "law_unknown_reference", 0},
    {21, NORMS, "norm: opl.11.1", "norm: opl", "law_bad_value", 0},
    {22, NORMS, "norm: opl.11.1", "norm: opl..1", "law_bad_value", 0},
    {23, NORMS, "norm: opl.11.1", "norm: opl.11.", "law_bad_value", 0},
    {24, NORMS, "norm: pdl.27-3.2#plan", "norm: pdl.27-3.2#", "law_bad_value", 0},
    {25, NORMS, "who: platform", "who: nobody", "law_unknown_reference", 0},
    {26, NORMS, "who: [platform, operator]", "who: [platform, platform]", "law_twice", 0},
    {27, NORMS, "who: platform", "who: []", "law_empty", 0},
    {28, NORMS, "from: 2026-01-01", "from: 2025-12-31", "law_norm_overlap", -1},
    {29, NORMS, "until: 2026-01-01", "until: 2023-09-10", "law_bad_value", 0},
    {30, NORMS, "  until: 2026-01-01\n", "", "law_norm_overlap", 3}, /* the second version, now a line higher */
    {31, NORMS, "  from: 2023-09-10\n", "", "yaml_missing_key", -1},
    {32, NORMS, "amount: 20, ", "", "yaml_missing_key", 0},
    {33, NORMS, "amount: 20", "amount: 0", "law_bad_value", 0},
    {34, NORMS, "amount: 20", "amount: twenty", "yaml_wrong_type", 0},
    {35, NORMS, "unit: calendar_day", "unit: fortnight", "law_bad_value", 0},
    {36, NORMS, ", counting: day_after", "", "yaml_missing_key", 0},
    {37, NORMS, "counting: day_after", "counting: someday", "law_bad_value", 0},
    {38, NORMS, "counting: day_after", "counting: day_after, kind: about", "law_bad_value", 0},
    {39, NORMS, "counting: day_after", "counting: day_after, direction: up", "law_bad_value", 0},
    {40, NORMS, "counting: day_after", "counting: day_after, month: 3", "law_bad_value", 0},
    {41, NORMS, "counting: day_after", "counting: day_after, pause_on: x", "yaml_unknown_key", 0},
    {42, NORMS, "reason: required", "reason: optional", "law_bad_value", 0},
    {43, NORMS, "times: 1, reason: required", "times: 1", "yaml_missing_key", 0},
    {44, NORMS, "amount: 5, unit: working_day", "amount: 5, unit: hour", "law_bad_value", 0},
    {45, NORMS, "counting: day_of,", "counting: day_of, direction: before,", "law_bad_value", 1},
    {46, NORMS, "per: quarter", "per: week", "law_bad_value", 0},
    {47, NORMS, "scope: subject", "scope: world", "law_bad_value", 0},
    {48, NORMS, "times: 1, per", "times: 0, per", "law_bad_value", 0},
    {49, NORMS, "month: 12, day: 1", "month: 2, day: 30", "law_bad_value", 0},
    {50, NORMS, "month: 12, day: 1", "day: 1", "yaml_missing_key", 0},
    {51, NORMS, "unit: fixed_date", "unit: fixed_date, amount: 3", "law_bad_value", 0},
    {52, NORMS, "unit: at_once", "unit: at_once, counting: day_of", "law_bad_value", 0},
    {53, NORMS, "unit: at_once", "unit: at_once, direction: before", "law_bad_value", 0},
    {54, NORMS, "unit: hour, counting: moment", "unit: hour, counting: day_after", "law_bad_value", 0},
    {55, NORMS, "clock: {unit: at_once}", "clock: at_once", "yaml_wrong_type", 0},
    {56, NORMS, "clock: {unit: at_once}", "clock: {unit: at_once, starts: {kk: a, en: c}}", "law_text_missing", 0},
    {57, NORMS, "clock: {unit: at_once}", "note: {kk: a}", "law_text_missing", 0},
    /* The head of a procedure. */
    {60, PROC, "summary:", "sumary:", "yaml_unknown_key", 0},
    {61, PROC, "procedure: complaint", "procedure: claim", "law_bad_value", 0},
    {62, PROC, "norms: [opl.11.1]", "norms: [opl.11.9]", "law_unknown_reference", 0},
    {63, PROC, "run_by: platform", "run_by: nobody", "law_unknown_reference", 0},
    {64, PROC, "open_to: [public, api]", "open_to: [public, world]", "law_bad_value", 0},
    {65, PROC, "{seq:6}", "6", "law_bad_value", 0},
    {66, PROC, "{seq:6}", "{seq:60}", "law_bad_value", 0},
    {67, PROC, "{year}", "{month}", "law_bad_value", 0},
    {68, PROC, "{year}", "{seq}", "law_bad_value", 0},
    {69, PROC, "C-{year}", "C-}{year}", "law_bad_value", 0},
    /* Fields. */
    {70, PROC, "type: choice", "type: chioce", "law_bad_value", 0},
    {71, PROC, "name: link", "name: about", "law_twice", 0},
    {72, PROC, "name: link", "name: Link", "law_bad_value", 0},
    {73, PROC, "    of: [{option: content, " T "}, {option: user, " T "}]\n", "", "law_empty", -4},
    {74, PROC, "of: [{option: content, " T "}, {option: user, " T "}]", "of: []", "law_empty", 0},
    {75, PROC, "option: user", "option: content", "law_twice", 0},
    {76, PROC, "{option: content, " T "}", "{option: content}", "yaml_missing_key", 0},
    {77, PROC, "{option: content, " T "}", "content", "yaml_wrong_type", 0},
    {78, PROC, "of: {list: categories}", "of: {list: cats}", "law_unknown_reference", 0},
    {79, PROC, "type: url", "type: url\n    of: {list: categories}", "law_bad_value", 1},
    {80, PROC, "about = content and", "subject = content and", "law_unknown_reference", 0},
    {81, PROC, "about = content", "about = nothing", "law_unknown_reference", 0},
    {82, PROC, "sure != true", "sure != yes", "law_unknown_reference", 0},
    {83, PROC, "about = content and", "link = content and", "law_unknown_reference", 0}, /* of itself */
    {84, PROC, "about = content and", "about = content or", "law_bad_value", 0},
    {85, PROC, "about = content and sure != true", "about =", "law_bad_value", 0},
    {86, PROC, "about = content and sure != true", "", "law_bad_value", 0},
    {87, PROC, "    required_if", "    required: true\n    required_if", "law_bad_value", 1},
    {88, PROC, "min: -5", "min: 151", "law_bad_value", 1},
    {89, PROC, "type: yes_no", "type: yes_no\n    max: 3", "law_bad_value", 1},
    {90, PROC, "type: url", "type: url\n    min: -1", "law_bad_value", 1},
    {91, PROC, "required: true", "required: maybe", "yaml_wrong_type", 0},
    {92, PROC, "    type: url\n    " T, "    type: url\n    title: {kk: a, en: c}", "law_text_missing", 1},
    {93, PROC, "type: url", "type: url\n    shown_if: x", "yaml_unknown_key", 1},
    {94, PROC, "type: yes_no", "type: date\n    min: 3", "law_bad_value", 1},
    /* States. */
    {100, PROC, "state: answered", "state: received", "law_twice", 0},
    {101, PROC, ", final: true", "", "law_dead_end", 0},
    {102, PROC, "  - {state: answered", "  - {state: lost, final: true, " T "}\n  - {state: answered",
     "law_unreachable", 0},
    {103, PROC, "state: received, " T "}", "state: received, " T ", final: true}", "law_final_left", 8},
    {104, PROC, "state: received, " T "}", "state: received, title: {kk: a, ru: b}}", "law_text_missing", 0},
    {105, PROC, "public_title: {kk: x, ru: y, en: z}", "public_title: {kk: x}", "law_text_missing", 0},
    /* Clocks. */
    {110, PROC, "norm: opl.11.3", "norm: opl.11.4", "law_unknown_reference", 0},
    {111, PROC, "norm: opl.11.3", "norm: opl.11.1", "law_no_clock", 0},
    {112, PROC, "starts_on: opened", "starts_on: take", "law_unknown_reference", 0},
    {113, PROC, "stopped_by: answer", "stopped_by: reply", "law_unknown_reference", 0},
    {114, PROC, "stopped_by: answer", "stopped_by: [answer, opened]", "law_unknown_reference", 0},
    {115, PROC, "remind: [5, 1]", "remind: [1, 5]", "law_bad_value", 0},
    {116, PROC, "remind: [5, 1]", "remind: [0]", "law_bad_value", 0},
    {117, PROC, "remind: [5, 1]", "remind: [soon]", "law_bad_value", 0},
    {118, PROC, "remind: [5, 1]", "remind: 5", "yaml_wrong_type", 0},
    {119, PROC, "starts_on: opened, stopped_by: answer,", "starts_on: opened,", "yaml_missing_key", 0},
    /* Acts. */
    {120, PROC, "    from: received", "    from: recieved", "law_unknown_reference", 0},
    {121, PROC, "to: answered", "to: done", "law_unknown_reference", 0},
    {122, PROC, "by: [moderator]", "by: [auditor]", "law_unknown_reference", 0},
    {123, PROC, "tell: opener", "tell: everyone", "law_bad_value", 0},
    {124, PROC, "extends: answer", "extends: reply", "law_unknown_reference", 0},
    {125, PROC, "norm: opl.11.3", "norm: pdl.8.7", "law_no_extension", 13},
    {126, PROC, "type: text, required: true", "type: text", "law_no_reason", -1},
    {127, PROC, "name: reason", "name: why", "law_no_reason", -1},
    {128, PROC, "paper: complaint_answer", "paper: ../x", "law_bad_value", 0},
    {129, PROC, "  extend:\n", "  opened:\n", "law_bad_value", 1},
    {130, PROC, "tell: opener", "tell: opener\n    sms: true", "yaml_unknown_key", 1},
    {131, PROC, "    from: received\n", "", "yaml_missing_key", -2},
    {132, ACTIONS, "aspect: processing", "aspect: thinking", "law_bad_value", 0},
    {133, ACTIONS, "  aspect: processing\n", "", "yaml_missing_key", -1},
    {134, ACTIONS, "aspect: processing", "aspect: processing\n  wish: true", "yaml_unknown_key", 1},
    {135, ACTIONS, "keeps: true", "keeps: always", "yaml_wrong_type", 0},
    {136, ACTIONS, "keeps: true", "keeps: true\n  destroys: true", "law_bad_value", 1},
    {137, ACTIONS, "keeps: true", "wants_recipient: true", "law_bad_value", -1},
    {138, ACTIONS, "action: keep", "action: use", "law_twice", 0},
    {139, ACTIONS, "norm: opl.11.3", "norm: opl.99", "law_unknown_reference", 0},
    {140, ACTIONS, "  norm: opl.11.3\n", "", "yaml_missing_key", -2},
    {141, DATA, "[identifying]", "[pretty]", "law_bad_value", 0},
    {142, DATA, "category: face", "category: name", "law_twice", 0},
    {143, DATA, "norm: opl.11.3", "norm: opl.99", "law_unknown_reference", 0},
    {144, DATA, "category: name", "category: Name", "law_bad_value", 0},
    /* What an effect gives. */
    {145, PROC, "name: reason, type: text, required: true", "name: reason, type: table", "law_bad_value", 0},
    {146, PROC, "name: reason, type: text, required: true", "name: reason, type: table, by_effect: true", "law_empty",
     0},
    {147, PROC, "name: reason, type: text, required: true", "name: reason, type: text, by_effect: true",
     "law_bad_value", 0},
    {148, PROC, "type: text, required: true", "type: text, required: true, by_effect: true", "law_bad_value", 0},
    {149, PROC, "type: text, required: true",
     "type: text, required: true, columns: [{name: a, type: line, title: {kk: a, "
     "ru: b, en: c}}]",
     "law_bad_value", 0},
    /* Regions. */
    {150, "regions.yaml", "region: KZ-79", "region: kz-79", "law_bad_value", 0},
    {151, "regions.yaml", "region: KZ-79", "region: KZ-75", "law_twice", 0},
    {152, "regions.yaml", "number: 79", "number: 75", "law_twice", -1},
    {153, "regions.yaml", "number: 79", "number: 0", "law_bad_value", 0},
    {154, "regions.yaml", "number: 79", "number: 256", "law_bad_value", 0},
    {155, "regions.yaml", "kato: \"750000000\"", "kato: \"75\"", "law_bad_value", 0},
    {156, "regions.yaml", "number: 79", "place: 79", "yaml_unknown_key", 0},
};

static void text_replace(const char *bytes, const struct refusal *refusal, char *ret, size_t room, int *ret_line)
{
    const char *found = strstr(bytes, refusal->from);
    if (!found)
        fail_msg("case %d: nothing to make wrong", refusal->number);
    *ret_line = 1 + refusal->lines;
    for (const char *c = bytes; c < found + (refusal->from[0] == '\n'); c++)
        *ret_line += *c == '\n';
    snprintf(ret, room, "%.*s%s%s", (int)(found - bytes), bytes, refusal->to, found + strlen(refusal->from));
}

static void test_refusals_name_file_and_line(void **state)
{
    struct law_dir dir;
    law_dir_make(&dir);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *refusal = &refusals[i];
        char bytes[8192], place[160];
        int line = 0;
        small_law_write(&dir);
        for (size_t j = 0; j < FILE_COUNT; j++) {
            if (strcmp(files[j].relative, refusal->file) == 0) {
                text_replace(files[j].bytes, refusal, bytes, sizeof(bytes), &line);
                law_dir_write(&dir, refusal->file, bytes);
            }
        }
        struct catalogue *loaded = NULL;
        struct err err = {0};
        int r = catalogue_load(dir.path, &loaded, &err);
        snprintf(place, sizeof(place), "%s/%s:%d:", dir.path, refusal->file, line);
        if (r != -ERR_BAD_INPUT || strcmp(err.code, refusal->code) != 0 || strncmp(err.arg, place, strlen(place)) != 0)
            fail_msg("case %d, line %d: %d %s %s", refusal->number, line, r, r ? err.code : "loaded", err.arg);
        assert_null(loaded);
    }
    law_dir_remove(&dir);
}

/* Acts may stand in any order: what is reachable does not depend on it. */
static void test_states_are_reached_whatever_the_order_of_acts(void **state)
{
    static const char chain[] = "procedure: complaint\n" T "\nsummary: {kk: a, ru: b, en: c}\nnorms: [opl.11.1]\n"
                                "run_by: platform\nopen_to: staff\nopened_by: moderator\nnumber: \"{seq}\"\nstates:\n"
                                "  - {state: one, " T "}\n  - {state: two, " T "}\n  - {state: three, " T "}\n"
                                "  - {state: four, " T ", final: true}\nacts:\n"
                                "  end: {" T ", by: system, from: three, to: four}\n"
                                "  go_on: {" T ", by: admin, from: two, to: three}\n"
                                "  begin: {" T ", by: admin, from: one, to: two}\n"
                                "  remark: {" T ", by: admin, from: [one, two, three, four]}\n";
    struct law_dir dir;
    struct catalogue *small = NULL;
    struct err err = {0};
    law_dir_make(&dir);
    small_law_write(&dir);
    law_dir_write(&dir, "procedures/complaint.yaml", chain);
    int r = catalogue_load(dir.path, &small, &err);
    if (r < 0)
        fail_msg("%s: %s", err.code, err.arg);
    const struct procedure *procedure = catalogue_procedure(small, "complaint");
    assert_int_equal(procedure->open_to, OPENER_STAFF);
    assert_int_equal(procedure->clock_count, 0);
    assert_int_equal(procedure->field_count, 0);
    assert_true(procedure_act_allowed(procedure_act_find(procedure, "remark"), 3, "admin")); /* it leaves nothing */
    catalogue_free(small);
    law_dir_remove(&dir);
}

static void test_files_that_must_be_there_and_files_that_must_not(void **state)
{
    static const char *const needed[] = {"acts.yaml", "roles.yaml", "calendar.yaml"};
    struct law_dir dir;
    law_dir_make(&dir);
    for (size_t i = 0; i < 3; i++) {
        struct catalogue *loaded = NULL;
        struct err err = {0};
        char path[160];
        small_law_write(&dir);
        snprintf(path, sizeof(path), "%s/%s", dir.path, needed[i]);
        unlink(path);
        assert_int_equal(catalogue_load(dir.path, &loaded, &err), -ERR_UNAVAILABLE);
        assert_string_equal(err.code, "file_unreadable");
        assert_string_equal(err.arg, path);
    }
    struct catalogue *loaded = NULL;
    struct err err = {0};
    small_law_write(&dir);
    law_dir_write(&dir, "rolls.yaml", "[]\n");
    assert_int_equal(catalogue_load(dir.path, &loaded, &err), -ERR_BAD_INPUT);
    assert_string_equal(err.code, "law_bad_file");
    assert_int_equal(catalogue_load("/nowhere/at/all", &loaded, &err), -ERR_UNAVAILABLE);
    assert_null(loaded);
    law_dir_remove(&dir);
}

static void test_the_hash_follows_every_byte_and_name(void **state)
{
    struct law_dir dir, other;
    struct err err = {0};
    struct catalogue *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;
    law_dir_make(&dir);
    law_dir_make(&other);
    small_law_write(&dir);
    small_law_write(&other);
    law_dir_write(&other, "README.md", "not law\n");
    assert_int_equal(catalogue_load(dir.path, &first, &err), 0);
    assert_int_equal(catalogue_load(other.path, &second, &err), 0);
    assert_memory_equal(&first->hash, &second->hash, sizeof(struct hash)); /* wherever the folder is */
    char bytes[8192], path[160], path_after[160];
    snprintf(bytes, sizeof(bytes), "%s# a word\n", norms_yaml);
    law_dir_write(&other, NORMS, bytes);
    assert_int_equal(catalogue_load(other.path, &third, &err), 0);
    assert_memory_not_equal(&first->hash, &third->hash, sizeof(struct hash));
    assert_memory_equal(&first->calendar->hash, &third->calendar->hash, sizeof(struct hash));
    snprintf(path, sizeof(path), "%s/" NORMS, dir.path);
    snprintf(path_after, sizeof(path_after), "%s/norms/some.yaml", dir.path);
    assert_int_equal(rename(path, path_after), 0);
    assert_int_equal(catalogue_load(dir.path, &fourth, &err), 0);
    assert_memory_not_equal(&first->hash, &fourth->hash, sizeof(struct hash));
    catalogue_free(first);
    catalogue_free(second);
    catalogue_free(third);
    catalogue_free(fourth);
    catalogue_free(NULL);
    law_dir_remove(&dir);
    law_dir_remove(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_law_is_there),
        cmocka_unit_test(test_the_clocks_of_the_law),
        cmocka_unit_test(test_every_clock_of_the_law_can_be_computed),
        cmocka_unit_test(test_a_norm_is_chosen_by_the_day_of_the_event),
        cmocka_unit_test(test_the_complaint),
        cmocka_unit_test(test_numbers_of_cases),
        cmocka_unit_test(test_the_small_law_loads),
        cmocka_unit_test(test_refusals_name_file_and_line),
        cmocka_unit_test(test_states_are_reached_whatever_the_order_of_acts),
        cmocka_unit_test(test_files_that_must_be_there_and_files_that_must_not),
        cmocka_unit_test(test_the_hash_follows_every_byte_and_name),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
