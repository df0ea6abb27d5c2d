/* What becomes of a file as a whole: begun, kept in parts, stopped, gone on with. */
#include "persons/import.h"
#include "cases/record.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PLACE "import"
#define HEAD_BYTES ((size_t)64 * 1024)

/* --- The beginning of a file -------------------------------------------------------------------------------------- */

static int head_refused(struct field_errors *errors, const char *code, struct err *err)
{
    field_errors_add(errors, "", code, NULL);
    return err_set(err, ERR_BAD_INPUT, "import_head", NULL);
}

static int head_read(char *bytes, size_t count, bool last, struct import_head *ret_head, const char **ret_format,
                     int64_t *ret_at, int64_t *ret_line, struct field_errors *errors, struct err *err)
{
    size_t mark = csv_mark(bytes, count), blanks = mark;
    struct csv_record record;
    while (blanks < count && strchr(" \t\r\n", bytes[blanks]) != NULL && bytes[blanks] != '\0')
        blanks++;
    if (blanks == count)
        return err_set(err, ERR_BAD_INPUT, "import_empty", NULL);
    if (bytes[blanks] == '{') {
        *ret_head = (struct import_head){0};
        *ret_format = "jsonld";
        *ret_at = (int64_t)mark;
        *ret_line = 1;
        return 0;
    }
    char separator = csv_separator(bytes + mark, count - mark);
    enum csv_got got = csv_read(bytes + mark, count - mark, last, separator, &record);
    if (got != CSV_RECORD)
        return head_refused(errors, got == CSV_BAD ? record.code : "row_too_long", err);
    int r = import_head_read(&record, separator, ret_head, errors, err);
    if (r < 0)
        return r;
    *ret_format = "csv";
    *ret_at = (int64_t)(mark + record.used);
    *ret_line = (int64_t)record.lines + 1;
    return 0;
}

int import_head_of(const struct import_source *source, struct import_head *ret_head, const char **ret_format,
                   int64_t *ret_at, int64_t *ret_line, struct field_errors *errors, struct err *err)
{
    char *bytes = malloc(HEAD_BYTES + 1);
    size_t count = 0;
    if (bytes == NULL)
        return err_memory(err);
    int r = source->read(source->arg, 0, bytes, HEAD_BYTES, &count, err);
    if (r == 0)
        r = head_read(bytes, count, count < HEAD_BYTES, ret_head, ret_format, ret_at, ret_line, errors, err);
    free(bytes);
    return r;
}

/* --- Events ------------------------------------------------------------------------------------------------------- */

static int tell(struct tx *tx, const char *kind, const struct import_row *row, json_t *members,
                const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_JSON json_t *body = body_begin(kind, NULL, actor, now_usec, 0);
    CLEANUP_JSON json_t *more = members;
    int64_t leaf;
    if (body == NULL || more == NULL || json_object_update(body, more) != 0 ||
        json_object_set_new(body, "import", json_string(row->id)) != 0)
        return err_memory(err);
    return record(tx, kind, NULL, actor, now_usec, body, NULL, NULL, &leaf, err);
}

int import_tell_end(struct tx *tx, const struct import_row *row, const struct actor *actor, int64_t now_usec,
                    struct err *err)
{
    return tell(tx, "import.ended", row,
                json_pack("{s:I, s:I}", "taken", (json_int_t)row->taken, "refused", (json_int_t)row->refused), actor,
                now_usec, err);
}

static int tell_start(struct tx *tx, const struct import_row *row, const struct actor *actor, int64_t now_usec,
                      struct err *err)
{
    char hash[2 * SHA256_BYTES + 1];
    hex_encode(row->content_hash.bytes, SHA256_BYTES, hash);
    return tell(tx, "import.started", row,
                json_pack("{s:s, s:I, s:s}", "content_hash", hash, "size_bytes", (json_int_t)row->size_bytes, "format",
                          row->format),
                actor, now_usec, err);
}

/* --- Beginning ---------------------------------------------------------------------------------------------------- */

/* The file is to be read from its first row: a new one, or one of which nothing was taken. */
static void from_the_start(struct import_row *row, const struct import_new *given)
{
    row->position_bytes = given->rows_at;
    row->line = given->rows_line;
    row->taken = row->refused = row->kept = 0;
}

