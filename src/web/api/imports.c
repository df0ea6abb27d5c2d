/* Files of consents: sent, how far they are, stopped and gone on with. */
#include "web/api/api.h"
#include "web/import_upload.h"
#include <stdlib.h>
#include <string.h>

#define LISTED 100

static void import_write(struct request *request, struct buf *out, const struct import_row *row)
{
    const struct zone *zone = request_zone(request);
    jo_open(out, '{');
    jo_text(out, "id", row->id);
    jo_text(out, "name", row->name);
    jo_text(out, "format", row->format);
    jo_text(out, "state", row->state);
    jo_int(out, "size_bytes", row->size_bytes);
    jo_int(out, "position_bytes", row->position_bytes);
    jo_int(out, "line", row->line);
    jo_int(out, "taken", row->taken);
    jo_int(out, "refused", row->refused);
    jo_int(out, "refusals_kept", row->kept);
    jo_hash(out, "content_hash", &row->content_hash);
    jo_moment(out, "started_at", zone, row->started_usec);
    jo_moment(out, "changed_at", zone, row->changed_usec);
    jo_key(out, "refusals_url");
    buf_printf(out, "\"/v1/consents/imports/%s/refusals.csv\"", row->id);
    jo_close(out, '}');
}

static int sent(struct request *request, struct response *response, struct err *err)
{
    const struct upload *upload = request->state;
    response->status = upload->known ? 200 : 201;
    if (response_header(response, request, "Location", "/v1/consents/imports/%s", upload->row.id) < 0)
        return err_memory(err);
    import_write(request, &response->body, &upload->row);
    return 0;
}

int api_import_send(struct request *request, struct response *response, struct err *err)
{
    const char *bytes = request->body, *name = request_query(request, "name");
    size_t count = request->body_len;
    (void)response;
    /* A form with a file: that one, or the body itself. */
    const char *type = request_header(request, "Content-Type");
    if (type != NULL && strncasecmp(type, "multipart/", 10) == 0) {
        if (request->file_count != 1)
            return api_refuse(request, "file", "file_missing", err);
        bytes = request->files[0].bytes;
        count = request->files[0].count;
        name = request->files[0].name;
    }
    return upload_write(request, bytes, count, name, sent, err);
}

int api_import_list(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    struct import_row *rows;
    size_t count;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = store_import_list(tx, LISTED, &request->arena, &rows, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "imports");
    jo_open(out, '[');
    for (size_t i = 0; i < count; i++)
        import_write(request, out, &rows[i]);
    jo_close(out, ']');
    jo_close(out, '}');
    return 0;
}

int api_import_get(struct request *request, struct response *response, struct err *err)
{
    struct import_row row;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = import_get(tx, request_param(request, "id"), &request->arena, &row, err);
    if (r == 0)
        import_write(request, &response->body, &row);
    return r;
}

int api_import_refusals(struct request *request, struct response *response, struct err *err)
{
    return upload_refusals(request, response, request_param(request, "id"), err);
}

static int stop_run(struct tx *tx, struct request *request, struct err *err)
{
    return import_stop(tx, request->office, request_param(request, "id"), &request->actor, request->now_usec, err);
}

static int resume_run(struct tx *tx, struct request *request, struct err *err)
{
    return import_resume(tx, request->office, request_param(request, "id"), &request->actor, request->now_usec, err);
}

int api_import_stop(struct request *request, struct response *response, struct err *err)
{
    (void)response;
    (void)err;
    return request_write(request, stop_run, api_import_get);
}

int api_import_resume(struct request *request, struct response *response, struct err *err)
{
    (void)response;
    (void)err;
    return request_write(request, resume_run, api_import_get);
}
