/* The law at the command line: check the catalogue, compute a clock, print a year. */
#include "cli/cli.h"

#include "base/locale.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The word of a day's reason, for people. */
static const char *why_text(enum lang lang, const char *why)
{
    char key[64];
    const char *text;

    snprintf(key, sizeof(key), "clock.why.%s", why);
    text = text_find(lang, key);
    return text ? text : why;
}

int cmd_law_check(struct cli *cli, struct err *err)
{
    struct catalogue *catalogue;
    char hash[65];
    size_t clocks = 0;
    int r = cli_catalogue(cli, &catalogue, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < catalogue->norm_count; i++)
        clocks += catalogue->norms[i].has_clock;
    hex_encode(catalogue->hash.bytes, SHA256_BYTES, hash);
    if (cli->json)
        printf("{\"acts\":%zu,\"norms\":%zu,\"clocks\":%zu,\"procedures\":%zu,\"lists\":%zu,\"hash\":\"%s\"}\n",
               catalogue->act_count, catalogue->norm_count, clocks, catalogue->procedure_count, catalogue->list_count,
               hash);
    else
        printf("acts %zu, norms %zu (%zu with a clock), procedures %zu, lists %zu, calendar %d-%d\nhash %s\n",
               catalogue->act_count, catalogue->norm_count, clocks, catalogue->procedure_count, catalogue->list_count,
               catalogue->calendar->from_year, catalogue->calendar->until_year, hash);
    catalogue_free(catalogue);
    return 0;
}

static void print_clock_json(const struct norm *norm, const struct zone *zone, const struct clock_explanation *why,
                             struct buf *out)
{
    char text[32];

    buf_puts(out, "{\"norm\":");
    buf_put_json_string(out, norm->id);
    date_format(date_from_day(norm->from_day), text);
    buf_printf(out, ",\"norm_version\":\"%s\"", text);
    moment_format(zone, why->moments.starts_usec, text);
    buf_printf(out, ",\"starts_at\":\"%s\"", text);
    moment_format(zone, why->moments.due_usec, text);
    buf_printf(out, ",\"due_at\":\"%s\"", text);
    moment_format(zone, why->moments.overdue_usec, text);
    buf_printf(out, ",\"overdue_at\":\"%s\",\"days\":[", text);
    for (size_t i = 0; i < why->count; i++) {
        date_format(date_from_day(why->days[i].day), text);
        buf_printf(out, "%s{\"date\":\"%s\",\"counted_due\":%s,\"counted_overdue\":%s,\"why\":", i ? "," : "", text,
                   why->days[i].counted_due ? "true" : "false", why->days[i].counted_overdue ? "true" : "false");
        buf_put_json_string(out, why->days[i].why);
        buf_putc(out, '}');
    }
    buf_printf(out, "],\"undecided\":%s}\n", why->undecided ? "true" : "false");
}

static void print_clock(const struct cli *cli, const struct norm *norm, const struct zone *zone,
                        const struct clock_explanation *why, struct buf *out)
{
    char text[32];

    buf_printf(out, "%s  %s\n", norm->id, norm->title.in[cli->lang]);
    moment_format(zone, why->moments.due_usec, text);
    buf_printf(out, "%s: %s\n", text_get(cli->lang, T_clock_due), text);
    moment_format(zone, why->moments.overdue_usec, text);
    buf_printf(out, "%s: %s\n", text_get(cli->lang, T_clock_overdue), text);
    for (size_t i = 0; i < why->count; i++) {
        date_format(date_from_day(why->days[i].day), text);
        buf_printf(out, "  %s  %c %c  %s%s%s\n", text, why->days[i].counted_due ? '+' : '.',
                   why->days[i].counted_overdue ? '+' : '.', why_text(cli->lang, why->days[i].why),
                   why->days[i].holiday ? ": " : "",
                   why->days[i].holiday ? why->days[i].holiday->title.in[cli->lang] : "");
    }
    if (why->undecided)
        buf_printf(out, "%s\n", text_get(cli->lang, T_calendar_undecided));
}

