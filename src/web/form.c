/* The body of a request, as its route asks for it: nothing, a form, a form with files, or a JSON object. */
#include "base/unicode.h"
#include "web/connection.h"
#include "web/decode.h"
#include "web/multipart.h"
#include <string.h>

/* JSON and plain forms hold texts, not files: they may be as large as the longest texts of a procedure, no more. */
#define TEXT_BODY_MAX ((size_t)1024 * 1024)

#define TYPE_FORM "application/x-www-form-urlencoded"
#define TYPE_MULTIPART "multipart/form-data"
#define TYPE_JSON "application/json"

static const char *content_type(const struct connection *c)
{
    return c->header(c, "Content-Type");
}

int form_type_check(const struct connection *c, struct err *err)
{
    const char *type = content_type(c), *encoding = c->header(c, "Content-Encoding");
    enum route_input input = c->request.route->input;
    bool packed = encoding != NULL && (strcmp(encoding, "gzip") == 0 || strcmp(encoding, "zstd") == 0);
    if (encoding != NULL && strcmp(encoding, "identity") != 0 &&
        !(packed && (input == INPUT_LINES || input == INPUT_COUNTS)))
        return err_set(err, ERR_WRONG_TYPE, "content_encoding_unsupported", NULL);
    bool fits = true;
    switch (input) {
    case INPUT_NONE:
        break;
    case INPUT_FORM:
        fits = media_type_is(type, TYPE_FORM);
        break;
    case INPUT_MULTIPART:
        fits = media_type_is(type, TYPE_MULTIPART) || media_type_is(type, TYPE_FORM);
        break;
    case INPUT_JSON:
        fits = media_type_is(type, TYPE_JSON);
        break;
    case INPUT_JSON_TEXT:
        /* The AuthZEN API knows no 415. */
        return media_type_is(type, TYPE_JSON) ? 0 : err_set(err, ERR_MALFORMED, "content_type_unsupported", NULL);
    case INPUT_FILE:
        fits = media_type_is(type, TYPE_MULTIPART) || media_type_is(type, "text/csv") ||
               media_type_is(type, "application/x-ndjson") || media_type_is(type, "application/ld+json") ||
               media_type_is(type, "application/jsonl") || media_type_is(type, "application/octet-stream");
        break;
    case INPUT_ROWS:
        fits = media_type_is(type, TYPE_JSON) || media_type_is(type, "application/x-ndjson") ||
               media_type_is(type, "text/csv") || media_type_is(type, "text/plain");
        break;
    case INPUT_COUNTS:
        fits = media_type_is(type, "text/csv") || media_type_is(type, "application/x-ndjson");
        break;
    case INPUT_LINES:
        fits = media_type_is(type, "text/plain") || media_type_is(type, "application/x-ndjson");
        break;
    case INPUT_BYTES:
        fits = type != NULL;
        break;
    case INPUT_JSON_OR_MULTIPART:
        fits = media_type_is(type, TYPE_JSON) || media_type_is(type, TYPE_MULTIPART);
        break;
    }
    return fits ? 0 : err_set(err, ERR_WRONG_TYPE, "content_type_unsupported", NULL);
}

static bool takes_as_it_comes(enum route_input input)
{
    return input == INPUT_ROWS || input == INPUT_BYTES || input == INPUT_LINES || input == INPUT_COUNTS;
}

size_t form_body_max(const struct connection *c)
{
    size_t max = c->request.route->body_max;
    if (max == BODY_BY_SETTING) {
        int mib = c->request.app->settings->import_mib;
        max = (size_t)(mib > 0 ? mib : IMPORT_MIB) * 1024 * 1024;
    }
    if (c->request.route->input == INPUT_FILE || c->request.route->input == INPUT_JSON_TEXT ||
        takes_as_it_comes(c->request.route->input))
        return max;
    return media_type_is(content_type(c), TYPE_MULTIPART) || max < TEXT_BODY_MAX ? max : TEXT_BODY_MAX;
}

/* Pairs become form values; the CSRF token is taken out. */
static int take_pairs(struct connection *c, struct pair *pairs, size_t count, struct err *err)
{
    struct request *request = &c->request;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (request->route->kind == ROUTE_PAGE && strcmp(pairs[i].name, "csrf") == 0)
            c->csrf = pairs[i].value;
        else
            pairs[kept++] = pairs[i];
    }
    return pairs_join(pairs, kept, &request->arena, &request->form, &request->form_count, err);
}

static int read_multipart(struct connection *c, struct err *err)
{
    struct request *request = &c->request;
    struct part *parts;
    size_t count;
    int r = multipart_read(content_type(c), request->body, request->body_len, &request->arena, &parts, &count, err);
    if (r < 0)
        return r;
    struct pair *pairs = ARENA_ARRAY(&request->arena, struct pair, count);
    request->files = ARENA_ARRAY(&request->arena, struct request_file, count);
    if (pairs == NULL || request->files == NULL)
        return err_memory(err);
    size_t pair_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct part *part = &parts[i];
        if (part->file_name != NULL) {
            /* What a browser sends for a file input left empty. */
            if (*part->file_name == '\0' && part->count == 0)
                continue;
            request->files[request->file_count++] =
                (struct request_file){part->name, part->file_name, part->bytes, part->count};
            continue;
        }
        if (!utf8_valid(part->bytes, part->count))
            return err_set(err, ERR_MALFORMED, "not_utf8", NULL);
        const char *value = arena_strndup(&request->arena, part->bytes, part->count);
        if (value == NULL)
            return err_memory(err);
        pairs[pair_count++] = (struct pair){part->name, value};
    }
    return take_pairs(c, pairs, pair_count, err);
}

int form_read(struct connection *c, struct err *err)
{
    struct request *request = &c->request;
    request->body = c->body.data == NULL ? "" : c->body.data;
    request->body_len = c->body.len;
    if (request->route->input == INPUT_NONE)
        return 0;
    if (request->route->input == INPUT_JSON_TEXT || request->route->input == INPUT_ROWS ||
        request->route->input == INPUT_COUNTS) {
        request->text = c->body.data;
        return request->body_len > 0 ? 0 : err_set(err, ERR_MALFORMED, "json_malformed", "1:0");
    }
    const char *type = content_type(c);
    if (media_type_is(type, TYPE_MULTIPART))
        return read_multipart(c, err);
    if (request->route->input == INPUT_FILE || request->route->input == INPUT_BYTES ||
        request->route->input == INPUT_LINES)
        return 0;
    bool wants_json = request->route->input == INPUT_JSON || request->route->input == INPUT_JSON_OR_MULTIPART;
    if (!wants_json) {
        struct pair *pairs;
        size_t count;
        int r = decode_pairs(request->body, request->body_len, "form_malformed", &request->arena, &pairs, &count, err);
        return r < 0 ? r : take_pairs(c, pairs, count, err);
    }
    if (request->body_len == 0) {
        /* An act that asks for nothing needs no body. */
        request->json = json_object();
        return request->json == NULL ? err_memory(err) : 0;
    }
    if (!utf8_valid(request->body, request->body_len))
        return err_set(err, ERR_MALFORMED, "not_utf8", NULL);
    int r = json_parse(request->body, request->body_len, &request->json, err);
    if (r < 0)
        return r;
    if (!json_is_object(request->json))
        return err_set(err, ERR_MALFORMED, "json_not_an_object", NULL);
    /* As in a form: each unknown one is told, and looked for among those told. */
    return json_object_size(request->json) <= PAIRS_MAX
               ? 0
               : err_set(err, ERR_MALFORMED, "too_many_fields", "%d", PAIRS_MAX);
}
