/* The store of advertisements: taken in all or none, versions, ids in memory, proofs, removal when the year is over and
 * not a day before, and a verification that finds every row that was tampered with. */
#include "../scenario/fixture.h"
#include "adverts/advert_verify.h"
#include "adverts/adverts.h"
#include "adverts/ids.h"
#include "adverts/intake.h"
#include "base/json_scan.h"
#include "cases/record.h"
#include "store/advert_rows.h"
#include "store/case_rows.h"
#include "store/showing_rows.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world {
    struct fixture f;
    struct advert_rules *rules;
    struct advert_ids *ids;
    struct arena arena;
    struct field_errors errors;
    struct err err;
    int64_t now_usec;
};

static int start(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    fixture_start(&w->f);
    arena_init(&w->arena, 256u << 20);
    field_errors_init(&w->errors, &w->arena);
    w->now_usec = fixture_moment(&w->f, "2026-03-02T10:00:00+05:00");
    assert_int_equal(advert_rules_new(w->f.office.catalogue, NULL, &w->rules, &w->err), 0);
    assert_int_equal(advert_ids_new(&w->f.office, &w->ids, &w->err), 0);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;

    advert_ids_free(w->ids);
    advert_rules_free(w->rules);
    arena_done(&w->arena);
    fixture_end(&w->f);
    free(w);
    return 0;
}

static int32_t day_of(const struct world *w)
{
    return zone_day_of(&w->f.office.catalogue->calendar->zone, w->now_usec);
}

static struct tx *read_begin(struct world *w)
{
    struct tx *tx;

    assert_int_equal(store_read_begin(w->f.store, &tx, &w->err), 0);
    return tx;
}

static void follow(struct world *w)
{
    struct tx *tx = read_begin(w);

    assert_int_equal(advert_ids_follow(w->ids, tx, &w->err), 0);
    store_read_end(tx);
}

/* One advertisement as JSON; `more` goes in front of the end. */
static char *one(struct world *w, const char *own, const char *until, const char *text, const char *more)
{
    return arena_printf(&w->arena,
                        "{\"id\":\"%s\",\"kind\":\"other\",\"format\":\"text\",\"language\":\"kk\",\"text\":\"%s\","
                        "\"mark\":{\"text\":\"Жарнама\",\"place\":\"first_line\"},\"account\":{\"name\":\"Дүкен\"},"
                        "\"advertiser\":{\"name\":\"Дүкен\"},\"payer\":{\"name\":\"Дүкен\"},"
                        "\"published\":true,\"period\":{\"from\":\"2026-03-01\"%s}%s}",
                        own, text, until != NULL ? arena_printf(&w->arena, ",\"until\":\"%s\"", until) : "", more);
}

struct call {
    struct world *w;
    struct intake intake;
    int64_t serial, version, leaf;
};

static int call_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct call *call = command->arg;
    struct world *w = call->w;

    if (call->serial != 0)
        return advert_change(tx, &w->f.office, call->serial, call->version, call->intake.adverts, &w->f.service,
                             w->now_usec, &call->leaf, err);
    return adverts_keep(tx, &w->f.office, call->intake.adverts, call->intake.count, &w->f.service, w->now_usec,
                        &call->leaf, err);
}

static int read_body(struct world *w, bool lines, const char *text, const char *id, int64_t version, struct intake *ret)
{
    struct intake_rules rules = {.rules = w->rules,
                                 .known = id == NULL ? w->ids : NULL,
                                 .today = day_of(w),
                                 .now_usec = w->now_usec,
                                 .id = id,
                                 .version = version};

    field_errors_init(&w->errors, &w->arena);
    return intake_read(&rules, lines, arena_strdup(&w->arena, text), strlen(text), &w->arena, ret, &w->errors, &w->err);
}

static struct call keep(struct world *w, bool lines, const char *text)
{
    struct call call = {.w = w};

    if (read_body(w, lines, text, NULL, 0, &call.intake) < 0)
        fail_msg("%s %s: %s %s", w->err.code, w->err.arg, w->errors.count > 0 ? w->errors.items[0].field : "",
                 w->errors.count > 0 ? w->errors.items[0].code : "");
    assert_int_equal(store_write(w->f.store, call_run, &call, &w->err), 0);
    return call;
}