static int begin_new(struct tx *tx, const struct import_new *given, const struct actor *actor, int64_t now_usec,
                     struct arena *arena, struct import_row *ret, struct err *err)
{
    char *id = arena_alloc(arena, ID_TEXT);
    if (id == NULL)
        return err_memory(err);
    id_new(now_usec, id);
    struct import_row row = {.id = id,
                             .name = given->name,
                             .format = given->format,
                             .state = given->kept_in_store ? "receiving" : "running",
                             .content_hash = given->content_hash,
                             .size_bytes = given->size_bytes,
                             .kept_in_store = given->kept_in_store,
                             .salt = given->salt,
                             .account_id = actor->account_id[0] != '\0' ? actor->account_id : NULL,
                             .started_usec = now_usec,
                             .changed_usec = now_usec};
    from_the_start(&row, given);
    int r = store_import_insert(tx, &row, err);
    if (r == 0)
        r = tell_start(tx, &row, actor, now_usec, err);
    if (r == 0)
        *ret = row;
    return r;
}

/* The same file once more. */
static int begin_again(struct tx *tx, const struct import_new *given, const struct actor *actor, int64_t now_usec,
                       struct import_row *row, struct err *err)
{
    bool done = strcmp(row->state, "done") == 0, anew = done && row->taken == 0;
    bool there = row->kept_in_store && strcmp(row->state, "receiving") != 0;
    int r = 0;
    if (done && !anew)
        return 0;
    if (anew) {
        from_the_start(row, given);
        r = store_import_refusals_delete(tx, row->id, err);
    }
    /* Parts that are all there are read on; else these take their place. */
    if (r == 0 && !there) {
        r = store_import_parts_delete(tx, row->id, err);
        row->kept_in_store = given->kept_in_store;
        row->salt = given->salt;
        row->parts = 0;
    }
    bool stopped = strcmp(row->state, "stopped") == 0;
    row->state = row->kept_in_store && !there ? "receiving" : "running";
    row->changed_usec = now_usec;
    if (r == 0)
        r = store_import_update(tx, row, err);
    if (r == 0 && anew)
        r = tell_start(tx, row, actor, now_usec, err);
    else if (r == 0 && stopped)
        r = tell(tx, "import.resumed", row, json_object(), actor, now_usec, err);
    return r;
}

int import_begin(struct tx *tx, const struct office *office, const struct import_new *given, const struct actor *actor,
                 int64_t now_usec, struct arena *arena, struct import_row *ret, bool *ret_known, struct err *err)
{
    struct import_row row;
    bool known = false;
    (void)office;
    int r = store_import_by_hash(tx, &given->content_hash, arena, &row, &known, err);
    if (r == 0)
        r = known ? begin_again(tx, given, actor, now_usec, &row, err)
                  : begin_new(tx, given, actor, now_usec, arena, &row, err);
    if (r < 0)
        return r;
    *ret = row;
    *ret_known = known;
    return 0;
}

int import_get(struct tx *tx, const char *id, struct arena *arena, struct import_row *ret, struct err *err)
{
    int r = id_valid(id) ? store_import_get(tx, id, arena, ret, err) : -ERR_NOT_FOUND;
    return r == -ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "import_unknown", NULL) : r;
}

static int turn(struct tx *tx, const char *id, const char *from, const char *to, const char *code, const char *kind,
                const struct actor *actor, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct import_row row;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = import_get(tx, id, &arena, &row, err);
    if (r < 0)
        return r;
    if (strcmp(row.state, from) != 0)
        return err_set(err, ERR_CONFLICT, code, NULL);
    row.state = to;
    row.changed_usec = now_usec;
    r = store_import_update(tx, &row, err);
    return r < 0 ? r : tell(tx, kind, &row, json_object(), actor, now_usec, err);
}

int import_stop(struct tx *tx, const struct office *office, const char *id, const struct actor *actor, int64_t now_usec,
                struct err *err)
{
    (void)office;
    return turn(tx, id, "running", "stopped", "import_not_running", "import.stopped", actor, now_usec, err);
}

int import_resume(struct tx *tx, const struct office *office, const char *id, const struct actor *actor,
                  int64_t now_usec, struct err *err)
{
    (void)office;
    return turn(tx, id, "stopped", "running", "import_not_stopped", "import.resumed", actor, now_usec, err);
}

/* --- Parts -------------------------------------------------------------------------------------------------------- */

