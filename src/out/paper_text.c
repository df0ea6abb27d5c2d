/* The words of a paper: placeholders filled from the case and from the act that issues it, values as a person reads
 * them, the law as lawyers cite it. Nothing here knows about pages. */
#include "out/paper_layout.h"

#include "base/locale.h"
#include "cases/cases.h"
#include <string.h>

#define WORDS_LIMIT (256u << 10)
#define ADDRESSEES_MAX 200

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
        if (view->papers[i].leaf == leaf)
            seq = view->papers[i].seq;
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

/* The view's events stand in order of their leaves. */
const struct case_value *paper_value(const struct paper_fill *fill, const char *field)
{
    const struct case_value *found = NULL;

    for (size_t i = 0; i < fill->view->event_count && fill->view->events[i].leaf <= fill->event->leaf; i++) {
        const struct case_event *event = &fill->view->events[i];
        const struct case_value *value = value_in(event->values, event->value_count, field);

        found = value != NULL ? value : found;
    }
    return found;
}

static const char *day_words(const struct paper_fill *fill, int32_t day)
{
    struct buf words CLEANUP_BUF = {0};

    buf_init(&words, 256);
    text_put_date(&words, fill->lang, day);
    return kept(fill, &words);
}

const char *paper_date_words(const struct paper_fill *fill, int64_t at_usec)
{
    return day_words(fill, zone_day_of(fill->zone, at_usec));
}

const char *paper_moment_words(const struct paper_fill *fill, int64_t at_usec)
{
    struct buf words CLEANUP_BUF = {0};

    buf_init(&words, 256);
    text_put_moment(&words, fill->lang, fill->zone, at_usec, false);
    return kept(fill, &words);
}

/* "142 398": from five digits on in threes, with spaces at which no line breaks. What is to be copied into an address,
 * the number of an entry of the ledger, stays whole. */
static const char *number_words(const struct paper_fill *fill, const struct field *field, const char *text)
{
    size_t length = strlen(text);
    struct buf words CLEANUP_BUF = {0};

    if (length < 5 || strspn(text, "0123456789") != length || strcmp(field->name, "leaf") == 0)
        return text;
    buf_init(&words, WORDS_LIMIT);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            buf_puts(&words, "\u00A0");
        buf_putc(&words, text[i]);
    }
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
        return date_parse(text, &date) ? day_words(fill, day_from_date(date)) : text;
    case FIELD_MOMENT:
        return moment_parse(text, fill->zone, &at_usec) ? paper_moment_words(fill, at_usec) : text;
    case FIELD_COUNTRY:
        country = countries != NULL ? list_find(countries, text) : NULL;
        return country != NULL ? country->title.in[fill->lang] : text;
    case FIELD_NUMBER:
        return number_words(fill, value->field, text);
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

const char *paper_norm_of(const struct procedure *procedure, const struct case_event *event)
{
    const char *first = procedure->norm_count > 0 ? procedure->norm_ids[0] : "";

    if (event->started_count > 0 && event->act == NULL)
        return event->started[0].norm;
    for (size_t i = 0; event->act != NULL && i < procedure->clock_count; i++) {
        const struct procedure_clock *clock = &procedure->clocks[i];

        if (words_have(clock->stopped_by, clock->stopped_by_count, event->act->id))
            return clock->norm_id;
    }
    return first;
}

const char *paper_url(const struct paper_fill *fill, const char *rest)
{
    const char *base = fill->organisation->url != NULL ? fill->organisation->url : "";
    size_t len = strlen(base);

    while (len > 0 && base[len - 1] == '/')
        len--;
    return arena_printf(fill->arena, "%.*s/%s/%s", (int)len, base, lang_code(fill->lang), rest);
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
    /* Rules have points and no articles above them; the annex has no number. */
    for (size_t i = act->points ? 1 : 0; words != NULL && i < 3 && *rest == '.'; i++) {
        char *piece;

        len = strcspn(rest + 1, ".#");
        piece = arena_strndup(arena, rest + 1, len);
        rest += 1 + len;
        if (piece != NULL && strcmp(piece, "annex") == 0)
            words = text_format(arena, lang, T_paper_annex, words, NULL);
        else
            words = piece != NULL ? text_format(arena, lang, keys[i], words, piece) : NULL;
    }
    return words;
}

/* --- Addressees ----------------------------------------------------------------------------------------------------
 */

struct gathering {
    const struct paper_fill *fill;
    const char *names[ADDRESSEES_MAX];
    size_t count;
    bool failed;
};

/* One name, or the words that say it is gone. A list longer than any letter's head ends there. */
static void gather(struct gathering *gathering, const char *name)
{
    gathering->failed = gathering->failed || name == NULL;
    if (name != NULL && gathering->count < ADDRESSEES_MAX)
        gathering->names[gathering->count++] = name;
}

