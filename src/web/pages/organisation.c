/* The organisation's own page in the settings, and what the outbox holds. */
#include "base/unicode.h"
#include "law/field.h"
#include "web/app.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>

#define NAME_MAX_LETTERS 300
#define RULES_MAX_LETTERS 10000
#define MAIL_ROWS 100

const struct organisation_field organisation_fields[] = {
    {"name_kk", T_settings_org_name_kk, T_settings_org_names, T_COUNT, false},
    {"name_ru", T_settings_org_name_ru, T_COUNT, T_COUNT, false},
    {"name_en", T_settings_org_name_en, T_COUNT, T_COUNT, false},
    {"bin", T_settings_org_bin, T_COUNT, T_open_digits, false},
    {"address_kk", T_settings_org_address_kk, T_settings_org_addresses, T_COUNT, false},
    {"address_ru", T_settings_org_address_ru, T_COUNT, T_COUNT, false},
    {"address_en", T_settings_org_address_en, T_COUNT, T_COUNT, false},
    {"email", T_settings_org_email, T_settings_org_contacts, T_COUNT, false},
    {"phone", T_settings_org_phone, T_COUNT, T_open_phone_hint, false},
    {"url", T_settings_org_url, T_COUNT, T_settings_org_url_hint, false},
    {"rules_kk", T_settings_org_rules_kk, T_settings_org_rules, T_settings_org_rules_hint, true},
    {"rules_ru", T_settings_org_rules_ru, T_COUNT, T_COUNT, true},
    {"rules_en", T_settings_org_rules_en, T_COUNT, T_COUNT, true},
};
const size_t organisation_field_count = sizeof organisation_fields / sizeof *organisation_fields;
enum { NAME = 0, BIN = 3, ADDRESS = 4, EMAIL = 7, PHONE = 8, URL = 9, RULES = 10 };

static int draw(struct request *request, struct response *response, struct organisation_view *view, struct err *err)
{
    struct page *page;
    view->may_change = (request->actor.roles & ROLE_ADMIN) != 0;
    view->errors = &request->errors;
    int r = page_begin(request, response, PAGE_TITLE(request, settings_organisation), "settings", &page, err);
    if (r < 0)
        return r;
    page_organisation(&page->out, view);
    return page_end(page, err);
}

int page_organisation_get(struct request *request, struct response *response, struct err *err)
{
    struct organisation_view view = {0};
    struct organisation us;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = organisation_get(tx, &request->arena, &us, err);
    if (r < 0)
        return r;
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        view.values[NAME + lang] = us.name.in[lang];
        view.values[ADDRESS + lang] = us.address.in[lang];
        view.values[RULES + lang] = us.complaint_rules.in[lang];
    }
    view.values[BIN] = us.bin;
    view.values[EMAIL] = us.email;
    view.values[PHONE] = us.phone;
    view.values[URL] = us.url;
    if (request_query(request, "done") != NULL)
        view.done = text_get(request->lang, T_settings_saved);
    return draw(request, response, &view, err);
}

struct organisation_state {
    struct organisation organisation;
    struct organisation_view view;
};

static int put_run(struct tx *tx, struct request *request, struct err *err)
{
    const struct organisation_state *state = request->state;
    return organisation_put(tx, request->office, &state->organisation, &request->actor, request->now_usec, err);
}

static int put_finish(struct request *request, struct response *response, struct err *err)
{
    return response_redirect(response, request, "/%s/settings/organisation?done=1", lang_of(request)) < 0
               ? err_memory(err)
               : 0;
}

static int put_failed(struct request *request, struct response *response, struct err *err)
{
    struct organisation_state *state = request->state;
    response->status = err_http_status(request->write_error.kind);
    state->view.refusal = sentence_of(request, &request->write_error);
    return draw(request, response, &state->view, err);
}

