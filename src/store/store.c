/* The store as a whole: opening and closing, reading, and the questions an operator asks of it. */
#include "store/migrate.h"
#include "store/writer.h"
#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 8192
#define WRITERS_USUAL 2

static void store_free(struct store *store)
{
    pthread_mutex_destroy(&store->lock);
    pthread_cond_destroy(&store->queued_more);
    free(store->url);
    free(store);
}

int store_open(const struct store_options *options, struct store **ret, struct err *err)
{
    const struct engine *engine;
    const char *url;
    int rc = engine_of(options->url, &engine, &url, err);
    if (rc != 0)
        return rc;
    struct db *db;
    if ((rc = engine->connect(url, options->create, true, &db, err)) != 0)
        return rc;
    rc = migrate(db, options->create, err);
    engine->disconnect(db);
    if (rc != 0)
        return rc;

    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return err_memory(err);
    store->engine = engine;
    store->queue_max = options->queue_max == 0 ? QUEUE_MAX : options->queue_max;
    store->later = options->later;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->queued_more, NULL);
    store->url = strdup(url);
    if (store->url == NULL) {
        store_free(store);
        return err_memory(err);
    }
    int writers = engine != &engine_postgres ? 1 : options->writers <= 0 ? WRITERS_USUAL : options->writers;
    if ((rc = writers_start(store, writers, err)) != 0) {
        store_close(store);
        return rc;
    }
    *ret = store;
    return 0;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    writers_stop(store);
    while (store->readers != NULL) {
        struct db *db = store->readers;
        store->readers = db->next;
        db->engine->disconnect(db);
    }
    store_free(store);
}

const char *store_engine_name(const struct store *store)
{
    return store->engine->name;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static struct db *reader_take(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    struct db *db = store->readers;
    if (db != NULL)
        store->readers = db->next;
    pthread_mutex_unlock(&store->lock);
    return db;
}

int store_read_begin(struct store *store, struct tx **ret, struct err *err)
{
    struct tx *tx = calloc(1, sizeof *tx);
    if (tx == NULL)
        return err_memory(err);
    struct err why = {0};
    int rc;
    /* An idle connection may have died meanwhile: then the next, and at the end a new one. */
    for (;;) {
        struct db *db = reader_take(store);
        bool idle = db != NULL;
        err_clear(&why);
        rc = idle ? 0 : store->engine->connect(store->url, false, false, &db, &why);
        if (rc != 0)
            break;
        rc = store->engine->begin(db, false, &why);
        if (rc == 0) {
            *tx = (struct tx){.db = db, .store = store};
            *ret = tx;
            return 0;
        }
        store->engine->disconnect(db);
        if (!idle)
            break;
    }
    free(tx);
    if (err != NULL)
        *err = why;
    return rc;
}

void store_read_end(struct tx *tx)
{
    if (tx == NULL)
        return;
    struct db *db = tx->db;
    struct store *store = tx->store;
    free(tx);
    db->engine->rollback(db);
    if (db->lost) {
        db->engine->disconnect(db);
        return;
    }
    pthread_mutex_lock(&store->lock);
    db->next = store->readers;
    store->readers = db;
    pthread_mutex_unlock(&store->lock);
}

void *tx_state(struct tx *tx)
{
    return tx->state;
}

bool tx_is_write(const struct tx *tx)
{
    return tx->write;
}

/* --- An operator's questions -------------------------------------------------------------------------------------- */

static int probe(struct tx *tx, struct store_command *command, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE heartbeat SET at_usec = $1 WHERE id = 1"));
    db_put_int(db, *(const int64_t *)command->arg);
    return db_run(db, NULL, err);
}

int store_probe(struct store *store, int64_t now_usec, struct err *err)
{
    return store_write(store, probe, &now_usec, err);
}

/* Figures that repeat what the entries say. */
static int check_registers(struct tx *tx, struct err *err)
{
    int64_t wrong;
    int rc = db_run_int(db_query(tx->db, SQL("SELECT count(*) FROM register r LEFT JOIN "
                                             "(SELECT register, count(*) AS entries, count(left_usec) AS past "
                                             "FROM register_entry GROUP BY register) AS e ON e.register = r.id "
                                             "WHERE r.past <> coalesce(e.past, 0) "
                                             "OR r.standing + r.past <> coalesce(e.entries, 0)")),
                        0, &wrong, err);
    if (rc == 0 && wrong > 0) {
        rc = err_set(err, ERR_DAMAGED, "store_damaged", "register");
        err_detail(err, "the figures of %lld registers are not those of their entries", (long long)wrong);
    }
    return rc;
}

int store_check(struct store *store, struct err *err)
{
    struct tx *tx;
    int rc = store_read_begin(store, &tx, err);
    if (rc != 0)
        return rc;
    rc = store->engine->check(tx->db, err);
    if (rc == 0)
        rc = check_registers(tx, err);
    store_read_end(tx);
    return rc;
}

void store_figures(struct store *store, struct store_figures *ret)
{
    pthread_mutex_lock(&store->lock);
    *ret = store->figures;
    pthread_mutex_unlock(&store->lock);
}
