/* One request and its answer, as handlers see them. The adapter over libmicrohttpd (http.c) reads the whole body first,
 * refuses what is malformed, finds the route, establishes who is asking, checks role, CSRF and size, and only then
 * calls the route's handler. Every piece of a request's memory is its arena's. */
#ifndef TALAP_WEB_HTTP_H
#define TALAP_WEB_HTTP_H

#include "base/buf.h"
#include "base/json.h"
#include "cases/cases.h"

struct app; /* app.h: what the server holds */
struct request;
struct response;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE };
enum route_kind {
    ROUTE_PAGE, /* HTML; begins with /{lang}/; errors are pages; POST needs a CSRF token */
    ROUTE_API,  /* JSON; errors are RFC 9457 problems; bearer token or none; a cookie alone never authorises a write */
    ROUTE_FILE  /* static files and the like: no session looked up */
};

/* The cookies. A sign-in page sets COOKIE_SESSION with response_cookie; COOKIE_VISITOR is request_csrf's. */
#define COOKIE_SESSION "talap_session"
#define COOKIE_VISITOR "talap_visitor"
enum route_pace {
    PACE_FAST,   /* on the HTTP thread: what the store answers at once */
    PACE_SLOW,   /* on a thread for long computations (argon2id, PDF) */
    PACE_COUNTED /* on a thread that may read for seconds, or wait for another that does: a year of events */
};
enum route_input {
    INPUT_NONE,
    INPUT_FORM,
    INPUT_MULTIPART,
    INPUT_JSON,
    INPUT_JSON_OR_MULTIPART,
    INPUT_JSON_TEXT, /* from programs, in a hurry: the body as it came, for the handler to read and change; a bearer
                       token alone authorises, never a cookie; another type of content is 400, and the answers are not
                       logged one by one */
    INPUT_FILE, /* the body is a file of rows (text/csv, application/x-ndjson, application/ld+json …), or holds one as
                   multipart/form-data */
    INPUT_COUNTS, /* rows of counts (text/csv, application/x-ndjson), packed too: otherwise as INPUT_ROWS */
    INPUT_ROWS,   /* JSON, or rows one a line (application/x-ndjson, text/csv, text/plain): the body as it came, for the
                     handler to read and change; by far larger than what a person sends */
    INPUT_BYTES,  /* a picture, a sound, a film: the body as it came, of whatever type; the handler looks at it */
    INPUT_LINES   /* identifiers one a line (text/plain, application/x-ndjson): the body as it came, packed too
                     (Content-Encoding gzip or zstd): the handler unpacks it as far as it goes */
};

/* Of a route's body_max: as large as the setting import_max says. */
#define BODY_BY_SETTING SIZE_MAX

/* Returns 0 with the response filled; REQUEST_WRITE after request_write(); or a negative error, which the adapter
 * answers. */
typedef int handler_fn(struct request *request, struct response *response, struct err *err);
#define REQUEST_WRITE 1
#define REQUEST_WAIT 2 /* after request_wait() */

struct route {
    enum http_method method;
    const char *path; /* "/{lang}/case/{id}": each {name} takes one segment */
    enum route_kind kind;
    unsigned roles; /* enum role bits: any of them lets in; ROLE_PUBLIC: everybody */
    enum route_input input;
    size_t body_max; /* bytes */
    handler_fn *handler;
    const char *name;    /* operationId: "case_open" */
    const char *summary; /* English, for OpenAPI */
    const char *query;   /* ROUTE_API: the query names it knows, by blanks; NULL: the handler looks itself */
    enum route_pace pace;
};

struct request_file {
    const char *field, *name;
    const char *bytes;
    size_t count;
};

