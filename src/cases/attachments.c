/* Files that come with a case: what they are is told by their content, never by their name; what they hold is nobody's
 * business but the case's. Each is encrypted under a key of its own outside the writer's turn (ten megabytes take
 * milliseconds), and under the writer's turn only that key is sealed for the person. The file's name and the salt of
 * its commitment lie sealed beside it. */
#include "base/unicode.h"
#include "cases/parts.h"
#include <sodium.h>
#include <string.h>

#define NAME_LENGTH_MAX 200

const char *attachment_type(const void *bytes, size_t count)
{
    const uint8_t *b = bytes;

    if (count >= 33 && memcmp(b, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) == 0)
        return "image/png";
    if (count >= 4 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff && b[3] >= 0xc0 && b[3] != 0xff)
        return "image/jpeg";
    if (count >= 13 && (memcmp(b, "GIF87a", 6) == 0 || memcmp(b, "GIF89a", 6) == 0))
        return "image/gif";
    if (count >= 20 && memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WEBPVP8", 7) == 0)
        return "image/webp";
    if (count >= 9 && memcmp(b, "%PDF-", 5) == 0 && b[5] >= '1' && b[5] <= '2' && b[6] == '.')
        return "application/pdf";
    return NULL;
}

int attachments_check(struct attachment_new *files, size_t count, struct field_errors *errors, struct err *err)
{
    size_t before = errors->count;

    if (count > CASE_ATTACHMENTS_MAX)
        field_errors_add(errors, "attachments", "attachments_too_many", "%d", CASE_ATTACHMENTS_MAX);
    for (size_t i = 0; i < count && i < CASE_ATTACHMENTS_MAX; i++) {
        files[i].type = NULL;
        if (files[i].count == 0) {
            field_errors_add(errors, "attachments", "attachment_empty", "%zu", i + 1);
        } else if (files[i].count > CASE_ATTACHMENT_BYTES_MAX) {
            field_errors_add(errors, "attachments", "attachment_too_large", "%zu", i + 1);
        } else {
            files[i].type = attachment_type(files[i].bytes, files[i].count);
            if (files[i].type == NULL)
                field_errors_add(errors, "attachments", "attachment_type_refused", "%zu", i + 1);
        }
    }
    if (errors->overflowed)
        return err_memory(err);
    return errors->count > before ? err_set(err, ERR_BAD_INPUT, "fields_refused", NULL) : 0;
}

/* The last part of a path, normalised and not too long; "file" when nothing readable is left. */
static const char *tidy_name(const char *name, struct arena *arena)
{
    const char *base = name != NULL ? name : "";
    char *tidy, *end;

    for (const char *p = base; *p != '\0'; p++)
        if (*p == '/' || *p == '\\')
            base = p + 1;
    if (!utf8_valid(base, strlen(base)))
        return "file";
    tidy = text_normalise(arena, base);
    if (tidy == NULL)
        return NULL;
    for (char *p = tidy; *p != '\0'; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    if (strlen(tidy) > NAME_LENGTH_MAX) {
        end = tidy + NAME_LENGTH_MAX;
        while (end > tidy && ((unsigned char)*end & 0xc0) == 0x80)
            end--;
        *end = '\0';
    }
    return tidy[0] != '\0' ? tidy : "file";
}

/* The bytes sealed, in the arena. */
static int seal_in(const struct subject_key *key, const char *place, const void *plain, size_t count,
                   struct arena *arena, const char **ret, size_t *ret_len, struct err *err)
{
    CLEANUP_BUF struct buf sealed = {0};
    char *copy;
    int r;

    buf_init(&sealed, sealed_size(count) + 1);
    r = seal(key, place, plain, count, &sealed, err);
    if (r < 0)
        return r;
    copy = arena_strndup(arena, sealed.data, sealed.len);
    if (copy == NULL)
        return err_memory(err);
    *ret = copy;
    *ret_len = sealed.len;
    return 0;
}

static int seal_one(const struct attachment_new *file, int64_t now_usec, struct arena *arena,
                    struct attachment_sealed *ret, struct err *err)
{
    CLEANUP_BUF struct buf about = {0};
    uint8_t salt[SALT_BYTES];
    char salt_hex[2 * SALT_BYTES + 1], place[PLACE_ROOM];
    const char *name = tidy_name(file->name, arena);
    int r;

    if (name == NULL)
        return err_memory(err);
    id_new(now_usec, ret->id);
    ret->type = file->type;
    ret->size_bytes = (int64_t)file->count;
    randombytes_buf(salt, sizeof(salt));
    randombytes_buf(ret->content_key.bytes, sizeof(ret->content_key.bytes));
    ret->commitment = ledger_commitment(salt, file->bytes, file->count);
    hex_encode(salt, sizeof(salt), salt_hex);

    buf_init(&about, BODY_LIMIT);
    buf_puts(&about, "{\"name\":");
    buf_put_json_string(&about, name);
    buf_printf(&about, ",\"salt\":\"%s\"}", salt_hex);
    if (about.failed)
        return err_memory(err);
    place_of("attachment", ret->id, place);
    r = seal_in(&ret->content_key, place, about.data, about.len, arena, &ret->name_sealed, &ret->name_sealed_len, err);
    if (r < 0)
        return r;
    return seal_in(&ret->content_key, place, file->bytes, file->count, arena, &ret->sealed, &ret->sealed_len, err);
}

int attachments_seal(const struct attachment_new *files, size_t count, int64_t now_usec, struct arena *arena,
                     struct attachment_sealed **ret, struct err *err)
{
    struct attachment_sealed *sealed = ARENA_ARRAY(arena, struct attachment_sealed, count);

    if (sealed == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = seal_one(&files[i], now_usec, arena, &sealed[i], err);

        if (r < 0)
            return r;
    }
    *ret = sealed;
    return 0;
}

json_t *attachments_json(const struct attachment_sealed *files, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < count; i++) {
        char commitment[2 * SHA256_BYTES + 1];

        hex_encode(files[i].commitment.bytes, SHA256_BYTES, commitment);
        if (json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s}", "id", files[i].id, "type", files[i].type,
                                                  "size", (json_int_t)files[i].size_bytes, "commitment", commitment)) !=
            0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int attachments_insert(struct tx *tx, const struct attachment_sealed *files, size_t count, const char *case_id,
                       const char *subject_id, const struct subject_key *key, int64_t leaf, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUF struct buf name = {0};
        char place[PLACE_ROOM];
        struct attachment_row row;
        int r;

        buf_init(&name, BODY_LIMIT);
        place_of("attachment-key", files[i].id, place);
        r = seal(key, place, files[i].content_key.bytes, sizeof(files[i].content_key.bytes), &name, err);
        if (r < 0)
            return r;
        buf_put(&name, files[i].name_sealed, files[i].name_sealed_len);
        if (name.failed)
            return err_memory(err);
        row = (struct attachment_row){
            .id = files[i].id,
            .case_id = case_id,
            .leaf = leaf,
            .type = files[i].type,
            .sealed_name = name.data,
            .sealed_name_len = name.len,
            .size_bytes = files[i].size_bytes,
            .commitment = files[i].commitment,
            .subject_id = subject_id,
            .sealed = files[i].sealed,
            .sealed_len = files[i].sealed_len,
        };
        r = store_attachment_insert(tx, &row, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int damaged(const struct attachment_row *row, const char *why, struct err *err)
{
    err_set(err, ERR_DAMAGED, "attachment_damaged", NULL);
    return err_detail(err, "attachment %s: %s", row->id, why);
}

int attachment_open(const struct attachment_row *row, const struct subject_key *key, struct arena *arena,
                    struct attachment_opened *ret, struct err *err)
{
    size_t key_len = sealed_size(sizeof(struct subject_key));
    CLEANUP_BUF struct buf content_key = {0};
    CLEANUP_BUF struct buf about = {0};
    CLEANUP_JSON json_t *json = NULL;
    struct attachment_opened opened;
    char place[PLACE_ROOM];
    const char *salt, *name;
    int r;

    if (row->sealed_name_len <= key_len)
        return damaged(row, "description too short", err);
    buf_init(&content_key, 64);
    place_of("attachment-key", row->id, place);
    r = unseal(key, place, row->sealed_name, key_len, &content_key, err);
    if (r < 0)
        return r;
    if (content_key.len != sizeof(opened.content_key.bytes))
        return damaged(row, "key of another length", err);
    memcpy(opened.content_key.bytes, content_key.data, content_key.len);

    buf_init(&about, BODY_LIMIT);
    place_of("attachment", row->id, place);
    r = unseal(&opened.content_key, place, (const char *)row->sealed_name + key_len, row->sealed_name_len - key_len,
               &about, err);
    if (r == 0)
        r = stored_json_parse(about.data, about.len, "an attachment's description", &json, err);
    if (r < 0)
        return r;
    name = json_string_value(json_object_get(json, "name"));
    salt = json_string_value(json_object_get(json, "salt"));
    if (name == NULL || salt == NULL || !hex_decode(salt, opened.salt, SALT_BYTES))
        return damaged(row, "description incomplete", err);
    opened.name = arena_strdup(arena, name);
    if (opened.name == NULL)
        return err_memory(err);
    *ret = opened;
    return 0;
}

int attachment_content(const struct attachment_row *row, const struct attachment_opened *opened, struct buf *out,
                       struct err *err)
{
    char place[PLACE_ROOM];
    struct hash commitment;
    size_t before = out->len;
    int r;

    place_of("attachment", row->id, place);
    r = unseal(&opened->content_key, place, row->sealed, row->sealed_len, out, err);
    if (r < 0)
        return r;
    commitment = ledger_commitment(opened->salt, out->data + before, out->len - before);
    if ((int64_t)(out->len - before) != row->size_bytes ||
        memcmp(commitment.bytes, row->commitment.bytes, SHA256_BYTES) != 0)
        return damaged(row, "content differs from its commitment", err);
    return 0;
}

int case_attachment(struct tx *tx, const struct office *office, const char *case_id, const char *attachment_id,
                    struct buf *out, const char **ret_type, struct arena *arena, struct err *err)
{
    struct attachment_row row;
    struct attachment_opened opened;
    struct subject_key key;
    struct err why = {0};
    const char *type;
    int r = store_attachment_get(tx, attachment_id, arena, &row, &why);

    if (r == -ERR_NOT_FOUND || (r == 0 && strcmp(row.case_id, case_id) != 0))
        return err_set(err, ERR_NOT_FOUND, "attachment_unknown", NULL);
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    r = subject_key_get(tx, office->keyring, row.subject_id, &key, err);
    if (r < 0)
        return r;
    r = attachment_open(&row, &key, arena, &opened, err);
    if (r < 0)
        return r;
    type = arena_strdup(arena, row.type);
    if (type == NULL)
        return err_memory(err);
    r = attachment_content(&row, &opened, out, err);
    if (r < 0)
        return r;
    *ret_type = type;
    return 0;
}
