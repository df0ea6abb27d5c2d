/* Keeping showings: sorting them, parts that wait, adding them to the figures; and what may be told of regions. */
#include "adverts/showings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* So many rows are added in one transaction: other writers wait for some tens of milliseconds at most. */
#define PART_ROWS 8192
#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)

static_assert(sizeof(struct showing) == 16, "a chunk's rows are 16 bytes");

/* --- Sorting ------------------------------------------------------------------------------------------------------ */

/* Advertisement, day and region as one number; `first` is the earliest day, so that the number is short. */
static inline uint64_t key_of(const struct showing *row, int32_t first)
{
    return (uint64_t)row->advert << 32 | (uint64_t)((uint32_t)(row->day - first) & 0xFFFFFF) << 8 |
           (row->region & 0xFF);
}

static void spread(const struct showing *from, struct showing *to, size_t count, int32_t first, unsigned shift)
{
    size_t places[DIGITS] = {0};
    for (size_t i = 0; i < count; i++)
        places[key_of(&from[i], first) >> shift & (DIGITS - 1)]++;
    size_t at = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        size_t here = places[i];
        places[i] = at;
        at += here;
    }
    for (size_t i = 0; i < count; i++)
        to[places[key_of(&from[i], first) >> shift & (DIGITS - 1)]++] = from[i];
}

static size_t summed(struct showing *rows, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct showing *last = kept > 0 ? &rows[kept - 1] : NULL;
        if (last != NULL && last->advert == rows[i].advert && last->day == rows[i].day &&
            last->region == rows[i].region && last->count <= UINT32_MAX - rows[i].count)
            last->count += rows[i].count;
        else
            rows[kept++] = rows[i];
    }
    return kept;
}

int showings_sort(struct showing *rows, size_t *count, struct err *err)
{
    int32_t first = INT32_MAX, last = INT32_MIN;
    bool sorted = true;
    uint64_t varied = 0;
    for (size_t i = 0; i < *count; i++) {
        first = rows[i].day < first ? rows[i].day : first;
        last = rows[i].day > last ? rows[i].day : last;
    }
    for (size_t i = 1; i < *count; i++) {
        uint64_t before = key_of(&rows[i - 1], first), key = key_of(&rows[i], first);
        sorted = sorted && before <= key;
        varied |= before ^ key;
    }
    assert(*count == 0 || (int64_t)last - first <= 0xFFFFFF);
    if (!sorted) {
        struct showing *spare = calloc(*count, sizeof *spare), *from = rows, *to = spare;
        if (spare == NULL)
            return err_memory(err);
        for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
            if ((varied >> shift & (DIGITS - 1)) == 0)
                continue;
            spread(from, to, *count, first, shift);
            struct showing *other = from;
            from = to;
            to = other;
        }
        if (from != rows)
            memcpy(rows, from, *count * sizeof *rows);
        free(spare);
    }
    *count = summed(rows, *count);
    return 0;
}

/* --- Parts that wait ---------------------------------------------------------------------------------------------- */

int showings_write(struct tx *tx, const struct showings *showings, int64_t now_usec, struct err *err)
{
    int r = 0;
    for (size_t at = 0; r == 0 && at < showings->count; at += PART_ROWS) {
        size_t count = showings->count - at < PART_ROWS ? showings->count - at : PART_ROWS;
        r = store_showing_chunk_put(tx, showings->rows + at, count * sizeof(struct showing), count, now_usec, err);
    }
    return r;
}

int showings_waiting(struct tx *tx, int64_t *ret, struct err *err)
{
    return store_showing_waiting(tx, ret, err);
}

/* --- Adding ------------------------------------------------------------------------------------------------------- */

struct fold {
    int64_t now_usec;
    size_t handled;
};

/* The rows of one advertisement, which stand together. Two of the same day and region (their sum did not fit into
 * one) are added one after the other: a statement may touch a figure once. */
static int fold_advert(struct tx *tx, const struct showing *rows, size_t count, int64_t now_usec,
                       struct showing_row *add, struct err *err)
{
    bool stands = false;
    int64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += rows[i].count;
    int r = store_showing_advert(tx, rows[0].advert, total, rows[0].day, rows[count - 1].day, now_usec, &stands, err);
    if (r < 0 || !stands)
        return r;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct showing_row *last = kept > 0 ? &add[kept - 1] : NULL;
        if (last != NULL && last->day == rows[i].day && last->region == rows[i].region)
            last->count += rows[i].count;
        else
            add[kept++] = (struct showing_row){rows[i].advert, rows[i].day, rows[i].region, rows[i].count};
    }
    return store_showing_add(tx, add, kept, err);
}

