/* Who works here: the list, a new account, changes of one. A first password is made by the program, shown once, and
 * must be changed on signing in. */
#include "base/id.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <sodium.h>

#define FIRST_PASSWORD_BYTES 10 /* sixteen characters of base32 */

int page_settings_get(struct request *request, struct response *response, struct err *err)
{
    struct page *page;
    int r = page_begin(request, response, PAGE_TITLE(request, settings_title), "settings", &page, err);
    if (r < 0)
        return r;
    page_settings(&page->out);
    return page_end(page, err);
}

int page_accounts_get(struct request *request, struct response *response, struct err *err)
{
    struct accounts_view view = {0};
    struct account_row *rows;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_account_list(tx, &request->arena, &rows, &view.count, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, settings_accounts), "settings", &page, err);
    if (r < 0)
        return r;
    view.rows = rows;
    page_accounts(&page->out, &view);
    return page_end(page, err);
}

struct account_state {
    struct account_new wanted;
    bool disabled, reset;
    char id[37], hash[128], password[40];
};

static unsigned roles_typed(const struct request *request)
{
    unsigned roles = 0;
    for (size_t i = 0; i < request->form_count; i++)
        if (strcmp(request->form[i].name, "roles") == 0)
            for (size_t j = 0; j < request->form[i].count; j++)
                roles |= role_parse(request->form[i].texts[j]);
    return roles;
}

static int account_draw(struct request *request, struct response *response, struct account_view *view, struct err *err)
{
    struct page *page;
    view->may_change = (request->actor.roles & ROLE_ADMIN) != 0;
    int r = page_begin(request, response, view->id == NULL ? PAGE_TITLE(request, settings_account_new) : view->login,
                       "settings", &page, err);
    if (r < 0)
        return r;
    const char *rest = arena_printf(&request->arena, "/settings/accounts/%s", view->id == NULL ? "new" : view->id);
    page->frame.rest = rest == NULL ? "/settings/accounts" : rest;
    page_account(&page->out, view);
    return page_end(page, err);
}

int page_account_get(struct request *request, struct response *response, struct err *err)
{
    const char *id = request_param(request, "id");
    struct account_view view = {.login = "", .name = "", .email = "", .lang = "kk"};
    struct account_row row;
    struct tx *tx;
    if (strcmp(id, "new") == 0)
        return (request->actor.roles & ROLE_ADMIN) != 0 ? account_draw(request, response, &view, err)
                                                        : err_set(err, ERR_FORBIDDEN, "role_not_allowed", NULL);
    int r = id_valid(id) ? request_read(request, &tx, err) : err_set(err, ERR_NOT_FOUND, "account_unknown", NULL);
    if (r == 0)
        r = store_account_get(tx, id, &request->arena, &row, err);
    if (r < 0)
        return r;
    view = (struct account_view){.id = row.id,
                                 .login = row.login,
                                 .name = row.name,
                                 .email = row.email,
                                 .lang = row.lang,
                                 .roles = roles_parse(row.roles),
                                 .disabled = row.disabled};
    if (request_query(request, "done") != NULL)
        view.done = text_get(request->lang, T_settings_saved);
    return account_draw(request, response, &view, err);
}

static const char *typed(const struct request *request, const char *name)
{
    const char *text = request_form(request, name);
    return text == NULL ? "" : text;
}

/* The form as typed, with what was refused, or with a password to be shown once. */
static int typed_draw(struct request *request, struct response *response, const struct account_state *state,
                      const char *refusal, const char *password, struct err *err)
{
    struct account_view view = {.id = state->id[0] == '\0' ? NULL : state->id,
                                .login = state->wanted.login,
                                .name = state->wanted.name,
                                .email = state->wanted.email,
                                .lang = lang_code(state->wanted.lang),
                                .roles = state->wanted.roles,
                                .disabled = state->disabled,
                                .errors = &request->errors,
                                .refusal = refusal,
                                .password_shown = password};
    if (password != NULL)
        view.done = text_get(request->lang, state->reset ? T_settings_saved : T_settings_account_made);
    return account_draw(request, response, &view, err);
}

static int failed(struct request *request, struct response *response, struct err *err)
{
    struct account_state *state = request->state;
    const struct err *why = &request->write_error;
    response->status = err_http_status(why->kind);
    const char *sentence = sentence_of(request, why);
    if (strcmp(why->code, "login_taken") == 0) {
        field_errors_add(&request->errors, "login", "login_taken", NULL);
        sentence = NULL;
    }
    if (request_param(request, "id") == NULL)
        state->id[0] = '\0';
    return typed_draw(request, response, state, sentence, NULL, err);
}

