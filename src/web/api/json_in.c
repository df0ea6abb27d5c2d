/* Members of JSON objects from outside, read one by one; what is refused is named by its path, never by its value. */
#include "web/api/json_in.h"
#include "cases/record.h"
#include <string.h>

const char *const person_name_keys[] = {"id", "email", "phone", "iin", "full_name", "birth_date", NULL};

static void refuse(const struct json_in *in, const char *key, const char *code)
{
    const char *path = arena_printf(&in->request->arena, "%s%.64s", in->prefix, key);

    field_errors_add(&in->request->errors, path != NULL ? path : key, code, NULL);
}

/* What no form has; a name cut between characters. */
static void check_keys(const struct json_in *in, const char *const *keys)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)in->object, key, value)
    {
        size_t i = 0, cut = strnlen(key, 64);

        while (keys[i] != NULL && strcmp(keys[i], key) != 0)
            i++;
        if (keys[i] != NULL)
            continue;
        while (cut > 0 && ((unsigned char)key[cut] & 0xc0) == 0x80)
            cut--;
        field_errors_add(&in->request->errors, arena_printf(&in->request->arena, "%s%.*s", in->prefix, (int)cut, key),
                         "unknown_field", "%.*s", (int)cut, key);
    }
}

struct json_in json_in_body(struct request *request, const char *const *keys)
{
    struct json_in in = {.request = request, .object = request->json, .prefix = ""};

    check_keys(&in, keys);
    return in;
}

static const json_t *member(const struct json_in *in, const char *key)
{
    const json_t *value = json_object_get(in->object, key);

    return json_is_null(value) ? NULL : value;
}

struct json_in json_in_object(const struct json_in *in, const char *key, const char *const *keys)
{
    const json_t *value = member(in, key);
    const char *prefix = arena_printf(&in->request->arena, "%s%s.", in->prefix, key);
    struct json_in ret = {.request = in->request, .prefix = prefix != NULL ? prefix : ""};

    if (value != NULL && !json_is_object(value)) {
        refuse(in, key, "wrong_type");
    } else if (value != NULL) {
        ret.object = value;
        check_keys(&ret, keys);
    }
    return ret;
}

const char *json_in_text(const struct json_in *in, const char *key)
{
    const json_t *value = member(in, key);

    if (value == NULL)
        return NULL;
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value)) {
        refuse(in, key, "wrong_type");
        return NULL;
    }
    return json_string_value(value);
}

int json_in_bool(const struct json_in *in, const char *key)
{
    const json_t *value = member(in, key);

    if (value == NULL)
        return -1;
    if (!json_is_boolean(value)) {
        refuse(in, key, "wrong_type");
        return -1;
    }
    return json_is_true(value);
}

const char *const *json_in_texts(const struct json_in *in, const char *key, size_t *ret_count)
{
    const json_t *value = member(in, key);
    size_t count = json_array_size(value);
    const char **texts = ARENA_ARRAY(&in->request->arena, const char *, count);

    *ret_count = 0;
    if (value == NULL || texts == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        texts[i] = json_string_value(json_array_get(value, i));
        if (texts[i] == NULL)
            count = 0;
    }
    if (!json_is_array(value) || (count == 0 && json_array_size(value) > 0)) {
        refuse(in, key, "wrong_type");
        return NULL;
    }
    *ret_count = count;
    return texts;
}

int64_t json_in_moment(const struct json_in *in, const char *key)
{
    const char *text = json_in_text(in, key);
    int64_t moment = TIME_NONE;

    if (text != NULL && !moment_parse(text, request_zone(in->request), &moment)) {
        refuse(in, key, "not_a_moment");
        return TIME_NONE;
    }
    return moment;
}

const char *json_in_as(const struct json_in *in, const char *key, enum field_type type)
{
    const struct field field = {.name = key, .type = type};
    const char *text = json_in_text(in, key);
    const struct raw_value raw = {.name = key, .kind = RAW_STRING, .count = 1, .texts = &text};
    struct request *request = in->request;
    const struct field_value *values;
    struct field_errors found;
    struct err ignored = {0};

    if (text == NULL)
        return NULL;
    field_errors_init(&found, &request->arena);
    if (fields_validate(&field, 1, &raw, 1, request_zone(request), catalogue_is_country, request->office->catalogue,
                        &request->arena, &values, &found, &ignored) < 0) {
        refuse(in, key, found.count > 0 ? found.items[0].code : "wrong_type");
        return NULL;
    }
    return values[0].count > 0 ? values[0].texts[0] : NULL;
}

void json_in_names(const struct json_in *in, struct person_names *ret)
{
    *ret = (struct person_names){.id = json_in_text(in, "id"),
                                 .email = json_in_as(in, "email", FIELD_EMAIL),
                                 .phone = json_in_as(in, "phone", FIELD_PHONE),
                                 .iin = json_in_as(in, "iin", FIELD_IIN),
                                 .full_name = json_in_text(in, "full_name"),
                                 .birth_date = json_in_as(in, "birth_date", FIELD_DATE)};
}

int json_in_end(struct request *request, struct err *err)
{
    if (request->errors.overflowed || request->arena.overflowed)
        return err_memory(err);
    return request->errors.count > 0 ? err_set(err, ERR_BAD_INPUT, "fields_refused", NULL) : 0;
}

const char *json_in_canonical(struct request *request)
{
    CLEANUP_BUF struct buf text = {0};
    struct err ignored = {0};

    buf_init(&text, BODY_LIMIT);
    if (request->json == NULL)
        return "";
    /* A real number has no canonical text; no call takes one, and it was refused by then. */
    return json_canonical(request->json, &text, &ignored) < 0
               ? NULL
               : arena_strndup(&request->arena, text.data != NULL ? text.data : "", text.len);
}
