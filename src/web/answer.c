/* Answers on their way out: the headers each has, errors as pages or problems, what is logged and counted. */
#include "base/log.h"
#include "web/hold.h"
#include "web/pages/pages.h"
#include "web/problem.h"
#include "web/routes.h"
#include "web/server.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define STREAM_BLOCK ((size_t)32 * 1024)

static size_t route_index(const struct route *route)
{
    return route == NULL ? route_count : (size_t)(route - routes);
}

/* Reads that succeed, and decisions, are logged at the debug level only: /metrics counts them. The pattern of the
 * route, never the path. */
static void note(struct connection *c, unsigned status)
{
    const struct request *request = &c->request;
    int64_t took = monotonic_usec() - c->started_usec;
    metrics_count(c->server->metrics, route_index(request->route), status, took);
    bool quiet = status < 400 && (request->route == NULL || request->route->method == HTTP_GET ||
                                  request->route->input == INPUT_JSON_TEXT);
    char status_text[16], took_text[24];
    snprintf(status_text, sizeof status_text, "%u", status);
    snprintf(took_text, sizeof took_text, "%lld", (long long)took);
    log_line(quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "served", "method",
             request->route == NULL ? "-" : http_method_word(request->route->method), "route",
             request->route == NULL ? "-" : request->route->path, "status", status_text, "took_usec", took_text, NULL);
}

static bool has_header(const struct response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return true;
    return false;
}

static void add_headers(struct connection *c, struct MHD_Response *to)
{
    const struct response *response = &c->response;
    if (!has_header(response, "Content-Security-Policy"))
        MHD_add_response_header(to, "Content-Security-Policy",
                                c->server->has_scripts
                                    ? "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
                                      "media-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
                                    : "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
                                      "form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    MHD_add_response_header(to, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(to, "Referrer-Policy", "no-referrer");
    if (!has_header(response, "Cache-Control"))
        MHD_add_response_header(to, "Cache-Control", "no-store");
    if (c->https_outside)
        MHD_add_response_header(to, "Strict-Transport-Security", "max-age=31536000");
    if (response->type != NULL && response->status != 204 && response->status != 304)
        MHD_add_response_header(to, "Content-Type", response->type);
    for (size_t i = 0; i < response->header_count; i++)
        MHD_add_response_header(to, response->headers[i].name, response->headers[i].value);
    /* What a client calls its request, it finds at the answer; the library refuses what is no header's value. */
    const char *id =
        c->request.route != NULL && c->request.route->kind == ROUTE_API ? c->header(c, "X-Request-ID") : NULL;
    if (id != NULL)
        MHD_add_response_header(to, "X-Request-ID", id);
}

/* A streamed body: what one call of the handler's stream wrote is handed on piece by piece. */
struct stream {
    int (*fill)(void *arg, struct buf *out);
    void (*done)(void *arg);
    void *arg;
    struct buf buf;
    size_t sent;
    bool ended;
};

static ssize_t stream_read(void *cls, uint64_t at, char *to, size_t room)
{
    struct stream *stream = cls;
    while (stream->sent == stream->buf.len) {
        if (stream->ended)
            return MHD_CONTENT_READER_END_OF_STREAM;
        buf_reset(&stream->buf);
        stream->sent = 0;
        int r = stream->fill(stream->arg, &stream->buf);
        if (r < 0 || stream->buf.failed)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        stream->ended = r == 0;
    }
    size_t count = stream->buf.len - stream->sent;
    if (count > room)
        count = room;
    memcpy(to, stream->buf.data + stream->sent, count);
    stream->sent += count;
    return (ssize_t)count;
}

static void stream_free(void *cls)
{
    struct stream *stream = cls;
    if (stream->done != NULL)
        stream->done(stream->arg);
    buf_done(&stream->buf);
    free(stream);
}

static struct MHD_Response *stream_response(struct response *response)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    *stream = (struct stream){.fill = response->stream, .done = response->stream_done, .arg = response->stream_arg};
    buf_init(&stream->buf, 4 * 1024 * 1024);
    response->stream = NULL; /* from here on the stream is MHD's to end */
    struct MHD_Response *made = MHD_create_response_from_callback(
        response->stream_bytes > 0 ? (uint64_t)response->stream_bytes : MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read,
        stream, stream_free);
    if (made == NULL)
        stream_free(stream);
    return made;
}

/* A large answer is given out piece by piece, so that who reads it too slowly can be left. */
static ssize_t answer_read(void *cls, uint64_t at, char *to, size_t room)
{
    const struct connection *c = cls;
    const struct buf *body = &c->response.body;
    int64_t deadline =
        c->answered_usec + c->server->timeout_usec + (int64_t)(at / SLOWEST_BYTES_PER_SEC) * USEC_PER_SEC;
    if (monotonic_usec() > deadline)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t count = body->len - (size_t)at < room ? body->len - (size_t)at : room;
    memcpy(to, body->data + at, count);
    return (ssize_t)count;
}

