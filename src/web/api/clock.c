/* POST /v1/clock and GET /v1/clock: when a period ends, and every day on the way there. */
#include "web/api/api.h"
#include <stdlib.h>

static int answer(struct request *request, struct response *response, const char *norm_id, int64_t from, int times,
                  struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const struct norm *norm = catalogue_norm_at(catalogue, norm_id, from);
    struct buf *out = &response->body;
    const char *wrong = norm == NULL
                            ? catalogue_norm_last(catalogue, norm_id) == NULL ? "norm_unknown" : "norm_not_in_force"
                        : !norm->has_clock ? "norm_without_clock"
                                           : NULL;
    if (wrong != NULL) {
        field_errors_add(&request->errors, "norm", wrong, "%s", norm_id);
        return err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
    }
    struct clock_explanation why;
    int r = clock_explain(catalogue->calendar, &norm->clock, from, times, &request->arena, &why, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_text(out, "norm", norm->id);
    jo_day(out, "norm_version", norm->from_day);
    jo_text(out, "title", norm->title.in[request->lang]);
    if (times > 0)
        jo_int(out, "times", times);
    explanation_write(request, out, &why);
    jo_text(out, "calendar", request->office->calendar_hash);
    jo_text(out, "catalogue", request->office->catalogue_hash);
    jo_close(out, '}');
    return 0;
}

int api_clock_post(struct request *request, struct response *response, struct err *err)
{
    static const struct field fields[] = {
        {.name = "norm", .type = FIELD_LINE, .required = true, .max = 60},
        {.name = "from", .type = FIELD_MOMENT, .required = true},
        {.name = "times", .type = FIELD_NUMBER, .min = 0, .max = 12},
    };
    enum { COUNT = sizeof fields / sizeof fields[0] };
    const struct field_value *values;
    int r = api_members(request, fields, COUNT, &values, err);
    if (r < 0)
        return r;
    int64_t from;
    const char *times = api_value(values, COUNT, "times");
    if (!moment_parse(api_value(values, COUNT, "from"), request_zone(request), &from))
        return api_refuse(request, "from", "not_a_moment", err);
    return answer(request, response, api_value(values, COUNT, "norm"), from, times == NULL ? 0 : atoi(times), err);
}

int api_clock_get(struct request *request, struct response *response, struct err *err)
{
    const char *norm = request_query(request, "norm");
    int64_t from = TIME_NONE, times = 0;
    if (norm == NULL)
        return api_refuse(request, "norm", "required", err);
    int r = api_query_moment(request, "from", &from, err);
    if (r == 0)
        r = api_query_int(request, "times", 0, 12, &times, err);
    if (r == 0 && from == TIME_NONE)
        r = api_refuse(request, "from", "required", err);
    return r < 0 ? r : answer(request, response, norm, from, (int)times, err);
}
