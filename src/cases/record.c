/* Events as this room writes them: the members that all have, the canonical body, the append to the ledger. The body
 * repeats what stands in the event's columns (kind, case, account), because only the body is under the leaf. */
#include "cases/parts.h"
#include <string.h>

const char *actor_word(const struct actor *actor)
{
    switch (actor->kind) {
    case ACTOR_ACCOUNT:
        return "account";
    case ACTOR_TOKEN:
        return "token";
    case ACTOR_SYSTEM:
        return "system";
    case ACTOR_ANONYMOUS:
    case ACTOR_OPENER:
        break;
    }
    return "opener";
}

struct actor system_actor(void)
{
    return (struct actor){.kind = ACTOR_SYSTEM, .roles = ROLE_PUBLIC, .lang = LANG_KK};
}

json_t *body_begin(const char *kind, const char *case_id, const struct actor *actor, int64_t now_usec, int64_t version)
{
    json_t *body =
        json_pack("{s:s, s:I, s:s, s:s*, s:s*, s:s*}", "kind", kind, "at_usec", (json_int_t)now_usec, "actor",
                  actor_word(actor), "account_id", actor->account_id[0] != '\0' ? actor->account_id : NULL, "token_id",
                  actor->token_id[0] != '\0' ? actor->token_id : NULL, "case_id", case_id);

    if (body != NULL && version > 0 && json_object_set_new(body, "version", json_integer(version)) != 0) {
        json_decref(body);
        return NULL;
    }
    return body;
}

int record_text(struct tx *tx, const char *kind, const char *case_id, const struct actor *actor, int64_t now_usec,
                const char *body, size_t body_len, const char *subject_id, const struct buf *sealed, int64_t *ret_leaf,
                struct hash *ret_hash, struct err *err)
{
    struct event_row event = {
        .at_usec = now_usec,
        .kind = kind,
        .case_id = case_id,
        .account_id = actor->account_id[0] != '\0' ? actor->account_id : NULL,
        .body = body,
        .body_len = body_len,
        .subject_id = subject_id,
        .sealed = sealed != NULL && sealed->len > 0 ? sealed->data : NULL,
        .sealed_len = sealed != NULL ? sealed->len : 0,
    };
    int r = ledger_append(tx, &event, err);

    if (r < 0)
        return r;
    *ret_leaf = event.leaf;
    if (ret_hash != NULL)
        *ret_hash = event.leaf_hash;
    return 0;
}

int record(struct tx *tx, const char *kind, const char *case_id, const struct actor *actor, int64_t now_usec,
           const json_t *body, const char *subject_id, const struct buf *sealed, int64_t *ret_leaf, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    int r;

    buf_init(&text, BODY_LIMIT);
    r = json_canonical(body, &text, err);
    if (r < 0)
        return r;
    return record_text(tx, kind, case_id, actor, now_usec, text.data, text.len, subject_id, sealed, ret_leaf, NULL,
                       err);
}
