/* Consents taken out: one as a consent record, all of them as a file. Whoever takes them out is written down. */
#include "persons/export.h"
#include "web/api/api.h"
#include <stdlib.h>

#define PORTION_BYTES ((size_t)256 * 1024)

/* --- One ---------------------------------------------------------------------------------------------------------- */

static int record_finish(struct request *request, struct response *response, struct err *err)
{
    const int64_t *leaf = request->state;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    response->type = "application/ld+json";
    return consent_record_jsonld(tx, request->office, *leaf, request_public_url(request), request->now_usec,
                                 &response->body, err);
}

static int record_run(struct tx *tx, struct request *request, struct err *err)
{
    const int64_t *leaf = request->state;
    struct consent consent;
    struct person person;
    int r = consent_get(tx, *leaf, &request->arena, &consent, err);
    if (r == 0)
        r = person_by_serial(tx, consent.person, &request->arena, &person, err);
    return r < 0
               ? r
               : person_note_look(tx, request->office, &person, "consents", 0, &request->actor, request->now_usec, err);
}

int api_consent_record(struct request *request, struct response *response, struct err *err)
{
    int64_t *leaf = ARENA_NEW(&request->arena, int64_t);
    (void)response;
    if (leaf == NULL)
        return err_memory(err);
    int r = api_param_int(request, "leaf", 0, INT64_MAX, leaf, err);
    if (r < 0)
        return r;
    request->state = leaf;
    return request_write(request, record_run, record_finish);
}

/* --- All ---------------------------------------------------------------------------------------------------------- */

static int export_fill(void *arg, struct buf *out)
{
    struct err err;
    bool more = false;
    int r = consent_export_fill(arg, out, PORTION_BYTES, &more, &err);
    return r < 0 ? -1 : more;
}

static void export_done(void *arg)
{
    consent_export_free(arg);
}

static int export_finish(struct request *request, struct response *response, struct err *err)
{
    const enum consent_format *format = request->state;
    struct consent_export *export = NULL;
    bool csv = *format == CONSENTS_CSV;
    if (response_header(response, request, "Content-Disposition", "attachment; filename=\"consents.%s\"",
                        csv ? "csv" : "jsonld") < 0)
        return err_memory(err);
    int r = consent_export_new(request->office, *format, request_public_url(request), request->now_usec, &export, err);
    if (r < 0)
        return r;
    response->type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
    response->stream = export_fill;
    response->stream_done = export_done;
    response->stream_arg = export;
    return 0;
}

static int export_run(struct tx *tx, struct request *request, struct err *err)
{
    const enum consent_format *format = request->state;
    return consents_note_export(tx, request->office, *format, &request->actor, request->now_usec, err);
}

static int export_begin(struct request *request, enum consent_format format, struct err *err)
{
    enum consent_format *kept = ARENA_NEW(&request->arena, enum consent_format);
    if (kept == NULL)
        return err_memory(err);
    *kept = format;
    request->state = kept;
    return request_write(request, export_run, export_finish);
}

int api_consents_csv(struct request *request, struct response *response, struct err *err)
{
    (void)response;
    return export_begin(request, CONSENTS_CSV, err);
}

int api_consents_jsonld(struct request *request, struct response *response, struct err *err)
{
    (void)response;
    return export_begin(request, CONSENTS_JSONLD, err);
}
