/* Coming in, going out, changing one's own password. The password is checked (argon2id) on a thread of its own, before
 * the command that counts failures and opens the session. */
#include "web/app.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>

#define SESSION_SEC (12 * 3600)

/* A demonstration shows its accounts; it is served on this machine only. */
static int demo_fill(struct request *request, struct sign_in_view *view, struct err *err)
{
    struct account_row *rows;
    struct tx *tx;
    if (!request->app->settings->demo)
        return 0;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_account_list(tx, &request->arena, &rows, &view->demo_count, err);
    if (r < 0)
        return r;
    view->demo_rows = rows;
    view->demo_password = request->app->settings->demo_password;
    return 0;
}

static int sign_in_draw(struct request *request, struct response *response, const char *login, const char *refusal,
                        struct err *err)
{
    const char *next = request_form(request, "next");
    struct sign_in_view view = {.login = login, .refusal = refusal};
    struct page *page;
    if (next == NULL)
        next = query_text(request, "next");
    view.next = path_is_local(next) ? next : "";
    int r = demo_fill(request, &view, err);
    if (r < 0)
        return r;
    r = page_begin(request, response, PAGE_TITLE(request, sign_title), "sign_in", &page, err);
    if (r < 0)
        return r;
    page_sign_in(&page->out, &view);
    return page_end(page, err);
}

int page_sign_in_get(struct request *request, struct response *response, struct err *err)
{
    if (request->actor.kind == ACTOR_ACCOUNT)
        return response_redirect(response, request, "/%s/desk", lang_of(request)) < 0 ? err_memory(err) : 0;
    return sign_in_draw(request, response, "", NULL, err);
}

struct sign_in_state {
    struct sign_in check;
    struct err refusal;
    char secret[65];
};

static int sign_in_run(struct tx *tx, struct request *request, struct err *err)
{
    struct sign_in_state *state = request->state;
    const struct access *access = &request->office->access;
    int r = sign_in_record(tx, access, &state->check, request->now_usec, state->secret, &state->refusal, err);
    /* The new cookie takes the place of the old one, which nobody could end any more. */
    if (r == 0 && state->refusal.kind == ERR_NONE && request->session_secret != NULL)
        r = sign_out(tx, access, request->session_secret, request->now_usec, err);
    return r;
}

static int refused_draw(struct request *request, struct response *response, const struct err *refusal, struct err *err)
{
    const char *login = request_form(request, "login");
    response->status = err_http_status(refusal->kind);
    return sign_in_draw(request, response, login == NULL ? "" : login, sentence_of(request, refusal), err);
}

static int sign_in_finish(struct request *request, struct response *response, struct err *err)
{
    const struct sign_in_state *state = request->state;
    const char *next = request_form(request, "next");
    if (state->refusal.kind != ERR_NONE)
        return refused_draw(request, response, &state->refusal, err);
    if (response_cookie(response, request, COOKIE_SESSION, state->secret, SESSION_SEC) < 0)
        return err_memory(err);
    int r = next != NULL && path_is_local(next) ? response_redirect(response, request, "%s", next)
                                                : response_redirect(response, request, "/%s/desk", lang_of(request));
    return r < 0 ? err_memory(err) : 0;
}

static int sign_in_failed(struct request *request, struct response *response, struct err *err)
{
    return refused_draw(request, response, &request->write_error, err);
}

int page_sign_in_post(struct request *request, struct response *response, struct err *err)
{
    struct sign_in_state *state = ARENA_NEW(&request->arena, struct sign_in_state);
    const char *login = request_form(request, "login"), *password = request_form(request, "password");
    struct err why = {0};
    struct tx *tx;
    int r = state == NULL ? err_memory(err) : request_read(request, &tx, err);
    if (r < 0)
        return r;
    r = sign_in_check(tx, login == NULL ? "" : login, password == NULL ? "" : password, request->now_usec,
                      &state->check, &why);
    if (r == -ERR_TOO_MANY)
        return refused_draw(request, response, &why, err);
    if (r < 0) {
        *err = why;
        return r;
    }
    request->state = state;
    request->failed = sign_in_failed;
    return request_write(request, sign_in_run, sign_in_finish);
}

static int sign_out_run(struct tx *tx, struct request *request, struct err *err)
{
    return sign_out(tx, &request->office->access, request->session_secret, request->now_usec, err);
}