static struct subject_key part_key(const struct office *office, const struct hash *salt)
{
    char hex[2 * SHA256_BYTES + 1];
    hex_encode(salt->bytes, SHA256_BYTES, hex);
    struct hash keyed = keyring_lookup(office->keyring, PLACE, hex);
    struct subject_key key;
    memcpy(key.bytes, keyed.bytes, sizeof key.bytes);
    sodium_memzero(&keyed, sizeof keyed);
    return key;
}

static void part_place(int64_t part, char ret[static 40])
{
    snprintf(ret, 40, PLACE ":%lld", (long long)part);
}

int import_part_seal(const struct office *office, const struct hash *salt, int64_t part, const char *bytes,
                     size_t count, struct buf *out, struct err *err)
{
    struct subject_key key = part_key(office, salt);
    char place[40];
    part_place(part, place);
    int r = seal(&key, place, bytes, count, out, err);
    sodium_memzero(&key, sizeof key);
    return r;
}

int import_part_add(struct tx *tx, const char *id, const struct hash *salt, int64_t part, const void *sealed,
                    size_t count, int64_t now_usec, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct import_row row;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = import_get(tx, id, &arena, &row, err);
    if (r < 0)
        return r;
    if (strcmp(row.state, "receiving") != 0 || part != row.parts || memcmp(&row.salt, salt, sizeof *salt) != 0)
        return err_set(err, ERR_CONFLICT, "import_superseded", NULL);
    r = store_import_part_put(tx, id, part, sealed, count, err);
    row.parts++;
    row.changed_usec = now_usec;
    if (row.parts * (int64_t)IMPORT_PART_BYTES >= row.size_bytes)
        row.state = "running";
    return r < 0 ? r : store_import_update(tx, &row, err);
}

struct import_parts {
    const struct office *office;
    char id[ID_TEXT];
    struct subject_key key;
    int64_t part; /* which one is open; -1 */
    struct buf open;
};

int import_parts_new(const struct office *office, const struct import_row *row, struct import_parts **ret,
                     struct err *err)
{
    struct import_parts *parts = calloc(1, sizeof *parts);
    if (parts == NULL)
        return err_memory(err);
    parts->office = office;
    parts->part = -1;
    parts->key = part_key(office, &row->salt);
    snprintf(parts->id, sizeof parts->id, "%s", row->id);
    buf_init(&parts->open, IMPORT_PART_BYTES + 1);
    *ret = parts;
    return 0;
}

void import_parts_free(struct import_parts *parts)
{
    if (parts == NULL)
        return;
    sodium_memzero(&parts->key, sizeof parts->key);
    if (parts->open.data != NULL)
        sodium_memzero(parts->open.data, parts->open.len);
    buf_done(&parts->open);
    free(parts);
}

/* *ret_there false: the file ends before. */
static int part_open(struct import_parts *parts, int64_t part, bool *ret_there, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    CLEANUP_ARENA struct arena arena = {0};
    const void *sealed;
    size_t count;
    char place[40];
    *ret_there = true;
    if (part == parts->part)
        return 0;
    arena_init(&arena, 4 * IMPORT_PART_BYTES);
    int r = store_read_begin(parts->office->store, &tx, err);
    if (r == 0)
        r = store_import_part_get(tx, parts->id, part, &arena, &sealed, &count, err);
    if (r == -ERR_NOT_FOUND) {
        *ret_there = false;
        return 0;
    }
    parts->part = -1;
    buf_reset(&parts->open);
    part_place(part, place);
    if (r == 0)
        r = unseal(&parts->key, place, sealed, count, &parts->open, err);
    if (r == 0)
        parts->part = part;
    return r;
}

static int parts_read(void *arg, int64_t at, char *to, size_t room, size_t *ret_count, struct err *err)
{
    struct import_parts *parts = arg;
    size_t got = 0;
    bool there = true;
    while (got < room) {
        int64_t place = at + (int64_t)got;
        size_t from = (size_t)(place % (int64_t)IMPORT_PART_BYTES);
        int r = part_open(parts, place / (int64_t)IMPORT_PART_BYTES, &there, err);
        if (r < 0)
            return r;
        if (!there || from >= parts->open.len)
            break;
        size_t count = parts->open.len - from < room - got ? parts->open.len - from : room - got;
        memcpy(to + got, parts->open.data + from, count);
        got += count;
    }
    *ret_count = got;
    return 0;
}

struct import_source import_parts_source(struct import_parts *parts)
{
    return (struct import_source){.read = parts_read, .arg = parts};
}
