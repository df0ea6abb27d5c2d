/* Forms drawn from the catalogue: a field's label, help, condition, refusal and control with what was typed. */
#include "web/pages/pages.h"
#include <string.h>

/* 2026-04-09T18:30 */
#define MOMENT_LETTERS 16
/* More options than this are a list to choose from rather than buttons to see at once. */
#define RADIO_MAX 7

static const struct raw_value *typed_find(const struct form_view *form, const char *name)
{
    for (size_t i = 0; i < form->raw_count; i++)
        if (strcmp(form->raw[i].name, name) == 0)
            return &form->raw[i];
    return NULL;
}

const char *form_typed(const struct form_view *form, const char *name, size_t index)
{
    const struct raw_value *raw = typed_find(form, name);
    return raw != NULL && index < raw->count ? raw->texts[index] : NULL;
}

bool form_typed_has(const struct form_view *form, const char *name, const char *value)
{
    const struct raw_value *raw = typed_find(form, name);
    for (size_t i = 0; raw != NULL && i < raw->count; i++)
        if (strcmp(raw->texts[i], value) == 0)
            return true;
    return false;
}

bool form_has_problems(const struct form_view *form)
{
    return form->refusal != NULL || form->extra_count > 0 || (form->errors != NULL && form->errors->count > 0);
}

const char *field_wrong(struct page_out *o, const struct field_errors *errors, const char *name)
{
    const struct field_error *error = errors == NULL ? NULL : field_errors_find(errors, name);
    return error == NULL ? NULL : text_error(o->frame->arena, o->lang, error->code, error->arg);
}

