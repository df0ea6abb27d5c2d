/* Steps about advertisements: checked, placed, changed, shown, and what is expected of one that is kept or was removed.
 * An advertisement is written as its JSON, as a platform sends it. */
#include "adverts/advert_verify.h"
#include "adverts/ids.h"
#include "adverts/intake.h"
#include "adverts/showings.h"
#include "base/json_scan.h"
#include "cases/record.h"
#include "run.h"
#include "store/advert_rows.h"
#include "store/events.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t today_of(const struct run *run)
{
    return zone_day_of(&run->fixture.office.catalogue->calendar->zone, run->now_usec);
}

static int32_t day_in(struct run *run, const struct yaml *at, const char *text)
{
    struct date date;

    if (!date_parse(text, &date))
        fail(run, at, "%s is no day", text);
    return day_from_date(date);
}

static const struct named_advert *advert_of(struct run *run, const struct yaml *node)
{
    const char *name = text_of(run, node, "ad", true);

    for (size_t i = 0; i < run->advert_count; i++)
        if (strcmp(run->adverts[i].name, name) == 0)
            return &run->adverts[i];
    fail(run, node, "no advertisement is called %s", name);
}

/* --- Reading what is sent ------------------------------------------------------------------------------------------
 */

static void begin(struct run *run, const struct yaml *at)
{
    struct err err = {0};
    struct tx *tx;

    if (run->advert_rules == NULL &&
        advert_rules_new(run->fixture.office.catalogue, NULL, &run->advert_rules, &err) < 0)
        fail(run, at, "rules: %s %s", err.code, err.arg);
    if (run->advert_ids == NULL && advert_ids_new(&run->fixture.office, &run->advert_ids, &err) < 0)
        fail(run, at, "ids: %s %s", err.code, err.arg);
    if (store_read_begin(run->fixture.store, &tx, &err) < 0)
        fail(run, at, "reading: %s", err.code);
    if (advert_ids_follow(run->advert_ids, tx, &err) < 0)
        fail(run, at, "ids: %s", err.code);
    store_read_end(tx);
}

/* The code of what stands against it, or NULL; *ret_field where it stands. */
static const char *read_json(struct run *run, const struct yaml *node, const struct named_advert *changed,
                             struct intake *ret, const char **ret_field)
{
    const char *json = text_of(run, node, "json", true);
    struct intake_rules rules = {.rules = run->advert_rules,
                                 .known = changed == NULL ? run->advert_ids : NULL,
                                 .today = today_of(run),
                                 .now_usec = run->now_usec,
                                 .id = changed != NULL ? changed->id : NULL};
    const char *version = text_of(run, node, "version", false);
    struct field_errors errors;
    struct err err = {0};

    rules.version = version != NULL ? atoll(version) + 1 : 0;
    field_errors_init(&errors, &run->arena);
    *ret_field = "";
    if (intake_read(&rules, false, arena_strdup(&run->arena, json), strlen(json), &run->arena, ret, &errors, &err) == 0)
        return ret->unlawful_count > 0 ? "advert_unlawful" : NULL;
    if (errors.count > 0) {
        *ret_field = errors.items[0].field;
        return errors.items[0].code;
    }
    return err.code;
}

/* Is there a finding of that code among what the check told? */
static void want_finding(struct run *run, const struct yaml *node, const struct intake *intake)
{
    const char *wanted = text_of(run, node, "finds", false);
    struct json_piece check, findings, key, value;
    const char *json = intake->unlawful_count > 0 ? intake->unlawful[0].result : NULL;
    size_t at = 0;

    if (wanted == NULL)
        return;
    check = json != NULL
                ? (struct json_piece){json, strlen(json)}
                : json_scan_member((struct json_piece){intake->adverts[0].json, intake->adverts[0].json_len}, "check");
    findings = json_scan_member(check, "findings");
    while (json_scan_next(findings, &at, &key, &value))
        if (json_scan_is(json_scan_member(value, "code"), wanted))
            return;
    fail(run, node, "%s is not found but %.*s", wanted, (int)findings.count, findings.at);
}

