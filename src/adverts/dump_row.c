/* One advertisement, or its showings, as rows of both formats. JSON has what is kept word by word; CSV has one cell for
 * what a table can hold, several values of one cell on lines of their own. What tells of third persons' consents stays
 * here: it may name them. */
#include "adverts/dump_parts.h"
#include "base/json.h"
#include "base/json_scan.h"

#include <assert.h>
#include <string.h>

const struct dump_column dump_advert_columns[] = {
    {"id", "text"},           {"own_id", "text"},       {"version", "number"},      {"placed_at", "moment"},
    {"changed_at", "moment"}, {"removed_at", "moment"}, {"first_shown", "day"},     {"last_day", "day"},
    {"showings", "number"},   {"kind", "text"},         {"format", "text"},         {"language", "text"},
    {"text", "text"},         {"mark", "text"},         {"mark_place", "text"},     {"account", "text"},
    {"account_url", "text"},  {"advertiser", "text"},   {"advertiser_bin", "text"}, {"payer", "text"},
    {"payer_bin", "text"},    {"sponsor", "text"},      {"sponsor_bin", "text"},    {"period_from", "day"},
    {"period_until", "day"},  {"age_from", "number"},   {"age_until", "number"},    {"included", "list"},
    {"excluded", "list"},     {"media", "list"},        {"ai_made", "yes_no"},      {"ai_notice", "text"},
    {"influencer", "text"},   {"allowed", "yes_no"},    {"findings", "list"},       {NULL, NULL}};
const struct dump_column dump_showing_columns[] = {{"ad", "text"},      {"day", "day"},     {"region", "text"},
                                                   {"count", "number"}, {"hidden", "text"}, {NULL, NULL}};

void dump_head_write(enum dump_what what, struct buf *out)
{
    const struct dump_column *columns = what == DUMP_ADVERTS ? dump_advert_columns : dump_showing_columns;
    for (size_t i = 0; columns[i].name != NULL; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_puts(out, columns[i].name);
    }
    buf_puts(out, "\r\n");
}

/* --- Cells -------------------------------------------------------------------------------------------------------- */

static void cell(struct buf *out, const char *text)
{
    buf_put_csv(out, text == NULL ? "" : text);
    buf_putc(out, ',');
}

static void number_cell(struct buf *out, int64_t value, bool there)
{
    if (there)
        buf_put_int(out, value);
    buf_putc(out, ',');
}

static const char *day_text(int32_t day, char room[static 11])
{
    if (day == INT32_MIN || day >= ADVERT_DAY_OPEN)
        return NULL;
    date_format(date_from_day(day), room);
    return room;
}

static const char *moment_text(const struct zone *zone, int64_t at_usec, char room[static 32])
{
    if (at_usec == TIME_NONE)
        return NULL;
    moment_format(zone, at_usec, room);
    return room;
}

static void day_cell(struct buf *out, int32_t day)
{
    char room[11];
    cell(out, day_text(day, room));
}

static void moment_cell(struct buf *out, const struct zone *zone, int64_t at_usec)
{
    char room[32];
    cell(out, moment_text(zone, at_usec, room));
}

/* The lines of a cell, put together first: quotes go around all of them. */
static int lines_cell(struct buf *out, struct buf *lines, struct err *err)
{
    if (lines->failed)
        return err_memory(err);
    cell(out, lines->len == 0 ? "" : lines->data);
    buf_reset(lines);
    return 0;
}

static int criteria_cell(struct buf *out, struct buf *lines, const struct advert_criterion *criteria, size_t count,
                         struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        buf_puts(lines, i > 0 ? "\n" : "");
        buf_puts(lines, criteria[i].criterion);
        buf_puts(lines, "=");
        buf_puts(lines, criteria[i].value == NULL ? "" : criteria[i].value);
    }
    return lines_cell(out, lines, err);
}

static void plain_text(struct buf *out, struct json_piece piece)
{
    if (piece.count > 2)
        buf_put(out, piece.at + 1, piece.count - 2);
}

/* --- CSV ---------------------------------------------------------------------------------------------------------- */

