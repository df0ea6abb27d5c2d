/* Reading what API calls are given besides a case's own fields. */
#include "web/api/api.h"
#include "cases/parts.h"
#include <stdlib.h>
#include <string.h>

int api_refuse(struct request *request, const char *field, const char *code, struct err *err)
{
    field_errors_add(&request->errors, field, code, NULL);
    return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
}

/* Digits alone, at most eighteen, so that nothing overflows. */
static bool whole_number(const char *text, int64_t *ret)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] != '\0')
        return false;
    *ret = strtoll(text, NULL, 10);
    return true;
}

int api_query_int(struct request *request, const char *name, int64_t min, int64_t max, int64_t *ret, struct err *err)
{
    const char *text = request_query(request, name);
    int64_t value;
    if (text == NULL)
        return 0;
    if (!whole_number(text, &value))
        return api_refuse(request, name, "not_a_number", err);
    if (value < min || value > max) {
        field_errors_add(&request->errors, name, "out_of_range", "%lld–%lld", (long long)min, (long long)max);
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    }
    *ret = value;
    return 0;
}

int api_query_moment(struct request *request, const char *name, int64_t *ret, struct err *err)
{
    const char *text = request_query(request, name);
    if (text != NULL && !moment_parse(text, request_zone(request), ret))
        return api_refuse(request, name, "not_a_moment", err);
    return 0;
}

int api_query_bool(struct request *request, const char *name, bool *ret, struct err *err)
{
    const char *text = request_query(request, name);
    if (text == NULL)
        return 0;
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return api_refuse(request, name, "wrong_type", err);
    *ret = text[0] == 't';
    return 0;
}

int api_param_int(const struct request *request, const char *name, int64_t min, int64_t max, int64_t *ret,
                  struct err *err)
{
    int64_t value;
    if (!whole_number(request_param(request, name), &value) || value < min || value > max)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    *ret = value;
    return 0;
}

int api_members(struct request *request, const struct field *fields, size_t count, const struct field_value **ret,
                struct err *err)
{
    struct raw_value *raw;
    size_t raw_count;
    int r = request_json_values(request, NULL, &raw, &raw_count, err);
    if (r < 0)
        return r;
    return fields_validate(fields, count, raw, raw_count, request_zone(request), NULL, NULL, &request->arena, ret,
                           &request->errors, err);
}

const char *api_value(const struct field_value *values, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].field->name, name) == 0)
            return values[i].count == 0 ? NULL : values[i].texts[0];
    return NULL;
}

int api_repeat(struct request *request, struct repeat *ret, struct err *err)
{
    struct raw_value *raw;
    size_t count;
    int r = request_json_values(request, NULL, &raw, &count, err);
    if (r < 0)
        return r;
    return repeat_make(request->office, request_header(request, "Idempotency-Key"), request->path, &request->actor, raw,
                       count, NULL, 0, "", ret, err);
}

bool api_not_modified(struct request *request, struct response *response, const char *etag)
{
    /* Without memory for the header the answer goes without it. */
    if (response_header(response, request, "ETag", "%s", etag) < 0)
        return false;
    const char *known = request_header(request, "If-None-Match");
    if (known == NULL || strcmp(known, etag) != 0)
        return false;
    response->status = 304;
    return true;
}

/* FNV-1a over the words: another list gives another tag, and no more is asked of it. */
unsigned api_roles_tag(const struct office *office)
{
    unsigned tag = 2166136261u;
    for (size_t i = 0; i < office->role_count; i++)
        for (const char *at = office->roles[i];; at++) {
            tag = (tag ^ (unsigned char)*at) * 16777619u;
            if (*at == '\0')
                break;
        }
    return tag;
}
