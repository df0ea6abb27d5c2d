/* Both passes of the verification: the ledger's events of people summed up, then people one by one; and what belongs to
 * nobody in particular: the operator's registers, texts, copies of the store. */
#include "persons/verify.h"
#include "cases/record.h"
#include "persons/verify_parts.h"
#include "store/kept_rows.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERSON_LIMIT (256u << 20)
#define PEOPLE_PAGE 256

struct replay {
    const struct office *office;
    json_t *entries; /* "kind id version" → {number, from_usec, retired, entry, leaf} */
    json_t *backups; /* id → {at_usec, kept_until_usec, removed_usec} */
    uint64_t sum;
    int64_t events;
};

int persons_damaged(struct err *err, const char *why, const char *fmt, ...)
{
    char arg[120];
    va_list args;

    va_start(args, fmt);
    vsnprintf(arg, sizeof(arg), fmt, args);
    va_end(args);
    err_set(err, ERR_DAMAGED, "store_damaged", "%s", arg);
    return err == NULL ? -ERR_DAMAGED : err_detail(err, "%s: %s", arg, why);
}

/* FNV-1a over the id, then the finisher of splitmix64 over it and the leaf. */
uint64_t event_mix(int64_t leaf, const char *subject_id)
{
    uint64_t x = UINT64_C(14695981039346656037);

    for (const char *at = subject_id; *at != '\0'; at++)
        x = (x ^ (unsigned char)*at) * UINT64_C(1099511628211);
    x += (uint64_t)leaf * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void replay_free(struct replay *replay)
{
    if (replay == NULL)
        return;
    json_decref(replay->entries);
    json_decref(replay->backups);
    free(replay);
}

static int replay_new(const struct office *office, struct replay **ret, struct err *err)
{
    struct replay *replay = calloc(1, sizeof(*replay));

    if (replay == NULL)
        return err_memory(err);
    *replay = (struct replay){.office = office, .entries = json_object(), .backups = json_object()};
    if (replay->entries == NULL || replay->backups == NULL) {
        replay_free(replay);
        return err_memory(err);
    }
    *ret = replay;
    return 0;
}

/* --- The first pass ------------------------------------------------------------------------------------------------
 */

static bool is_of_person(const char *kind)
{
    static const char *const kinds[] = {"person.",    "consent.",     "data.",      "hold.",
                                        "retention.", "destruction.", "objection.", NULL};

    for (size_t i = 0; kinds[i] != NULL; i++)
        if (strncmp(kind, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

static int kept_event(struct replay *replay, const struct event_row *row, const json_t *body, struct err *err)
{
    bool retired = strcmp(row->kind, "kept.retired") == 0;
    const char *kind = json_string_value(json_object_get(body, "entry_kind"));
    const char *id = json_string_value(json_object_get(body, "id"));
    json_int_t version = json_integer_value(json_object_get(body, "version"));
    const json_t *entry = json_object_get(body, "entry");
    char key[160], before[160];
    json_t *value;

    if (kind == NULL || id == NULL)
        return persons_damaged(err, "an entry without a name", "event %lld", (long long)row->leaf);
    snprintf(key, sizeof(key), "%s %s %lld", kind, id, (long long)version);
    snprintf(before, sizeof(before), "%s %s %lld", kind, id, (long long)version - 1);
    if (retired) /* what it held before */
        entry = json_object_get(json_object_get(replay->entries, before), "entry");
    value = json_pack("{s:O, s:I, s:b, s:I, s:O}", "number", json_object_get(body, "number"), "from_usec",
                      (json_int_t)row->at_usec, "retired", (int)retired, "leaf", (json_int_t)row->leaf, "entry", entry);
    return json_object_set_new(replay->entries, key, value) == 0 ? 0 : err_memory(err);
}

static int backup_event(struct replay *replay, const struct event_row *row, const json_t *body, struct err *err)
{
    const char *id = json_string_value(json_object_get(body, "backup"));
    json_t *known = id != NULL ? json_object_get(replay->backups, id) : NULL;

    if (id == NULL)
        return persons_damaged(err, "a backup without a name", "event %lld", (long long)row->leaf);
    if (strcmp(row->kind, "backup.made") == 0)
        return json_object_set_new(replay->backups, id,
                                   json_pack("{s:I, s:O}", "at_usec", (json_int_t)row->at_usec, "kept_until_usec",
                                             json_object_get(body, "kept_until_usec"))) == 0
                   ? 0
                   : err_memory(err);
    if (known == NULL)
        return persons_damaged(err, "gone, and never made", "backup %s", id);
    return json_object_set_new(known, "removed_usec", json_integer(row->at_usec)) == 0 ? 0 : err_memory(err);
}

static int replay_event(struct replay *replay, const struct event_row *row, struct err *err)
{
    bool kept = strncmp(row->kind, "kept.", 5) == 0, backup = strncmp(row->kind, "backup.", 7) == 0;
    CLEANUP_JSON json_t *body = NULL;
    const char *subject_id;
    int r;

    if (!kept && !backup && !is_of_person(row->kind))
        return 0;
    r = stored_json_parse(row->body, row->body_len, "the body of an event", &body, err);
    if (r < 0)
        return r;
    if (kept)
        return kept_event(replay, row, body, err);
    if (backup)
        return backup_event(replay, row, body, err);
    subject_id = json_string_value(json_object_get(body, "subject_id"));
    if (subject_id == NULL)
        return persons_damaged(err, "of nobody", "event %lld", (long long)row->leaf);
    replay->sum += event_mix(row->leaf, subject_id);
    replay->events++;
    return 0;
}

/* --- What is nobody's ----------------------------------------------------------------------------------------------
 */

static bool entry_same(const struct kept_row *row, const json_t *said)
{
    CLEANUP_JSON json_t *json = NULL;
    CLEANUP_BUF struct buf text = {0};

    buf_init(&text, BODY_LIMIT);
    return said != NULL && json_parse(row->json, strlen(row->json), &json, NULL) == 0 &&
           json_canonical(json, &text, NULL) == 0 && strcmp(text.data, row->json) == 0 &&
           json_equal(json, json_object_get(said, "entry")) == 1 &&
           json_integer_value(json_object_get(said, "number")) == row->number &&
           json_integer_value(json_object_get(said, "from_usec")) == row->from_usec &&
           json_is_true(json_object_get(said, "retired")) == row->retired &&
           json_integer_value(json_object_get(said, "leaf")) == row->leaf;
}

static int check_kept(struct tx *tx, const struct replay *replay, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct kept_row *rows;
    size_t count;
    int r;

    arena_init(&arena, PERSON_LIMIT);
    r = store_kept_list(tx, &arena, &rows, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        char key[160];

        snprintf(key, sizeof(key), "%s %s %lld", rows[i].kind, rows[i].id, (long long)rows[i].version);
        if (!entry_same(&rows[i], json_object_get(replay->entries, key)))
            return persons_damaged(err, "not as the ledger says", "entry %s %s", rows[i].kind, rows[i].id);
    }
    return count == json_object_size(replay->entries) ? 0 : persons_damaged(err, "some are missing", "entry");
}

static int check_backups(struct tx *tx, const struct replay *replay, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct backup_row *rows;
    size_t count, standing = 0;
    const char *id;
    json_t *said;
    int r;

    arena_init(&arena, PERSON_LIMIT);
    r = store_backup_rows(tx, INT64_MAX, &arena, &rows, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        said = json_object_get(replay->backups, rows[i].id);
        if (said == NULL || json_object_get(said, "removed_usec") != NULL ||
            json_integer_value(json_object_get(said, "at_usec")) != rows[i].at_usec ||
            json_integer_value(json_object_get(said, "kept_until_usec")) != rows[i].kept_until_usec)
            return persons_damaged(err, "not as the ledger says", "backup %s", rows[i].id);
    }
    json_object_foreach(replay->backups, id, said) standing += json_object_get(said, "removed_usec") == NULL;
    return count == standing ? 0 : persons_damaged(err, "some are missing", "backup");
}

/* --- The second pass -----------------------------------------------------------------------------------------------
 */

struct page {
    struct person_row rows[PEOPLE_PAGE];
    char subject_ids[PEOPLE_PAGE][ID_TEXT], ids[PEOPLE_PAGE][68];
    size_t count;
};

static int into_page(const struct person_row *row, void *arg, struct err *err)
{
    struct page *page = arg;
    struct person_row *copy = &page->rows[page->count];

    (void)err;
    *copy = *row;
    snprintf(page->subject_ids[page->count], ID_TEXT, "%s", row->subject_id);
    copy->subject_id = page->subject_ids[page->count];
    if (row->id != NULL) {
        snprintf(page->ids[page->count], sizeof(page->ids[0]), "%s", row->id);
        copy->id = page->ids[page->count];
    }
    page->count++;
    return 0;
}

static int check_people(struct person_verification *work, struct err *err)
{
    struct page *page = calloc(1, sizeof(*page));
    int64_t people, from = 1;
    int r = page != NULL ? store_person_count(work->tx, &people, err) : err_memory(err);

    for (; r == 0 && from <= people; from += PEOPLE_PAGE) {
        page->count = 0;
        r = store_person_scan(work->tx, from, from + PEOPLE_PAGE, into_page, page, err);
        for (size_t i = 0; r == 0 && i < page->count; i++) {
            if (page->rows[i].serial != from + (int64_t)i)
                r = persons_damaged(err, "a number is missing", "person %lld", (long long)(from + (int64_t)i));
            if (r == 0)
                r = verify_person(work, &page->rows[i], err);
        }
        if (r == 0 && (int64_t)page->count < PEOPLE_PAGE && from + (int64_t)page->count <= people)
            r = persons_damaged(err, "a number is missing", "person %lld", (long long)(from + (int64_t)page->count));
    }
    free(page);
    return r;
}

static int replay_report(struct tx *tx, struct replay *replay, struct persons_report *ret, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct person_verification *work = calloc(1, sizeof(*work));
    int r = work != NULL ? check_kept(tx, replay, err) : err_memory(err);

    arena_init(&arena, PERSON_LIMIT);
    if (r == 0)
        r = check_backups(tx, replay, err);
    if (r == 0) {
        *work = (struct person_verification){.tx = tx, .office = replay->office, .arena = &arena, .last_added = -1};
        r = kept_load(tx, replay->office, &work->kept, err);
    }
    if (r == 0)
        r = check_people(work, err);
    if (r == 0 && (work->sum != replay->sum || work->events != replay->events))
        r = persons_damaged(err, "an event is nobody's, or somebody else's", "events of people");
    if (r == 0)
        *ret = work->report;
    if (work != NULL)
        kept_unref(work->kept);
    free(work);
    return r;
}

struct watching {
    struct replay *replay;
    const struct verify_also *also;
    size_t also_count;
};

static int one_event(const struct event_row *row, void *arg, struct err *err)
{
    struct watching *watching = arg;
    int r = replay_event(watching->replay, row, err);

    for (size_t i = 0; r == 0 && i < watching->also_count; i++)
        r = watching->also[i].event(row, watching->also[i].arg, err);
    return r;
}

int persons_verify(struct tx *tx, const struct office *office, struct verify_report *ret_office,
                   struct persons_report *ret, struct err *err)
{
    return persons_verify_with(tx, office, NULL, 0, ret_office, ret, err);
}

int persons_verify_with(struct tx *tx, const struct office *office, const struct verify_also *also, size_t also_count,
                        struct verify_report *ret_office, struct persons_report *ret, struct err *err)
{
    struct watching watching = {.also = also, .also_count = also_count};
    struct verify_report report;
    struct replay *replay;
    int r = replay_new(office, &replay, err);

    if (r < 0)
        return r;
    watching.replay = replay;
    r = office_verify_with(tx, office, one_event, &watching, &report, err);
    if (r == 0)
        r = replay_report(tx, replay, ret, err);
    if (r == 0)
        *ret_office = report;
    replay_free(replay);
    return r;
}
