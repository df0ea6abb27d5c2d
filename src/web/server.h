/* The running server, private to the adapter: server.c starts and stops it, http.c takes requests in, answer.c sends
 * answers out. */
#ifndef TALAP_WEB_SERVER_H
#define TALAP_WEB_SERVER_H

#include "web/connection.h"
#include "web/metrics.h"
#include "web/slow.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

struct server {
    struct app *app;
    struct MHD_Daemon *daemon;
    int port;
    struct arena arena; /* the router's */
    const struct router *router;
    struct metrics *metrics;
    struct slow *slow, *counting; /* threads of PACE_SLOW and of PACE_COUNTED */
    char *tls_certificate, *tls_key;
    char public_url[320];
    bool https_outside;
    bool has_scripts; /* static/ holds a script, so that script-src 'self' is needed */
    int64_t timeout_usec;
    const char *sign_in_path; /* after /{lang}, of the route named "sign_in"; NULL without */
    const char *password_path;
    pthread_mutex_t pool_lock;
    struct connection *pool; /* connections kept warm for the next request */
    size_t pool_count;
    atomic_int active;  /* requests between their first line and their end */
    atomic_int waiting; /* of these, suspended */
    atomic_bool stopping;
    atomic_size_t held; /* hold.h */
    size_t held_max;
};

/* A body, and the reading of a large answer, has the request's timeout and a second more for every so many bytes. */
#define SLOWEST_BYTES_PER_SEC 8192

/* Microseconds of the monotonic clock: for durations and deadlines, never for the law. */
int64_t monotonic_usec(void);

/* http.c: what the library calls; see there. */
void *http_on_uri(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_count, void **con_cls);
void http_on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode why);
size_t http_keep_escapes(void *cls, struct MHD_Connection *mhd, char *text);
/* Runs a connection's handler on a slow thread. */
void http_run_slow(struct connection *connection);
void http_connection_free(struct connection *connection);

/* Queues connection->response with the headers every answer has. */
enum MHD_Result answer_send(struct connection *connection);
/* Answers an error: a page for people, problem details for machines. */
enum MHD_Result answer_error(struct connection *connection, const struct err *err);
/* Adds the Allow header: what the path offers. */
void answer_allow(struct connection *connection);
/* Answers past the library, on the bare socket, where the library can no longer answer: a body that does not end. Does
 * nothing under TLS. The connection must be closed afterwards. */
void answer_raw(struct connection *connection, const struct err *err);

#endif