/* The single values are fields like any other: the law's own checks read them. */
static int check_singles(struct request *request, struct organisation_state *state, struct err *err)
{
    static const struct field fields[] = {
        {.name = "name_kk", .type = FIELD_LINE, .required = true, .max = NAME_MAX_LETTERS},
        {.name = "name_ru", .type = FIELD_LINE, .required = true, .max = NAME_MAX_LETTERS},
        {.name = "name_en", .type = FIELD_LINE, .required = true, .max = NAME_MAX_LETTERS},
        {.name = "bin", .type = FIELD_BIN},
        {.name = "address_kk", .type = FIELD_LINE, .max = NAME_MAX_LETTERS},
        {.name = "address_ru", .type = FIELD_LINE, .max = NAME_MAX_LETTERS},
        {.name = "address_en", .type = FIELD_LINE, .max = NAME_MAX_LETTERS},
        {.name = "email", .type = FIELD_EMAIL},
        {.name = "phone", .type = FIELD_PHONE},
        {.name = "url", .type = FIELD_URL},
        {.name = "rules_kk", .type = FIELD_TEXT, .max = RULES_MAX_LETTERS},
        {.name = "rules_ru", .type = FIELD_TEXT, .max = RULES_MAX_LETTERS},
        {.name = "rules_en", .type = FIELD_TEXT, .max = RULES_MAX_LETTERS},
    };
    static const char *const nothing[] = {"csrf", NULL};
    enum { COUNT = sizeof fields / sizeof *fields };
    const struct field_value *values;
    struct raw_value *raw;
    size_t raw_count;
    int r = form_values(request, nothing, &raw, &raw_count, err);
    if (r == 0)
        r = fields_validate(fields, COUNT, raw, raw_count, &request->office->catalogue->calendar->zone, NULL, NULL,
                            &request->arena, &values, &request->errors, err);
    if (r < 0)
        return r;
    const char *texts[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        texts[i] = values[i].count > 0 ? values[i].texts[0] : "";
    struct organisation *to = &state->organisation;
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        to->name.in[lang] = texts[NAME + lang];
        to->address.in[lang] = texts[ADDRESS + lang];
        to->complaint_rules.in[lang] = texts[RULES + lang];
    }
    to->bin = texts[BIN];
    to->email = texts[EMAIL];
    to->phone = texts[PHONE];
    to->url = texts[URL];
    return 0;
}

/* All three languages or none: a visitor must not find a page empty in their own. */
static void check_three(struct request *request, const struct text3 *text, size_t first)
{
    size_t filled = 0;
    for (int lang = 0; lang < LANG_COUNT; lang++)
        filled += text->in[lang][0] != '\0';
    for (int lang = 0; lang < LANG_COUNT && filled > 0 && filled < LANG_COUNT; lang++)
        if (text->in[lang][0] == '\0')
            field_errors_add(&request->errors, organisation_fields[first + (size_t)lang].name, "three_languages", NULL);
}

int page_organisation_post(struct request *request, struct response *response, struct err *err)
{
    struct organisation_state *state = ARENA_NEW(&request->arena, struct organisation_state);
    struct err why = {0};
    if (state == NULL)
        return err_memory(err);
    for (size_t i = 0; i < organisation_field_count; i++) {
        const char *text = request_form(request, organisation_fields[i].name);
        state->view.values[i] = text == NULL ? "" : text;
    }
    int r = check_singles(request, state, &why);
    if (r < 0 && r != -ERR_BAD_INPUT) {
        *err = why;
        return r;
    }
    if (r == 0) {
        check_three(request, &state->organisation.address, ADDRESS);
        check_three(request, &state->organisation.complaint_rules, RULES);
    }
    if (r < 0 || request->errors.count > 0) {
        response->status = 422;
        return draw(request, response, &state->view, err);
    }
    request->state = state;
    request->failed = put_failed;
    return request_write(request, put_run, put_finish);
}

int page_mail_get(struct request *request, struct response *response, struct err *err)
{
    const struct mailer_settings *mail = &request->app->mail;
    struct mail_view view = {.configured = mail->url != NULL, .server = mail->url, .from = mail->from};
    struct outbox_row *rows;
    struct page *page;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_outbox_figures(tx, &view.figures, err);
    if (r == 0)
        r = store_outbox_undelivered(tx, MAIL_ROWS, &request->arena, &rows, &view.count, err);
    if (r == 0)
        r = page_begin(request, response, PAGE_TITLE(request, settings_mail), "settings", &page, err);
    if (r < 0)
        return r;
    view.rows = rows;
    page_mail(&page->out, &view);
    return page_end(page, err);
}
