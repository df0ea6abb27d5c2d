#include "adverts_made.h"

#include "base/time.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 60000 /* a language */
#define DAY_FIRST 19700
#define DAYS 1400

static const char *const codes[] = {"kk", "ru", "en"};
static const char *const files[] = {"/usr/share/hunspell/kk_KZ.dic", "/usr/share/hunspell/ru_RU.dic",
                                    "/usr/share/hunspell/en_US.dic"};
static char *words[3][WORDS];
static size_t counts[3];

static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double chance(uint64_t *state)
{
    return (double)(next(state) >> 11) * 0x1p-53;
}

/* Ranks by Zipf's law with exponent one: the logarithm is even. */
static size_t zipf(uint64_t *state, size_t count)
{
    size_t rank = (size_t)exp(chance(state) * log((double)count + 1)) - 1;

    return rank < count ? rank : count - 1;
}

void adverts_made_prepare(void)
{
    for (int i = 0; i < 3; i++) {
        char line[300];
        FILE *file = fopen(files[i], "r");
        uint64_t state = 42;
        size_t seen = 0;

        if (!file) {
            fprintf(stderr, "%s is missing\n", files[i]);
            exit(1);
        }
        while (fgets(line, sizeof line, file)) {
            size_t len = strcspn(line, "/ \t\r\n\"\\-.'");

            line[len] = '\0';
            if (len < 4 || len > 40 || (line[0] >= '0' && line[0] <= '9'))
                continue;
            /* An even choice of all lines, in mixed order. */
            size_t at = seen++ < WORDS ? seen - 1 : next(&state) % seen;
            if (at >= WORDS)
                continue;
            free(words[i][at]);
            words[i][at] = strdup(line);
        }
        fclose(file);
        counts[i] = seen < WORDS ? seen : WORDS;
        for (size_t k = counts[i] - 1; k > 0; k--) {
            size_t other = next(&state) % (k + 1);
            char *word = words[i][k];

            words[i][k] = words[i][other];
            words[i][other] = word;
        }
    }
}

const char *advert_made_word(int language, size_t rank)
{
    return words[language][rank % counts[language]];
}

void advert_make_sample(uint64_t number, uint64_t count, struct advert_made *ret)
{
    static const char *const kinds[] = {"targeted", "sponsored", "other"};
    static const char *const formats[] = {"text", "image", "sound", "video"};
    uint64_t state = number * UINT64_C(0xd1342543de82ef95) + 17;
    int language = chance(&state) < 0.55 ? 1 : chance(&state) < 0.8 ? 0 : 2;
    size_t n = 6 + next(&state) % 20, len = 0;
    char from[11], until[11];

    for (size_t i = 0; i < n; i++) {
        const char *word = words[language][zipf(&state, counts[language])];

        if (chance(&state) < 0.04)
            len += (size_t)snprintf(ret->text + len, sizeof ret->text - len, "%s%u", len ? " " : "",
                                    (unsigned)(next(&state) % 100000));
        else
            len += (size_t)snprintf(ret->text + len, sizeof ret->text - len, "%s%s", len ? " " : "", word);
    }
    ret->language = codes[language];
    size_t who = zipf(&state, 200000);
    snprintf(ret->advertiser, sizeof ret->advertiser, "ЖШС %s %zu", words[who % 2][who % counts[who % 2]], who);
    ret->kind = (int)(next(&state) % 3);
    ret->from = DAY_FIRST + (int32_t)(number * DAYS / count);
    ret->until = ret->from + 5 + (int32_t)(next(&state) % 60);
    ret->shown = (int64_t)exp(chance(&state) * 15);
    date_format(date_from_day(ret->from), from);
    date_format(date_from_day(ret->until), until);
    int written = snprintf(
        ret->json, sizeof ret->json,
        "{\"advert\":{\"account\":{\"name\":\"acc "
        "%zu\"},\"advertiser\":{\"name\":\"%s\"},\"format\":\"%s\",\"kind\":\"%s\","
        "\"language\":\"%s\",\"mark\":{\"place\":\"first_line\",\"text\":\"Жарнама\"},\"payer\":{\"name\":\"%s\"},"
        "\"period\":{\"from\":\"%s\",\"until\":\"%s\"},\"targeting\":{\"age\":{\"from\":18,\"until\":65},\"exclude\":[]"
        ","
        "\"include\":[{\"criterion\":\"interest\",\"value\":\"i%zu\"},{\"criterion\":\"city\",\"value\":\"c%zu\"}]},"
        "\"text\":\"%s\"},\"check\":{\"allowed\":true,\"findings\":[]}}",
        who / 3, ret->advertiser, formats[next(&state) % 4], kinds[ret->kind], ret->language, ret->advertiser, from,
        until, zipf(&state, 500), zipf(&state, 100), ret->text);
    ret->json_len = (size_t)written;
}
