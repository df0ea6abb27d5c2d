/* Correcting a closed figure from the page of counting users. What cannot be taken comes back with the page, refused
 * beside its field and with everything as it was typed. */
#include "web/pages/audience_deeds.h"
#include "web/app.h"
#include "web/pages/pages.h"
#include "web/routes.h"

struct correcting {
    struct audience_wish wish;
    struct audience_view view;
    int64_t leaf;
};

static const char *typed(const struct request *request, const char *name)
{
    const char *text = request_form(request, name);
    return text == NULL ? "" : text;
}

static int correct_run(struct tx *tx, struct request *request, struct err *err)
{
    struct correcting *correcting = request->state;
    return audience_wish_write(tx, request->office, &correcting->wish, &request->actor, request->now_usec,
                               &correcting->leaf, err);
}

static int correct_finish(struct request *request, struct response *response, struct err *err)
{
    const struct correcting *correcting = request->state;
    const struct audience_wish *wish = &correcting->wish;
    CLEANUP_BUF struct buf service;
    char month[12];
    audience_period_format(true, wish->month ? wish->number : audience_month_of(wish->number), month);
    buf_init(&service, 512);
    if (wish->service != NULL) {
        buf_puts(&service, "&service=");
        buf_put_url(&service, wish->service);
    }
    if (service.failed ||
        response_redirect(response, request, "/%s/audience?month=%s%s&done=corrected&leaf=%lld", lang_of(request),
                          month, service.len > 0 ? service.data : "", (long long)correcting->leaf) < 0)
        return err_memory(err);
    return 0;
}

static int correct_failed(struct request *request, struct response *response, struct err *err)
{
    struct correcting *correcting = request->state;
    const struct err *why = &request->write_error;
    response->status = err_http_status(why->kind);
    if (strcmp(why->code, "figure_same") == 0)
        field_errors_add(&request->errors, "users", "figure_same", NULL);
    else if (strcmp(why->code, "reason_missing") == 0)
        field_errors_add(&request->errors, "reason", "reason_missing", NULL);
    else
        correcting->view.refusal = sentence_of(request, why);
    return audience_draw(request, response, &correcting->view, err);
}

int page_audience_correct_post(struct request *request, struct response *response, struct err *err)
{
    static const char *const reserved[] = {"csrf", NULL};
    struct correcting *correcting = ARENA_NEW(&request->arena, struct correcting);
    struct err why = {0};
    struct raw_value *raw;
    size_t raw_count;
    if (correcting == NULL)
        return err_memory(err);
    correcting->view.period = typed(request, "period");
    correcting->view.users = typed(request, "users");
    correcting->view.reason = typed(request, "reason");
    const char *service = typed(request, "service");
    correcting->view.correct_service = strcmp(service, "*") == 0 ? NULL : service;
    int r = form_values(request, reserved, &raw, &raw_count, err);
    if (r < 0)
        return r;
    r = audience_wish_read(request, raw, raw_count, &correcting->wish, &why);
    if (r < 0 && r != -ERR_BAD_INPUT) {
        *err = why;
        return r;
    }
    /* Only a form that somebody made says no version. */
    if (r == 0 && correcting->wish.version < 0)
        field_errors_add(&request->errors, "version", "required", NULL);
    if (request->errors.count > 0) {
        response->status = 422;
        return audience_draw(request, response, &correcting->view, err);
    }
    request->state = correcting;
    request->failed = correct_failed;
    return request_write(request, correct_run, correct_finish);
}
