/* The adapter over libmicrohttpd: an epoll loop on each of a few threads.
 *
 * The life of a request. The library calls `http_on_uri` when it has read the request line: a connection is taken from
 * the pool. It calls `http_on_request` with the headers: the route is found and the head is judged, but nothing is
 * answered yet, because the library closes a connection that is answered before its body was read. Then come pieces of
 * the body, which are kept, or thrown away when the head or the size was refused; and at last a call without bytes, on
 * which the request is judged and handled. A handler that asks for a write has the connection suspended *before* its
 * command is queued, since the writer may be done before we return; the writer's thread resumes it, and the next call
 * sends the answer. A client that went away meanwhile changes nothing: the command ends, the library calls us once more
 * or says that the request is over, and only `http_on_completed` gives the connection back. */
#include "base/log.h"
#include "web/hold.h"
#include "web/server.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* From here on JSON text is read on a thread of its own. */
#define LARGE_TEXT ((size_t)1024 * 1024)
/* What a route may take at most, and its multipart frame. */
#define BODY_ROOM ((size_t)(IMPORT_MIB + 1) * 1024 * 1024)
/* Attachments are sealed into it: as many and as large as a case takes, and room for the rest. A file of consents, too.
 */
#define ARENA_LIMIT (CASE_ATTACHMENTS_MAX * (size_t)CASE_ATTACHMENT_BYTES_MAX + (size_t)32 * 1024 * 1024)
#define ANSWER_LIMIT ((size_t)64 * 1024 * 1024)
#define POOL_MAX 512
/* A body that is refused is read to its end when it is at most this long, so that the client reads our answer. */
#define SWALLOW_MAX ((size_t)64 * 1024 * 1024)
#define SWALLOW_UNANNOUNCED_MAX ((size_t)4 * 1024 * 1024)
#define DRAIN_MAX ((size_t)1024 * 1024)

int64_t monotonic_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

struct metrics *request_metrics(const struct request *request)
{
    return request->connection->server->metrics;
}

int64_t request_active(const struct request *request)
{
    return atomic_load(&request->connection->server->active);
}

/* --- The pool ----------------------------------------------------------------------------------------------------- */

static const char *header_of(const struct connection *c, const char *name)
{
    return MHD_lookup_connection_value(c->mhd, MHD_HEADER_KIND, name);
}

/* Everything anew but the memory that is kept warm. */
static void connection_reset(struct connection *c)
{
    struct arena arena = c->request.arena;
    struct buf body = c->body, answer = c->response.body;
    arena_reset(&arena);
    buf_reset(&body);
    buf_reset(&answer);
    *c = (struct connection){.server = c->server, .header = header_of, .body = body, .response.body = answer};
    c->request.arena = arena;
    c->request.connection = c;
    c->request.app = c->server->app;
    c->request.office = &c->server->app->office;
    c->public_url = c->server->public_url;
    c->https_outside = c->server->https_outside;
    c->request.arena.limit_bytes = ARENA_LIMIT; /* a handler may have raised it */
    field_errors_init(&c->request.errors, &c->request.arena);
}

static struct connection *connection_take(struct server *server)
{
    pthread_mutex_lock(&server->pool_lock);
    struct connection *c = server->pool;
    if (c != NULL) {
        server->pool = c->next;
        server->pool_count--;
    }
    pthread_mutex_unlock(&server->pool_lock);
    if (c == NULL) {
        c = calloc(1, sizeof *c);
        if (c == NULL)
            return NULL;
        c->server = server;
        arena_init(&c->request.arena, ARENA_LIMIT);
        buf_init(&c->body, BODY_ROOM);
        buf_init(&c->response.body, ANSWER_LIMIT);
    }
    connection_reset(c);
    return c;
}

void http_connection_free(struct connection *c)
{
    arena_done(&c->request.arena);
    buf_done(&c->body);
    buf_done(&c->response.body);
    free(c);
}

static void connection_give(struct connection *c)
{
    struct server *server = c->server;
    json_decref(c->request.json);
    c->request.json = NULL;
    if (c->response.stream != NULL && c->response.stream_done != NULL)
        c->response.stream_done(c->response.stream_arg);
    arena_reset(&c->request.arena);
    hold_cool(&c->body);
    hold_cool(&c->response.body);
    hold_end(c);
    pthread_mutex_lock(&server->pool_lock);
    bool kept = server->pool_count < POOL_MAX;
    if (kept) {
        c->next = server->pool;
        server->pool = c;
        server->pool_count++;
    }
    pthread_mutex_unlock(&server->pool_lock);
    if (!kept)
        http_connection_free(c);
}

