/* One pass over the text and one look into a table a letter. */
#include "adverts/fold.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#define TABLE_SIZE 0x20000
#define BETWEEN 0 /* separates words */
#define NOTHING 1 /* a mark: as if it were not there */
#define UNSEEN 2  /* an invisible sign */

struct fold {
    uint16_t letters[TABLE_SIZE];
};

enum script { SCRIPT_OTHER, SCRIPT_LATIN, SCRIPT_CYRILLIC, SCRIPT_GREEK, SCRIPT_DIGIT };

static inline enum script script_of(uint16_t c)
{
    if (c >= 0x400 && c <= 0x52F)
        return SCRIPT_CYRILLIC;
    if (c >= 'a' && c <= 'z')
        return SCRIPT_LATIN;
    if (c >= '0' && c <= '9')
        return SCRIPT_DIGIT;
    return c >= 0x3B1 && c <= 0x3C9 ? SCRIPT_GREEK : SCRIPT_OTHER;
}

static uint16_t plain_of(uint32_t c)
{
    static const uint16_t pairs[][2] = {{0x04D9, 0x0430} /* ә */,
                                        {0x0493, 0x0433} /* ғ */,
                                        {0x049B, 0x043A} /* қ */,
                                        {0x04A3, 0x043D} /* ң */,
                                        {0x04E9, 0x043E} /* ө */,
                                        {0x04B1, 0x0443} /* ұ */,
                                        {0x04AF, 0x0443} /* ү */,
                                        {0x04BB, 0x0445} /* һ */,
                                        {0x0456, 0x0438} /* і */,
                                        {0x0451, 0x0435} /* ё */,
                                        {0x0131, 'i'} /* ı */};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i][0] == c)
            return pairs[i][1];
    }
    return (uint16_t)c;
}

static uint16_t entry_of(const UNormalizer2 *fold, const UNormalizer2 *nfkd, UChar32 c)
{
    UChar from[2], to[24];
    int32_t count = 0, from_count = 0;
    UErrorCode status = U_ZERO_ERROR;
    int8_t type = u_charType(c);

    if (c == 0x2116 || c == '%')
        return (uint16_t)c;
    if (type == U_FORMAT_CHAR || c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0x2800)
        return UNSEEN;
    if ((U_MASK(type) & U_GC_M_MASK) != 0)
        return NOTHING;
    U16_APPEND_UNSAFE(from, from_count, c);
    count = unorm2_normalize(fold, from, from_count, to, 24, &status);
    if (U_FAILURE(status) || count < 1 || U16_IS_SURROGATE(to[0]) || !u_isalnum(to[0]))
        return BETWEEN;
    uint16_t letter = plain_of(to[0]);
    if (letter >= 0xC0 && letter < 0x250) {
        /* Latin with a mark: the letter without it. */
        int32_t parts = unorm2_normalize(nfkd, &letter, 1, to, 24, &status);
        if (U_SUCCESS(status) && parts > 1 && to[0] >= 'a' && to[0] <= 'z')
            letter = to[0];
    }
    return letter <= UNSEEN ? BETWEEN : letter;
}

int fold_new(struct fold **ret, struct err *err)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&status), *nfkd = unorm2_getNFKDInstance(&status);
    struct fold *made = malloc(sizeof *made);

    if (!made || U_FAILURE(status)) {
        free(made);
        return err_memory(err);
    }
    for (UChar32 c = 0; c < TABLE_SIZE; c++) {
        /* Chinese, Korean and the like stand for themselves; surrogates are no characters. */
        if (c >= 0x3400 && c < 0xD7FF)
            made->letters[c] = (uint16_t)c;
        else
            made->letters[c] = c >= 0xD800 && c < 0xF900 ? BETWEEN : entry_of(fold, nfkd, c);
    }
    *ret = made;
    return 0;
}

void fold_free(struct fold *fold)
{
    free(fold);
}

/* The Cyrillic letter that this one looks like, or 0. */
static uint16_t as_cyrillic(uint16_t c)
{
    switch (c) {
    case 'a':
    case 0x3B1:
        return 0x430;
    case 'b': /* as a capital it is В */
    case 0x3B2:
        return 0x432;
    case 'c':
        return 0x441;
    case 'e':
    case 0x3B5:
        return 0x435;
    case 'h':
    case 0x3B7:
        return 0x43D;
    case 'i':
    case 0x3B9:
        return 0x438;
    case 'k':
    case 0x3BA:
        return 0x43A;
    case 'm':
    case 0x3BC:
        return 0x43C;
    case 'o':
    case 0x3BF:
    case '0':
        return 0x43E;
    case 'p':
    case 0x3C1:
        return 0x440;
    case 't':
    case 0x3C4:
        return 0x442;
    case 'x':
    case 0x3C7:
        return 0x445;
    case 'y':
    case 0x3C5:
        return 0x443;
    case '3':
        return 0x437;
    case '4':
        return 0x447;
    case '6':
        return 0x431;
    default:
        return 0;
    }
}

