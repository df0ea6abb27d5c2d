/* YAML through libfyaml's stream of events.
 *
 * Events rather than libfyaml's documents, because every event carries its mark, anchor and tag: we refuse what we do
 * not allow at the very place where it stands. The events are copied into plain structs in the caller's arena; libfyaml
 * is gone when the call returns. Its complaints are collected, never printed. */
#include "base/yaml.h"
#include "base/buf.h"
#include "base/unicode.h"
#include <errno.h>
#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 48

struct reader {
    struct fy_parser *parser;
    struct fy_diag *diag; /* collects; a parser's own would print */
    const char *file;
    struct arena *arena;
    struct err *err;
};

/* What a collection gathers before its size is known. */
struct item {
    struct item *next;
    const char *key;
    int key_line;
    const struct yaml *value;
};

static int refuse_at(struct reader *reader, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

static int refuse_at(struct reader *reader, int line, const char *fmt, ...)
{
    char why[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return err_set(reader->err, ERR_BAD_INPUT, "yaml_malformed", "%s:%d: %s", reader->file, line, why);
}

/* The first complaint that libfyaml collected. */
static int refuse_as_collected(struct reader *reader)
{
    void *previous = NULL;
    struct fy_diag_error *first = fy_diag_errors_iterate(reader->diag, &previous);
    if (first == NULL)
        return refuse_at(reader, 1, "not YAML");
    return refuse_at(reader, first->line > 0 ? first->line : 1, "%s", first->msg);
}

static int event_line(struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    return mark == NULL ? 1 : mark->line + 1;
}

/* The next event, or NULL with the error set. The caller gives it back with fy_parser_event_free. */
static int event_next(struct reader *reader, struct fy_event **ret)
{
    struct fy_event *event = fy_parser_parse(reader->parser);
    if (event == NULL)
        return refuse_as_collected(reader);
    int line = event_line(event);
    int result = 0;
    if (event->type == FYET_ALIAS)
        result = refuse_at(reader, line, "aliases are not allowed");
    else if (fy_event_get_anchor_token(event) != NULL)
        result = refuse_at(reader, line, "anchors are not allowed");
    else if (fy_event_get_tag_token(event) != NULL)
        result = refuse_at(reader, line, "tags are not allowed");
    if (result < 0) {
        fy_parser_event_free(reader->parser, event);
        return result;
    }
    *ret = event;
    return 0;
}

static int scalar_read(struct reader *reader, struct fy_event *event, struct yaml *node)
{
    struct fy_token *token = event->scalar.value;
    size_t length = 0;
    const char *text = token == NULL ? "" : fy_token_get_text(token, &length);
    if (text == NULL)
        return err_memory(reader->err);
    if (!utf8_valid(text, length))
        return refuse_at(reader, node->line, "the text holds a NUL or is not UTF-8");
    node->text = arena_strndup(reader->arena, text, length);
    node->quoted = token != NULL && fy_token_scalar_style(token) != FYSS_PLAIN;
    return node->text == NULL ? err_memory(reader->err) : 0;
}

static int node_read(struct reader *reader, struct fy_event *event, int depth, const struct yaml **ret);

static int item_compare(const void *a, const void *b)
{
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x->key_line > y->key_line) - (x->key_line < y->key_line);
}

static int duplicates_refuse(struct reader *reader, const struct item *first, size_t count)
{
    const struct item **sorted = calloc(count + 1, sizeof *sorted);
    if (sorted == NULL)
        return err_memory(reader->err);
    size_t filled = 0;
    for (const struct item *item = first; item != NULL; item = item->next)
        sorted[filled++] = item;
    qsort(sorted, count, sizeof *sorted, item_compare);
    int result = 0;
    for (size_t i = 1; i < count && result == 0; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            result = refuse_at(reader, sorted[i]->key_line, "the key \"%s\" is there twice", sorted[i]->key);
    free(sorted);
    return result;
}

/* Reads one key or one item into `item`; *ret_end is set at the end of the collection instead. */
static int item_read(struct reader *reader, const struct yaml *parent, int depth, struct item *item, bool *ret_end)
{
    struct fy_event *event = NULL;
    int result = event_next(reader, &event);
    if (result < 0)
        return result;
    if (event->type == FYET_MAPPING_END || event->type == FYET_SEQUENCE_END) {
        fy_parser_event_free(reader->parser, event);
        *ret_end = true;
        return 0;
    }
    if (parent->kind == YAML_MAPPING) {
        struct yaml key = {.line = event_line(event)};
        if (event->type != FYET_SCALAR)
            result = refuse_at(reader, key.line, "a key must be plain text");
        else
            result = scalar_read(reader, event, &key);
        fy_parser_event_free(reader->parser, event);
        if (result < 0)
            return result;
        item->key = key.text;
        item->key_line = key.line;
        result = event_next(reader, &event);
        if (result < 0)
            return result;
    }
    result = node_read(reader, event, depth, &item->value);
    fy_parser_event_free(reader->parser, event);
    return result;
}

static int collection_read(struct reader *reader, struct yaml *node, int depth)
{
    if (depth > DEPTH_MAX)
        return refuse_at(reader, node->line, "nested deeper than %d", DEPTH_MAX);
    struct item *first = NULL, **last = &first;
    for (;;) {
        struct item *item = ARENA_NEW(reader->arena, struct item);
        if (item == NULL)
            return err_memory(reader->err);
        bool end = false;
        int result = item_read(reader, node, depth, item, &end);
        if (result < 0)
            return result;
        if (end)
            break;
        *last = item;
        last = &item->next;
        node->count++;
    }
    if (node->kind == YAML_MAPPING) {
        int result = duplicates_refuse(reader, first, node->count);
        if (result < 0)
            return result;
        node->keys = ARENA_ARRAY(reader->arena, const char *, node->count);
    }
    node->items = ARENA_ARRAY(reader->arena, const struct yaml *, node->count);
    if (node->items == NULL || (node->kind == YAML_MAPPING && node->keys == NULL))
        return err_memory(reader->err);
    size_t i = 0;
    for (const struct item *item = first; item != NULL; item = item->next, i++) {
        node->items[i] = item->value;
        if (node->kind == YAML_MAPPING)
            node->keys[i] = item->key;
    }
    return 0;
}

/* Reads the node that `event` begins; the event stays the caller's. */
static int node_read(struct reader *reader, struct fy_event *event, int depth, const struct yaml **ret)
{
    struct yaml *node = ARENA_NEW(reader->arena, struct yaml);
    if (node == NULL)
        return err_memory(reader->err);
    node->file = reader->file;
    node->line = event_line(event);
    int result;
    if (event->type == FYET_SCALAR) {
        node->kind = YAML_SCALAR;
        result = scalar_read(reader, event, node);
    } else if (event->type == FYET_MAPPING_START || event->type == FYET_SEQUENCE_START) {
        node->kind = event->type == FYET_MAPPING_START ? YAML_MAPPING : YAML_SEQUENCE;
        result = collection_read(reader, node, depth + 1);
    } else {
        result = refuse_at(reader, node->line, "a value is missing");
    }
    if (result == 0)
        *ret = node;
    return result;
}

/* Takes one event that must be of the type. */
static int event_expect(struct reader *reader, enum fy_event_type type, const char *why)
{
    struct fy_event *event = NULL;
    int result = event_next(reader, &event);
    if (result < 0)
        return result;
    if (event->type != type)
        result = refuse_at(reader, event_line(event), "%s", why);
    fy_parser_event_free(reader->parser, event);
    return result;
}

static int stream_read(struct reader *reader, const struct yaml **ret)
{
    const struct yaml *root;
    struct fy_event *event = NULL;
    int result = event_expect(reader, FYET_STREAM_START, "not YAML");
    if (result == 0)
        result = event_expect(reader, FYET_DOCUMENT_START, "there is nothing in it");
    if (result == 0)
        result = event_next(reader, &event);
    if (result < 0)
        return result;
    result = node_read(reader, event, 0, &root);
    fy_parser_event_free(reader->parser, event);
    if (result == 0)
        result = event_expect(reader, FYET_DOCUMENT_END, "something follows the document");
    if (result == 0)
        result = event_expect(reader, FYET_STREAM_END, "a second document is not allowed");
    if (result == 0)
        *ret = root;
    return result;
}

/* What libfyaml must not see: control characters, which YAML forbids, and "?" standing alone, which begins an explicit
 * key; on some of those libfyaml 0.7.12 writes where it must not. No file of ours needs either. */
static int bytes_vet(struct reader *reader, const char *bytes, size_t count)
{
    int line = 1;
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\n')
            line++;
        else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7F)
            return refuse_at(reader, line, "a control character");
        else if (c == '?' && (i == 0 || strchr(" \t\r\n,[{:", bytes[i - 1]) != NULL) &&
                 (i + 1 == count || strchr(" \t\r\n,]}:", bytes[i + 1]) != NULL))
            return refuse_at(reader, line, "a question mark that stands alone (an explicit key)");
    }
    return 0;
}

