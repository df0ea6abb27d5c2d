/* Following one's own case with its number and code. The code comes from the form, from the cookie, or once from a link
 * in a message; then the address is cleared of it at once. */
#include "base/unicode.h"
#include "web/app.h"
#include "web/pages/acts.h"
#include "web/pages/cabinet.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

static int form_draw(struct request *request, struct response *response, const char *number, const char *code,
                     const char *refusal, struct err *err)
{
    const struct follow_form_view view = {.number = number, .code = code, .refusal = refusal};
    struct page *page;
    int r = page_begin(request, response, PAGE_TITLE(request, follow_title), "follow", &page, err);
    if (r < 0)
        return r;
    page->frame.rest = "/follow";
    page_follow_form(&page->out, &view);
    return page_end(page, err);
}

int page_follow_form_get(struct request *request, struct response *response, struct err *err)
{
    return form_draw(request, response, query_text(request, "number"), "", NULL, err);
}

static int to_case(struct request *request, struct response *response, const char *number, const char *code,
                   struct err *err)
{
    CLEANUP_BUF struct buf encoded;
    buf_init(&encoded, 1024);
    buf_put_url(&encoded, number);
    int r = opener_remember(request, response, number, code, err);
    if (r < 0)
        return r;
    return encoded.failed || response_redirect(response, request, "/%s/follow/%s", lang_of(request), encoded.data) < 0
               ? err_memory(err)
               : 0;
}

/* Numbers are typed as people type: without blanks at the ends, letters in either case. */
static const char *number_tidy(struct request *request, const char *number)
{
    const char *tidy = number == NULL ? NULL : text_normalise(&request->arena, number);
    return tidy == NULL ? "" : tidy;
}

