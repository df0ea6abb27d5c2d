/* A file of identifiers sent by hand, for a platform that does not send them by program: read, hashed and counted as
 * POST /v1/audience/visits does it, all of it or nothing. It may be sent again without harm. */
#include "audience/lines.h"
#include "web/app.h"
#include "web/hold.h"
#include "web/pages/audience_deeds.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <string.h>

struct sending {
    struct counting counting;
    struct lines lines;
    struct audience_view view;
    const char *service;
    int32_t day;
};

static int sent(struct request *request, struct response *response, struct err *err)
{
    const struct sending *sending = request->state;
    size_t warned = 0;
    char month[12];
    for (int i = 0; i < LINE_WARNINGS; i++)
        warned += sending->lines.warnings[i].lines;
    audience_period_format(true, audience_month_of(sending->day), month);
    return response_redirect(response, request, "/%s/audience?month=%s&done=sent&fresh=%zu&total=%lld&warned=%zu",
                             lang_of(request), month, sending->counting.fresh, (long long)sending->counting.users_today,
                             warned) < 0
               ? err_memory(err)
               : 0;
}

/* Beside the field where there is one, else above the form. */
static int refused(struct request *request, struct response *response, const struct err *why, struct err *err)
{
    struct sending *sending = request->state;
    bool of_day = strcmp(why->code, "day_closed") == 0 || strcmp(why->code, "day_in_future") == 0;
    response->status = err_http_status(why->kind);
    if (of_day)
        field_errors_add(&request->errors, "day", why->code, "%s", why->arg);
    else if (why->kind == ERR_BAD_INPUT || why->kind == ERR_TOO_LARGE)
        field_errors_add(&request->errors, "file", why->code, "%s", why->arg);
    else
        sending->view.refusal = sentence_of(request, why);
    return audience_draw(request, response, &sending->view, err);
}

static int not_counted(struct request *request, struct response *response, struct err *err)
{
    return refused(request, response, &request->write_error, err);
}

static int form_refused(struct request *request, struct response *response, const char *field, const char *code,
                        struct err *err)
{
    struct sending *sending = request->state;
    field_errors_add(&request->errors, field, code, NULL);
    response->status = 422;
    return audience_draw(request, response, &sending->view, err);
}

/* The lines that were refused, by number, with the reason of each. */
static int lines_told(struct request *request, struct sending *sending, struct err *err)
{
    const struct lines *lines = &sending->lines;
    size_t count = lines->refused < LINES_TOLD ? lines->refused : LINES_TOLD;
    struct audience_bad_line *bad = ARENA_ARRAY(&request->arena, struct audience_bad_line, count + 1);
    if (bad == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        bad[i].line = (int64_t)lines->refusals[i].line;
        bad[i].why = text_error(&request->arena, request->lang, lines->refusals[i].code, NULL);
    }
    sending->view.bad_lines = bad;
    sending->view.bad_line_count = count;
    return request->arena.overflowed ? err_memory(err) : 0;
}

static void done(struct counting *counting, const struct err *err)
{
    request_waited(counting->arg, err);
}

int page_audience_send_post(struct request *request, struct response *response, struct err *err)
{
    const struct request_file *file = request->file_count == 1 ? &request->files[0] : NULL;
    struct sending *sending = ARENA_NEW(&request->arena, struct sending);
    const char *day = request_form(request, "day"), *service = request_form(request, "send_service");
    struct visit_key key;
    struct err why = {0};
    struct date date;
    if (sending == NULL)
        return err_memory(err);
    request->state = sending;
    sending->service = service == NULL ? "" : service;
    sending->view.send_day = day;
    sending->view.send_service = sending->service;
    if (day == NULL || !date_parse(day, &date))
        return form_refused(request, response, "day", "not_a_date", err);
    if (!service_name_fits(sending->service))
        return form_refused(request, response, "send_service", "service_name", err);
    if (file == NULL || file->count == 0)
        return form_refused(request, response, "file", "file_missing", err);
    sending->day = day_from_date(date);
    int r = counter_key(request->app->counter, sending->day, request->now_usec, &key, &why);
    if (r < 0)
        return refused(request, response, &why, err);
    struct lines *lines = &sending->lines;
    lines_init(lines, &key, false);
    r = lines_feed(lines, file->bytes, file->count, &why);
    if (r == 0)
        r = lines_end(lines, &why);
    hold_wipe_body(request->connection);
    explicit_bzero(&key, sizeof key);
    if (r == 0 && !hold_count(request->connection, lines->room * sizeof *lines->hashes))
        r = err_set(&why, ERR_UNAVAILABLE, "server_busy", NULL);
    if (r < 0) {
        int told = lines_told(request, sending, err);
        lines_done(lines);
        return told < 0 ? told : refused(request, response, &why, err);
    }
    struct visits visits = {sending->day, sending->service, lines->hashes, lines->count};
    sending->counting = (struct counting){.done = done, .arg = request};
    request->failed = not_counted;
    int waits = request_wait(request, sent);
    counter_add(request->app->counter, &visits, request->now_usec, &sending->counting);
    lines_drop_hashes(lines);
    return waits;
}
