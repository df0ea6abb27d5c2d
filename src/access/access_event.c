/* Events of this room: who changed which account, session or token. Ids and codes alone, since the ledger is for ever.
 */
#include "access/access_event.h"
#include "base/json.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

/* No body of this room comes near it. */
#define BODY_BYTES_MAX (16 * 1024)

static int text_or_null(json_t *object, const char *name, const char *text)
{
    return json_object_set_new(object, name, text == NULL || text[0] == '\0' ? json_null() : json_string(text));
}

int access_event(struct tx *tx, const struct access *access, const char *kind, const struct actor *by, int64_t now_usec,
                 json_t *members, struct err *err)
{
    assert(access->append != NULL);
    CLEANUP_JSON json_t *object = members;
    const char *account_id = by != NULL && by->account_id[0] != '\0' ? by->account_id : NULL;
    if (object == NULL || json_object_set_new(object, "kind", json_string(kind)) < 0 ||
        json_object_set_new(object, "at_usec", json_integer(now_usec)) < 0 ||
        text_or_null(object, "account_id", account_id) < 0 ||
        (by != NULL && by->token_id[0] != '\0' && text_or_null(object, "token_id", by->token_id) < 0))
        return err_memory(err);
    CLEANUP_BUF struct buf body;
    buf_init(&body, BODY_BYTES_MAX);
    int result = json_canonical(object, &body, err);
    if (result < 0)
        return result;
    struct event_row row = {
        .at_usec = now_usec, .kind = kind, .account_id = account_id, .body = body.data, .body_len = body.len};
    return access->append(tx, &row, err);
}

json_t *access_roles_json(unsigned roles)
{
    static const enum role order[] = {ROLE_ADMIN,    ROLE_AUDITOR,   ROLE_CARRIER,     ROLE_HEAD,   ROLE_MODERATOR,
                                      ROLE_OFFICIAL, ROLE_REGISTRAR, ROLE_RESPONSIBLE, ROLE_SERVICE};
    _Static_assert(sizeof order / sizeof *order == ROLES_OF_ACCOUNTS, "the ledger tells every role");
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < sizeof order / sizeof *order; i++)
        if ((roles & order[i]) && json_array_append_new(array, json_string(role_word(order[i]))) < 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

/* Copies what fits, cut between characters. */
static void text_copy(char *ret, size_t room, const char *text)
{
    size_t count = strlen(text);
    if (count >= room) {
        count = room - 1;
        while (count > 0 && ((unsigned char)text[count] & 0xC0) == 0x80)
            count--;
    }
    memcpy(ret, text, count);
    ret[count] = '\0';
}

void access_actor_of(const struct account_row *row, enum actor_kind kind, struct actor *ret)
{
    int lang = lang_parse(row->lang);
    *ret = (struct actor){.kind = kind,
                          .roles = ROLE_PUBLIC | roles_parse(row->roles),
                          .lang = lang < 0 ? LANG_KK : (enum lang)lang,
                          .must_change_password = row->must_change_password};
    text_copy(ret->account_id, sizeof ret->account_id, row->id);
    text_copy(ret->login, sizeof ret->login, row->login);
    text_copy(ret->name, sizeof ret->name, row->name);
}

int access_account_find(struct tx *tx, const char *account_id, struct arena *arena, struct account_row *ret,
                        bool *ret_found, struct err *err)
{
    struct err first = {0};
    int result = store_account_get(tx, account_id, arena, ret, &first);
    if (result < 0 && result != -ERR_NOT_FOUND) {
        if (err != NULL)
            *err = first;
        return result;
    }
    *ret_found = result == 0 && !ret->disabled;
    return 0;
}
