/* Starting and stopping: the socket, the threads, the certificates, and an orderly end. */
#include "web/server.h"
#include "adverts/ids.h"
#include "adverts/library.h"
#include "audience/counter.h"
#include "persons/person_index.h"
#include "web/decision_log.h"
#include "web/figures.h"
#include "web/report_cache.h"
#include "web/routes.h"
#include "web/static.h"
#include "web/token_cache.h"
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONNECTION_MEMORY ((size_t)32 * 1024) /* request line and headers; more is answered 431 by the library */
/* GnuTLS' usual choice, without the protocols that RFC 8996 has put to rest. */
#define TLS_PRIORITIES ((char *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2")
#define COUNTING_THREADS 4
#define STOP_WAIT_USEC (10 * USEC_PER_SEC)

static int listen_on(const struct settings *settings, int *ret_fd, int *ret_port, struct err *err)
{
    const char *host = settings->listen_host == NULL ? "127.0.0.1" : settings->listen_host;
    char port[16];
    snprintf(port, sizeof port, "%d", settings->listen_port);
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &found) == 0 && found != NULL) {
        fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int on = 1;
        if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
                        bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1024) != 0)) {
            int why = errno;
            close(fd);
            errno = why;
            fd = -1;
        }
    }
    if (found != NULL)
        freeaddrinfo(found);
    struct sockaddr_storage at;
    socklen_t length = sizeof at;
    char bound[16];
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&at, &length) != 0 ||
        getnameinfo((struct sockaddr *)&at, length, NULL, 0, bound, sizeof bound, NI_NUMERICSERV) != 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        err_set(err, ERR_UNAVAILABLE, "listen_failed", "%s:%s", host, port);
        return err_detail(err, "%s", strerror(why));
    }
    *ret_fd = fd;
    *ret_port = atoi(bound);
    return 0;
}

static int read_pem(const char *path, char **ret, struct err *err)
{
    FILE *file = fopen(path, "re");
    char *text = calloc(1, 64 * 1024);
    size_t count = file == NULL || text == NULL ? 0 : fread(text, 1, 64 * 1024 - 1, file);
    if (file != NULL)
        fclose(file);
    if (count == 0) {
        free(text);
        return err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%s", path);
    }
    *ret = text;
    return 0;
}

/* Where pages lead those who must sign in or change their password: the routes of these names. */
static void find_paths(struct server *server)
{
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        if (route->kind != ROUTE_PAGE || route->method != HTTP_GET || strncmp(route->path, "/{lang}/", 8) != 0)
            continue;
        if (strcmp(route->name, "sign_in") == 0)
            server->sign_in_path = route->path + 7;
        if (strcmp(route->name, "password") == 0)
            server->password_path = route->path + 7;
    }
    for (size_t i = 0; i < static_count; i++)
        if (strncmp(static_table[i].type, "text/javascript", 15) == 0)
            server->has_scripts = true;
}

static void set_public_url(struct server *server)
{
    const struct settings *settings = server->app->settings;
    const char *host = settings->listen_host == NULL ? "127.0.0.1" : settings->listen_host;
    if (settings->public_url != NULL)
        snprintf(server->public_url, sizeof server->public_url, "%s", settings->public_url);
    else
        snprintf(server->public_url, sizeof server->public_url, "%s://%s:%d",
                 server->tls_key != NULL ? "https" : "http", host, server->port);
    size_t length = strlen(server->public_url);
    while (length > 0 && server->public_url[length - 1] == '/')
        server->public_url[--length] = '\0';
    server->https_outside = strncmp(server->public_url, "https:", 6) == 0;
}

static void server_free(struct server *server)
{
    if (server == NULL)
        return;
    slow_stop(server->slow);
    slow_stop(server->counting);
    for (struct connection *c = server->pool; c != NULL;) {
        struct connection *next = c->next;
        http_connection_free(c);
        c = next;
    }
    metrics_free(server->metrics);
    person_index_free(server->app->persons);
    server->app->persons = NULL;
    advert_ids_free(server->app->advert_ids);
    server->app->advert_ids = NULL;
    library_free(server->app->library);
    server->app->library = NULL;
    counter_free(server->app->counter);
    server->app->counter = NULL;
    figures_free(server->app->figures);
    server->app->figures = NULL;
    report_cache_free(server->app->reports);
    server->app->reports = NULL;
    free(server->app->decision_log);
    server->app->decision_log = NULL;
    token_cache_free(server->app->tokens);
    server->app->tokens = NULL;
    arena_done(&server->arena);
    pthread_mutex_destroy(&server->pool_lock);
    free(server->tls_certificate);
    free(server->tls_key);
    free(server);
}

static int cores(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > 64 ? 64 : (int)count;
}

