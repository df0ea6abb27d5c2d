/* Staff pages of consents by file: send one, see how far each is, stop and go on, read what was refused, take all out.
 */
#include "persons/export.h"
#include "web/app.h"
#include "web/import_upload.h"
#include "web/pages/import_views.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

#define LISTED 100
#define REFUSALS_SHOWN 50
#define MAY_SEND (ROLE_ADMIN | ROLE_RESPONSIBLE)
#define MAY_TAKE_OUT (ROLE_ADMIN | ROLE_RESPONSIBLE)

const char *import_state_text(enum lang lang, const char *state)
{
    static const struct {
        const char *state;
        enum text_key key;
    } texts[] = {{"receiving", T_imports_state_receiving},
                 {"running", T_imports_state_running},
                 {"stopped", T_imports_state_stopped},
                 {"done", T_imports_state_done}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].state, state) == 0)
            return text_get(lang, texts[i].key);
    return state;
}

/* --- The list ----------------------------------------------------------------------------------------------------- */

/* What was wrong with the head line, beside the columns' names. */
static int wrongs_fill(struct request *request, struct imports_view *view, struct err *err)
{
    size_t count = request->errors.count;
    const char **fields = ARENA_ARRAY(&request->arena, const char *, count + 1);
    const char **texts = ARENA_ARRAY(&request->arena, const char *, count + 1);
    if (fields == NULL || texts == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        fields[i] = request->errors.items[i].field;
        texts[i] = field_sentence(request, &request->errors.items[i]);
        if (texts[i] == NULL)
            return err_memory(err);
    }
    view->wrong_fields = fields;
    view->wrong_texts = texts;
    view->wrong_count = count;
    return 0;
}

static int draw_list(struct request *request, struct response *response, const char *refusal, const char *file_wrong,
                     struct err *err)
{
    int mib = request->app->settings->import_mib;
    struct imports_view view = {.refusal = refusal,
                                .file_wrong = file_wrong,
                                .mib = mib > 0 ? mib : IMPORT_MIB,
                                .may_send = (request->actor.roles & MAY_SEND) != 0,
                                .may_take_out = (request->actor.roles & MAY_TAKE_OUT) != 0};
    struct import_row *rows;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_import_list(tx, LISTED, &request->arena, &rows, &view.count, err);
    if (r == 0)
        r = wrongs_fill(request, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, imports_title), "settings", &page, err);
    if (r < 0)
        return r;
    view.rows = rows;
    page_imports(&page->out, &view);
    return page_end(page, err);
}

int page_imports_get(struct request *request, struct response *response, struct err *err)
{
    return draw_list(request, response, NULL, NULL, err);
}

/* --- Sending ------------------------------------------------------------------------------------------------------ */

static int sent(struct request *request, struct response *response, struct err *err)
{
    const struct upload *upload = request->state;
    return response_redirect(response, request, "/%s/imports/%s?done=%s", lang_of(request), upload->row.id,
                             upload->known ? "known" : "sent") < 0
               ? err_memory(err)
               : 0;
}

static int not_sent(struct request *request, struct response *response, struct err *err)
{
    response->status = err_http_status(request->write_error.kind);
    return draw_list(request, response, sentence_of(request, &request->write_error), NULL, err);
}

int page_import_send_post(struct request *request, struct response *response, struct err *err)
{
    const struct request_file *file = request->file_count == 1 ? &request->files[0] : NULL;
    struct err why = {0};
    if (file == NULL || file->count == 0) {
        response->status = 422;
        return draw_list(request, response, NULL, text_get(request->lang, T_error_file_missing), err);
    }
    request->failed = not_sent;
    int r = upload_write(request, file->bytes, file->count, file->name, sent, &why);
    if (r != -ERR_BAD_INPUT) {
        *err = why;
        return r;
    }
    response->status = 422;
    return draw_list(request, response, NULL, sentence_of(request, &why), err);
}

/* --- One file ----------------------------------------------------------------------------------------------------- */

