/* The frame of every page, and the small things all handlers ask for. */
#include "base/id.h"
#include "persons/kept.h"
#include "store/kept_rows.h"
#include "web/app.h"
#include "web/pages/pages.h"
#include <string.h>

const char *lang_of(const struct request *request)
{
    return lang_code(request->lang);
}

const char *query_text(const struct request *request, const char *name)
{
    const char *text = request_query(request, name);
    return text == NULL ? "" : text;
}

/* The address after /{lang}, with its query but what must not be repeated. */
static const char *rest_of_address(struct request *request)
{
    static const char *const left_out[] = {"code", "done", "cursor"};
    CLEANUP_BUF struct buf rest;
    buf_init(&rest, 64 * 1024);
    const char *path = request->path == NULL ? "/" : request->path;
    const char *after = path[0] == '/' ? strchr(path + 1, '/') : NULL;
    bool has_lang = after != NULL && after - path == 3;
    /* As it came: still percent-encoded. */
    buf_puts(&rest, has_lang ? after : "/");
    bool first = true;
    for (size_t i = 0; i < request->query_count; i++) {
        bool skip = false;
        for (size_t j = 0; j < sizeof left_out / sizeof *left_out; j++)
            skip = skip || strcmp(request->query_names[i], left_out[j]) == 0;
        if (skip || request->query_values[i][0] == '\0')
            continue;
        buf_putc(&rest, first ? '?' : '&');
        buf_put_url(&rest, request->query_names[i]);
        buf_putc(&rest, '=');
        buf_put_url(&rest, request->query_values[i]);
        first = false;
    }
    const char *copy = rest.failed ? NULL : arena_strdup(&request->arena, rest.data);
    return copy == NULL ? "/" : copy;
}

static const struct organisation nobody = {.name = {{"", "", ""}},
                                           .bin = "",
                                           .address = {{"", "", ""}},
                                           .email = "",
                                           .phone = "",
                                           .url = "",
                                           .complaint_rules = {{"", "", ""}}};

int page_begin(struct request *request, struct response *response, const char *title, const char *area,
               struct page **ret, struct err *err)
{
    struct page *page = ARENA_NEW(&request->arena, struct page);
    if (page == NULL)
        return err_memory(err);
    struct tx *tx;
    struct err ignored = {0};
    if (request_read(request, &tx, &ignored) < 0 ||
        organisation_get(tx, &request->arena, &page->organisation, &ignored) < 0)
        page->organisation = nobody;
    int64_t policies = 0;
    if (request_read(request, &tx, &ignored) < 0 ||
        store_kept_number(tx, kept_kind_word(KEPT_POLICY), 0, &policies, &ignored) < 0)
        policies = 0;
    bool staff = request->actor.kind == ACTOR_ACCOUNT;
    page->frame = (struct page_frame){
        .title = title,
        .rest = rest_of_address(request),
        .area = area,
        .organisation = &page->organisation,
        .actor = staff ? &request->actor : NULL,
        .csrf = request_csrf(request, response),
        .public_url = request_public_url(request),
        .style_url = static_url("style.css"),
        .icon_url = static_url("icon.svg"),
        .office = request->office,
        .catalogue = request->office->catalogue,
        .arena = &request->arena,
        .now_usec = request->now_usec,
        .policies = policies > 0,
    };
    page->out = (struct page_out){
        .buf = &response->body,
        .lang = request->lang,
        .zone = &request->office->catalogue->calendar->zone,
        .frame = &page->frame,
    };
    buf_reset(&response->body);
    *ret = page;
    return 0;
}

int page_end(struct page *page, struct err *err)
{
    return page->out.buf->failed || page->frame.arena->overflowed ? err_memory(err) : 0;
}

/* The argument as people read it: the title of a procedure for its id, a moment and a day in words. */
static const char *arg_in_words(struct request *request, const char *code, const char *arg)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct procedure *procedure = catalogue_procedure(catalogue, arg);
    CLEANUP_BUF struct buf text;
    int64_t at;
    buf_init(&text, 256);
    if (strcmp(code, "needs_first") == 0 && procedure != NULL)
        return procedure->title.in[request->lang];
    if ((strcmp(code, "limit_reached") != 0 && strcmp(code, "not_overdue_yet") != 0) ||
        !moment_parse(arg, &catalogue->calendar->zone, &at))
        return arg;
    if (strchr(arg, 'T') == NULL)
        text_put_date(&text, request->lang, zone_day_of(&catalogue->calendar->zone, at));
    else
        page_minute(&(struct page_out){.buf = &text, .lang = request->lang, .zone = &catalogue->calendar->zone}, at);
    const char *copy = text.failed ? NULL : arena_strdup(&request->arena, text.data);
    return copy == NULL ? arg : copy;
}

const char *sentence_of(struct request *request, const struct err *err)
{
    const char *sentence =
        text_error(&request->arena, request->lang, err->code, arg_in_words(request, err->code, err->arg));
    return sentence == NULL ? text_get(request->lang, T_error_internal) : sentence;
}

const char *field_sentence(struct request *request, const struct field_error *error)
{
    return error == NULL ? NULL : text_error(&request->arena, request->lang, error->code, error->arg);
}

const char *once_new(struct request *request)
{
    char id[ID_TEXT];
    id_new(request->now_usec, id);
    const char *copy = arena_strdup(&request->arena, id);
    return copy == NULL ? "" : copy;
}

const char *once_of(const struct request *request)
{
    const char *once = request_form(request, "once");
    return once != NULL && id_valid(once) ? once : NULL;
}

int form_values(struct request *request, const char *const *reserved, struct raw_value **ret, size_t *ret_count,
                struct err *err)
{
    struct raw_value *values = ARENA_ARRAY(&request->arena, struct raw_value, request->form_count + 1);
    size_t count = 0;
    if (values == NULL)
        return err_memory(err);
    for (size_t i = 0; i < request->form_count; i++) {
        bool skip = false;
        for (const char *const *name = reserved; *name != NULL && !skip; name++)
            skip = strcmp(*name, request->form[i].name) == 0;
        if (!skip)
            values[count++] = request->form[i];
    }
    *ret = values;
    *ret_count = count;
    return 0;
}

int form_files(struct request *request, const char *name, struct attachment_new **ret, size_t *ret_count,
               struct err *err)
{
    struct attachment_new *files = ARENA_ARRAY(&request->arena, struct attachment_new, request->file_count + 1);
    size_t count = 0;
    if (files == NULL)
        return err_memory(err);
    for (size_t i = 0; i < request->file_count; i++) {
        const struct request_file *file = &request->files[i];
        bool left_alone = file->count == 0 && (file->name == NULL || file->name[0] == '\0');
        if (strcmp(file->field, name) == 0 && !left_alone)
            files[count++] = (struct attachment_new){.name = file->name, .bytes = file->bytes, .count = file->count};
    }
    *ret = files;
    *ret_count = count;
    return 0;
}

int answer_file(struct request *request, struct response *response, const char *type, const char *name, bool shown,
                struct err *err)
{
    CLEANUP_BUF struct buf encoded;
    buf_init(&encoded, 4096);
    buf_put_url(&encoded, name);
    response->type = type;
    if (encoded.failed || response_header(response, request, "Content-Disposition", "%s; filename*=UTF-8''%s",
                                          shown ? "inline" : "attachment", encoded.data) < 0)
        return err_memory(err);
    return 0;
}
