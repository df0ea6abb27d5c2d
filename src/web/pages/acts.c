/* Acts as forms, from staff on the page of the case and from the opener on the page that follows it. What was typed
 * stays when an act is refused. */
#include "web/pages/acts.h"
#include "web/app.h"
#include "web/routes.h"

static const char *const reserved[] = {"once", "version", "attachments", "csrf", NULL};

/* What the act asks for anew, as the case has it: whoever changes one of ten things types one. A text of the form is
 * left out where the act moves the case: there it says something else, an answer to what was asked. */
static int act_prefill(struct request *request, const struct case_view *c, const struct procedure_act *act,
                       struct form_view *form, struct err *err)
{
    struct raw_value *raw = ARENA_ARRAY(&request->arena, struct raw_value, act->field_count + 1);
    if (raw == NULL)
        return err_memory(err);
    for (size_t i = 0; i < act->field_count; i++) {
        const struct field *field = &act->fields[i];
        for (size_t j = 0; j < c->value_count; j++) {
            const struct case_value *value = &c->values[j];
            if (strcmp(value->field->name, field->name) == 0 && value->field->type == field->type && value->count > 0 &&
                !value->destroyed && (field->type != FIELD_TEXT || act->to < 0))
                raw[form->raw_count++] = (struct raw_value){
                    .name = field->name, .kind = RAW_FORM, .count = value->count, .texts = value->texts};
        }
    }
    form->raw = raw;
    return 0;
}

/* Of several acts that issue papers, none is the usual one. */
static bool only_paper(const struct case_view *c, const struct procedure_act *act)
{
    size_t papers = 0;
    for (size_t i = 0; i < c->act_count; i++)
        papers += c->acts[i]->paper != NULL;
    return papers == 1 && act->paper != NULL;
}

/* What the act asks; what its effect gives is none of it. NULL when memory ends. */
static const struct field *fields_asked(struct request *request, const struct procedure_act *act, size_t *ret_count)
{
    struct field *asked = ARENA_ARRAY(&request->arena, struct field, act->field_count + 1);
    if (asked == NULL)
        return NULL;
    for (size_t i = 0; i < act->field_count; i++)
        if (!act->fields[i].by_effect)
            asked[(*ret_count)++] = act->fields[i];
    return asked;
}

int act_forms_make(struct request *request, const struct case_view *c, const char *tried, const char *refusal,
                   struct act_form **ret, size_t *ret_count, struct err *err)
{
    struct act_form *forms = ARENA_ARRAY(&request->arena, struct act_form, c->act_count + 1);
    struct raw_value *raw = NULL;
    size_t raw_count = 0;
    int r = forms == NULL ? err_memory(err) : form_values(request, reserved, &raw, &raw_count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < c->act_count; i++) {
        const struct procedure_act *act = c->acts[i];
        bool this_one = tried != NULL && strcmp(tried, act->id) == 0;
        size_t asked_count = 0;
        const struct field *asked = fields_asked(request, act, &asked_count);
        if (asked == NULL)
            return err_memory(err);
        forms[i] = (struct act_form){.act = act,
                                     .open = this_one || (tried == NULL && only_paper(c, act)),
                                     .form = {.prefix = act->id,
                                              .fields = asked,
                                              .field_count = asked_count,
                                              .had_files = this_one && request->file_count > 0,
                                              .raw = this_one ? raw : NULL,
                                              .raw_count = this_one ? raw_count : 0,
                                              .errors = this_one ? &request->errors : NULL,
                                              .refusal = this_one ? refusal : NULL}};
        r = this_one ? 0 : act_prefill(request, c, act, &forms[i].form, err);
        if (r < 0)
            return r;
    }
    *ret = forms;
    *ret_count = c->act_count;
    return 0;
}

const char *barred_sentence(struct request *request, const struct barred_act *barred)
{
    return sentence_of(request, &barred->why);
}

static int run(struct tx *tx, struct request *request, struct err *err)
{
    struct acting_state *state = request->state;
    int64_t version, leaf;
    return case_act(tx, request->office, state->prepared, request->now_usec, &version, &leaf, err);
}

static int finish(struct request *request, struct response *response, struct err *err)
{
    const struct acting_state *state = request->state;
    CLEANUP_BUF struct buf where;
    buf_init(&where, 1024);
    buf_printf(&where, "/%s/%s/", lang_of(request), state->opener ? "follow" : "case");
    buf_put_url(&where, state->opener ? state->number : state->case_id);
    if (where.failed || response_redirect(response, request, "%s?done=1", where.data) < 0)
        return err_memory(err);
    return 0;
}

static int failed(struct request *request, struct response *response, struct err *err)
{
    struct acting_state *state = request->state;
    response->status = err_http_status(request->write_error.kind);
    return state->redraw(request, response, state->act, sentence_of(request, &request->write_error), err);
}

/* The version that the form was drawn for; 0 where it does not say. */
static int64_t version_of(struct request *request)
{
    const char *text = request_form(request, "version");
    if (text == NULL || strspn(text, "0123456789") != strlen(text) || strlen(text) > 15)
        return 0;
    return strtoll(text, NULL, 10);
}

int act_from_form(struct request *request, struct response *response, struct acting_state *state,
                  const struct actor *actor, struct err *err)
{
    struct case_acting acting = {.case_id = state->case_id,
                                 .act = state->act,
                                 .expected_version = version_of(request),
                                 .idempotency_key = once_of(request)};
    struct raw_value *raw;
    struct attachment_new *files;
    struct err why = {0};
    struct tx *tx;
    int r = form_values(request, reserved, &raw, &acting.raw_count, err);
    if (r == 0)
        r = form_files(request, "attachments", &files, &acting.file_count, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    acting.raw = raw;
    acting.files = files;
    r = case_act_prepare(tx, request->office, &acting, actor, request->now_usec, &request->arena, &state->prepared,
                         &request->errors, &why);
    if (r == -ERR_BAD_INPUT || r == -ERR_CONFLICT || r == -ERR_STALE) {
        response->status = err_http_status(why.kind);
        return state->redraw(request, response, state->act,
                             request->errors.count > 0 ? NULL : sentence_of(request, &why), err);
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    request->state = state;
    request->failed = failed;
    return request_write(request, run, finish);
}