int yaml_parse(const char *name, const char *bytes, size_t count, struct arena *arena, const struct yaml **ret,
               struct err *err)
{
    struct reader reader = {.file = arena_strdup(arena, name), .arena = arena, .err = err};
    if (reader.file == NULL)
        return err_memory(err);
    if (!utf8_valid(bytes, count)) {
        int line = 1;
        size_t good = 0;
        for (size_t end = 0; end < count; end++) {
            if (bytes[end] == '\n' && utf8_valid(bytes + good, end - good)) {
                good = end + 1;
                line++;
            } else if (bytes[end] == '\n') {
                break;
            }
        }
        return refuse_at(&reader, line, "the text holds a NUL or is not UTF-8");
    }
    if (count == 0)
        return refuse_at(&reader, 1, "there is nothing in it");
    int result = bytes_vet(&reader, bytes, count);
    if (result < 0)
        return result;
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    reader.diag = fy_diag_create(&diag_cfg);
    if (reader.diag == NULL)
        return err_memory(err);
    fy_diag_set_collect_errors(reader.diag, true);
    /* Duplicates are ours to refuse: libfyaml would compare each key with each. */
    const struct fy_parse_cfg cfg = {.diag = reader.diag,
                                     .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_ALLOW_DUPLICATE_KEYS |
                                              FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE};
    reader.parser = fy_parser_create(&cfg);
    result = reader.parser == NULL || fy_parser_set_string(reader.parser, bytes, count) != 0
                 ? err_memory(err)
                 : stream_read(&reader, ret);
    fy_diag_destroy(reader.diag); /* first: the complaints hold pieces of the parser */
    fy_parser_destroy(reader.parser);
    return result;
}

