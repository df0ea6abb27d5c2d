/* What procedures say of each other, and registers over them: what loads, and what is refused with its place. */
#include "law/catalogue.h"
#include "test_law_dir.h"
#include "unit.h"

#define T "title: {kk: a, ru: b, en: c}"

static const char acts[] = "- {act: opl, cited: {kk: a, ru: b, en: c}, " T "}\n";
static const char roles[] = "- {role: authorised_body, " T "}\n- {role: authorised_body_media, " T "}\n";
static const char calendar[] = "zone: Asia/Almaty\ncovers: {from: 2025, until: 2026}\nweekend: [saturday, sunday]\n"
                               "decided_until: 2025\nholidays: []\nmoved: []\n";
static const char carriers[] = "- {id: first, " T "}\n- {id: second, " T "}\n";
static const char norms[] = "- {norm: opl.6.9, from: 2023-09-10, who: authorised_body, " T
                            ", limit: {times: 1, per: quarter, scope: subject}}\n"
                            "- {norm: opl.6.7, from: 2023-09-10, who: authorised_body, " T
                            ", clock: {amount: 3, unit: working_day, counting: day_after}}\n";

/* A control that is served, and in the end opens an order for each carrier. */
static const char control[] =
    "procedure: control\n" T "\nsummary: {kk: a, ru: b, en: c}\n"
    "norms: [opl.6.9]\n"
    "run_by: [authorised_body, authorised_body_media]\n"
    "open_to: [staff, api]\n"
    "opened_by: [official]\n"
    "number: \"C-{seq:4}\"\n"
    "paper: finding\n"
    "letter: {kk: a, ru: b, en: c}\n"
    "limits: [{norm: opl.6.9, key: subject, not_in: [cancelled]}]\n"
    "fields:\n"
    "  - {name: bin, type: bin, " T ", key: subject}\n"
    "  - {name: links, type: links, " T ", max: 7}\n"
    "  - {name: site, type: url, " T ", public: true}\n"
    "  - {name: kind, type: choice, " T ", of: [{option: one, " T "}, {option: two, " T "}]}\n"
    "  - {name: year, type: number, " T "}\n"
    "  - {name: earlier, type: case, " T ", of: {procedures: [control, order]}}\n"
    "states:\n"
    "  - {state: found, " T "}\n"
    "  - {state: served, " T "}\n"
    "  - {state: done, " T ", final: true}\n"
    "  - {state: cancelled, " T ", final: true}\n"
    "clocks:\n"
    "  carry_out: {" T ", norm: opl.6.7, starts_on: [serve, opened], stopped_by: finish,\n"
    "    voided_by: bounced, if: \"kind = one\"}\n"
    "acts:\n"
    "  serve: {" T ", by: [head], from: found, to: served, at: served_on, tell: opener,\n"
    "    letter: {kk: a, ru: b, en: c}, fields: [{name: served_on, type: date, " T "}]}\n"
    "  bounced: {" T ", by: official, from: served, to: found}\n"
    "  overdue: {" T ", by: official, from: served, to: done, after_overdue: carry_out}\n"
    "  finish: {" T ", by: official, from: served, to: done, other_than: earlier,\n"
    "    needs: {procedure: order, field: control, states: [confirmed]}, decides: true}\n"
    "  order: {" T ", by: head, from: served,\n"
    "    opens: {procedure: order, each: carriers, as: carrier, link: control, copy: [site]},\n"
    "    fields: [{name: carriers, type: many, " T ", of: {list: carriers}}]}\n"
    "  cancel: {" T ", by: official, from: found, to: cancelled}\n";
static const char order[] = "procedure: order\n" T "\nsummary: {kk: a, ru: b, en: c}\n"
                            "norms: [opl.6.9]\nrun_by: authorised_body\nopen_to: staff\nopened_by: head\n"
                            "number: \"O-{seq:4}\"\n"
                            "decides: true\n"
                            "fields:\n"
                            "  - {name: carrier, type: choice, " T ", required: true, of: {list: carriers}}\n"
                            "  - {name: control, type: case, " T ", required: true, of: {procedures: control}}\n"
                            "  - {name: site, type: url, " T ", required: true, public: true}\n"
                            "  - {name: person, type: person, " T ", personal: true, public: true}\n"
                            "states:\n"
                            "  - {state: issued, " T "}\n"
                            "  - {state: confirmed, " T ", final: true}\n"
                            "acts:\n"
                            "  confirm: {" T ", by: carrier, from: issued, to: confirmed}\n";
