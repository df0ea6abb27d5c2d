/* Counting a yearly report from the events. Events stand in the order in which they were recorded, so the year's are
 * one stretch of leaves, found by bisection; clocks of several nodes may differ a little, so the stretch is taken a day
 * wider on both sides and each event's own moment decides. What is kept is a counter a cell, and a histogram of minutes
 * a clock. */
#include "cases/report.h"
#include "base/json_scan.h"
#include "cases/parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN_USEC USEC_PER_DAY
#define USEC_PER_MIN (60 * USEC_PER_SEC)
#define MINUTES_MAX (400 * 24 * 60) /* longer is counted as this long */
#define WORDS_LOOKED_AT 50
#define YEAR_MIN 2000
#define YEAR_MAX 2199

struct counter {
    const struct report_figure *form;
    size_t rows, columns;
    int64_t *cells; /* in the arena */
    int64_t total;
    struct report_times times;
    uint32_t *minutes; /* REPORT_CLOCK: on the heap, MINUTES_MAX + 1 of them */
};

struct counting {
    struct tx *tx;
    const struct report_form *form;
    int64_t from_usec, before_usec;
    struct arena scratch; /* for the look at one event */
    size_t count;
    struct counter *counters;
    int64_t events;
};

static size_t cells_of(const struct report_figure *figure, size_t dimension)
{
    return dimension < figure->dimension_count ? report_dimension_options(&figure->dimensions[dimension]) + 1 : 1;
}

static void counting_done(struct counting *counting)
{
    for (size_t i = 0; i < counting->count; i++)
        free(counting->counters[i].minutes);
    arena_done(&counting->scratch);
}
#define CLEANUP_COUNTING __attribute__((cleanup(counting_done)))

static int counting_init(struct counting *counting, const struct report_form *form, struct arena *arena,
                         struct err *err)
{
    arena_init(&counting->scratch, COMMAND_ARENA_LIMIT);
    counting->form = form;
    counting->counters = ARENA_ARRAY(arena, struct counter, form->figure_count);
    if (counting->counters == NULL)
        return err_memory(err);
    for (size_t i = 0; i < form->section_count; i++)
        for (size_t j = 0; j < form->sections[i].figure_count; j++) {
            struct counter *counter = &counting->counters[counting->count++];

            *counter = (struct counter){.form = &form->sections[i].figures[j]};
            counter->rows = cells_of(counter->form, 0);
            counter->columns = cells_of(counter->form, 1);
            counter->cells = ARENA_ARRAY(arena, int64_t, counter->rows * counter->columns);
            if (counter->form->count == REPORT_CLOCK)
                counter->minutes = calloc(MINUTES_MAX + 1, sizeof(*counter->minutes));
            if (counter->cells == NULL || (counter->form->count == REPORT_CLOCK && counter->minutes == NULL))
                return err_memory(err);
        }
    return 0;
}

/* --- One event -----------------------------------------------------------------------------------------------------
 */

/* The members of a body that figures ask for. Bodies are many and long: they are looked into, not built. */
struct face {
    struct json_piece procedure, act, lang, values, clocks, clock;
};

static void face_read(const struct event_row *row, struct face *ret)
{
    const struct json_piece body = {row->body, row->body_len};
    struct json_piece key, value;
    size_t at = 0;
    struct {
        const char *key;
        struct json_piece *to;
    } wanted[] = {{"procedure", &ret->procedure}, {"act", &ret->act},       {"lang", &ret->lang},
                  {"values", &ret->values},       {"clocks", &ret->clocks}, {"clock", &ret->clock}};

    *ret = (struct face){.procedure = {NULL, 0}};
    while (json_scan_next(body, &at, &key, &value))
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
            if (key.count == strlen(wanted[i].key) && memcmp(key.at, wanted[i].key, key.count) == 0)
                *wanted[i].to = value;
}

static bool has_text(struct json_piece value, const char *text)
{
    struct json_piece key, one;
    size_t at = 0;

    if (json_scan_is(value, text))
        return true;
    while (value.count > 0 && value.at[0] == '[' && json_scan_next(value, &at, &key, &one))
        if (json_scan_is(one, text))
            return true;
    return false;
}

