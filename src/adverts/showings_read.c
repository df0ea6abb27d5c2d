/* Reading rows of showings, fast: hundreds of thousands come in one body. A plain CSV file (no quote in it) is read by
 * hand, byte by byte and in place; one with quotes goes through base/csv.h, and JSON through base/json_tape.h. What a
 * cell says is judged in one place for all three. Files come sorted by something: the advertisement and the day of the
 * row before are compared first. */
#include "adverts/showings.h"
#include "adverts/viewer_word.h"
#include "base/csv.h"
#include "base/json_tape.h"
#include "base/unicode.h"

#include <string.h>

#define CSV_ROW_LEAST 14    /* "a,2026-01-01,1": bytes of the shortest row */
#define LINE_MOST 4096      /* bytes of a line of JSON */
#define BEGINS_SLOTS 262144 /* remembered beginnings, by serial */

enum column { COL_AD, COL_DAY, COL_REGION, COL_COUNT, COLUMNS };
static const char *const column_names[COLUMNS] = {"ad", "day", "region", "count"};

struct cell {
    const char *text;
    size_t count;
};
struct begins {
    int64_t serial;
    int32_t day;
};

struct reading {
    const struct showing_adverts *adverts;
    const struct catalogue *catalogue;
    struct arena *arena;
    struct field_errors *errors;
    int32_t today;
    struct showing *rows;
    size_t count, room, lines;
    int64_t total;
    size_t line; /* of the row being read, from 1 */
    size_t refused;
    /* Of the row before. */
    struct cell ad;
    int64_t serial;
    int32_t placed_day;
    char day_text[10];
    int32_t day;
    uint16_t regions[100]; /* by the two digits of KZ-nn and KATO; 0: none */
    struct begins *begins;
};

static bool full(const struct reading *reading)
{
    return reading->refused >= SHOWINGS_REFUSED_MAX;
}

static void refuse(struct reading *reading, const char *column, const char *code, const char *arg)
{
    char field[64];
    snprintf(field, sizeof field, column == NULL ? "lines.%zu" : "lines.%zu.%s", reading->line, column);
    if (!full(reading))
        field_errors_add(reading->errors, field, code, arg == NULL ? NULL : "%s", arg);
    reading->refused++;
}

/* --- Cells -------------------------------------------------------------------------------------------------------- */

