/* Staff pages of depersonalised exports: what shall be exported and how coarse, then the report of what came out, and
 * from there the file. Nothing is stored: the report is counted, the file is made when it is asked for, and that it was
 * made is an event. */
#include "persons/depersonalise.h"
#include "cases/record.h"
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/pages/vault_views.h"
#include "web/routes.h"
#include <pages.h>
#include <string.h>

#define MAY_MAKE (ROLE_ADMIN | ROLE_RESPONSIBLE)
#define CSV_LIMIT (64u << 20)
#define NUMBER_DIGITS 18

static const struct {
    const char *word;
    enum text_key key;
} researches[] = {{"statistical", T_depersonalise_statistical},
                  {"sociological", T_depersonalise_sociological},
                  {"scientific", T_depersonalise_scientific},
                  {"marketing", T_depersonalise_marketing}};
#define RESEARCHES (sizeof researches / sizeof *researches)

static const enum text_key how_titles[COARSE_KINDS] = {
    [COARSE_DROP] = T_depersonalise_drop,
    [COARSE_KEEP] = T_depersonalise_keep,
    [COARSE_AGE_BAND] = T_depersonalise_age_band,
    [COARSE_YEAR] = T_depersonalise_year,
    [COARSE_MONTH] = T_depersonalise_month,
    [COARSE_BAND] = T_depersonalise_band,
    [COARSE_FIRST_PART] = T_depersonalise_first_part,
    [COARSE_FIRST_LETTERS] = T_depersonalise_first_letters,
};

/* The categories of the chosen purpose: those that may be a column, in the order of the request's columns, then those
 * that may not. */
struct choosing {
    struct request *request;
    const struct kept *kept;
    const struct kept_entry *purpose; /* or NULL */
    size_t count, identifying_count;
    const char *ids[DATA_CATEGORIES_MAX], *identifying[DATA_CATEGORIES_MAX];
};

static const char *typed(const struct request *request, const char *name)
{
    const char *text = request_form(request, name);
    return text != NULL ? text : "";
}

/* "how.income" as typed; "" where it was not. */
static const char *typed_of(const struct choosing *choosing, const char *what, const char *category)
{
    const char *name = arena_printf(&choosing->request->arena, "%s.%s", what, category);
    return name != NULL ? typed(choosing->request, name) : "";
}

static bool identifies(const struct kept *kept, const char *category)
{
    int number = kept_category_number(kept, category);
    return number < 0 || (strcmp(category, "address") != 0 &&
                          (kept_category_kinds(kept, number) & (DATA_IDENTIFYING | DATA_BIOMETRIC)) != 0);
}

static void choose(struct choosing *choosing, const char *purpose)
{
    const json_t *item;
    size_t i;
    choosing->purpose = purpose[0] != '\0' ? kept_at(choosing->kept, KEPT_PURPOSE, purpose, INT64_MAX) : NULL;
    if (choosing->purpose == NULL)
        return;
    json_array_foreach(json_object_get(choosing->purpose->json, "categories"), i, item)
    {
        const char *id = json_string_value(item);
        if (id == NULL || choosing->count + choosing->identifying_count == DATA_CATEGORIES_MAX)
            continue;
        if (identifies(choosing->kept, id))
            choosing->identifying[choosing->identifying_count++] = id;
        else
            choosing->ids[choosing->count++] = id;
    }
}

static const char *category_title(const struct choosing *choosing, const char *id)
{
    int number = kept_category_number(choosing->kept, id);
    const struct text3 *title = number < 0 ? NULL : kept_category_title(choosing->kept, number);
    return arena_strdup(&choosing->request->arena, title != NULL ? title->in[choosing->request->lang] : id);
}

/* --- What was typed, as a request ----------------------------------------------------------------------------------
 */

/* A whole number as such; anything else as the text it is, to be refused; nothing for nothing. */
static int put_number(json_t *object, const char *key, const char *text)
{
    int64_t number;
    if (text[0] == '\0')
        return 0;
    if (text[strspn(text, "0123456789")] == '\0' && strlen(text) <= NUMBER_DIGITS) {
        number = strtoll(text, NULL, 10);
        return json_object_set_new(object, key, json_integer(number));
    }
    return json_object_set_new(object, key, json_string(text));
}

