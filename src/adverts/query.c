#include "adverts/query.h"

#include "adverts/advert.h"
#include "adverts/words.h"
#include "base/time.h"
#include "base/unicode.h"
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum query_field field;
} fields[] = {
    {"advertiser", FIELD_ADVERTISER}, {"account", FIELD_ACCOUNT},
    {"payer", FIELD_PAYER},           {"sponsor", FIELD_SPONSOR},
    {"party", FIELD_PARTY},           {"criterion", FIELD_CRITERION},
    {"excluded", FIELD_EXCLUDED},     {"lang", FIELD_LANGUAGE},
    {"language", FIELD_LANGUAGE},     {"kind", FIELD_KIND},
    {"format", FIELD_FORMAT},         {"after", FIELD_AFTER},
    {"before", FIELD_BEFORE},
};

struct reader {
    const char *start, *at;
    struct arena *arena;
    size_t words;
};

static int malformed(const struct reader *reader, const char *at, struct err *err)
{
    size_t n = 1;

    for (const char *p = reader->start; p < at; p++)
        n += ((unsigned char)*p & 0xc0) != 0x80;
    return err_set(err, ERR_BAD_INPUT, "query_malformed", "%zu", n);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct reader *reader)
{
    while (is_blank(*reader->at))
        reader->at++;
}

/* The piece up to a blank or "|", or what stands in quotes. */
static int piece(struct reader *reader, char **ret, bool *ret_quoted, struct err *err)
{
    const char *from = reader->at, *end;

    *ret_quoted = *from == '"';
    if (*ret_quoted) {
        end = strchr(from + 1, '"');
        if (!end)
            return malformed(reader, from, err);
        reader->at = end + 1;
        from++;
    } else {
        for (end = from; *end != '\0' && !is_blank(*end) && *end != '|' && *end != '"'; end++)
            ;
        reader->at = end;
    }
    *ret = arena_strndup(reader->arena, from, (size_t)(end - from));
    return *ret ? 0 : err_memory(err);
}

/* A number for a word of a choice; -1. */
static int32_t choice(enum query_field field, const char *text)
{
    for (int i = ADVERT_TARGETED; field == FIELD_KIND && i <= ADVERT_OTHER; i++)
        if (strcasecmp(text, advert_kind_word((enum advert_kind)i)) == 0)
            return i;
    for (int i = ADVERT_TEXT; field == FIELD_FORMAT && i <= ADVERT_VIDEO; i++)
        if (strcasecmp(text, advert_format_word((enum advert_format)i)) == 0)
            return i;
    return -1;
}

/* Lower case, single blanks, a closing star taken off as `prefix`. */
static int take_words(struct reader *reader, const char *from, const char *typed, bool quoted, struct query_atom *atom,
                      struct err *err)
{
    size_t len, count = strlen(typed), used = 0;
    char word[WORD_ROOM], *text = arena_alloc(reader->arena, count * 2 + 2);
    const char *at = typed;
    size_t letters = 0;

    if (!text)
        return err_memory(err);
    while (words_next(&at, word, &len)) {
        if (used > 0)
            text[used++] = ' ';
        if (used + len + 1 > count * 2 + 2 || ++reader->words > QUERY_WORDS)
            return err_set(err, ERR_BAD_INPUT, "query_too_long", "%d", QUERY_WORDS);
        memcpy(text + used, word, len + 1);
        used += len;
        letters = utf8_length(word);
    }
    atom->text = text;
    atom->prefix = !quoted && used > 0 && typed[count - 1] == '*';
    return atom->prefix && letters < 2 ? malformed(reader, from, err) : 0;
}

static int take_value(struct reader *reader, const char *from, struct query_atom *atom, const char *value, bool quoted,
                      struct err *err)
{
    struct date date;

    switch (atom->field) {
    case FIELD_LANGUAGE:
    case FIELD_CRITERION:
    case FIELD_EXCLUDED:
        atom->text = value;
        return value[0] == '\0' ? malformed(reader, from, err) : 0;
    case FIELD_KIND:
    case FIELD_FORMAT:
        atom->number = choice(atom->field, value);
        return atom->number < 0 ? malformed(reader, from, err) : 0;
    case FIELD_AFTER:
    case FIELD_BEFORE:
        if (!date_parse(value, &date))
            return malformed(reader, from, err);
        atom->number = day_from_date(date);
        return 0;
    default:;
        int r = take_words(reader, from, value, quoted, atom, err);
        return r < 0 ? r : atom->text[0] == '\0' ? malformed(reader, from, err) : 0;
    }
}

/* *ret NULL: signs that mean nothing. */
static int read_atom(struct reader *reader, struct query_atom **ret, struct err *err)
{
    const char *from = reader->at;
    struct query_atom *atom = ARENA_NEW(reader->arena, struct query_atom);
    char *text;
    bool quoted;
    size_t name = strspn(from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    if (!atom)
        return err_memory(err);
    if (from[name] == ':')
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
            if (strlen(fields[i].name) == name && strncasecmp(fields[i].name, from, name) == 0)
                atom->field = fields[i].field;
    if (atom->field != FIELD_WORDS)
        reader->at += name + 1;
    const char *value = reader->at;
    int r = piece(reader, &text, &quoted, err);
    if (r == 0 && atom->field != FIELD_WORDS)
        r = take_value(reader, value, atom, text, quoted, err);
    else if (r == 0)
        r = take_words(reader, from, text, quoted, atom, err);
    if (r < 0)
        return r;
    for (const char *p = reader->start; p < from; p++)
        atom->at += ((unsigned char)*p & 0xc0) != 0x80;
    atom->at++;
    *ret = atom->field == FIELD_WORDS && atom->text[0] == '\0' ? NULL : atom;
    return 0;
}

static int read_term(struct reader *reader, struct query_term **ret, struct err *err)
{
    struct query_term *term = ARENA_NEW(reader->arena, struct query_term);
    struct query_atom **last;

    if (!term)
        return err_memory(err);
    if (reader->at[0] == '-' && reader->at[1] != '\0' && !is_blank(reader->at[1])) {
        term->excluded = true;
        reader->at++;
    }
    last = &term->first;
    for (;;) {
        struct query_atom *atom = NULL;
        int r = read_atom(reader, &atom, err);

        if (r < 0)
            return r;
        if (atom) {
            *last = atom;
            last = &atom->or_else;
        }
        skip_blanks(reader);
        if (*reader->at != '|')
            break;
        const char *bar = reader->at;
        while (*reader->at == '|' || is_blank(*reader->at))
            reader->at++;
        if (!atom || *reader->at == '\0')
            return malformed(reader, bar, err);
    }
    *ret = term->first ? term : NULL;
    return 0;
}

int query_read(const char *text, struct arena *arena, struct query *ret, struct err *err)
{
    struct reader reader = {.start = text ? text : "", .arena = arena};
    struct query query = {0};
    struct query_term **last = &query.terms;
    int r = 0;

    reader.at = reader.start;
    if (utf8_length(reader.start) > QUERY_MAX)
        return err_set(err, ERR_BAD_INPUT, "query_too_long", "%d", QUERY_MAX);
    skip_blanks(&reader);
    while (r == 0 && *reader.at != '\0') {
        struct query_term *term = NULL;

        r = read_term(&reader, &term, err);
        if (r == 0 && term) {
            if (++query.count > QUERY_TERMS)
                return err_set(err, ERR_BAD_INPUT, "query_too_long", "%d", QUERY_TERMS);
            *last = term;
            last = &term->next;
        }
    }
    if (r == 0)
        *ret = query;
    return r;
}