static inline int two(const char *text)
{
    unsigned tens = (unsigned)(text[0] - '0'), ones = (unsigned)(text[1] - '0');
    return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/* "2026-04-09", exactly. */
static bool day_read(const char *text, int32_t *ret)
{
    int high = two(text), low = two(text + 2), month = two(text + 5), day = two(text + 8);
    struct date date = {high * 100 + low, month, day};
    if (high < 0 || low < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-' || !date_valid(date))
        return false;
    *ret = day_from_date(date);
    return true;
}

static bool take_ad(struct reading *reading, struct cell cell)
{
    if (reading->ad.text != NULL && cell.count == reading->ad.count &&
        memcmp(cell.text, reading->ad.text, cell.count) == 0)
        return reading->serial >= 0;
    if (cell.count == 0) {
        refuse(reading, "ad", "required", NULL);
        return false;
    }
    int64_t serial = reading->adverts->find(reading->adverts->arg, cell.text, cell.count, &reading->placed_day);
    if (serial < 0 || serial > UINT32_MAX) {
        refuse(reading, "ad", "advert_unknown", NULL);
        return false;
    }
    reading->ad = cell;
    reading->serial = serial;
    return true;
}

static bool take_day(struct reading *reading, struct cell cell)
{
    if (cell.count == 10 && memcmp(cell.text, reading->day_text, 10) == 0)
        return true;
    int32_t day;
    const char *code = cell.count == 0 ? "required" : NULL;
    if (code == NULL && (cell.count != 10 || !day_read(cell.text, &day)))
        code = "not_a_date";
    else if (code == NULL && day > reading->today)
        code = "day_in_future";
    else if (code == NULL && day < reading->today - SHOWINGS_DAYS_BACK)
        code = "day_too_old";
    if (code != NULL) {
        refuse(reading, "day", code, NULL);
        return false;
    }
    memcpy(reading->day_text, cell.text, 10);
    reading->day = day;
    return true;
}

static bool take_region(struct reading *reading, struct cell cell, uint16_t *ret)
{
    *ret = 0;
    if (cell.count == 0)
        return true;
    /* The usual spelling first; the law's file may hold others. */
    int digits = cell.count == 5 && memcmp(cell.text, "KZ-", 3) == 0 ? two(cell.text + 3) : -1;
    if (digits >= 0 && reading->regions[digits] != 0) {
        *ret = reading->regions[digits];
        return true;
    }
    for (size_t i = 0; i < reading->catalogue->region_count; i++) {
        const struct region *region = &reading->catalogue->regions[i];
        if ((strlen(region->id) == cell.count && memcmp(region->id, cell.text, cell.count) == 0) ||
            (region->kato != NULL && cell.count == 9 && memcmp(region->kato, cell.text, 9) == 0)) {
            *ret = (uint16_t)region->number;
            return true;
        }
    }
    refuse(reading, "region", "region_unknown", NULL);
    return false;
}

static bool take_count(struct reading *reading, struct cell cell, uint32_t *ret)
{
    uint64_t value = 0;
    size_t i = 0;
    /* Larger than any count stays so. */
    for (; i < cell.count && cell.text[i] >= '0' && cell.text[i] <= '9'; i++)
        value = value > UINT32_MAX ? value : value * 10 + (uint64_t)(cell.text[i] - '0');
    if (i < cell.count) {
        refuse(reading, "count", "not_a_number", NULL);
        return false;
    }
    if (i == 0 || value > UINT32_MAX) {
        refuse(reading, "count", i == 0 ? "required" : "out_of_range", i == 0 ? NULL : "0–4294967295");
        return false;
    }
    *ret = (uint32_t)value;
    return true;
}

/* A day before the advertisement was placed: rare, and then of many rows alike. */
static int begins_before(struct reading *reading, bool *ret, struct err *err)
{
    const struct showing_adverts *adverts = reading->adverts;
    if (adverts->begins == NULL) {
        *ret = false;
        return 0;
    }
    if (reading->begins == NULL)
        reading->begins = ARENA_ARRAY(reading->arena, struct begins, BEGINS_SLOTS);
    if (reading->begins == NULL)
        return err_memory(err);
    struct begins *slot = &reading->begins[reading->serial % BEGINS_SLOTS];
    if (slot->serial != reading->serial || reading->serial == 0) {
        int32_t day;
        int r = adverts->begins(adverts->arg, reading->serial, &day, err);
        if (r < 0)
            return r;
        *slot = (struct begins){reading->serial, day};
    }
    *ret = reading->day >= slot->day;
    return 0;
}

static int take_row(struct reading *reading, const struct cell cells[COLUMNS], struct err *err)
{
    struct showing row = {0};
    uint16_t region = 0;
    bool right = take_ad(reading, cells[COL_AD]);
    bool has_day = take_day(reading, cells[COL_DAY]);
    if (right && has_day && reading->day < reading->placed_day) {
        int r = begins_before(reading, &right, err);
        if (r < 0)
            return r;
        if (!right)
            refuse(reading, "day", "day_before_placed", NULL);
    }
    right = take_region(reading, cells[COL_REGION], &region) && right;
    right = take_count(reading, cells[COL_COUNT], &row.count) && right && has_day;
    reading->lines++;
    if (!right || row.count == 0)
        return 0;
    if (reading->count == reading->room)
        return err_memory(err);
    row.advert = (uint32_t)reading->serial;
    row.day = reading->day;
    row.region = region;
    reading->rows[reading->count++] = row;
    reading->total += row.count;
    return 0;
}

/* --- Names of columns and members --------------------------------------------------------------------------------- */

static int column_of(const char *name, size_t count)
{
    for (int i = 0; i < COLUMNS; i++)
        if (strlen(column_names[i]) == count && memcmp(column_names[i], name, count) == 0)
            return i;
    return -1;
}

static void refuse_name(struct reading *reading, const char *name, size_t count)
{
    char *copy = arena_strndup(reading->arena, name, count < 60 ? count : 60);
    if (copy == NULL || !utf8_valid(name, count))
        copy = NULL;
    /* Cut between characters. */
    for (size_t end = copy == NULL ? 0 : strlen(copy); end > 0 && !utf8_valid(copy, end);)
        copy[--end] = '\0';
    bool viewer = copy != NULL && viewer_word(copy, reading->arena);
    refuse(reading, NULL, viewer ? "viewer_refused" : "unknown_field", copy == NULL ? "?" : copy);
}

/* --- CSV ---------------------------------------------------------------------------------------------------------- */

struct head {
    size_t count;
    int columns[CSV_CELLS_MAX]; /* enum column */
};

static struct cell trimmed(const char *text, size_t count)
{
    while (count > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        count--;
    }
    while (count > 0 && (text[count - 1] == ' ' || text[count - 1] == '\t' || text[count - 1] == '\r'))
        count--;
    return (struct cell){text, count};
}

static bool head_read(struct reading *reading, const struct csv_record *record, struct head *ret)
{
    bool seen[COLUMNS] = {false};
    ret->count = record->count;
    for (size_t i = 0; i < record->count; i++) {
        struct cell name = trimmed(record->cells[i].text, record->cells[i].count);
        int column = column_of(name.text, name.count);
        ret->columns[i] = column;
        if (column < 0)
            refuse_name(reading, name.text, name.count);
        else if (seen[column])
            refuse(reading, column_names[column], "duplicate_field", NULL);
        else
            seen[column] = true;
    }
    for (int i = 0; i < COLUMNS; i++)
        if (!seen[i] && i != COL_REGION)
            refuse(reading, column_names[i], "required", NULL);
    return reading->refused == 0;
}

static void refuse_cells(struct reading *reading, size_t wanted)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", wanted);
    refuse(reading, NULL, "csv_cells", text);
}

/* Lines without a quote anywhere. */
static int plain_read(struct reading *reading, const struct head *head, char *bytes, size_t count, char separator,
                      struct err *err)
{
    const char *at = bytes, *end = bytes + count;
    int r = 0;
    while (r == 0 && at < end && !full(reading)) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        struct cell cells[COLUMNS] = {{NULL, 0}};
        const char *line_end = stop > at && stop[-1] == '\r' ? stop - 1 : stop, *from = at;
        size_t cell = 0;
        for (const char *p = at; p <= line_end; p++) {
            if (p < line_end && *p != separator)
                continue;
            if (cell < head->count) {
                bool blank = p > from && (*from == ' ' || p[-1] == ' ' || *from == '\t' || p[-1] == '\t');
                cells[head->columns[cell]] =
                    blank ? trimmed(from, (size_t)(p - from)) : (struct cell){from, (size_t)(p - from)};
            }
            cell++;
            from = p + 1;
        }
        if (line_end == at)
            ; /* blank */
        else if (cell != head->count)
            refuse_cells(reading, head->count);
        else
            r = take_row(reading, cells, err);
        at = stop + 1;
        reading->line++;
    }
    return r;
}

