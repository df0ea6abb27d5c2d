/* Everything about me in one file: as JSON for programs, as PDF for people. Consents with their texts, the data, who
 * looked and received and what else was done, requests. */
#include "out/person_sheet.h"
#include "web/app.h"
#include "web/json_out.h"
#include "web/pages/cabinet.h"
#include "web/routes.h"
#include <string.h>

#define DEEDS_MAX 5000

struct mine {
    struct person_session session;
    struct kept *kept;
    struct consent_line *consents;
    struct consent_text *texts; /* of each consent */
    const struct data_line *data;
    const struct deed_line *deeds;
    const struct request_line *requests;
    size_t consent_count, data_count, deed_count, request_count;
};

static void mine_done(struct mine *mine)
{
    kept_unref(mine->kept);
}
#define CLEANUP_MINE __attribute__((cleanup(mine_done)))

static int mine_fill(struct request *request, struct tx *tx, struct mine *mine, struct err *err)
{
    const struct person *person = &mine->session.person;
    int r = kept_load(tx, request->office, &mine->kept, err);
    if (r == 0)
        r = consent_lines_make(request, tx, mine->kept, person, &mine->consents, &mine->consent_count, err);
    if (r == 0)
        r = data_lines_make(request, tx, mine->kept, person, &mine->data, &mine->data_count, err);
    if (r == 0)
        r = deed_lines_make(request, tx, mine->kept, person, true, 0, DEEDS_MAX, &mine->deeds, &mine->deed_count, err);
    if (r == 0)
        r = request_lines_make(request, tx, person, &mine->requests, &mine->request_count, err);
    if (r < 0)
        return r;
    mine->texts = ARENA_ARRAY(&request->arena, struct consent_text, mine->consent_count + 1);
    if (mine->texts == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < mine->consent_count; i++)
        r = consent_text_get(tx, mine->consents[i].consent->text, &request->arena, &mine->texts[i], err);
    return r;
}

static int mine_get(struct request *request, struct response *response, struct mine *mine, bool *ret_in,
                    struct err *err)
{
    struct tx *tx;
    int r = cabinet_session(request, response, &mine->session, ret_in, err);
    if (r < 0 || !*ret_in)
        return r;
    r = request_read(request, &tx, err);
    return r < 0 ? r : mine_fill(request, tx, mine, err);
}

/* --- JSON ----------------------------------------------------------------------------------------------------------
 */

/* A moment as RFC 3339, or null. */
static json_t *moment_json(struct request *request, int64_t at_usec)
{
    char text[32];
    if (at_usec == TIME_NONE)
        return json_null();
    moment_format(&request->office->catalogue->calendar->zone, at_usec, text);
    return json_string(text);
}

static json_t *words_json(const struct consent_line *line, bool given)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < line->aspect_count; i++)
        if (given ? line->aspects[i].given : line->aspects[i].stands)
            json_array_append_new(list, json_string(line->aspects[i].word));
    return list;
}

static json_t *category_ids_json(const struct kept *kept, uint64_t categories)
{
    json_t *list = json_array();
    for (int i = 0; list != NULL && i < DATA_CATEGORIES_MAX; i++)
        if ((categories >> i & 1) != 0 && kept_category_id(kept, i) != NULL)
            json_array_append_new(list, json_string(kept_category_id(kept, i)));
    return list;
}

static json_t *consent_json(struct request *request, const struct mine *mine, size_t at)
{
    const struct consent_line *line = &mine->consents[at];
    const struct consent *consent = line->consent;
    const struct consent_text *text = &mine->texts[at];
    int64_t until = consent->until_sec == INT64_MAX ? TIME_NONE : consent->until_sec * USEC_PER_SEC;
    char hash[2 * SHA256_BYTES + 1];
    hex_encode(text->hash.bytes, SHA256_BYTES, hash);
    return json_pack(
        "{s:I, s:s, s:o, s:o, s:o, s:s*, s:o, s:o, s:o, s:s, s:s*, s:o, s:{s:s, s:s, s:s, s:s}}", "consent",
        (json_int_t)consent->leaf, "purpose", line->purpose, "categories",
        category_ids_json(mine->kept, consent->categories), "given", words_json(line, true), "stands",
        words_json(line, false), "recipients", line->recipients, "given_at", moment_json(request, consent->given_usec),
        "from", moment_json(request, consent->from_sec * USEC_PER_SEC), "until", moment_json(request, until), "way",
        consent->way, "ended", consent->ended, "ended_at", moment_json(request, consent->ended_usec), "text",
        "language", text->lang, "version", text->version, "sha256", hash, "text", text->text);
}

