/* GET /v1/procedures, /v1/norms, /v1/calendar: the catalogue to read. */
#include "web/api/api.h"
#include <string.h>

static bool etag_known(struct request *request, struct response *response)
{
    char etag[64];
    /* The catalogue does not change while it is loaded, but the answer is in the request's language, and whose case it
     * is may be said by some roles alone. */
    snprintf(etag, sizeof etag, "\"%.16s-%08x-%s-%x\"", request->office->catalogue_hash, api_roles_tag(request->office),
             lang_code(request->lang), (unsigned)request->actor.roles);
    return api_not_modified(request, response, etag);
}

static void write_title(struct request *request, struct buf *out, struct text3 title)
{
    jo_text(out, "title", title.in[request->lang]);
}

static void write_openers(struct buf *out, unsigned open_to)
{
    jo_key(out, "open_to");
    jo_open(out, '[');
    if (open_to & OPENER_PUBLIC)
        jo_put_text(out, "public");
    if (open_to & OPENER_PERSON)
        jo_put_text(out, "person");
    if (open_to & OPENER_STAFF)
        jo_put_text(out, "staff");
    if (open_to & OPENER_API)
        jo_put_text(out, "api");
    if (open_to & OPENER_SYSTEM)
        jo_put_text(out, "system");
    jo_close(out, ']');
}

static void write_head(struct request *request, struct buf *out, const struct procedure *procedure)
{
    jo_text(out, "name", procedure->id);
    write_title(request, out, procedure->title);
    jo_text(out, "summary", procedure->summary.in[request->lang]);
    jo_words(out, "run_by", procedure->run_by, procedure->run_by_count);
    write_openers(out, procedure->open_to);
    jo_words(out, "opened_by", procedure->opened_by, procedure->opened_by_count);
    jo_words(out, "norms", procedure->norm_ids, procedure->norm_count);
    jo_key(out, "url");
    char *url = arena_printf(&request->arena, "/v1/procedures/%s", procedure->id);
    jo_put_text(out, url);
}

