/* One sum for all connections, kept without a lock. */
#include "web/hold.h"
#include "web/server.h"
#include <string.h>

static size_t beyond(size_t bytes)
{
    return bytes > HOLD_FREE ? bytes - HOLD_FREE : 0;
}

bool hold_count(struct connection *c, size_t besides)
{
    struct server *server = c->server;
    size_t now = beyond(c->body.room) + beyond(c->response.body.room) + beyond(besides), before = c->held;
    if (now > before && atomic_fetch_add(&server->held, now - before) + (now - before) > server->held_max) {
        atomic_fetch_sub(&server->held, now - before);
        return false;
    }
    if (now < before)
        atomic_fetch_sub(&server->held, before - now);
    c->held = now;
    return true;
}

void hold_end(struct connection *c)
{
    atomic_fetch_sub(&c->server->held, c->held);
    c->held = 0;
}

void hold_drop_body(struct connection *c)
{
    struct request *request = &c->request;
    if (c->body.room <= HOLD_FREE)
        return;
    hold_cool(&c->body);
    request->body = "";
    request->body_len = 0;
    for (size_t i = 0; i < request->file_count; i++) {
        request->files[i].bytes = "";
        request->files[i].count = 0;
    }
}

void hold_wipe_body(struct connection *c)
{
    if (c->body.len > 0)
        explicit_bzero(c->body.data, c->body.len);
    hold_drop_body(c);
}

void hold_cool(struct buf *buf)
{
    size_t limit = buf->limit;
    if (buf->room > HOLD_FREE) {
        buf_done(buf);
        buf_init(buf, limit);
    } else {
        buf_reset(buf);
    }
}
