/* Repeated requests: the same Idempotency-Key with the same request gets the first answer again; with another request
 * it is refused. What is kept are two hashes. The one over the request is keyed, because the request may hold personal
 * values and a plain hash of few possibilities can be guessed. */
#include "cases/parts.h"
#include <stdlib.h>
#include <string.h>

#define KEY_LENGTH_MAX 255

static bool key_acceptable(const char *key)
{
    size_t length = strlen(key);

    if (length == 0 || length > KEY_LENGTH_MAX)
        return false;
    for (const char *p = key; *p != '\0'; p++)
        if (*p < 0x21 || *p > 0x7e)
            return false;
    return true;
}

/* With its length before it, so that no two lists of texts give the same bytes. */
static void put_text(struct buf *out, const char *text)
{
    buf_printf(out, "%zu:", strlen(text));
    buf_puts(out, text);
}

static int by_name(const void *a, const void *b)
{
    const struct raw_value *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);

    /* One name twice is refused later; until then its order is the order it came in. */
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static void put_values(struct buf *out, const struct raw_value *raw, size_t raw_count, const struct raw_value **order)
{
    for (size_t i = 0; i < raw_count; i++)
        order[i] = &raw[i];
    if (raw_count > 1)
        qsort(order, raw_count, sizeof(struct raw_value *), by_name);
    for (size_t i = 0; i < raw_count; i++) {
        put_text(out, order[i]->name);
        buf_printf(out, "%zu;", order[i]->count);
        for (size_t k = 0; k < order[i]->count; k++)
            put_text(out, order[i]->texts[k]);
    }
}

int repeat_make(const struct office *office, const char *key, const char *route, const struct actor *actor,
                const struct raw_value *raw, size_t raw_count, const struct attachment_new *files, size_t file_count,
                const char *more, struct repeat *ret, struct err *err)
{
    CLEANUP_BUF struct buf request = {0};
    CLEANUP_BUF struct buf who = {0};
    char hex[2 * SHA256_BYTES + 1];
    const struct raw_value **order;
    struct hash plain;

    if (key == NULL) {
        *ret = (struct repeat){.wanted = false};
        return 0;
    }
    if (!key_acceptable(key))
        return err_set(err, ERR_MALFORMED, "idempotency_key_malformed", NULL);
    order = calloc(raw_count + 1, sizeof(*order));
    if (order == NULL)
        return err_memory(err);
    buf_init(&request, BODY_LIMIT);
    put_text(&request, more);
    put_values(&request, raw, raw_count, order);
    free(order);
    for (size_t i = 0; i < file_count; i++) {
        struct hash content = sha256_of(files[i].bytes, files[i].count, NULL, 0, NULL, 0);

        put_text(&request, files[i].name != NULL ? files[i].name : "");
        buf_put(&request, content.bytes, SHA256_BYTES);
    }
    buf_init(&who, BODY_LIMIT);
    put_text(&who, actor->account_id[0] != '\0' ? actor->account_id : "anon");
    put_text(&who, route);
    put_text(&who, key);
    if (request.failed || who.failed)
        return err_memory(err);
    plain = sha256_of(request.data, request.len, NULL, 0, NULL, 0);
    hex_encode(plain.bytes, SHA256_BYTES, hex);
    *ret = (struct repeat){
        .wanted = true,
        .key = sha256_of(who.data, who.len, NULL, 0, NULL, 0),
        .request = keyring_lookup(office->keyring, "request", hex),
    };
    return 0;
}

int repeat_find(struct tx *tx, const struct repeat *repeat, struct arena *arena, struct idempotency_row *ret,
                bool *ret_found, struct err *err)
{
    struct idempotency_row row;
    bool found;
    int r;

    if (!repeat->wanted) {
        *ret_found = false;
        return 0;
    }
    r = store_idempotency_get(tx, &repeat->key, arena, &row, &found, err);
    if (r < 0)
        return r;
    if (found && memcmp(row.request.bytes, repeat->request.bytes, SHA256_BYTES) != 0)
        return err_set(err, ERR_BAD_INPUT, "idempotency_key_reused", NULL);
    *ret_found = found;
    if (found)
        *ret = row;
    return 0;
}

int repeat_keep(struct tx *tx, const struct repeat *repeat, const char *case_id, int64_t leaf, int64_t now_usec,
                struct err *err)
{
    struct idempotency_row row = {
        .key = repeat->key, .request = repeat->request, .case_id = case_id, .leaf = leaf, .at_usec = now_usec};

    return repeat->wanted ? store_idempotency_insert(tx, &row, err) : 0;
}
