/* POST /v1/ads/check: may this be shown? One advertisement, or many; nothing is kept. GET /v1/ads/terms: the words by
 * which it is decided. */
#include "adverts/check.h"
#include "web/api/api.h"
#include "web/app.h"
#include <stdio.h>

#define CHECKS_A_CALL 10000
#define REFUSALS_MAX 100
#define ONE_ARENA ((size_t)64 << 20)

struct checks {
    struct request *request;
    struct arena *arena; /* of one advertisement, emptied after it */
    int32_t today;
    struct buf *out;
};

static int check_one(struct checks *checks, const struct json_cell *cell, const char *prefix, struct err *err)
{
    struct request *request = checks->request;
    struct advert advert;
    struct advert_result result;
    int r = advert_read(cell, prefix, checks->arena, &advert, &request->errors, err);
    if (r == -ERR_BAD_INPUT)
        return 0;
    if (r == 0 && request->errors.count == 0)
        r = advert_check(request->app->advert_rules, &advert, checks->today, checks->arena, &result, err);
    if (r == 0 && request->errors.count == 0)
        r = advert_result_write(&result, (int)request->lang, checks->out, err);
    return r;
}

static int check_many(struct checks *checks, const struct json_cell *root, const struct json_cell *list,
                      struct err *err)
{
    struct request *request = checks->request;
    const struct json_cell *cell = json_cell_first(list);
    char prefix[24];
    int r = 0;
    if (list->kind != CELL_ARRAY)
        return api_refuse(request, "ads", "wrong_type", err);
    if (list->count == 0)
        return api_refuse(request, "ads", "required", err);
    if (list->count > CHECKS_A_CALL) {
        field_errors_add(&request->errors, "ads", "too_many", "%d", CHECKS_A_CALL);
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    }
    if (root->count > 1) {
        field_errors_add(&request->errors, "", "unknown_field", "%s", "ads");
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    }
    buf_puts(checks->out, "{\"results\":[");
    for (size_t i = 0; r == 0 && i < list->count && request->errors.count < REFUSALS_MAX; i++) {
        (void)snprintf(prefix, sizeof prefix, "ads.%zu.", i);
        if (i > 0)
            buf_putc(checks->out, ',');
        r = check_one(checks, cell, prefix, err);
        cell = json_cell_after(cell);
        arena_reset(checks->arena);
    }
    buf_puts(checks->out, "]}");
    return r;
}

static int check_body(struct request *request, struct arena *cells, struct arena *one, struct buf *out, struct err *err)
{
    const struct zone *zone = request_zone(request);
    struct checks checks = {request, one, zone_day_of(zone, request->now_usec), out};
    const struct json_cell *root, *list;
    int r = json_tape_read(request->text, request->body_len, cells, &root, err);
    if (r < 0)
        return r;
    if (!json_cell_is_object(root))
        return err_set(err, ERR_MALFORMED, "json_not_an_object", NULL);
    list = json_cell_member(root, "ads");
    r = list ? check_many(&checks, root, list, err) : check_one(&checks, root, "", err);
    if (r == 0 && request->errors.count > 0)
        r = err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    if (out->failed && (r == 0 || r == -ERR_MEMORY))
        r = err_set(err, ERR_TOO_LARGE, "checks_too_large", NULL);
    return r;
}

int api_ads_check(struct request *request, struct response *response, struct err *err)
{
    struct arena cells, one;
    int r;
    /* A cell is 40 bytes, and "[1,1,…" has one every two. */
    arena_init(&cells, 24 * request->body_len + ((size_t)1 << 20));
    arena_init(&one, ONE_ARENA);
    r = check_body(request, &cells, &one, &response->body, err);
    arena_done(&one);
    arena_done(&cells);
    return r;
}

/* --- Terms -------------------------------------------------------------------------------------------------------- */

static void write_words(struct buf *out, const char *key, const struct advertising_words words[LANG_COUNT])
{
    jo_key(out, key);
    jo_open(out, '{');
    for (int lang = 0; lang < LANG_COUNT; lang++)
        jo_words(out, lang_code((enum lang)lang), words[lang].words, words[lang].count);
    jo_close(out, '}');
}

static void write_category(struct buf *out, const struct advertising_category *category, enum lang lang, bool own)
{
    jo_open(out, '{');
    jo_text(out, "category", category->id);
    jo_text(out, "title", category->title.in[lang]);
    jo_text(out, "norm", category->norm);
    jo_bool(out, "own", own);
    write_words(out, "terms", category->terms);
    write_words(out, "weak", category->weak);
    write_words(out, "except", category->except);
    jo_words(out, "criteria", category->criteria.words, category->criteria.count);
    jo_close(out, '}');
}

int api_ads_terms(struct request *request, struct response *response, struct err *err)
{
    const struct advertising *law = request->office->catalogue->advertising;
    const struct advertising_category *own = NULL;
    size_t own_count = advert_rules_own(request->app->advert_rules, &own);
    struct buf *out = &response->body;
    jo_open(out, '{');
    jo_key(out, "marks");
    jo_open(out, '[');
    for (size_t i = 0; law && i < law->mark_count; i++) {
        jo_open(out, '{');
        jo_text(out, "text", law->marks[i].text);
        jo_text(out, "lang", lang_code(law->marks[i].lang));
        jo_text(out, "norm", law->marks[i].norm);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    if (law) {
        jo_words(out, "unaccepted", law->unaccepted.words, law->unaccepted.count);
        write_words(out, "claims", law->claims);
    }
    jo_key(out, "categories");
    jo_open(out, '[');
    for (size_t i = 0; law && i < law->category_count; i++)
        write_category(out, &law->categories[i], request->lang, false);
    for (size_t i = 0; i < own_count; i++)
        write_category(out, &own[i], request->lang, true);
    jo_close(out, ']');
    jo_close(out, '}');
    return out->failed ? err_memory(err) : 0;
}
