/* The store: one interface, two engines (SQLite, PostgreSQL 15). The only room that sees SQL.
 *
 * Writing. A write is a *command*: a function run inside a transaction. Commands are queued; a writer takes what is
 * queued (at most 128), begins one transaction, runs each command in its own savepoint, runs the commit hook once,
 * commits with one flush, and only then tells every command's owner. A command that fails is rolled back alone. SQLite
 * has one writer thread; PostgreSQL has `writers` of them, each transaction retried as a whole after a serialisation
 * failure, a deadlock or a connection lost before commit (so a command's `run` may run more than once and must keep its
 * results in its own memory, overwritten by each run).
 *
 * Reading. Each thread that reads gets a connection of its own with a consistent snapshot from begin to end.
 *
 * Bad luck (disk full, read-only, locked, connection lost) is ERR_UNAVAILABLE with code store_full, store_read_only,
 * store_locked, store_unreachable or store_failed; the store tries anew with the next command, so service resumes by
 * itself. Data that contradict themselves are ERR_DAMAGED "store_damaged". */
#ifndef TALAP_STORE_STORE_H
#define TALAP_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

struct store;
struct tx; /* an open transaction: read or write */

struct store_options {
    const char *url;  /* a path, "sqlite:PATH" or "postgres://…" */
    bool create;      /* create and migrate when missing; else a missing or older schema is an error */
    int writers;      /* PostgreSQL only; 0: 2 */
    size_t queue_max; /* commands waiting at most; 0: 8192; beyond, ERR_UNAVAILABLE "store_busy" */
    /* For filling what could be filled anew: groups are whole and in order as ever, but SQLite writes them through to
     * the disk now and then and when the store is closed, not before it tells their owners. */
    bool later;
};

/* A piece of state that belongs to a write transaction, kept by the ledger: `state_bytes` zeroed at begin, copied when
 * a savepoint opens and put back when it rolls back. `commit` runs once before the commit of a transaction in which at
 * least one command succeeded; when it fails the transaction fails. `committed` runs after a successful commit. */
struct store_hooks {
    void *arg;
    size_t state_bytes;
    int (*begin)(struct tx *tx, void *state, void *arg, struct err *err);
    int (*commit)(struct tx *tx, void *state, void *arg, struct err *err);
    void (*committed)(const void *state, void *arg);
};

int store_open(const struct store_options *options, struct store **ret, struct err *err) WARN_UNUSED;
/* Finishes queued commands, stops the writers, closes. NULL-safe. */
void store_close(struct store *store);
/* Before the first command. `hooks` is copied. */
void store_set_hooks(struct store *store, const struct store_hooks *hooks);
const char *store_engine_name(const struct store *store); /* "sqlite", "postgres" */

struct store_command {
    int (*run)(struct tx *tx, struct store_command *command, struct err *err);
    /* Called once, from the writer's thread, after the commit is durable or the command failed; err is NULL on success.
     */
    void (*done)(struct store_command *command, const struct err *err);
    void *arg;                  /* the owner's */
    struct store_command *next; /* the store's */
    bool alone;                 /* its transaction holds nothing else */
    bool outside;               /* it has no transaction at all: the store's own upkeep, under the writer's turn */
};
/* Queues the command; `done` will be called exactly once, perhaps before this returns. When this fails `done` is not.
 */
int store_submit(struct store *store, struct store_command *command, struct err *err) WARN_UNUSED;
/* Runs one command and waits. */
int store_write(struct store *store, int (*run)(struct tx *tx, struct store_command *command, struct err *err),
                void *arg, struct err *err) WARN_UNUSED;

/* The same in a transaction of its own: for what would slow down those beside it. (SQLite's full text, once touched in
 * a transaction, writes itself out at every statement after.) */
int store_write_alone(struct store *store, int (*run)(struct tx *tx, struct store_command *command, struct err *err),
                      void *arg, struct err *err) WARN_UNUSED;

/* A read transaction on this thread's connection (one at a time per thread). */
int store_read_begin(struct store *store, struct tx **ret, struct err *err) WARN_UNUSED;
void store_read_end(struct tx *tx); /* NULL-safe */
static inline void store_read_cleanup(struct tx **tx)
{
    store_read_end(*tx);
}
#define CLEANUP_READ __attribute__((cleanup(store_read_cleanup)))

void *tx_state(struct tx *tx); /* the hook's state of a write transaction */
bool tx_is_write(const struct tx *tx);

/* Can a write succeed at this moment? Tries one (an update of a heartbeat row). For /readyz. */
int store_probe(struct store *store, int64_t now_usec, struct err *err) WARN_UNUSED;
/* A consistent copy while serving: SQLite's online backup into a new file; PostgreSQL's content as the same portable
 * SQLite file. Refuses an existing file. */
int store_backup(struct store *store, const char *path, struct err *err) WARN_UNUSED;
/* Puts a backup into a new or empty store at `url`; refuses one that holds events. */
int store_restore(const char *path, const char *url, struct err *err) WARN_UNUSED;
/* The engine's own integrity check (PRAGMA integrity_check; on PostgreSQL a full read). "store_damaged" with a detail.
 */
int store_check(struct store *store, struct err *err) WARN_UNUSED;

/* Makes what was deleted irrecoverable from the store's own files: the write-ahead log is folded back and cut, and what
 * was written over (secure_delete) is then nowhere; a small store, or one in which something is still found, is written
 * anew as a whole (VACUUM). `prints` tell what may not be found any more: the file and its log are read for them, byte
 * by byte. On PostgreSQL the tables that held it are vacuumed (written anew while they are small), and nothing can be
 * searched: its log, archives and replicas keep what they keep. Writers wait while it runs. Not in a transaction.
 * ERR_UNAVAILABLE "store_locked" where readers did not let go of the log in time, "store_not_compacted" where something
 * is found even then: nothing is lost, call it again. */
#define STORE_PRINT_BYTES 16
/* Of 16 bytes that are random: enough to find them, and too little to tell them. */
uint64_t store_print(const void *bytes);
struct store_compaction {
    bool whole;    /* written anew */
    bool skipped;  /* PostgreSQL: its tables are another role's, for whom alone the server compacts: nothing was done */
    bool searched; /* the files were read, and nothing was found */
    int64_t searched_bytes;
};
int store_compact(struct store *store, const uint64_t *prints, size_t count, struct store_compaction *ret,
                  struct err *err) WARN_UNUSED;

struct store_figures {
    size_t queued;
    uint64_t commands, groups, failures, retries;
};
void store_figures(struct store *store, struct store_figures *ret);

#endif
