/* Sending a file of consents. */
#include "web/import_upload.h"
#include "base/unicode.h"
#include "out/import_report.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_A_COMMAND 4
#define NAME_CHARS 120

struct sealed_part {
    const char *bytes;
    size_t count;
};

struct sending {
    struct upload upload; /* first: what the handler sees */
    struct import_new given;
    struct sealed_part *parts;
    size_t part_count;
    size_t next;  /* part, once the command before is durable */
    size_t after; /* the same as the command leaves it */
    handler_fn *finish;
};

struct memory {
    const char *bytes;
    size_t count;
};

static int memory_read(void *arg, int64_t at, char *to, size_t room, size_t *ret_count, struct err *err)
{
    const struct memory *memory = arg;
    size_t from = (uint64_t)at < memory->count ? (size_t)at : memory->count;
    size_t count = memory->count - from < room ? memory->count - from : room;
    memcpy(to, memory->bytes + from, count);
    *ret_count = count;
    return 0;
}

const char *upload_name(struct request *request, const char *name)
{
    char *line = text_normalise(&request->arena, name == NULL ? "" : name);
    if (line == NULL)
        return request->arena.overflowed ? NULL : "consents";
    for (char *at = line; *at != '\0'; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    size_t count = 0;
    for (char *at = line; *at != '\0'; at++)
        if (((unsigned char)*at & 0xC0) != 0x80 && count++ == NAME_CHARS)
            *at-- = '\0';
    return *line == '\0' ? "consents" : line;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static int part_run(struct tx *tx, struct request *request, struct err *err)
{
    struct sending *sending = request->state;
    size_t at = sending->next;
    int r = 0;
    for (int i = 0; r == 0 && i < PARTS_A_COMMAND && at < sending->part_count; i++, at++)
        r = import_part_add(tx, sending->upload.row.id, &sending->given.salt, (int64_t)at, sending->parts[at].bytes,
                            sending->parts[at].count, request->now_usec, err);
    if (r < 0)
        return r;
    sending->after = at;
    return import_get(tx, sending->upload.row.id, &request->arena, &sending->upload.row, err);
}

static int written(struct request *request, struct response *response, struct err *err)
{
    struct sending *sending = request->state;
    sending->next = sending->after;
    if (sending->next < sending->part_count)
        return request_write(request, part_run, written);
    return sending->finish(request, response, err);
}

static int begin_run(struct tx *tx, struct request *request, struct err *err)
{
    struct sending *sending = request->state;
    struct upload *upload = &sending->upload;
    int r = import_begin(tx, request->office, &sending->given, &request->actor, request->now_usec, &request->arena,
                         &upload->row, &upload->known, err);
    /* A file that is being read, or was, is not kept a second time. */
    sending->after = r == 0 && strcmp(upload->row.state, "receiving") == 0 ? 0 : sending->part_count;
    return r;
}

static int parts_seal(struct request *request, const char *bytes, size_t count, struct sending *sending,
                      struct err *err)
{
    CLEANUP_BUF struct buf sealed;
    buf_init(&sealed, 2 * IMPORT_PART_BYTES);
    sending->part_count = (count + IMPORT_PART_BYTES - 1) / IMPORT_PART_BYTES;
    sending->parts = ARENA_ARRAY(&request->arena, struct sealed_part, sending->part_count);
    if (sending->parts == NULL)
        return err_memory(err);
    randombytes_buf(&sending->given.salt, sizeof sending->given.salt);
    for (size_t i = 0; i < sending->part_count; i++) {
        size_t at = i * IMPORT_PART_BYTES, length = count - at < IMPORT_PART_BYTES ? count - at : IMPORT_PART_BYTES;
        buf_reset(&sealed);
        int r = import_part_seal(request->office, &sending->given.salt, (int64_t)i, bytes + at, length, &sealed, err);
        if (r < 0)
            return r;
        char *copy = arena_alloc(&request->arena, sealed.len);
        if (copy == NULL)
            return err_memory(err);
        memcpy(copy, sealed.data, sealed.len);
        sending->parts[i] = (struct sealed_part){copy, sealed.len};
    }
    return 0;
}

int upload_write(struct request *request, const char *bytes, size_t count, const char *name, handler_fn *finish,
                 struct err *err)
{
    struct memory memory = {bytes, count};
    const struct import_source source = {memory_read, &memory};
    struct sending *sending = ARENA_NEW(&request->arena, struct sending);
    struct import_head head;
    if (sending == NULL)
        return err_memory(err);
    *sending = (struct sending){
        .finish = finish,
        .given = {.name = upload_name(request, name), .size_bytes = (int64_t)count, .kept_in_store = true}};
    if (sending->given.name == NULL)
        return err_memory(err);
    int r = import_head_of(&source, &head, &sending->given.format, &sending->given.rows_at, &sending->given.rows_line,
                           &request->errors, err);
    if (r < 0)
        return r;
    sending->given.content_hash = sha256_of(bytes, count, NULL, 0, NULL, 0);
    r = parts_seal(request, bytes, count, sending, err);
    if (r < 0)
        return r;
    request->state = sending;
    return request_write(request, begin_run, written);
}

/* --- Refusals ----------------------------------------------------------------------------------------------------- */

struct refusals_stream {
    struct store *store;
    struct import_refusals refusals;
    char id[ID_TEXT];
};

static int refusals_fill(void *arg, struct buf *out)
{
    struct refusals_stream *stream = arg;
    struct err err;
    bool more = false;
    int r = import_refusals_fill(stream->store, &stream->refusals, out, &more, &err);
    return r < 0 ? -1 : more;
}

int upload_refusals(struct request *request, struct response *response, const char *id, struct err *err)
{
    struct import_row row;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = import_get(tx, id, &request->arena, &row, err);
    if (r == 0 &&
        response_header(response, request, "Content-Disposition", "attachment; filename=\"refusals.csv\"") < 0)
        r = err_memory(err);
    if (r < 0)
        return r;
    struct refusals_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return err_memory(err);
    snprintf(stream->id, sizeof stream->id, "%s", row.id);
    stream->store = request->office->store;
    stream->refusals = (struct import_refusals){.id = stream->id, .lang = request->lang};
    response->type = "text/csv; charset=utf-8";
    response->stream = refusals_fill;
    response->stream_done = free;
    response->stream_arg = stream;
    return 0;
}