static const char reg[] = "register: orders\n" T "\nsummary: {kk: a, ru: b, en: c}\nnorms: opl.6.9\n"
                          "procedure: order\nstates: issued\npast: [confirmed]\ncolumns: [site]\n";

static const char report[] = "report: yearly\n" T "\nsummary: {kk: a, ru: b, en: c}\nnorms: opl.6.9\n"
                             "words: {procedure: control, state: done, year: year, fields: [site]}\n"
                             "sections:\n"
                             "  - " T "\n"
                             "    figures:\n"
                             "      - {figure: controls, " T ", procedure: control, by: [kind, language],\n"
                             "         where: \"kind != two\"}\n"
                             "      - {figure: ordered, " T ", procedure: control, acts: [order], by: carriers}\n"
                             "  - " T "\n"
                             "    figures:\n"
                             "      - {figure: times, " T ", procedure: control, clock: carry_out}\n";

#define REPORT "reports/yearly.yaml"
#define CONTROL "procedures/control.yaml"
#define ORDER "procedures/order.yaml"
#define REGISTER "registers/orders.yaml"
static const struct {
    const char *relative, *bytes;
} files[] = {{"acts.yaml", acts},
             {"roles.yaml", roles},
             {"calendar.yaml", calendar},
             {"carriers.yaml", carriers},
             {"norms/all.yaml", norms},
             {CONTROL, control},
             {ORDER, order},
             {REGISTER, reg},
             {REPORT, report}};
#define FILES (sizeof(files) / sizeof(files[0]))

static void write_all(const struct law_dir *dir)
{
    for (size_t i = 0; i < FILES; i++)
        law_dir_write(dir, files[i].relative, files[i].bytes);
}

static void test_what_is_said_is_understood(void **state)
{
    struct law_dir dir;
    struct catalogue *law = NULL;
    struct err err = {0};
    law_dir_make(&dir);
    write_all(&dir);
    int r = catalogue_load(dir.path, &law, &err);
    if (r < 0)
        fail_msg("%s: %s", err.code, err.arg);
    const struct procedure *c = catalogue_procedure(law, "control"), *o = catalogue_procedure(law, "order");
    assert_int_equal(c->run_by_count, 2);
    assert_string_equal(c->opened_by[0], "official");
    assert_string_equal(c->paper, "finding");
    assert_string_equal(c->letter.in[LANG_EN], "c");
    assert_false(c->decides);
    assert_true(o->decides);
    assert_int_equal(c->limit_count, 1);
    assert_string_equal(c->limits[0].norm_id, "opl.6.9");
    assert_string_equal(c->limits[0].not_in[0], "cancelled");
    assert_string_equal(c->fields[0].key, "subject");
    assert_int_equal(c->fields[1].max, 7);
    assert_int_equal(c->fields[5].procedure_count, 2);
    const struct procedure_clock *clock = &c->clocks[0];
    assert_true(procedure_clock_starts_on(clock, "opened"));
    assert_true(procedure_clock_starts_on(clock, "serve"));
    assert_false(procedure_clock_starts_on(clock, "finish"));
    assert_string_equal(clock->voided_by[0], "bounced");
    assert_string_equal(clock->conditions[0].value, "one");
    const struct procedure_act *serve = procedure_act_find(c, "serve"), *finish = procedure_act_find(c, "finish");
    assert_string_equal(serve->at, "served_on");
    assert_string_equal(serve->letter.in[LANG_KK], "a");
    assert_null(serve->need.procedure);
    assert_true(finish->decides);
    assert_string_equal(finish->other_than, "earlier");
    assert_string_equal(finish->need.states[0], "confirmed");
    assert_string_equal(procedure_act_find(c, "overdue")->after_overdue, "carry_out");
    const struct act_opening *opens = &procedure_act_find(c, "order")->open;
    assert_string_equal(opens->each, "carriers");
    assert_string_equal(opens->copy[0], "site");
    assert_ptr_equal(procedure_field_find(c, "served_on"), &serve->fields[0]);
    assert_null(procedure_field_find(c, "nothing"));
    const struct law_register *orders = catalogue_register(law, "orders");
    assert_ptr_equal(orders->procedure, o);
    assert_int_equal(register_place_of(orders, "issued"), REGISTER_IN);
    assert_int_equal(register_place_of(orders, "confirmed"), REGISTER_PAST);
    assert_int_equal(register_place_of(orders, "lost"), REGISTER_OUT);
    assert_ptr_equal(orders->columns[0], &o->fields[2]);
    assert_null(catalogue_register(law, "control"));
    const struct report_form *yearly = catalogue_report(law, "yearly");
    assert_int_equal(yearly->figure_count, 3);
    assert_int_equal(yearly->section_count, 2);
    const struct report_figure *controls = &yearly->sections[0].figures[0], *times = &yearly->sections[1].figures[0];
    assert_int_equal(controls->count, REPORT_OPENED);
    assert_int_equal(controls->dimension_count, 2);
    assert_int_equal(report_dimension_options(&controls->dimensions[0]), 2);
    assert_string_equal(report_dimension_option(&controls->dimensions[0], 1), "two");
    assert_int_equal(report_dimension_options(&controls->dimensions[1]), LANG_COUNT);
    assert_string_equal(report_dimension_option(&controls->dimensions[1], 0), "kk");
    assert_true(controls->conditions[0].negated);
    assert_int_equal(yearly->sections[0].figures[1].count, REPORT_ACTED);
    assert_int_equal(times->count, REPORT_CLOCK);
    assert_ptr_equal(times->clock, &c->clocks[0]);
    assert_ptr_equal(yearly->words.fields[0], &c->fields[2]);
    catalogue_free(law);
    law_dir_remove(&dir);
}