static int change(struct world *w, const struct advert_kept *kept, int64_t version, const char *text)
{
    struct call call = {.w = w, .serial = kept->serial, .version = version};

    assert_int_equal(read_body(w, false, text, kept->id, version + 1, &call.intake), 0);
    return store_write(w->f.store, call_run, &call, &w->err);
}

static struct advert_kept get(struct world *w, int64_t serial, int version)
{
    struct advert_kept kept;
    struct tx *tx = read_begin(w);

    assert_int_equal(advert_get(tx, NULL, serial, version, &w->arena, &kept, &w->err), 0);
    store_read_end(tx);
    return kept;
}

static int verify(struct world *w, struct advert_report *ret)
{
    struct advert_verification *work;
    struct verify_report cases;
    struct tx *tx = read_begin(w);
    int r;

    assert_int_equal(advert_verification_new(&work, &w->err), 0);
    r = office_verify_with(tx, &w->f.office, advert_verification_event, work, &cases, &w->err);
    if (r == 0)
        r = advert_verification_end(tx, work, ret, &w->err);
    advert_verification_free(work);
    store_read_end(tx);
    return r;
}

static void assert_whole(struct world *w, int64_t adverts, int64_t versions, int64_t removed)
{
    struct advert_report report = {0};

    if (verify(w, &report) < 0)
        fail_msg("%s %s %s", w->err.code, w->err.arg, w->err.detail);
    assert_int_equal(report.adverts, adverts);
    assert_int_equal(report.versions, versions);
    assert_int_equal(report.removed, removed);
}

static void test_kept_together(void **state)
{
    struct world *w = *state;
    struct call first = keep(w, false, one(w, "a", "2026-03-31", "Жарнама", ""));
    struct call call = keep(w, true,
                            arena_printf(&w->arena, "%s\r\n\n%s\n%s", one(w, "b", NULL, "Жарнама", ""),
                                         one(w, "c", "2026-03-02", "Жарнама", ""), one(w, "d", NULL, "Жарнама", "")));
    struct advert_kept kept;

    assert_true(first.intake.alone);
    assert_int_equal(first.intake.adverts[0].serial, 1);
    assert_int_equal(call.intake.count, 3);
    assert_int_equal(call.intake.adverts[2].serial, 4);
    kept = get(w, 3, 0);
    assert_string_equal(kept.own_id, "c");
    assert_string_equal(kept.id, call.intake.adverts[1].id);
    assert_int_equal(kept.last_day, day_of(w));
    assert_int_equal(kept.version_place, 1);
    assert_int_equal(kept.first_day, INT32_MIN);
    assert_int_equal(get(w, 2, 0).last_day, ADVERT_DAY_OPEN);
    assert_int_equal(advert_last_day(&(struct advert_kept){.last_day = ADVERT_DAY_OPEN}, 20000), 20000);
    assert_whole(w, 4, 4, 0);
}

static void test_ids_follow(void **state)
{
    struct world *w = *state;
    int64_t last = 0;
    struct buf text;
    struct call call;
    int32_t day;

    assert_int_equal(advert_ids_find(w->ids, "n-0", 3), -1);
    buf_init(&text, 16 << 20);
    for (int i = 0; i < 3000; i++) {
        char own[16];

        snprintf(own, sizeof(own), "n-%d", i);
        buf_puts(&text, one(w, own, NULL, "Жарнама", ""));
        buf_putc(&text, '\n');
    }
    call = keep(w, true, text.data);
    buf_done(&text);
    follow(w);
    for (int i = 0; i < 3000; i++) {
        const struct advert_new *made = &call.intake.adverts[i];

        assert_int_equal(advert_ids_find(w->ids, made->own_id, strlen(made->own_id)), i + 1);
        assert_int_equal(advert_ids_find_placed(w->ids, made->id, strlen(made->id), &day), i + 1);
        assert_int_equal(day, day_of(w));
        last = made->serial;
    }
    assert_int_equal(last, 3000);
    assert_int_equal(advert_ids_find(w->ids, "n-3000", 6), -1);
    /* A new start finds the same. */
    advert_ids_free(w->ids);
    assert_int_equal(advert_ids_new(&w->f.office, &w->ids, &w->err), 0);
    assert_int_equal(advert_ids_find(w->ids, "n-2999", 6), 3000);
}

