/* The settings page of one's own calendar: its secret address is made, replaced, revoked, and shown once. */
#include "access/feed.h"
#include "web/pages/feed_views.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>

struct feed_state {
    char secret[FEED_SECRET_CHARS + 1];
};

static const char *address_of(struct request *request, const char *secret)
{
    return arena_printf(&request->arena, "%s/calendar/%s.ics", request_public_url(request), secret);
}

/* The same as "webcal://…", by which the reader's own calendar program subscribes. With https "webcals": otherwise the
 * secret would first travel in the clear. */
static const char *subscribe_of(struct request *request, const char *address)
{
    const char *rest = strstr(address, "://");
    bool https = strncmp(address, "https:", 6) == 0;
    return rest == NULL ? address : arena_printf(&request->arena, "%s%s", https ? "webcals" : "webcal", rest);
}

static int draw(struct request *request, struct response *response, const char *secret, const char *refusal,
                struct err *err)
{
    struct feed_view view = {.since_usec = TIME_NONE, .refusal = refusal};
    struct page *page;
    struct tx *tx;
    if (secret != NULL) {
        view.address = address_of(request, secret);
        view.subscribe = view.address == NULL ? NULL : subscribe_of(request, view.address);
        if (view.subscribe == NULL)
            return err_memory(err);
    }
    if (request_query(request, "done") != NULL)
        view.done = text_get(request->lang, T_feed_revoked);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = feed_since(tx, request->actor.account_id, &view.since_usec, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, feed_title), "settings", &page, err);
    if (r < 0)
        return r;
    page_feed(&page->out, &view);
    return page_end(page, err);
}

int page_feed_get(struct request *request, struct response *response, struct err *err)
{
    return draw(request, response, NULL, NULL, err);
}

static int create_run(struct tx *tx, struct request *request, struct err *err)
{
    struct feed_state *state = request->state;
    return feed_create(tx, &request->office->access, request->actor.account_id, &request->actor, request->now_usec,
                       state->secret, err);
}

static int create_finish(struct request *request, struct response *response, struct err *err)
{
    const struct feed_state *state = request->state;
    return draw(request, response, state->secret, NULL, err);
}

static int write_failed(struct request *request, struct response *response, struct err *err)
{
    response->status = err_http_status(request->write_error.kind);
    return draw(request, response, NULL, sentence_of(request, &request->write_error), err);
}

int page_feed_create_post(struct request *request, struct response *response, struct err *err)
{
    request->state = ARENA_NEW(&request->arena, struct feed_state);
    if (request->state == NULL)
        return err_memory(err);
    request->failed = write_failed;
    return request_write(request, create_run, create_finish);
}

static int revoke_run(struct tx *tx, struct request *request, struct err *err)
{
    return feed_revoke(tx, &request->office->access, request->actor.account_id, &request->actor, request->now_usec,
                       err);
}

static int revoke_finish(struct request *request, struct response *response, struct err *err)
{
    return response_redirect(response, request, "/%s/settings/calendar?done=1", lang_of(request)) < 0 ? err_memory(err)
                                                                                                      : 0;
}

int page_feed_revoke_post(struct request *request, struct response *response, struct err *err)
{
    request->failed = write_failed;
    return request_write(request, revoke_run, revoke_finish);
}
