/* Placing an advertisement by hand, and changing one: the form, the check beside its fields, and what was typed kept as
 * the API would keep it. */
#include "adverts/media.h"
#include "cases/parts.h"
#include "store/advert_rows.h"
#include "web/app.h"
#include "web/pages/ad_form.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>
#include <string.h>

struct placing {
    struct advert_new made;
    int64_t serial, version; /* of the one that is changed; serial 0: a new one */
    const char *id;
    struct ad_seen checked;
    struct repeat repeat;
    const char *repeated; /* the id of what the form's first sending made, or NULL */
    bool only_checks;     /* the page of the check: nothing is kept */
    struct placed_file {
        struct hash hash;
        const char *type;
        const struct request_file *file;
    } files[ADVERT_MEDIA_MAX];
    size_t file_count;
};

static int form_draw(struct request *request, struct response *response, const json_t *advert,
                     const struct placing *placing, bool checked, const char *refusal, struct err *err)
{
    struct ad_form_view view = {.only_checks = placing->only_checks,
                                .id = placing->id,
                                .version = (int)placing->version,
                                .once = once_new(request),
                                .checked = checked,
                                .allowed = placing->checked.allowed,
                                .refusal = refusal,
                                .files_again = placing->file_count > 0};
    struct page *page;
    int r = ad_form_fill(request, advert, checked ? &placing->checked : NULL, &view, err);
    if (r == 0)
        r = page_begin(request, response,
                       placing->only_checks  ? PAGE_TITLE(request, adverts_check_title)
                       : placing->id == NULL ? PAGE_TITLE(request, ads_new)
                                             : PAGE_TITLE(request, ads_change),
                       placing->only_checks ? "ads_check" : "ads", &page, err);
    if (r < 0)
        return r;
    page_ad_form(&page->out, &view);
    return page_end(page, err);
}

int page_ads_new_get(struct request *request, struct response *response, struct err *err)
{
    const struct placing placing = {0};
    return form_draw(request, response, NULL, &placing, false, NULL, err);
}

/* The one that is to be changed, as it stands. */
static int placed_find(struct request *request, struct placing *ret, struct ad_seen *ret_seen, struct err *err)
{
    int r = ad_of_path(request, 0, ret_seen, err);
    if (r < 0)
        return r;
    if (ret_seen->gone)
        return err_set(err, ERR_CONFLICT, "advert_removed", NULL);
    ret->id = ret_seen->kept->id;
    ret->serial = ret_seen->kept->serial;
    ret->version = ret_seen->kept->version;
    return 0;
}

int page_ad_change_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_JSON json_t *whole = NULL;
    struct placing placing = {0};
    struct ad_seen seen;
    int r = placed_find(request, &placing, &seen, err);
    if (r == 0)
        r = json_parse(seen.kept->json, seen.kept->json_len, &whole, err);
    return r < 0 ? r : form_draw(request, response, json_object_get(whole, "advert"), &placing, false, NULL, err);
}

/* --- Keeping -------------------------------------------------------------------------------------------------------
 */

/* Was the form sent before? A key that belongs to something else typed since is none. */
static int repeat_look(struct tx *tx, struct request *request, struct placing *placing, struct err *err)
{
    struct idempotency_row first;
    struct err why = {0};
    bool found = false;
    int r = repeat_find(tx, &placing->repeat, &request->arena, &first, &found, &why);
    if (r == -ERR_BAD_INPUT) {
        placing->repeat.wanted = false;
        return 0;
    }
    if (r < 0)
        *err = why;
    else if (found)
        placing->repeated = first.case_id;
    return r;
}

static int keep_run(struct tx *tx, struct request *request, struct err *err)
{
    struct placing *placing = request->state;
    int64_t leaf = 0;
    int r = repeat_look(tx, request, placing, err);
    if (r < 0 || placing->repeated != NULL)
        return r;
    r = placing->serial != 0
            ? advert_change(tx, request->office, placing->serial, placing->version, &placing->made, &request->actor,
                            request->now_usec, &leaf, err)
            : adverts_keep(tx, request->office, &placing->made, 1, &request->actor, request->now_usec, &leaf, err);
    /* The bytes in the same transaction: an advertisement with all its files, or none of it. */
    for (size_t i = 0; r == 0 && i < placing->file_count; i++) {
        const struct placed_file *one = &placing->files[i];
        bool is_new;
        r = store_advert_media_put(tx, &one->hash, one->type, one->file->bytes, one->file->count, request->now_usec,
                                   &is_new, err);
    }
    return r < 0 ? r : repeat_keep(tx, &placing->repeat, placing->made.id, leaf, request->now_usec, err);
}

