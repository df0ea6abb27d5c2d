/* The check before publication in process, on one core: adcheck [SECONDS]. Prints a JSON line a figure. An
 * advertisement is of some 800 bytes with twelve criteria, half of them refused for something. */
#include "adverts/check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TODAY 20780
#define ADS 1000

static const char *const values[] = {"футбол",          "ремонт квартир", "путешествия", "книги",
                                     "қазақтар",        "кітап оқу",      "cars",        "сахарный диабет",
                                     "жаңа үйлер",      "велоспорт",      "хоккей",      "custom audience",
                                     "казахская кухня", "бухгалтерия",    "школьники"};

static double now_sec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print(const char *name, double value, const char *unit)
{
    printf("{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"%s\"}\n", name, value, unit);
}

static void fail(const struct err *err)
{
    fprintf(stderr, "%s %s\n", err->code, err->arg);
    exit(1);
}

static void one(struct buf *out, int number)
{
    buf_printf(
        out,
        "{\"id\":\"ad-%d\",\"kind\":\"targeted\",\"format\":\"text\",\"language\":\"ru\",\"text\":\"Реклама. Магазин "
        "«Дом %d» объявляет о распродаже садовой мебели: столы, стулья и беседки с доставкой по всему городу.\\n"
        "Ждём вас каждый день с девяти до девяти на проспекте Абая.\",\"mark\":{\"text\":\"Реклама\",\"place\":"
        "\"first_line\"},\"account\":{\"name\":\"dom%d\",\"url\":\"https://dom.example.kz/%d\"},\"advertiser\":{"
        "\"name\":\"ТОО «Дом %d»\"},\"payer\":{\"name\":\"ТОО «Дом %d»\"},\"period\":{\"from\":\"2026-11-01\","
        "\"until\":\"2026-12-31\"},\"targeting\":{\"age\":{\"from\":18,\"until\":65},\"include\":[",
        number, number, number, number, number, number);
    for (int i = 0; i < 12; i++) {
        /* Every other advertisement keeps to what is allowed. */
        int pick = number % 2 == 0 ? i % 4 : (number + i) % (int)(sizeof values / sizeof values[0]);
        buf_printf(out, "%s{\"criterion\":\"интерес\",\"value\":\"%s\"}", i > 0 ? "," : "", values[pick]);
    }
    buf_puts(out, "]}}");
}

static void measure_criteria(const struct advert_rules *rules, double seconds)
{
    struct advert advert = {.language = "ru", .text = "Реклама", .age_from = 18, .until_day = INT32_MAX};
    struct advert_criterion *criteria = calloc(ADVERT_CRITERIA_MAX, sizeof *criteria);
    struct arena arena;
    struct err err;
    size_t done = 0;
    double began;
    if (criteria == NULL)
        exit(1);
    for (size_t i = 0; i < ADVERT_CRITERIA_MAX; i++)
        criteria[i] = (struct advert_criterion){"интерес", values[i % 4]};
    advert.include = criteria;
    advert.include_count = ADVERT_CRITERIA_MAX;
    arena_init(&arena, (size_t)64 << 20);
    began = now_sec();
    while (now_sec() - began < seconds) {
        struct advert_result result;
        if (advert_check(rules, &advert, TODAY, &arena, &result, &err) < 0)
            fail(&err);
        arena_reset(&arena);
        done++;
    }
    print("adcheck_criteria", (double)(done * ADVERT_CRITERIA_MAX) / (now_sec() - began), "criteria/s");
    arena_done(&arena);
    free(criteria);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 3, began;
    struct catalogue *law;
    struct advert_rules *rules;
    struct arena cells, arena;
    struct buf texts[ADS], out;
    struct advert adverts[ADS];
    struct err err = {0};
    size_t done = 0, refused = 0, bytes = 0;

    if (catalogue_load(LAW_DIR, &law, &err) < 0)
        fail(&err);
    began = now_sec();
    if (advert_rules_new(law, NULL, &rules, &err) < 0)
        fail(&err);
    print("adcheck_load", (now_sec() - began) * 1e6, "us");
    arena_init(&cells, (size_t)256 << 20);
    arena_init(&arena, (size_t)64 << 20);
    buf_init(&out, (size_t)64 << 20);
    for (int i = 0; i < ADS; i++) {
        buf_init(&texts[i], 1 << 16);
        one(&texts[i], i);
        bytes += texts[i].len;
    }
    print("adcheck_bytes", (double)bytes / ADS, "bytes");
    /* All of it: bytes in, JSON of the result out. */
    began = now_sec();
    while (now_sec() - began < seconds) {
        for (size_t i = 0; i < ADS; i++) {
            struct field_errors errors;
            struct advert_result result;
            const struct json_cell *cell;
            char *text = arena_strndup(&arena, texts[i].data, texts[i].len);
            field_errors_init(&errors, &arena);
            if (json_tape_read(text, texts[i].len, &arena, &cell, &err) < 0 ||
                advert_read(cell, "", &arena, &adverts[i], &errors, &err) < 0 ||
                advert_check(rules, &adverts[i], TODAY, &arena, &result, &err) < 0 ||
                advert_result_write(&result, LANG_KK, &out, &err) < 0)
                fail(&err);
            arena_reset(&arena);
            buf_reset(&out);
        }
        done += ADS;
    }
    print("adcheck_whole", (double)done / (now_sec() - began), "checks/s");
    for (size_t i = 0; i < ADS; i++) {
        struct field_errors errors;
        const struct json_cell *cell;
        field_errors_init(&errors, &cells);
        if (json_tape_read(texts[i].data, texts[i].len, &cells, &cell, &err) < 0 ||
            advert_read(cell, "", &cells, &adverts[i], &errors, &err) < 0)
            fail(&err);
    }
    done = 0;
    began = now_sec();
    while (now_sec() - began < seconds) {
        for (size_t i = 0; i < ADS; i++) {
            struct advert_result result;
            if (advert_check(rules, &adverts[i], TODAY, &arena, &result, &err) < 0)
                fail(&err);
            refused += !result.allowed;
            arena_reset(&arena);
        }
        done += ADS;
    }
    print("adcheck_check", (double)done / (now_sec() - began), "checks/s");
    print("adcheck_refused", 100.0 * (double)refused / (double)done, "%");
    measure_criteria(rules, seconds);
    for (int i = 0; i < ADS; i++)
        buf_done(&texts[i]);
    buf_done(&out);
    arena_done(&cells);
    arena_done(&arena);
    advert_rules_free(rules);
    catalogue_free(law);
    return 0;
}