/* Ids of acts are plain words, so the piece without its quotes is one. */
static bool act_among(const struct report_figure *figure, struct json_piece act)
{
    for (size_t i = 0; i < figure->act_count; i++)
        if (json_scan_is(act, figure->acts[i]))
            return true;
    return false;
}

static bool meant(const struct report_figure *figure, const struct face *face, bool opening)
{
    if (figure->count != (opening ? REPORT_OPENED : REPORT_ACTED) ||
        !json_scan_is(face->procedure, figure->procedure->id) || (!opening && !act_among(figure, face->act)))
        return false;
    for (size_t i = 0; i < figure->condition_count; i++) {
        const struct field_condition *condition = &figure->conditions[i];

        if (has_text(json_scan_member(face->values, condition->field), condition->value) == condition->negated)
            return false;
    }
    return true;
}

/* Which options of the dimension the event has: marks them in `marked`, the last cell when none. */
static void mark(const struct report_figure *figure, size_t at, const struct face *face, size_t cells, bool *marked)
{
    const struct report_dimension *dimension = &figure->dimensions[at];
    struct json_piece value;

    if (at >= figure->dimension_count) {
        marked[0] = true;
        return;
    }
    value = dimension->field == NULL ? face->lang : json_scan_member(face->values, dimension->field->name);
    marked[cells - 1] = true;
    for (size_t i = 0; i + 1 < cells; i++)
        if (has_text(value, report_dimension_option(dimension, i))) {
            marked[i] = true;
            marked[cells - 1] = false;
        }
}

static int count_cells(struct counting *counting, struct counter *counter, const struct face *face, struct err *err)
{
    bool *rows = ARENA_ARRAY(&counting->scratch, bool, counter->rows);
    bool *columns = ARENA_ARRAY(&counting->scratch, bool, counter->columns);

    if (rows == NULL || columns == NULL)
        return err_memory(err);
    mark(counter->form, 0, face, counter->rows, rows);
    mark(counter->form, 1, face, counter->columns, columns);
    for (size_t i = 0; i < counter->rows; i++)
        for (size_t j = 0; rows[i] && j < counter->columns; j++)
            counter->cells[i * counter->columns + j] += columns[j];
    counter->total++;
    return 0;
}

/* The entry of a clock that this act stopped; count 0: none. */
static struct json_piece stop_of(const struct report_figure *figure, const struct face *face)
{
    struct json_piece key, entry, stopped;
    size_t at = 0;

    if (figure->count != REPORT_CLOCK || !json_scan_is(face->procedure, figure->procedure->id) ||
        (figure->act_count > 0 && !act_among(figure, face->act)))
        return (struct json_piece){NULL, 0};
    while (json_scan_next(face->clocks, &at, &key, &entry)) {
        stopped = json_scan_member(entry, "stopped");
        if (json_scan_is(json_scan_member(entry, "clock"), figure->clock->id) &&
            (json_scan_is(stopped, "met") || json_scan_is(stopped, "missed")))
            return entry;
    }
    return (struct json_piece){NULL, 0};
}

static void count_stop(struct counter *counter, struct json_piece stop)
{
    struct json_piece in_time = json_scan_member(stop, "in_time");
    int64_t starts, at;

    counter->times.stopped++;
    counter->times.in_time += in_time.count == 4 && memcmp(in_time.at, "true", 4) == 0;
    counter->times.late += json_scan_is(json_scan_member(stop, "stopped"), "missed");
    counter->total++;
    /* Events of the first releases do not say when the clock started: counted, but not timed. */
    if (!json_scan_int(json_scan_member(stop, "starts"), &starts) || !json_scan_int(json_scan_member(stop, "at"), &at))
        return;
    int64_t minute = at < starts ? 0 : (at - starts) / USEC_PER_MIN;
    counter->minutes[minute > MINUTES_MAX ? MINUTES_MAX : minute]++;
}

/* An overdue moment says only whose case it is. */
static int count_overdue(struct counting *counting, const struct event_row *row, const struct face *face,
                         struct err *err)
{
    struct case_row c;
    struct err why = {0};
    int r = store_case_get(counting->tx, row->case_id, &counting->scratch, &c, &why);

    if (r == -ERR_NOT_FOUND)
        return 0; /* damage, which verification names */
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    for (size_t i = 0; i < counting->count; i++) {
        const struct report_figure *figure = counting->counters[i].form;

        if (figure->count == REPORT_CLOCK && strcmp(figure->procedure->id, c.procedure) == 0 &&
            json_scan_is(face->clock, figure->clock->id))
            counting->counters[i].times.became_overdue++;
    }
    return 0;
}

