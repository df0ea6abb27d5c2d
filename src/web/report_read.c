#include "web/report_read.h"
#include "web/app.h"
#include "web/report_cache.h"
#include <stdlib.h>
#include <string.h>

const struct report_form *report_offered(const struct office *office)
{
    const struct catalogue *catalogue = office->catalogue;
    for (size_t i = 0; i < catalogue->report_count; i++) {
        const struct report_form *form = &catalogue->reports[i];
        for (size_t s = 0; s < form->section_count; s++)
            for (size_t f = 0; f < form->sections[s].figure_count; f++)
                if (office_runs(office, form->sections[s].figures[f].procedure))
                    return form;
    }
    return NULL;
}

const struct report_form *report_named(const struct request *request)
{
    return catalogue_report(request->office->catalogue, request_param(request, "report"));
}

int report_year_asked(const struct request *request)
{
    const char *text = request_param(request, "year");
    if (strlen(text) != 4 || strspn(text, "0123456789") != 4)
        return 0;
    int year = atoi(text);
    return year >= 2000 && year <= 2199 ? year : 0;
}

int report_read(struct request *request, struct report *ret, int64_t *ret_at_usec, struct err *err)
{
    const struct report_form *form = report_named(request);
    int year = report_year_asked(request);
    struct tx *tx;
    if (form == NULL || year == 0)
        return err_set(err, ERR_NOT_FOUND, "not_found", NULL);
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    return report_cache_get(request->app->reports, tx, request->office, form, year, request->now_usec, &request->arena,
                            ret, ret_at_usec, err);
}

int report_years_of(struct request *request, struct tx *tx, int *ret_first, int *ret_last, struct err *err)
{
    const struct zone *zone = &request->office->catalogue->calendar->zone;
    struct event_row first;
    struct err why = {0};
    int r = store_event_get(tx, 0, &request->arena, &first, &why);
    *ret_last = date_from_day(zone_day_of(zone, request->now_usec)).year;
    *ret_first = *ret_last + 1;
    if (r == -ERR_NOT_FOUND)
        return 0;
    if (r < 0) {
        if (err != NULL)
            *err = why;
        return r;
    }
    *ret_first = date_from_day(zone_day_of(zone, first.at_usec)).year;
    return 0;
}