int yaml_load(const char *path, size_t limit_bytes, struct arena *arena, const struct yaml **ret, struct err *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        int why = errno;
        err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%s", path);
        return err == NULL ? -ERR_UNAVAILABLE : err_detail(err, "%s", strerror(why));
    }
    CLEANUP_BUF struct buf bytes;
    buf_init(&bytes, limit_bytes);
    char piece[16384];
    size_t count;
    while (!bytes.failed && (count = fread(piece, 1, sizeof piece, file)) > 0)
        buf_put(&bytes, piece, count);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return err_set(err, ERR_UNAVAILABLE, "file_unreadable", "%s", path);
    if (bytes.failed)
        return err_set(err, ERR_BAD_INPUT, "yaml_malformed", "%s:1: larger than %zu bytes", path, limit_bytes);
    return yaml_parse(path, bytes.data == NULL ? "" : bytes.data, bytes.len, arena, ret, err);
}

const struct yaml *yaml_get(const struct yaml *node, const char *key)
{
    if (node == NULL || node->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->keys[i], key) == 0)
            return node->items[i];
    return NULL;
}

int yaml_refuse(const struct yaml *node, struct err *err, const char *code, const char *fmt, ...)
{
    char why[160];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return err_set(err, ERR_BAD_INPUT, code, "%s:%d: %s", node->file, node->line, why);
}

int yaml_only_keys(const struct yaml *node, const char *const *allowed, struct err *err)
{
    if (node->kind != YAML_MAPPING)
        return yaml_refuse(node, err, "yaml_wrong_type", "a mapping is wanted here");
    for (size_t i = 0; i < node->count; i++) {
        const char *const *at = allowed;
        while (*at != NULL && strcmp(*at, node->keys[i]) != 0)
            at++;
        if (*at == NULL)
            return yaml_refuse(node->items[i], err, "yaml_unknown_key", "%s", node->keys[i]);
    }
    return 0;
}

/* The scalar under a key. *ret is NULL where a key that is not required is missing. */
static int scalar_get(const struct yaml *node, const char *key, bool required, const struct yaml **ret, struct err *err)
{
    const struct yaml *value = yaml_get(node, key);
    if (value == NULL && required)
        return yaml_refuse(node, err, "yaml_missing_key", "%s", key);
    if (value != NULL && value->kind != YAML_SCALAR)
        return yaml_refuse(value, err, "yaml_wrong_type", "%s", key);
    *ret = value;
    return 0;
}

static bool is_null(const struct yaml *scalar)
{
    return !scalar->quoted &&
           (scalar->text[0] == '\0' || strcmp(scalar->text, "~") == 0 || strcmp(scalar->text, "null") == 0);
}

int yaml_read_text(const struct yaml *node, const char *key, bool required, const char **ret, struct err *err)
{
    const struct yaml *value = NULL;
    int result = scalar_get(node, key, required, &value, err);
    if (result < 0 || value == NULL)
        return result;
    if (is_null(value))
        return yaml_refuse(value, err, "yaml_wrong_type", "%s", key);
    *ret = value->text;
    return 0;
}

int yaml_read_int(const struct yaml *node, const char *key, bool required, int64_t *ret, struct err *err)
{
    const struct yaml *value = NULL;
    int result = scalar_get(node, key, required, &value, err);
    if (result < 0 || value == NULL)
        return result;
    const char *digits = value->text + (value->text[0] == '-');
    errno = 0;
    long long number = strtoll(value->text, NULL, 10);
    if (value->quoted || digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0' || errno != 0)
        return yaml_refuse(value, err, "yaml_wrong_type", "%s", key);
    *ret = number;
    return 0;
}

int yaml_read_bool(const struct yaml *node, const char *key, bool required, bool *ret, struct err *err)
{
    const struct yaml *value = NULL;
    int result = scalar_get(node, key, required, &value, err);
    if (result < 0 || value == NULL)
        return result;
    bool yes = strcmp(value->text, "true") == 0;
    if (value->quoted || (!yes && strcmp(value->text, "false") != 0))
        return yaml_refuse(value, err, "yaml_wrong_type", "%s", key);
    *ret = yes;
    return 0;
}
