/* /healthz, /readyz, /metrics: for whoever watches the server. */
#include "adverts/library.h"
#include "audience/counter.h"
#include "persons/person_index.h"
#include "persons/rules.h"
#include "web/api/api.h"
#include "web/app.h"
#include "web/decision_log.h"
#include "web/metrics.h"
#include <stdio.h>
#include <unistd.h>

int api_healthz(struct request *request, struct response *response, struct err *err)
{
    buf_puts(&response->body, "{\"status\":\"ok\"}");
    return 0;
}

int api_readyz(struct request *request, struct response *response, struct err *err)
{
    int r = store_probe(request->office->store, request->now_usec, err);
    if (r < 0)
        return r;
    struct buf *out = &response->body;
    jo_open(out, '{');
    jo_text(out, "status", "ready");
    jo_text(out, "store", store_engine_name(request->office->store));
    jo_text(out, "catalogue", request->office->catalogue_hash);
    jo_text(out, "calendar", request->office->calendar_hash);
    jo_close(out, '}');
    return 0;
}

static void gauge(struct buf *out, const char *name, const char *type, const char *help, int64_t value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name, (long long)value);
}

/* Resident bytes, or -1 where the system does not tell. */
static int64_t resident_bytes(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return -1;
    int read = fscanf(file, "%ld %ld", &total, &resident);
    fclose(file);
    return read == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : -1;
}

static int write_store(struct request *request, struct buf *out, struct err *err)
{
    struct store_figures figures;
    struct outbox_figures outbox;
    struct tx *tx;
    const char *note;
    int64_t size, overdue = 0, open = 0;
    store_figures(request->office->store, &figures);
    gauge(out, "talap_store_queued", "gauge", "Commands that wait for the writer.", (int64_t)figures.queued);
    gauge(out, "talap_store_commands_total", "counter", "Commands run.", (int64_t)figures.commands);
    gauge(out, "talap_store_groups_total", "counter", "Transactions committed.", (int64_t)figures.groups);
    gauge(out, "talap_store_failures_total", "counter", "Commands that failed.", (int64_t)figures.failures);
    gauge(out, "talap_store_retries_total", "counter", "Transactions run again.", (int64_t)figures.retries);
    struct case_filter all = {.open_only = true,
                              .due_from_usec = TIME_NONE,
                              .due_before_usec = TIME_NONE,
                              .overdue_at_usec = TIME_NONE,
                              .opened_from_usec = TIME_NONE,
                              .opened_before_usec = TIME_NONE};
    struct case_filter late = all;
    late.overdue_at_usec = request->now_usec;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = ledger_checkpoint(tx, &request->arena, &note, &size, err);
    if (r == 0)
        r = store_outbox_figures(tx, &outbox, err);
    if (r == 0)
        r = store_case_count(tx, &all, &open, err);
    if (r == 0)
        r = store_case_count(tx, &late, &overdue, err);
    if (r < 0)
        return r;
    gauge(out, "talap_ledger_size", "gauge", "Leaves of the ledger.", size);
    gauge(out, "talap_cases_open", "gauge", "Cases not closed.", open);
    gauge(out, "talap_cases_overdue", "gauge", "Open cases with a clock that is overdue.", overdue);
    gauge(out, "talap_outbox_waiting", "gauge", "Messages that wait to be sent.", outbox.waiting);
    gauge(out, "talap_outbox_failed", "gauge", "Messages given up.", outbox.failed);
    gauge(out, "talap_outbox_sent_total", "counter", "Messages sent.", outbox.sent);
    gauge(out, "talap_outbox_oldest_seconds", "gauge", "Age of the oldest waiting message.",
          outbox.oldest_usec == TIME_NONE ? 0 : (request->now_usec - outbox.oldest_usec) / USEC_PER_SEC);
    return 0;
}