enum event_kind { EVENT_OTHER, EVENT_OPENED, EVENT_ACTED, EVENT_OVERDUE };

static enum event_kind kind_of(const struct event_row *row)
{
    return row->case_id == NULL                      ? EVENT_OTHER
           : strcmp(row->kind, "case.opened") == 0   ? EVENT_OPENED
           : strcmp(row->kind, "case.acted") == 0    ? EVENT_ACTED
           : strcmp(row->kind, "clock.overdue") == 0 ? EVENT_OVERDUE
                                                     : EVENT_OTHER;
}

static int count_event(const struct event_row *row, void *arg, struct err *err)
{
    struct counting *counting = arg;
    enum event_kind kind = kind_of(row);
    struct face face;
    int r;

    if (row->at_usec < counting->from_usec || row->at_usec >= counting->before_usec)
        return 0;
    counting->events++;
    if (kind == EVENT_OTHER)
        return 0;
    arena_reset(&counting->scratch);
    face_read(row, &face);
    r = kind == EVENT_OVERDUE ? count_overdue(counting, row, &face, err) : 0;
    for (size_t i = 0; r == 0 && kind != EVENT_OVERDUE && i < counting->count; i++) {
        struct counter *counter = &counting->counters[i];
        struct json_piece stop = {NULL, 0};

        if (kind == EVENT_ACTED)
            stop = stop_of(counter->form, &face);
        if (stop.count > 0)
            count_stop(counter, stop);
        else if (meant(counter->form, &face, kind == EVENT_OPENED))
            r = count_cells(counting, counter, &face, err);
    }
    return r;
}

/* --- The year ------------------------------------------------------------------------------------------------------
 */

static int year_span(const struct office *office, int year, int64_t *ret_from, int64_t *ret_before, struct err *err)
{
    const struct zone *zone = &office->catalogue->calendar->zone;
    char text[16];

    snprintf(text, sizeof(text), "%d", year);
    if (year < YEAR_MIN || year > YEAR_MAX)
        return err_set(err, ERR_BAD_INPUT, "report_year", "%s", text);
    *ret_from = zone_moment(zone, day_from_date((struct date){year, 1, 1}), 0);
    *ret_before = zone_moment(zone, day_from_date((struct date){year + 1, 1, 1}), 0);
    return 0;
}

/* The first leaf below `size` recorded at or after the moment. */
static int leaf_at(struct tx *tx, int64_t size, int64_t at_usec, int64_t *ret, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    int64_t low = 0, high = size;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        struct event_row row;
        int r = store_event_get(tx, middle, &arena, &row, err);

        if (r < 0)
            return r;
        if (row.at_usec < at_usec)
            low = middle + 1;
        else
            high = middle;
        arena_reset(&arena);
    }
    *ret = low;
    return 0;
}

static int stretch(struct tx *tx, int64_t from_usec, int64_t before_usec, int64_t *ret_first, int64_t *ret_end,
                   struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct ledger_head_row head;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_ledger_head_get(tx, &arena, &head, err);
    if (r == 0)
        r = leaf_at(tx, head.size, from_usec - MARGIN_USEC, ret_first, err);
    if (r == 0)
        r = leaf_at(tx, head.size, before_usec + MARGIN_USEC, ret_end, err);
    return r;
}

/* The smallest number of minutes within which `share` of a hundred were stopped; -1 of none. */
static int64_t percentile(const uint32_t *minutes, int share)
{
    int64_t count = 0, seen = 0, wanted;

    for (size_t i = 0; i <= MINUTES_MAX; i++)
        count += minutes[i];
    wanted = (count * share + 99) / 100;
    for (size_t i = 0; count > 0 && i <= MINUTES_MAX; i++) {
        seen += minutes[i];
        if (seen >= wanted)
            return (int64_t)i;
    }
    return -1;
}