static json_t *data_json(struct request *request, const struct data_line *line)
{
    return json_pack("{s:s, s:s, s:s*, s:s*, s:o, s:s*}", "category", line->category, "purpose", line->purpose, "value",
                     line->value, "source", line->source, "collected_at", moment_json(request, line->collected_usec),
                     "until", line->until);
}

static json_t *deed_json(struct request *request, const struct deed_line *line)
{
    return json_pack("{s:I, s:o, s:s, s:s*, s:s*}", "leaf", (json_int_t)line->leaf, "at",
                     moment_json(request, line->at_usec), "what", line->title, "who", line->who, "about", line->what);
}

static json_t *request_json(struct request *request, const struct request_line *line)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "number", line->row->number, "procedure", line->procedure->id,
                     "title", line->procedure->title.in[request->lang], "state", line->row->state, "opened_at",
                     moment_json(request, line->row->opened_usec));
}

static json_t *mine_json(struct request *request, const struct mine *mine)
{
    json_t *consents = json_array(), *data = json_array(), *history = json_array(), *requests = json_array();
    for (size_t i = 0; i < mine->consent_count; i++)
        json_array_append_new(consents, consent_json(request, mine, i));
    for (size_t i = 0; i < mine->data_count; i++)
        json_array_append_new(data, data_json(request, &mine->data[i]));
    for (size_t i = 0; i < mine->deed_count; i++)
        json_array_append_new(history, deed_json(request, &mine->deeds[i]));
    for (size_t i = 0; i < mine->request_count; i++)
        json_array_append_new(requests, request_json(request, &mine->requests[i]));
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "subject_id", mine->session.person.subject_id, "made_at",
                     moment_json(request, request->now_usec), "language", lang_of(request), "consents", consents,
                     "data", data, "history", history, "requests", requests);
}

/* Is everything there that was put in? jansson passes a NULL for want of memory on silently. */
static bool mine_whole(const json_t *file, const struct mine *mine)
{
    return file != NULL && json_array_size(json_object_get(file, "consents")) == mine->consent_count &&
           json_array_size(json_object_get(file, "data")) == mine->data_count &&
           json_array_size(json_object_get(file, "history")) == mine->deed_count &&
           json_array_size(json_object_get(file, "requests")) == mine->request_count;
}

static int put_json(const char *bytes, size_t count, void *arg)
{
    buf_put(arg, bytes, count);
    return 0;
}

int page_cabinet_json_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_MINE struct mine mine = {0};
    bool in;
    int r = mine_get(request, response, &mine, &in, err);
    if (r < 0 || !in)
        return r;
    CLEANUP_JSON json_t *file = mine_json(request, &mine);
    buf_reset(&response->body);
    if (!mine_whole(file, &mine) || json_dump_callback(file, put_json, &response->body, JSON_INDENT(2)) != 0)
        return err_memory(err);
    return answer_file(request, response, "application/json", "talap.json", false, err);
}

/* --- PDF -----------------------------------------------------------------------------------------------------------
 */

static const char *moment_text(struct request *request, int64_t at_usec)
{
    CLEANUP_BUF struct buf text = {0};
    if (at_usec == TIME_NONE)
        return NULL;
    buf_init(&text, 256);
    text_put_moment(&text, request->lang, &request->office->catalogue->calendar->zone, at_usec, false);
    return text.failed ? NULL : arena_strdup(&request->arena, text.data);
}

#define WORD(key) text_get(request->lang, T_cabinet_##key)

static const char *aspects_text(struct request *request, const struct consent_line *line)
{
    const char *text = NULL;
    for (size_t i = 0; i < line->aspect_count; i++)
        text = text_joined(&request->arena, text,
                           arena_printf(&request->arena, "%s: %s", line->aspects[i].title,
                                        text_get(request->lang, !line->aspects[i].given   ? T_cabinet_no
                                                                : line->aspects[i].stands ? T_cabinet_yes
                                                                                          : T_cabinet_taken_back)));
    return text;
}