int page_follow_form_post(struct request *request, struct response *response, struct err *err)
{
    const char *number = number_tidy(request, request_form(request, "number"));
    const char *code = number_tidy(request, request_form(request, "code"));
    struct case_view c;
    struct err why = {0};
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    r = case_view_by_code(tx, request->office, number, code, request->now_usec, 0, &request->arena, &c, &why);
    if (r == -ERR_NOT_FOUND) {
        response->status = 422;
        return form_draw(request, response, number, code, sentence_of(request, &why), err);
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    /* The code in its own spelling: what was typed may have blanks or look-alikes in it. */
    char exact[16];
    keyring_access_code(request->office->keyring, c.row.id, exact);
    return to_case(request, response, c.row.number, exact, err);
}

/* The code of the case: of who showed it before, or of who is in their own cabinet; NULL without. */
static int case_code(struct request *request, const char *number, const char **ret, struct err *err)
{
    *ret = opener_code(request, number);
    return *ret != NULL ? 0 : cabinet_case_code(request, number, ret, err);
}

/* The case that the cookie or the cabinet opens. ERR_NOT_FOUND "number_or_code_wrong" where there is none. */
static int own_case(struct request *request, unsigned with, struct case_view *ret, struct err *err)
{
    const char *number = request_param(request, "number"), *code;
    struct tx *tx;
    int r = case_code(request, number, &code, err);
    if (r < 0)
        return r;
    if (code == NULL)
        return err_set(err, ERR_NOT_FOUND, "number_or_code_wrong", NULL);
    r = request_read(request, &tx, err);
    return r < 0 ? r
                 : case_view_by_code(tx, request->office, number, code, request->now_usec, with, &request->arena, ret,
                                     err);
}

/* Somebody has decided: by an act, or by opening the case. */
static bool is_decided(const struct case_view *c)
{
    bool decided = c->procedure->decides;
    for (size_t i = 0; i < c->event_count; i++)
        decided = decided || (c->events[i].act != NULL && c->events[i].act->decides);
    return decided;
}

/* What the public may open about a case like this one: an appeal against what was decided. */
static int appeals_fill(struct request *request, struct follow_view *view, struct err *err)
{
    const struct procedure *const *open;
    size_t count;
    int r = public_procedures(request, &open, &count, err);
    if (r < 0)
        return r;
    const struct procedure **appeals = ARENA_ARRAY(&request->arena, const struct procedure *, count + 1);
    if (appeals == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        if (procedure_names(open[i], view->c->procedure))
            appeals[view->appeal_count++] = open[i];
    view->appeals = appeals;
    return 0;
}

static int case_draw(struct request *request, struct response *response, const char *tried, const char *refusal,
                     struct err *err)
{
    struct follow_view view = {.once = once_new(request)};
    struct case_view c;
    struct act_form *forms;
    struct page *page;
    int r = own_case(request, CASE_WITH_WHY | CASE_WITH_EVENTS, &c, err);
    if (r == 0)
        r = act_forms_make(request, &c, tried, refusal, &forms, &view.form_count, err);
    if (r < 0)
        return r;
    view.c = &c;
    view.in_cabinet = request_cookie(request, COOKIE_PERSON) != NULL;
    view.forms = forms;
    r = is_decided(&c) ? appeals_fill(request, &view, err) : 0;
    if (r < 0)
        return r;
    if (request_query(request, "done") != NULL)
        view.done = text_get(request->lang, T_follow_done);
    const char *title = arena_printf(&request->arena, "%s %s", c.procedure->title.in[request->lang], c.row.number);
    r = page_begin(request, response, title == NULL ? "" : title, "follow", &page, err);
    if (r < 0)
        return r;
    CLEANUP_BUF struct buf rest;
    buf_init(&rest, 1024);
    buf_puts(&rest, "/follow/");
    buf_put_url(&rest, c.row.number);
    const char *own = rest.failed ? NULL : arena_strdup(&request->arena, rest.data);
    page->frame.rest = own == NULL ? "/follow" : own;
    page_follow(&page->out, &view);
    return page_end(page, err);
}

int page_follow_get(struct request *request, struct response *response, struct err *err)
{
    const char *number = request_param(request, "number"), *code = request_query(request, "code");
    /* Longer than any number: nothing to remember, and too long for a cookie and an address. */
    if (code != NULL && strlen(number) < sizeof((struct case_opened *)0)->number)
        return to_case(request, response, number, code, err);
    struct err why = {0};
    int r = case_code(request, number, &code, err);
    if (r < 0)
        return r;
    if (code == NULL)
        return form_draw(request, response, number, "", NULL, err);
    r = case_draw(request, response, NULL, NULL, &why);
    if (r == -ERR_NOT_FOUND) {
        /* A cookie that opens nothing (a wrong link): asked for again, in words. */
        response->status = 404;
        opener_forget(request, response);
        return form_draw(request, response, number, "", sentence_of(request, &why), err);
    }
    if (r < 0)
        *err = why;
    return r;
}

int page_follow_act_post(struct request *request, struct response *response, struct err *err)
{
    static const struct actor opener = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC};
    struct acting_state *state = ARENA_NEW(&request->arena, struct acting_state);
    struct case_view c;
    if (state == NULL)
        return err_memory(err);
    int r = own_case(request, 0, &c, err);
    if (r < 0)
        return r;
    *state = (struct acting_state){.case_id = c.row.id,
                                   .act = request_param(request, "act"),
                                   .number = c.row.number,
                                   .opener = true,
                                   .redraw = case_draw};
    return act_from_form(request, response, state, &opener, err);
}

int page_follow_attachment(struct request *request, struct response *response, struct err *err)
{
    const char *id = request_param(request, "attachment"), *type;
    struct case_view c;
    struct tx *tx;
    int r = own_case(request, 0, &c, err);
    bool shown = false;
    for (size_t i = 0; r == 0 && i < c.attachment_count; i++)
        shown = shown || strcmp(c.attachments[i].id, id) == 0;
    if (r == 0 && !shown)
        r = err_set(err, ERR_NOT_FOUND, "attachment_unknown", NULL);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = case_attachment(tx, request->office, c.row.id, id, &response->body, &type, &request->arena, err);
    return r < 0 ? r : answer_attachment(request, response, &c, id, type, err);
}

int page_follow_paper(struct request *request, struct response *response, struct err *err)
{
    struct case_view c;
    int r = own_case(request, CASE_WITH_EVENTS, &c, err);
    return r < 0 ? r : answer_paper(request, response, &c, err);
}
