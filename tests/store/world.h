/* A store of one engine, fresh for every test, and the small things tests need of it. */
#ifndef TALAP_TESTS_STORE_WORLD_H
#define TALAP_TESTS_STORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "store/case_rows.h"
#include "store/events.h"
#include "store/people_rows.h"
#include "store/store.h"

struct world {
    bool postgres;
    char folder[64];
    char url[512];
    struct store *store;
    struct arena arena;
    struct err err;
};

/* Runs every test on both engines; the result of a program's main. Without TALAP_TEST_POSTGRES it fails; with "none" it
 * says that PostgreSQL is left out. */
int world_run(const char *group, const struct CMUnitTest *tests, size_t count);
int world_run_sqlite(const char *group, const struct CMUnitTest *tests,
                     size_t count); /* without asking for PostgreSQL */
#define WORLD_TEST(function)                  \
    {                                         \
#function, function, NULL, NULL, NULL \
    }

/* Makes the place empty and opens a new store there. */
void world_fresh(struct world *world);
void world_reopen(struct world *world);
/* One statement by hand, past the store; false when it was refused. */
bool world_sql(struct world *world, const char *statement);
int64_t world_number(struct world *world, const char *statement);
char *world_path(struct world *world, const char *name); /* in its folder; in the arena */

/* One command: `run` with `arg`; its result. world->err is filled. */
typedef int step_fn(struct tx *tx, void *arg, struct err *err);
int world_write(struct world *world, step_fn *run, void *arg);
struct tx *world_read(struct world *world);

/* Rows as they usually are; ids and numbers from `n`. */
const char *id_of(struct world *world, int n);
struct case_row case_row_of(struct world *world, int n);
struct event_row event_row_of(struct world *world, int64_t leaf);
struct clock_row clock_row_of(struct world *world, int n, const char *clock);
struct account_row account_row_of(struct world *world, int n);
struct hash hash_of(int n);

/* Steps for world_write. */
step_fn insert_case, insert_event, put_clock, insert_account;
void add_case(struct world *world, const struct case_row *row);
void add_event(struct world *world, const struct event_row *row);
void add_clock(struct world *world, const struct clock_row *row);

#define assert_refused(rc, world, wanted_kind, wanted_code)                                      \
    do {                                                                                         \
        int rc_ = (rc);                                                                          \
        if (rc_ != -(int)(wanted_kind) || strcmp((world)->err.code, (wanted_code)) != 0)         \
            print_error("%s: %s\n", rc_ == 0 ? "done" : (world)->err.code, (world)->err.detail); \
        assert_int_equal(rc_, -(int)(wanted_kind));                                              \
        assert_int_equal((world)->err.kind, (wanted_kind));                                      \
        assert_string_equal((world)->err.code, (wanted_code));                                   \
    } while (0)
#define assert_done(rc, world)                                               \
    do {                                                                     \
        int rc_ = (rc);                                                      \
        if (rc_ != 0)                                                        \
            print_error("%s: %s\n", (world)->err.code, (world)->err.detail); \
        assert_int_equal(rc_, 0);                                            \
    } while (0)

#endif
