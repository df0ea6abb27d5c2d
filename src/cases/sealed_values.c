/* Values in the forms they are kept in: clear ones as JSON in the event and the case's row, personal ones as a salted
 * commitment in the event and, encrypted, beside it. Salt and value die together with the person's key; the commitment
 * that remains tells nothing. */
#include "cases/parts.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* NULL when memory ends. */
static json_t *value_json(const struct field_value *value)
{
    json_t *list;

    if (!field_takes_list(value->field))
        return json_string(value->texts[0]);
    list = json_array();
    for (size_t i = 0; list != NULL && i < value->count; i++)
        if (json_array_append_new(list, json_string(value->texts[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

int value_texts(const json_t *json, struct arena *arena, struct case_value *ret, struct err *err)
{
    size_t count = json_is_array(json) ? json_array_size(json) : json != NULL;
    const char **texts = ARENA_ARRAY(arena, const char *, count);

    if (texts == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_is_array(json) ? json_array_get(json, i) : json);

        texts[i] = arena_strdup(arena, text != NULL ? text : "");
        if (texts[i] == NULL)
            return err_memory(err);
    }
    ret->texts = texts;
    ret->count = count;
    return 0;
}

int value_committed_bytes(const json_t *value, struct buf *out, struct err *err)
{
    if (!json_is_string(value))
        return json_canonical(value, out, err);
    buf_put(out, json_string_value(value), json_string_length(value));
    return out->failed ? err_memory(err) : 0;
}

int personal_put(json_t *value, json_t *personal, json_t *sealed, const char *name, struct err *err)
{
    CLEANUP_BUF struct buf bytes = {0};
    uint8_t salt[SALT_BYTES];
    char salt_hex[2 * SALT_BYTES + 1], commitment_hex[2 * SHA256_BYTES + 1];
    struct hash commitment;
    int r;

    buf_init(&bytes, BODY_LIMIT);
    r = value_committed_bytes(value, &bytes, err);
    if (r < 0)
        return r;
    randombytes_buf(salt, sizeof(salt));
    commitment = ledger_commitment(salt, bytes.data, bytes.len);
    hex_encode(salt, sizeof(salt), salt_hex);
    hex_encode(commitment.bytes, SHA256_BYTES, commitment_hex);
    if (json_object_set_new(personal, name, json_pack("{s:s}", "commitment", commitment_hex)) != 0 ||
        json_object_set_new(sealed, name, json_pack("{s:s, s:O}", "salt", salt_hex, "value", value)) != 0)
        return err_memory(err);
    return 0;
}

static int canonical_in(const json_t *value, struct arena *arena, const char **ret, size_t *ret_len, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    char *copy;
    int r;

    buf_init(&text, BODY_LIMIT);
    r = json_canonical(value, &text, err);
    if (r < 0)
        return r;
    copy = arena_strndup(arena, text.data, text.len);
    if (copy == NULL)
        return err_memory(err);
    *ret = copy;
    *ret_len = text.len;
    return 0;
}

int value_parts_make(const struct field_value *values, size_t count, struct arena *arena, struct value_parts *ret,
                     struct err *err)
{
    CLEANUP_JSON json_t *clear = json_object();
    CLEANUP_JSON json_t *personal = json_object();
    CLEANUP_JSON json_t *sealed = json_object();
    struct value_parts parts = {NULL};
    size_t len;
    int r;

    if (clear == NULL || personal == NULL || sealed == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct field_value *value = &values[i];
        CLEANUP_JSON json_t *json = NULL;

        if (value->count == 0)
            continue;
        json = value_json(value);
        if (json == NULL)
            return err_memory(err);
        if (value->field->personal) {
            r = personal_put(json, personal, sealed, value->field->name, err);
            if (r < 0)
                return r;
        } else if (json_object_set(clear, value->field->name, json) != 0) {
            return err_memory(err);
        }
    }
    r = canonical_in(clear, arena, &parts.clear, &len, err);
    if (r == 0)
        r = canonical_in(personal, arena, &parts.personal, &len, err);
    if (r == 0 && json_object_size(sealed) > 0)
        r = canonical_in(sealed, arena, &parts.sealed, &parts.sealed_len, err);
    if (r < 0)
        return r;
    *ret = parts;
    return 0;
}

void place_of(const char *kind, const char *id, char ret[static PLACE_ROOM])
{
    snprintf(ret, PLACE_ROOM, "%s:%s", kind, id);
}

int stored_json_parse(const char *bytes, size_t count, const char *what, json_t **ret, struct err *err)
{
    json_t *json;
    int r = json_parse(bytes, count, &json, err);

    if (r == -ERR_MEMORY)
        return r;
    if (r == 0 && json_is_object(json)) {
        *ret = json;
        return 0;
    }
    if (r == 0)
        json_decref(json);
    err_set(err, ERR_DAMAGED, "case_damaged", NULL);
    return err_detail(err, "%s is not a JSON object", what);
}

int values_unseal(const struct subject_key *key, const char *place, const void *sealed, size_t count, json_t **ret,
                  struct err *err)
{
    CLEANUP_BUF struct buf plain = {0};
    int r;

    if (sealed == NULL || count == 0) {
        json_t *empty = json_object();

        if (empty == NULL)
            return err_memory(err);
        *ret = empty;
        return 0;
    }
    buf_init(&plain, BODY_LIMIT);
    r = unseal(key, place, sealed, count, &plain, err);
    if (r == 0)
        r = stored_json_parse(plain.data, plain.len, "what is sealed", ret, err);
    if (plain.data != NULL)
        sodium_memzero(plain.data, plain.len);
    return r;
}

int values_seal(const struct subject_key *key, const char *place, const json_t *values, struct buf *out,
                struct err *err)
{
    CLEANUP_BUF struct buf plain = {0};
    int r;

    buf_init(&plain, BODY_LIMIT);
    r = json_canonical(values, &plain, err);
    if (r == 0)
        r = seal(key, place, plain.data, plain.len, out, err);
    if (plain.data != NULL)
        sodium_memzero(plain.data, plain.len);
    return r;
}

int case_subject_key(struct tx *tx, const struct office *office, const struct case_row *row, struct subject_key *ret,
                     bool *ret_destroyed, struct err *err)
{
    struct err why = {0};
    int r;

    if (row->subject_id == NULL) {
        *ret_destroyed = true;
        return 0;
    }
    r = subject_key_get(tx, office->keyring, row->subject_id, ret, &why);
    if (r == 0 || (r == -ERR_NOT_FOUND && strcmp(why.code, "subject_destroyed") == 0)) {
        *ret_destroyed = r != 0;
        return 0;
    }
    if (err != NULL)
        *err = why;
    return r;
}

bool catalogue_is_country(const void *catalogue, const char *code)
{
    const struct list *countries = catalogue_list(catalogue, "countries");

    return countries != NULL && list_find(countries, code) != NULL;
}
