/* Who asks, and may they. The order is the adapter's: identify, roles, CSRF, query, and only then the handler. */
#include "web/connection.h"
#include "web/token_cache.h"
#include <string.h>

static void become_anonymous(struct request *request)
{
    request->actor = (struct actor){.kind = ACTOR_ANONYMOUS, .roles = ROLE_PUBLIC, .lang = request->lang};
    request->session_secret = NULL;
}

static int identify_by_token(struct connection *c, const char *authorization, struct err *err)
{
    static const char scheme[] = "Bearer ";
    struct request *request = &c->request;
    if (strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return err_set(err, ERR_UNAUTHENTICATED, "authorization_unsupported", NULL);
    const char *secret = authorization + sizeof scheme - 1;
    secret += strspn(secret, " ");
    struct tx *tx;
    int r = request_read(request, &tx, err);
    struct actor actor;
    if (r == 0)
        r = token_cache_actor(request->app->tokens, tx, secret, request->now_usec, &actor, err);
    if (r == 0)
        request->actor = actor;
    return r;
}

static int identify_by_session(struct connection *c, const char *secret, struct err *err)
{
    struct request *request = &c->request;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    struct actor actor;
    r = session_actor(tx, secret, request->now_usec, &actor, &c->wants_touch, err);
    if (r == -ERR_UNAUTHENTICATED) {
        c->session_ended = true;
        err_clear(err);
        return 0;
    }
    if (r == 0) {
        request->actor = actor;
        request->session_secret = secret;
    }
    return r;
}

int guard_identify(struct connection *c, struct err *err)
{
    struct request *request = &c->request;
    become_anonymous(request);
    if (request->route->kind == ROUTE_FILE)
        return 0;
    const char *authorization = request->route->kind == ROUTE_API ? request_header(request, "Authorization") : NULL;
    if (authorization != NULL)
        return identify_by_token(c, authorization, err);
    if (request->route->input == INPUT_JSON_TEXT)
        return 0;
    request->visitor = request_cookie(request, COOKIE_VISITOR);
    const char *secret = request_cookie(request, COOKIE_SESSION);
    if (secret != NULL)
        return identify_by_session(c, secret, err);
    c->session_ended = c->header(c, "Cookie") != NULL && strstr(c->header(c, "Cookie"), COOKIE_SESSION "=") != NULL;
    return 0;
}

/* Whoever must choose a new password may do that, leave, and nothing else. */
static bool serves_password_change(const struct route *route)
{
    return strncmp(route->name, "password", 8) == 0 || strncmp(route->name, "sign_out", 8) == 0;
}

int guard_roles(struct connection *c, struct err *err)
{
    const struct request *request = &c->request;
    unsigned wanted = request->route->roles;
    if (request->actor.kind == ACTOR_ANONYMOUS) {
        if (wanted & ROLE_PUBLIC)
            return 0;
        return err_set(err, ERR_UNAUTHENTICATED, c->session_ended ? "session_ended" : "sign_in_needed", NULL);
    }
    if (wanted != ROLE_PUBLIC && (wanted & request->actor.roles & ROLE_STAFF) == 0)
        return err_set(err, ERR_FORBIDDEN, "role_not_allowed", NULL);
    if (request->actor.must_change_password && wanted != ROLE_PUBLIC && !serves_password_change(request->route))
        return err_set(err, ERR_FORBIDDEN, "password_must_change", NULL);
    return 0;
}

int guard_csrf(struct connection *c, struct err *err)
{
    const struct request *request = &c->request;
    if (request->route->method == HTTP_GET || request->route->kind == ROUTE_FILE)
        return 0;
    const char *token = c->csrf, *secret = request->session_secret;
    if (request->route->kind == ROUTE_API) {
        /* Without a session there is nothing that a foreign page could borrow. */
        if (secret == NULL)
            return 0;
        token = request_header(request, "X-CSRF-Token");
    } else if (secret == NULL) {
        secret = request->visitor;
    }
    if (token == NULL || secret == NULL)
        return err_set(err, ERR_FORBIDDEN, "csrf_missing", NULL);
    if (!keyring_csrf_matches(request->office->keyring, secret, token))
        return err_set(err, ERR_FORBIDDEN, "csrf_wrong", NULL);
    return 0;
}

static bool word_listed(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = words; *p != '\0';) {
        size_t count = strcspn(p, " ");
        if (count == length && memcmp(p, word, length) == 0)
            return true;
        p += count;
        p += strspn(p, " ");
    }
    return false;
}

int guard_query(struct connection *c, struct err *err)
{
    struct request *request = &c->request;
    const char *known = request->route->query;
    if (known == NULL)
        return 0;
    for (size_t i = 0; i < request->query_count; i++) {
        const char *name = request->query_names[i];
        bool is_lang = strcmp(name, "lang") == 0;
        if (!is_lang && (*name == '\0' || !word_listed(known, name)))
            field_errors_add(&request->errors, name, "unknown_field", "%s", name);
        if (is_lang && lang_parse(request->query_values[i]) < 0)
            field_errors_add(&request->errors, name, "not_an_option", NULL);
        for (size_t j = 0; j < i; j++)
            if (strcmp(name, request->query_names[j]) == 0)
                field_errors_add(&request->errors, name, "duplicate_field", NULL);
    }
    return request->errors.count == 0 ? 0 : err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
}
