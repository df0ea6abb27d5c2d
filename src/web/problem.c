/* Problem details. The title is the status's own phrase, the detail the sentence of the error's code. */
#include "web/problem.h"
#include "base/locale.h"
#include "web/json_out.h"

const char *status_phrase(unsigned status)
{
    static const struct {
        unsigned status;
        const char *phrase;
    } phrases[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Error";
}

static const char *sentence(struct request *request, const char *code, const char *arg)
{
    const char *text = text_error(&request->arena, request->lang, code, arg);
    return text == NULL ? code : text;
}

void problem_answer(struct request *request, struct response *response, const struct err *err)
{
    struct buf *out = &response->body;
    unsigned status = err_http_status(err->kind);
    buf_reset(out);
    response->header_count = 0;
    response->status = status;
    response->type = "application/problem+json";
    jo_open(out, '{');
    jo_text(out, "type", "about:blank");
    jo_text(out, "title", status_phrase(status));
    jo_int(out, "status", status);
    jo_text(out, "detail", sentence(request, err->code, err->arg));
    jo_text(out, "code", err->code);
    if (err->arg[0] != '\0')
        jo_text(out, "arg", err->arg);
    jo_key(out, "errors");
    jo_open(out, '[');
    for (size_t i = 0; i < request->errors.count; i++) {
        const struct field_error *item = &request->errors.items[i];
        jo_open(out, '{');
        jo_text(out, "field", item->field);
        jo_text(out, "code", item->code);
        jo_text(out, "message", sentence(request, item->code, item->arg));
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    /* A header that finds no memory is left out: the answer itself still goes. */
    int ignored = 0;
    if (status == 503)
        ignored = response_header(response, request, "Retry-After", "2");
    if (status == 429)
        ignored = response_header(response, request, "Retry-After", "60");
    if (status == 401)
        ignored = response_header(response, request, "WWW-Authenticate", "Bearer realm=\"talap\"");
    (void)ignored;
}
