/* /v1/processing: the registers that the operator keeps about its processing. What people have a right to know is for
 * everybody: purposes, categories of data, policies, who is responsible; recipients and states are for staff. */
#include "web/api/persons.h"
#include <string.h>

static int kind_of_path(const struct request *request, enum kept_kind *ret, struct err *err)
{
    int kind = kept_kind_parse(request_param(request, "kind"));
    if (kind < 0)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    *ret = (enum kept_kind)kind;
    if ((kind == KEPT_RECIPIENT || kind == KEPT_STATE) && (request->actor.roles & ROLE_STAFF) == 0)
        return err_set(err, ERR_UNAUTHENTICATED, "sign_in_needed", NULL);
    return 0;
}

static int put_entry(struct buf *out, const struct kept_entry *entry, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    buf_init(&text, (size_t)4 << 20);
    int r = json_canonical(entry->json, &text, err);
    if (r == 0)
        buf_put(out, text.data, text.len);
    return r;
}

static int write_entry(struct request *request, struct buf *out, const struct kept_entry *entry, struct err *err)
{
    const struct zone *zone = request_zone(request);
    jo_open(out, '{');
    jo_text(out, "id", entry->id);
    jo_int(out, "number", entry->number);
    jo_int(out, "version", entry->version);
    jo_moment(out, "from", zone, entry->from_usec);
    jo_moment(out, "until", zone, entry->until_usec);
    jo_bool(out, "retired", entry->retired);
    jo_key(out, "entry");
    int r = put_entry(out, entry, err);
    jo_close(out, '}');
    return r;
}

/* A category of the catalogue, which nobody changes here. */
static void write_category(struct buf *out, const struct data_category *category, size_t number)
{
    jo_open(out, '{');
    jo_text(out, "id", category->id);
    jo_int(out, "number", (int64_t)number);
    jo_int(out, "version", 0);
    jo_text(out, "from", NULL);
    jo_text(out, "until", NULL);
    jo_bool(out, "retired", false);
    jo_key(out, "entry");
    jo_open(out, '{');
    jo_key(out, "kinds");
    jo_open(out, '[');
    for (unsigned bit = DATA_RESTRICTED; bit <= DATA_IDENTIFYING; bit <<= 1)
        if ((category->kinds & bit) != 0)
            jo_put_text(out, data_kind_word((enum data_kind)bit));
    jo_close(out, ']');
    jo_key(out, "title");
    jo_open(out, '{');
    for (int lang = 0; lang < LANG_COUNT; lang++)
        jo_text(out, lang_code((enum lang)lang), category->title.in[lang]);
    jo_close(out, '}');
    jo_close(out, '}');
    jo_close(out, '}');
}

static int write_list(struct request *request, struct buf *out, const struct kept *kept, enum kept_kind kind,
                      const char *id, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct kept_entry **entries = NULL;
    size_t count = kept_list(kept, kind, id, &request->arena, &entries);
    int r = request->arena.overflowed ? err_memory(err) : 0;
    jo_open(out, '[');
    for (size_t i = 0; kind == KEPT_CATEGORY && id == NULL && i < catalogue->data_category_count; i++)
        write_category(out, &catalogue->data_categories[i], i);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = write_entry(request, out, entries[i], err);
    jo_close(out, ']');
    return r;
}

int api_kept_list(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct buf *out = &response->body;
    enum kept_kind kind;
    struct tx *tx;
    int r = kind_of_path(request, &kind, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "kind", kept_kind_word(kind));
    jo_key(out, "entries");
    r = write_list(request, out, kept, kind, NULL, err);
    jo_close(out, '}');
    return r;
}

/* The newest version with its ETag, and the older ones: what was agreed under them stays readable. */
static int get_finish(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct buf *out = &response->body;
    const struct kept_entry *entry;
    const char *id = request_param(request, "id");
    enum kept_kind kind;
    struct tx *tx;
    int r = kind_of_path(request, &kind, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    entry = kept_at(kept, kind, id, INT64_MAX);
    if (entry == NULL)
        return err_set(err, ERR_NOT_FOUND, "kept_unknown", NULL);
    if (response_header(response, request, "ETag", "\"%lld\"", (long long)entry->version) < 0)
        return err_memory(err);
    jo_open(out, '{');
    jo_text(out, "kind", kept_kind_word(kind));
    jo_text(out, "id", entry->id);
    jo_int(out, "version", entry->version);
    jo_bool(out, "retired", entry->retired);
    jo_key(out, "entry");
    r = put_entry(out, entry, err);
    jo_key(out, "versions");
    if (r == 0)
        r = write_list(request, out, kept, kind, id, err);
    jo_close(out, '}');
    return r;
}

int api_kept_get(struct request *request, struct response *response, struct err *err)
{
    return get_finish(request, response, err);
}

struct setting {
    enum kept_kind kind;
    const char *json; /* NULL: to be retired */
    int64_t expected, version;
};

static int set_run(struct tx *tx, struct request *request, struct err *err)
{
    struct setting *setting = request->state;
    const char *id = request_param(request, "id");
    if (setting->json == NULL)
        return kept_retire(tx, request->office, setting->kind, id, &request->actor, request->now_usec, err);
    return kept_set(tx, request->office, setting->kind, id, setting->json, setting->expected, &request->actor,
                    request->now_usec, &setting->version, err);
}

int api_kept_set(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct setting *setting = ARENA_NEW(&request->arena, struct setting);
    struct tx *tx;
    if (setting == NULL)
        return err_memory(err);
    int r = kind_of_path(request, &setting->kind, err);
    if (r == 0)
        r = request_if_match(request, &setting->expected, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = kept_check(kept, request->office, setting->kind, request_param(request, "id"), request->json,
                       &request->arena, &setting->json, &request->errors, err);
    if (r < 0)
        return r;
    request->state = setting;
    return request_write(request, set_run, get_finish);
}

int api_kept_retire(struct request *request, struct response *response, struct err *err)
{
    struct setting *setting = ARENA_NEW(&request->arena, struct setting);
    if (setting == NULL)
        return err_memory(err);
    int r = kind_of_path(request, &setting->kind, err);
    if (r < 0)
        return r;
    request->state = setting;
    return request_write(request, set_run, get_finish);
}
