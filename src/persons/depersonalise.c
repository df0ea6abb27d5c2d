/* The export: everybody who has data of the purpose, decided one by one, made coarse, measured as a whole. */
#include "persons/depersonalise.h"
#include "cases/record.h"
#include "persons/decide_now.h"
#include "persons/vault.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 500
#define ROWS_LIMIT (768u << 20) /* rows of an export at a time in memory */
#define VALUES_LIMIT (1u << 20)

struct exporting {
    struct tx *tx;
    const struct office *office;
    const struct depersonalising *request;
    const struct decision_law *law;
    struct question question;
    int64_t purpose, now_usec;
    int32_t today;
    struct depersonalised *made;
    struct arena rows_arena;
    struct group_row *rows;
    size_t count, room;
    /* of each column, what every row had before and after, for the count of different values */
    const char **before[COARSE_COLUMNS_MAX], **after[COARSE_COLUMNS_MAX];
};

static struct group_row *row_add(struct exporting *x)
{
    size_t room = x->room == 0 ? 1024 : 2 * x->room;

    if (x->count < x->room)
        return &x->rows[x->count++];
    struct group_row *rows = reallocarray(x->rows, room, sizeof(*rows));
    if (rows == NULL)
        return NULL;
    x->rows = rows;
    for (size_t i = 0; i < x->request->column_count; i++) {
        const char **before = reallocarray(x->before[i], room, sizeof(*before));
        if (before != NULL)
            x->before[i] = before;
        const char **after = reallocarray(x->after[i], room, sizeof(*after));
        if (after != NULL)
            x->after[i] = after;
        if (before == NULL || after == NULL)
            return NULL;
    }
    x->room = room;
    return &x->rows[x->count++];
}

/* The newest value of each column, and whether there is any. */
static bool values_of(const struct exporting *x, const struct held_value *held, size_t count, const char **ret)
{
    bool any = false;

    for (size_t i = 0; i < x->request->column_count; i++) {
        ret[i] = "";
        for (size_t j = 0; j < count; j++)
            if (held[j].purpose == x->purpose && held[j].category == x->request->columns[i].number &&
                held[j].value != NULL) {
                ret[i] = held[j].value;
                any = any || x->request->columns[i].how != COARSE_DROP;
            }
    }
    return any;
}

/* The row's shared part, its sensitive value and its line of CSV. */
static int add_row(struct exporting *x, const char *const *values, struct err *err)
{
    CLEANUP_BUF struct buf shared = {0}, line = {0};
    struct group_row *row = row_add(x);
    size_t at = x->count - 1;
    bool first = true;

    if (row == NULL)
        return err_memory(err);
    *row = (struct group_row){0};
    buf_init(&shared, VALUES_LIMIT);
    buf_init(&line, VALUES_LIMIT);
    buf_puts(&shared, "");
    for (size_t i = 0; i < x->request->column_count; i++) {
        const struct coarse_column *column = &x->request->columns[i];
        const char *coarse = coarse_value(column->how, column->width, values[i], x->today, &x->rows_arena);

        if (coarse == NULL)
            return err_memory(err);
        x->before[i][at] = arena_strdup(&x->rows_arena, values[i]);
        x->after[i][at] = coarse;
        if (column->how == COARSE_DROP)
            continue;
        if (!first)
            buf_putc(&line, ',');
        first = false;
        buf_put_csv(&line, coarse);
        if (column->sensitive) {
            row->sensitive = coarse;
        } else {
            buf_puts(&shared, coarse);
            buf_putc(&shared, '\x1f');
        }
    }
    buf_puts(&line, "\r\n");
    if (shared.failed || line.failed)
        return err_memory(err);
    row->shared = arena_strndup(&x->rows_arena, shared.data, shared.len);
    row->line = arena_strndup(&x->rows_arena, line.data, line.len);
    return x->rows_arena.overflowed ? err_memory(err) : 0;
}

