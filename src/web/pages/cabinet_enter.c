/* The entrance of the cabinet: a one-time code, or a signature with one's certificate. Nothing that is typed here
 * stands in an address; the code's id waits in a cookie, so that a code serves only the browser that asked for it. What
 * is answered does not depend on whether anybody is known by the address. */
#include "base/log.h"
#include "cases/record.h"
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/routes.h"
#include <pages.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COOKIE_CODE "talap_code"
#define COOKIE_CHALLENGE "talap_challenge"
#define CODE_COOKIE_SEC ((CODE_MINUTES + CODE_PAUSE_MINUTES) * 60)
#define SESSION_SEC (PERSON_SESSION_HOURS * 3600)
#define SIGNATURE_MAX ((size_t)64 * 1024)
#define PEM_MAX ((size_t)64 * 1024 * 1024)

bool cabinet_offered(const struct office *office)
{
    return office->roles == NULL || words_have(office->roles, office->role_count, "operator");
}

/* --- Who is in -----------------------------------------------------------------------------------------------------
 */

struct touch {
    struct store_command command;
    int64_t now_usec;
    char secret[];
};

static int touch_run(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct touch *touch = command->arg;
    return person_session_touch(tx, touch->secret, touch->now_usec, err);
}

static void touch_done(struct store_command *command, const struct err *err)
{
    if (err != NULL)
        log_err(LOG_LEVEL_WARNING, "session of the cabinet not renewed", err);
    free(command->arg);
}

/* Beside the request, which does not wait for it. */
static void session_touch_later(const struct request *request, const char *secret)
{
    struct touch *touch = calloc(1, sizeof *touch + strlen(secret) + 1);
    struct err ignored = {0};
    if (touch == NULL)
        return;
    touch->command = (struct store_command){.run = touch_run, .done = touch_done, .arg = touch};
    touch->now_usec = request->now_usec;
    strcpy(touch->secret, secret);
    if (store_submit(request->office->store, &touch->command, &ignored) < 0)
        free(touch);
}

int cabinet_session_get(struct request *request, struct person_session *ret, struct err *err)
{
    const char *secret = request_cookie(request, COOKIE_PERSON);
    struct tx *tx;
    if (secret == NULL || secret[0] == '\0')
        return err_set(err, ERR_UNAUTHENTICATED, "cabinet_ended", NULL);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = person_session_get(tx, request->office, secret, request->now_usec, &request->arena, ret, err);
    if (r == 0 && ret->wants_touch)
        session_touch_later(request, secret);
    return r;
}

static bool is_get(const struct request *request)
{
    return request->route->method == HTTP_GET;
}

int cabinet_session(struct request *request, struct response *response, struct person_session *ret, bool *ret_in,
                    struct err *err)
{
    CLEANUP_BUF struct buf next = {0};
    struct err why = {0};
    if (!cabinet_offered(request->office))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    int r = cabinet_session_get(request, ret, &why);
    *ret_in = r == 0;
    if (r == 0)
        return 0;
    if (r != -ERR_UNAUTHENTICATED) {
        *err = why;
        return r;
    }
    buf_init(&next, 16 * 1024);
    if (is_get(request) && path_is_local(request->path)) {
        buf_puts(&next, "&next=");
        buf_put_url(&next, request->path);
    }
    /* Whoever never was in needs not be told that their time is over. */
    bool was_in = request_cookie(request, COOKIE_PERSON) != NULL;
    if (next.failed || response_redirect(response, request, "/%s/cabinet?%s%s", lang_of(request),
                                         was_in ? "ended=1" : "enter=1", next.data == NULL ? "" : next.data) < 0)
        return err_memory(err);
    return 0;
}

/* --- The entrance --------------------------------------------------------------------------------------------------
 */

static const char *next_of(const struct request *request)
{
    const char *next = request_form(request, "next");
    if (next == NULL)
        next = request_query(request, "next");
    return path_is_local(next) ? next : "";
}