static void refused(struct world *w, bool lines, const char *text, const char *field, const char *code)
{
    const struct field_error *found;
    struct intake intake;

    assert_int_equal(read_body(w, lines, text, NULL, 0, &intake), -ERR_BAD_INPUT);
    assert_string_equal(w->err.code, "fields_refused");
    found = field_errors_find(&w->errors, field);
    if (found == NULL)
        fail_msg("nothing beside %s but %s %s", field, w->errors.items[0].field, w->errors.items[0].code);
    assert_string_equal(found->code, code);
}

static void test_refused(void **state)
{
    struct world *w = *state;
    const char *a = one(w, "a", NULL, "Жарнама", "");
    struct intake intake;

    refused(w, true, arena_printf(&w->arena, "%s\n{]\n", a), "lines.2", "json_malformed");
    refused(w, true, arena_printf(&w->arena, "%s\n\n%s\n", a, a), "lines.3.id", "advert_known");
    refused(w, false, arena_printf(&w->arena, "{\"ads\":[%s,%s]}", a, a), "ads.1.id", "advert_known");
    refused(w, false, arena_printf(&w->arena, "{\"ads\":[%s],\"viewer\":\"x\"}", a), "viewer", "viewer_refused");
    refused(w, false, one(w, "a", NULL, "Жарнама", ",\"viewer\":\"x\""), "viewer", "viewer_refused");
    refused(w, false, one(w, "a", NULL, "Жарнама", ",\"weather\":\"x\""), "weather", "unknown_field");
    refused(w, false, "{\"ads\":7}", "ads", "wrong_type");
    assert_int_equal(read_body(w, false, "{\"ads\":[]}", NULL, 0, &intake), -ERR_BAD_INPUT);
    assert_string_equal(w->err.code, "adverts_none");
    assert_int_equal(read_body(w, true, "\n\n", NULL, 0, &intake), -ERR_BAD_INPUT);
    assert_string_equal(w->err.code, "adverts_none");
    assert_int_equal(read_body(w, false, "{", NULL, 0, &intake), -ERR_MALFORMED);
    keep(w, false, a);
    follow(w);
    refused(w, false, a, "id", "advert_known");
    w->now_usec = fixture_moment(&w->f, "2027-03-03T10:00:00+05:00");
    refused(w, false, one(w, "b", "2026-03-02", "Жарнама", ""), "period.until", "advert_too_old");
    w->now_usec -= USEC_PER_DAY;
    assert_int_equal(read_body(w, false, one(w, "b", "2026-03-02", "Жарнама", ""), NULL, 0, &intake), 0);
}

/* Two at once that do not know of one another: the second is refused whole under the writer's turn. */
static void test_known_meanwhile(void **state)
{
    struct world *w = *state;
    struct call call = {.w = w};

    assert_int_equal(
        read_body(w, true,
                  arena_printf(&w->arena, "%s\n%s", one(w, "x", NULL, "Жарнама", ""), one(w, "a", NULL, "Жарнама", "")),
                  NULL, 0, &call.intake),
        0);
    keep(w, false, one(w, "a", NULL, "Жарнама", ""));
    assert_int_equal(store_write(w->f.store, call_run, &call, &w->err), -ERR_CONFLICT);
    assert_string_equal(w->err.code, "advert_known");
    assert_string_equal(w->err.arg, "a");
    assert_whole(w, 1, 1, 0);
}

static const char *many(struct world *w, const char *last, int at, int count)
{
    const char *text = "";

    for (int i = 0; i < count; i++) {
        const char *own = i == at ? last : arena_printf(&w->arena, "%s-%d", last, i);

        text = arena_printf(&w->arena, "%s%s\n", text, one(w, own, NULL, arena_printf(&w->arena, "Жарнама %d", i), ""));
    }
    return text;
}