/* The bytes stay ours: they are untouched until the library says that the request is completed. */
static struct MHD_Response *body_response(struct connection *c)
{
    const struct buf *body = &c->response.body;
    if (body->len <= HOLD_FREE)
        return MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_callback(body->len, STREAM_BLOCK, answer_read, c, NULL);
}

enum MHD_Result answer_send(struct connection *c)
{
    struct response *response = &c->response;
    /* Whatever was written was read before; an error's page may have read too. */
    store_read_end(c->request.read);
    c->request.read = NULL;
    if (response->status == 0)
        response->status = 200;
    if (response->body.failed) {
        struct err err;
        (void)err_memory(&err);
        return answer_error(c, &err);
    }
    hold_drop_body(c);
    if (!hold_count(c, 0) && !c->busy) {
        struct err err;
        c->busy = true;
        (void)!err_set(&err, ERR_UNAVAILABLE, "server_busy", NULL);
        return answer_error(c, &err);
    }
    c->answered_usec = monotonic_usec();
    struct MHD_Response *made = response->stream != NULL ? stream_response(response) : body_response(c);
    if (made == NULL)
        return MHD_NO;
    add_headers(c, made);
    if (c->stage == STAGE_HEAD || atomic_load(&c->server->stopping))
        MHD_add_response_header(made, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(c->mhd, response->status, made);
    MHD_destroy_response(made);
    c->stage = STAGE_ANSWERED;
    note(c, response->status);
    /* The library has its own copy of the headers: while a slow client reads, nothing is held but the answer. */
    json_decref(c->request.json);
    c->request.json = NULL;
    arena_reset(&c->request.arena);
    return result;
}

/* Is a person looking? The route says so; without one, the address does. */
static bool wants_page(const struct connection *c)
{
    if (c->request.route != NULL)
        return c->request.route->kind == ROUTE_PAGE;
    const char *accept = c->header(c, "Accept");
    return accept != NULL && strstr(accept, "text/html") != NULL && strncmp(c->request.path, "/v1/", 4) != 0;
}

void answer_allow(struct connection *c)
{
    char methods[64] = "OPTIONS";
    static const char *const names[METHOD_COUNT] = {"GET, HEAD", "POST", "PUT", "DELETE"};
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (c->match.by_method[i] != NULL) {
            strcat(methods, ", ");
            strcat(methods, names[i]);
        }
    if (response_header(&c->response, &c->request, "Allow", "%s", methods) < 0)
        c->response.status = 503;
}

/* A visitor who is not signed in is shown the way, and led back afterwards. */
static bool redirect_to_sign_in(struct connection *c, const struct err *err)
{
    struct request *request = &c->request;
    const struct server *server = c->server;
    if (request->route == NULL || request->route->kind != ROUTE_PAGE || request->route->method != HTTP_GET)
        return false;
    if (err->kind == ERR_UNAUTHENTICATED && server->sign_in_path != NULL) {
        struct buf next CLEANUP_BUF;
        buf_init(&next, 8 * 1024);
        if (path_is_local(c->uri))
            buf_put_url(&next, c->uri);
        return !next.failed && response_redirect(&c->response, request, "/%s%s?next=%s", lang_code(request->lang),
                                                 server->sign_in_path, next.data == NULL ? "" : next.data) == 0;
    }
    if (strcmp(err->code, "password_must_change") == 0 && server->password_path != NULL)
        return response_redirect(&c->response, request, "/%s%s", lang_code(request->lang), server->password_path) == 0;
    return false;
}

static void drop_stream(struct response *response)
{
    if (response->stream != NULL && response->stream_done != NULL)
        response->stream_done(response->stream_arg);
    response->stream = NULL;
}

enum MHD_Result answer_error(struct connection *c, const struct err *err)
{
    struct err copy = *err; /* it may live in the request */
    struct response *response = &c->response;
    unsigned status = err_http_status(copy.kind);
    if (status >= 500)
        log_err(status == 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "refused", &copy);
    drop_stream(response);
    hold_cool(&response->body);
    response->header_count = 0;
    response->status = 0;
    response->type = NULL;
    if (redirect_to_sign_in(c, &copy))
        return answer_send(c);
    bool page = wants_page(c);
    if (page) {
        response->type = "text/html; charset=utf-8";
        response->status = status;
        page = page_error(&c->request, response, &copy) == 0 && !response->body.failed;
    }
    if (!page)
        problem_answer(&c->request, response, &copy);
    if (copy.kind == ERR_METHOD)
        answer_allow(c);
    return answer_send(c);
}

void answer_raw(struct connection *c, const struct err *err)
{
    unsigned status = err_http_status(err->kind);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL && c->server->tls_key == NULL) {
        problem_answer(&c->request, &c->response, err);
        struct buf all CLEANUP_BUF;
        buf_init(&all, 64 * 1024);
        buf_printf(&all,
                   "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
                   "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: %zu\r\n\r\n",
                   status, status_phrase(status), c->response.body.len);
        if (c->response.body.data != NULL)
            buf_put(&all, c->response.body.data, c->response.body.len);
        if (!all.failed && send(info->connect_fd, all.data, all.len, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
            shutdown(info->connect_fd, SHUT_WR);
    }
    note(c, status);
}