static int keep_finish(struct request *request, struct response *response, struct err *err)
{
    const struct placing *placing = request->state;
    return response_redirect(response, request, "/%s/ads/%s?done=1", lang_of(request),
                             placing->repeated != NULL ? placing->repeated : placing->made.id) < 0
               ? err_memory(err)
               : 0;
}

/* --- Files ---------------------------------------------------------------------------------------------------------
 */

static bool media_names(const json_t *media, const char *hex)
{
    const json_t *item;
    size_t i;
    json_array_foreach(media, i, item)
    {
        const char *hash = json_string_value(json_object_get(item, "hash"));
        if (hash != NULL && strcmp(hash, hex) == 0)
            return true;
    }
    return false;
}

/* The file's line in the advertisement's list of media, unless it is there already. */
static int media_name(json_t *typed, const struct placed_file *file, struct err *err)
{
    json_t *media = json_object_get(typed, "media");
    char hex[2 * SHA256_BYTES + 1];
    hex_encode(file->hash.bytes, SHA256_BYTES, hex);
    if (media == NULL) {
        media = json_array();
        if (json_object_set_new(typed, "media", media) != 0)
            return err_memory(err);
    }
    if (media_names(media, hex))
        return 0;
    json_t *item = json_pack("{s:s, s:s}", "hash", hex, "type", file->type);
    return item == NULL || json_array_append_new(media, item) != 0 ? err_memory(err) : 0;
}