static int enter_draw(struct request *request, struct response *response, struct cabinet_enter_view *view,
                      struct err *err)
{
    const struct settings *settings = request->app->settings;
    struct page *page;
    view->by_mail = settings->mail_url != NULL || settings->demo;
    view->by_phone = settings->sms_url != NULL;
    view->by_certificate = settings->identity_roots != NULL;
    view->next = next_of(request);
    view->demo_count = settings->demo_cabinet_count;
    view->demo_addresses = settings->demo_cabinets;
    int r = page_begin(request, response, PAGE_TITLE(request, cabinet_title), "cabinet", &page, err);
    if (r < 0)
        return r;
    page->frame.rest = "/cabinet";
    page_cabinet_enter(&page->out, view);
    return page_end(page, err);
}

int cabinet_enter_draw(struct request *request, struct response *response, struct err *err)
{
    struct cabinet_enter_view view = {.address = ""};
    if (request_query(request, "ended") != NULL)
        view.refusal = text_get(request->lang, T_error_cabinet_ended);
    return enter_draw(request, response, &view, err);
}

/* What was typed as an e-mail or a phone; the field's refusal stands in request->errors. */
static int address_read(struct request *request, const char *typed, const char **ret_kind, const char **ret_value,
                        struct err *err)
{
    const struct settings *settings = request->app->settings;
    bool is_mail = strchr(typed, '@') != NULL || settings->sms_url == NULL;
    const struct field field = {.name = "address", .type = is_mail ? FIELD_EMAIL : FIELD_PHONE, .required = true};
    const char *texts[] = {typed};
    const struct raw_value raw = {.name = "address", .kind = RAW_FORM, .count = 1, .texts = texts};
    const struct field_value *values;
    int r = fields_validate(&field, 1, &raw, 1, NULL, NULL, NULL, &request->arena, &values, &request->errors, err);
    if (r < 0)
        return r;
    *ret_kind = is_mail ? "email" : "phone";
    *ret_value = values[0].texts[0];
    return 0;
}

struct enter_state {
    const char *kind, *value, *code, *id;
    char made[ID_TEXT], secret[65];
    struct err refusal;
    char iin[13];
    bool known;
};

static int ask_run(struct tx *tx, struct request *request, struct err *err)
{
    struct enter_state *state = request->state;
    return code_ask(tx, request->office, state->kind, state->value, request->lang, request->now_usec, state->made, err);
}

static int to_code(struct request *request, struct response *response, const char *next, struct err *err)
{
    CLEANUP_BUF struct buf encoded;
    buf_init(&encoded, 16 * 1024);
    buf_put_url(&encoded, next);
    if (encoded.failed ||
        response_redirect(response, request, "/%s/cabinet/code%s%s", lang_of(request),
                          next[0] == '\0' ? "" : "?next=", encoded.data == NULL ? "" : encoded.data) < 0)
        return err_memory(err);
    return 0;
}

static int ask_finish(struct request *request, struct response *response, struct err *err)
{
    const struct enter_state *state = request->state;
    if (response_cookie(response, request, COOKIE_CODE, state->made, CODE_COOKIE_SEC) < 0)
        return err_memory(err);
    return to_code(request, response, next_of(request), err);
}