int api_procedure_list(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct buf *out = &response->body;
    if (etag_known(request, response))
        return 0;
    jo_open(out, '{');
    jo_key(out, "procedures");
    jo_open(out, '[');
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        if (!office_runs(request->office, &catalogue->procedures[i]))
            continue;
        jo_open(out, '{');
        write_head(request, out, &catalogue->procedures[i]);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

static void write_states(struct request *request, struct buf *out, const struct procedure *procedure)
{
    jo_key(out, "states");
    jo_open(out, '[');
    for (size_t i = 0; i < procedure->state_count; i++) {
        jo_open(out, '{');
        jo_text(out, "name", procedure->states[i].id);
        write_title(request, out, procedure->states[i].title);
        jo_text(out, "public_title", procedure->states[i].public_title.in[request->lang]);
        jo_bool(out, "final", procedure->states[i].final);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

/* How often the law allows it, and for one of what. */
static void write_limits(struct buf *out, const struct procedure *procedure)
{
    jo_key(out, "limits");
    jo_open(out, '[');
    for (size_t i = 0; i < procedure->limit_count; i++) {
        jo_open(out, '{');
        jo_text(out, "norm", procedure->limits[i].norm_id);
        jo_text(out, "key", procedure->limits[i].key);
        jo_words(out, "not_in", procedure->limits[i].not_in, procedure->limits[i].not_in_count);
        jo_text(out, "year", procedure->limits[i].year);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static void write_acts(struct request *request, struct buf *out, const struct procedure *procedure)
{
    jo_key(out, "acts");
    jo_open(out, '[');
    for (size_t i = 0; i < procedure->act_count; i++) {
        const struct procedure_act *act = &procedure->acts[i];
        jo_open(out, '{');
        jo_text(out, "name", act->id);
        write_title(request, out, act->title);
        jo_words(out, "by", act->by, act->by_count);
        jo_key(out, "from");
        jo_open(out, '[');
        for (size_t s = 0; s < act->from_count; s++)
            jo_put_text(out, procedure->states[act->from[s]].id);
        jo_close(out, ']');
        jo_text(out, "to", act->to < 0 ? NULL : procedure->states[act->to].id);
        jo_text(out, "paper", act->paper);
        jo_bool(out, "tells_opener", act->tell == TELL_OPENER);
        jo_text(out, "extends", act->extends);
        jo_text(out, "at", act->at);
        jo_bool(out, "decides", act->decides);
        jo_text(out, "after_overdue", act->after_overdue);
        jo_text(out, "other_than", act->other_than);
        jo_text(out, "needs", act->need.procedure);
        jo_text(out, "opens", act->open.procedure);
        jo_key(out, "fields");
        schema_write(out, act->fields, act->field_count, request->lang);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

static void write_clocks(struct request *request, struct buf *out, const struct procedure *procedure)
{
    jo_key(out, "clocks");
    jo_open(out, '[');
    for (size_t i = 0; i < procedure->clock_count; i++) {
        const struct procedure_clock *clock = &procedure->clocks[i];
        jo_open(out, '{');
        jo_text(out, "name", clock->id);
        write_title(request, out, clock->title);
        jo_text(out, "norm", clock->norm_id);
        jo_text(out, "from", clock->from);
        jo_words(out, "starts_on", clock->starts_on, clock->starts_on_count);
        jo_words(out, "stopped_by", clock->stopped_by, clock->stopped_by_count);
        jo_words(out, "voided_by", clock->voided_by, clock->voided_by_count);
        jo_close(out, '}');
    }
    jo_close(out, ']');
}

int api_procedure_get(struct request *request, struct response *response, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(request->office->catalogue, request_param(request, "name"));
    struct buf *out = &response->body;
    if (procedure == NULL || !office_runs(request->office, procedure))
        return err_set(err, ERR_NOT_FOUND, "procedure_unknown", NULL);
    if (etag_known(request, response))
        return 0;
    jo_open(out, '{');
    write_head(request, out, procedure);
    jo_text(out, "number", procedure->number);
    jo_key(out, "fields");
    schema_write_opening(request, out, procedure);
    write_states(request, out, procedure);
    write_acts(request, out, procedure);
    write_clocks(request, out, procedure);
    write_limits(out, procedure);
    jo_text(out, "paper", procedure->paper);
    jo_close(out, '}');
    return 0;
}

static void write_clock_rule(struct buf *out, const struct clock_rule *rule)
{
    static const char *const kinds[] = {"at_most", "at_least"}, *const directions[] = {"after", "before"};
    jo_key(out, "clock");
    jo_open(out, '{');
    jo_text(out, "unit", clock_unit_word(rule->unit));
    if (rule->unit != UNIT_AT_ONCE && rule->unit != UNIT_FIXED_DATE && rule->unit != UNIT_NAMED_DAY)
        jo_int(out, "amount", rule->amount);
    if (rule->unit == UNIT_FIXED_DATE) {
        jo_int(out, "month", rule->fixed_month);
        jo_int(out, "day", rule->fixed_day);
        jo_int(out, "years_later", rule->fixed_years);
    }
    jo_text(out, "counting", clock_counting_word(rule->counting));
    jo_text(out, "kind", kinds[rule->kind]);
    jo_text(out, "direction", directions[rule->direction]);
    if (rule->extend.times > 0) {
        jo_key(out, "extend");
        jo_open(out, '{');
        jo_int(out, "amount", rule->extend.amount);
        jo_text(out, "unit", clock_unit_word(rule->extend.unit));
        jo_int(out, "times", rule->extend.times);
        jo_close(out, '}');
    }
    jo_close(out, '}');
}

static void write_norm(struct request *request, struct buf *out, const struct norm *norm)
{
    jo_open(out, '{');
    jo_text(out, "id", norm->id);
    jo_day(out, "from", norm->from_day);
    if (norm->until_day != INT32_MAX)
        jo_day(out, "until", norm->until_day);
    jo_words(out, "who", norm->who, norm->who_count);
    write_title(request, out, norm->title);
    if (norm->note.in[request->lang] != NULL)
        jo_text(out, "note", norm->note.in[request->lang]);
    if (norm->policy.in[request->lang] != NULL)
        jo_text(out, "policy", norm->policy.in[request->lang]);
    if (norm->has_clock)
        write_clock_rule(out, &norm->clock);
    jo_close(out, '}');
}

static bool binds(const struct norm *norm, const char *who)
{
    for (size_t i = 0; i < norm->who_count; i++)
        if (strcmp(norm->who[i], who) == 0)
            return true;
    return false;
}

int api_norm_list(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const char *who = request_query(request, "who");
    struct buf *out = &response->body;
    int64_t at = request->now_usec;
    int r = api_query_moment(request, "at", &at, err);
    if (r < 0)
        return r;
    int32_t day = zone_day_of(request_zone(request), at);
    jo_open(out, '{');
    jo_key(out, "norms");
    jo_open(out, '[');
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        if (day >= norm->from_day && day < norm->until_day && (who == NULL || binds(norm, who)))
            write_norm(request, out, norm);
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

int api_norm_get(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    const char *id = request_param(request, "id");
    struct buf *out = &response->body;
    int64_t at = TIME_NONE;
    int r = api_query_moment(request, "at", &at, err);
    if (r < 0)
        return r;
    bool found = false;
    jo_open(out, '{');
    jo_text(out, "id", id);
    jo_key(out, "versions");
    jo_open(out, '[');
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        if (strcmp(norm->id, id) != 0 || (at != TIME_NONE && catalogue_norm_at(catalogue, id, at) != norm))
            continue;
        write_norm(request, out, norm);
        found = true;
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return found ? 0 : err_set(err, ERR_NOT_FOUND, "norm_unknown", "%s", id);
}

static const char *reason(enum day_kind kind)
{
    switch (kind) {
    case DAY_HOLIDAY:
        return "holiday";
    case DAY_CARRIED:
        return "carried";
    case DAY_OFF_MOVED:
        return "moved_off";
    case DAY_WEEKEND:
        return "weekend";
    case DAY_WORKING:
    case DAY_WORKED_MOVED:
        break;
    }
    return "working";
}

int api_calendar(struct request *request, struct response *response, struct err *err)
{
    const struct calendar *calendar = request->office->catalogue->calendar;
    struct buf *out = &response->body;
    int64_t year;
    int r = api_param_int(request, "year", calendar->from_year, calendar->until_year, &year, err);
    if (r < 0)
        return err_set(err, ERR_NOT_FOUND, "calendar_not_covered", "%s", request_param(request, "year"));
    if (etag_known(request, response))
        return 0;
    int32_t first = day_from_date((struct date){(int)year, 1, 1});
    int32_t after = day_from_date((struct date){(int)year + 1, 1, 1});
    int working = 0;
    for (int32_t day = first; day < after; day++)
        working += calendar_is_working(calendar_find(calendar, day));
    jo_open(out, '{');
    jo_int(out, "year", year);
    jo_int(out, "working_days", working);
    jo_bool(out, "decided", year <= calendar->decided_until);
    jo_key(out, "days_off");
    jo_open(out, '[');
    for (int32_t day = first; day < after; day++) {
        const struct calendar_day *entry = calendar_find(calendar, day);
        if (calendar_is_working(entry) || entry->kind == DAY_WEEKEND)
            continue;
        jo_open(out, '{');
        jo_day(out, "date", day);
        jo_text(out, "why", reason((enum day_kind)entry->kind));
        if (entry->holiday != 255)
            jo_text(out, "holiday", calendar->holidays[entry->holiday].title.in[request->lang]);
        if (entry->expected)
            jo_bool(out, "expected", true);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_key(out, "moved");
    jo_open(out, '[');
    for (int32_t day = first; day < after; day++) {
        const struct calendar_day *entry = calendar_find(calendar, day);
        if (entry->kind != DAY_OFF_MOVED)
            continue;
        jo_open(out, '{');
        jo_day(out, "off", day);
        jo_day(out, "worked", entry->moved_day);
        jo_close(out, '}');
    }
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}
