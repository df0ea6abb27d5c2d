/* Small procedures that hang together in every way there is, beside the law's own, for the tests of links, registers
 * and their verification. `probe`: keys, a limit, links. `verdict`: opening and an act decide. `review`: another person
 * decides, something is needed first. `item`: comes into a register and leaves it. */
#ifndef TALAP_TESTS_CASES_WORLD_H
#define TALAP_TESTS_CASES_WORLD_H

#include "cases/links.h"
#include "cases/registers.h"
#include "fixture.h"
#include "unit.h"
#include <stdio.h>
#include <string.h>

#define T "title: {kk: a, ru: b, en: c}"
#define HEAD(id) "procedure: " id "\n" T "\nsummary: {kk: a, ru: b, en: c}\nnorms: [opl.6.9]\n"

static const char *const world_probe =
    HEAD("probe") "run_by: authorised_body\nopen_to: [public, staff, api]\nopened_by: [official]\n"
                  "number: \"ТП-{year}-{seq:4}\"\n"
                  "limits: [{norm: opl.6.9, key: subject, not_in: [cancelled]}]\n"
                  "fields:\n"
                  "  - {name: site, type: url, key: platform, " T "}\n"
                  "  - {name: page, type: url, key: resource, " T "}\n"
                  "  - {name: bin, type: bin, key: subject, " T "}\n"
                  "  - {name: iin, type: iin, personal: true, key: subject, " T "}\n"
                  "  - {name: firm, type: organisation, key: subject, " T "}\n"
                  "  - {name: origin, type: case, of: {procedures: [probe, verdict]}, " T "}\n"
                  "states:\n"
                  "  - {state: open, " T "}\n  - {state: done, final: true, " T
                  "}\n  - {state: cancelled, final: true, " T "}\n"
                  "acts:\n"
                  "  retie: {" T ", by: [official], from: [open], fields: [\n"
                  "    {name: origin, type: case, of: {procedures: [probe, verdict]}, " T "},\n"
                  "    {name: mirror, type: url, key: resource, " T "}]}\n"
                  "  finish: {" T ", by: [official], from: [open], to: done}\n"
                  "  cancel: {" T ", by: [official], from: [open], to: cancelled}\n";
static const char *const world_verdict =
    HEAD("verdict") "run_by: platform\nopen_to: [public, staff, api]\nopened_by: [moderator, registrar]\n"
                    "number: \"ТВ-{year}-{seq:4}\"\ndecides: true\n"
                    "fields:\n"
                    "  - {name: about, type: case, of: {procedures: [probe, review]}, " T "}\n"
                    "states:\n  - {state: open, " T "}\n  - {state: closed, final: true, " T "}\n"
                    "clocks:\n  answer: {" T ", norm: opl.11.3, starts_on: opened, stopped_by: [halt]}\n"
                    "acts:\n"
                    "  judge: {" T ", by: [moderator, registrar], from: [open], decides: true}\n"
                    "  look: {" T ", by: [moderator, registrar], from: [open]}\n"
                    "  point: {" T ", by: [moderator], from: [open],\n"
                    "    fields: [{name: about, type: case, of: {procedures: [probe, review]}, " T "}]}\n"
                    "  halt: {" T ", by: [moderator], from: [open]}\n"
                    "  late: {" T ", by: [moderator], from: [open], after_overdue: answer}\n"
                    "  close: {" T ", by: [moderator], from: [open], to: closed}\n";
static const char *const world_review =
    HEAD("review") "run_by: platform\nopen_to: [public, staff, api]\nopened_by: [moderator]\n"
                   "number: \"ТР-{year}-{seq:4}\"\n"
                   "fields:\n"
                   "  - {name: against, type: case, of: {procedures: [verdict]}, " T "}\n"
                   "states:\n  - {state: open, " T "}\n  - {state: decided, final: true, " T "}\n"
                   "acts:\n"
                   "  decide: {" T ", by: [moderator, registrar], from: [open], decides: true, other_than: against}\n"
                   "  conclude: {" T ", by: [moderator], from: [open], to: decided,\n"
                   "    needs: {procedure: verdict, field: about, states: [closed]}}\n";
static const char *const world_item =
    HEAD("item") "run_by: authorised_body\nopen_to: [staff]\nopened_by: [registrar]\n"
                 "number: \"ТИ-{year}-{seq:4}\"\n"
                 "fields:\n"
                 "  - {name: name, type: line, public: true, required: true, " T "}\n"
                 "  - {name: kind, type: choice, public: true, " T ", of: [\n"
                 "      {option: big, title: {kk: Үлкен, ru: Большой, en: Large}}, {option: small, " T "}]}\n"
                 "  - {name: links, type: links, public: true, " T "}\n"
                 "  - {name: secret, type: line, " T "}\n"
                 "states:\n"
                 "  - {state: draft, " T "}\n  - {state: listed, " T "}\n  - {state: left, " T
                 "}\n  - {state: other, " T "}\n"
                 "acts:\n"
                 "  enter: {" T ", by: [registrar], from: [draft, left, other], to: listed, at: on,\n"
                 "    fields: [{name: on, type: moment, " T "}]}\n"
                 "  rename: {" T ", by: [registrar], from: [draft, listed, left], fields: [\n"
                 "    {name: name, type: line, public: true, " T "}, {name: secret, type: line, " T "}]}\n"
                 "  leave: {" T ", by: [registrar], from: [listed], to: left, at: on,\n"
                 "    fields: [{name: on, type: moment, " T "}, {name: why, type: line, public: true, " T "}]}\n"
                 "  drop: {" T ", by: [registrar], from: [listed, left], to: other}\n";