/* --- The head ----------------------------------------------------------------------------------------------------- */

void *http_on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    struct server *server = cls;
    struct connection *c = connection_take(server);
    if (c == NULL)
        return NULL;
    atomic_fetch_add(&server->active, 1);
    c->mhd = mhd;
    c->started_usec = monotonic_usec();
    /* An absolute address (RFC 9112 3.2.2) is read from its path on. */
    if (strncmp(uri, "http://", 7) == 0 || strncmp(uri, "https://", 8) == 0) {
        const char *slash = strchr(strchr(uri, ':') + 3, '/');
        uri = slash == NULL ? "/" : slash;
    }
    c->uri = arena_strdup(&c->request.arena, uri);
    return c;
}

static int method_of(struct connection *c, const char *word)
{
    static const char *const words[METHOD_COUNT] = {"GET", "POST", "PUT", "DELETE"};
    c->is_head = strcmp(word, "HEAD") == 0;
    c->is_options = strcmp(word, "OPTIONS") == 0;
    if (c->is_head)
        return HTTP_GET;
    for (int i = 0; i < METHOD_COUNT; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

static int read_query(struct request *request, const char *query, struct err *err)
{
    if (query == NULL)
        return 0;
    struct pair *pairs;
    size_t count;
    int r = decode_pairs(query, strlen(query), "address_malformed", &request->arena, &pairs, &count, err);
    if (r < 0)
        return r;
    request->query_names = ARENA_ARRAY(&request->arena, const char *, count);
    request->query_values = ARENA_ARRAY(&request->arena, const char *, count);
    if (request->query_names == NULL || request->query_values == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        request->query_names[i] = pairs[i].name;
        request->query_values[i] = pairs[i].value;
    }
    request->query_count = count;
    return 0;
}

static void choose_lang(struct request *request)
{
    const char *word = request_param(request, "lang");
    if (word == NULL && (request->route == NULL || request->route->kind == ROUTE_API))
        word = request_query(request, "lang");
    if (word == NULL && strlen(request->path) >= 4 && request->path[3] == '/') {
        /* A page that does not exist still speaks the language of its address. */
        char code[3] = {request->path[1], request->path[2], '\0'};
        word = lang_parse(code) < 0 ? NULL : lang_code((enum lang)lang_parse(code));
    }
    int lang = word == NULL ? -1 : lang_parse(word);
    request->lang = lang < 0 ? lang_negotiate(request_header(request, "Accept-Language")) : (enum lang)lang;
}

/* The announced length of the body: -1 when it comes in chunks, 0 when there is none. */
static int64_t announced(const struct connection *c)
{
    if (c->header(c, "Transfer-Encoding") != NULL)
        return -1;
    const char *length = c->header(c, "Content-Length");
    return length == NULL ? 0 : strtoll(length, NULL, 10);
}

struct framing {
    int lengths, codings;
    bool chunked;
};

static enum MHD_Result note_framing(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct framing *framing = cls;
    if (strcasecmp(name, "Content-Length") == 0)
        framing->lengths++;
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->codings++;
        framing->chunked = value != NULL && strcasecmp(value, "chunked") == 0;
    }
    return MHD_YES;
}

/* Does the head say only once how the body ends? Where it says it twice, a proxy before us may see another request in
 * the same bytes than we do (RFC 9112, 6.3 and 11.2). */
static bool framing_clear(const struct connection *c)
{
    struct framing framing = {0};
    MHD_get_connection_values(c->mhd, MHD_HEADER_KIND, note_framing, &framing);
    return framing.lengths + framing.codings <= 1 && framing.chunked == (framing.codings == 1);
}

/* Route, type of input, size: in this order. */
static int judge_head(struct connection *c, const char *method_word, struct err *err)
{
    struct request *request = &c->request;
    request->path = "/";
    if (c->uri == NULL)
        return err_memory(err);
    size_t path_len = strcspn(c->uri, "?");
    const char *query = c->uri[path_len] == '?' ? c->uri + path_len + 1 : NULL;
    request->path = arena_strndup(&request->arena, c->uri, path_len);
    if (request->path == NULL) {
        request->path = "/";
        return err_memory(err);
    }
    request->lang = lang_negotiate(request_header(request, "Accept-Language"));
    const char *segments[PATH_SEGMENTS_MAX];
    size_t count;
    int r = decode_path(c->uri, path_len, &request->arena, segments, &count, err);
    int method = method_of(c, method_word);
    if (r == 0)
        r = router_find(c->server->router, method, segments, count, &request->arena, &c->match, err);
    if (r < 0)
        return r;
    request->route = c->match.route;
    request->param_count = c->match.param_count;
    memcpy(request->param_names, c->match.param_names, sizeof request->param_names);
    memcpy(request->param_values, c->match.param_values, sizeof request->param_values);
    int bad_query = read_query(request, query, err);
    choose_lang(request);
    if (!c->match.path_known)
        return err_set(err, ERR_NOT_FOUND, "address_unknown", NULL);
    if (!c->is_options && request->route == NULL)
        return err_set(err, ERR_METHOD, "method_not_allowed", NULL);
    if (bad_query < 0)
        return bad_query;
    int64_t length = announced(c);
    if (length == 0)
        return 0;
    if (c->is_options || request->route->input == INPUT_NONE)
        return err_set(err, ERR_MALFORMED, "body_not_expected", NULL);
    r = form_type_check(c, err);
    if (r < 0)
        return r;
    if (length > 0 && (uint64_t)length > form_body_max(c))
        return err_set(err, ERR_TOO_LARGE, "body_too_large", "%zu", form_body_max(c) / 1024);
    return 0;
}

/* Who may not call a route is told that before anything else about the call, and has no large body kept meanwhile.
 * Asked again when all of it is here (handle): only that counts. */
static void judge_caller(struct connection *c)
{
    struct request *request = &c->request;
    const struct route *route = request->route;
    int64_t length = announced(c);
    bool small = length >= 0 && length <= (int64_t)HOLD_FREE;
    bool of_body = c->refused && (c->refusal.kind == ERR_WRONG_TYPE || c->refusal.kind == ERR_TOO_LARGE ||
                                  strcmp(c->refusal.code, "content_type_unsupported") == 0);
    struct err err;
    if (route == NULL || c->is_options || length == 0 || (c->refused ? !of_body : small))
        return;
    request->now_usec = c->server->app->now();
    int r = guard_identify(c, &err);
    if (r == 0)
        r = guard_roles(c, &err);
    request_read_anew(request);
    if (r < 0) {
        c->refused = true;
        c->refusal = err;
    }
}

/* --- The body ----------------------------------------------------------------------------------------------------- */

/* The rest of the body is thrown away, and what came of it. */
static void refuse_body(struct connection *c)
{
    c->refused = true;
    hold_cool(&c->body);
    (void)!hold_count(c, 0);
}

/* Keeps a piece of the body. False: the connection is to be closed. */
static bool take_piece(struct connection *c, const char *bytes, size_t count)
{
    struct server *server = c->server;
    c->body_seen += count;
    if (c->stage == STAGE_DRAIN)
        return c->body_seen < DRAIN_MAX;
    if (!c->refused && c->body_seen > form_body_max(c)) {
        (void)!err_set(&c->refusal, ERR_TOO_LARGE, "body_too_large", "%zu", form_body_max(c) / 1024);
        refuse_body(c);
    }
    if (!c->refused) {
        c->body_kept = c->body_seen;
        buf_put(&c->body, bytes, count);
        if (c->body.failed) {
            (void)err_memory(&c->refusal);
            refuse_body(c);
        } else if (!hold_count(c, 0)) {
            (void)!err_set(&c->refusal, ERR_UNAVAILABLE, "server_busy", NULL);
            refuse_body(c);
        }
    }
    int64_t deadline =
        c->started_usec + server->timeout_usec + (int64_t)(c->body_seen / SLOWEST_BYTES_PER_SEC) * USEC_PER_SEC;
    bool late = monotonic_usec() > deadline;
    bool endless = c->refused && announced(c) < 0 && c->body_seen > c->body_kept + SWALLOW_UNANNOUNCED_MAX;
    if (!late && !endless)
        return true;
    if (late) {
        (void)!err_set(&c->refusal, ERR_TIMEOUT, "body_too_slow", NULL);
        refuse_body(c);
    }
    answer_raw(c, &c->refusal);
    c->stage = STAGE_DRAIN;
    c->body_seen = 0;
    return true;
}

/* --- Handling ----------------------------------------------------------------------------------------------------- */

/* Takes the right to suspend; false when the server is stopping. */
static bool suspend(struct connection *c)
{
    struct server *server = c->server;
    atomic_fetch_add(&server->waiting, 1);
    if (atomic_load(&server->stopping)) {
        atomic_fetch_sub(&server->waiting, 1);
        return false;
    }
    c->stage = STAGE_WAITING;
    MHD_suspend_connection(c->mhd);
    return true;
}

/* From here on the connection is the HTTP thread's again. */
static void resume(struct connection *c, enum stage stage)
{
    struct server *server = c->server;
    c->stage = stage;
    MHD_resume_connection(c->mhd);
    atomic_fetch_sub(&server->waiting, 1);
}

static int command_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct connection *c = command->arg;
    return c->request.write.run(tx, &c->request, err);
}

