/* One case as staff see it, its acts, its files and papers. */
#include "out/paper.h"
#include "web/app.h"
#include "web/pages/acts.h"
#include "web/routes.h"
#include <pages.h>

static unsigned acting_roles(const struct procedure *procedure)
{
    unsigned roles = 0;
    for (size_t i = 0; i < procedure->act_count; i++)
        for (size_t j = 0; j < procedure->acts[i].by_count; j++)
            roles |= role_parse(procedure->acts[i].by[j]);
    return roles & ROLE_WORKERS;
}

/* The cases that the act waits for: those that name this one in the field it asks about, and are not where they should
 * be. */
static int waited_for(struct request *request, const struct case_view *c, struct barred_line *line, struct err *err)
{
    const struct act_need *need = &line->act->need;
    const struct case_link **links = ARENA_ARRAY(&request->arena, const struct case_link *, c->link_count + 1);
    if (links == NULL)
        return err_memory(err);
    for (size_t i = 0; i < c->link_count; i++) {
        const struct case_link *link = &c->links[i];
        if (link->back && link->field != NULL && strcmp(link->field->name, need->field) == 0 &&
            strcmp(link->procedure->id, need->procedure) == 0 &&
            !words_have(need->states, need->state_count, link->procedure->states[link->state].id))
            links[line->link_count++] = link;
    }
    line->links = links;
    return 0;
}

static int barred_fill(struct request *request, struct case_page_view *view, struct err *err)
{
    const struct case_view *c = view->c;
    struct barred_line *lines = ARENA_ARRAY(&request->arena, struct barred_line, c->barred_count + 1);
    int r = lines == NULL ? err_memory(err) : 0;
    for (size_t i = 0; r == 0 && i < c->barred_count; i++) {
        lines[i] = (struct barred_line){.act = c->barred[i].act,
                                        .why = barred_sentence(request, &c->barred[i]),
                                        .lists = strcmp(c->barred[i].why.code, "needs_first") == 0};
        if (lines[i].lists && lines[i].act->need.procedure != NULL)
            r = waited_for(request, c, &lines[i], err);
    }
    view->barred = lines;
    view->barred_count = c->barred_count;
    return r;
}

/* The steps of the case: its opening and its acts, each with the time since the one before. */
static int events_fill(struct request *request, struct case_page_view *view, struct err *err)
{
    const struct case_view *c = view->c;
    struct event_line *lines = ARENA_ARRAY(&request->arena, struct event_line, c->event_count + 1);
    int64_t before = TIME_NONE;
    if (lines == NULL)
        return err_memory(err);
    for (size_t i = 0; i < c->event_count; i++) {
        const struct case_event *event = &c->events[i];
        bool opening = strcmp(event->kind, "case.opened") == 0;
        int64_t happened = opening ? c->row.opened_usec : event->happened_usec;
        struct event_line *line = &lines[c->event_count - 1 - i];
        *line = (struct event_line){.event = event, .at_once = event_is_at_once(c, event), .took_usec = TIME_NONE};
        /* Within the same minute it is the same time. */
        line->dated = event->act != NULL && event->at_usec - happened >= 60 * USEC_PER_SEC;
        if (event->act == NULL && !opening)
            continue;
        if (before != TIME_NONE && happened - before >= 60 * USEC_PER_SEC)
            line->took_usec = happened - before;
        before = happened;
    }
    view->events = lines;
    view->event_count = c->event_count;
    return 0;
}

static int papers_fill(struct request *request, struct case_page_view *view, struct err *err)
{
    const struct case_view *c = view->c;
    struct paper_line *lines = ARENA_ARRAY(&request->arena, struct paper_line, c->paper_count + 1);
    if (lines == NULL)
        return err_memory(err);
    for (size_t i = 0; i < c->paper_count; i++) {
        lines[i] = (struct paper_line){.paper = &c->papers[i], .title = text_get(request->lang, T_case_opening)};
        for (size_t j = 0; j < c->event_count; j++)
            if (c->events[j].leaf == c->papers[i].leaf && c->events[j].act != NULL)
                lines[i].title = c->events[j].act->title.in[request->lang];
    }
    view->papers = lines;
    view->paper_count = c->paper_count;
    return 0;
}

bool procedure_names(const struct procedure *procedure, const struct procedure *other)
{
    for (size_t i = 0; i < procedure->field_count; i++)
        if (procedure->fields[i].type == FIELD_CASE &&
            words_have(procedure->fields[i].procedures, procedure->fields[i].procedure_count, other->id))
            return true;
    return false;
}

