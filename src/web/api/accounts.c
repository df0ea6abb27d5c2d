/* /v1/accounts: who works here. */
#include "cases/parts.h"
#include "web/api/api.h"
#include <string.h>

static const struct field_option role_options[] = {{.id = "admin"},   {.id = "moderator"},   {.id = "registrar"},
                                                   {.id = "auditor"}, {.id = "official"},    {.id = "head"},
                                                   {.id = "carrier"}, {.id = "responsible"}, {.id = "service"}};
static const struct field_option lang_options[] = {{.id = "kk"}, {.id = "ru"}, {.id = "en"}};
#define ROLE_OPTIONS .type = FIELD_MANY, .options = role_options, .option_count = ROLES_OF_ACCOUNTS
#define LANG_OPTIONS .type = FIELD_CHOICE, .options = lang_options, .option_count = 3

/* The bits of a validated list of roles; what is not given is 0. */
static unsigned roles_of(const struct field_value *values, size_t count)
{
    unsigned roles = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].field->name, "roles") == 0)
            for (size_t t = 0; t < values[i].count; t++)
                roles |= role_parse(values[i].texts[t]);
    return roles;
}

static void write_account(struct request *request, struct buf *out, const struct account_row *row)
{
    const struct zone *zone = request_zone(request);
    jo_open(out, '{');
    jo_text(out, "id", row->id);
    jo_text(out, "login", row->login);
    jo_text(out, "name", row->name);
    jo_text(out, "email", row->email);
    jo_key(out, "roles");
    jo_roles(out, roles_parse(row->roles));
    jo_text(out, "lang", row->lang);
    jo_bool(out, "disabled", row->disabled);
    jo_bool(out, "must_change_password", row->must_change_password);
    jo_moment(out, "locked_until", zone, row->locked_until_usec);
    jo_moment(out, "created_at", zone, row->created_usec);
    jo_close(out, '}');
}

int api_account_list(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct account_row *rows;
    size_t count;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_account_list(tx, &request->arena, &rows, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "accounts");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++)
        write_account(request, out, &rows[i]);
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

static int answer_account(struct request *request, struct response *response, const char *id, struct err *err)
{
    struct account_row row;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_account_get(tx, id, &request->arena, &row, err);
    if (r < 0)
        return r;
    write_account(request, &response->body, &row);
    return 0;
}

int api_account_get(struct request *request, struct response *response, struct err *err)
{
    const char *id = request_param(request, "id");
    return id_valid(id) ? answer_account(request, response, id, err) : err_set(err, ERR_NOT_FOUND, "not_found", NULL);
}

/* The password as it was typed: a validated text would be normalised, and a sign-in compares what is typed. */
static int password_of(struct request *request, const char **ret, struct err *err)
{
    json_t *member = json_object_get(request->json, "password");
    *ret = json_string_value(member);
    return member != NULL && *ret == NULL ? api_refuse(request, "password", "wrong_type", err) : 0;
}

static int members(struct request *request, const struct field *fields, size_t count, const struct field_value **ret,
                   struct err *err)
{
    static const char *const reserved[] = {"password", NULL};
    struct raw_value *raw;
    size_t raw_count;
    int r = request_json_values(request, reserved, &raw, &raw_count, err);
    if (r < 0)
        return r;
    return fields_validate(fields, count, raw, raw_count, request_zone(request), NULL, NULL, &request->arena, ret,
                           &request->errors, err);
}

/* --- Create ------------------------------------------------------------------------------------------------------- */

struct creation {
    struct account_new account;
    struct repeat repeat;
    char hash[128];
    char id[ID_TEXT];
};

static int create_run(struct tx *tx, struct request *request, struct err *err)
{
    struct creation *creation = request->state;
    struct idempotency_row first;
    bool repeated;
    int r = repeat_find(tx, &creation->repeat, &request->arena, &first, &repeated, err);
    if (r < 0)
        return r;
    if (repeated) {
        snprintf(creation->id, sizeof creation->id, "%s", first.case_id);
        return 0;
    }
    r = account_create(tx, &request->office->access, &creation->account, creation->hash, &request->actor,
                       request->now_usec, creation->id, err);
    return r < 0 ? r : repeat_keep(tx, &creation->repeat, creation->id, 0, request->now_usec, err);
}

static int create_finish(struct request *request, struct response *response, struct err *err)
{
    const struct creation *creation = request->state;
    response->status = 201;
    if (response_header(response, request, "Location", "/v1/accounts/%s", creation->id) < 0)
        return err_memory(err);
    return answer_account(request, response, creation->id, err);
}