static int figures_of(const struct counting *counting, struct arena *arena, struct report *report, struct err *err)
{
    struct report_cell_figure *figures = ARENA_ARRAY(arena, struct report_cell_figure, counting->count);

    if (figures == NULL)
        return err_memory(err);
    for (size_t i = 0; i < counting->count; i++) {
        const struct counter *counter = &counting->counters[i];

        figures[i] = (struct report_cell_figure){
            .form = counter->form,
            .rows = counter->rows,
            .columns = counter->columns,
            .cells = counter->cells,
            .total = counter->total,
            .times = counter->times,
        };
        if (counter->minutes != NULL) {
            figures[i].times.median_min = percentile(counter->minutes, 50);
            figures[i].times.p95_min = percentile(counter->minutes, 95);
        }
    }
    report->figures = figures;
    report->figure_count = counting->count;
    report->events = counting->events;
    return 0;
}

/* --- The words ------------------------------------------------------------------------------------------------------
 */

static int words_of(const struct report_words *form, const struct case_row *row, int year, struct arena *arena,
                    struct report *report, struct err *err)
{
    CLEANUP_JSON json_t *values = NULL;
    struct case_value *words;
    char wanted[16];
    int r = stored_json_parse(row->fields, strlen(row->fields), "a case's values", &values, err);

    if (r < 0)
        return r;
    snprintf(wanted, sizeof(wanted), "%d", year);
    if (json_string_value(json_object_get(values, form->year_field)) == NULL ||
        strcmp(json_string_value(json_object_get(values, form->year_field)), wanted) != 0)
        return 0;
    words = ARENA_ARRAY(arena, struct case_value, form->field_count);
    if (words == NULL)
        return err_memory(err);
    for (size_t i = 0; r == 0 && i < form->field_count; i++) {
        words[i].field = form->fields[i];
        r = value_texts(json_object_get(values, form->fields[i]->name), arena, &words[i], err);
    }
    if (r < 0)
        return r;
    report->words = words;
    report->words_number = row->number;
    report->has_words = true;
    return 0;
}

/* --- Public ----------------------------------------------------------------------------------------------------------
 */

int report_words_read(struct tx *tx, struct arena *arena, struct report *report, struct err *err)
{
    const struct report_form *form = report->form;
    struct case_filter filter = {.state = form->words.state,
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE,
                                 .sort = CASE_SORT_NEWEST,
                                 .limit = WORDS_LOOKED_AT};
    struct case_row *rows;
    const char *cursor;
    size_t count;
    int r;

    report->has_words = false;
    report->words = NULL;
    report->words_number = NULL;
    if (form->words.procedure == NULL)
        return 0;
    filter.procedure = form->words.procedure->id;
    do {
        r = store_case_list(tx, &filter, arena, &rows, &count, &cursor, err);
        for (size_t i = 0; r == 0 && !report->has_words && i < count; i++)
            r = words_of(&form->words, &rows[i], report->year, arena, report, err);
        filter.cursor = cursor;
    } while (r == 0 && !report->has_words && cursor != NULL);
    return r;
}

int report_make(struct tx *tx, const struct office *office, const struct report_form *form, int year, int64_t now_usec,
                struct arena *arena, struct report *ret, struct err *err)
{
    CLEANUP_COUNTING struct counting counting = {.tx = tx};
    struct report report = {.form = form, .year = year};
    int r = counting_init(&counting, form, arena, err);

    if (r == 0)
        r = year_span(office, year, &report.from_usec, &report.before_usec, err);
    if (r == 0)
        r = stretch(tx, report.from_usec, report.before_usec, &report.first_leaf, &report.end_leaf, err);
    counting.from_usec = report.from_usec;
    counting.before_usec = report.before_usec;
    if (r == 0)
        r = store_event_scan(tx, report.first_leaf, report.end_leaf, count_event, &counting, err);
    if (r == 0)
        r = figures_of(&counting, arena, &report, err);
    if (r == 0)
        r = report_words_read(tx, arena, &report, err);
    if (r < 0)
        return r;
    report.running = now_usec < report.before_usec;
    *ret = report;
    return 0;
}

