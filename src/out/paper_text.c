/* The words of a paper: placeholders filled from the case and from the act that issues it, values as a person reads
 * them, the law as lawyers cite it. Nothing here knows about pages. */
#include "out/paper_layout.h"

#include "base/locale.h"
#include "cases/cases.h"
#include <string.h>

#define WORDS_LIMIT (256u << 10)

static const char *kept(const struct paper_fill *fill, const struct buf *words)
{
    return words->failed ? NULL : arena_strndup(fill->arena, words->data ? words->data : "", words->len);
}

const char *paper_organisation_name(const struct organisation *organisation, enum lang lang)
{
    const char *name = organisation->name.in[lang];

    for (int i = 0; (name == NULL || name[0] == '\0') && i < LANG_COUNT; i++)
        name = organisation->name.in[i];
    return name != NULL && name[0] != '\0' ? name : NULL;
}

char *paper_number(const struct paper_layout *layout, const struct case_view *view, int64_t leaf, struct arena *arena)
{
    struct buf words CLEANUP_BUF = {0};
    int64_t seq = 0;

    for (size_t i = 0; i < view->paper_count; i++)
        seq += view->papers[i].leaf <= leaf;
    buf_init(&words, 1024);
    for (const char *rest = layout->number; *rest != '\0';) {
        size_t plain = strcspn(rest, "{");

        buf_put(&words, rest, plain);
        rest += plain;
        if (strncmp(rest, "{number}", 8) == 0)
            buf_puts(&words, view->row.number);
        else if (*rest != '\0')
            buf_put_int(&words, seq);
        rest += strcspn(rest, "}");
        rest += *rest == '}';
    }
    return words.failed ? NULL : arena_strdup(arena, words.data);
}

static const struct case_value *value_in(const struct case_value *values, size_t count, const char *field)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].field != NULL && strcmp(values[i].field->name, field) == 0 &&
            (values[i].count > 0 || values[i].destroyed))
            return &values[i];
    return NULL;
}

const struct case_value *paper_value(const struct paper_fill *fill, const char *field)
{
    const struct case_value *value = value_in(fill->event->values, fill->event->value_count, field);

    return value != NULL ? value : value_in(fill->view->values, fill->view->value_count, field);
}

static const char *date_words(const struct paper_fill *fill, int32_t day)
{
    struct buf words CLEANUP_BUF = {0};

    buf_init(&words, 256);
    text_put_date(&words, fill->lang, day);
    return kept(fill, &words);
}

static const char *moment_words(const struct paper_fill *fill, int64_t at_usec)
{
    struct buf words CLEANUP_BUF = {0};

    buf_init(&words, 256);
    text_put_moment(&words, fill->lang, fill->zone, at_usec, false);
    return kept(fill, &words);
}

const char *paper_value_words(const struct paper_fill *fill, const struct case_value *value, size_t index)
{
    const struct list *countries = catalogue_list(fill->catalogue, "countries");
    const char *text = value->texts[index];
    const struct field_option *option;
    const struct list_entry *country;
    int64_t at_usec;
    struct date date;

    switch (value->field->type) {
    case FIELD_CHOICE:
    case FIELD_MANY:
        option = field_option_find(value->field, text);
        return option != NULL ? option->title.in[fill->lang] : text;
    case FIELD_YES_NO:
        return text_get(fill->lang, strcmp(text, "true") == 0 ? T_common_yes : T_common_no);
    case FIELD_DATE:
        return date_parse(text, &date) ? date_words(fill, day_from_date(date)) : text;
    case FIELD_MOMENT:
        return moment_parse(text, fill->zone, &at_usec) ? moment_words(fill, at_usec) : text;
    case FIELD_COUNTRY:
        country = countries != NULL ? list_find(countries, text) : NULL;
        return country != NULL ? country->title.in[fill->lang] : text;
    default:
        return text;
    }
}

const char *paper_value_joined(const struct paper_fill *fill, const struct case_value *value)
{
    struct buf words CLEANUP_BUF = {0};

    if (value->destroyed)
        return text_get(fill->lang, T_paper_destroyed);
    if (value->count == 1)
        return paper_value_words(fill, value, 0);
    buf_init(&words, WORDS_LIMIT);
    for (size_t i = 0; i < value->count; i++) {
        const char *one = paper_value_words(fill, value, i);

        if (one == NULL)
            return NULL;
        buf_puts(&words, i > 0 ? ", " : "");
        buf_puts(&words, one);
    }
    return kept(fill, &words);
}

