/* Files of a dump as they are written: gzip, each with its SHA-256, on threads beside the one that makes the bytes.
 *
 * A thread compresses the files of one format, so that CSV and JSON are compressed at the same time. What waits for a
 * thread is a few blocks; who makes bytes faster waits. Where writing fails, the rest is dropped and the end tells. */
#ifndef TALAP_ADVERTS_DUMP_FILE_H
#define TALAP_ADVERTS_DUMP_FILE_H

#include "base/buf.h"
#include "base/digest.h"

/* Of zlib. Level 4 is where a dump of advertisements is a tenth larger than at 6, and made in half the time: it has to
 * be over before the day begins, and two formats share two cores with everybody who works at night. */
#define DUMP_LEVEL 4
#define DUMP_FILES_MAX 16

struct dump_files;
struct dump_file_done {
    int64_t bytes, unpacked;
    struct hash hash;
};
/* Makes `names` in the folder (which is there), file i on thread threads[i] (0 or 1). */
int dump_files_new(const char *folder, const char *const *names, const int *threads, size_t count,
                   struct dump_files **ret, struct err *err) WARN_UNUSED;
/* Where the bytes of file i are put; then dump_files_push. */
struct buf *dump_files_buf(struct dump_files *files, size_t i);
/* Hands on what was put, once it is much. Tells a failure of writing early: "file_unwritable". */
int dump_files_push(struct dump_files *files, size_t i, struct err *err) WARN_UNUSED;
/* Hands on the rest, waits, closes durably. `ret` has one for each file. */
int dump_files_end(struct dump_files *files, struct dump_file_done *ret, struct err *err) WARN_UNUSED;
void dump_files_free(struct dump_files *files); /* NULL-safe; what is half written stays in the folder */

#endif