static int sign_out_finish(struct request *request, struct response *response, struct err *err)
{
    if (response_cookie(response, request, COOKIE_SESSION, "", 0) < 0 ||
        response_redirect(response, request, "/%s/", lang_of(request)) < 0)
        return err_memory(err);
    return 0;
}

int page_sign_out_post(struct request *request, struct response *response, struct err *err)
{
    if (request->session_secret == NULL)
        return sign_out_finish(request, response, err);
    return request_write(request, sign_out_run, sign_out_finish);
}

/* --- One's own password --------------------------------------------------------------------------------------------
 */

struct password_state {
    char hash[128], secret[65];
    struct sign_in check;
    struct err refusal;
    struct password_view view;
};

static int password_draw(struct request *request, struct response *response, struct password_view *view,
                         struct err *err)
{
    struct page *page;
    view->must = request->actor.must_change_password;
    int r = page_begin(request, response, PAGE_TITLE(request, sign_password_title), "password", &page, err);
    if (r < 0)
        return r;
    page_password(&page->out, view);
    return page_end(page, err);
}

int page_password_get(struct request *request, struct response *response, struct err *err)
{
    struct password_view view = {.done = request_query(request, "done") != NULL};
    return password_draw(request, response, &view, err);
}

static int password_run(struct tx *tx, struct request *request, struct err *err)
{
    struct password_state *state = request->state;
    const struct access *access = &request->office->access;
    int r = account_set_password(tx, access, request->actor.account_id, state->hash, &request->actor, request->now_usec,
                                 err);
    return r < 0 ? r : session_open(tx, access, request->actor.account_id, request->now_usec, state->secret, err);
}

static int password_finish(struct request *request, struct response *response, struct err *err)
{
    const struct password_state *state = request->state;
    bool must = request->actor.must_change_password;
    if (response_cookie(response, request, COOKIE_SESSION, state->secret, SESSION_SEC) < 0 ||
        response_redirect(response, request, must ? "/%s/desk" : "/%s/password?done=1", lang_of(request)) < 0)
        return err_memory(err);
    return 0;
}

/* A wrong password is counted here as on the sign-in page: a session left open is no place to guess it. */
static int password_wrong_run(struct tx *tx, struct request *request, struct err *err)
{
    struct password_state *state = request->state;
    return sign_in_record(tx, &request->office->access, &state->check, request->now_usec, state->secret,
                          &state->refusal, err);
}

static int password_wrong_finish(struct request *request, struct response *response, struct err *err)
{
    struct password_state *state = request->state;
    response->status = 422;
    return password_draw(request, response, &state->view, err);
}

int page_password_post(struct request *request, struct response *response, struct err *err)
{
    struct password_state *state = ARENA_NEW(&request->arena, struct password_state);
    struct password_view view = {0};
    const char *current = request_form(request, "current"), *fresh = request_form(request, "fresh");
    const char *again = request_form(request, "again");
    struct err why = {0};
    struct tx *tx;
    int r = state == NULL ? err_memory(err) : request_read(request, &tx, err);
    if (r < 0)
        return r;
    r = sign_in_check(tx, request->actor.login, current == NULL ? "" : current, request->now_usec, &state->check, &why);
    if (r == -ERR_TOO_MANY)
        view.refusal = sentence_of(request, &why);
    else if (r < 0) {
        *err = why;
        return r;
    } else if (!state->check.right)
        view.current_wrong = text_get(request->lang, T_sign_current_wrong);
    struct field_errors errors;
    field_errors_init(&errors, &request->arena);
    r = password_check(request->actor.login, fresh == NULL ? "" : fresh, &errors, &why);
    if (r < 0 && r != -ERR_BAD_INPUT) {
        *err = why;
        return r;
    }
    view.fresh_wrong = field_sentence(request, field_errors_find(&errors, "password"));
    if (view.fresh_wrong == NULL && (again == NULL || fresh == NULL || strcmp(again, fresh) != 0))
        view.again_wrong = text_get(request->lang, T_sign_not_same);
    if (view.refusal != NULL || view.current_wrong != NULL || view.fresh_wrong != NULL || view.again_wrong != NULL) {
        if (view.current_wrong != NULL) {
            state->view = view;
            request->state = state;
            return request_write(request, password_wrong_run, password_wrong_finish);
        }
        response->status = 422;
        return password_draw(request, response, &view, err);
    }
    r = password_hash(fresh, state->hash, err);
    if (r < 0)
        return r;
    request->state = state;
    return request_write(request, password_run, password_finish);
}