const char *paper_norm_of_act(const struct procedure *procedure, const struct procedure_act *act)
{
    for (size_t i = 0; i < procedure->clock_count; i++)
        for (size_t k = 0; k < procedure->clocks[i].stopped_by_count; k++)
            if (strcmp(procedure->clocks[i].stopped_by[k], act->id) == 0)
                return procedure->clocks[i].norm_id;
    return procedure->norm_count > 0 ? procedure->norm_ids[0] : "";
}

const char *paper_norm_words(const struct catalogue *catalogue, const char *norm_id, enum lang lang,
                             struct arena *arena)
{
    static const enum text_key keys[] = {T_paper_article, T_paper_paragraph, T_paper_subparagraph};
    size_t len = strcspn(norm_id, ".#");
    char *act_id = arena_strndup(arena, norm_id, len), *words;
    const struct act_of_law *act = act_id != NULL ? catalogue_act(catalogue, act_id) : NULL;
    const char *rest = norm_id + len;

    if (act == NULL)
        return act_id != NULL ? norm_id : NULL;
    words = text_format(arena, lang, T_paper_act_cited, act->cited.in[lang], act->title.in[lang]);
    for (size_t i = 0; words != NULL && i < 3 && *rest == '.'; i++) {
        char *piece;

        len = strcspn(rest + 1, ".#");
        piece = arena_strndup(arena, rest + 1, len);
        rest += 1 + len;
        words = piece != NULL ? text_format(arena, lang, keys[i], words, piece) : NULL;
    }
    return words;
}

/* What stands for the placeholder `name`; *ret NULL when a value was not given. */
static int placeholder(const struct paper_fill *fill, const char *name, const char **ret, struct err *err)
{
    const struct case_value *value;
    const char *words = NULL;

    if (strncmp(name, "value.", 6) == 0) {
        value = paper_value(fill, name + 6);
        if (value == NULL) {
            *ret = NULL;
            return 0;
        }
        words = paper_value_joined(fill, value);
    } else if (strcmp(name, "number") == 0) {
        words = fill->view->row.number;
    } else if (strcmp(name, "paper_number") == 0) {
        words = fill->number;
    } else if (strcmp(name, "opened") == 0) {
        words = date_words(fill, zone_day_of(fill->zone, fill->view->row.opened_usec));
    } else if (strcmp(name, "act_date") == 0) {
        words = date_words(fill, zone_day_of(fill->zone, fill->event->at_usec));
    } else if (strcmp(name, "organisation") == 0) {
        words = fill->organisation_name;
    } else if (strcmp(name, "norm") == 0) {
        words = paper_norm_words(fill->catalogue, paper_norm_of_act(fill->view->procedure, fill->event->act),
                                 fill->lang, fill->arena);
    }
    if (words == NULL)
        return err_memory(err);
    *ret = words;
    return 0;
}

int paper_text_fill(const struct paper_fill *fill, const char *template, const char **ret, struct err *err)
{
    struct buf words CLEANUP_BUF = {0};
    const char *text;

    buf_init(&words, WORDS_LIMIT);
    for (const char *rest = template; *rest != '\0';) {
        size_t plain = strcspn(rest, "{");
        const char *said = NULL;
        char name[80];
        size_t len;
        int r;

        buf_put(&words, rest, plain);
        rest += plain;
        if (*rest == '\0')
            break;
        len = strcspn(rest, "}");
        if (len - 1 >= sizeof(name))
            return err_set(err, ERR_INTERNAL, "internal", NULL);
        memcpy(name, rest + 1, len - 1);
        name[len - 1] = '\0';
        rest += len + 1;
        r = placeholder(fill, name, &said, err);
        if (r < 0)
            return r;
        if (said == NULL) {
            *ret = NULL;
            return 0;
        }
        buf_puts(&words, said);
    }
    text = kept(fill, &words);
    if (text == NULL)
        return err_memory(err);
    *ret = text;
    return 0;
}

bool paper_conditions_met(const struct paper_fill *fill, const struct paper_block *block)
{
    for (size_t i = 0; i < block->condition_count; i++) {
        const struct field_condition *condition = &block->conditions[i];
        const struct case_value *value = paper_value(fill, condition->field);
        bool found = false;

        for (size_t k = 0; value != NULL && k < value->count; k++)
            found = found || strcmp(value->texts[k], condition->value) == 0;
        if (found == condition->negated)
            return false;
    }
    return true;
}