static void command_done(struct store_command *command, const struct err *err)
{
    struct connection *c = command->arg;
    c->write_failed = err != NULL;
    if (err != NULL)
        c->request.write_error = *err;
    resume(c, STAGE_WRITTEN);
}

static int stopping_error(struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "server_stopping", NULL);
}

static enum MHD_Result finish(struct connection *c);

/* Goes on from what a handler returned: answers, queues its command, or answers its error. */
static enum MHD_Result proceed(struct connection *c, int r, struct err *err)
{
    request_read_anew(&c->request);
    if (r == 0)
        return answer_send(c);
    if (r < 0)
        return answer_error(c, err);
    /* What the command needs is in the arena by now. */
    hold_drop_body(c);
    if (!hold_count(c, c->request.arena.used_bytes)) {
        (void)!err_set(&c->request.write_error, ERR_UNAVAILABLE, "server_busy", NULL);
        c->write_failed = true;
        return finish(c);
    }
    if (!suspend(c)) {
        (void)!stopping_error(err);
        return answer_error(c, err);
    }
    c->command = (struct store_command){.run = command_run, .done = command_done, .arg = c};
    if (store_submit(c->request.office->store, &c->command, err) < 0)
        command_done(&c->command, err);
    return MHD_YES;
}

/* The last of the two goes on with the request. */
static void wait_over(struct connection *c)
{
    if (atomic_fetch_sub(&c->waited_for, 1) == 1)
        resume(c, STAGE_WRITTEN);
}