static int put_column(json_t *columns, const char *category, const char *how, const char *width, bool sensitive)
{
    json_t *column = json_pack("{s:s, s:s, s:b}", "category", category, "how", how, "sensitive", sensitive);
    /* A width beside a way that has none is left alone. */
    int way = coarse_parse(how);
    bool wide = way == COARSE_AGE_BAND || way == COARSE_BAND || way == COARSE_FIRST_LETTERS;
    if (column == NULL || (wide && put_number(column, "width", width) != 0)) {
        json_decref(column);
        return -1;
    }
    return json_array_append_new(columns, column);
}

static int put_columns(const struct choosing *choosing, json_t *columns)
{
    const char *sensitive = typed(choosing->request, "sensitive");
    int r = 0;
    for (size_t i = 0; r == 0 && i < choosing->count; i++) {
        const char *id = choosing->ids[i], *how = typed_of(choosing, "how", id);
        r = put_column(columns, id, how[0] != '\0' ? how : "drop", typed_of(choosing, "width", id),
                       strcmp(sensitive, id) == 0);
    }
    /* Told of in the report, as far as a request has room. */
    for (size_t i = 0; r == 0 && i < choosing->identifying_count && json_array_size(columns) < COARSE_COLUMNS_MAX; i++)
        if (kept_category_number(choosing->kept, choosing->identifying[i]) >= 0)
            r = put_column(columns, choosing->identifying[i], "drop", "", false);
    return r;
}

/* NULL when memory ends. */
static json_t *request_as_json(const struct choosing *choosing)
{
    const struct request *request = choosing->request;
    json_t *columns = json_array();
    json_t *json = json_pack("{s:s, s:o}", "purpose", typed(request, "purpose"), "columns", columns);
    bool good = json != NULL && put_columns(choosing, columns) == 0 &&
                put_number(json, "k", typed(request, "k")) == 0 && put_number(json, "l", typed(request, "l")) == 0;
    if (good && typed(request, "research")[0] != '\0')
        good = json_object_set_new(json, "research", json_string(typed(request, "research"))) == 0;
    if (good && typed(request, "small")[0] != '\0')
        good = json_object_set_new(json, "small", json_string(typed(request, "small"))) == 0;
    if (good)
        return json;
    json_decref(json);
    return NULL;
}

/* --- The form ------------------------------------------------------------------------------------------------------
 */

static const char *wrong_of(const struct choosing *choosing, size_t column, const char *member)
{
    struct request *request = choosing->request;
    const char *field = arena_printf(&request->arena, "columns.%zu.%s", column, member);
    return field == NULL ? NULL : field_sentence(request, field_errors_find(&request->errors, field));
}

static int field_fill(const struct choosing *choosing, size_t at, struct coarse_field *ret, struct err *err)
{
    struct request *request = choosing->request;
    const char *id = choosing->ids[at], *chosen = typed_of(choosing, "how", id);
    struct kept_option *hows = ARENA_ARRAY(&request->arena, struct kept_option, COARSE_KINDS);
    bool address = strcmp(id, "address") == 0;
    if (hows == NULL)
        return err_memory(err);
    *ret = (struct coarse_field){.category = arena_strdup(&request->arena, id),
                                 .title = category_title(choosing, id),
                                 .hows = hows,
                                 .width = typed_of(choosing, "width", id),
                                 .how_wrong = wrong_of(choosing, at, "how"),
                                 .width_wrong = wrong_of(choosing, at, "width")};
    if (ret->how_wrong == NULL)
        ret->how_wrong = wrong_of(choosing, at, "category");
    for (int how = 0; how < COARSE_KINDS; how++)
        if (!address || how == COARSE_DROP || how == COARSE_FIRST_PART)
            hows[ret->how_count++] = (struct kept_option){.value = coarse_word((enum coarse)how),
                                                          .title = text_get(request->lang, how_titles[how]),
                                                          .chosen = strcmp(chosen, coarse_word((enum coarse)how)) == 0};
    return request->arena.overflowed ? err_memory(err) : 0;
}

static int fields_fill(const struct choosing *choosing, struct depersonalise_view *view, struct err *err)
{
    struct request *request = choosing->request;
    const char *sensitive = typed(request, "sensitive");
    struct coarse_field *fields = ARENA_ARRAY(&request->arena, struct coarse_field, choosing->count + 1);
    struct kept_option *sensitives = ARENA_ARRAY(&request->arena, struct kept_option, choosing->count + 1);
    if (fields == NULL || sensitives == NULL)
        return err_memory(err);
    for (size_t i = 0; i < choosing->count; i++) {
        int r = field_fill(choosing, i, &fields[i], err);
        if (r < 0)
            return r;
        sensitives[i] = (struct kept_option){.value = fields[i].category,
                                             .title = fields[i].title,
                                             .chosen = strcmp(sensitive, fields[i].category) == 0};
    }
    for (size_t i = 0; i < choosing->identifying_count; i++)
        view->left_out =
            text_joined(&request->arena, view->left_out, category_title(choosing, choosing->identifying[i]));
    view->fields = fields;
    view->sensitives = sensitives;
    view->field_count = view->sensitive_count = choosing->count;
    return 0;
}

