/* Values made coarse: less is told by each, and more people share it. */
#include "base/time.h"
#include "persons/depersonalise.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[COARSE_KINDS] = {"drop",  "keep", "age_band",   "year",
                                                "month", "band", "first_part", "first_letters"};

int coarse_parse(const char *word)
{
    for (int i = 0; i < COARSE_KINDS; i++)
        if (word != NULL && strcmp(words[i], word) == 0)
            return i;
    return -1;
}

const char *coarse_word(enum coarse how)
{
    return words[how];
}

static const char *age_band(int64_t width, struct date born, int32_t today, struct arena *arena)
{
    struct date now = date_from_day(today);
    int64_t age = now.year - born.year - (now.month < born.month || (now.month == born.month && now.day < born.day));

    if (age < 0)
        return "";
    return arena_printf(arena, "%" PRId64 "-%" PRId64, age / width * width, age / width * width + width - 1);
}

/* A whole number, with blanks between its digits and perhaps a fraction, which is left away. */
static bool read_number(const char *text, int64_t *ret)
{
    int64_t number = 0;
    bool minus = *text == '-', any = false;

    for (text += minus; *text != '\0' && *text != '.' && *text != ','; text++) {
        if (*text == ' ' || strncmp(text, "\u00a0", 2) == 0) {
            text += *text != ' ';
            continue;
        }
        if (!isdigit((unsigned char)*text) || number > INT64_MAX / 100)
            return false;
        number = number * 10 + (*text - '0');
        any = true;
    }
    if (*text != '\0' && text[1 + strspn(text + 1, "0123456789")] != '\0')
        return false;
    *ret = minus ? -number : number;
    return any;
}

static const char *band(int64_t width, const char *value, struct arena *arena)
{
    int64_t number, from;

    if (!read_number(value, &number))
        return "";
    from = number / width * width;
    if (number < 0 && from != number)
        from -= width;
    return arena_printf(arena, "%" PRId64 "-%" PRId64, from, from + width - 1);
}

static const char *first_letters(int64_t width, const char *value, struct arena *arena)
{
    size_t count = 0;

    while (value[count] != '\0' && width > 0) {
        do
            count++;
        while (((unsigned char)value[count] & 0xC0) == 0x80);
        width--;
    }
    return arena_strndup(arena, value, count);
}

const char *coarse_value(enum coarse how, int64_t width, const char *value, int32_t today, struct arena *arena)
{
    struct date date;
    bool is_date = strlen(value) >= 10;

    if (is_date) {
        char text[11];

        memcpy(text, value, 10);
        text[10] = '\0';
        is_date = date_parse(text, &date);
    }
    switch (how) {
    case COARSE_DROP:
        return "";
    case COARSE_KEEP:
        return arena_strdup(arena, value);
    case COARSE_AGE_BAND:
        return is_date ? age_band(width, date, today, arena) : "";
    case COARSE_YEAR:
        return is_date ? arena_strndup(arena, value, 4) : "";
    case COARSE_MONTH:
        return is_date ? arena_strndup(arena, value, 7) : "";
    case COARSE_BAND:
        return band(width, value, arena);
    case COARSE_FIRST_PART:
        return arena_strndup(arena, value, strcspn(value, ",\r\n"));
    case COARSE_FIRST_LETTERS:
        return first_letters(width, value, arena);
    }
    return NULL;
}
