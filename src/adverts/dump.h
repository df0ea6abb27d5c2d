/* Dumps of the public library for researchers (opl.22.2): every day everything, and what became different since the
 * dump before, as CSV and as newline JSON.
 *
 *   DUMPS/2026-11-22/adverts.csv.gz            every advertisement that is kept, its newest version
 *                    adverts.ndjson.gz
 *                    showings.csv.gz           its showings by day, and by region as far as they may be told
 *                    showings.ndjson.gz
 *                    changes-adverts.csv.gz …  the same four of what was kept, changed, shown or removed since
 *                    SHA256SUMS                as sha256sum writes and checks it
 *                    manifest.json             day, moment, tree size and checkpoint, files with rows, bytes and
 *                                              SHA-256, columns, and since which dump the changes are
 *
 * Changes are applied so: each advertisement named in changes-adverts replaces the one of its id, or goes where its
 * `removed_at` is said; its showings go too, and those in changes-showings take their place. What came of a dump before
 * is then, row by row, the dump of this day: both are written in one pass over the store.
 *
 * The folder is made beside its name and gets it when it is whole and durable. Rows are read in portions of at most
 * 500, each in a transaction of its own, so nothing waits for a dump and its memory does not grow with the library; an
 * advertisement that changes meanwhile is in this dump or in the next one's changes, perhaps in both. Files with
 * everything are kept for DUMP_WHOLE_DAYS, changes for DUMP_CHANGES_DAYS. */
#ifndef TALAP_ADVERTS_DUMP_H
#define TALAP_ADVERTS_DUMP_H

#include "adverts/adverts.h"

#define DUMP_WHOLE_DAYS 14
#define DUMP_CHANGES_DAYS 366

/* Makes the day's dump in `folder` (made where it is missing) and lets old ones go. *ret_made false:
 * the day has its dump already, or there is nothing to dump. `goes_on` (may be NULL) is asked
 * between portions; where it says no, ERR_UNAVAILABLE "dump_stopped", and nothing is left of what was begun at the next
 * call. ERR_CONFLICT "dump_busy": somebody else is at it; ERR_UNAVAILABLE "file_unwritable", "folder_unwritable". */
int dump_make(const struct office *office, const char *folder, int64_t now_usec, bool (*goes_on)(void *arg), void *arg,
              bool *ret_made, struct err *err) WARN_UNUSED;
/* Is the dump of the day there? */
bool dump_there(const char *folder, int32_t day);
/* Manifests of the dumps that are there, newest day first, at most `limit`: their JSON texts, in the arena. */
int dump_manifests(const char *folder, size_t limit, struct arena *arena, const char ***ret, size_t *ret_count,
                   struct err *err) WARN_UNUSED;
/* Opens one file for reading: *ret_fd is the caller's to close; `ret_etag` its SHA-256 where SHA256SUMS has it, else of
 * its size and moment. ERR_NOT_FOUND "not_found" for whatever is no day and no name of a dump's file. */
int dump_open(const char *folder, const char *day, const char *name, int *ret_fd, int64_t *ret_bytes,
              char ret_etag[static 80], struct err *err) WARN_UNUSED;
/* "text/csv", "application/gzip" …: by the file's name. */
const char *dump_type(const char *name);

#endif
