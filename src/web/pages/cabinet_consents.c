/* My consents: what I agreed to, word for word, and how to take it back. From the list it is two clicks: the consent,
 * and the button. A withdrawal opens a case of the procedure whose opening withdraws, so that its period runs and its
 * answer is a paper; what was withdrawn is denied from the very next decision. */
#include "persons/decide.h"
#include "web/app.h"
#include "web/pages/cabinet.h"
#include "web/routes.h"
#include <inttypes.h>
#include <pages.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    unsigned aspect;
    enum text_key title;
} aspects[] = {
    {ASPECT_PROCESSING, T_cabinet_aspect_processing},     {ASPECT_THIRD_PERSONS, T_cabinet_aspect_third_persons},
    {ASPECT_CROSS_BORDER, T_cabinet_aspect_cross_border}, {ASPECT_PUBLICATION, T_cabinet_aspect_publication},
    {ASPECT_AUTOMATED, T_cabinet_aspect_automated},
};
#define ASPECT_COUNT (sizeof aspects / sizeof *aspects)

const struct procedure *withdrawal_procedure(const struct office *office)
{
    const struct catalogue *catalogue = office->catalogue;
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if (procedure->effect != NULL && strcmp(procedure->effect, "withdraw") == 0 &&
            (procedure->open_to & OPENER_PERSON) != 0 && office_runs(office, procedure))
            return procedure;
    }
    return NULL;
}

const char *text_joined(struct arena *arena, const char *first, const char *second)
{
    if (first == NULL || first[0] == '\0')
        return second;
    if (second == NULL || second[0] == '\0')
        return first;
    return arena_printf(arena, "%s, %s", first, second);
}

const char *categories_text(struct request *request, const struct kept *kept, uint64_t categories)
{
    const char *text = "";
    for (int i = 0; i < DATA_CATEGORIES_MAX && text != NULL; i++) {
        const struct text3 *title = (categories >> i & 1) != 0 ? kept_category_title(kept, i) : NULL;
        if (title != NULL)
            text = text_joined(&request->arena, text, title->in[request->lang]);
    }
    return text;
}

static const char *recipient_title(struct request *request, const struct kept *kept, const char *id)
{
    const struct kept_entry *entry = kept_at(kept, KEPT_RECIPIENT, id, request->now_usec);
    return entry == NULL ? id : kept_title(entry, request->lang);
}

/* To whom: those named, else those of the purpose's list. */
static int recipients_text(struct request *request, struct tx *tx, const struct kept *kept,
                           const struct consent *consent, const struct kept_entry *purpose, const char **ret,
                           struct err *err)
{
    const char *text = NULL;
    if ((consent->given & ASPECT_THIRD_PERSONS) == 0) {
        *ret = NULL;
        return 0;
    }
    if (consent->recipients > 0) {
        const char *const *ids;
        size_t count;
        int r = recipient_set_get(tx, consent->recipients, &request->arena, &ids, &count, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < count; i++)
            text = text_joined(&request->arena, text, recipient_title(request, kept, ids[i]));
    } else if (purpose != NULL) {
        const json_t *id;
        size_t i;
        json_array_foreach(json_object_get(purpose->json, "recipients"), i, id)
        {
            if (json_is_string(id))
                text = text_joined(&request->arena, text, recipient_title(request, kept, json_string_value(id)));
        }
    }
    *ret = text;
    return 0;
}

static const char *day_text(struct request *request, int64_t at_usec)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 256);
    text_put_date(&text, request->lang, zone_day_of(&request->office->catalogue->calendar->zone, at_usec));
    return text.failed ? NULL : arena_strdup(&request->arena, text.data);
}

static const char *state_text(struct request *request, const struct consent *consent)
{
    enum text_key key = T_cabinet_stands;
    if (consent->ended != NULL)
        key = strcmp(consent->ended, "withdrawn") == 0  ? T_cabinet_ended_withdrawn
              : strcmp(consent->ended, "expired") == 0  ? T_cabinet_ended_expired
              : strcmp(consent->ended, "achieved") == 0 ? T_cabinet_ended_achieved
                                                        : T_cabinet_ended_destroyed;
    else if (consent->stands == 0)
        key = T_cabinet_ended_withdrawn;
    else if (consent->until_sec != INT64_MAX && consent->until_sec * USEC_PER_SEC <= request->now_usec)
        key = T_cabinet_ended_expired;
    else if (consent->from_sec * USEC_PER_SEC > request->now_usec)
        key = T_cabinet_not_begun;
    else if (consent->stands != consent->given)
        key = T_cabinet_stands_partly;
    return text_get(request->lang, key);
}

