/* /v1/tokens: what machines sign in with. A secret is told once, when the token is made. */
#include "cases/parts.h"
#include "web/api/api.h"
#include <string.h>

static void write_token(struct request *request, struct buf *out, const struct token_row *row, const char *secret)
{
    const struct zone *zone = request_zone(request);
    jo_open(out, '{');
    jo_text(out, "id", row->id);
    jo_text(out, "name", row->name);
    jo_text(out, "account", row->account_id);
    jo_key(out, "roles");
    jo_roles(out, roles_parse(row->roles));
    jo_moment(out, "created_at", zone, row->created_usec);
    jo_moment(out, "expires_at", zone, row->expires_usec);
    jo_moment(out, "revoked_at", zone, row->revoked_usec);
    if (secret != NULL)
        jo_text(out, "secret", secret);
    jo_close(out, '}');
}

int api_token_list(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct token_row *rows;
    size_t count;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_token_list(tx, &request->arena, &rows, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "tokens");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++)
        write_token(request, out, &rows[i], NULL);
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

struct creation {
    struct repeat repeat;
    const char *account_id, *name;
    unsigned roles;
    int64_t expires_usec;
    char secret[64], id[ID_TEXT];
};

static int create_run(struct tx *tx, struct request *request, struct err *err)
{
    struct creation *creation = request->state;
    struct idempotency_row first;
    bool repeated;
    int r = repeat_find(tx, &creation->repeat, &request->arena, &first, &repeated, err);
    if (r < 0)
        return r;
    /* Its secret was told once and is not kept: the first answer cannot be given again. */
    if (repeated)
        return err_set(err, ERR_CONFLICT, "token_made_before", NULL);
    r = token_create(tx, &request->office->access, creation->account_id, creation->name, creation->roles,
                     creation->expires_usec, &request->actor, request->now_usec, creation->secret, creation->id, err);
    return r < 0 ? r : repeat_keep(tx, &creation->repeat, creation->id, 0, request->now_usec, err);
}

static int create_finish(struct request *request, struct response *response, struct err *err)
{
    const struct creation *creation = request->state;
    const char *roles = roles_words(creation->roles, &request->arena);
    if (roles == NULL)
        return err_memory(err);
    struct token_row row = {.id = creation->id,
                            .name = creation->name,
                            .account_id = creation->account_id,
                            .roles = roles,
                            .created_usec = request->now_usec,
                            .expires_usec = creation->expires_usec,
                            .revoked_usec = TIME_NONE};
    response->status = 201;
    write_token(request, &response->body, &row, creation->secret);
    return 0;
}

int api_token_create(struct request *request, struct response *response, struct err *err)
{
    static const struct field_option role_options[] = {{.id = "admin"},   {.id = "moderator"},   {.id = "registrar"},
                                                       {.id = "auditor"}, {.id = "official"},    {.id = "head"},
                                                       {.id = "carrier"}, {.id = "responsible"}, {.id = "service"}};
    static const struct field fields[] = {
        {.name = "account", .type = FIELD_LINE, .required = true, .max = 36},
        {.name = "name", .type = FIELD_LINE, .required = true, .max = 120},
        {.name = "roles",
         .type = FIELD_MANY,
         .options = role_options,
         .option_count = ROLES_OF_ACCOUNTS,
         .required = true},
        {.name = "expires_at", .type = FIELD_MOMENT},
    };
    enum { COUNT = sizeof fields / sizeof fields[0] };
    const struct field_value *values;
    struct creation *creation = ARENA_NEW(&request->arena, struct creation);
    if (creation == NULL)
        return err_memory(err);
    int r = api_members(request, fields, COUNT, &values, err);
    if (r < 0)
        return r;
    creation->account_id = api_value(values, COUNT, "account");
    creation->name = api_value(values, COUNT, "name");
    creation->expires_usec = TIME_NONE;
    for (size_t i = 0; i < values[2].count; i++)
        creation->roles |= role_parse(values[2].texts[i]);
    const char *expires = api_value(values, COUNT, "expires_at");
    if (expires != NULL && !moment_parse(expires, request_zone(request), &creation->expires_usec))
        return api_refuse(request, "expires_at", "not_a_moment", err);
    if (expires != NULL && creation->expires_usec <= request->now_usec)
        return api_refuse(request, "expires_at", "expiry_past", err);
    if (!id_valid(creation->account_id))
        return api_refuse(request, "account", "not_an_id", err);
    r = api_repeat(request, &creation->repeat, err);
    if (r < 0)
        return r;
    request->state = creation;
    return request_write(request, create_run, create_finish);
}

static int revoke_run(struct tx *tx, struct request *request, struct err *err)
{
    return token_revoke(tx, &request->office->access, request_param(request, "id"), &request->actor, request->now_usec,
                        err);
}

static int revoke_finish(struct request *request, struct response *response, struct err *err)
{
    response->status = 204;
    return 0;
}

int api_token_revoke(struct request *request, struct response *response, struct err *err)
{
    if (!id_valid(request_param(request, "id")))
        return err_set(err, ERR_NOT_FOUND, "token_unknown", NULL);
    return request_write(request, revoke_run, revoke_finish);
}
