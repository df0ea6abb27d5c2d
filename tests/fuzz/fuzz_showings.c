/* Any bytes as rows of showings, as CSV and as newline JSON. What is taken is within its bounds, sorted and no more
 * than was given; what is refused says why. */
#include "adverts/showings.h"
#include <stdlib.h>
#include <string.h>

#define TODAY 20779

static struct region regions[] = {{"KZ-75", "750000000", 75, {{"a", "b", "c"}}}, {"XX-A1", NULL, 1, {{"a", "b", "c"}}}};
static struct catalogue catalogue = {.region_count = 2, .regions = regions};

static int64_t find(void *arg, const char *id, size_t count, int32_t *ret_day)
{
    *ret_day = TODAY - 10;
    return count == 0 || (id[0] & 1) ? -1 : id[0];
}

static int begins(void *arg, int64_t serial, int32_t *ret_day, struct err *err)
{
    *ret_day = TODAY - 20;
    return 0;
}

static void look_at(const struct showings *got)
{
    int64_t total = 0;
    for (size_t i = 0; i < got->count; i++) {
        const struct showing *row = &got->rows[i], *before = i > 0 ? row - 1 : NULL;
        total += row->count;
        if (row->day > TODAY || row->day < TODAY - 20 || row->count == 0 || row->zero != 0 ||
            (row->region != 0 && row->region != 75 && row->region != 1))
            abort();
        if (before != NULL &&
            (before->advert > row->advert || (before->advert == row->advert && before->day > row->day)))
            abort();
    }
    if (got->count > got->lines || total != got->total)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct showing_adverts adverts = {.find = find, .begins = begins};
    for (int type = SHOWINGS_CSV; type <= SHOWINGS_NDJSON; type++) {
        struct field_errors errors;
        struct showings got;
        struct arena arena;
        struct err err = {0};
        char *copy = malloc(size + 1);
        if (copy == NULL)
            abort();
        memcpy(copy, data, size);
        copy[size] = '\0';
        arena_init(&arena, (size_t)64 << 20);
        field_errors_init(&errors, &arena);
        int r = showings_read((enum showings_type)type, copy, size, &adverts, &catalogue, TODAY, &arena, &got, &errors,
                              &err);
        if (r == 0)
            look_at(&got);
        else if (r != -ERR_BAD_INPUT || (strcmp(err.code, "fields_refused") == 0 && errors.count == 0) ||
                 errors.count > SHOWINGS_REFUSED_MAX)
            abort();
        arena_done(&arena);
        free(copy);
    }
    return 0;
}
