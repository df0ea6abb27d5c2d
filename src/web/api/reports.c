/* GET /v1/reports and below it: the yearly report as JSON and CSV, for everybody. */
#include "out/report_out.h"
#include "web/api/api.h"
#include "web/report_read.h"
#include <string.h>

int api_report_list(struct request *request, struct response *response, struct err *err)
{
    const struct report_form *form = report_offered(request->office);
    struct buf *out = &response->body;
    int first, last;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = report_years_of(request, tx, &first, &last, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "reports");
    jo_open(out, '[');
    if (form != NULL) {
        jo_open(out, '{');
        jo_text(out, "report", form->id);
        jo_text(out, "title", form->title.in[request->lang]);
        jo_text(out, "summary", form->summary.in[request->lang]);
        jo_key(out, "years");
        jo_open(out, '[');
        for (int year = first; year <= last; year++)
            jo_put_int(out, year);
        jo_close(out, ']');
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

int api_report_get(struct request *request, struct response *response, struct err *err)
{
    struct report report;
    int64_t at_usec;
    int r = report_read(request, &report, &at_usec, err);
    if (r < 0)
        return r;
    report_json(&report, request->lang, &response->body);
    return 0;
}

int api_report_csv(struct request *request, struct response *response, struct err *err)
{
    struct report report;
    int64_t at_usec;
    int r = report_read(request, &report, &at_usec, err);
    if (r < 0)
        return r;
    report_csv(&report, request->lang, &response->body);
    response->type = "text/csv; charset=utf-8";
    return 0;
}