struct request {
    struct app *app;
    const struct office *office;
    const struct route *route;
    struct arena arena;
    int64_t now_usec;
    enum lang lang; /* from the path, else from Accept-Language */
    struct actor actor;
    const char *session_secret; /* cookie, or NULL */
    const char *visitor;        /* nonce cookie of someone not signed in (for CSRF), or NULL */
    const char *path;
    size_t param_count;
    const char *param_names[4], *param_values[4]; /* decoded */
    size_t query_count;
    const char **query_names, **query_values; /* decoded, valid UTF-8 */
    size_t form_count;
    struct raw_value *form; /* INPUT_FORM / MULTIPART: RAW_FORM values without csrf; repeated names are joined in one */
    size_t file_count;
    struct request_file *files;
    json_t *json;     /* INPUT_JSON: an object; freed by the adapter */
    const char *body; /* raw bytes of the body */
    size_t body_len;
    char *text;      /* INPUT_JSON_TEXT, _ROWS, _COUNTS: the same bytes, the handler's to change, with a NUL behind */
    struct tx *read; /* a read transaction, begun on first use of request_read */
    struct request_write { /* set by request_write */
        int (*run)(struct tx *tx, struct request *request, struct err *err);
        handler_fn *finish; /* on success, on an HTTP thread */
    } write;
    void *state;                   /* the handler's own, for run and finish */
    struct field_errors errors;    /* what was refused, for problem details and forms */
    struct err write_error;        /* set when the command failed; the adapter answers it unless `failed` is set */
    handler_fn *failed;            /* optional: called instead, with write_error filled (to redraw a form) */
    struct connection *connection; /* the adapter's */
};

/* Path parameter, query value, form value (first text), header; NULL when absent. */
const char *request_param(const struct request *request, const char *name);
const char *request_query(const struct request *request, const char *name);
const char *request_form(const struct request *request, const char *name);
const char *request_header(const struct request *request, const char *name);
const char *request_cookie(struct request *request, const char *name);
/* The request's read transaction. */
int request_read(struct request *request, struct tx **ret, struct err *err) WARN_UNUSED;
/* The next one sees what has been committed since. */
void request_read_anew(struct request *request);
/* Asks for a command: ends the read, queues `run`, suspends the connection, calls `finish` when it is durable. */
int request_write(struct request *request, int (*run)(struct tx *tx, struct request *request, struct err *err),
                  handler_fn *finish);
/* For what ends elsewhere. A handler that runs on a thread of its own (never PACE_FAST) calls this before it begins
 * that, and returns what this returned; whoever ends it calls request_waited once, from any thread, perhaps before the
 * handler has returned (`err` NULL: it went well). Then `finish` is called, or the error answered, as after a write. */
int request_wait(struct request *request, handler_fn *finish);
void request_waited(struct request *request, const struct err *err);
/* The CSRF token for forms of this visitor; makes the visitor's nonce cookie when there is neither session nor nonce.
 */
const char *request_csrf(struct request *request, struct response *response);
/* If-Match as a version: 0 absent; ERR_MALFORMED "if_match_malformed". ETags are "\"VERSION\"". */
int request_if_match(const struct request *request, int64_t *ret, struct err *err) WARN_UNUSED;
/* JSON members of the body as raw values for fields_validate, without the listed reserved names. */
int request_json_values(struct request *request, const char *const *reserved, struct raw_value **ret, size_t *ret_count,
                        struct err *err) WARN_UNUSED;

struct response {
    unsigned status;  /* 200 unless set */
    const char *type; /* content type; text/html; charset=utf-8 by default for pages */
    struct buf body;
    size_t header_count;
    struct {
        const char *name, *value;
    } headers[16];
    /* A stream instead of a body: called until it returns 0 (positive: more may come); appends to `out`; negative ends
     * the connection. It is called on an HTTP thread between other requests, so it begins and ends its own read
     * transaction in each call. `stream_done` (may be NULL) is called once, also when the client is gone; `stream_arg`
     * must not be memory of the request. */
    int (*stream)(void *arg, struct buf *out);
    void (*stream_done)(void *arg);
    void *stream_arg;
    int64_t stream_bytes; /* of all of it, where that is known; 0: not */
};
int response_header(struct response *response, struct request *request, const char *name, const char *value_fmt, ...)
    PRINTF_LIKE(4, 5);
/* A cookie: HttpOnly, SameSite=Lax, Path=/, Secure when the outside address is https. max_age_sec 0 deletes it, -1:
 * session. */
int response_cookie(struct response *response, struct request *request, const char *name, const char *value,
                    int max_age_sec);
/* 303 See Other. */
int response_redirect(struct response *response, struct request *request, const char *location_fmt, ...)
    PRINTF_LIKE(3, 4);

/* The address of a file of static/ with its content's hash in it: "/static/style.1f2e3d4c.css" for "style.css"; kept by
 * browsers for a year. Asserts that the file exists. */
const char *static_url(const char *name);
/* True for a path within this installation that may be redirected to: one "/" at its start, no "//", no backslash, no
 * control character. */
bool path_is_local(const char *path);
/* Where this installation is reached from outside, without a slash at the end. */
const char *request_public_url(const struct request *request);

#endif