int report_check(struct tx *tx, const struct office *office, const struct report *report, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    CLEANUP_COUNTING struct counting counting = {
        .tx = tx, .from_usec = report->from_usec, .before_usec = report->before_usec};
    struct report again = {0};
    const char *key;
    int64_t events;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    key = signer_verifier_key(ledger_signer(office->ledger), &arena);
    if (key == NULL)
        return err_memory(err);
    r = counting_init(&counting, report->form, &arena, err);
    if (r == 0)
        r = ledger_verify(tx, key, count_event, &counting, &events, err);
    if (r == 0)
        r = figures_of(&counting, &arena, &again, err);
    if (r < 0)
        return r;
    if (again.events != report->events)
        return err_set(err, ERR_DAMAGED, "report_differs", "events");
    for (size_t i = 0; i < again.figure_count; i++) {
        const struct report_cell_figure *first = &report->figures[i], *second = &again.figures[i];

        if (first->total != second->total || memcmp(&first->times, &second->times, sizeof(first->times)) != 0 ||
            memcmp(first->cells, second->cells, first->rows * first->columns * sizeof(*first->cells)) != 0)
            return err_set(err, ERR_DAMAGED, "report_differs", "%s", first->form->id);
    }
    return 0;
}

/* --- Which cases a figure counts
 * -------------------------------------------------------------------------------------- */

struct looking {
    const struct report_cell *cell;
    int64_t from_usec, before_usec;
    struct arena *arena;
    struct report_counted *found;
    size_t count, limit;
    struct counting *counting; /* for its scratch */
    int64_t next;
};

static bool in_cell(const struct looking *looking, size_t at, int wanted, const struct face *face, bool *ret_memory)
{
    size_t cells = cells_of(looking->cell->form, at);
    bool *marked;

    if (wanted < 0)
        return true;
    marked = ARENA_ARRAY(&looking->counting->scratch, bool, cells);
    if (marked == NULL) {
        *ret_memory = false;
        return false;
    }
    mark(looking->cell->form, at, face, cells, marked);
    return (size_t)wanted < cells && marked[wanted];
}

#define LOOK_FULL 1

static int look_event(const struct event_row *row, void *arg, struct err *err)
{
    struct looking *looking = arg;
    const struct report_figure *figure = looking->cell->form;
    enum event_kind kind = kind_of(row);
    struct face face;
    bool memory = true, counted;

    looking->next = row->leaf;
    if (looking->count == looking->limit)
        return LOOK_FULL;
    looking->next = row->leaf + 1;
    if (row->at_usec < looking->from_usec || row->at_usec >= looking->before_usec || kind == EVENT_OTHER ||
        kind == EVENT_OVERDUE)
        return 0;
    arena_reset(&looking->counting->scratch);
    face_read(row, &face);
    counted = figure->count == REPORT_CLOCK ? kind == EVENT_ACTED && stop_of(figure, &face).count > 0
                                            : meant(figure, &face, kind == EVENT_OPENED) &&
                                                  in_cell(looking, 0, looking->cell->row, &face, &memory) &&
                                                  in_cell(looking, 1, looking->cell->column, &face, &memory);
    if (!memory)
        return err_memory(err);
    if (!counted)
        return 0;
    looking->found[looking->count] = (struct report_counted){
        .leaf = row->leaf, .at_usec = row->at_usec, .case_id = arena_strdup(looking->arena, row->case_id)};
    return looking->found[looking->count++].case_id != NULL ? 0 : err_memory(err);
}

int report_cases(struct tx *tx, const struct office *office, const struct report_form *form, int year,
                 const struct report_cell *cell, int64_t from, size_t limit, struct arena *arena,
                 struct report_counted **ret, size_t *ret_count, int64_t *ret_next, struct err *err)
{
    CLEANUP_COUNTING struct counting counting = {.tx = tx};
    struct looking looking = {.cell = cell, .arena = arena, .limit = limit, .counting = &counting};
    int64_t first, end, until;
    int r;

    arena_init(&counting.scratch, COMMAND_ARENA_LIMIT);
    looking.found = ARENA_ARRAY(arena, struct report_counted, limit);
    if (looking.found == NULL)
        return err_memory(err);
    r = year_span(office, year, &looking.from_usec, &looking.before_usec, err);
    if (r == 0)
        r = stretch(tx, looking.from_usec, looking.before_usec, &first, &end, err);
    if (r < 0)
        return r;
    first = from > first ? from : first;
    until = end - first > REPORT_LOOK ? first + REPORT_LOOK : end;
    looking.next = first;
    r = first < until ? store_event_scan(tx, first, until, look_event, &looking, err) : 0;
    if (r < 0)
        return r;
    *ret = looking.found;
    *ret_count = looking.count;
    *ret_next = looking.next < end ? looking.next : -1;
    return 0;
}