/* More than go into one statement, and a rest: each keeps its own text, and one that is known undoes all. */
static void test_many_together(void **state)
{
    static const int places[] = {0, 5, 15, 16, 31, 32, 38};
    struct world *w = *state;
    struct call call = keep(w, true, many(w, "m", 3, 39));

    for (int i = 0; i < 39; i++) {
        struct advert_kept kept = get(w, 1 + i, 0);

        assert_string_equal(kept.id, call.intake.adverts[i].id);
        assert_string_equal(kept.own_id, call.intake.adverts[i].own_id);
        assert_int_equal(kept.version_place, i);
        assert_memory_equal(&kept.hash, &call.intake.adverts[i].hash, sizeof(kept.hash));
        assert_non_null(strstr(kept.json, arena_printf(&w->arena, "Жарнама %d\"", i)));
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *own = arena_printf(&w->arena, "known%zu", i);
        struct call late = {.w = w};

        assert_int_equal(read_body(w, true, many(w, own, places[i], 39), NULL, 0, &late.intake), 0);
        keep(w, false, one(w, own, NULL, "Жарнама", ""));
        assert_int_equal(store_write(w->f.store, call_run, &late, &w->err), -ERR_CONFLICT);
        assert_string_equal(w->err.code, "advert_known");
        assert_string_equal(w->err.arg, own);
    }
    assert_whole(w, 39 + (int)(sizeof(places) / sizeof(places[0])), 39 + (int)(sizeof(places) / sizeof(places[0])), 0);
}

static void test_versions(void **state)
{
    struct world *w = *state;
    struct advert_kept kept, old;

    keep(w, false, one(w, "a", "2026-06-30", "Жарнама: бірінші", ""));
    kept = get(w, 1, 0);
    w->now_usec += 10 * USEC_PER_DAY;
    assert_int_equal(change(w, &kept, 1, one(w, "a", "2026-03-05", "Жарнама: екінші", "")), 0);
    old = get(w, 1, 1);
    kept = get(w, 1, 0);
    assert_non_null(strstr(old.json, "бірінші"));
    assert_non_null(strstr(kept.json, "екінші"));
    assert_int_equal(old.version, 2);
    assert_int_equal(kept.json_version, 2);
    /* It was being placed until it was changed: the year does not run from before. */
    assert_int_equal(kept.last_day, day_of(w));
    assert_int_equal(change(w, &kept, 1, one(w, "a", NULL, "Жарнама", "")), -ERR_STALE);
    assert_string_equal(w->err.code, "advert_changed");
    assert_int_equal(change(w, &kept, 2, one(w, "other", NULL, "Жарнама", "")), -ERR_CONFLICT);
    assert_string_equal(w->err.code, "advert_own_id_fixed");
    assert_whole(w, 1, 2, 0);
}

static void test_proof(void **state)
{
    struct world *w = *state;

    keep(w, true,
         arena_printf(&w->arena, "%s\n%s\n%s\n%s\n%s", one(w, "a", NULL, "Жарнама", ""),
                      one(w, "b", NULL, "Жарнама", ""), one(w, "c", NULL, "Жарнама", ""),
                      one(w, "d", NULL, "Жарнама", ""), one(w, "e", NULL, "Жарнама", "")));
    struct advert_kept kept = get(w, 2, 0);

    assert_int_equal(change(w, &kept, 1, one(w, "b", NULL, "Жарнама: екінші", "")), 0);
    for (int64_t serial = 1; serial <= 5; serial++)
        for (int version = 1; version <= (serial == 2 ? 2 : 1); version++) {
            struct tx *tx = read_begin(w);
            struct hash path[MERKLE_PATH_MAX], leaf, root;
            json_t *proof, *item;
            const char *text;
            size_t i;

            assert_int_equal(advert_proof(tx, &w->f.office, serial, version, &w->arena, &proof, &w->err), 0);
            store_read_end(tx);
            text = json_string_value(json_object_get(proof, "text"));
            leaf = merkle_leaf(text, strlen(text));
            json_array_foreach(json_object_get(proof, "path"), i, item)
                assert_true(hex_decode(json_string_value(item), path[i].bytes, SHA256_BYTES));
            assert_true(hex_decode(json_string_value(json_object_get(proof, "root")), root.bytes, SHA256_BYTES));
            assert_true(merkle_verify_inclusion(json_integer_value(json_object_get(proof, "place")),
                                                json_integer_value(json_object_get(proof, "count")), &leaf, path,
                                                json_array_size(json_object_get(proof, "path")), &root));
            assert_non_null(strstr(json_string_value(json_object_get(proof, "event")),
                                   json_string_value(json_object_get(proof, "root"))));
            json_decref(proof);
        }
}

/* --- A year later --------------------------------------------------------------------------------------------------
 */