/* Groups of four, easy to read out: "7k3q-9zmf-4t2x-ab0c". */
static int first_password(struct account_state *state, struct err *err)
{
    uint8_t bytes[FIRST_PASSWORD_BYTES];
    char letters[2 * FIRST_PASSWORD_BYTES];
    char *to = state->password;
    randombytes_buf(bytes, sizeof bytes);
    base32_encode(bytes, sizeof bytes, letters);
    for (size_t i = 0; letters[i] != '\0'; i++) {
        if (i > 0 && i % 4 == 0)
            *to++ = '-';
        *to++ = letters[i];
    }
    *to = '\0';
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(letters, sizeof letters);
    return password_hash(state->password, state->hash, err);
}

static struct account_state *state_read(struct request *request)
{
    struct account_state *state = ARENA_NEW(&request->arena, struct account_state);
    if (state == NULL)
        return NULL;
    int lang = lang_parse(typed(request, "lang"));
    state->wanted = (struct account_new){.login = typed(request, "login"),
                                         .name = typed(request, "name"),
                                         .email = typed(request, "email"),
                                         .roles = roles_typed(request),
                                         .lang = lang < 0 ? LANG_KK : (enum lang)lang,
                                         .must_change_password = true};
    state->disabled = request_form(request, "disabled") != NULL;
    state->reset = request_form(request, "reset") != NULL;
    return state;
}

static int create_run(struct tx *tx, struct request *request, struct err *err)
{
    struct account_state *state = request->state;
    return account_create(tx, &request->office->access, &state->wanted, state->hash, &request->actor, request->now_usec,
                          state->id, err);
}

static int shown_finish(struct request *request, struct response *response, struct err *err)
{
    struct account_state *state = request->state;
    return typed_draw(request, response, state, NULL, state->password, err);
}

int page_account_create_post(struct request *request, struct response *response, struct err *err)
{
    struct account_state *state = state_read(request);
    struct err why = {0};
    if (state == NULL)
        return err_memory(err);
    int r = account_check(&state->wanted, &request->errors, &why);
    if (r == -ERR_BAD_INPUT) {
        response->status = 422;
        return typed_draw(request, response, state, NULL, NULL, err);
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    r = first_password(state, err);
    if (r < 0)
        return r;
    request->state = state;
    request->failed = failed;
    return request_write(request, create_run, shown_finish);
}

static int change_run(struct tx *tx, struct request *request, struct err *err)
{
    struct account_state *state = request->state;
    const struct account_row row = {.id = state->id,
                                    .name = state->wanted.name,
                                    .email = state->wanted.email,
                                    .roles = roles_words(state->wanted.roles, &request->arena),
                                    .lang = lang_code(state->wanted.lang),
                                    .disabled = state->disabled};
    if (row.roles == NULL)
        return err_memory(err);
    int r = account_change(tx, &request->office->access, &row, &request->actor, request->now_usec, err);
    if (r == 0 && state->reset)
        r = account_set_password(tx, &request->office->access, state->id, state->hash, &request->actor,
                                 request->now_usec, err);
    return r;
}

static int change_finish(struct request *request, struct response *response, struct err *err)
{
    struct account_state *state = request->state;
    if (state->reset)
        return shown_finish(request, response, err);
    return response_redirect(response, request, "/%s/settings/accounts/%s?done=1", lang_of(request), state->id) < 0
               ? err_memory(err)
               : 0;
}

int page_account_change_post(struct request *request, struct response *response, struct err *err)
{
    struct account_state *state = state_read(request);
    const char *id = request_param(request, "id");
    struct account_row row;
    struct err why = {0};
    struct tx *tx;
    if (state == NULL)
        return err_memory(err);
    int r = id_valid(id) ? request_read(request, &tx, err) : err_set(err, ERR_NOT_FOUND, "account_unknown", NULL);
    if (r == 0)
        r = store_account_get(tx, id, &request->arena, &row, err);
    if (r < 0)
        return r;
    memcpy(state->id, row.id, strnlen(row.id, sizeof state->id - 1));
    state->wanted.login = row.login;
    r = account_check(&state->wanted, &request->errors, &why);
    if (r == -ERR_BAD_INPUT) {
        response->status = 422;
        return typed_draw(request, response, state, NULL, NULL, err);
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    r = state->reset ? first_password(state, err) : 0;
    if (r < 0)
        return r;
    request->state = state;
    request->failed = failed;
    return request_write(request, change_run, change_finish);
}