static int purposes_fill(const struct choosing *choosing, struct depersonalise_view *view, struct err *err)
{
    struct request *request = choosing->request;
    const struct kept_entry **entries = NULL;
    size_t count = kept_list(choosing->kept, KEPT_PURPOSE, NULL, &request->arena, &entries);
    struct kept_option *options = ARENA_ARRAY(&request->arena, struct kept_option, count + 1);
    if (options == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        options[i] = (struct kept_option){.value = arena_strdup(&request->arena, entries[i]->id),
                                          .title = arena_strdup(&request->arena, kept_title(entries[i], request->lang)),
                                          .chosen = choosing->purpose != NULL &&
                                                    strcmp(entries[i]->id, choosing->purpose->id) == 0};
    view->purposes = options;
    view->purpose_count = count;
    if (choosing->purpose != NULL) {
        view->purpose = arena_strdup(&request->arena, choosing->purpose->id);
        view->purpose_title = arena_strdup(&request->arena, kept_title(choosing->purpose, request->lang));
    }
    return request->arena.overflowed ? err_memory(err) : 0;
}

static int researches_fill(struct request *request, struct depersonalise_view *view, struct err *err)
{
    struct kept_option *options = ARENA_ARRAY(&request->arena, struct kept_option, RESEARCHES);
    if (options == NULL)
        return err_memory(err);
    for (size_t i = 0; i < RESEARCHES; i++)
        options[i] = (struct kept_option){.value = researches[i].word,
                                          .title = text_get(request->lang, researches[i].key),
                                          .chosen = strcmp(typed(request, "research"), researches[i].word) == 0};
    view->researches = options;
    view->research_count = RESEARCHES;
    return 0;
}

/* --- The report ----------------------------------------------------------------------------------------------------
 */

static int lines_fill(const struct choosing *choosing, struct depersonalise_view *view, struct err *err)
{
    struct request *request = choosing->request;
    const struct depersonalising *wanted = view->request;
    struct coarse_line *lines = ARENA_ARRAY(&request->arena, struct coarse_line, COARSE_COLUMNS_MAX);
    if (lines == NULL)
        return err_memory(err);
    for (size_t i = 0; i < wanted->column_count; i++) {
        const struct coarse_column *column = &wanted->columns[i];
        const char *how = text_get(request->lang, how_titles[column->how]);
        lines[i] = (struct coarse_line){
            .title = category_title(choosing, column->category),
            .how = column->width > 0 ? arena_printf(&request->arena, "%s: %lld", how, (long long)column->width) : how,
            .before = view->report->values_before[i],
            .after = view->report->values_after[i],
            .dropped = column->how == COARSE_DROP,
            .sensitive = column->sensitive && column->how != COARSE_DROP};
    }
    view->lines = lines;
    view->line_count = wanted->column_count;
    return request->arena.overflowed ? err_memory(err) : 0;
}

static int draw(struct choosing *choosing, struct response *response, const struct depersonalising *wanted,
                const struct depersonalised *report, struct err *err)
{
    struct request *request = choosing->request;
    bool sent = request->route->method == HTTP_POST;
    struct depersonalise_view view = {.may_make = (request->actor.roles & MAY_MAKE) != 0,
                                      .k = sent ? typed(request, "k") : "5",
                                      .l = typed(request, "l"),
                                      .refuse = strcmp(typed(request, "small"), "refuse") == 0,
                                      .errors = &request->errors,
                                      .request = wanted,
                                      .report = report,
                                      .form_count = request->form_count,
                                      .form = request->form};
    struct page *page;
    int r = purposes_fill(choosing, &view, err);
    if (r == 0)
        r = researches_fill(request, &view, err);
    if (r == 0)
        r = fields_fill(choosing, &view, err);
    if (r == 0 && report != NULL)
        r = lines_fill(choosing, &view, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, depersonalise_title), "processing", &page, err);
    if (r < 0)
        return r;
    page->frame.rest = view.purpose != NULL ? arena_printf(&request->arena, "/depersonalise?purpose=%s", view.purpose)
                                            : "/depersonalise";
    if (page->frame.rest == NULL)
        return err_memory(err);
    page_depersonalise(&page->out, &view);
    return page_end(page, err);
}