static void test_year(void **state)
{
    static const char *const years[][2] = {{"2026-03-02", "2027-03-02"},
                                           {"2027-02-28", "2028-02-28"},
                                           {"2028-02-29", "2029-03-01"},
                                           {"2026-12-31", "2027-12-31"}};
    (void)state;

    for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
        struct date from, until;

        assert_true(date_parse(years[i][0], &from));
        assert_true(date_parse(years[i][1], &until));
        assert_int_equal(advert_kept_until(day_from_date(from)), day_from_date(until));
    }
    assert_int_equal(advert_kept_until(ADVERT_DAY_OPEN), ADVERT_DAY_OPEN);
}

static size_t remove_at(struct world *w, const char *moment)
{
    size_t count = 77;

    w->now_usec = fixture_moment(&w->f, moment);
    if (adverts_remove_pass(&w->f.office, w->now_usec, &count, &w->err) < 0)
        fail_msg("%s %s %s", w->err.code, w->err.arg, w->err.detail);
    return count;
}

struct showing_write {
    int64_t serial, now_usec;
    int32_t day;
    bool stands;
};

static int show_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct showing_write *write = command->arg;
    struct showing_row row = {.advert = write->serial, .day = write->day, .count = 5};
    int r = store_showing_advert(tx, write->serial, 5, write->day, write->day, write->now_usec, &write->stands, err);

    return r < 0 || !write->stands ? r : store_showing_add(tx, &row, 1, err);
}

static bool show(struct world *w, int64_t serial)
{
    struct showing_write write = {.serial = serial, .now_usec = w->now_usec, .day = day_of(w)};

    assert_int_equal(store_write(w->f.store, show_run, &write, &w->err), 0);
    return write.stands;
}

static void test_removed(void **state)
{
    struct world *w = *state;
    const char *hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    struct case_filter filter = {.procedure = "advert_removal",
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE};
    struct advert_kept kept;
    int64_t cases = 0;
    struct tx *tx;

    keep(w, true,
         arena_printf(&w->arena, "%s\n%s\n%s",
                      one(w, "a", "2026-03-02", "Жарнама: сырқырауық",
                          ",\"media\":[{\"hash\":\"9f86d081884c7d659a2feaa0"
                          "c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"}]"),
                      one(w, "b", NULL, "Жарнама: ашық", ""), one(w, "c", "2026-03-02", "Жарнама: көрсетілген", "")));
    w->now_usec += 30 * USEC_PER_DAY;
    assert_true(show(w, 3));
    assert_int_equal(remove_at(w, "2027-03-02T23:59:59+05:00"), 0);
    assert_non_null(get(w, 1, 0).json);
    assert_int_equal(remove_at(w, "2027-03-03T00:00:00+05:00"), 1);
    kept = get(w, 1, 0);
    assert_null(kept.json);
    assert_null(kept.own_id);
    assert_int_equal(kept.removed_usec, w->now_usec);
    assert_non_null(get(w, 2, 0).json);
    assert_non_null(get(w, 3, 0).json);
    assert_int_equal(remove_at(w, "2027-04-01T10:00:00+05:00"), 0);
    assert_int_equal(remove_at(w, "2027-04-02T10:00:00+05:00"), 1);
    assert_int_equal(get(w, 3, 0).shown, 0);
    assert_int_equal(remove_at(w, "2037-04-03T10:00:00+05:00"), 0); /* without an end it is being placed */
    assert_false(show(w, 1));
    follow(w);
    assert_int_equal(advert_ids_find(w->ids, "a", 1), -1);
    assert_int_equal(advert_ids_find(w->ids, kept.id, strlen(kept.id)), -1);
    assert_int_equal(advert_ids_find(w->ids, "b", 1), 2);
    tx = read_begin(w);
    assert_int_equal(store_case_count(tx, &filter, &cases, &w->err), 0);
    assert_int_equal(cases, 2);
    struct hash medium;
    bool named = true;
    assert_true(hex_decode(hash, medium.bytes, SHA256_BYTES));
    assert_int_equal(store_advert_media_named(tx, &medium, &named, &w->err), 0);
    assert_false(named);
    store_read_end(tx);
    assert_int_equal(change(w, &kept, 1, one(w, "a", NULL, "Жарнама", "")), -ERR_CONFLICT);
    assert_string_equal(w->err.code, "advert_removed");
    /* Its own id is free again. */
    keep(w, false, one(w, "a", NULL, "Жарнама: жаңа", ""));
    follow(w);
    assert_int_equal(advert_ids_find(w->ids, "a", 1), 4);
    assert_whole(w, 4, 4, 2);
}