int cmd_clock(struct cli *cli, struct err *err)
{
    struct buf out CLEANUP_BUF = {0};
    struct clock_explanation why;
    struct catalogue *catalogue;
    const struct norm *norm = NULL;
    int64_t from_usec;
    int r;

    buf_init(&out, 1 << 20);
    if (cli->word_count != 1 || !cli->from)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap clock NORM --from MOMENT");
    r = cli_catalogue(cli, &catalogue, err);
    if (r < 0)
        return r;
    if (!moment_parse(cli->from, &catalogue->calendar->zone, &from_usec)) {
        r = err_set(err, ERR_BAD_INPUT, "not_a_moment", "%.60s", cli->from);
    } else if (!catalogue_norm_last(catalogue, cli->words[0])) {
        r = err_set(err, ERR_NOT_FOUND, "norm_unknown", "%.60s", cli->words[0]);
    } else {
        norm = catalogue_norm_at(catalogue, cli->words[0], from_usec);
        if (!norm)
            r = err_set(err, ERR_BAD_INPUT, "norm_not_in_force", "%.60s", cli->words[0]);
        else if (!norm->has_clock)
            r = err_set(err, ERR_BAD_INPUT, "norm_without_clock", "%.60s", cli->words[0]);
        else
            r = clock_explain(catalogue->calendar, &norm->clock, from_usec, 0, &cli->arena, &why, err);
    }
    if (r == 0) {
        if (cli->json)
            print_clock_json(norm, &catalogue->calendar->zone, &why, &out);
        else
            print_clock(cli, norm, &catalogue->calendar->zone, &why, &out);
        r = out.failed ? err_memory(err) : 0;
        if (r == 0)
            fputs(out.data, stdout);
    }
    catalogue_free(catalogue);
    return r;
}

static const char *day_why(const struct calendar *calendar, const struct calendar_day *day, enum lang lang)
{
    switch ((enum day_kind)day->kind) {
    case DAY_HOLIDAY:
        return calendar->holidays[day->holiday].title.in[lang];
    case DAY_CARRIED:
        return why_text(lang, "carried");
    case DAY_OFF_MOVED:
        return why_text(lang, "moved_off");
    case DAY_WORKED_MOVED:
        return why_text(lang, "worked_moved");
    case DAY_WORKING:
    case DAY_WEEKEND:
    default:
        return why_text(lang, "weekend");
    }
}

int cmd_calendar(struct cli *cli, struct err *err)
{
    const struct calendar *calendar;
    struct catalogue *catalogue;
    int32_t first, last;
    int64_t working = 0;
    char *end, text[11];
    long year;
    int r;

    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap calendar YEAR");
    year = strtol(cli->words[0], &end, 10);
    if (*end || end == cli->words[0])
        return err_set(err, ERR_BAD_INPUT, "option_value", "YEAR: %.20s", cli->words[0]);
    r = cli_catalogue(cli, &catalogue, err);
    if (r < 0)
        return r;
    calendar = catalogue->calendar;
    if (year < calendar->from_year || year > calendar->until_year) {
        catalogue_free(catalogue);
        return err_set(err, ERR_BAD_INPUT, "calendar_not_covered", "%ld", year);
    }
    first = day_from_date((struct date){(int)year, 1, 1});
    last = day_from_date((struct date){(int)year, 12, 31});
    for (int32_t day = first; day <= last; day++)
        working += calendar_is_working(calendar_find(calendar, day));
    printf(cli->json ? "{\"year\":%ld,\"working_days\":%" PRId64 ",\"days_off\":[" : "%ld: %" PRId64 "\n", year,
           working);
    for (int32_t day = first, n = 0; day <= last; day++) {
        const struct calendar_day *entry = calendar_find(calendar, day);

        if (entry->kind == DAY_WORKING || entry->kind == DAY_WEEKEND || (cli->json && entry->kind == DAY_WORKED_MOVED))
            continue;
        date_format(date_from_day(day), text);
        if (cli->json)
            printf("%s{\"date\":\"%s\",\"why\":\"%s\",\"expected\":%s}", n++ ? "," : "", text,
                   day_why(calendar, entry, cli->lang), entry->expected ? "true" : "false");
        else
            printf("  %s  %s%s\n", text, day_why(calendar, entry, cli->lang), entry->expected ? " *" : "");
    }
    if (cli->json) {
        int n = 0;

        printf("],\"moved\":[");
        for (int32_t day = first; day <= last; day++) {
            const struct calendar_day *entry = calendar_find(calendar, day);
            char worked[11];

            if (entry->kind != DAY_OFF_MOVED)
                continue;
            date_format(date_from_day(day), text);
            date_format(date_from_day(entry->moved_day), worked);
            printf("%s{\"off\":\"%s\",\"worked\":\"%s\"}", n++ ? "," : "", text, worked);
        }
        printf("],\"decided\":%s}\n", year <= calendar->decided_until ? "true" : "false");
    } else if (year > calendar->decided_until) {
        printf("%s\n", text_get(cli->lang, T_calendar_undecided));
    }
    catalogue_free(catalogue);
    return 0;
}