static bool refused_as_wanted(struct run *run, const struct yaml *node, const char *code, const char *field)
{
    const char *wanted = text_of(run, node, "refused", false);

    if (wanted == NULL && code == NULL)
        return false;
    if (wanted == NULL || code == NULL || strcmp(wanted, code) != 0)
        fail(run, node, "ended with %s %s", code != NULL ? code : "success", field);
    return true;
}

void step_check_ad(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"json", "refused", "finds", NULL};
    struct intake intake = {0};
    const char *field = "", *code;

    only(run, node, known);
    begin(run, node);
    code = read_json(run, node, NULL, &intake, &field);
    (void)refused_as_wanted(run, node, code, field);
    want_finding(run, node, &intake);
}

/* --- Placing, changing, showing ------------------------------------------------------------------------------------
 */

struct placing {
    struct run *run;
    struct intake *intake;
    const struct named_advert *changed;
    int64_t version, leaf;
};

static int place_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct placing *placing = command->arg;
    struct run *run = placing->run;

    if (placing->changed != NULL)
        return advert_change(tx, &run->fixture.office, placing->changed->serial, placing->version,
                             placing->intake->adverts, &run->fixture.service, run->now_usec, &placing->leaf, err);
    return adverts_keep(tx, &run->fixture.office, placing->intake->adverts, 1, &run->fixture.service, run->now_usec,
                        &placing->leaf, err);
}

static void write(struct run *run, const struct yaml *node, const struct named_advert *changed)
{
    const char *version = text_of(run, node, "version", changed != NULL), *field, *code;
    struct intake intake = {0};
    struct placing placing = {
        .run = run, .intake = &intake, .changed = changed, .version = version != NULL ? atoll(version) : 0};
    struct err err = {0};

    begin(run, node);
    code = read_json(run, node, changed, &intake, &field);
    if (code == NULL && store_write(run->fixture.store, place_run, &placing, &err) < 0)
        code = err.code;
    if (refused_as_wanted(run, node, code, field) || changed != NULL)
        return;
    want_finding(run, node, &intake);
    if (run->advert_count == ADVERTS_MAX)
        fail(run, node, "more advertisements than a script may name");
    run->adverts[run->advert_count] =
        (struct named_advert){.name = text_of(run, node, "as", true), .serial = intake.adverts[0].serial};
    snprintf(run->adverts[run->advert_count++].id, ID_TEXT, "%s", intake.adverts[0].id);
}

void step_place(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"as", "json", "refused", "finds", NULL};

    only(run, node, known);
    write(run, node, NULL);
}

void step_change(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"ad", "json", "version", "refused", NULL};

    only(run, node, known);
    write(run, node, advert_of(run, node));
}

struct showing_one {
    struct showing row;
    int64_t now_usec;
};

static int show_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct showing_one *one = command->arg;

    return showings_write(tx, &(struct showings){.rows = &one->row, .count = 1, .lines = 1, .total = one->row.count},
                          one->now_usec, err);
}

void step_show(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"ad", "count", "day", "refused", NULL};
    const struct named_advert *advert = advert_of(run, node);
    const char *day = text_of(run, node, "day", false);
    struct showing_one one = {.now_usec = run->now_usec};
    int64_t serial;
    struct err err = {0};

    only(run, node, known);
    begin(run, node);
    serial = advert_ids_find(run->advert_ids, advert->id, strlen(advert->id));
    if (refused_as_wanted(run, node, serial < 0 ? "advert_unknown" : NULL, ""))
        return;
    one.row = (struct showing){.advert = (uint32_t)serial,
                               .day = day != NULL ? day_in(run, node, day) : today_of(run),
                               .count = (uint32_t)strtoul(text_of(run, node, "count", true), NULL, 10)};
    if (store_write(run->fixture.store, show_run, &one, &err) < 0)
        fail(run, node, "showing: %s %s", err.code, err.arg);
}

/* --- Time passes ---------------------------------------------------------------------------------------------------
 */