static int said_cells(const struct advert *said, struct buf *lines, struct buf *out, struct err *err)
{
    cell(out, advert_kind_word(said->kind));
    cell(out, advert_format_word(said->format));
    cell(out, said->language);
    cell(out, said->text);
    cell(out, said->mark_text);
    cell(out, mark_place_word(said->mark_place));
    cell(out, said->account.name);
    cell(out, said->account.url);
    const struct advert_party *parties[] = {&said->advertiser, &said->payer, &said->sponsor};
    for (size_t i = 0; i < 3; i++) {
        cell(out, parties[i]->name);
        cell(out, parties[i]->bin);
    }
    day_cell(out, said->from_day);
    day_cell(out, said->until_day);
    number_cell(out, said->age_from, said->age_from >= 0);
    number_cell(out, said->age_until, said->age_until >= 0);
    int r = criteria_cell(out, lines, said->include, said->include_count, err);
    if (r == 0)
        r = criteria_cell(out, lines, said->exclude, said->exclude_count, err);
    for (size_t i = 0; i < said->media_count; i++) {
        buf_puts(lines, i > 0 ? "\n" : "");
        buf_puts(lines, said->media[i].hash);
    }
    if (r == 0)
        r = lines_cell(out, lines, err);
    cell(out, said->ai_made ? "true" : "false");
    cell(out, said->ai_notice);
    cell(out, said->influencer_basis);
    return r;
}

static int check_cells(struct json_piece check, struct buf *lines, struct buf *out, struct err *err)
{
    struct json_piece findings = json_scan_member(check, "findings"), key, finding;
    cell(out, json_scan_member(check, "allowed").count == 4 ? "true" : "false");
    for (size_t at = 0; json_scan_next(findings, &at, &key, &finding);) {
        buf_puts(lines, lines->len > 0 ? "\n" : "");
        plain_text(lines, json_scan_member(finding, "code"));
    }
    int r = lines_cell(out, lines, err);
    out->len -= out->len > 0; /* the last cell's comma */
    buf_puts(out, "\r\n");
    return r;
}

static void own_cells(const struct advert_row *row, const struct zone *zone, struct buf *out)
{
    cell(out, row->id);
    cell(out, row->own_id);
    number_cell(out, row->version, true);
    moment_cell(out, zone, row->placed_usec);
    moment_cell(out, zone, row->changed_usec);
    moment_cell(out, zone, row->removed_usec);
    day_cell(out, row->first_day);
    day_cell(out, row->last_day);
    number_cell(out, row->shown, true);
}

/* Of what is removed: what is left of it, and empty cells. */
static void removed_cells(const struct advert_row *row, const struct zone *zone, struct buf *out)
{
    size_t columns = 0;
    while (dump_advert_columns[columns].name != NULL)
        columns++;
    cell(out, row->id);
    cell(out, NULL);
    number_cell(out, row->version, true);
    moment_cell(out, zone, row->placed_usec);
    moment_cell(out, zone, row->changed_usec);
    moment_cell(out, zone, row->removed_usec);
    for (size_t i = 6; i + 1 < columns; i++)
        buf_putc(out, ',');
    buf_puts(out, "\r\n");
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static void text_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    if (text == NULL)
        buf_puts(out, "null");
    else
        buf_put_json_string(out, text);
}

static void own_members(const struct advert_row *row, const struct zone *zone, struct buf *out)
{
    bool stands = row->removed_usec == TIME_NONE;
    char room[32];
    buf_puts(out, "{\"id\":");
    buf_put_json_string(out, row->id);
    text_member(out, "own_id", row->own_id);
    buf_puts(out, ",\"version\":");
    buf_put_int(out, row->version);
    text_member(out, "placed_at", moment_text(zone, row->placed_usec, room));
    text_member(out, "changed_at", moment_text(zone, row->changed_usec, room));
    text_member(out, "removed_at", moment_text(zone, row->removed_usec, room));
    text_member(out, "first_shown", stands ? day_text(row->first_day, room) : NULL);
    text_member(out, "last_day", stands ? day_text(row->last_day, room) : NULL);
    buf_puts(out, ",\"showings\":");
    if (stands)
        buf_put_int(out, row->shown);
    else
        buf_puts(out, "null");
}

static int said_member(struct json_piece advert, struct buf *out, struct err *err)
{
    CLEANUP_JSON json_t *object = NULL;
    size_t index;
    json_t *third;
    buf_puts(out, ",\"advert\":");
    if (json_scan_member(advert, "third_persons").count == 0) {
        buf_put(out, advert.at, advert.count);
        return 0;
    }
    int r = json_parse(advert.at, advert.count, &object, err);
    if (r < 0)
        return r;
    json_array_foreach(json_object_get(object, "third_persons"), index, third) json_object_del(third, "consent");
    return json_canonical(object, out, err);
}