static uint16_t as_latin(uint16_t c)
{
    static const uint16_t pairs[][2] = {
        {0x430, 'a'}, {0x432, 'b'}, {0x441, 'c'}, {0x435, 'e'}, {0x43D, 'h'}, {0x438, 'i'}, {0x43A, 'k'}, {0x43C, 'm'},
        {0x43E, 'o'}, {0x440, 'p'}, {0x442, 't'}, {0x445, 'x'}, {0x443, 'y'}, {0x455, 's'}, {0x458, 'j'}, {0x3B1, 'a'},
        {0x3B2, 'b'}, {0x3B5, 'e'}, {0x3B9, 'i'}, {0x3BA, 'k'}, {0x3BF, 'o'}, {0x3C1, 'p'}, {0x3C4, 't'}, {0x3C7, 'x'},
        {0x3C5, 'y'}, {'0', 'o'},   {'1', 'i'},   {'3', 'e'},   {'4', 'a'},   {'5', 's'}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i][0] == c)
            return pairs[i][1];
    }
    return 0;
}

/* Turns the word into one alphabet, when every letter of the others looks like one of it. */
static bool turn(uint16_t *letters, size_t count, enum script to)
{
    uint16_t turned[FOLDED_WORD_MAX];
    for (size_t i = 0; i < count; i++) {
        turned[i] = letters[i];
        if (script_of(letters[i]) == to)
            continue;
        turned[i] = to == SCRIPT_CYRILLIC ? as_cyrillic(letters[i]) : as_latin(letters[i]);
        if (turned[i] == 0)
            return false;
    }
    memcpy(letters, turned, count * sizeof *letters);
    return true;
}

static void unmix(uint16_t *letters, struct folded_word *word)
{
    size_t scripts[5] = {0};
    bool only_i = true; /* і is typed as a Latin i by everybody who lacks it */
    for (size_t i = 0; i < word->count; i++) {
        scripts[script_of(letters[i])]++;
        only_i = only_i && (script_of(letters[i]) == SCRIPT_CYRILLIC || letters[i] == 'i');
    }
    int alphabets = (scripts[SCRIPT_LATIN] > 0) + (scripts[SCRIPT_CYRILLIC] > 0) + (scripts[SCRIPT_GREEK] > 0);
    if (scripts[SCRIPT_OTHER] > 0 || alphabets == 0 || (alphabets == 1 && scripts[SCRIPT_DIGIT] == 0) ||
        (alphabets == 1 && scripts[SCRIPT_GREEK] > 0))
        return;
    /* Into the alphabet in which all of it reads; Cyrillic where both will do. */
    bool done = scripts[SCRIPT_CYRILLIC] > 0 && turn(letters, word->count, SCRIPT_CYRILLIC);
    if (!done && scripts[SCRIPT_LATIN] > 0)
        done = turn(letters, word->count, SCRIPT_LATIN);
    if (done && !only_i)
        word->flags |= WORD_LOOKALIKE;
}

/* Numbers at either end of a word are words of their own: "14-17лет", "ковид19". */
static size_t digits_before(const uint16_t *letters, size_t count)
{
    size_t digits = 0;
    while (digits < count && script_of(letters[digits]) == SCRIPT_DIGIT)
        digits++;
    return digits == count || (digits == 1 && as_cyrillic(letters[0]) != 0) ? 0 : digits;
}

static size_t digits_behind(const uint16_t *letters, size_t count)
{
    size_t digits = 0;
    while (digits < count && script_of(letters[count - 1 - digits]) == SCRIPT_DIGIT)
        digits++;
    return digits == count || (digits == 1 && count > 2 && letters[count - 1] == '0') ? 0 : digits;
}

struct folding {
    struct folded *out;
    size_t letter_count;
    unsigned scripts; /* of the word that is being read: bits of enum script */
};

static void word_add(struct folding *folding, struct folded_word word)
{
    const uint16_t *letters = folding->out->letters + word.at;
    struct folded_word number = word;
    size_t before, behind;

    /* Most words are of one alphabet. */
    if (folding->scripts == 1u << SCRIPT_CYRILLIC || folding->scripts == 1u << SCRIPT_LATIN) {
        folding->out->words[folding->out->count++] = word;
        return;
    }
    before = digits_before(letters, word.count);
    behind = digits_behind(letters, word.count);

    if (before > 0 && before + behind < word.count) {
        number.count = (uint16_t)before;
        number.until = (uint32_t)(word.from + before);
        folding->out->words[folding->out->count++] = number;
        word.at += (uint32_t)before;
        word.count = (uint16_t)(word.count - before);
        word.from += (uint32_t)before;
        word.flags &= (uint16_t) ~(WORD_FIRST | WORD_HASHTAG);
    } else if (before > 0) {
        behind = 0;
    }
    if (behind > 0) {
        number = word;
        word.count = (uint16_t)(word.count - behind);
        word.until -= (uint32_t)behind;
        number.at = word.at + word.count;
        number.count = (uint16_t)behind;
        number.from = word.until;
        number.flags &= (uint16_t) ~(WORD_FIRST | WORD_HASHTAG | WORD_SET_OFF);
    }
    unmix(folding->out->letters + word.at, &word);
    folding->out->words[folding->out->count++] = word;
    if (behind > 0)
        folding->out->words[folding->out->count++] = number;
}