static const char *const world_items = "register: items\n" T "\nsummary: {kk: a, ru: b, en: c}\nnorms: [opl.6.9]\n"
                                       "procedure: item\nstates: [listed]\npast: [left]\n"
                                       "columns: [name, kind, links, why]\n";

/* Writes a file of the law copy, whether it is there or not. */
static inline void world_write(const struct fixture *f, const char *file, const char *text)
{
    char path[256];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", f->law_dir, file);
    out = fopen(path, "wbe");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static inline void world_start(struct fixture *f)
{
    struct err err = {0};

    fixture_start(f);
    world_write(f, "procedures/probe.yaml", world_probe);
    world_write(f, "procedures/verdict.yaml", world_verdict);
    world_write(f, "procedures/review.yaml", world_review);
    world_write(f, "procedures/item.yaml", world_item);
    world_write(f, "registers/items.yaml", world_items);
    if (fixture_reload(f, &err) < 0)
        fail_msg("%s: %s %s", err.code, err.arg, err.detail);
}

/* One call to the office: name = text pairs, NULL at the end. */
#define WORLD_VALUES 8
struct world_values {
    struct raw_value raw[WORLD_VALUES];
    const char *texts[WORLD_VALUES];
    size_t count;
};
static inline void world_value(struct world_values *values, const char *name, const char *text)
{
    assert_true(values->count < WORLD_VALUES);
    values->texts[values->count] = text;
    values->raw[values->count] = fixture_raw(name, &values->texts[values->count]);
    values->count++;
}

/* Opens a case as that actor, with up to two values. */
static inline int world_open(struct fixture *f, const char *procedure, const struct actor *actor, const char *now,
                             const char *name, const char *text, struct case_opened *ret, struct err *err)
{
    struct world_values values = {.count = 0};
    struct fixture_opening opening = {
        .procedure = procedure,
        .opener = actor->kind == ACTOR_TOKEN     ? "api"
                  : actor->kind == ACTOR_ACCOUNT ? "staff"
                                                 : "public",
        .actor = actor,
        .now_usec = fixture_moment(f, now),
    };

    if (name != NULL)
        world_value(&values, name, text);
    opening.raw = values.raw;
    opening.raw_count = values.count;
    return fixture_open_case(f, &opening, ret, err);
}

static inline void world_must_open(struct fixture *f, const char *procedure, const struct actor *actor, const char *now,
                                   const char *name, const char *text, struct case_opened *ret)
{
    struct err err = {0};

    if (world_open(f, procedure, actor, now, name, text, ret, &err) < 0)
        fail_msg("%s: %s %s %s %s", procedure, err.code, err.arg, err.detail,
                 f->errors.count > 0 ? f->errors.items[0].code : "");
}

static inline int world_act(struct fixture *f, const struct case_opened *on, const char *act, const struct actor *actor,
                            const char *now, const char *name, const char *text, struct err *err)
{
    struct world_values values = {.count = 0};
    struct case_acting acting = {.case_id = on->id, .act = act};

    if (name != NULL)
        world_value(&values, name, text);
    acting.raw = values.raw;
    acting.raw_count = values.count;
    return fixture_act(f, &acting, actor, fixture_moment(f, now), NULL, NULL, err);
}

static inline void world_must_act(struct fixture *f, const struct case_opened *on, const char *act,
                                  const struct actor *actor, const char *now, const char *name, const char *text)
{
    struct err err = {0};

    if (world_act(f, on, act, actor, now, name, text, &err) < 0)
        fail_msg("%s: %s %s %s %s", act, err.code, err.arg, err.detail,
                 f->errors.count > 0 ? f->errors.items[0].code : "");
}

struct world_refresh {
    const struct office *office;
    size_t limit, count;
};
static inline int world_refresh_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct world_refresh *refresh = command->arg;

    return register_refresh(tx, refresh->office, refresh->limit, &refresh->count, err);
}
/* One command of the job loop; how many cases it looked at. */
static inline size_t world_refresh_once(struct fixture *f, size_t limit)
{
    struct world_refresh refresh = {&f->office, limit, 0};
    struct err err = {0};

    if (store_write(f->store, world_refresh_run, &refresh, &err) < 0)
        fail_msg("refresh: %s %s", err.code, err.detail);
    return refresh.count;
}
static inline size_t world_refresh(struct fixture *f)
{
    size_t sum = 0, count;

    while ((count = world_refresh_once(f, 2)) > 0)
        sum += count;
    return sum;
}

static inline void world_sound(struct fixture *f)
{
    struct verify_report report;
    struct err err = {0};

    if (fixture_verify(f, &report, &err) < 0)
        fail_msg("not sound: %s %s: %s", err.code, err.arg, err.detail);
}

#endif
