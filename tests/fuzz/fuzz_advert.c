/* An advertisement from any bytes: what is read is written, and what is written reads the same; and the check of it
 * comes to an end, with findings whose places and words are text. */
#include "adverts/check.h"
#include "base/unicode.h"
#include <stdlib.h>
#include <string.h>

#define TODAY 20780

static struct catalogue *law;
static struct advert_rules *rules;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct err err = {0};
    if (catalogue_load(LAW_DIR, &law, &err) < 0 || advert_rules_new(law, NULL, &rules, &err) < 0)
        abort();
    return 0;
}

static void check_again(const struct advert *advert, struct arena *arena)
{
    CLEANUP_BUF struct buf first, second;
    struct advert again;
    struct err err = {0};
    buf_init(&first, (size_t)16 << 20);
    buf_init(&second, (size_t)16 << 20);
    if (advert_write(advert, &first, &err) < 0 || advert_read_kept(first.data, first.len, arena, &again, &err) < 0 ||
        advert_write(&again, &second, &err) < 0 || first.len != second.len ||
        memcmp(first.data, second.data, first.len) != 0)
        abort();
}

static void check_result(const struct advert *advert, struct arena *arena)
{
    CLEANUP_BUF struct buf out;
    struct advert_result result;
    struct err err = {0};
    bool refused = false;
    buf_init(&out, (size_t)16 << 20);
    if (advert_check(rules, advert, TODAY, arena, &result, &err) < 0)
        abort();
    for (size_t i = 0; i < result.count; i++) {
        const struct advert_finding *one = &result.findings[i];
        refused = refused || one->refuses;
        if (!utf8_valid(one->field, strlen(one->field)) ||
            (one->found && !utf8_valid(one->found, strlen(one->found))) || !catalogue_norm_last(law, one->norm))
            abort();
    }
    if (result.allowed == refused || advert_result_write(&result, LANG_KK, &out, &err) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct json_cell *root = NULL;
    struct field_errors errors;
    struct advert advert;
    struct arena arena;
    struct err err = {0};
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    arena_init(&arena, (size_t)64 << 20);
    field_errors_init(&errors, &arena);
    if (json_tape_read(text, size, &arena, &root, &err) == 0) {
        int r = advert_read(root, "", &arena, &advert, &errors, &err);
        if (r == 0) {
            check_again(&advert, &arena);
            check_result(&advert, &arena);
        } else if (r != -ERR_BAD_INPUT || errors.count == 0 || errors.count > ADVERT_ERRORS_MAX) {
            abort();
        }
        for (size_t i = 0; i < errors.count; i++)
            if (!utf8_valid(errors.items[i].field, strlen(errors.items[i].field)))
                abort();
    }
    arena_done(&arena);
    free(text);
    return 0;
}
