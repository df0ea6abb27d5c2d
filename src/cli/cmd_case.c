/* Cases at the command line, for reading. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static void print_moment(const struct zone *zone, int64_t at_usec)
{
    char text[32] = "-";

    if (at_usec != TIME_NONE)
        moment_format(zone, at_usec, text);
    fputs(text, stdout);
}

int cmd_case_list(struct cli *cli, struct err *err)
{
    struct case_filter filter = {.open_only = true,
                                 .due_from_usec = TIME_NONE,
                                 .due_before_usec = TIME_NONE,
                                 .overdue_at_usec = TIME_NONE,
                                 .opened_from_usec = TIME_NONE,
                                 .opened_before_usec = TIME_NONE,
                                 .sort = CASE_SORT_DUE,
                                 .limit = 200};
    struct installation installation;
    const struct zone *zone;
    struct case_row *rows;
    struct tx *tx = NULL;
    struct arena arena;
    char cursor[256];
    size_t count;
    int r;

    if (cli->word_count != 0)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap case list");
    r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    zone = &installation.catalogue->calendar->zone;
    arena_init(&arena, 64 << 20);
    r = store_read_begin(installation.store, &tx, err);
    while (r == 0) {
        const char *next = NULL;

        r = store_case_list(tx, &filter, &arena, &rows, &count, &next, err);
        for (size_t i = 0; r == 0 && i < count; i++) {
            printf("%s\t%s\t", rows[i].number, rows[i].state);
            print_moment(zone, rows[i].next_due_usec);
            putchar('\n');
        }
        if (r < 0 || !next)
            break;
        snprintf(cursor, sizeof(cursor), "%s", next);
        filter.cursor = cursor;
        arena_reset(&arena);
    }
    store_read_end(tx);
    arena_done(&arena);
    installation_close(&installation);
    return r;
}

static void print_case(const struct case_view *view, enum lang lang, const struct zone *zone)
{
    printf("%s  %s  %s\n", view->row.number, view->procedure->title.in[lang],
           view->procedure->states[view->state].title.in[lang]);
    for (size_t i = 0; i < view->clock_count; i++) {
        const struct clock_row *row = &view->clocks[i].row;

        printf("  %s %s  %s  ", row->clock, row->norm, row->state);
        print_moment(zone, row->due_usec);
        putchar(' ');
        print_moment(zone, row->overdue_usec);
        putchar('\n');
    }
    for (size_t i = 0; i < view->event_count; i++) {
        printf("  %lld ", (long long)view->events[i].leaf);
        print_moment(zone, view->events[i].at_usec);
        printf(" %s%s%s\n", view->events[i].kind, view->events[i].act ? " " : "",
               view->events[i].act ? view->events[i].act->id : "");
    }
}

/* Values are left out: a terminal's scroll-back is no place for what people wrote. */
int cmd_case_show(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct actor actor = cli_actor();
    struct case_view view;
    struct case_row row;
    struct tx *tx = NULL;
    struct arena arena;
    int r;

    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap case show NUMBER");
    r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    arena_init(&arena, 64 << 20);
    r = store_read_begin(installation.store, &tx, err);
    if (r == 0)
        r = store_case_by_number(tx, cli->words[0], &arena, &row, err);
    if (r == 0)
        r = case_view(tx, &installation.office, row.id, &actor, time_now_usec(), CASE_WITH_EVENTS, &arena, &view, err);
    if (r == 0)
        print_case(&view, cli->lang, &installation.catalogue->calendar->zone);
    store_read_end(tx);
    arena_done(&arena);
    installation_close(&installation);
    return r;
}