void adverts_tick(struct run *run, const struct yaml *at)
{
    struct err err = {0};
    size_t handled = run->advert_rules != NULL;

    for (size_t more = handled; more > 0;)
        if (showings_fold(&run->fixture.office, run->now_usec, &more, &err) < 0)
            fail(run, at, "showings: %s %s %s", err.code, err.arg, err.detail);
    while (handled > 0)
        if (adverts_remove_pass(&run->fixture.office, run->now_usec, &handled, &err) < 0)
            fail(run, at, "removal: %s %s %s", err.code, err.arg, err.detail);
}

void adverts_end(struct run *run)
{
    advert_ids_free(run->advert_ids);
    advert_rules_free(run->advert_rules);
    run->advert_ids = NULL;
    run->advert_rules = NULL;
}

void verify_adverts(struct run *run, const struct yaml *at)
{
    struct advert_verification *work = NULL;
    struct verify_report cases;
    struct advert_report report;
    struct err err = {0};
    struct tx *tx;
    int r = store_read_begin(run->fixture.store, &tx, &err);

    if (r < 0)
        fail(run, at, "reading: %s", err.code);
    r = advert_verification_new(&work, &err);
    if (r == 0)
        r = office_verify_with(tx, &run->fixture.office, advert_verification_event, work, &cases, &err);
    if (r == 0)
        r = advert_verification_end(tx, work, &report, &err);
    advert_verification_free(work);
    store_read_end(tx);
    if (r < 0)
        fail(run, at, "advertisements: %s %s %s", err.code, err.arg, err.detail);
}

/* --- Expectations --------------------------------------------------------------------------------------------------
 */

static void want(struct run *run, const struct yaml *node, const char *key, const char *is)
{
    const char *wanted = text_of(run, node, key, false);

    if (wanted != NULL && strcmp(wanted, is) != 0)
        fail(run, node, "%s is %s", key, is);
}

static void want_number(struct run *run, const struct yaml *node, const char *key, int64_t is)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)is);
    want(run, node, key, text);
}

static void want_day(struct run *run, const struct yaml *node, const char *key, int32_t day)
{
    char text[11];

    date_format(date_from_day(day), text);
    want(run, node, key, text);
}

/* The number of the case by which it was removed. */
static void want_act(struct run *run, const struct yaml *node, struct tx *tx, const struct advert_kept *kept)
{
    CLEANUP_JSON json_t *body = NULL;
    struct event_row event;
    struct err err = {0};
    int r = store_event_get(tx, kept->leaf, &run->arena, &event, &err);

    if (r == 0)
        r = stored_json_parse(event.body, event.body_len, "an event", &body, &err);
    if (r < 0 || json_string_value(json_object_get(body, "case")) == NULL)
        fail(run, node, "no act says that it was removed");
    want(run, node, "act", arena_strdup(&run->arena, json_string_value(json_object_get(body, "case"))));
}

void expect_advert(struct run *run, const struct yaml *node)
{
    static const char *const known[] = {"ad",         "stands", "version", "shown", "last_day",
                                        "kept_until", "says",   "act",     NULL};
    const struct named_advert *advert = advert_of(run, node);
    const char *says = text_of(run, node, "says", false);
    struct advert_kept kept;
    struct err err = {0};
    struct tx *tx;
    int r;

    only(run, node, known);
    r = store_read_begin(run->fixture.store, &tx, &err);
    if (r == 0)
        r = advert_get(tx, advert->id, 0, 0, &run->arena, &kept, &err);
    if (r < 0)
        fail(run, node, "%s", err.code);
    if (kept.removed_usec != TIME_NONE)
        want_act(run, node, tx, &kept);
    store_read_end(tx);
    want(run, node, "stands", kept.removed_usec == TIME_NONE ? "true" : "false");
    want_number(run, node, "version", kept.version);
    want_number(run, node, "shown", kept.shown);
    want_day(run, node, "last_day", advert_last_day(&kept, today_of(run)));
    want_day(run, node, "kept_until", advert_kept_until(kept.last_day));
    if ((kept.json == NULL) != (kept.removed_usec != TIME_NONE))
        fail(run, node, "removed, but it still says something");
    if (says != NULL && (kept.json == NULL || strstr(kept.json, says) == NULL))
        fail(run, node, "does not say %s", says);
}