static int quoted_read(struct reading *reading, const struct head *head, char *bytes, size_t count, char separator,
                       struct err *err)
{
    struct csv_record record;
    int r = 0;
    for (size_t at = 0; r == 0 && !full(reading); at += record.used) {
        enum csv_got got = csv_read(bytes + at, count - at, true, separator, &record);
        if (got == CSV_END)
            return 0;
        struct cell cells[COLUMNS] = {{NULL, 0}};
        for (size_t i = 0; got == CSV_RECORD && i < record.count && i < head->count; i++)
            cells[head->columns[i]] = trimmed(record.cells[i].text, record.cells[i].count);
        if (got == CSV_BAD)
            refuse(reading, NULL, record.code, NULL);
        else if (record.count == 1 && record.cells[0].count == 0)
            ; /* blank */
        else if (record.count != head->count)
            refuse_cells(reading, head->count);
        else
            r = take_row(reading, cells, err);
        reading->line += record.lines;
    }
    return r;
}

static int csv_rows(struct reading *reading, char *bytes, size_t count, struct err *err)
{
    struct csv_record record;
    struct head head;
    size_t at = csv_mark(bytes, count);
    char separator = csv_separator(bytes + at, count - at);
    enum csv_got got = csv_read(bytes + at, count - at, true, separator, &record);
    if (got == CSV_BAD)
        refuse(reading, NULL, record.code, NULL);
    if (got != CSV_RECORD || !head_read(reading, &record, &head))
        return 0;
    at += record.used;
    reading->line += record.lines;
    if (memchr(bytes + at, '"', count - at) == NULL)
        return plain_read(reading, &head, bytes + at, count - at, separator, err);
    return quoted_read(reading, &head, bytes + at, count - at, separator, err);
}