int page_depersonalise_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct choosing choosing = {.request = request};
    const struct kept_entry **entries = NULL;
    const char *purpose = query_text(request, "purpose");
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r < 0)
        return r;
    choosing.kept = kept;
    /* Where there is one purpose there is nothing to choose. */
    if (purpose[0] == '\0' && kept_list(kept, KEPT_PURPOSE, NULL, &request->arena, &entries) == 1)
        purpose = entries[0]->id;
    choose(&choosing, purpose);
    return draw(&choosing, response, NULL, NULL, err);
}

/* --- Counting and making -------------------------------------------------------------------------------------------
 */

struct exporting {
    struct depersonalising request;
    struct depersonalised made;
    const char *csv;
    size_t csv_len;
    int64_t leaf;
};

/* Checks and counts; 1 where the form was drawn again with what is wrong. `csv` holds the export. */
static int run(struct choosing *choosing, struct response *response, struct exporting *exporting, struct buf *csv,
               struct err *err)
{
    struct request *request = choosing->request;
    struct err why = {0};
    struct tx *tx;
    CLEANUP_JSON json_t *given = NULL;
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    choose(choosing, typed(request, "purpose"));
    given = request_as_json(choosing);
    if (given == NULL)
        return err_memory(err);
    r = depersonalising_parse(choosing->kept, given, request->now_usec, &request->arena, &exporting->request,
                              &request->errors, &why);
    if (r == 0)
        r = depersonalise(tx, request->office, (struct kept *)choosing->kept, &exporting->request, request->now_usec,
                          csv, &exporting->made, &why);
    if (r == 0)
        return 0;
    if (r == -ERR_BAD_INPUT && request->errors.count > 0) {
        response->status = 422;
    } else if (r == -ERR_CONFLICT) { /* too small groups, and the export shall be refused then */
        field_errors_add(&request->errors, "small", why.code, "%s", why.arg);
        response->status = 409;
    } else {
        *err = why;
        return r;
    }
    r = draw(choosing, response, NULL, NULL, err);
    return r < 0 ? r : 1;
}

int page_depersonalise_report_post(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    CLEANUP_BUF struct buf csv = {0};
    struct choosing choosing = {.request = request};
    struct exporting *exporting = ARENA_NEW(&request->arena, struct exporting);
    struct tx *tx;
    if (exporting == NULL)
        return err_memory(err);
    buf_init(&csv, CSV_LIMIT);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    choosing.kept = kept;
    if (r == 0)
        r = run(&choosing, response, exporting, &csv, err);
    if (r != 0)
        return r < 0 ? r : 0;
    return draw(&choosing, response, &exporting->request, &exporting->made, err);
}

static int export_run(struct tx *tx, struct request *request, struct err *err)
{
    struct exporting *exporting = request->state;
    return depersonalisation_record(tx, request->office, &exporting->request, &exporting->made, &request->actor,
                                    request->now_usec, &exporting->leaf, err);
}

static int export_finish(struct request *request, struct response *response, struct err *err)
{
    const struct exporting *exporting = request->state;
    const char *name = arena_printf(&request->arena, "talap-%lld.csv", (long long)exporting->leaf);
    if (name == NULL)
        return err_memory(err);
    buf_put(&response->body, exporting->csv, exporting->csv_len);
    return response->body.failed ? err_memory(err)
                                 : answer_file(request, response, "text/csv; charset=utf-8", name, false, err);
}

int page_depersonalise_export_post(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    CLEANUP_BUF struct buf csv = {0};
    struct choosing choosing = {.request = request};
    struct exporting *exporting = ARENA_NEW(&request->arena, struct exporting);
    struct tx *tx;
    if (exporting == NULL)
        return err_memory(err);
    buf_init(&csv, CSV_LIMIT);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    choosing.kept = kept;
    if (r == 0)
        r = run(&choosing, response, exporting, &csv, err);
    if (r == 0 && exporting->made.rows == 0) /* nothing to take out: the report says why */
        return draw(&choosing, response, &exporting->request, &exporting->made, err);
    if (r != 0)
        return r < 0 ? r : 0;
    exporting->csv = arena_strndup(&request->arena, csv.data, csv.len);
    exporting->csv_len = csv.len;
    if (exporting->csv == NULL)
        return err_memory(err);
    request->state = exporting;
    return request_write(request, export_run, export_finish);
}