int request_wait(struct request *request, handler_fn *finish_handler)
{
    struct connection *c = request->connection;
    assert(request->route->pace != PACE_FAST);
    c->write_failed = false;
    request->write.finish = finish_handler;
    atomic_store(&c->waited_for, 2);
    return REQUEST_WAIT;
}

void request_waited(struct request *request, const struct err *err)
{
    struct connection *c = request->connection;
    c->write_failed = err != NULL;
    if (err != NULL)
        request->write_error = *err;
    wait_over(c);
}

/* On a slow thread. */
void http_run_slow(struct connection *c)
{
    struct err err = {0};
    int r = c->request.route->handler(&c->request, &c->response, &err);
    request_read_anew(&c->request);
    if (r == REQUEST_WAIT) {
        wait_over(c);
        return;
    }
    c->slow_result = r;
    c->slow_error = err;
    resume(c, STAGE_COMPUTED);
}

struct touch {
    struct store_command command;
    int64_t now_usec;
    char secret[];
};

static int touch_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct touch *touch = command->arg;
    return session_touch(tx, touch->secret, touch->now_usec, err);
}

static void touch_done(struct store_command *command, const struct err *err)
{
    if (err != NULL && err->kind != ERR_UNAUTHENTICATED && err->kind != ERR_NOT_FOUND)
        log_err(LOG_LEVEL_WARNING, "session not renewed", err);
    free(command->arg);
}

/* Renews the session's idle time beside the request, which does not wait for it. */
static void touch_session(const struct connection *c)
{
    const char *secret = c->request.session_secret;
    struct touch *touch = calloc(1, sizeof *touch + strlen(secret) + 1);
    if (touch == NULL)
        return;
    touch->command = (struct store_command){.run = touch_run, .done = touch_done, .arg = touch};
    touch->now_usec = c->request.now_usec;
    strcpy(touch->secret, secret);
    struct err err;
    if (store_submit(c->request.office->store, &touch->command, &err) < 0)
        free(touch);
}

static enum MHD_Result answer_options(struct connection *c)
{
    c->response.status = 204;
    answer_allow(c);
    return answer_send(c);
}