static struct person_item item_of(struct request *request, const char *title, const struct person_pair *pairs,
                                  size_t count)
{
    struct person_pair *copy = ARENA_ARRAY(&request->arena, struct person_pair, count);
    if (copy == NULL)
        return (struct person_item){.title = title};
    memcpy(copy, pairs, count * sizeof *pairs);
    return (struct person_item){.title = title, .count = count, .pairs = copy};
}
#define ITEM(request, title, pairs) item_of((request), (title), (pairs), sizeof(pairs) / sizeof *(pairs))

static struct person_item consent_item(struct request *request, const struct mine *mine, size_t at)
{
    const struct consent_line *line = &mine->consents[at];
    const struct person_pair pairs[] = {{WORD(state), line->state},
                                        {WORD(categories), line->categories},
                                        {WORD(asked), aspects_text(request, line)},
                                        {WORD(to_whom), line->recipients},
                                        {WORD(given_at), moment_text(request, line->consent->given_usec)},
                                        {WORD(until), line->until},
                                        {WORD(text_shown), mine->texts[at].text}};
    return ITEM(request, line->purpose, pairs);
}

static struct person_item data_item(struct request *request, const struct data_line *line)
{
    const struct person_pair pairs[] = {{WORD(value), line->value},
                                        {WORD(purpose), line->purpose},
                                        {WORD(source), line->source},
                                        {WORD(collected), moment_text(request, line->collected_usec)},
                                        {WORD(until), line->until}};
    return ITEM(request, line->category, pairs);
}

static struct person_item deed_item(struct request *request, const struct deed_line *line)
{
    const struct person_pair pairs[] = {
        {WORD(when), moment_text(request, line->at_usec)}, {WORD(who), line->who}, {WORD(what), line->what}};
    return ITEM(request, line->title, pairs);
}

static struct person_item request_item(struct request *request, const struct request_line *line)
{
    const struct person_pair pairs[] = {
        {WORD(number), line->row->number},
        {WORD(when), moment_text(request, line->row->opened_usec)},
        {WORD(state), line->procedure->states[line->state].public_title.in[request->lang]}};
    return ITEM(request, line->procedure->title.in[request->lang], pairs);
}

static int sections_make(struct request *request, const struct mine *mine, struct person_section ret[static 4],
                         struct err *err)
{
    const size_t counts[4] = {mine->consent_count, mine->data_count, mine->deed_count, mine->request_count};
    const char *titles[4] = {WORD(consents), WORD(data), WORD(history_every), WORD(requests)};
    const char *nones[4] = {WORD(consents_none), WORD(data_none), WORD(history_none), WORD(requests_none)};
    for (size_t s = 0; s < 4; s++) {
        struct person_item *items = ARENA_ARRAY(&request->arena, struct person_item, counts[s] + 1);
        if (items == NULL)
            return err_memory(err);
        for (size_t i = 0; i < counts[s]; i++)
            items[i] = s == 0   ? consent_item(request, mine, i)
                       : s == 1 ? data_item(request, &mine->data[i])
                       : s == 2 ? deed_item(request, &mine->deeds[i])
                                : request_item(request, &mine->requests[i]);
        ret[s] = (struct person_section){.title = titles[s], .none = nones[s], .count = counts[s], .items = items};
    }
    return request->arena.overflowed ? err_memory(err) : 0;
}

int page_cabinet_pdf_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_MINE struct mine mine = {0};
    struct person_section sections[4];
    struct organisation organisation;
    struct tx *tx;
    bool in;
    int r = mine_get(request, response, &mine, &in, err);
    if (r < 0 || !in)
        return r;
    r = sections_make(request, &mine, sections, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = organisation_get(tx, &request->arena, &organisation, err);
    if (r < 0)
        return r;
    buf_reset(&response->body);
    r = person_sheet_render(sections, 4, &organisation, request->lang, &request->office->catalogue->calendar->zone,
                            request->now_usec, &response->body, err);
    return r < 0 ? r : answer_file(request, response, "application/pdf", "talap.pdf", false, err);
}