static int line_make(struct request *request, struct tx *tx, const struct kept *kept, const struct consent *consent,
                     struct consent_line *ret, struct err *err)
{
    const struct kept_entry *agreed = kept_version(kept, KEPT_PURPOSE, consent->purpose, consent->purpose_version);
    const struct kept_entry *now = kept_by_number(kept, KEPT_PURPOSE, consent->purpose, request->now_usec);
    struct consent_line line = {.consent = consent,
                                .purpose = agreed == NULL ? "" : kept_title(agreed, request->lang),
                                .categories = categories_text(request, kept, consent->categories),
                                .state = state_text(request, consent)};
    int r = recipients_text(request, tx, kept, consent, agreed, &line.recipients, err);
    if (r < 0)
        return r;
    if (agreed != NULL)
        line.norm = json_string_value(json_object_get(agreed->json, "norm"));
    if (now != NULL)
        line.forbidden = json_string_value(json_object_get(now->json, "withdrawal_forbidden"));
    line.until = consent->until_sec == INT64_MAX ? text_get(request->lang, T_cabinet_until_achieved)
                                                 : day_text(request, consent->until_sec * USEC_PER_SEC - 1);
    line.stands = consent->ended == NULL && consent->stands != 0 &&
                  (consent->until_sec == INT64_MAX || consent->until_sec * USEC_PER_SEC > request->now_usec);
    for (size_t i = 0; i < ASPECT_COUNT; i++)
        line.aspects[line.aspect_count++] =
            (struct aspect_line){.word = aspect_word((enum consent_aspect)aspects[i].aspect),
                                 .title = text_get(request->lang, aspects[i].title),
                                 .given = (consent->given & aspects[i].aspect) != 0,
                                 .stands = line.stands && (consent->stands & aspects[i].aspect) != 0};
    *ret = line;
    return line.until == NULL ? err_memory(err) : 0;
}

int consent_lines_make(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                       struct consent_line **ret, size_t *ret_count, struct err *err)
{
    struct consent *consents;
    size_t count;
    int r = consents_of(tx, person->serial, &request->arena, &consents, &count, err);
    struct consent_line *lines = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct consent_line, count + 1);
    if (r < 0 || lines == NULL)
        return r < 0 ? r : err_memory(err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = line_make(request, tx, kept, &consents[i], &lines[i], err);
    if (r == 0) {
        *ret = lines;
        *ret_count = count;
    }
    return r;
}

int consent_line_get(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                     int64_t leaf, struct consent_line *ret, struct err *err)
{
    struct consent *consent = ARENA_NEW(&request->arena, struct consent);
    if (consent == NULL)
        return err_memory(err);
    int r = consent_get(tx, leaf, &request->arena, consent, err);
    if (r == 0 && consent->person != person->serial)
        r = err_set(err, ERR_NOT_FOUND, "consent_unknown", NULL);
    return r < 0 ? r : line_make(request, tx, kept, consent, ret, err);
}

/* --- The list ------------------------------------------------------------------------------------------------------
 */

int page_cabinet_consents_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct cabinet_consents_view view = {0};
    struct person_session session;
    struct consent_line *lines;
    size_t count;
    struct page *page;
    struct tx *tx;
    bool in;
    int r = cabinet_session(request, response, &session, &in, err);
    if (r < 0 || !in)
        return r;
    r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = consent_lines_make(request, tx, kept, &session.person, &lines, &count, err);
    if (r < 0)
        return r;
    struct consent_line *standing = ARENA_ARRAY(&request->arena, struct consent_line, count + 1);
    struct consent_line *past = ARENA_ARRAY(&request->arena, struct consent_line, count + 1);
    if (standing == NULL || past == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        if (lines[i].stands)
            standing[view.standing_count++] = lines[i];
        else
            past[view.past_count++] = lines[i];
    view.standing = standing;
    view.past = past;
    r = page_begin(request, response, PAGE_TITLE(request, cabinet_consents), "cabinet_consents", &page, err);
    if (r < 0)
        return r;
    page_cabinet_consents(&page->out, &view);
    return page_end(page, err);
}