static int daemon_start(struct server *server, int fd, struct err *err)
{
    const struct settings *settings = server->app->settings;
    int threads = settings->threads > 0 ? settings->threads : cores();
    size_t connections = settings->connection_max > 0 ? settings->connection_max : 4096;
    int timeout = settings->request_timeout_sec > 0 ? settings->request_timeout_sec : 30;
    server->timeout_usec = timeout * USEC_PER_SEC;
    server->held_max = (size_t)(settings->body_memory_mib > 0 ? settings->body_memory_mib : 768) * 1024 * 1024;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, server->tls_certificate},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, server->tls_key},
                                   {MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_PRIORITIES},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, threads, NULL}, {MHD_OPTION_END, 0, NULL}};
    if (server->tls_key != NULL)
        flags |= MHD_USE_TLS;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, http_on_request, server, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd,
        MHD_OPTION_URI_LOG_CALLBACK, http_on_uri, server, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server,
        MHD_OPTION_UNESCAPE_CALLBACK, http_keep_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)timeout, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, threads > 1 ? pool : pool + 1, MHD_OPTION_ARRAY,
        server->tls_key != NULL ? tls : tls + 3, MHD_OPTION_END);
    if (server->daemon == NULL)
        return err_set(err, ERR_UNAVAILABLE, "listen_failed", "%s:%d", settings->listen_host, server->port);
    return 0;
}

/* Its index has a file beside the keys. Where the folder cannot be made, it has none, and is made anew at each start.
 */
static int open_library(struct app *app, struct err *err)
{
    const char *var_dir = app->settings->var_dir;
    char folder[512];
    int n = var_dir == NULL ? 0 : snprintf(folder, sizeof(folder), "%s/adverts", var_dir);
    bool there = n > 0 && n < (int)sizeof(folder) && (mkdir(folder, 0700) == 0 || errno == EEXIST);
    return library_new(&app->office, there ? folder : NULL, &app->library, err);
}

int server_start(struct app *app, struct server **ret, struct err *err)
{
    const struct settings *settings = app->settings;
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return err_memory(err);
    server->app = app;
    pthread_mutex_init(&server->pool_lock, NULL);
    arena_init(&server->arena, (size_t)4 * 1024 * 1024);
    int fd = -1;
    int r = router_build(routes, route_count, &server->arena, &server->router, err);
    if (r == 0)
        r = metrics_new(route_count, &server->metrics, err);
    if (r == 0)
        r = figures_new(&app->figures, err);
    if (r == 0)
        r = report_cache_new(&app->reports, err);
    if (r == 0)
        r = token_cache_new(&app->tokens, err);
    if (r == 0)
        r = decision_log_new(settings->decision_log_every, &app->decision_log, err);
    int64_t begun = monotonic_usec();
    if (r == 0)
        r = person_index_new(&app->office, cores(), app->now(), &app->persons, err);
    if (r == 0)
        person_index_built(app->persons, monotonic_usec() - begun);
    if (r == 0)
        r = advert_ids_new(&app->office, &app->advert_ids, err);
    if (r == 0)
        r = open_library(app, err);
    if (r == 0)
        r = counter_new(&app->office, settings->audience_late_hour, app->now(), &app->counter, err);
    if (r == 0)
        r = slow_start(cores(), http_run_slow, &server->slow, err);
    if (r == 0)
        r = slow_start(COUNTING_THREADS, http_run_slow, &server->counting, err);
    if (r == 0 && settings->tls_key != NULL)
        r = read_pem(settings->tls_key, &server->tls_key, err);
    if (r == 0 && settings->tls_key != NULL)
        r = read_pem(settings->tls_certificate, &server->tls_certificate, err);
    if (r == 0)
        r = listen_on(settings, &fd, &server->port, err);
    if (r == 0) {
        find_paths(server);
        set_public_url(server);
        r = daemon_start(server, fd, err);
        if (r < 0)
            close(fd);
    }
    if (r < 0) {
        server_free(server);
        return r;
    }
    *ret = server;
    return 0;
}

int server_port(const struct server *server)
{
    return server->port;
}

void server_stop(struct server *server)
{
    if (server == NULL)
        return;
    MHD_socket fd = MHD_quiesce_daemon(server->daemon);
    atomic_store(&server->stopping, true);
    int64_t until = monotonic_usec() + STOP_WAIT_USEC;
    struct timespec nap = {.tv_nsec = 5 * 1000 * 1000};
    /* Commands always end, so those who wait for one are always waited for; the others have ten seconds. */
    while (atomic_load(&server->waiting) > 0 || (atomic_load(&server->active) > 0 && monotonic_usec() < until))
        nanosleep(&nap, NULL);
    MHD_stop_daemon(server->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    server_free(server);
}