static const struct field *field_find(const struct form_view *form, const char *name)
{
    for (size_t i = 0; i < form->field_count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return &form->fields[i];
    return NULL;
}

void page_wrong(struct page_out *o, const char *id, const char *sentence)
{
    buf_puts(o->buf, "<li><a href=\"#");
    buf_put_html(o->buf, id);
    buf_puts(o->buf, "\">");
    buf_put_html(o->buf, sentence);
    buf_puts(o->buf, "</a></li>");
}

static void problems_begin(struct page_out *o)
{
    buf_puts(o->buf, "<div class=\"problems\" role=\"alert\"><h2>");
    page_word(o, T_site_problem);
    buf_puts(o->buf, "</h2>");
}

static void refusal_put(struct page_out *o, const char *refusal)
{
    if (refusal == NULL)
        return;
    buf_puts(o->buf, "<p>");
    buf_put_html(o->buf, refusal);
    buf_puts(o->buf, "</p>");
}

/* "Title: what is wrong"; a title that is a question needs no colon. */
static void problem_put(struct page_out *o, const char *id, const char *title, const char *sentence)
{
    size_t length = strlen(title);
    bool question = length > 0 && title[length - 1] == '?';
    const char *line = arena_printf(o->frame->arena, "%s%s %s", title, question ? "" : ":", sentence);
    page_wrong(o, id, line == NULL ? sentence : line);
}

void page_problems(struct page_out *o, const struct form_view *form)
{
    if (!form_has_problems(form))
        return;
    problems_begin(o);
    refusal_put(o, form->refusal);
    buf_puts(o->buf, "<ul>");
    for (size_t i = 0; form->errors != NULL && i < form->field_count; i++) {
        const struct field *field = &form->fields[i];
        const char *sentence = field_wrong(o, form->errors, field->name);
        const char *id = arena_printf(o->frame->arena, "%s-%s", form->prefix, field->name);
        if (sentence != NULL && id != NULL)
            problem_put(o, id, field->title.in[o->lang], sentence);
    }
    for (size_t i = 0; i < form->extra_count; i++)
        problem_put(o, form->extra[i].id, form->extra[i].title, form->extra[i].text);
    /* What is about no field of the form: a name it does not have. */
    for (size_t i = 0; form->errors != NULL && i < form->errors->count; i++) {
        const struct field_error *error = &form->errors->items[i];
        bool told = field_find(form, error->field) != NULL;
        for (size_t j = 0; j < form->extra_count; j++)
            told = told || strstr(form->extra[j].id, error->field) != NULL;
        if (told)
            continue;
        buf_puts(o->buf, "<li>");
        page_text(o, text_error(o->frame->arena, o->lang, error->code, error->arg));
        buf_puts(o->buf, "</li>");
    }
    buf_puts(o->buf, "</ul></div>");
}

void page_list_problems(struct page_out *o, const struct field_errors *errors, const char *refusal)
{
    if (refusal == NULL && (errors == NULL || errors->count == 0))
        return;
    problems_begin(o);
    refusal_put(o, refusal);
    buf_puts(o->buf, "<ul>");
    for (size_t i = 0; errors != NULL && i < errors->count; i++) {
        const char *id = arena_printf(o->frame->arena, "f-%s", errors->items[i].field);
        const char *sentence = field_wrong(o, errors, errors->items[i].field);
        if (id != NULL && sentence != NULL)
            page_wrong(o, id, sentence);
    }
    buf_puts(o->buf, "</ul></div>");
}

/* A field being drawn: what every kind of control needs. */
struct drawing {
    struct page_out *o;
    const struct form_view *form;
    const struct field *field;
    const char *wrong;
    bool has_hint;
};

static void id_put(const struct drawing *d)
{
    buf_put_html(d->o->buf, d->form->prefix);
    buf_putc(d->o->buf, '-');
    buf_put_html(d->o->buf, d->field->name);
}

static void described(const struct drawing *d)
{
    struct buf *buf = d->o->buf;
    if (d->has_hint || d->wrong != NULL) {
        buf_puts(buf, " aria-describedby=\"");
        if (d->has_hint) {
            id_put(d);
            buf_puts(buf, "-hint");
        }
        if (d->wrong != NULL) {
            buf_puts(buf, d->has_hint ? " " : "");
            id_put(d);
            buf_puts(buf, "-wrong");
        }
        buf_putc(buf, '"');
    }
    if (d->wrong != NULL)
        buf_puts(buf, " aria-invalid=\"true\"");
}

static void name_and_id(const struct drawing *d)
{
    buf_puts(d->o->buf, " id=\"");
    id_put(d);
    buf_puts(d->o->buf, "\" name=\"");
    buf_put_html(d->o->buf, d->field->name);
    buf_putc(d->o->buf, '"');
    described(d);
    if (d->field->required)
        buf_puts(d->o->buf, " aria-required=\"true\"");
}

static void title_put(const struct drawing *d)
{
    page_text3(d->o, d->field->title);
    if (!d->field->required && d->field->condition_count == 0) {
        buf_puts(d->o->buf, " <span class=\"optional\">(");
        page_word(d->o, T_open_optional);
        buf_puts(d->o->buf, ")</span>");
    }
}

/* "Required if «What is it about?»: content", from the catalogue's own titles. */
static void condition_put(const struct drawing *d)
{
    struct page_out *o = d->o;
    page_word(o, T_open_required_if);
    buf_putc(o->buf, ' ');
    for (size_t i = 0; i < d->field->condition_count; i++) {
        const struct field_condition *condition = &d->field->conditions[i];
        const struct field *other = field_find(d->form, condition->field);
        const struct field_option *option = other == NULL ? NULL : field_option_find(other, condition->value);
        const char *value = option != NULL                           ? option->title.in[o->lang]
                            : strcmp(condition->value, "true") == 0  ? text_get(o->lang, T_common_yes)
                            : strcmp(condition->value, "false") == 0 ? text_get(o->lang, T_common_no)
                                                                     : condition->value;
        if (i > 0) {
            buf_putc(o->buf, ' ');
            page_word(o, T_open_and);
            buf_putc(o->buf, ' ');
        }
        page_word_with(o, condition->negated ? T_open_condition_is_not : T_open_condition_is,
                       other == NULL ? condition->field : other->title.in[o->lang], value);
    }
}

/* "The number of a case: Monitoring act, Preventive control". */
static void cases_put(const struct drawing *d)
{
    struct page_out *o = d->o;
    page_word(o, T_open_case_hint);
    for (size_t i = 0; i < d->field->procedure_count; i++) {
        const struct procedure *procedure = catalogue_procedure(o->frame->catalogue, d->field->procedures[i]);
        buf_puts(o->buf, i > 0 ? ", " : " ");
        if (procedure != NULL)
            page_text3(o, procedure->title);
    }
}

/* What was typed into a box, or several values one a line. */
static void box_put(const struct drawing *d)
{
    const char *text;
    buf_printf(d->o->buf, "<textarea rows=\"%d\"", d->field->type == FIELD_LINKS ? 4 : 8);
    if (d->field->type == FIELD_LINKS)
        buf_puts(d->o->buf, " class=\"links\" inputmode=\"url\" autocomplete=\"off\" spellcheck=\"false\"");
    name_and_id(d);
    /* The first line break after the tag is the browser's to drop. */
    buf_puts(d->o->buf, ">\n");
    for (size_t i = 0; (text = form_typed(d->form, d->field->name, i)) != NULL; i++) {
        if (i > 0)
            buf_putc(d->o->buf, '\n');
        page_text(d->o, text);
    }
    buf_puts(d->o->buf, "</textarea>");
}

static void help_and_wrong(const struct drawing *d)
{
    struct page_out *o = d->o;
    if (d->has_hint) {
        buf_puts(o->buf, "<p class=\"hint\" id=\"");
        id_put(d);
        buf_puts(o->buf, "-hint\">");
        if (text3_filled(d->field->help))
            page_text3(o, d->field->help);
        else if (d->field->condition_count > 0)
            condition_put(d);
        else if (d->field->type == FIELD_CASE)
            cases_put(d);
        else
            page_word(o, d->field->type == FIELD_URL     ? T_open_url_hint
                         : d->field->type == FIELD_LINKS ? T_open_links_hint
                         : d->field->type == FIELD_PHONE ? T_open_phone_hint
                                                         : T_open_digits);
        buf_puts(o->buf, "</p>");
    }
    if (d->wrong != NULL) {
        buf_puts(o->buf, "<p class=\"wrong\" id=\"");
        id_put(d);
        buf_puts(o->buf, "-wrong\">");
        page_text(o, d->wrong);
        buf_puts(o->buf, "</p>");
    }
}

static void option_put(const struct drawing *d, const char *kind, size_t index, const char *value, const char *title)
{
    struct buf *buf = d->o->buf;
    buf_printf(buf, "<label class=\"option\"><input type=\"%s\" id=\"", kind);
    id_put(d);
    if (index > 0)
        buf_printf(buf, "-%zu", index + 1);
    buf_puts(buf, "\" name=\"");
    buf_put_html(buf, d->field->name);
    buf_puts(buf, "\" value=\"");
    buf_put_html(buf, value);
    buf_putc(buf, '"');
    if (form_typed_has(d->form, d->field->name, value))
        buf_puts(buf, " checked");
    if (index == 0)
        described(d);
    buf_puts(buf, "> <span>");
    page_text(d->o, title);
    buf_puts(buf, "</span></label>");
}

static void group_put(const struct drawing *d)
{
    struct page_out *o = d->o;
    const struct field *field = d->field;
    buf_printf(o->buf, "<fieldset class=\"field%s\"><legend>", d->wrong != NULL ? " has-wrong" : "");
    title_put(d);
    buf_puts(o->buf, "</legend>");
    help_and_wrong(d);
    buf_puts(o->buf, "<div class=\"options\">");
    if (field->type == FIELD_YES_NO) {
        option_put(d, "radio", 0, "true", text_get(o->lang, T_common_yes));
        option_put(d, "radio", 1, "false", text_get(o->lang, T_common_no));
    }
    for (size_t i = 0; i < field->option_count; i++)
        option_put(d, field->type == FIELD_MANY ? "checkbox" : "radio", i, field->options[i].id,
                   field->options[i].title.in[o->lang]);
    buf_puts(o->buf, "</div></fieldset>");
}

static void select_option(const struct drawing *d, const char *value, const char *title)
{
    buf_puts(d->o->buf, "<option value=\"");
    buf_put_html(d->o->buf, value);
    buf_puts(d->o->buf, form_typed_has(d->form, d->field->name, value) && value[0] != '\0' ? "\" selected>" : "\">");
    page_text(d->o, title);
    buf_puts(d->o->buf, "</option>");
}

static void select_put(const struct drawing *d)
{
    buf_puts(d->o->buf, "<select");
    name_and_id(d);
    buf_putc(d->o->buf, '>');
    select_option(d, "", text_get(d->o->lang, T_open_choose));
    if (d->field->type == FIELD_COUNTRY) {
        const struct list *countries = catalogue_list(d->o->frame->catalogue, "countries");
        for (size_t i = 0; countries != NULL && i < countries->count; i++)
            select_option(d, countries->entries[i].id, countries->entries[i].title.in[d->o->lang]);
    }
    for (size_t i = 0; i < d->field->option_count; i++)
        select_option(d, d->field->options[i].id, d->field->options[i].title.in[d->o->lang]);
    buf_puts(d->o->buf, "</select>");
}

static void input_put(const struct drawing *d)
{
    static const struct {
        enum field_type type;
        const char *attributes;
    } kinds[] = {
        {FIELD_LINE, "type=\"text\""},
        {FIELD_PERSON, "type=\"text\" autocomplete=\"name\""},
        {FIELD_ORGANISATION, "type=\"text\" autocomplete=\"organization\""},
        {FIELD_DATE, "type=\"date\""},
        {FIELD_MOMENT, "type=\"datetime-local\""},
        {FIELD_NUMBER, "type=\"text\" inputmode=\"numeric\" class=\"short\""},
        {FIELD_URL, "type=\"url\" inputmode=\"url\" autocomplete=\"off\" spellcheck=\"false\""},
        {FIELD_EMAIL, "type=\"email\" autocomplete=\"email\" spellcheck=\"false\""},
        {FIELD_PHONE, "type=\"tel\" autocomplete=\"tel\" class=\"short\""},
        {FIELD_IIN, "type=\"text\" inputmode=\"numeric\" autocomplete=\"off\" class=\"short\""},
        {FIELD_BIN, "type=\"text\" inputmode=\"numeric\" autocomplete=\"off\" class=\"short\""},
        {FIELD_CASE, "type=\"text\" autocomplete=\"off\" spellcheck=\"false\" class=\"short\""},
    };
    const char *attributes = kinds[0].attributes;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == d->field->type)
            attributes = kinds[i].attributes;
    buf_printf(d->o->buf, "<input %s", attributes);
    name_and_id(d);
    buf_puts(d->o->buf, " value=\"");
    const char *typed = form_typed(d->form, d->field->name, 0);
    /* A moment that comes from a case has seconds and an offset, for which the control has no room. */
    const char *local = d->field->type == FIELD_MOMENT && typed != NULL && strlen(typed) > MOMENT_LETTERS
                            ? arena_strndup(d->o->frame->arena, typed, MOMENT_LETTERS)
                            : typed;
    page_text(d->o, local);
    buf_puts(d->o->buf, "\">");
}