/* --- One -----------------------------------------------------------------------------------------------------------
 */

/* {leaf} of the address; false where it is no number. */
static bool consent_leaf(const struct request *request, int64_t *ret)
{
    const char *text = request_param(request, "leaf");
    size_t count = strlen(text);
    if (count == 0 || count > 15 || strspn(text, "0123456789") != count)
        return false;
    *ret = strtoll(text, NULL, 10);
    return true;
}

static const char *text_in(struct request *request, const json_t *texts)
{
    return json_string_value(json_object_get(texts, lang_of(request)));
}

static const char *way_text(struct request *request, const char *way)
{
    const char *key = arena_printf(&request->arena, "cabinet.way.%s", way);
    const char *text = key == NULL ? NULL : text_find(request->lang, key);
    return text == NULL ? way : text;
}

static int consent_fill(struct request *request, struct tx *tx, const struct kept *kept, const struct person *person,
                        struct cabinet_consent_view *view, struct err *err)
{
    struct consent_line *line = ARENA_NEW(&request->arena, struct consent_line);
    struct consent_text *text = ARENA_NEW(&request->arena, struct consent_text);
    if (line == NULL || text == NULL)
        return err_memory(err);
    int64_t leaf;
    if (!consent_leaf(request, &leaf))
        return err_set(err, ERR_NOT_FOUND, "consent_unknown", NULL);
    int r = consent_line_get(request, tx, kept, person, leaf, line, err);
    if (r == 0)
        r = consent_text_get(tx, line->consent->text, &request->arena, text, err);
    char *hash = r < 0 ? NULL : arena_alloc(&request->arena, 2 * SHA256_BYTES + 1);
    if (r < 0 || hash == NULL)
        return r < 0 ? r : err_memory(err);
    hex_encode(text->hash.bytes, SHA256_BYTES, hash);
    view->line = line;
    view->text = text;
    view->hash = hash;
    view->way = way_text(request, line->consent->way);
    view->may_withdraw = line->stands && line->forbidden == NULL && withdrawal_procedure(request->office) != NULL;
    const struct kept_entry *agreed =
        kept_version(kept, KEPT_PURPOSE, line->consent->purpose, line->consent->purpose_version);
    const json_t *automated = agreed == NULL ? NULL : json_object_get(agreed->json, "automated");
    view->automated =
        (struct automated_texts){.procedure = text_in(request, json_object_get(automated, "procedure")),
                                 .consequences = text_in(request, json_object_get(automated, "consequences")),
                                 .defence = text_in(request, json_object_get(automated, "defence"))};
    return 0;
}

static int consent_draw(struct request *request, struct response *response, const struct person *person,
                        const char *refusal, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct cabinet_consent_view view = {.once = once_new(request), .refusal = refusal};
    struct page *page;
    struct tx *tx;
    const char *done = query_text(request, "done");
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = consent_fill(request, tx, kept, person, &view, err);
    if (r < 0)
        return r;
    if (done[0] != '\0' && strlen(done) < sizeof((struct case_opened *)0)->number)
        view.done_number = done;
    const char *title = arena_printf(&request->arena, "%s %" PRId64 ": %s", text_get(request->lang, T_cabinet_consent),
                                     view.line->consent->leaf, view.line->purpose);
    r = page_begin(request, response, title == NULL ? "" : title, "cabinet_consents", &page, err);
    if (r < 0)
        return r;
    page_cabinet_consent(&page->out, &view);
    return page_end(page, err);
}

int page_cabinet_consent_get(struct request *request, struct response *response, struct err *err)
{
    struct person_session session;
    bool in;
    int r = cabinet_session(request, response, &session, &in, err);
    return r < 0 || !in ? r : consent_draw(request, response, &session.person, NULL, err);
}

/* --- Taking it back ------------------------------------------------------------------------------------------------
 */

struct withdraw_state {
    struct person person;
    const struct case_prepared *prepared;
    struct case_opened opened;
    int64_t leaf;
};

