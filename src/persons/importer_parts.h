/* Shared by the files that read a file in: a batch, and what is remembered between two. */
#ifndef TALAP_PERSONS_IMPORTER_PARTS_H
#define TALAP_PERSONS_IMPORTER_PARTS_H

#include "persons/import.h"
#include <pthread.h>

#define BATCH_ROWS 1024 /* that are to be taken */
#define BATCH_REFUSALS 2048
#define WINDOW_BYTES (2 * IMPORT_ROW_BYTES_MAX)
#define TEXTS 64 /* known to the rows that name them by their hash */

/* One refusal of a row. */
struct refusal {
    int64_t line;
    const char *field, *code, *arg;
};

struct batch_row {
    int64_t line;
    const struct consent_prepared *prepared;
    const char *refused; /* the code with which the store said no in an earlier run of the batch */
};

struct batch {
    struct importer *importer;
    struct store_command command;
    struct arena arena;
    int64_t from, to, to_line, now_usec;
    bool last;
    size_t row_count, refusal_count, refused_rows;
    struct batch_row rows[BATCH_ROWS];
    struct refusal refusals[BATCH_REFUSALS + BATCH_ROWS];
    /* What the command found. */
    size_t late_refusals; /* of the refusals, those that came in the command */
    struct arena late;    /* what they point at */
    struct import_row after;
    bool stopped;
    bool again;              /* it was undone for a row that is refused by now */
    struct err err;          /* kind ERR_NONE when it was written */
    bool in_flight, written; /* guarded by the importer's lock */
};

struct known_text {
    struct hash hash;
    char *lang, *version, *text;
};

struct importer {
    const struct office *office;
    const struct import_source *source;
    char id[ID_TEXT];
    struct import_head head;
    bool json;
    struct arena own; /* the row's texts */
    struct import_row row;
    struct actor actor;

    char *window; /* WINDOW_BYTES + 1 */
    size_t begin, end;
    int64_t at, line; /* of the window's first unread byte */
    bool file_ends;   /* nothing follows the window */
    struct csv_record record;

    struct kept *kept;
    struct arena registers;
    struct organisation organisation;
    int64_t registers_usec;
    struct known_text texts[TEXTS];
    size_t text_next, text_bytes;

    pthread_mutex_t lock;
    pthread_cond_t done;
    struct batch *batches[2];
    int turn;      /* which one is written next */
    bool gathered; /* and it is ready */
};

/* Fills the batch from where the importer stands in the file. */
int import_gather(struct importer *importer, struct batch *batch, int64_t now_usec, struct err *err) WARN_UNUSED;
void import_texts_forget(struct importer *importer);

#endif