void page_field(struct page_out *o, const struct form_view *form, const struct field *field)
{
    bool own_hint = field->type == FIELD_URL || field->type == FIELD_PHONE || field->type == FIELD_IIN ||
                    field->type == FIELD_BIN || field->type == FIELD_LINKS || field->type == FIELD_CASE;
    struct drawing d = {.o = o,
                        .form = form,
                        .field = field,
                        .wrong = field_wrong(o, form->errors, field->name),
                        .has_hint = text3_filled(field->help) || field->condition_count > 0 || own_hint};
    if (field->type == FIELD_MANY || field->type == FIELD_YES_NO ||
        (field->type == FIELD_CHOICE && field->option_count <= RADIO_MAX)) {
        group_put(&d);
        return;
    }
    buf_printf(o->buf, "<div class=\"field%s\"><label for=\"", d.wrong != NULL ? " has-wrong" : "");
    id_put(&d);
    buf_puts(o->buf, "\">");
    title_put(&d);
    buf_puts(o->buf, "</label>");
    help_and_wrong(&d);
    if (field->type == FIELD_TEXT || field->type == FIELD_LINKS) {
        box_put(&d);
    } else if (field->type == FIELD_CHOICE || field->type == FIELD_COUNTRY) {
        select_put(&d);
    } else {
        input_put(&d);
    }
    buf_puts(o->buf, "</div>");
}

void page_form_fields(struct page_out *o, const struct form_view *form)
{
    for (size_t i = 0; i < form->field_count; i++)
        page_field(o, form, &form->fields[i]);
}
