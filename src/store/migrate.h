/* The schema's versions, compiled in from sql/NNN.sql, and bringing a store up to the newest of them. */
#ifndef TALAP_STORE_MIGRATE_H
#define TALAP_STORE_MIGRATE_H

#include "store/db.h"

/* migrations_ENGINE[v - 1] leads from version v - 1 to v. */
extern const struct sql migrations_sqlite[], migrations_postgres[];
extern const int migration_count;

/* The version of the schema on this connection; 0 where there is none. */
int migrate_version(struct db *db, int *ret, struct err *err) WARN_UNUSED;
/* Creates the schema or brings it up, in one transaction, when `allowed`; else only looks. A store of a newer program
 * is ERR_UNAVAILABLE "store_newer"; without `allowed`, an absent schema "store_missing", an older one "store_older". */
int migrate(struct db *db, bool allowed, struct err *err) WARN_UNUSED;

#endif