static int fold_part(struct tx *tx, struct fold *fold, struct arena *arena, struct err *err)
{
    const struct showing *rows;
    size_t bytes, at = 0, next;
    int64_t serial;
    int r = store_showing_chunk_next(tx, arena, &serial, (const void **)&rows, &bytes, err);
    if (r < 0 || serial == 0)
        return r;
    size_t count = bytes / sizeof *rows;
    if (bytes % sizeof *rows != 0)
        return err_set(err, ERR_DAMAGED, "store_damaged", NULL);
    struct showing_row *add = ARENA_ARRAY(arena, struct showing_row, count);
    if (add == NULL)
        return err_memory(err);
    for (; r == 0 && at < count; at = next) {
        for (next = at + 1; next < count && rows[next].advert == rows[at].advert; next++)
            ;
        r = fold_advert(tx, rows + at, next - at, fold->now_usec, add, err);
    }
    if (r == 0)
        r = store_showing_chunk_delete(tx, serial, err);
    fold->handled = count;
    return r;
}

static int fold_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct fold *fold = command->arg;
    struct arena arena;
    arena_init(&arena, (size_t)8 << 20);
    fold->handled = 0;
    int r = fold_part(tx, fold, &arena, err);
    arena_done(&arena);
    return r;
}

static int any_waits(const struct office *office, bool *ret, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    int64_t waiting = 0;
    int r = store_read_begin(office->store, &tx, err);
    if (r == 0)
        r = showings_waiting(tx, &waiting, err);
    if (r == 0)
        *ret = waiting > 0;
    return r;
}

int showings_fold(const struct office *office, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct fold fold = {.now_usec = now_usec};
    bool waits = false;
    int r = any_waits(office, &waits, err);
    if (r == 0 && waits)
        r = store_write(office->store, fold_run, &fold, err);
    if (r == 0)
        *ret_handled = fold.handled;
    return r;
}

/* --- Telling ------------------------------------------------------------------------------------------------------ */

/* The smallest figure of the day that is still told; NULL: none. */
static struct showing_day *smallest_told(struct showing_day *days, size_t count)
{
    struct showing_day *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (days[i].how == SHOWING_TOLD && (found == NULL || days[i].count < found->count))
            found = &days[i];
    return found;
}

static size_t hide_day(const struct showing_row *rows, size_t count, struct showing_day *ret)
{
    int64_t total = 0, hidden = 0;
    size_t hidden_count = 0;
    bool any_region = false;
    for (size_t i = 0; i < count; i++) {
        total += rows[i].count;
        any_region = any_region || rows[i].region != 0;
    }
    if (any_region && total < REGION_THRESHOLD) {
        ret[0] = (struct showing_day){rows[0].day, REGION_UNTOLD, 0, SHOWING_FEWER};
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        bool few = rows[i].region != 0 && rows[i].count < REGION_THRESHOLD;
        ret[i] = (struct showing_day){rows[i].day, rows[i].region, rows[i].count, few ? SHOWING_FEWER : SHOWING_TOLD};
        hidden += few ? rows[i].count : 0;
        hidden_count += few;
    }
    while (hidden_count > 0 && (hidden_count == 1 || hidden < REGION_THRESHOLD)) {
        struct showing_day *next = smallest_told(ret, count);
        if (next == NULL)
            break;
        next->how = SHOWING_WITHHELD;
        hidden += next->count;
        hidden_count++;
    }
    for (size_t i = 0; i < count; i++)
        ret[i].count = ret[i].how == SHOWING_TOLD ? ret[i].count : 0;
    return count;
}

size_t showings_hide(const struct showing_row *rows, size_t count, struct showing_day *ret)
{
    size_t written = 0;
    for (size_t at = 0, next; at < count; at = next) {
        for (next = at + 1; next < count && rows[next].day == rows[at].day; next++)
            ;
        written += hide_day(rows + at, next - at, ret + written);
    }
    return written;
}

int showings_of(struct tx *tx, const int64_t *serials, size_t count, int32_t from, int32_t until, bool by_region,
                struct arena *arena, struct showing_day **ret, size_t *ret_count, struct err *err)
{
    struct showing_row *rows;
    size_t row_count;
    assert(!by_region || count == 1);
    int r = by_region ? store_showing_list(tx, serials[0], from, until, arena, &rows, &row_count, err)
                      : store_showing_sums(tx, serials, count, from, until, arena, &rows, &row_count, err);
    if (r < 0)
        return r;
    struct showing_day *days = ARENA_ARRAY(arena, struct showing_day, row_count);
    if (days == NULL)
        return err_memory(err);
    if (by_region) {
        row_count = showings_hide(rows, row_count, days);
    } else {
        for (size_t i = 0; i < row_count; i++)
            days[i] = (struct showing_day){rows[i].day, 0, rows[i].count, SHOWING_TOLD};
    }
    *ret = days;
    *ret_count = row_count;
    return 0;
}