/* Files that were chosen become media of what was typed. What cannot be taken is refused beside the control. */
static int files_take(struct request *request, struct placing *placing, json_t *typed, struct err *err)
{
    for (size_t i = 0; i < request->file_count; i++) {
        const struct request_file *file = &request->files[i];
        struct placed_file *placed = &placing->files[placing->file_count];
        if (strcmp(file->field, "files") != 0 || placing->only_checks)
            continue;
        if (placing->file_count == ADVERT_MEDIA_MAX) {
            field_errors_add(&request->errors, "files", "too_many", "%d", ADVERT_MEDIA_MAX);
            break;
        }
        const char *type = advert_media_type(file->bytes, file->count);
        const char *code = file->count > ADVERT_MEDIA_BYTES ? "media_too_large"
                           : type == NULL                   ? "media_not_taken"
                                                            : NULL;
        if (code != NULL) {
            field_errors_add(&request->errors, "files", code, "%.100s", file->name);
            continue;
        }
        *placed = (struct placed_file){sha256_of(file->bytes, file->count, NULL, 0, NULL, 0), type, file};
        placing->file_count++;
        int r = media_name(typed, placed, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int keep_failed(struct request *request, struct response *response, struct err *err)
{
    const struct placing *placing = request->state;
    CLEANUP_JSON json_t *typed = ad_form_read(request);
    int r = 0;
    if (typed == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < placing->file_count; i++)
        r = media_name(typed, &placing->files[i], err);
    if (r < 0)
        return r;
    response->status = err_http_status(request->write_error.kind);
    return form_draw(request, response, typed, placing, true, sentence_of(request, &request->write_error), err);
}

/* Reads what was typed as the API reads it, and checks it as of today. Refusals are in request->errors. */
static int typed_check(struct request *request, const json_t *typed, struct advert *ret,
                       struct advert_result *ret_result, struct err *err)
{
    CLEANUP_BUF struct buf text;
    const struct json_cell *cell;
    buf_init(&text, (size_t)16 << 20);
    int r = json_canonical(typed, &text, err);
    char *copy = r < 0 ? NULL : arena_strndup(&request->arena, text.data, text.len);
    if (r < 0 || copy == NULL)
        return r < 0 ? r : err_memory(err);
    r = json_tape_read(copy, text.len, &request->arena, &cell, err);
    if (r == 0)
        r = advert_read(cell, "", &request->arena, ret, &request->errors, err);
    int32_t today = zone_day_of(&request->office->catalogue->calendar->zone, request->now_usec);
    return r < 0 ? r : advert_check(request->app->advert_rules, ret, today, &request->arena, ret_result, err);
}

/* The result as pages read it. */
static int result_see(struct request *request, const struct advert_result *result, struct ad_seen *ret, struct err *err)
{
    CLEANUP_BUF struct buf text;
    CLEANUP_JSON json_t *check = NULL;
    buf_init(&text, (size_t)4 << 20);
    int r = advert_result_write(result, -1, &text, err);
    if (r == 0)
        r = json_parse(text.data, text.len, &check, err);
    return r < 0 ? r : ad_findings_read(check, &request->arena, ret, err);
}

static int repeat_of(struct request *request, const json_t *typed, struct repeat *ret, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, (size_t)16 << 20);
    int r = json_canonical(typed, &text, err);
    return r < 0 ? r
                 : repeat_make(request->office, once_of(request), request->path, &request->actor, NULL, 0, NULL, 0,
                               text.data, ret, err);
}

static int place(struct request *request, struct response *response, struct placing *placing, struct err *err)
{
    CLEANUP_JSON json_t *typed = ad_form_read(request);
    struct advert advert;
    struct advert_result result;
    if (typed == NULL)
        return err_memory(err);
    int r = files_take(request, placing, typed, err);
    if (r < 0)
        return r;
    r = typed_check(request, typed, &advert, &result, err);
    if (r == -ERR_BAD_INPUT || (r == 0 && request->errors.count > 0)) {
        response->status = 422;
        return form_draw(request, response, typed, placing, false, NULL, err);
    }
    if (r == 0)
        r = result_see(request, &result, &placing->checked, err);
    if (r < 0)
        return r;
    const char *what = request_form(request, "do");
    bool keep = !placing->only_checks && what != NULL && strcmp(what, "keep") == 0;
    if (!keep)
        return form_draw(request, response, typed, placing, true, NULL, err);
    if (!result.allowed && !advert.published) {
        response->status = 409;
        return form_draw(request, response, typed, placing, true, NULL, err);
    }
    r = advert_make(&advert, &result, placing->id, placing->version + 1, request->now_usec, &request->arena,
                    &placing->made, err);
    if (r == 0)
        r = repeat_of(request, typed, &placing->repeat, err);
    if (r < 0)
        return r;
    request->state = placing;
    request->failed = keep_failed;
    return request_write(request, keep_run, keep_finish);
}

int page_ads_new_post(struct request *request, struct response *response, struct err *err)
{
    struct placing *placing = ARENA_NEW(&request->arena, struct placing);
    return placing == NULL ? err_memory(err) : place(request, response, placing, err);
}

int page_ad_change_post(struct request *request, struct response *response, struct err *err)
{
    struct placing *placing = ARENA_NEW(&request->arena, struct placing);
    struct ad_seen seen;
    if (placing == NULL)
        return err_memory(err);
    int r = placed_find(request, placing, &seen, err);
    /* What was looked at when the form was drawn, so that nobody's change is undone unseen. */
    const char *version = request_form(request, "version");
    if (version != NULL && strspn(version, "0123456789") == strlen(version) && strlen(version) <= 9)
        placing->version = atoll(version);
    return r < 0 ? r : place(request, response, placing, err);
}

/* --- The check alone -----------------------------------------------------------------------------------------------
 */

int page_ads_check_get(struct request *request, struct response *response, struct err *err)
{
    const struct placing placing = {.only_checks = true};
    return form_draw(request, response, NULL, &placing, false, NULL, err);
}

int page_ads_check_post(struct request *request, struct response *response, struct err *err)
{
    struct placing *placing = ARENA_NEW(&request->arena, struct placing);
    if (placing == NULL)
        return err_memory(err);
    placing->only_checks = true;
    return place(request, response, placing, err);
}