int api_account_create(struct request *request, struct response *response, struct err *err)
{
    static const struct field fields[] = {
        {.name = "login", .type = FIELD_LINE, .required = true, .max = 32},
        {.name = "name", .type = FIELD_LINE, .required = true, .max = 120},
        {.name = "email", .type = FIELD_EMAIL},
        {.name = "roles", ROLE_OPTIONS, .required = true},
        {.name = "lang", LANG_OPTIONS},
        {.name = "must_change_password", .type = FIELD_YES_NO},
    };
    enum { COUNT = sizeof fields / sizeof fields[0] };
    const struct field_value *values;
    const char *password;
    struct creation *creation = ARENA_NEW(&request->arena, struct creation);
    if (creation == NULL)
        return err_memory(err);
    int r = password_of(request, &password, err);
    if (r == 0)
        r = members(request, fields, COUNT, &values, err);
    if (r == 0 && password == NULL)
        r = api_refuse(request, "password", "required", err);
    if (r < 0)
        return r;
    const char *lang = api_value(values, COUNT, "lang"), *must = api_value(values, COUNT, "must_change_password");
    const char *email = api_value(values, COUNT, "email");
    creation->account = (struct account_new){.login = api_value(values, COUNT, "login"),
                                             .name = api_value(values, COUNT, "name"),
                                             .email = email == NULL ? "" : email,
                                             .password = password,
                                             .roles = roles_of(values, COUNT),
                                             .lang = lang == NULL ? request->lang : (enum lang)lang_parse(lang),
                                             .must_change_password = must == NULL || strcmp(must, "true") == 0};
    r = account_check(&creation->account, &request->errors, err);
    if (r == 0)
        r = api_repeat(request, &creation->repeat, err);
    if (r == 0)
        r = password_hash(password, creation->hash, err);
    if (r < 0)
        return r;
    request->state = creation;
    return request_write(request, create_run, create_finish);
}

/* --- Change ------------------------------------------------------------------------------------------------------- */

struct change {
    const char *id;
    const char *name, *email, *lang, *disabled; /* NULL: as it was */
    unsigned roles;                             /* 0: as they were */
    bool has_password;
    char hash[128];
};

static int change_run(struct tx *tx, struct request *request, struct err *err)
{
    const struct change *change = request->state;
    struct account_row row;
    int r = store_account_get(tx, change->id, &request->arena, &row, err);
    if (r < 0)
        return r;
    if (change->name != NULL)
        row.name = change->name;
    if (change->email != NULL)
        row.email = change->email;
    if (change->lang != NULL)
        row.lang = change->lang;
    if (change->disabled != NULL)
        row.disabled = strcmp(change->disabled, "true") == 0;
    if (change->roles != 0)
        row.roles = roles_words(change->roles, &request->arena);
    if (row.roles == NULL)
        return err_memory(err);
    bool changed = change->name != NULL || change->email != NULL || change->lang != NULL || change->disabled != NULL ||
                   change->roles != 0;
    if (changed)
        r = account_change(tx, &request->office->access, &row, &request->actor, request->now_usec, err);
    if (r == 0 && change->has_password)
        r = account_set_password(tx, &request->office->access, change->id, change->hash, &request->actor,
                                 request->now_usec, err);
    return r;
}

static int change_finish(struct request *request, struct response *response, struct err *err)
{
    const struct change *change = request->state;
    return answer_account(request, response, change->id, err);
}

/* A new password meets the same demands as a first one: it is checked with the rest of the account as it stands. */
static int check_password(struct request *request, const struct account_row *row, const char *password, struct err *err)
{
    struct account_new as_new = {.login = row->login,
                                 .name = row->name,
                                 .email = row->email,
                                 .password = password,
                                 .roles = roles_parse(row->roles)};
    return account_check(&as_new, &request->errors, err);
}

int api_account_change(struct request *request, struct response *response, struct err *err)
{
    static const struct field fields[] = {
        {.name = "name", .type = FIELD_LINE, .max = 120},
        {.name = "email", .type = FIELD_EMAIL},
        {.name = "roles", ROLE_OPTIONS},
        {.name = "lang", LANG_OPTIONS},
        {.name = "disabled", .type = FIELD_YES_NO},
    };
    enum { COUNT = sizeof fields / sizeof fields[0] };
    const struct field_value *values;
    const char *password;
    struct account_row row;
    struct tx *tx;
    struct change *change = ARENA_NEW(&request->arena, struct change);
    if (change == NULL)
        return err_memory(err);
    change->id = request_param(request, "id");
    if (!id_valid(change->id))
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    int r = password_of(request, &password, err);
    if (r == 0)
        r = members(request, fields, COUNT, &values, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = store_account_get(tx, change->id, &request->arena, &row, err);
    if (r == 0 && password != NULL)
        r = check_password(request, &row, password, err);
    if (r == 0 && password != NULL)
        r = password_hash(password, change->hash, err);
    if (r < 0)
        return r;
    change->has_password = password != NULL;
    change->name = api_value(values, COUNT, "name");
    change->email = api_value(values, COUNT, "email");
    change->lang = api_value(values, COUNT, "lang");
    change->disabled = api_value(values, COUNT, "disabled");
    change->roles = roles_of(values, COUNT);
    request->state = change;
    return request_write(request, change_run, change_finish);
}
