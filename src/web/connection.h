/* What the adapter keeps beside a request: how it came, how far it is, how it will be answered. Private to the adapter
 * (http.c), the guard and the request's own functions; handlers see struct request alone. */
#ifndef TALAP_WEB_CONNECTION_H
#define TALAP_WEB_CONNECTION_H

#include "web/app.h"
#include "web/router.h"
#include <stdatomic.h>

/* The life of a request. Between WAITING and RESUMED it belongs to a writer or to a thread for long computations, and
 * the HTTP thread does not touch it. */
enum stage {
    STAGE_HEAD,     /* nothing but the request line was read */
    STAGE_BODY,     /* headers were read; the body comes */
    STAGE_DRAIN,    /* answered past the library because the body does not end; the rest is thrown away */
    STAGE_WAITING,  /* suspended: a command is queued, or a slow handler runs */
    STAGE_WRITTEN,  /* resumed: the command is durable or has failed */
    STAGE_COMPUTED, /* resumed: the slow handler has returned */
    STAGE_ANSWERED
};

struct connection {
    struct request request;
    struct response response;
    struct server *server;
    struct MHD_Connection *mhd;
    /* A request header by name, any case; NULL when absent. */
    const char *(*header)(const struct connection *connection, const char *name);
    const char *public_url; /* without a slash at the end */
    bool https_outside;     /* cookies are Secure */
    enum stage stage;
    const char *uri; /* as it came, in the arena */
    struct route_match match;
    bool is_head, is_options;
    bool refused; /* by its head; the body is only swallowed */
    struct err refusal;
    const char *csrf;   /* the form's token */
    bool session_ended; /* a session cookie came that opens nothing */
    bool wants_touch;   /* the session's idle time is to be renewed */
    struct buf body;
    size_t body_seen, body_kept; /* what came; of that, before it was refused */
    size_t held;                 /* hold.h */
    bool busy;                   /* answered with server_busy for want of memory */
    int64_t started_usec;        /* monotonic */
    int64_t answered_usec;
    struct store_command command;
    bool write_failed;
    _Atomic int waited_for; /* request_wait: the handler, and what it began */
    int slow_result;
    struct err slow_error;
    struct connection *next; /* in the pool, or in the queue of slow handlers */
};

/* guard.c: who asks, and may they? In the order in which they are called. */
/* Reads the bearer token or the session cookie: fills actor, session_secret, visitor. A token that opens nothing is
 * ERR_UNAUTHENTICATED; a cookie that opens nothing leaves the visitor anonymous with `session_ended`. */
int guard_identify(struct connection *connection, struct err *err) WARN_UNUSED;
/* Roles: a route with ROLE_PUBLIC alone lets everybody in; where other roles stand beside it, whoever is signed in
 * needs one of those. ERR_UNAUTHENTICATED "sign_in_needed" or "session_ended"; ERR_FORBIDDEN "role_not_allowed",
 * "password_must_change". */
int guard_roles(struct connection *connection, struct err *err) WARN_UNUSED;
/* The CSRF token of a page's POST, and of an API write with a session cookie (X-CSRF-Token). ERR_FORBIDDEN
 * "csrf_missing", "csrf_wrong". */
int guard_csrf(struct connection *connection, struct err *err) WARN_UNUSED;
/* The route's known query names (struct route.query), each at most once; `lang` a language. */
int guard_query(struct connection *connection, struct err *err) WARN_UNUSED;

/* form.c: fills form, files, json and csrf from the whole body, as the route's input asks. */
int form_read(struct connection *connection, struct err *err) WARN_UNUSED;
/* Is the Content-Type one the route takes? ERR_WRONG_TYPE "content_type_unsupported", "content_encoding_unsupported".
 */
int form_type_check(const struct connection *connection, struct err *err) WARN_UNUSED;
/* How large a body of this Content-Type the route takes. */
size_t form_body_max(const struct connection *connection);

#endif