static int refusals_fill(struct request *request, struct tx *tx, struct import_view *view, struct err *err)
{
    struct import_refusal_row *rows;
    int r = store_import_refusals(tx, view->row->id, NULL, REFUSALS_SHOWN, &request->arena, &rows, &view->refusal_count,
                                  err);
    const char **reasons = r < 0 ? NULL : ARENA_ARRAY(&request->arena, const char *, view->refusal_count + 1);
    if (r < 0 || reasons == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; i < view->refusal_count; i++) {
        reasons[i] = text_error(&request->arena, request->lang, rows[i].code, rows[i].arg);
        if (reasons[i] == NULL)
            return err_memory(err);
    }
    view->refusals = rows;
    view->reasons = reasons;
    view->cut = view->row->kept >= IMPORT_REFUSALS_KEPT;
    return 0;
}

static const char *done_text(const struct request *request)
{
    static const struct {
        const char *word;
        enum text_key key;
    } texts[] = {{"sent", T_imports_sent_done},
                 {"known", T_imports_known_done},
                 {"stopped", T_imports_stopped_done},
                 {"resumed", T_imports_resumed_done}};
    const char *word = query_text(request, "done");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].word, word) == 0)
            return text_get(request->lang, texts[i].key);
    return NULL;
}

static int draw_one(struct request *request, struct response *response, const char *refusal, struct err *err)
{
    struct import_view view = {.refusal = refusal,
                               .done = refusal == NULL ? done_text(request) : NULL,
                               .may_change = (request->actor.roles & MAY_SEND) != 0};
    struct import_row row;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = import_get(tx, request_param(request, "id"), &request->arena, &row, err);
    view.row = &row;
    if (r == 0)
        r = refusals_fill(request, tx, &view, err);
    if (r == 0)
        r = page_begin(request, response, row.name, "settings", &page, err);
    if (r < 0)
        return r;
    view.percent = row.size_bytes > 0 ? (int)(row.position_bytes * 100 / row.size_bytes) : 100;
    page_import_one(&page->out, &view);
    return page_end(page, err);
}

int page_import_get(struct request *request, struct response *response, struct err *err)
{
    return draw_one(request, response, NULL, err);
}

int page_import_refusals(struct request *request, struct response *response, struct err *err)
{
    return upload_refusals(request, response, request_param(request, "id"), err);
}

static int stop_run(struct tx *tx, struct request *request, struct err *err)
{
    return import_stop(tx, request->office, request_param(request, "id"), &request->actor, request->now_usec, err);
}

static int resume_run(struct tx *tx, struct request *request, struct err *err)
{
    return import_resume(tx, request->office, request_param(request, "id"), &request->actor, request->now_usec, err);
}

static int back(struct request *request, struct response *response, const char *done, struct err *err)
{
    return response_redirect(response, request, "/%s/imports/%s?done=%s", lang_of(request),
                             request_param(request, "id"), done) < 0
               ? err_memory(err)
               : 0;
}

static int stopped(struct request *request, struct response *response, struct err *err)
{
    return back(request, response, "stopped", err);
}

static int resumed(struct request *request, struct response *response, struct err *err)
{
    return back(request, response, "resumed", err);
}

static int not_turned(struct request *request, struct response *response, struct err *err)
{
    if (request->write_error.kind == ERR_NOT_FOUND) {
        *err = request->write_error;
        return -ERR_NOT_FOUND;
    }
    response->status = err_http_status(request->write_error.kind);
    return draw_one(request, response, sentence_of(request, &request->write_error), err);
}

int page_import_stop_post(struct request *request, struct response *response, struct err *err)
{
    (void)response;
    (void)err;
    request->failed = not_turned;
    return request_write(request, stop_run, stopped);
}

int page_import_resume_post(struct request *request, struct response *response, struct err *err)
{
    (void)response;
    (void)err;
    request->failed = not_turned;
    return request_write(request, resume_run, resumed);
}

/* --- Taking out --------------------------------------------------------------------------------------------------- */

int page_consents_export_post(struct request *request, struct response *response, struct err *err)
{
    const char *format = request_form(request, "format");
    bool records = format != NULL && strcmp(format, "jsonld") == 0;
    return records ? api_consents_jsonld(request, response, err) : api_consents_csv(request, response, err);
}
