/* What the files about dumps share. Private to the room. */
#ifndef TALAP_ADVERTS_DUMP_PARTS_H
#define TALAP_ADVERTS_DUMP_PARTS_H

#include "adverts/dump.h"
#include "adverts/dump_file.h"
#include "adverts/showings.h"
#include "store/dump_rows.h"

enum dump_set { DUMP_WHOLE, DUMP_CHANGES, DUMP_SETS };
enum dump_what { DUMP_ADVERTS, DUMP_SHOWINGS, DUMP_WHATS };
enum dump_format { DUMP_CSV, DUMP_NDJSON, DUMP_FORMATS };
#define DUMP_FILES (DUMP_SETS * DUMP_WHATS * DUMP_FORMATS)
extern const char *const dump_names[DUMP_FILES];
static inline size_t dump_index(enum dump_set set, enum dump_what what, enum dump_format format)
{
    return (size_t)set * DUMP_WHATS * DUMP_FORMATS + (size_t)what * DUMP_FORMATS + (size_t)format;
}

struct dump_column {
    const char *name, *type; /* "text", "number", "day", "moment", "yes_no", "list" */
};
extern const struct dump_column dump_advert_columns[], dump_showing_columns[]; /* end with a NULL name */

/* dump_row.c: heads of the CSV files, and rows in both formats. `tmp` is for one row. */
void dump_head_write(enum dump_what what, struct buf *out);
int dump_advert_write(const struct dump_row *row, const struct zone *zone, struct arena *tmp, struct buf *csv,
                      struct buf *json, struct err *err) WARN_UNUSED;
/* Figures of one advertisement as the store lists them; *ret_written rows. */
int dump_showings_write(const char *id, const struct showing_row *rows, size_t count, const struct catalogue *catalogue,
                        struct arena *tmp, struct buf *csv, struct buf *json, int64_t *ret_written,
                        struct err *err) WARN_UNUSED;

#define DUMP_PATH 4096
/* "A/B" or (c not NULL) "A/B/C"; one that is too long is "", which no file is called. */
void dump_path(char ret[static DUMP_PATH], const char *a, const char *b, const char *c);

/* dump_manifest.c */
struct dump_since {
    char day[11]; /* "": there is none */
    int64_t tree_size, made_usec;
};
struct dump_made {
    char day[11];
    int64_t made_usec, tree_size;
    const char *checkpoint; /* or NULL */
    struct dump_since since;
    size_t file_count; /* DUMP_FILES, or half of them without changes */
    int64_t rows[DUMP_FILES];
    struct dump_file_done files[DUMP_FILES];
};
int dump_manifest_write(const char *folder, const struct dump_made *made, const struct zone *zone,
                        struct err *err) WARN_UNUSED;
/* The newest dump before the day. */
int dump_since_read(const char *folder, const char *day, struct dump_since *ret, struct err *err) WARN_UNUSED;
/* Lets go of what is too old, `today` being the day of the newest. */
int dump_forget(const char *folder, int32_t today, struct err *err) WARN_UNUSED;
/* Names of folders that are days, newest first; in the arena. */
int dump_days(const char *folder, struct arena *arena, const char ***ret, size_t *ret_count,
              struct err *err) WARN_UNUSED;
/* A file written durably beside its name and renamed. */
int dump_text_put(const char *path, const char *text, size_t count, struct err *err) WARN_UNUSED;

#endif
