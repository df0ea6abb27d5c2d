/* Inside the store: folding SQLite's write-ahead log back into the file, beside the writer. */
#ifndef TALAP_STORE_SQLITE_LOG_H
#define TALAP_STORE_SQLITE_LOG_H

#include <sqlite3.h>
#include <stdbool.h>

struct sqlite_log;

/* NULL when memory ends or no thread can be made: then the writer folds by itself. */
struct sqlite_log *sqlite_log_new(const char *path);
void sqlite_log_free(struct sqlite_log *log); /* NULL-safe */
/* The log has grown to `pages`, by `writer`. Called between two transactions; returns soon. */
void sqlite_log_grew(struct sqlite_log *log, sqlite3 *writer, int pages);

#endif
