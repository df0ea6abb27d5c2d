/* Unicode text through ICU. ICU works in UTF-16, so each call converts into scratch memory and back; the scratch is
 * heap memory, only the result is the arena's. */
#include "base/unicode.h"
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#define CLEANUP_UTF16 __attribute__((cleanup(utf16_free)))

struct utf16 {
    UChar *units;
    int32_t count;
};

static void utf16_free(struct utf16 *text)
{
    free(text->units);
}

bool utf8_valid(const char *bytes, size_t count)
{
    size_t i = 0;
    while (i < count) {
        /* Eight plain ASCII bytes at a time: none zero, none with the top bit. */
        uint64_t word;
        if (count - i >= sizeof word) {
            memcpy(&word, bytes + i, sizeof word);
            const uint64_t top = UINT64_C(0x8080808080808080);
            if ((word & top) == 0 && ((word - UINT64_C(0x0101010101010101)) & ~word & top) == 0) {
                i += sizeof word;
                continue;
            }
        }
        /* ICU's macro wants int32_t offsets; a character is at most four bytes. */
        int32_t at = 0, left = count - i < 4 ? (int32_t)(count - i) : 4;
        UChar32 c;
        U8_NEXT((const uint8_t *)bytes + i, at, left, c);
        if (c <= 0)
            return false;
        i += (size_t)at;
    }
    return true;
}

size_t utf8_length(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* False when memory ends or the text is not valid UTF-8. */
static bool utf16_from(const char *text, struct utf16 *ret)
{
    size_t length = strlen(text);
    if (length > INT32_MAX / 8)
        return false;
    ret->units = malloc((length + 1) * sizeof *ret->units);
    UErrorCode status = U_ZERO_ERROR;
    if (ret->units == NULL)
        return false;
    u_strFromUTF8(ret->units, (int32_t)length + 1, &ret->count, text, (int32_t)length, &status);
    return U_SUCCESS(status);
}

static bool utf16_normalised(const UNormalizer2 *normalizer, const struct utf16 *from, struct utf16 *ret)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t room = from->count * 2 + 32;
    for (int attempt = 0; attempt < 2; attempt++) {
        UChar *units = realloc(ret->units, (size_t)room * sizeof *units);
        if (units == NULL)
            return false;
        ret->units = units;
        status = U_ZERO_ERROR;
        ret->count = unorm2_normalize(normalizer, from->units, from->count, units, room, &status);
        if (status != U_BUFFER_OVERFLOW_ERROR)
            break;
        room = ret->count + 1;
    }
    return U_SUCCESS(status);
}

static char *utf16_to_arena(struct arena *arena, const UChar *units, int32_t count)
{
    int32_t length = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8(NULL, 0, &length, units, count, &status);
    if (status != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(status))
        return NULL;
    char *text = arena_alloc(arena, (size_t)length + 1);
    status = U_ZERO_ERROR;
    if (text != NULL)
        u_strToUTF8(text, length + 1, NULL, units, count, &status);
    return text;
}

char *text_normalise(struct arena *arena, const char *text)
{
    CLEANUP_UTF16 struct utf16 raw = {0}, normal = {0};
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
    if (U_FAILURE(status) || !utf16_from(text, &raw))
        return NULL;
    /* Controls go first: without them letters and marks may join. Those that matter are all single units. */
    int32_t kept = 0;
    for (int32_t i = 0; i < raw.count; i++) {
        UChar unit = raw.units[i];
        if (unit == '\n' || unit == '\t' || u_charType(unit) != U_CONTROL_CHAR)
            raw.units[kept++] = unit;
    }
    raw.count = kept;
    if (!utf16_normalised(nfc, &raw, &normal))
        return NULL;
    int32_t start = 0, end = normal.count;
    while (start < end && u_isUWhiteSpace(normal.units[start]))
        start++;
    while (end > start && u_isUWhiteSpace(normal.units[end - 1]))
        end--;
    return utf16_to_arena(arena, normal.units + start, end - start);
}

/* Letters that stand for themselves in NFC and never join with what is before them: Latin, Cyrillic, common signs and
 * most emoji. Controls and every blank but the plain one are not among them. */
static bool is_settled(uint32_t c)
{
    return (c > 0xA0 && c < 0x300) || (c >= 0x400 && c <= 0x482) || (c >= 0x48A && c <= 0x52F) ||
           (c >= 0x2010 && c <= 0x2027) || (c >= 0x2030 && c <= 0x205E) || (c >= 0x20A0 && c <= 0x20C0) ||
           c == 0x2116 || (c >= 0x1F300 && c <= 0x1FAFF);
}

const char *text_normalised(struct arena *arena, const char *text, size_t count)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t i = 0;
    if (count > 0 && (bytes[0] <= ' ' || bytes[count - 1] <= ' '))
        return text_normalise(arena, text);
    while (i < count) {
        if (bytes[i] < 0x80) {
            if ((bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\t') || bytes[i] == 0x7F)
                break;
            i++;
            continue;
        }
        int32_t at = 0, left = count - i < 4 ? (int32_t)(count - i) : 4;
        UChar32 c;
        U8_NEXT(bytes + i, at, left, c);
        if (c < 0 || !is_settled((uint32_t)c))
            break;
        i += (size_t)at;
    }
    return i == count ? text : text_normalise(arena, text);
}

/* The plain neighbour of a Kazakh letter (already folded), or the letter itself. */
static UChar32 plain_letter(UChar32 c)
{
    switch (c) {
    case 0x04D9: /* ә */
        return 0x0430;
    case 0x0493: /* ғ */
        return 0x0433;
    case 0x049B: /* қ */
        return 0x043A;
    case 0x04A3: /* ң */
        return 0x043D;
    case 0x04E9: /* ө */
        return 0x043E;
    case 0x04B1: /* ұ */
    case 0x04AF: /* ү */
        return 0x0443;
    case 0x04BB: /* һ */
        return 0x0445;
    case 0x0456: /* і */
        return 0x0438;
    default:
        return c;
    }
}

static bool is_word_character(UChar32 c)
{
    return u_isalnum(c) || (U_MASK(u_charType(c)) & U_GC_M_MASK) != 0;
}

char *text_fold_words(struct arena *arena, const char *text)
{
    CLEANUP_UTF16 struct utf16 raw = {0}, folded = {0};
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&status);
    if (U_FAILURE(status) || !utf16_from(text, &raw) || !utf16_normalised(fold, &raw, &folded))
        return NULL;
    /* In place: what is written never overtakes what is read, for a blank stands where something was dropped. */
    int32_t kept = 0;
    bool between = false;
    for (int32_t i = 0; i < folded.count;) {
        UChar32 c;
        U16_NEXT(folded.units, i, folded.count, c);
        if (!is_word_character(c)) {
            between = kept > 0;
            continue;
        }
        if (between)
            folded.units[kept++] = ' ';
        between = false;
        c = plain_letter(c);
        U16_APPEND_UNSAFE(folded.units, kept, c);
    }
    return utf16_to_arena(arena, folded.units, kept);
}

char *text_host(struct arena *arena, const char *text)
{
    char host[1024];
    UErrorCode status = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UIDNA *idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_UNICODE, &status);
    if (U_FAILURE(status))
        return NULL;
    int32_t count = uidna_nameToUnicodeUTF8(idna, text, -1, host, sizeof(host), &info, &status);
    uidna_close(idna);
    if (U_SUCCESS(status) && info.errors == 0 && count < (int32_t)sizeof(host))
        return arena_strndup(arena, host, (size_t)count);
    char *lowered = arena_strdup(arena, text);
    for (char *c = lowered; c && *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    return lowered;
}
