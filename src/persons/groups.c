/* k-anonymity and distinct l-diversity over rows, by sorting them: equal rows stand together. */
#include "persons/depersonalise.h"
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    const struct group_row *a = left, *b = right;
    int by = strcmp(a->shared, b->shared);

    if (by == 0 && a->sensitive != NULL && b->sensitive != NULL)
        by = strcmp(a->sensitive, b->sensitive);
    return by;
}

/* The rows that share what the first has, and how many different sensitive values they have. */
static size_t group(const struct group_row *rows, size_t count, int64_t *ret_different)
{
    size_t size = 1;
    int64_t different = rows[0].sensitive != NULL;

    for (; size < count && strcmp(rows[size].shared, rows[0].shared) == 0; size++)
        if (rows[0].sensitive != NULL && strcmp(rows[size].sensitive, rows[size - 1].sensitive) != 0)
            different++;
    *ret_different = different;
    return size;
}

static void take_in(struct group_figures *figures, size_t size, int64_t different)
{
    if (figures->rows == 0 || (int64_t)size < figures->k)
        figures->k = (int64_t)size;
    if (figures->rows == 0 || different < figures->l)
        figures->l = different;
    figures->rows += (int64_t)size;
}

void groups_measure(struct group_row *rows, size_t count, int64_t k, int64_t l, struct group_figures *before,
                    struct group_figures *after)
{
    *before = *after = (struct group_figures){0};
    if (count > 0)
        qsort(rows, count, sizeof(*rows), compare);
    for (size_t at = 0; at < count;) {
        int64_t different;
        size_t size = group(rows + at, count - at, &different);
        bool small = (int64_t)size < k || (rows[at].sensitive != NULL && different < l);

        take_in(before, size, different);
        if (!small)
            take_in(after, size, different);
        for (size_t i = 0; i < size; i++)
            rows[at + i].left_out = small;
        at += size;
    }
    after->left_out = before->rows - after->rows;
}