static const struct {
    int number;
    const char *file, *from, *to, *code;
} refusals[] = {
    {1, CONTROL, "opened_by: [official]", "opened_by: [opener]", "law_unknown_reference"},
    {2, CONTROL, "opened_by: [official]\n", "", "yaml_missing_key"},
    {3, CONTROL, "open_to: [staff, api]", "open_to: public", "law_bad_value"},
    {4, CONTROL, "run_by: [authorised_body, ", "run_by: [nobody, ", "law_unknown_reference"},
    {5, CONTROL, "paper: finding", "paper: ../finding", "law_bad_value"},
    {6, CONTROL, "letter: {kk: a, ru: b, en: c}\nlimits", "letter: {kk: a}\nlimits", "law_text_missing"},
    {7, CONTROL, "{norm: opl.6.9, key", "{norm: opl.6.7, key", "law_unknown_reference"},
    {8, CONTROL, "key: subject, not_in", "key: platform, not_in", "law_unknown_reference"},
    {9, CONTROL, "not_in: [cancelled]", "not_in: [lost]", "law_unknown_reference"},
    {10, CONTROL, "not_in: [cancelled]", "except: [cancelled]", "yaml_unknown_key"},
    {11, CONTROL, "key: subject}", "key: planet}", "law_bad_value"},
    {12, CONTROL, "type: links, " T ", max: 7", "type: links, " T ", max: 7, key: resource", "law_bad_value"},
    {13, CONTROL, "max: 7", "max: 1001", "law_bad_value"},
    {14, CONTROL, ", of: {procedures: [control, order]}", "", "yaml_missing_key"},
    {15, CONTROL, "procedures: [control, order]", "procedures: [control, other]", "law_unknown_reference"},
    {16, CONTROL, "of: {procedures: [control, order]}", "of: {list: carriers}", "yaml_unknown_key"},
    {17, CONTROL, "type: bin, " T, "type: bin, " T ", of: {procedures: [control]}", "law_bad_value"},
    {25, CONTROL, "voided_by: bounced,", "voided_by: bounced, right: perhaps,", "yaml_wrong_type"},
    {26, CONTROL, "voided_by: bounced,", "voided_by: bounced, right: true, remind: [1],", "law_bad_value"},
    {27, CONTROL, "{state: done, " T ", final: true}", "{state: done, " T ", final: true, standing: true}",
     "law_bad_value"},
    {28, CONTROL, "{state: served, " T "}", "{state: served, " T ", standing: perhaps}", "yaml_wrong_type"},
    {20, CONTROL, "starts_on: [serve, opened]", "starts_on: [serve, closed]", "law_unknown_reference"},
    {21, CONTROL, "voided_by: bounced", "voided_by: opened", "law_unknown_reference"},
    {22, CONTROL, "kind = one", "kind = three", "law_unknown_reference"},
    {23, CONTROL, "kind = one", "size = one", "law_unknown_reference"},
    {24, CONTROL, "kind = one", "kind", "law_bad_value"},
    {30, CONTROL, "at: served_on", "at: bin", "law_unknown_reference"},
    {31, CONTROL, "name: served_on, type: date", "name: served_on, type: line", "law_unknown_reference"},
    {32, CONTROL, "type: date, " T, "type: date, " T ", personal: true", "law_unknown_reference"},
    {33, CONTROL, "tell: opener,\n", "\n", "law_bad_value"},
    {34, CONTROL, "after_overdue: carry_out", "after_overdue: send", "law_unknown_reference"},
    {35, CONTROL, "other_than: earlier", "other_than: bin", "law_unknown_reference"},
    {36, CONTROL, "decides: true", "decides: perhaps", "yaml_wrong_type"},
    {37, CONTROL, "by: [head]", "by: [auditor]", "law_unknown_reference"},
    /* Sealed values decide no clock, and a link cannot be sealed. */
    {27, CONTROL, "kind, type: choice, ", "kind, personal: true, type: choice, ", "law_unknown_reference"},
    {18, CONTROL, "earlier, type: case, ", "earlier, personal: true, type: case, ", "law_bad_value"},
    /* An act asks for what the form asks for as the form does. */
    {38, CONTROL, "name: served_on, type: date, " T, "name: served_on, type: date, " T "}, {name: site, type: line, " T,
     "law_bad_value"},
    {39, CONTROL, "name: served_on, type: date, " T,
     "name: served_on, type: date, " T "}, {name: site, type: url, personal: true, " T, "law_bad_value"},
    {19, CONTROL, "  cancel: {", "  note: {", "law_bad_value"},
    {58, CONTROL, "copy: [site]", "copy: [site, site]", "law_twice"},
    {40, CONTROL, "needs: {procedure: order", "needs: {procedure: other", "law_unknown_reference"},
    {41, CONTROL, "field: control, states", "field: carrier, states", "law_unknown_reference"},
    {42, CONTROL, "states: [confirmed]}", "states: [done]}", "law_unknown_reference"},
    {44, CONTROL, "states: [confirmed]}", "states: [confirmed], enough: two}", "law_bad_value"},
    {43, CONTROL, "field: control, states: [confirmed]", "field: control", "yaml_missing_key"},
    {50, CONTROL, "opens: {procedure: order", "opens: {procedure: other", "law_unknown_reference"},
    {51, CONTROL, "each: carriers", "each: site", "law_unknown_reference"},
    {52, CONTROL, "each: carriers, ", "", "yaml_missing_key"},
    {53, CONTROL, "as: carrier", "as: site", "law_unknown_reference"},
    {54, CONTROL, "link: control", "link: carrier", "law_unknown_reference"},
    {55, CONTROL, "copy: [site]", "copy: [site, kind]", "law_unknown_reference"},
    {56, CONTROL, ", copy: [site]", "", "yaml_missing_key"}, /* the order's form wants a site */
    {57, CONTROL, "site, type: url, " T ", public: true", "site, type: url, " T ", personal: true",
     "law_unknown_reference"},
    {60, ORDER, "O-{seq:4}", "C-{seq:4}", "law_twice"},
    /* Patterns that differ and draw the same number all the same. */
    {64, ORDER, "O-{seq:4}", "C-{year}{seq}", "law_twice"},
    {65, ORDER, "O-{seq:4}", "C-{seq}", "law_twice"},
    {66, ORDER, "O-{seq:4}", "C-2{seq:3}", "law_twice"},
    {61, ORDER, "of: {procedures: control}", "of: {procedures: order}", "law_unknown_reference"},
    {62, ORDER, "open_to: staff\nopened_by: head\n", "open_to: public\n", "law_unknown_reference"},
    /* A column that an act would fill with what is not public. */
    {63, ORDER, "from: issued, to: confirmed}",
     "from: issued, to: confirmed, fields: [{name: site, type: url, " T "}]}", "law_unknown_reference"},
    {70, REGISTER, "register: orders", "register: order", "law_bad_value"},
    {71, REGISTER, "procedure: order", "procedure: orders", "law_unknown_reference"},
    {72, REGISTER, "states: issued", "states: found", "law_unknown_reference"},
    {73, REGISTER, "past: [confirmed]", "past: [issued]", "law_twice"},
    {74, REGISTER, "past: [confirmed]", "past: [done]", "law_unknown_reference"},
    {75, REGISTER, "columns: [site]", "columns: [person]", "law_unknown_reference"},
    {76, REGISTER, "columns: [site]", "columns: [carrier]", "law_unknown_reference"}, /* not public */
    {77, REGISTER, "columns: [site]\n", "", "yaml_missing_key"},
    {78, REGISTER, "norms: opl.6.9", "norms: opl.1.1", "law_unknown_reference"},
    {80, REPORT, "report: yearly", "report: monthly", "law_bad_value"},
    {81, REPORT, "words: {procedure: control", "words: {procedure: other", "law_unknown_reference"},
    {82, REPORT, "state: done", "state: issued", "law_unknown_reference"},
    {83, REPORT, "year: year", "year: kind", "law_unknown_reference"},
    {84, REPORT, "fields: [site]", "fields: [bin]", "law_unknown_reference"}, /* not public */
    {85, REPORT, "figure: ordered", "figure: controls", "law_twice"},
    {86, REPORT, "figure: times", "figure: controls", "law_twice"},
    {87, REPORT, "by: [kind, language]", "by: [kind, bin]", "law_unknown_reference"},
    {88, REPORT, "by: [kind, language]", "by: [kind, language, earlier]", "law_bad_value"},
    {89, REPORT, "by: carriers", "by: language", "law_unknown_reference"}, /* told by the opening alone */
    {90, REPORT, "by: carriers", "by: kind", "law_unknown_reference"},     /* the form's, not the act's */
    {91, REPORT, "acts: [order]", "acts: [order, serve]", "law_unknown_reference"},
    {92, REPORT, "acts: [order]", "acts: [orders]", "law_unknown_reference"},
    {93, REPORT, "kind != two", "kind != three", "law_unknown_reference"},
    {94, REPORT, "kind != two", "bin != two", "law_unknown_reference"},
    {95, REPORT, "clock: carry_out", "clock: carry", "law_unknown_reference"},
    {96, REPORT, "clock: carry_out", "clock: carry_out, acts: [cary]", "law_unknown_reference"},
    {97, REPORT, "clock: carry_out", "clock: carry_out, by: kind", "law_bad_value"},
    {98, REPORT, "norms: opl.6.9", "norms: opl.1.1", "law_unknown_reference"},
    {99, REPORT, "    figures:\n      - {figure: times", "    rows:\n      - {figure: times", "yaml_unknown_key"},
    {79, REGISTER, "columns:", "rows: x\ncolumns:", "yaml_unknown_key"},
};

