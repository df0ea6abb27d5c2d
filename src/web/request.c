/* What handlers ask of a request. */
#include "web/connection.h"
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

const char *request_param(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->param_count; i++)
        if (strcmp(request->param_names[i], name) == 0)
            return request->param_values[i];
    return NULL;
}

const char *request_query(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++)
        if (strcmp(request->query_names[i], name) == 0)
            return request->query_values[i];
    return NULL;
}

const char *request_form(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->form_count; i++)
        if (strcmp(request->form[i].name, name) == 0)
            return request->form[i].texts[0];
    return NULL;
}

const char *request_header(const struct request *request, const char *name)
{
    return request->connection->header(request->connection, name);
}

const char *request_cookie(struct request *request, const char *name)
{
    return cookie_find(request_header(request, "Cookie"), name, &request->arena);
}

int request_read(struct request *request, struct tx **ret, struct err *err)
{
    if (request->read == NULL) {
        int r = store_read_begin(request->office->store, &request->read, err);
        if (r < 0)
            return r;
    }
    *ret = request->read;
    return 0;
}

void request_read_anew(struct request *request)
{
    store_read_end(request->read);
    request->read = NULL;
}

int request_write(struct request *request, int (*run)(struct tx *tx, struct request *request, struct err *err),
                  handler_fn *finish)
{
    request->write.run = run;
    request->write.finish = finish;
    return REQUEST_WRITE;
}

const char *request_csrf(struct request *request, struct response *response)
{
    if (request->session_secret == NULL && request->visitor == NULL) {
        uint8_t nonce[32];
        char text[2 * sizeof nonce + 1];
        randombytes_buf(nonce, sizeof nonce);
        hex_encode(nonce, sizeof nonce, text);
        request->visitor = arena_strdup(&request->arena, text);
        if (request->visitor == NULL)
            return "";
        if (response_cookie(response, request, COOKIE_VISITOR, text, -1) < 0)
            return "";
    }
    char token[65];
    keyring_csrf(request->office->keyring, request->session_secret != NULL ? request->session_secret : request->visitor,
                 token);
    const char *copy = arena_strdup(&request->arena, token);
    return copy == NULL ? "" : copy;
}

int request_if_match(const struct request *request, int64_t *ret, struct err *err)
{
    const char *text = request_header(request, "If-Match");
    if (text == NULL || strcmp(text, "*") == 0) {
        *ret = 0;
        return 0;
    }
    size_t digits = *text == '"' ? strspn(text + 1, "0123456789") : 0;
    if (digits == 0 || digits > 15 || strcmp(text + 1 + digits, "\"") != 0)
        return err_set(err, ERR_MALFORMED, "if_match_malformed", NULL);
    int64_t version = 0;
    for (size_t i = 1; i <= digits; i++)
        version = version * 10 + (text[i] - '0');
    if (version == 0)
        return err_set(err, ERR_MALFORMED, "if_match_malformed", NULL);
    *ret = version;
    return 0;
}

/* The spelling of a JSON number; NULL over the arena's limit. */
static const char *number_text(struct arena *arena, const json_t *value)
{
    if (json_is_integer(value))
        return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return arena_printf(arena, "%.17g", json_real_value(value));
}

static int raw_of_json(struct arena *arena, const char *name, const json_t *value, struct raw_value *ret,
                       struct err *err)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    const char **texts = ARENA_ARRAY(arena, const char *, count);
    const char *own_name = arena_strdup(arena, name);
    if (texts == NULL || own_name == NULL)
        return err_memory(err);
    enum raw_kind kind = RAW_OTHER;
    if (json_is_string(value)) {
        kind = RAW_STRING;
        texts[0] = json_string_value(value);
    } else if (json_is_number(value)) {
        kind = RAW_NUMBER;
        texts[0] = number_text(arena, value);
    } else if (json_is_boolean(value)) {
        kind = RAW_BOOL;
        texts[0] = json_is_true(value) ? "true" : "false";
    } else if (json_is_array(value)) {
        kind = RAW_LIST;
        for (size_t i = 0; i < count && kind == RAW_LIST; i++) {
            texts[i] = json_string_value(json_array_get(value, i));
            if (texts[i] == NULL)
                kind = RAW_OTHER;
        }
    }
    if (kind == RAW_OTHER)
        count = 0;
    if (kind != RAW_LIST && count == 1 && texts[0] == NULL)
        return err_memory(err);
    *ret = (struct raw_value){.name = own_name, .kind = kind, .count = count, .texts = texts};
    return 0;
}

int request_json_values(struct request *request, const char *const *reserved, struct raw_value **ret, size_t *ret_count,
                        struct err *err)
{
    size_t room = json_object_size(request->json), found = 0;
    struct raw_value *values = ARENA_ARRAY(&request->arena, struct raw_value, room);
    if (values == NULL)
        return err_memory(err);
    const char *key;
    json_t *member;
    json_object_foreach(request->json, key, member)
    {
        bool skip = false;
        for (const char *const *name = reserved; name != NULL && *name != NULL && !skip; name++)
            skip = strcmp(*name, key) == 0;
        if (skip)
            continue;
        int r = raw_of_json(&request->arena, key, member, &values[found], err);
        if (r < 0)
            return r;
        found++;
    }
    *ret = values;
    *ret_count = found;
    return 0;
}

const char *request_public_url(const struct request *request)
{
    return request->connection->public_url;
}

bool path_is_local(const char *path)
{
    if (path == NULL || path[0] != '/' || path[1] == '/')
        return false;
    for (const char *p = path; *p != '\0'; p++)
        if (*p == '\\' || (unsigned char)*p <= 0x20 || *p == 0x7F)
            return false;
    return true;
}