/* What comes fast in small pieces takes its time in a large one: a thousand questions are answered at once, ten
 * thousand advertisements on a thread of their own. */
static enum route_pace pace_of(const struct request *request)
{
    bool large = request->route->input == INPUT_JSON_TEXT && request->body_len > LARGE_TEXT;
    return large && request->route->pace == PACE_FAST ? PACE_SLOW : request->route->pace;
}

/* The whole request is here. */
static enum MHD_Result handle(struct connection *c)
{
    struct request *request = &c->request;
    struct err err = {0};
    if (c->refused)
        return answer_error(c, &c->refusal);
    if (c->is_options)
        return answer_options(c);
    request->now_usec = c->server->app->now();
    if (request->route->kind == ROUTE_API)
        c->response.type = "application/json";
    else if (request->route->kind == ROUTE_PAGE)
        c->response.type = "text/html; charset=utf-8";
    int r = form_read(c, &err);
    if (r == 0)
        r = guard_identify(c, &err);
    if (r == 0)
        r = guard_roles(c, &err);
    if (r == 0)
        r = guard_csrf(c, &err);
    if (r == 0)
        r = guard_query(c, &err);
    if (r == 0 && c->wants_touch && request->session_secret != NULL)
        touch_session(c);
    if (r == 0 && pace_of(request) != PACE_FAST) {
        request_read_anew(request);
        if (suspend(c)) {
            if (slow_submit(pace_of(request) == PACE_SLOW ? c->server->slow : c->server->counting, c))
                return MHD_YES;
            c->slow_result = err_set(&c->slow_error, ERR_UNAVAILABLE, "server_busy", NULL);
            resume(c, STAGE_COMPUTED);
            return MHD_YES;
        }
        r = stopping_error(&err);
    }
    if (r == 0)
        r = request->route->handler(request, &c->response, &err);
    return proceed(c, r, &err);
}

/* The command is durable, or has failed. */
static enum MHD_Result finish(struct connection *c)
{
    struct request *request = &c->request;
    struct err err = {0};
    int r;
    if (!c->write_failed) {
        r = request->write.finish(request, &c->response, &err);
    } else if (request->failed != NULL) {
        r = request->failed(request, &c->response, &err);
    } else {
        err = request->write_error;
        r = -(int)err.kind;
    }
    return proceed(c, r, &err);
}

enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_count, void **con_cls)
{
    struct connection *c = *con_cls;
    if (c == NULL)
        return MHD_NO;
    switch (c->stage) {
    case STAGE_HEAD:
        c->refused = judge_head(c, method, &c->refusal) < 0;
        judge_caller(c);
        bool clear = framing_clear(c);
        if (!clear) {
            c->refused = true;
            (void)!err_set(&c->refusal, ERR_MALFORMED, "body_length_unclear", NULL);
        }
        /* What cannot be read to its end, or is too long for that, is answered at once, and the connection closed. */
        if (!clear || (c->refused && announced(c) > (int64_t)SWALLOW_MAX))
            return answer_error(c, &c->refusal);
        c->stage = STAGE_BODY;
        return MHD_YES;
    case STAGE_BODY:
    case STAGE_DRAIN:
        if (*upload_count > 0) {
            bool open = take_piece(c, upload, *upload_count);
            *upload_count = 0;
            return open ? MHD_YES : MHD_NO;
        }
        return c->stage == STAGE_DRAIN ? MHD_NO : handle(c);
    case STAGE_WRITTEN:
        return finish(c);
    case STAGE_COMPUTED:
        return proceed(c, c->slow_result, &c->slow_error);
    case STAGE_WAITING:
    case STAGE_ANSWERED:
        break;
    }
    return MHD_YES;
}

void http_on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode why)
{
    struct server *server = cls;
    struct connection *c = *con_cls;
    if (c == NULL)
        return;
    *con_cls = NULL;
    if (why == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED && c->stage == STAGE_BODY) {
        struct err err;
        (void)!err_set(&err, ERR_TIMEOUT, "body_too_slow", NULL);
        answer_raw(c, &err);
    }
    connection_give(c);
    atomic_fetch_sub(&server->active, 1);
}

/* Addresses and queries are decoded by decode.c; the library leaves them as they are. */
size_t http_keep_escapes(void *cls, struct MHD_Connection *mhd, char *text)
{
    return strlen(text);
}