static void test_refusals_name_the_file(void **state)
{
    struct law_dir dir;
    law_dir_make(&dir);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        char bytes[8192], place[160];
        write_all(&dir);
        for (size_t j = 0; j < FILES; j++) {
            if (strcmp(files[j].relative, refusals[i].file) != 0)
                continue;
            const char *found = strstr(files[j].bytes, refusals[i].from);
            if (!found)
                fail_msg("case %d: nothing to make wrong", refusals[i].number);
            snprintf(bytes, sizeof(bytes), "%.*s%s%s", (int)(found - files[j].bytes), files[j].bytes, refusals[i].to,
                     found + strlen(refusals[i].from));
            law_dir_write(&dir, refusals[i].file, bytes);
        }
        struct catalogue *law = NULL;
        struct err err = {0};
        int r = catalogue_load(dir.path, &law, &err);
        snprintf(place, sizeof(place), "%s/%s:", dir.path, refusals[i].file);
        /* What procedures say of each other is refused where it is said, which may be the other file. */
        bool elsewhere = refusals[i].number >= 60 && refusals[i].number < 70;
        if (r != -ERR_BAD_INPUT || strcmp(err.code, refusals[i].code) != 0 ||
            (!elsewhere && strncmp(err.arg, place, strlen(place)) != 0))
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