/* What may grow out of this case: procedures with a form that may name it. */
static int openings_fill(struct request *request, struct case_page_view *view, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct procedure **openings =
        ARENA_ARRAY(&request->arena, const struct procedure *, catalogue->procedure_count + 1);
    if (openings == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        if (procedure_opened_by_staff(request, &catalogue->procedures[i]) &&
            procedure_names(&catalogue->procedures[i], view->c->procedure))
            openings[view->opening_count++] = &catalogue->procedures[i];
    view->openings = openings;
    return 0;
}

static int case_draw(struct request *request, struct response *response, const char *tried, const char *refusal,
                     struct err *err)
{
    struct case_page_view view = {.once = once_new(request)};
    const char *id = request_param(request, "id");
    struct case_view c;
    struct act_form *forms;
    struct choice *accounts;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = case_view(tx, request->office, id, &request->actor, request->now_usec,
                      CASE_WITH_WHY | CASE_WITH_EVENTS | CASE_WITH_MESSAGES, &request->arena, &c, err);
    if (r == 0)
        r = act_forms_make(request, &c, tried, refusal, &forms, &view.form_count, err);
    if (r == 0)
        r = staff_choices(request, tx, acting_roles(c.procedure), &accounts, &view.account_count, err);
    if (r < 0)
        return r;
    view.c = &c;
    r = barred_fill(request, &view, err);
    if (r == 0)
        r = events_fill(request, &view, err);
    if (r == 0)
        r = papers_fill(request, &view, err);
    if (r == 0)
        r = openings_fill(request, &view, err);
    if (r < 0)
        return r;
    view.forms = forms;
    view.accounts = accounts;
    view.may_change = (request->actor.roles & ROLE_WORKERS) != 0;
    bool open_case = !c.procedure->states[c.state].final;
    view.may_assign = view.may_change && open_case;
    if (request_query(request, "done") != NULL)
        view.done = text_get(request->lang, T_case_done);
    if (tried != NULL) {
        bool drawn = false;
        for (size_t i = 0; i < view.form_count; i++)
            drawn = drawn || strcmp(forms[i].act->id, tried) == 0;
        /* Refused by the state: its form is gone, so the refusal stands on top. */
        if (!drawn)
            view.refusal = refusal;
        if (strcmp(tried, "note") == 0) {
            view.note_typed = request_form(request, "text");
            view.note_wrong = field_sentence(request, field_errors_find(&request->errors, "text"));
        }
        if (strcmp(tried, "assign") == 0)
            view.assign_wrong = field_sentence(request, field_errors_find(&request->errors, "account"));
    }
    const char *title = arena_printf(&request->arena, "%s %s", c.procedure->title.in[request->lang], c.row.number);
    r = page_begin(request, response, title == NULL ? "" : title, "queue", &page, err);
    if (r < 0)
        return r;
    const char *rest = arena_printf(&request->arena, "/case/%s", c.row.id);
    page->frame.rest = rest == NULL ? "/queue" : rest;
    page_case_page(&page->out, &view);
    return page_end(page, err);
}

int page_case_get(struct request *request, struct response *response, struct err *err)
{
    return case_draw(request, response, NULL, NULL, err);
}

int page_case_act_post(struct request *request, struct response *response, struct err *err)
{
    struct acting_state *state = ARENA_NEW(&request->arena, struct acting_state);
    if (state == NULL)
        return err_memory(err);
    *state = (struct acting_state){
        .case_id = request_param(request, "id"), .act = request_param(request, "act"), .redraw = case_draw};
    return act_from_form(request, response, state, &request->actor, err);
}

int answer_attachment(struct request *request, struct response *response, const struct case_view *c, const char *id,
                      const char *type, struct err *err)
{
    const char *name = NULL;
    for (size_t i = 0; i < c->attachment_count; i++)
        if (strcmp(c->attachments[i].id, id) == 0)
            name = c->attachment_names[i];
    return answer_file(request, response, type, name == NULL || name[0] == '\0' ? "attachment" : name, true, err);
}

int page_case_attachment(struct request *request, struct response *response, struct err *err)
{
    const char *id = request_param(request, "attachment"), *type;
    struct case_view c;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = case_view(tx, request->office, request_param(request, "id"), &request->actor, request->now_usec, 0,
                      &request->arena, &c, err);
    if (r == 0)
        r = case_attachment(tx, request->office, c.row.id, id, &response->body, &type, &request->arena, err);
    return r < 0 ? r : answer_attachment(request, response, &c, id, type, err);
}

int answer_paper(struct request *request, struct response *response, const struct case_view *c, struct err *err)
{
    const char *leaf_text = request_param(request, "leaf"), *name = request_param(request, "name");
    char *end = NULL;
    int64_t leaf = strtoll(leaf_text, &end, 10);
    struct organisation organisation;
    struct tx *tx;
    bool issued = false;
    for (size_t i = 0; i < c->paper_count; i++)
        issued = issued || (c->papers[i].leaf == leaf && strcmp(c->papers[i].id, name) == 0);
    if (*leaf_text == '\0' || *end != '\0' || !issued || request->app->papers == NULL)
        return err_set(err, ERR_NOT_FOUND, "paper_unknown", NULL);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = organisation_get(tx, &request->arena, &organisation, err);
    /* The paper's own address is built from the organisation's url, else from where we are reached. */
    if (r == 0 && organisation.url[0] == '\0')
        organisation.url = request_public_url(request);
    /* As its addressee wrote, unless somebody asks for another language. */
    const char *wanted = request_query(request, "language");
    int language = wanted != NULL ? paper_language_parse(wanted) : (int)paper_language_of(c);
    if (r == 0 && language < 0)
        return err_set(err, ERR_NOT_FOUND, "paper_unknown", NULL);
    if (r == 0)
        r = paper_render(request->app->papers, c, &organisation, name, leaf, (enum paper_language)language,
                         &request->office->catalogue->calendar->zone, &response->body, err);
    const char *file = arena_printf(&request->arena, "%s.pdf", c->row.number);
    return r < 0 ? r : answer_file(request, response, "application/pdf", file == NULL ? "paper.pdf" : file, true, err);
}

int page_case_paper(struct request *request, struct response *response, struct err *err)
{
    struct case_view c;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = case_view(tx, request->office, request_param(request, "id"), &request->actor, request->now_usec,
                      CASE_WITH_EVENTS, &request->arena, &c, err);
    return r < 0 ? r : answer_paper(request, response, &c, err);
}
