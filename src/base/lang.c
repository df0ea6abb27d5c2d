/* The three languages, and the choice among them by what a browser asks for. */
#include "base/lang.h"
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *const codes[LANG_COUNT] = {"kk", "ru", "en"};

const char *lang_code(enum lang lang)
{
    return codes[lang];
}

int lang_parse(const char *code)
{
    for (int i = 0; code != NULL && i < LANG_COUNT; i++)
        if (strcmp(code, codes[i]) == 0)
            return i;
    return -1;
}

/* Reads `[; q=0.123]` between `at` and `end`: thousandths, 1000 without a weight, -1 when malformed. */
static int weight_parse(const char *at, const char *end)
{
    while (at < end && isspace((unsigned char)*at))
        at++;
    if (at == end)
        return 1000;
    if (*at++ != ';')
        return -1;
    while (at < end && isspace((unsigned char)*at))
        at++;
    if (end - at < 3 || (at[0] != 'q' && at[0] != 'Q') || at[1] != '=' || (at[2] != '0' && at[2] != '1'))
        return -1;
    int weight = (at[2] - '0') * 1000;
    at += 3;
    if (at < end && *at == '.') {
        at++;
        for (int unit = 100; unit > 0 && at < end && isdigit((unsigned char)*at); unit /= 10)
            weight += (*at++ - '0') * unit;
    }
    while (at < end && isspace((unsigned char)*at))
        at++;
    return at == end && weight <= 1000 ? weight : -1;
}

enum lang lang_negotiate(const char *accept_language)
{
    int weight[LANG_COUNT] = {-1, -1, -1}, place[LANG_COUNT] = {0}, star_weight = -1, star_place = 0, position = 0;
    for (const char *at = accept_language; at != NULL && *at != '\0'; position++) {
        const char *end = at + strcspn(at, ",");
        while (at < end && isspace((unsigned char)*at))
            at++;
        const char *tag = at;
        while (at < end && *at != ';' && !isspace((unsigned char)*at))
            at++;
        int q = weight_parse(at, end);
        size_t primary = strcspn(tag, "-;, \t");
        if (q >= 0 && at - tag == 1 && *tag == '*' && q > star_weight) {
            star_weight = q;
            star_place = position;
        }
        for (int i = 0; q >= 0 && i < LANG_COUNT; i++) {
            if (primary == 2 && strncasecmp(tag, codes[i], 2) == 0 && q > weight[i]) {
                weight[i] = q;
                place[i] = position;
            }
        }
        at = *end == ',' ? end + 1 : end;
    }
    int best = LANG_KK, best_weight = 0, best_place = 0;
    for (int i = 0; i < LANG_COUNT; i++) {
        int q = weight[i] >= 0 ? weight[i] : star_weight;
        int p = weight[i] >= 0 ? place[i] : star_place;
        if (q > 0 && (q > best_weight || (q == best_weight && p < best_place))) {
            best = i;
            best_weight = q;
            best_place = p;
        }
    }
    return (enum lang)best;
}
