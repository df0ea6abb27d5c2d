/* The words of the interface: lookups in the compiled table, placeholders, dates as each language writes them. */
#include "base/locale.h"
#include "base/locale_table.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *text_get(enum lang lang, enum text_key key)
{
    assert(key < T_COUNT);
    return locale_table[key].words.in[lang];
}

void text_put_format(struct buf *out, enum lang lang, enum text_key key, const char *arg0, const char *arg1,
                     void (*put)(struct buf *out, const char *text))
{
    const char *args[2] = {arg0, arg1};
    const char *text = text_get(lang, key);
    char piece[128];
    while (*text != '\0') {
        if (text[0] == '{' && (text[1] == '0' || text[1] == '1') && text[2] == '}') {
            if (args[text[1] - '0'] != NULL)
                put(out, args[text[1] - '0']);
            text += 3;
            continue;
        }
        size_t length = 1 + strcspn(text + 1, "{");
        if (length > sizeof piece - 1)
            length = sizeof piece - 1;
        memcpy(piece, text, length);
        piece[length] = '\0';
        put(out, piece);
        text += length;
    }
}

/* `text` with {0} and {1} replaced, in the arena. */
static char *placeholders_fill(struct arena *arena, const char *text, const char *arg0, const char *arg1)
{
    const char *args[2] = {arg0 == NULL ? "" : arg0, arg1 == NULL ? "" : arg1};
    size_t length = 0;
    char *filled = NULL;
    for (int round = 0; round < 2; round++) {
        char *to = filled;
        for (const char *at = text; *at != '\0';) {
            bool hole = at[0] == '{' && (at[1] == '0' || at[1] == '1') && at[2] == '}';
            const char *from = hole ? args[at[1] - '0'] : at;
            size_t count = hole ? strlen(from) : 1;
            at += hole ? 3 : 1;
            if (to != NULL)
                to = mempcpy(to, from, count);
            else
                length += count;
        }
        if (round == 0)
            filled = arena_alloc(arena, length + 1);
        if (filled == NULL)
            return NULL;
    }
    return filled;
}

char *text_format(struct arena *arena, enum lang lang, enum text_key key, const char *arg0, const char *arg1)
{
    return placeholders_fill(arena, text_get(lang, key), arg0, arg1);
}

static int row_compare(const void *key, const void *row)
{
    return strcmp(key, ((const struct locale_row *)row)->key);
}

const char *text_find(enum lang lang, const char *key)
{
    const struct locale_row *row = bsearch(key, locale_table, T_COUNT, sizeof *locale_table, row_compare);
    return row == NULL ? NULL : row->words.in[lang];
}

char *text_error(struct arena *arena, enum lang lang, const char *code, const char *arg)
{
    char key[96];
    snprintf(key, sizeof key, "error.%s", code == NULL ? "" : code);
    const char *text = text_find(lang, key);
    if (text == NULL)
        text = text_get(lang, T_error_internal);
    return placeholders_fill(arena, text, arg, NULL);
}

void text_put_date(struct buf *out, enum lang lang, int32_t day)
{
    static const enum text_key months[12] = {T_common_month_of_1,  T_common_month_of_2,  T_common_month_of_3,
                                             T_common_month_of_4,  T_common_month_of_5,  T_common_month_of_6,
                                             T_common_month_of_7,  T_common_month_of_8,  T_common_month_of_9,
                                             T_common_month_of_10, T_common_month_of_11, T_common_month_of_12};
    struct date date = date_from_day(day);
    char year[16], day_month[64];
    snprintf(year, sizeof year, "%d", date.year);
    snprintf(day_month, sizeof day_month, "%d %s", date.day, text_get(lang, months[date.month - 1]));
    text_put_format(out, lang, T_common_date, year, day_month, buf_puts);
}

void text_put_moment(struct buf *out, enum lang lang, const struct zone *zone, int64_t at_usec, bool seconds)
{
    char moment[32];
    moment_format(zone, at_usec, moment);
    text_put_date(out, lang, zone_day_of(zone, at_usec));
    buf_puts(out, ", ");
    buf_put(out, moment + 11, seconds ? 8 : 5); /* the HH:MM:SS of 2026-04-09T23:59:59 */
}