/* --- Newline JSON ------------------------------------------------------------------------------------------------- */

/* What a member says as a cell: texts as they are, the count as its digits; false for another kind. */
static bool member_read(enum column column, const struct json_cell *value, struct cell *ret)
{
    bool number = column == COL_COUNT;
    if (column == COL_REGION && value->kind == CELL_NULL)
        return true;
    if (value->kind != (number ? CELL_INT : CELL_STRING))
        return false;
    *ret = (struct cell){value->text, value->count};
    return true;
}

static int object_read(struct reading *reading, const struct json_cell *object, struct err *err)
{
    struct cell cells[COLUMNS] = {{NULL, 0}};
    size_t refused = reading->refused;
    const struct json_cell *member = object->count > 0 ? json_cell_first(object) : NULL;
    for (size_t i = 0; i < object->count; i++, member = json_cell_after(member)) {
        int column = column_of(member->key, member->key_count);
        if (column < 0)
            refuse_name(reading, member->key, member->key_count);
        else if (!member_read((enum column)column, member, &cells[column]))
            refuse(reading, column_names[column], "wrong_type", NULL);
    }
    return reading->refused > refused ? 0 : take_row(reading, cells, err);
}

static int json_rows(struct reading *reading, char *bytes, size_t count, struct err *err)
{
    char *at = bytes, *end = bytes + count;
    struct arena line;
    int r = 0;
    arena_init(&line, (size_t)1 << 20);
    for (; r == 0 && at < end && !full(reading); reading->line++) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        *stop = '\0';
        const struct json_cell *object;
        size_t length = (size_t)(stop - at);
        if (length > LINE_MOST) {
            refuse(reading, NULL, "too_long", "4096");
        } else if (trimmed(at, length).count > 0) {
            struct err why = {0};
            r = json_tape_read(at, length, &line, &object, &why);
            if (r == -ERR_MEMORY) {
                *err = why;
            } else if (r < 0 || object->kind != CELL_OBJECT) {
                refuse(reading, NULL, r < 0 ? "json_malformed" : "wrong_type", r < 0 ? why.arg : NULL);
                r = 0;
            } else {
                r = object_read(reading, object, err);
            }
            arena_reset(&line);
        }
        at = stop + 1;
    }
    arena_done(&line);
    return r;
}

/* --- Whole -------------------------------------------------------------------------------------------------------- */

static size_t rows_most(const char *bytes, size_t count)
{
    size_t lines = 1;
    for (const char *at = bytes, *end = bytes + count; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    return lines < count / CSV_ROW_LEAST + 1 ? lines : count / CSV_ROW_LEAST + 1;
}

int showings_read(enum showings_type type, char *bytes, size_t count, const struct showing_adverts *adverts,
                  const struct catalogue *catalogue, int32_t today, struct arena *arena, struct showings *ret,
                  struct field_errors *errors, struct err *err)
{
    struct reading reading = {.adverts = adverts,
                              .catalogue = catalogue,
                              .arena = arena,
                              .errors = errors,
                              .today = today,
                              .line = 1,
                              .serial = -1,
                              .day_text = " ",
                              .room = rows_most(bytes, count)};
    reading.rows = ARENA_ARRAY(arena, struct showing, reading.room);
    if (reading.rows == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->region_count; i++) {
        const struct region *region = &catalogue->regions[i];
        int digits = strlen(region->id) == 5 && strncmp(region->id, "KZ-", 3) == 0 ? two(region->id + 3) : -1;
        if (digits >= 0)
            reading.regions[digits] = (uint16_t)region->number;
    }
    int r = type == SHOWINGS_CSV ? csv_rows(&reading, bytes, count, err) : json_rows(&reading, bytes, count, err);
    if (r < 0)
        return r;
    if (reading.refused > 0)
        return errors->overflowed ? err_memory(err) : err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    if (reading.lines == 0)
        return err_set(err, ERR_BAD_INPUT, "showings_empty", NULL);
    r = showings_sort(reading.rows, &reading.count, err);
    if (r == 0)
        *ret = (struct showings){reading.rows, reading.count, reading.lines, reading.total};
    return r;
}
