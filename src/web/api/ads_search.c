/* GET /v1/ads: the library of advertisements, searched. GET /v1/ads/archive: the same under the names that tools for
 * archives of advertising know; of those names only what is truly kept here. */
#include "adverts/library.h"
#include "web/api/ads.h"
#include "web/api/api.h"
#include "web/library_ask.h"
#include <stdio.h>
#include <string.h>

#define LIMIT_MAX 500

/* The place of a word among those of `words`, one blank between; -1. */
static int place_of(const char *words, const char *word)
{
    size_t len = strlen(word);
    int place = 0;
    for (const char *at = words; len > 0; place++) {
        size_t count = strcspn(at, " ");
        if (count == len && strncmp(at, word, len) == 0)
            return place;
        if (at[count] == '\0')
            break;
        at += count + 1;
    }
    return -1;
}

static int query_choice(struct request *request, const char *name, const char *words, int *ret, struct err *err)
{
    const char *text = request_query(request, name);
    if (text == NULL)
        return 0;
    int place = place_of(words, text);
    if (place < 0)
        return api_refuse(request, name, "not_an_option", err);
    *ret = place;
    return 0;
}

static int query_day(struct request *request, const char *name, int32_t *ret, struct err *err)
{
    const char *text = request_query(request, name);
    struct date date;
    if (text == NULL)
        return 0;
    if (!date_parse(text, &date))
        return api_refuse(request, name, "not_a_date", err);
    *ret = day_from_date(date);
    return 0;
}