/* A thousand a case, each in a transaction of its own. */
static void test_removed_by_thousands(void **state)
{
    struct world *w = *state;
    struct buf text;

    buf_init(&text, 16 << 20);
    for (int i = 0; i < 1500; i++) {
        char own[16];

        snprintf(own, sizeof(own), "n-%d", i);
        buf_puts(&text, one(w, own, "2026-03-02", "Жарнама", ""));
        buf_putc(&text, '\n');
    }
    keep(w, true, text.data);
    buf_done(&text);
    assert_int_equal(remove_at(w, "2027-03-03T00:00:00+05:00"), 1000);
    assert_int_equal(remove_at(w, "2027-03-03T00:00:01+05:00"), 500);
    assert_int_equal(remove_at(w, "2027-03-03T00:00:02+05:00"), 0);
    assert_whole(w, 1500, 1500, 1500);
}

/* --- Tampering -----------------------------------------------------------------------------------------------------
 */

static void test_tampering(void **state)
{
    static const char *const sql[] = {
        "UPDATE advert_version SET json = replace(json, 'бірінші', 'үшінші') WHERE advert = 1",
        "UPDATE advert_version SET hash = zeroblob(32) WHERE advert = 2",
        "UPDATE advert_version SET json = NULL WHERE advert = 1",
        "UPDATE advert SET removed_usec = 5 WHERE serial = 1",
        "UPDATE advert SET version = 1 WHERE serial = 1",
        "UPDATE advert SET shown = 7 WHERE serial = 1",
        "UPDATE advert SET id = '01000000-0000-7000-8000-000000000000' WHERE serial = 2",
        "PRAGMA foreign_keys = OFF; DELETE FROM advert_version WHERE advert = 2; DELETE FROM advert WHERE serial = 2",
        "DELETE FROM advert_version WHERE advert = 1 AND version = 2",
        "INSERT INTO advert_media VALUES (zeroblob(32), 'image/png', 1, x'00', 5)",
        "UPDATE advert SET leaf = leaf + 1 WHERE serial = 2",
        "UPDATE advert SET own_id = 'another' WHERE serial = 2",
        "UPDATE advert SET own_id = NULL WHERE serial = 1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
        struct advert_report report;
        struct advert_kept kept;
        struct world *w;
        void *its;

        start(&its);
        w = its;
        keep(w, true,
             arena_printf(&w->arena, "%s\n%s", one(w, "a", NULL, "Жарнама: бірінші", ""),
                          one(w, "b", NULL, "Жарнама", "")));
        kept = get(w, 1, 0);
        assert_int_equal(change(w, &kept, 1, one(w, "a", NULL, "Жарнама: екінші", "")), 0);
        assert_whole(w, 2, 3, 0);
        fixture_sql(&w->f, sql[i]);
        if (verify(w, &report) == 0)
            fail_msg("not found: %s", sql[i]);
        assert_string_equal(w->err.code, "store_damaged");
        stop(&its);
    }
}

/* Of what is removed the id alone is left: it is the one that the event names. */
static void test_tampering_with_what_is_removed(void **state)
{
    struct world *w = *state;
    struct advert_report report;

    keep(w, true, arena_printf(&w->arena, "%s", one(w, "a", "2026-03-02", "Жарнама", "")));
    assert_int_equal(remove_at(w, "2027-03-03T00:00:00+05:00"), 1);
    assert_whole(w, 1, 1, 1);
    fixture_sql(&w->f, "UPDATE advert SET id = '01000000-0000-7000-8000-000000000000' WHERE serial = 1");
    assert_int_equal(verify(w, &report), -ERR_DAMAGED);
    assert_string_equal(w->err.arg, "advert 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept_together, start, stop),
        cmocka_unit_test_setup_teardown(test_ids_follow, start, stop),
        cmocka_unit_test_setup_teardown(test_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_known_meanwhile, start, stop),
        cmocka_unit_test_setup_teardown(test_many_together, start, stop),
        cmocka_unit_test_setup_teardown(test_versions, start, stop),
        cmocka_unit_test_setup_teardown(test_proof, start, stop),
        cmocka_unit_test(test_year),
        cmocka_unit_test_setup_teardown(test_removed, start, stop),
        cmocka_unit_test_setup_teardown(test_removed_by_thousands, start, stop),
        cmocka_unit_test(test_tampering),
        cmocka_unit_test_setup_teardown(test_tampering_with_what_is_removed, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
