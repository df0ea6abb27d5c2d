/* One look into a table for nearly every letter; ICU is asked only once, to fill it, and for scripts beyond. */
#include "adverts/words.h"

#include <pthread.h>
#include <string.h>
#include <unicode/uchar.h>

#define TABLE 0x600 /* Latin, Greek, Cyrillic with its supplement, Armenian, Hebrew */
enum { BREAK = 0, MARK = 1 };

static uint16_t lower[TABLE]; /* the letter in lower case, BREAK or MARK */
static pthread_once_t filled = PTHREAD_ONCE_INIT;

static uint32_t look(uint32_t c)
{
    int kind = u_charType((UChar32)c);

    if (kind == U_NON_SPACING_MARK || kind == U_ENCLOSING_MARK || c == 0xad)
        return MARK;
    if (!u_isalnum((UChar32)c) && kind != U_COMBINING_SPACING_MARK)
        return BREAK;
    return (uint32_t)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT);
}

static void fill(void)
{
    for (uint32_t c = 0; c < TABLE; c++) {
        uint32_t to = look(c);

        lower[c] = (uint16_t)(to <= UINT16_MAX ? to : c);
    }
}

/* One code point; the text is valid, but its end is looked for even in the middle of one. */
static inline const char *next_point(const char *at, uint32_t *ret)
{
    const unsigned char *p = (const unsigned char *)at;

    if (p[0] < 0x80) {
        *ret = p[0];
        return at + 1;
    }
    if (p[0] < 0xe0 && p[1] != 0) {
        *ret = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
        return at + 2;
    }
    if (p[0] < 0xf0 && p[1] != 0 && p[2] != 0) {
        *ret = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        return at + 3;
    }
    if (p[0] >= 0xf0 && p[1] != 0 && p[2] != 0 && p[3] != 0) {
        *ret = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 |
               (p[3] & 0x3f);
        return at + 4;
    }
    *ret = ' ';
    return at + 1;
}

static inline size_t put_point(char *at, uint32_t c)
{
    if (c < 0x80) {
        at[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        at[0] = (char)(0xc0 | c >> 6);
        at[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        at[0] = (char)(0xe0 | c >> 12);
        at[1] = (char)(0x80 | (c >> 6 & 0x3f));
        at[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    at[0] = (char)(0xf0 | c >> 18);
    at[1] = (char)(0x80 | (c >> 12 & 0x3f));
    at[2] = (char)(0x80 | (c >> 6 & 0x3f));
    at[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

bool words_next(const char **at, char ret[static WORD_ROOM], size_t *ret_len)
{
    const char *p = *at;
    size_t len = 0;

    pthread_once(&filled, fill);
    while (*p != '\0') {
        uint32_t c, to;
        const char *after = next_point(p, &c);

        to = c < TABLE ? lower[c] : look(c);
        p = after;
        if (to == BREAK) {
            if (len > 0)
                break;
            continue;
        }
        if (to != MARK && len + 4 <= WORD_MAX)
            len += put_point(ret + len, to);
    }
    *at = p;
    ret[len] = '\0';
    *ret_len = len;
    return len > 0;
}

/* What a Cyrillic letter is typed as where the keyboard has no Kazakh one. */
static uint32_t plain(uint32_t c)
{
    switch (c) {
    case 0x451: /* ё */
        return 0x435;
    case 0x4d9: /* ә */
        return 0x430;
    case 0x493: /* ғ */
        return 0x433;
    case 0x49b: /* қ */
        return 0x43a;
    case 0x4a3: /* ң */
        return 0x43d;
    case 0x4e9: /* ө */
        return 0x43e;
    case 0x4b1: /* ұ */
    case 0x4af: /* ү */
        return 0x443;
    case 0x4bb: /* һ */
        return 0x445;
    case 0x456: /* і */
        return 0x438;
    default:
        return c;
    }
}

static bool kazakh(uint32_t c)
{
    return c != 0x451 && plain(c) != c;
}

unsigned word_letters(const char *word, size_t len)
{
    const char *p = word, *end = word + len;
    unsigned letters = 0;

    while (p < end) {
        uint32_t c;

        p = next_point(p, &c);
        if (c >= '0' && c <= '9')
            letters |= WORD_DIGIT;
        else if (c < 0x250)
            letters |= WORD_LATIN;
        else if (c >= 0x400 && c < 0x530)
            letters |= kazakh(c) ? WORD_CYRILLIC | WORD_KAZAKH : WORD_CYRILLIC;
        else
            letters |= WORD_FOREIGN;
    }
    return letters;
}

size_t word_fold(const char *word, size_t len, char ret[static WORD_ROOM])
{
    const char *p = word, *end = word + len;
    bool high = false;
    size_t out = 0;

    for (size_t i = 0; i < len && !high; i++)
        high = (unsigned char)word[i] >= 0x80;
    if (!high) {
        memcpy(ret, word, len);
        ret[len] = '\0';
        return len;
    }
    bool cyrillic = (word_letters(word, len) & WORD_CYRILLIC) != 0;
    while (p < end) {
        uint32_t c;

        p = next_point(p, &c);
        out += put_point(ret + out, c == 'i' && cyrillic ? 0x438 : plain(c));
    }
    ret[out] = '\0';
    return out;
}

size_t words_fold_all(const char *text, char *ret, size_t room)
{
    char word[WORD_ROOM], folded[WORD_ROOM];
    size_t len, out = 0;

    while (words_next(&text, word, &len)) {
        size_t count = word_fold(word, len, folded);

        if (out + count + 2 > room)
            break;
        if (out > 0)
            ret[out++] = ' ';
        memcpy(ret + out, folded, count);
        out += count;
    }
    ret[out] = '\0';
    return out;
}