/* The index in which advertisements are searched. */
static void write_library(const struct request *request, struct buf *out)
{
    static const char *const languages[] = {"kk", "ru", "en"};
    struct library_figures figures;
    library_figures(request->app->library, &figures);
    gauge(out, "talap_library_adverts", "gauge", "Advertisements that can be searched.", figures.adverts);
    gauge(out, "talap_library_words", "gauge", "Different words in them.", figures.words);
    gauge(out, "talap_library_bytes", "gauge", "Memory of the index of advertisements.", figures.bytes);
    gauge(out, "talap_library_preparing", "gauge", "1 while the index is still being made.", figures.preparing);
    buf_puts(out, "# HELP talap_library_dictionary Is there a dictionary by which forms of words are found?\n"
                  "# TYPE talap_library_dictionary gauge\n");
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        buf_printf(out, "talap_library_dictionary{language=\"%s\"} %d\n", languages[i],
                   (int)(figures.languages >> i & 1));
}

/* The index that decisions come from, and what was decided. */
static void write_decisions(const struct request *request, struct buf *out)
{
    static const struct {
        enum answer answer;
        enum rules_answer rules;
    } kinds[] = {{ANSWER_ALLOWED, RULES_PERMIT}, {ANSWER_PROHIBITED, RULES_FORBID}, {ANSWER_GAP, RULES_SILENT}};
    struct app *app = request->app;
    struct person_index_figures figures;
    person_index_figures(app->persons, &figures);
    gauge(out, "talap_persons", "gauge", "People in the index of decisions.", (int64_t)figures.people);
    gauge(out, "talap_consents", "gauge", "Consents in the index of decisions.", (int64_t)figures.consents);
    gauge(out, "talap_index_bytes", "gauge", "Memory of the index of decisions.", (int64_t)figures.bytes);
    gauge(out, "talap_index_leaf", "gauge", "Leaf of the ledger up to which the index is current.", figures.leaf);
    buf_printf(out,
               "# HELP talap_index_age_seconds Since the index last looked at the store.\n"
               "# TYPE talap_index_age_seconds gauge\ntalap_index_age_seconds %.3f\n",
               (double)(request->now_usec - figures.followed_at_usec) / (double)USEC_PER_SEC);
    buf_printf(out,
               "# HELP talap_index_build_seconds How long building the index took.\n"
               "# TYPE talap_index_build_seconds gauge\ntalap_index_build_seconds %.3f\n",
               (double)figures.built_usec / (double)USEC_PER_SEC);
    buf_puts(out, "# HELP talap_decisions_total Decisions made.\n# TYPE talap_decisions_total counter\n");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        buf_printf(out,
                   "talap_decisions_total{by=\"law\",answer=\"%s\"} %llu\n"
                   "talap_decisions_total{by=\"rules\",answer=\"%s\"} %llu\n",
                   answer_word(kinds[i].answer), (unsigned long long)figures.decisions[kinds[i].answer],
                   answer_word(kinds[i].answer),
                   (unsigned long long)atomic_load(&app->decision_log->by_rules[kinds[i].rules]));
}

static void write_counting(struct request *request, struct buf *out)
{
    struct counter_figures figures;
    int32_t today = zone_day_of(request_zone(request), request->now_usec);
    if (request->app->counter == NULL)
        return;
    counter_figures(request->app->counter, &figures);
    gauge(out, "talap_visits_lines_total", "counter", "Identifiers counted.", (int64_t)figures.lines);
    gauge(out, "talap_visits_fresh_total", "counter", "Of those, new that day in their service.",
          (int64_t)figures.fresh);
    gauge(out, "talap_visits_bodies_total", "counter", "Bodies they came in.", (int64_t)figures.bodies);
    gauge(out, "talap_visits_writes_total", "counter", "Writes that made them durable.", (int64_t)figures.writes);
    gauge(out, "talap_visits_bytes", "gauge", "Memory of the sets of users.", (int64_t)figures.bytes);
    gauge(out, "talap_users_today", "gauge", "Different users today, in all services.",
          counter_users_on(request->app->counter, today, NULL));
}

int api_metrics(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    response->type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_write(request_metrics(request), out);
    gauge(out, "talap_http_requests_active", "gauge", "Requests being served.", request_active(request));
    gauge(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    write_library(request, out);
    write_decisions(request, out);
    write_counting(request, out);
    /* A store that cannot be read must not hide the rest: the figure says so. */
    struct err store_err;
    int r = write_store(request, out, &store_err);
    gauge(out, "talap_store_up", "gauge", "Can the store be read?", r == 0);
    return 0;
}
