/* Consents read in from a file, of any number of rows, in batches. A batch is one command: its rows become consents,
 * what was refused of them is written down, and the place in the file moves, all in one transaction; so after a crash
 * the file goes on exactly where it stood, and no row is taken twice or by half. While one batch is being written the
 * next is read and looked at.
 *
 * A file is known by the SHA-256 of its content: the same one again goes on, or is done. One of which nothing was taken
 * may be read anew (the registers may have been put right meanwhile). A row that is refused costs nobody else; the
 * first IMPORT_REFUSALS_KEPT refusals are kept, the rest are counted.
 *
 * A file that was sent is kept in the store in parts, each sealed under a key made of the master key and of a salt that
 * goes when the file is read: from then on nothing opens them. A file of the command line stays where it is.
 *
 *   import.started  import, content_hash, size_bytes, format
 *   import.stopped, import.resumed   import
 *   import.ended    import, taken, refused: rows
 *
 * each with what body_begin puts there. */
#ifndef TALAP_PERSONS_IMPORT_H
#define TALAP_PERSONS_IMPORT_H

#include "persons/import_row.h"
#include "store/import_rows.h"

#define IMPORT_REFUSALS_KEPT 100000
#define IMPORT_PART_BYTES ((size_t)256 * 1024)
/* The longest row: a text shown may be long. */
#define IMPORT_ROW_BYTES_MAX ((size_t)512 * 1024)

/* The file, from a place on. Fewer bytes than asked for only at its end. */
struct import_source {
    int (*read)(void *arg, int64_t at, char *to, size_t room, size_t *ret_count, struct err *err);
    void *arg;
};

/* Looks at the beginning: "csv" or "jsonld" (the first character that is no blank is "{"), and whether the head line is
 * one. Refusals in `errors`, -ERR_BAD_INPUT "import_head"; an empty file "import_empty". *ret_at: where the rows begin,
 * *ret_line: the first one's line. */
int import_head_of(const struct import_source *source, struct import_head *ret_head, const char **ret_format,
                   int64_t *ret_at, int64_t *ret_line, struct field_errors *errors, struct err *err) WARN_UNUSED;

struct import_new {
    const char *name, *format;
    struct hash content_hash;
    int64_t size_bytes, rows_at, rows_line; /* as import_head_of told */
    bool kept_in_store;                     /* its parts follow; sealed under `salt` */
    struct hash salt;
};
/* In a command. Begins, or finds the same file: *ret is its row as it is now, *ret_known whether it was known. A known
 * one that is not done goes on from where it stands; where it is to be kept its parts are waited for ("receiving"). */
int import_begin(struct tx *tx, const struct office *office, const struct import_new *given, const struct actor *actor,
                 int64_t now_usec, struct arena *arena, struct import_row *ret, bool *ret_known,
                 struct err *err) WARN_UNUSED;
/* The next part (from 0), sealed; with the last one the import runs. Somebody else is sending the same file:
 * ERR_CONFLICT "import_superseded". */
int import_part_seal(const struct office *office, const struct hash *salt, int64_t part, const char *bytes,
                     size_t count, struct buf *out, struct err *err) WARN_UNUSED;
int import_part_add(struct tx *tx, const char *id, const struct hash *salt, int64_t part, const void *sealed,
                    size_t count, int64_t now_usec, struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "import_unknown"; ERR_CONFLICT "import_not_running" / "import_not_stopped". */
int import_stop(struct tx *tx, const struct office *office, const char *id, const struct actor *actor, int64_t now_usec,
                struct err *err) WARN_UNUSED;
int import_resume(struct tx *tx, const struct office *office, const char *id, const struct actor *actor,
                  int64_t now_usec, struct err *err) WARN_UNUSED;
/* ERR_NOT_FOUND "import_unknown". */
int import_get(struct tx *tx, const char *id, struct arena *arena, struct import_row *ret, struct err *err) WARN_UNUSED;

/* A file kept in the store, as a source. */
struct import_parts;
int import_parts_new(const struct office *office, const struct import_row *row, struct import_parts **ret,
                     struct err *err) WARN_UNUSED;
void import_parts_free(struct import_parts *parts); /* NULL-safe */
struct import_source import_parts_source(struct import_parts *parts);

/* The last event; for the importer alone. */
int import_tell_end(struct tx *tx, const struct import_row *row, const struct actor *actor, int64_t now_usec,
                    struct err *err) WARN_UNUSED;
/* Reads one in. `source` must outlive it. */
struct importer;
int importer_new(const struct office *office, const char *id, const struct import_source *source, struct importer **ret,
                 struct err *err) WARN_UNUSED;
/* One batch more; *ret_more false when the file is read or the import was stopped. Bad luck (the store is full) is an
 * error, and the same call may be made again later. */
int importer_step(struct importer *importer, int64_t now_usec, bool *ret_more, struct err *err) WARN_UNUSED;
/* As of the last batch written. */
void importer_row(const struct importer *importer, struct import_row *ret);
/* Waits for the batch that is being written. NULL-safe. */
void importer_free(struct importer *importer);

#endif