int dump_advert_write(const struct dump_row *row, const struct zone *zone, struct arena *tmp, struct buf *csv,
                      struct buf *json, struct err *err)
{
    struct json_piece whole = {row->json, row->json == NULL ? 0 : row->json_len};
    struct json_piece advert = json_scan_member(whole, "advert"), check = json_scan_member(whole, "check");
    CLEANUP_BUF struct buf lines = {0};
    struct advert said;
    own_members(&row->advert, zone, json);
    if (row->advert.removed_usec != TIME_NONE) {
        removed_cells(&row->advert, zone, csv);
        buf_puts(json, ",\"advert\":null,\"check\":null}\n");
        return 0;
    }
    if (advert.count == 0 || check.count == 0)
        return err_set(err, ERR_DAMAGED, "advert_damaged", NULL);
    buf_init(&lines, (size_t)16 << 20);
    int r = advert_read_kept(row->json, row->json_len, tmp, &said, err);
    if (r == 0)
        r = said_member(advert, json, err);
    if (r < 0)
        return r;
    buf_puts(json, ",\"check\":");
    buf_put(json, check.at, check.count);
    buf_puts(json, "}\n");
    own_cells(&row->advert, zone, csv);
    r = said_cells(&said, &lines, csv, err);
    return r < 0 ? r : check_cells(check, &lines, csv, err);
}

/* --- Showings ----------------------------------------------------------------------------------------------------- */

static void showing_write(const char *id, int32_t day, const char *region, int64_t count, enum showing_how how,
                          struct buf *csv, struct buf *json)
{
    const char *hidden = how == SHOWING_FEWER ? "fewer_than_100" : how == SHOWING_WITHHELD ? "withheld" : NULL;
    char room[11];
    date_format(date_from_day(day), room);
    buf_puts(csv, id);
    buf_putc(csv, ',');
    buf_puts(csv, room);
    buf_putc(csv, ',');
    buf_puts(csv, region);
    buf_putc(csv, ',');
    if (how == SHOWING_TOLD)
        buf_put_int(csv, count);
    buf_putc(csv, ',');
    buf_puts(csv, hidden == NULL ? "" : hidden);
    buf_puts(csv, "\r\n");
    buf_puts(json, "{\"ad\":\"");
    buf_puts(json, id);
    buf_puts(json, "\",\"day\":\"");
    buf_puts(json, room);
    buf_puts(json, "\",\"region\":\"");
    buf_puts(json, region);
    buf_puts(json, "\",\"count\":");
    if (how == SHOWING_TOLD)
        buf_put_int(json, count);
    else
        buf_puts(json, "null");
    buf_puts(json, ",\"hidden\":");
    if (hidden == NULL)
        buf_puts(json, "null}\n");
    else
        buf_printf(json, "\"%s\"}\n", hidden);
}

static_assert(REGION_THRESHOLD == 100, "\"fewer_than_100\" says so");

int dump_showings_write(const char *id, const struct showing_row *rows, size_t count, const struct catalogue *catalogue,
                        struct arena *tmp, struct buf *csv, struct buf *json, int64_t *ret_written, struct err *err)
{
    struct showing_day *days = ARENA_ARRAY(tmp, struct showing_day, count);
    int64_t written = 0;
    if (days == NULL)
        return err_memory(err);
    size_t told = showings_hide(rows, count, days);
    for (size_t at = 0, i = 0; i < count;) {
        int64_t total = 0;
        int32_t day = rows[i].day;
        bool by_region = false;
        for (; i < count && rows[i].day == day; i++) {
            total += rows[i].count;
            by_region = by_region || rows[i].region != 0;
        }
        showing_write(id, day, "total", total, SHOWING_TOLD, csv, json);
        written++;
        for (; at < told && days[at].day == day; at++) {
            const struct region *region = catalogue_region(catalogue, days[at].region);
            if (!by_region || days[at].region == REGION_UNTOLD)
                continue;
            showing_write(id, day, days[at].region == 0 || region == NULL ? "none" : region->id, days[at].count,
                          days[at].how, csv, json);
            written++;
        }
    }
    *ret_written = written;
    return 0;
}