static void gather_lines(struct gathering *gathering, const char *text)
{
    for (const char *rest = text; *rest != '\0';) {
        size_t len = strcspn(rest, "\n"), blank = strspn(rest, " \t\r");

        if (blank < len)
            gather(gathering, arena_strndup(gathering->fill->arena, rest + blank, len - blank));
        rest += len + (rest[len] == '\n');
    }
}

static int gather_block(struct gathering *gathering, const struct paper_block *block, struct err *err)
{
    const struct paper_fill *fill = gathering->fill;
    const struct case_value *value = block->field != NULL ? paper_value(fill, block->field) : NULL;
    const char *text = NULL;
    int r = 0;

    if (value == NULL && block->text.in[fill->lang] != NULL)
        r = paper_text_fill(fill, block->text.in[fill->lang], &text, err);
    if (r == 0 && text != NULL)
        gather_lines(gathering, text);
    if (value != NULL && value->destroyed)
        gather(gathering, paper_value_joined(fill, value));
    for (size_t i = 0; value != NULL && i < value->count; i++)
        gather(gathering, paper_value_words(fill, value, i));
    return r;
}

int paper_addressees(const struct paper_fill *fill, const struct paper_block *block, struct paper_addressees *ret,
                     struct err *err)
{
    struct gathering gathering = {.fill = fill};
    const char **names;
    int r = 0;

    for (size_t i = 0; r == 0 && i < fill->layout->block_count; i++) {
        const struct paper_block *one = &fill->layout->blocks[i];

        if (one->kind == BLOCK_ADDRESSEE && (block == NULL || block == one) && paper_conditions_met(fill, one))
            r = gather_block(&gathering, one, err);
    }
    if (r < 0)
        return r;
    names = ARENA_ARRAY(fill->arena, const char *, gathering.count);
    if (names == NULL || gathering.failed)
        return err_memory(err);
    if (gathering.count > 0)
        memcpy(names, gathering.names, gathering.count * sizeof(*names));
    *ret = (struct paper_addressees){.count = gathering.count, .names = names};
    return 0;
}

static int receiver_words(const struct paper_fill *fill, const char **ret, struct err *err)
{
    struct buf words CLEANUP_BUF = {0};
    struct paper_addressees addressees;
    int r = paper_addressees(fill, NULL, &addressees, err);

    if (r < 0)
        return r;
    buf_init(&words, WORDS_LIMIT);
    for (size_t i = 0; i < addressees.count; i++) {
        buf_puts(&words, i > 0 ? "; " : "");
        buf_puts(&words, addressees.names[i]);
    }
    *ret = addressees.count > 0 ? kept(fill, &words) : NULL;
    return addressees.count > 0 && *ret == NULL ? err_memory(err) : 0;
}

/* --- Placeholders --------------------------------------------------------------------------------------------------
 */

static const char *follow_words(const struct paper_fill *fill)
{
    struct buf rest CLEANUP_BUF = {0};

    buf_init(&rest, 1024);
    buf_puts(&rest, "follow/");
    buf_put_url(&rest, fill->view->row.number);
    return rest.failed ? NULL : paper_url(fill, rest.data);
}

static bool is(const char *name, const char *word)
{
    return strcmp(name, word) == 0;
}

/* Those that always say something; NULL when memory ends or the name is none of them. */
static const char *plain_words(const struct paper_fill *fill, const char *name)
{
    const struct case_view *view = fill->view;
    const struct case_event *event = fill->event;

    if (is(name, "number"))
        return view->row.number;
    if (is(name, "paper_number"))
        return fill->number;
    if (is(name, "procedure"))
        return view->procedure->title.in[fill->lang];
    if (is(name, "opened"))
        return paper_date_words(fill, view->row.opened_usec);
    if (is(name, "received"))
        return paper_moment_words(fill, view->row.opened_usec);
    if (is(name, "act_date") || is(name, "today"))
        return paper_date_words(fill, event->at_usec);
    if (is(name, "happened"))
        return paper_date_words(fill, event->happened_usec);
    if (is(name, "organisation"))
        return fill->organisation_name;
    if (is(name, "norm"))
        return paper_norm_words(fill->catalogue, paper_norm_of(view->procedure, event), fill->lang, fill->arena);
    if (strncmp(name, "norm.", 5) == 0)
        return paper_norm_words(fill->catalogue, name + 5, fill->lang, fill->arena);
    return is(name, "follow") ? follow_words(fill) : NULL;
}

/* What stands for the placeholder `name`; *ret NULL when a value was not given. */
static int placeholder(const struct paper_fill *fill, const char *name, const char **ret, struct err *err)
{
    const struct case_value *value;
    const char *words;

    if (is(name, "receiver"))
        return receiver_words(fill, ret, err);
    if (strncmp(name, "value.", 6) == 0) {
        value = paper_value(fill, name + 6);
        if (value == NULL) {
            *ret = NULL;
            return 0;
        }
        words = paper_value_joined(fill, value);
    } else {
        words = plain_words(fill, name);
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
        char name[PLACEHOLDER_ROOM];
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