static int take_person(struct exporting *x, int64_t serial, struct arena *arena, struct err *err)
{
    const char *values[COARSE_COLUMNS_MAX];
    struct held_value *held;
    struct decision decision;
    struct person person;
    bool any = false;
    size_t count;
    int r = store_record_any(x->tx, serial, x->purpose, &any, err);

    if (r < 0 || !any)
        return r;
    x->made->people++;
    r = person_by_serial(x->tx, serial, arena, &person, err);
    if (r == 0)
        r = decide_now(x->tx, x->law, &x->question, &person, x->today, x->now_usec, &decision, err);
    if (r < 0)
        return r;
    if (decision.answer != ANSWER_ALLOWED) {
        x->made->denied++;
        return 0;
    }
    r = vault_list(x->tx, x->office, &person, arena, &held, &count, err);
    if (r < 0)
        return r;
    if (!values_of(x, held, count, values)) {
        x->made->without_data++;
        return 0;
    }
    return add_row(x, values, err);
}

static int take_everybody(struct exporting *x, struct err *err)
{
    int64_t after = 0;
    size_t count = 1;
    int r = 0;

    while (r == 0 && count > 0) {
        CLEANUP_ARENA struct arena arena;
        int64_t *serials;

        arena_init(&arena, COMMAND_ARENA_LIMIT);
        r = store_record_people(x->tx, after, PAGE, &arena, &serials, &count, err);
        for (size_t i = 0; i < count && r == 0; i++) {
            CLEANUP_ARENA struct arena own;

            arena_init(&own, COMMAND_ARENA_LIMIT);
            r = take_person(x, serials[i], &own, err);
            after = serials[i];
        }
    }
    return r;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int64_t different(const char **texts, size_t count)
{
    int64_t sum = count > 0;

    if (count > 0)
        qsort(texts, count, sizeof(*texts), by_text);
    for (size_t i = 1; i < count; i++)
        sum += strcmp(texts[i], texts[i - 1]) != 0;
    return sum;
}

static int write_csv(const struct exporting *x, struct buf *csv, struct err *err)
{
    bool first = true;

    for (size_t i = 0; i < x->request->column_count; i++) {
        if (x->request->columns[i].how == COARSE_DROP)
            continue;
        if (!first)
            buf_putc(csv, ',');
        first = false;
        buf_put_csv(csv, x->request->columns[i].category);
    }
    buf_puts(csv, "\r\n");
    for (size_t i = 0; i < x->count; i++)
        if (!x->rows[i].left_out)
            buf_puts(csv, x->rows[i].line);
    return csv->failed ? err_memory(err) : 0;
}

static int measure(struct exporting *x, struct buf *csv, struct err *err)
{
    struct group_figures before, after;

    groups_measure(x->rows, x->count, x->request->k, x->request->l, &before, &after);
    if (!x->request->suppress && after.left_out > 0)
        return err_set(err, ERR_CONFLICT, "depersonalisation_small_groups", "k %" PRId64 ", l %" PRId64, before.k,
                       before.l);
    x->made->rows = after.rows;
    x->made->suppressed = after.left_out;
    x->made->k_reached = after.k;
    x->made->l_reached = after.l;
    for (size_t i = 0; i < x->request->column_count; i++) {
        x->made->values_before[i] = different(x->before[i], x->count);
        x->made->values_after[i] = different(x->after[i], x->count);
    }
    return write_csv(x, csv, err);
}

/* May the columns that are exported be depersonalised for this purpose? */
static int make_question(struct exporting *x, struct err *err)
{
    const char *categories[COARSE_COLUMNS_MAX];
    struct question_words words = {.action = "depersonalise", .purpose = x->request->purpose, .categories = categories};

    for (size_t i = 0; i < x->request->column_count; i++)
        if (x->request->columns[i].how != COARSE_DROP)
            categories[words.category_count++] = x->request->columns[i].category;
    question_make(x->law, x->office->keyring, &words, &x->question);
    x->purpose = decision_number(x->law, WORD_PURPOSE, x->request->purpose, strlen(x->request->purpose));
    return x->purpose > 0 ? 0 : err_set(err, ERR_BAD_INPUT, "purpose_unknown", "%s", x->request->purpose);
}

int depersonalise(struct tx *tx, const struct office *office, struct kept *kept, const struct depersonalising *request,
                  int64_t now_usec, struct buf *csv, struct depersonalised *ret, struct err *err)
{
    CLEANUP_DECISION_LAW struct decision_law *law = NULL;
    struct depersonalised made = {0};
    struct exporting x = {.tx = tx,
                          .office = office,
                          .request = request,
                          .now_usec = now_usec,
                          .today = zone_day_of(&office->catalogue->calendar->zone, now_usec),
                          .made = &made};
    int r = decision_law_new(tx, office, kept, now_usec, &law, err);

    if (r < 0)
        return r;
    x.law = law;
    arena_init(&x.rows_arena, ROWS_LIMIT);
    r = make_question(&x, err);
    if (r == 0)
        r = take_everybody(&x, err);
    if (r == 0)
        r = measure(&x, csv, err);
    for (size_t i = 0; i < request->column_count; i++) {
        free(x.before[i]);
        free(x.after[i]);
    }
    free(x.rows);
    arena_done(&x.rows_arena);
    if (r == 0)
        *ret = made;
    return r;
}

/* --- What is told of it --------------------------------------------------------------------------------------------
 */

/* `made` NULL: only what was asked for. */
static json_t *columns_json(const struct depersonalising *request, const struct depersonalised *made)
{
    json_t *list = json_array();

    for (size_t i = 0; i < request->column_count && list != NULL; i++) {
        const struct coarse_column *column = &request->columns[i];
        json_t *item = json_pack("{s:s, s:s, s:b}", "category", column->category, "how", coarse_word(column->how),
                                 "sensitive", column->sensitive);

        if (column->width > 0 && item != NULL)
            json_object_set_new(item, "width", json_integer(column->width));
        if (made != NULL && item != NULL) {
            json_object_set_new(item, "values_before", json_integer(made->values_before[i]));
            json_object_set_new(item, "values_after", json_integer(made->values_after[i]));
        }
        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static int add_figures(json_t *to, const struct depersonalising *request, const struct depersonalised *made,
                       bool values)
{
    json_t *columns = columns_json(request, values ? made : NULL);
    json_t *figures =
        columns == NULL
            ? NULL
            : json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "purpose", request->purpose,
                        "research", request->research, "k", (json_int_t)request->k, "l", (json_int_t)request->l,
                        "k_reached", (json_int_t)made->k_reached, "l_reached", (json_int_t)made->l_reached, "people",
                        (json_int_t)made->people, "denied", (json_int_t)made->denied, "without_data",
                        (json_int_t)made->without_data, "rows", (json_int_t)made->rows, "suppressed",
                        (json_int_t)made->suppressed, "columns", columns);
    int r = figures == NULL ? -1 : json_object_update(to, figures);

    json_decref(figures);
    return r;
}

json_t *depersonalisation_report(const struct depersonalising *request, const struct depersonalised *made)
{
    json_t *report = json_pack("{s:s, s:s}", "norm", "pdl.17.1", "small", request->suppress ? "suppress" : "refuse");

    if (report != NULL && add_figures(report, request, made, true) == 0)
        return report;
    json_decref(report);
    return NULL;
}

int depersonalisation_record(struct tx *tx, const struct office *office, const struct depersonalising *request,
                             const struct depersonalised *made, const struct actor *actor, int64_t now_usec,
                             int64_t *ret_leaf, struct err *err)
{
    CLEANUP_JSON json_t *body = body_begin("depersonalisation.made", NULL, actor, now_usec, 0);

    (void)office;
    if (body == NULL || add_figures(body, request, made, false) != 0)
        return err_memory(err);
    return record(tx, "depersonalisation.made", NULL, actor, now_usec, body, NULL, NULL, ret_leaf, err);
}