static int withdraw_run(struct tx *tx, struct request *request, struct err *err)
{
    struct withdraw_state *state = request->state;
    return case_open(tx, request->office, state->prepared, request->now_usec, &state->opened, err);
}

static int withdraw_finish(struct request *request, struct response *response, struct err *err)
{
    const struct withdraw_state *state = request->state;
    CLEANUP_BUF struct buf number;
    buf_init(&number, 512);
    buf_put_url(&number, state->opened.number);
    if (number.failed || response_redirect(response, request, "/%s/cabinet/consents/%lld?done=%s", lang_of(request),
                                           (long long)state->leaf, number.data) < 0)
        return err_memory(err);
    return 0;
}

static int withdraw_failed(struct request *request, struct response *response, struct err *err)
{
    const struct withdraw_state *state = request->state;
    response->status = err_http_status(request->write_error.kind);
    return consent_draw(request, response, &state->person, sentence_of(request, &request->write_error), err);
}

/* What the form of the procedure gets: which consent, what of it, where the answer goes. */
static size_t withdrawal_values(struct request *request, const struct procedure *procedure,
                                const struct person_session *session, const char **texts, struct raw_value *raw)
{
    const char *aspect = request_form(request, "aspect");
    size_t count = 0;
    texts[0] = request_param(request, "leaf");
    texts[1] = aspect == NULL ? aspect_word(ASPECT_PROCESSING) : aspect;
    texts[2] = session->email;
    texts[3] = session->phone;
    raw[count++] = (struct raw_value){.name = "consent", .kind = RAW_FORM, .count = 1, .texts = &texts[0]};
    raw[count++] = (struct raw_value){.name = "aspects", .kind = RAW_FORM, .count = 1, .texts = &texts[1]};
    for (size_t i = 0; i < procedure->field_count; i++) {
        const struct field *field = &procedure->fields[i];
        size_t from = field->type == FIELD_EMAIL ? 2 : 3;
        if (field->personal && (field->type == FIELD_EMAIL || field->type == FIELD_PHONE) && texts[from] != NULL)
            raw[count++] = (struct raw_value){.name = field->name, .kind = RAW_FORM, .count = 1, .texts = &texts[from]};
    }
    return count;
}

int page_cabinet_withdraw_post(struct request *request, struct response *response, struct err *err)
{
    static const struct actor themselves = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC};
    CLEANUP_KEPT struct kept *kept = NULL;
    const struct procedure *procedure = withdrawal_procedure(request->office);
    struct withdraw_state *state = ARENA_NEW(&request->arena, struct withdraw_state);
    struct person_session session;
    struct consent_line line;
    struct err why = {0};
    struct tx *tx;
    bool in;
    int r = state == NULL ? err_memory(err) : cabinet_session(request, response, &session, &in, err);
    if (r < 0 || !in)
        return r;
    if (procedure == NULL || !consent_leaf(request, &state->leaf))
        return err_set(err, ERR_NOT_FOUND, "consent_unknown", NULL);
    state->person = session.person;
    r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = consent_line_get(request, tx, kept, &session.person, state->leaf, &line, err);
    const char **texts = r < 0 ? NULL : ARENA_ARRAY(&request->arena, const char *, 4);
    struct raw_value *raw = r < 0 ? NULL : ARENA_ARRAY(&request->arena, struct raw_value, procedure->field_count + 2);
    if (r < 0 || texts == NULL || raw == NULL)
        return r < 0 ? r : err_memory(err);
    const struct case_opening opening = {.procedure = procedure,
                                         .opener = "person",
                                         .subject_id = session.person.subject_id,
                                         .lang = request->lang,
                                         .received_usec = request->now_usec,
                                         .raw = raw,
                                         .raw_count = withdrawal_values(request, procedure, &session, texts, raw),
                                         .idempotency_key = once_of(request)};
    r = case_open_prepare(tx, request->office, &opening, &themselves, request->now_usec, &request->arena,
                          &state->prepared, &request->errors, &why);
    if (r == -ERR_BAD_INPUT || r == -ERR_CONFLICT) {
        response->status = err_http_status(why.kind);
        return consent_draw(request, response, &session.person, sentence_of(request, &why), err);
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    request->state = state;
    request->failed = withdraw_failed;
    return request_write(request, withdraw_run, withdraw_finish);
}