/* The page's advertisements as they are kept; what was removed since is left out. */
static int page_of(struct request *request, const struct library_query *query, struct library_answer *answer,
                   struct advert_kept **ret, struct err *err)
{
    struct tx *tx;
    int r = library_ask(request, query, answer, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = adverts_get(tx, answer->serials, answer->found, &request->arena, ret, err);
    return r;
}

static int search_read(struct request *request, struct library_query *ret, struct err *err)
{
    int64_t limit = 50;
    int sort = SORT_NEWEST, kind = -1, format = -1;
    *ret = (struct library_query){.words = request_query(request, "q"),
                                  .advertiser = request_query(request, "advertiser"),
                                  .account = request_query(request, "account"),
                                  .payer = request_query(request, "payer"),
                                  .sponsor = request_query(request, "sponsor"),
                                  .criterion = request_query(request, "criterion"),
                                  .language = request_query(request, "language"),
                                  .from_day = INT32_MIN,
                                  .until_day = INT32_MAX,
                                  .cursor = request_query(request, "cursor")};
    int r = query_choice(request, "kind", "targeted sponsored other", &kind, err);
    if (r == 0)
        r = query_choice(request, "format", "text image sound video", &format, err);
    if (r == 0)
        r = query_choice(request, "sort", "newest oldest last_shown most_shown", &sort, err);
    if (r == 0)
        r = query_day(request, "from", &ret->from_day, err);
    if (r == 0)
        r = query_day(request, "until", &ret->until_day, err);
    if (r == 0)
        r = api_query_int(request, "limit", 1, LIMIT_MAX, &limit, err);
    ret->kind = kind;
    ret->format = format;
    ret->sort = (enum library_sort)sort;
    ret->limit = (size_t)limit;
    return r;
}

int api_ads_search(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct library_query query;
    struct library_answer answer;
    struct advert_kept *kept;
    int r = search_read(request, &query, err);
    if (r == 0)
        r = page_of(request, &query, &answer, &kept, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "ads");
    jo_open(out, '[');
    for (size_t i = 0; r == 0 && i < answer.found; i++)
        if (kept[i].json != NULL)
            r = ads_json_public(request, out, &kept[i], err);
    jo_close(out, ']');
    jo_int(out, "count", answer.count);
    jo_text(out, "cursor", answer.cursor);
    jo_bool(out, "preparing", answer.preparing);
    jo_close(out, '}');
    return r;
}

/* --- The archive's names ------------------------------------------------------------------------------------------ */

#define ARCHIVE_LISTED 20 /* values of one list */

/* A list as the archive's clients write it: ["a","b"], or a,b. */
static int list_read(struct request *request, const char *name, const char **ret, size_t *ret_count, struct err *err)
{
    const char *text = request_query(request, name);
    size_t count = 0;
    *ret_count = 0;
    if (text == NULL || text[0] == '\0')
        return 0;
    if (text[0] == '[') {
        CLEANUP_JSON json_t *list = NULL;
        struct err why;
        if (json_parse(text, strlen(text), &list, &why) < 0 || !json_is_array(list))
            return api_refuse(request, name, "wrong_type", err);
        for (; count < json_array_size(list); count++) {
            const char *value = json_string_value(json_array_get(list, count));
            if (value == NULL)
                return api_refuse(request, name, "wrong_type", err);
            if (count == ARCHIVE_LISTED)
                return api_refuse(request, name, "too_many", err);
            ret[count] = arena_strdup(&request->arena, value);
        }
    } else {
        for (const char *at = text; at != NULL; count++) {
            const char *end = strchr(at, ',');
            if (count == ARCHIVE_LISTED)
                return api_refuse(request, name, "too_many", err);
            ret[count] = arena_strndup(&request->arena, at, end == NULL ? strlen(at) : (size_t)(end - at));
            at = end == NULL ? NULL : end + 1;
        }
    }
    *ret_count = count;
    return request->arena.overflowed ? err_memory(err) : 0;
}

/* Adds field:"a"|field:"b" to the query's words. */
static int add_either(struct request *request, const char *name, const char *field, struct buf *words, struct err *err)
{
    const char *values[ARCHIVE_LISTED];
    size_t count;
    int r = list_read(request, name, values, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        buf_printf(words, "%s%s:\"", i == 0 ? " " : "|", field);
        for (const char *at = values[i]; *at != '\0'; at++)
            buf_putc(words, *at == '"' ? ' ' : *at);
        buf_putc(words, '"');
    }
    return r;
}

static int archive_words(struct request *request, struct buf *words, struct err *err)
{
    const char *terms = request_query(request, "search_terms");
    char today[11];
    int status = 0, phrase = 0;
    int r = query_choice(request, "ad_active_status", "ALL ACTIVE INACTIVE", &status, err);
    if (r == 0)
        r = query_choice(request, "search_type", "KEYWORD_UNORDERED", &phrase, err);
    if (r < 0)
        return r;
    buf_puts(words, terms == NULL ? "" : terms);
    date_format(date_from_day(zone_day_of(request_zone(request), request->now_usec)), today);
    if (status == 1)
        buf_printf(words, " after:%s before:%s", today, today);
    else if (status == 2)
        buf_printf(words, " -after:%s", today);
    r = add_either(request, "languages", "lang", words, err);
    if (r == 0)
        r = add_either(request, "search_page_ids", "account", words, err);
    if (r == 0)
        r = add_either(request, "bylines", "payer", words, err);
    if (r == 0 && words->failed)
        r = err_memory(err);
    return r;
}

static int archive_read(struct request *request, struct library_query *ret, struct err *err)
{
    CLEANUP_BUF struct buf words = {0};
    int64_t limit = 25;
    *ret = (struct library_query){.kind = -1,
                                  .format = -1,
                                  .from_day = INT32_MIN,
                                  .until_day = INT32_MAX,
                                  .cursor = request_query(request, "after")};
    buf_init(&words, (size_t)64 * 1024);
    int r = archive_words(request, &words, err);
    if (r == 0)
        r = query_day(request, "ad_delivery_date_min", &ret->from_day, err);
    if (r == 0)
        r = query_day(request, "ad_delivery_date_max", &ret->until_day, err);
    if (r == 0)
        r = api_query_int(request, "limit", 1, LIMIT_MAX, &limit, err);
    if (r == 0 && (ret->words = arena_strdup(&request->arena, words.data)) == NULL)
        r = err_memory(err);
    ret->limit = (size_t)limit;
    return r;
}

/* Is the member asked for? `fields` NULL: all are. */
static bool wants(const char *fields, const char *name)
{
    size_t len = strlen(name);
    if (fields == NULL || strcmp(name, "id") == 0)
        return true;
    for (const char *at = fields; *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
        at += strspn(at, " ");
        if (strncmp(at, name, len) == 0 && (at[len] == '\0' || at[len] == ',' || at[len] == ' '))
            return true;
    }
    return false;
}

static void write_day(struct buf *out, const char *fields, const char *name, int32_t day)
{
    if (wants(fields, name))
        jo_day(out, name, day);
}

/* Criteria that are places. */
static void write_locations(struct buf *out, const struct advert *advert)
{
    jo_key(out, "target_locations");
    jo_open(out, '[');
    for (int excluded = 0; excluded < 2; excluded++) {
        const struct advert_criterion *list = excluded ? advert->exclude : advert->include;
        size_t count = excluded ? advert->exclude_count : advert->include_count;
        for (size_t i = 0; i < count; i++) {
            if (place_of("location region city country", list[i].criterion) < 0 || list[i].value == NULL)
                continue;
            jo_open(out, '{');
            jo_text(out, "name", list[i].value);
            jo_text(out, "type", list[i].criterion);
            jo_bool(out, "excluded", excluded != 0);
            jo_close(out, '}');
        }
    }
    jo_close(out, ']');
}

static void write_ages(struct buf *out, const struct advert *advert)
{
    char text[16];
    jo_key(out, "target_ages");
    jo_open(out, '[');
    for (int i = 0; i < 2; i++) {
        int age = i == 0 ? advert->age_from : advert->age_until;
        snprintf(text, sizeof text, "%d", age);
        if (age >= 0)
            jo_put_text(out, text);
    }
    jo_close(out, ']');
}

static void write_payers(struct buf *out, const struct advert *advert)
{
    jo_key(out, "beneficiary_payers");
    jo_open(out, '[');
    if (advert->payer.name != NULL || advert->advertiser.name != NULL) {
        jo_open(out, '{');
        jo_text(out, "payer", advert->payer.name);
        jo_text(out, "beneficiary", advert->advertiser.name);
        jo_bool(out, "current", true);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static int archive_write(struct request *request, struct buf *out, const struct advert_kept *kept, const char *fields,
                         struct err *err)
{
    const struct zone *zone = request_zone(request);
    struct advert advert;
    int r = advert_read_kept(kept->json, kept->json_len, &request->arena, &advert, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "id", kept->id);
    write_day(out, fields, "ad_creation_time", zone_day_of(zone, kept->placed_usec));
    if (advert.text != NULL && wants(fields, "ad_creative_bodies"))
        jo_words(out, "ad_creative_bodies", &advert.text, 1);
    write_day(out, fields, "ad_delivery_start_time", kept->first_day != INT32_MIN ? kept->first_day : advert.from_day);
    if (advert.until_day != INT32_MAX)
        write_day(out, fields, "ad_delivery_stop_time", advert.until_day);
    if (wants(fields, "ad_snapshot_url")) {
        jo_key(out, "ad_snapshot_url");
        buf_printf(out, "\"%s/%s/ads/%s\"", request_public_url(request), lang_code(request->lang), kept->id);
    }
    if (advert.payer.name != NULL && wants(fields, "bylines"))
        jo_text(out, "bylines", advert.payer.name);
    if (wants(fields, "beneficiary_payers"))
        write_payers(out, &advert);
    if (advert.account.name != NULL && wants(fields, "page_id"))
        jo_text(out, "page_id", advert.account.name);
    if (advert.account.name != NULL && wants(fields, "page_name"))
        jo_text(out, "page_name", advert.account.name);
    if (wants(fields, "languages"))
        jo_words(out, "languages", &advert.language, 1);
    if (wants(fields, "impressions")) {
        jo_key(out, "impressions");
        jo_open(out, '{');
        jo_int(out, "lower_bound", kept->shown);
        jo_int(out, "upper_bound", kept->shown);
        jo_close(out, '}');
    }
    if (wants(fields, "target_ages"))
        write_ages(out, &advert);
    if (wants(fields, "target_locations"))
        write_locations(out, &advert);
    jo_close(out, '}');
    return 0;
}

static void write_paging(struct request *request, struct buf *out, const char *cursor)
{
    jo_key(out, "paging");
    jo_open(out, '{');
    if (cursor != NULL) {
        jo_key(out, "cursors");
        jo_open(out, '{');
        jo_text(out, "after", cursor);
        jo_close(out, '}');
        jo_key(out, "next");
        buf_printf(out, "\"%s/v1/ads/archive?", request_public_url(request));
        for (size_t i = 0; i < request->query_count; i++) {
            /* A token does not belong into an answer, and is not needed. */
            if (strcmp(request->query_names[i], "after") == 0 || strcmp(request->query_names[i], "access_token") == 0)
                continue;
            buf_put_url(out, request->query_names[i]);
            buf_putc(out, '=');
            buf_put_url(out, request->query_values[i]);
            buf_putc(out, '&');
        }
        buf_puts(out, "after=");
        buf_put_url(out, cursor);
        buf_putc(out, '"');
    }
    jo_close(out, '}');
}

int api_ads_archive(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct library_query query;
    struct library_answer answer;
    struct advert_kept *kept;
    int r = archive_read(request, &query, err);
    if (r == 0)
        r = page_of(request, &query, &answer, &kept, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "data");
    jo_open(out, '[');
    for (size_t i = 0; r == 0 && i < answer.found; i++)
        if (kept[i].json != NULL)
            r = archive_write(request, out, &kept[i], request_query(request, "fields"), err);
    jo_close(out, ']');
    write_paging(request, out, answer.cursor);
    jo_close(out, '}');
    return r;
}