int page_cabinet_enter_post(struct request *request, struct response *response, struct err *err)
{
    struct enter_state *state = ARENA_NEW(&request->arena, struct enter_state);
    const char *typed = request_form(request, "address");
    struct cabinet_enter_view view = {.address = typed == NULL ? "" : typed};
    struct err why = {0};
    if (state == NULL)
        return err_memory(err);
    if (!cabinet_offered(request->office))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    int r = address_read(request, view.address, &state->kind, &state->value, &why);
    if (r == -ERR_BAD_INPUT) {
        response->status = 422;
        view.address_wrong = field_sentence(request, field_errors_find(&request->errors, "address"));
        return enter_draw(request, response, &view, err);
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    request->state = state;
    return request_write(request, ask_run, ask_finish);
}

/* --- The code ------------------------------------------------------------------------------------------------------
 */

static const char *code_id(struct request *request)
{
    const char *id = request_cookie(request, COOKIE_CODE);
    return id != NULL && id_valid(id) ? id : NULL;
}

static int code_draw(struct request *request, struct response *response, const struct err *refusal, struct err *err)
{
    struct cabinet_code_view view = {.next = next_of(request)};
    const char *id = code_id(request);
    struct page *page;
    if (refusal != NULL) {
        view.code_wrong = sentence_of(request, refusal);
        view.paused = refusal->kind == ERR_TOO_MANY;
    }
    if (request->app->settings->demo && id != NULL) {
        char code[CODE_DIGITS + 1];
        code_derive(request->office->keyring, id, code);
        view.demo_code = arena_strdup(&request->arena, code);
    }
    int r = page_begin(request, response, PAGE_TITLE(request, cabinet_code_title), "cabinet", &page, err);
    if (r < 0)
        return r;
    page->frame.rest = "/cabinet/code";
    page_cabinet_code(&page->out, &view);
    return page_end(page, err);
}

static int to_entrance(struct request *request, struct response *response, struct err *err)
{
    return response_redirect(response, request, "/%s/cabinet", lang_of(request)) < 0 ? err_memory(err) : 0;
}

int page_cabinet_code_get(struct request *request, struct response *response, struct err *err)
{
    if (!cabinet_offered(request->office))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    return code_id(request) == NULL ? to_entrance(request, response, err) : code_draw(request, response, NULL, err);
}

static int try_run(struct tx *tx, struct request *request, struct err *err)
{
    struct enter_state *state = request->state;
    return code_try(tx, request->office, state->id, state->code, request->now_usec, state->secret, &state->refusal,
                    err);
}

/* In: the cookie of the session, and on to where one wanted. */
static int entered(struct request *request, struct response *response, const char *secret, struct err *err)
{
    const char *next = next_of(request);
    if (response_cookie(response, request, COOKIE_PERSON, secret, SESSION_SEC) < 0 ||
        response_cookie(response, request, COOKIE_CODE, "", 0) < 0 ||
        response_cookie(response, request, COOKIE_CHALLENGE, "", 0) < 0)
        return err_memory(err);
    int r = next[0] != '\0' ? response_redirect(response, request, "%s", next)
                            : response_redirect(response, request, "/%s/cabinet", lang_of(request));
    return r < 0 ? err_memory(err) : 0;
}

static int try_finish(struct request *request, struct response *response, struct err *err)
{
    const struct enter_state *state = request->state;
    if (state->refusal.kind == ERR_NONE)
        return entered(request, response, state->secret, err);
    response->status = err_http_status(state->refusal.kind);
    return code_draw(request, response, &state->refusal, err);
}

int page_cabinet_code_post(struct request *request, struct response *response, struct err *err)
{
    struct enter_state *state = ARENA_NEW(&request->arena, struct enter_state);
    if (state == NULL)
        return err_memory(err);
    if (!cabinet_offered(request->office))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    state->id = code_id(request);
    state->code = request_form(request, "code");
    if (state->id == NULL)
        return to_entrance(request, response, err);
    if (state->code == NULL)
        state->code = "";
    request->state = state;
    return request_write(request, try_run, try_finish);
}

/* --- The certificate -----------------------------------------------------------------------------------------------
 */

static int certificates_offered(struct request *request, struct err *err)
{
    if (!cabinet_offered(request->office) || request->app->settings->identity_roots == NULL)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    return 0;
}

int page_cabinet_challenge_get(struct request *request, struct response *response, struct err *err)
{
    char challenge[129];
    int r = certificates_offered(request, err);
    if (r < 0)
        return r;
    certificate_challenge(request->office->keyring, request->now_usec, challenge);
    buf_reset(&response->body);
    buf_puts(&response->body, challenge);
    if (response_cookie(response, request, COOKIE_CHALLENGE, challenge, CHALLENGE_MINUTES * 60) < 0)
        return err_memory(err);
    return answer_file(request, response, "text/plain; charset=us-ascii", "talap.txt", false, err);
}

static int pem_read(const char *path, struct buf *out, struct err *err)
{
    char block[65536];
    size_t count;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)!err_set(err, ERR_UNAVAILABLE, "identity_roots", NULL);
        return err_detail(err, "%s cannot be read", path);
    }
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        buf_put(out, block, count);
    fclose(file);
    return out->failed ? err_memory(err) : 0;
}

