/* The yearly report at the command line: its figures, and the proof that they are the ledger's. */
#include "cli/cli.h"
#include "out/report_out.h"
#include "out/report_paper.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int year_read(const struct cli *cli, int *ret, struct err *err)
{
    const char *text = cli->word_count > 0 ? cli->words[0] : "";

    if (cli->word_count != 1 || (cli->json && cli->csv) || strlen(text) != 4 || strspn(text, "0123456789") != 4)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap report YEAR [--json | --csv | --pdf FILE] [--check]");
    *ret = atoi(text);
    return 0;
}

static int pdf_write(struct cli *cli, const struct office *office, struct tx *tx, const struct report *report,
                     int64_t now_usec, struct err *err)
{
    struct buf pdf CLEANUP_BUF = {0};
    struct organisation organisation;
    FILE *file;
    bool written;
    int r = organisation_get(tx, &cli->arena, &organisation, err);

    buf_init(&pdf, (size_t)64 << 20);
    if (r == 0)
        r = report_render(report, &organisation, cli->lang, &office->catalogue->calendar->zone, now_usec, &pdf, err);
    if (r < 0)
        return r;
    file = fopen(cli->pdf_path, "wx");
    if (file == NULL)
        return err_set(err, ERR_UNAVAILABLE, "file_unwritable", "%s", cli->pdf_path);
    written = fwrite(pdf.data, 1, pdf.len, file) == pdf.len;
    written = fclose(file) == 0 && written;
    return written ? 0 : err_set(err, ERR_UNAVAILABLE, "file_unwritable", "%s", cli->pdf_path);
}

static void lines_print(const struct report *report, enum lang lang)
{
    printf("%s, %d\n", report->form->title.in[lang], report->year);
    for (size_t i = 0; i < report->figure_count; i++) {
        const struct report_cell_figure *figure = &report->figures[i];

        printf("%8" PRId64 "  %s\n", figure->total, figure->form->title.in[lang]);
        for (size_t row = 0; figure->form->dimension_count > 0 && row < figure->rows; row++) {
            int64_t sum = 0;

            for (size_t c = 0; c < figure->columns; c++)
                sum += figure->cells[row * figure->columns + c];
            if (sum > 0)
                printf("%12" PRId64 "  %s\n", sum, report_option_title(&figure->form->dimensions[0], row, lang));
        }
    }
}

static int print(struct cli *cli, const struct report *report, struct err *err)
{
    struct buf text CLEANUP_BUF = {0};

    buf_init(&text, (size_t)64 << 20);
    if (cli->json)
        report_json(report, cli->lang, &text);
    else if (cli->csv)
        report_csv(report, cli->lang, &text);
    else if (cli->pdf_path == NULL)
        lines_print(report, cli->lang);
    if (text.failed)
        return err_memory(err);
    if (text.len > 0)
        printf("%s%s", text.data, cli->json ? "\n" : "");
    return 0;
}

static int report_year(struct cli *cli, const struct office *office, struct tx *tx, const struct report_form *form,
                       int year, struct err *err)
{
    int64_t now_usec = time_now_usec();
    struct report report;
    int r = report_make(tx, office, form, year, now_usec, &cli->arena, &report, err);

    if (r == 0)
        r = print(cli, &report, err);
    if (r == 0 && cli->pdf_path != NULL)
        r = pdf_write(cli, office, tx, &report, now_usec, err);
    if (r == 0 && cli->check)
        r = report_check(tx, office, &report, err);
    if (r == 0 && cli->check)
        fprintf(stderr, "%s %d: yes, the figures are those of the ledger, %" PRId64 " entries of the year\n", form->id,
                year, report.events);
    return r;
}

int cmd_report(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct tx *tx = NULL;
    int year, r = year_read(cli, &year, err);

    if (r == 0)
        r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < installation.catalogue->report_count; i++) {
        r = store_read_begin(installation.store, &tx, err);
        if (r == 0)
            r = report_year(cli, &installation.office, tx, &installation.catalogue->reports[i], year, err);
        store_read_end(tx);
        tx = NULL;
    }
    installation_close(&installation);
    return r;
}
