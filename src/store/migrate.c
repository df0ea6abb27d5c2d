/* Bringing a store's schema up to the version this program knows, all in one transaction. */
#include "store/migrate.h"

int migrate_version(struct db *db, int *ret, struct err *err)
{
    int64_t there, version = 0;
    int rc = db_run_int(db_query(db, db->engine->has_schema), 0, &there, err);
    if (rc == 0 && there != 0)
        rc = db_run_int(db_query(db, SQL("SELECT version FROM schema_version")), 0, &version, err);
    if (rc == 0)
        *ret = (int)version;
    return rc;
}

static int check_version(struct db *db, bool allowed, int *ret_version, struct err *err)
{
    int version;
    int rc = migrate_version(db, &version, err);
    if (rc != 0)
        return rc;
    if (version > migration_count) {
        err_set(err, ERR_UNAVAILABLE, "store_newer", NULL);
        return err_detail(err, "schema %d, known %d", version, migration_count);
    }
    if (version < migration_count && !allowed)
        return err_set(err, ERR_UNAVAILABLE, version == 0 ? "store_missing" : "store_older", NULL);
    if (version == 0) {
        int64_t foreign;
        rc = db_run_int(db_query(db, db->engine->has_anything), 0, &foreign, err);
        if (rc != 0)
            return rc;
        if (foreign != 0)
            return err_set(err, ERR_BAD_INPUT, "store_foreign", NULL);
    }
    *ret_version = version;
    return 0;
}

static int raise_version(struct db *db, bool allowed, struct err *err)
{
    /* Another node may have done it between the first look and our turn. */
    int version;
    int rc = check_version(db, allowed, &version, err);
    if (rc == 0 && version == migration_count)
        db->engine->rollback(db);
    if (rc != 0 || version == migration_count)
        return rc;
    for (; version < migration_count; version++)
        if ((rc = db->engine->script(db, &db->engine->migrations[version], err)) != 0)
            return rc;
    db_query(db, SQL("INSERT INTO schema_version (id, version) VALUES (1, $1) ON CONFLICT (id) DO UPDATE "
                     "SET version = excluded.version"));
    db_put_int(db, migration_count);
    if ((rc = db_run(db, NULL, err)) != 0)
        return rc;
    return db->engine->commit(db, err);
}

int migrate(struct db *db, bool allowed, struct err *err)
{
    int version;
    int rc = check_version(db, allowed, &version, err);
    if (rc != 0 || version == migration_count)
        return rc;
    if ((rc = db->engine->begin(db, true, err)) != 0)
        return rc;
    rc = raise_version(db, allowed, err);
    if (rc != 0)
        db->engine->rollback(db);
    return rc;
}