/* Runs of four and more single letters, as one word each, behind the others. */
static void join_spaced(struct folding *folding)
{
    struct folded *out = folding->out;
    size_t words = out->count;
    out->all = words;
    for (size_t i = 0; i < words;) {
        size_t end = i;
        while (end < words && out->words[end].count == 1 &&
               script_of(out->letters[out->words[end].at]) != SCRIPT_DIGIT && end - i < FOLDED_WORD_MAX)
            end++;
        if (end - i >= 4) {
            struct folded_word word = out->words[i];
            word.until = out->words[end - 1].until;
            word.at = (uint32_t)folding->letter_count;
            word.count = (uint16_t)(end - i);
            word.flags |= WORD_SPACED;
            for (size_t j = i; j < end; j++)
                out->letters[folding->letter_count++] = out->letters[out->words[j].at];
            unmix(out->letters + word.at, &word);
            out->words[out->all++] = word;
        }
        i = end > i ? end : i + 1;
    }
}

int fold_text(const struct fold *fold, const char *text, size_t count, void *room, size_t room_bytes,
              struct arena *arena, struct folded *ret, struct err *err)
{
    /* A letter has a byte at least, and is written twice at most; a word with what parts it two bytes, or one where a
     * number is cut off, and one more for four that are read together. */
    size_t words_bytes = (count + count / 2 + 4) * sizeof(struct folded_word),
           letters_bytes = (2 * count + 4) * sizeof(uint16_t);
    struct folded out = {0};
    struct folding folding = {&out, 0, 0};
    struct folded_word word = {0};
    const uint8_t *bytes = (const uint8_t *)text;
    bool inside = false;
    uint16_t next = WORD_FIRST | WORD_SET_OFF;

    if (words_bytes + letters_bytes > room_bytes)
        room = arena_alloc(arena, words_bytes + letters_bytes);
    if (!room)
        return err_memory(err);
    out.words = room;
    out.letters = (uint16_t *)((char *)room + words_bytes);
    for (size_t i = 0; i < count;) {
        size_t from = i;
        uint32_t c = bytes[i];
        if (c < 0x80) {
            i++;
        } else if (c < 0xE0 && i + 1 < count) {
            c = (c & 0x1F) << 6 | (bytes[i + 1] & 0x3F);
            i += 2;
        } else {
            int32_t at = 0, left = count - i < 4 ? (int32_t)(count - i) : 4;
            UChar32 wide;
            U8_NEXT(bytes + i, at, left, wide);
            c = wide < 0 ? ' ' : (uint32_t)wide;
            i += (size_t)at;
        }
        uint16_t letter = c < TABLE_SIZE ? fold->letters[c] : BETWEEN;
        /* Signs that are looked for stand alone. */
        bool sign = letter == 0x2116 || letter == '%';
        if (letter > UNSEEN && inside && sign == (out.letters[word.at] == 0x2116 || out.letters[word.at] == '%')) {
            if (word.count < FOLDED_WORD_MAX) {
                out.letters[folding.letter_count++] = letter;
                folding.scripts |= 1u << script_of(letter);
                word.count++;
            }
            word.until = (uint32_t)i;
            continue;
        }
        if (letter == NOTHING || letter == UNSEEN) {
            if (inside && letter == UNSEEN)
                word.flags |= WORD_HIDDEN;
            continue;
        }
        if (inside) {
            word_add(&folding, word);
            inside = false;
            next = 0;
        }
        if (letter > UNSEEN) {
            word = (struct folded_word){(uint32_t)from, (uint32_t)i, (uint32_t)folding.letter_count, 1, next};
            out.letters[folding.letter_count++] = letter;
            folding.scripts = 1u << script_of(letter);
            inside = true;
        } else if (c == '\n') {
            next = WORD_FIRST | WORD_SET_OFF;
        } else if (c == '#') {
            next |= WORD_HASHTAG | WORD_SET_OFF;
        } else if (c != ' ' && c != '\t' && c != 0xA0 && c != '-') {
            next = (uint16_t)((next & WORD_FIRST) | WORD_SET_OFF);
        }
    }
    if (inside)
        word_add(&folding, word);
    join_spaced(&folding);
    *ret = out;
    return 0;
}
