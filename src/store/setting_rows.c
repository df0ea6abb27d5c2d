/* Settings as rows: one JSON text a key. */
#include "store/db.h"
#include "store/people_rows.h"

int store_setting_get(struct tx *tx, const char *key, struct arena *arena, const char **ret, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("SELECT json FROM setting WHERE name = $1"));
    db_put_text(db, key);
    int got = db_step(db, err);
    const char *json = got > 0 ? db_text(db, 0, arena) : NULL;
    int closed = db_close_rows(db, arena, got < 0 ? NULL : err);
    if (got < 0 || closed != 0)
        return got < 0 ? got : closed;
    *ret = json;
    return 0;
}

int store_setting_put(struct tx *tx, const char *key, const char *json, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("INSERT INTO setting (name, json) VALUES ($1, $2) "
                                         "ON CONFLICT (name) DO UPDATE SET json = excluded.json"));
    db_put_text(db, key);
    db_put_text(db, json);
    return db_run(db, NULL, err);
}
