/* Tokens for other systems: made (the secret shown once), listed, revoked. */
#include "base/id.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>

#define DAYS_MAX 730

struct token_state {
    const char *name, *account, *days;
    unsigned roles;
    int64_t expires_usec;
    char secret[64], id[37];
};

static const char *typed(const struct request *request, const char *name)
{
    const char *text = request_form(request, name);
    return text == NULL ? "" : text;
}

static int lines_fill(struct request *request, struct tx *tx, struct tokens_view *view, struct err *err)
{
    struct token_row *rows;
    struct choice *everybody;
    size_t account_count;
    int r = store_token_list(tx, &request->arena, &rows, &view->count, err);
    if (r == 0)
        r = staff_choices(request, tx, 0, &everybody, &account_count, err);
    if (r < 0)
        return r;
    struct token_line *lines = ARENA_ARRAY(&request->arena, struct token_line, view->count + 1);
    if (lines == NULL)
        return err_memory(err);
    for (size_t i = 0; i < view->count; i++) {
        lines[i] = (struct token_line){.row = &rows[i], .account_name = "", .state = "live"};
        if (rows[i].expires_usec != TIME_NONE && rows[i].expires_usec <= request->now_usec)
            lines[i].state = "expired";
        if (rows[i].revoked_usec != TIME_NONE)
            lines[i].state = "revoked";
        for (size_t j = 0; j < account_count; j++)
            if (strcmp(everybody[j].id, rows[i].account_id) == 0)
                lines[i].account_name = everybody[j].title;
    }
    view->lines = lines;
    view->accounts = everybody;
    view->account_count = account_count;
    return 0;
}

static int draw(struct request *request, struct response *response, const struct token_state *state,
                const char *refusal, struct err *err)
{
    struct tokens_view view = {.name = "",
                               .account = request->actor.account_id,
                               .days = "365",
                               .refusal = refusal,
                               .errors = &request->errors,
                               .may_change = (request->actor.roles & ROLE_ADMIN) != 0};
    struct page *page;
    struct tx *tx;
    if (state != NULL && state->secret[0] != '\0') {
        view.secret = state->secret;
    } else if (state != NULL) {
        view.name = state->name;
        view.account = state->account;
        view.days = state->days;
        view.roles = state->roles;
    }
    if (request_query(request, "done") != NULL)
        view.done = text_get(request->lang, T_settings_revoked_done);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = lines_fill(request, tx, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, settings_tokens), "settings", &page, err);
    if (r < 0)
        return r;
    page_tokens(&page->out, &view);
    return page_end(page, err);
}

int page_tokens_get(struct request *request, struct response *response, struct err *err)
{
    return draw(request, response, NULL, NULL, err);
}

static int create_run(struct tx *tx, struct request *request, struct err *err)
{
    struct token_state *state = request->state;
    return token_create(tx, &request->office->access, state->account, state->name, state->roles, state->expires_usec,
                        &request->actor, request->now_usec, state->secret, state->id, err);
}

static int create_finish(struct request *request, struct response *response, struct err *err)
{
    return draw(request, response, request->state, NULL, err);
}

static int create_failed(struct request *request, struct response *response, struct err *err)
{
    struct token_state *state = request->state;
    state->secret[0] = '\0';
    response->status = err_http_status(request->write_error.kind);
    return draw(request, response, state, sentence_of(request, &request->write_error), err);
}

int page_token_create_post(struct request *request, struct response *response, struct err *err)
{
    struct token_state *state = ARENA_NEW(&request->arena, struct token_state);
    if (state == NULL)
        return err_memory(err);
    *state = (struct token_state){.name = typed(request, "name"),
                                  .account = typed(request, "account"),
                                  .days = typed(request, "days"),
                                  .expires_usec = TIME_NONE};
    for (size_t i = 0; i < request->form_count; i++)
        if (strcmp(request->form[i].name, "roles") == 0)
            for (size_t j = 0; j < request->form[i].count; j++)
                state->roles |= role_parse(request->form[i].texts[j]);
    size_t digits = strspn(state->days, "0123456789");
    long days = digits > 0 && digits <= 4 && state->days[digits] == '\0' ? strtol(state->days, NULL, 10) : 0;
    if (state->days[0] != '\0' && (days < 1 || days > DAYS_MAX))
        field_errors_add(&request->errors, "days", "out_of_range", "1–%d", DAYS_MAX);
    else if (state->days[0] != '\0')
        state->expires_usec = request->now_usec + days * USEC_PER_DAY;
    if (state->name[0] == '\0')
        field_errors_add(&request->errors, "name", "required", NULL);
    if (state->roles == 0)
        field_errors_add(&request->errors, "roles", "required", NULL);
    if (!id_valid(state->account))
        field_errors_add(&request->errors, "account", "required", NULL);
    if (request->errors.count > 0) {
        response->status = 422;
        return draw(request, response, state, NULL, err);
    }
    request->state = state;
    request->failed = create_failed;
    return request_write(request, create_run, create_finish);
}

static int revoke_run(struct tx *tx, struct request *request, struct err *err)
{
    return token_revoke(tx, &request->office->access, request_param(request, "id"), &request->actor, request->now_usec,
                        err);
}

static int revoke_finish(struct request *request, struct response *response, struct err *err)
{
    return response_redirect(response, request, "/%s/settings/tokens?done=1", lang_of(request)) < 0 ? err_memory(err)
                                                                                                    : 0;
}

int page_token_revoke_post(struct request *request, struct response *response, struct err *err)
{
    if (!id_valid(request_param(request, "id")))
        return err_set(err, ERR_NOT_FOUND, "token_unknown", NULL);
    return request_write(request, revoke_run, revoke_finish);
}