static int signature_check(struct request *request, const struct request_file *file, char ret_iin[static 13],
                           struct err *err)
{
    const struct settings *settings = request->app->settings;
    const char *challenge = request_cookie(request, COOKIE_CHALLENGE);
    CLEANUP_BUF struct buf roots = {0}, crls = {0};
    buf_init(&roots, PEM_MAX);
    buf_init(&crls, PEM_MAX);
    int r = pem_read(settings->identity_roots, &roots, err);
    if (r == 0)
        r = pem_read(settings->identity_crls, &crls, err);
    if (r < 0)
        return r;
    const struct certificate_trust trust = {.roots = roots.data, .crls = crls.data};
    return certificate_check(request->office->keyring, &trust, challenge == NULL ? "" : challenge, file->bytes,
                             file->count, request->now_usec, ret_iin, err);
}

static int certificate_run(struct tx *tx, struct request *request, struct err *err)
{
    struct enter_state *state = request->state;
    const struct person_names names = {.iin = state->iin};
    struct person person;
    int r = person_find(tx, request->office, &names, &request->arena, &person, &state->known, err);
    if (r < 0 || !state->known)
        return r;
    return person_session_open(tx, request->office, &person, "certificate", NULL, request->now_usec, state->secret,
                               err);
}

static int certificate_refused(struct request *request, struct response *response, const struct err *why,
                               struct err *err)
{
    struct cabinet_enter_view view = {.address = "", .certificate_wrong = sentence_of(request, why)};
    response->status = err_http_status(why->kind);
    return enter_draw(request, response, &view, err);
}

static int certificate_finish(struct request *request, struct response *response, struct err *err)
{
    const struct enter_state *state = request->state;
    struct err why = {0};
    if (state->known)
        return entered(request, response, state->secret, err);
    /* Who has shown who they are may be told that nothing is held (pdl.24.1.1). */
    (void)!err_set(&why, ERR_NOT_FOUND, "person_not_here", NULL);
    return certificate_refused(request, response, &why, err);
}

int page_cabinet_certificate_post(struct request *request, struct response *response, struct err *err)
{
    struct enter_state *state = ARENA_NEW(&request->arena, struct enter_state);
    const struct request_file *file = NULL;
    struct err why = {0};
    int r = state == NULL ? err_memory(err) : certificates_offered(request, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < request->file_count; i++)
        if (strcmp(request->files[i].field, "signature") == 0)
            file = &request->files[i];
    r = file == NULL || file->count > SIGNATURE_MAX ? err_set(&why, ERR_UNAUTHENTICATED, "signature_unreadable", NULL)
                                                    : signature_check(request, file, state->iin, &why);
    if (r == -ERR_MEMORY) {
        *err = why;
        return r;
    }
    if (r < 0) {
        if (why.kind == ERR_UNAVAILABLE)
            log_err(LOG_LEVEL_WARNING, "certificates cannot be checked", &why);
        return certificate_refused(request, response, &why, err);
    }
    request->state = state;
    return request_write(request, certificate_run, certificate_finish);
}

/* --- Leaving -------------------------------------------------------------------------------------------------------
 */

static int leave_run(struct tx *tx, struct request *request, struct err *err)
{
    const char *secret = request->state;
    return person_session_end(tx, request->office, secret, request->now_usec, err);
}

static int leave_finish(struct request *request, struct response *response, struct err *err)
{
    opener_forget(request, response);
    if (response_cookie(response, request, COOKIE_PERSON, "", 0) < 0 ||
        response_redirect(response, request, "/%s/", lang_of(request)) < 0)
        return err_memory(err);
    return 0;
}

int page_cabinet_leave_post(struct request *request, struct response *response, struct err *err)
{
    const char *secret = request_cookie(request, COOKIE_PERSON);
    if (secret == NULL)
        return leave_finish(request, response, err);
    request->state = (void *)(uintptr_t)secret;
    return request_write(request, leave_run, leave_finish);
}
