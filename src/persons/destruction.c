/* Destruction, in four steps of which each is a transaction and an event: a crash leaves it between two of them, and
 * the job loop goes on from there.
 *
 * What makes it irrecoverable is the end of the person's key: every sealed value, in rows, events, files and copies
 * made from now on, is noise without it. The rows themselves go too, and then the store is compacted and its bytes are
 * searched for the random beginnings of what went (store_compact). Events stay as they are: the ledger proves what was
 * done about somebody whose name nobody can tell any more. */
#include "persons/destruction.h"
#include "cases/record.h"
#include "persons/consents.h"
#include "persons/effects.h"
#include "persons/vault.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MAX 64 /* destructions that one pass takes further */
#define PRINTS_MAX 1024

/* --- Intent --------------------------------------------------------------------------------------------------------
 */

static int refuse_open(struct tx *tx, const struct person *person, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct destruction_row *rows;
    size_t count;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = store_destructions_of(tx, person->serial, &arena, &rows, &count, err);
    return r < 0 || count == 0 ? r : err_set(err, ERR_CONFLICT, "destruction_begun", NULL);
}

int destruction_barred(struct tx *tx, const struct office *office, const struct person *person, const char *case_id,
                       int64_t now_usec, struct err *err)
{
    bool own = false;
    int r;

    if (person->destroyed_usec != TIME_NONE)
        return err_set(err, ERR_CONFLICT, "person_destroyed", NULL);
    r = refuse_open(tx, person, err);
    if (r == 0)
        r = hold_refuse(tx, office, person, now_usec, err);
    if (r < 0 || person->blocks == 0)
        return r;
    /* Blocked data stay stored; but the case that blocked them may find that they have to go. */
    r = person_blocked_by(tx, person, case_id, &own, err);
    if (r == 0 && (!own || person->blocks > 1))
        r = err_set(err, ERR_CONFLICT, "person_blocked", NULL);
    return r;
}

int destruction_begin(struct tx *tx, const struct office *office, const struct person *person, const char *ground,
                      const char *case_id, const struct actor *actor, int64_t now_usec, int64_t *ret_leaf,
                      struct err *err)
{
    struct destruction_row row = {.person = person->serial,
                                  .case_id = case_id,
                                  .ground = ground,
                                  .state = "intended",
                                  .changed_usec = now_usec,
                                  .told = "{}"};
    struct person unblocked = *person;
    int r;

    if (catalogue_norm_at(office->catalogue, ground, now_usec) == NULL)
        return err_set(err, ERR_BAD_INPUT, "destruction_ground_unknown", "%.60s", ground);
    r = destruction_barred(tx, office, person, case_id, now_usec, err);
    if (r == 0 && person->blocks > 0) {
        r = person_unblock(tx, office, person, case_id, actor, now_usec, err);
        unblocked.blocks = 0;
    }
    if (r == 0)
        r = person_event(tx, office, "destruction.intended", &unblocked, actor, case_id, now_usec,
                         json_pack("{s:s}", "ground", ground), NULL, &row.leaf, err);
    if (r == 0)
        r = store_destruction_insert(tx, &row, err);
    if (r == 0)
        *ret_leaf = row.leaf;
    return r;
}

int destructions_of(struct tx *tx, int64_t person, struct arena *arena, struct destruction **ret, size_t *ret_count,
                    struct err *err)
{
    struct destruction_row *rows;
    struct destruction *list;
    size_t count;
    int r = store_destructions_of(tx, person, arena, &rows, &count, err);

    if (r < 0)
        return r;
    list = ARENA_ARRAY(arena, struct destruction, count + 1);
    if (list == NULL)
        return err_memory(err);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct destruction){.leaf = rows[i].leaf,
                                       .person = rows[i].person,
                                       .case_id = rows[i].case_id,
                                       .ground = rows[i].ground,
                                       .state = rows[i].state,
                                       .changed_usec = rows[i].changed_usec,
                                       .told = rows[i].told};
    *ret = list;
    *ret_count = count;
    return 0;
}

/* --- The steps, each in a command ----------------------------------------------------------------------------------
 */

struct step {
    const struct office *office;
    const struct destruction_row *row;
    const struct store_compaction *compaction; /* of the third step */
    int64_t now_usec;
    bool moved;
};

/* {"destruction": leaf}, or NULL when memory ends. */
static json_t *members_of(const struct step *step)
{
    return json_pack("{s:I}", "destruction", (json_int_t)step->row->leaf);
}

/* Moves the row, and only where it was still there to be moved writes the event. */
static int move(struct tx *tx, struct step *step, const struct person *person, const char *to, const char *kind,
                const char *told, json_t *members, struct err *err)
{
    struct actor actor = system_actor();
    int64_t leaf;
    int r = store_destruction_move(tx, step->row->leaf, step->row->state, to, told, step->now_usec, &step->moved, err);

    if (r < 0 || !step->moved) {
        json_decref(members);
        return r;
    }
    return person_event(tx, step->office, kind, person, &actor, step->row->case_id, step->now_usec, members, NULL,
                        &leaf, err);
}

/* {"prints": ["hex", …]} */
static int prints_told(struct tx *tx, const struct person *person, struct arena *arena, const char **ret,
                       struct err *err)
{
    CLEANUP_BUF struct buf out = {0};
    uint64_t *prints;
    size_t count;
    int r = store_person_prints(tx, person->serial, arena, &prints, &count, err);

    if (r < 0)
        return r;
    buf_init(&out, BODY_LIMIT);
    buf_puts(&out, "{\"prints\":[");
    for (size_t i = 0; i < count; i++) {
        char hex[24];

        snprintf(hex, sizeof(hex), "%s\"%016" PRIx64 "\"", i > 0 ? "," : "", prints[i]);
        buf_puts(&out, hex);
    }
    buf_puts(&out, "]}");
    *ret = out.failed ? NULL : arena_strndup(arena, out.data, out.len);
    return *ret != NULL ? 0 : err_memory(err);
}

static int execute_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct step *step = command->arg;
    CLEANUP_ARENA struct arena arena;
    const char *told = NULL;
    struct person person;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = person_by_serial(tx, step->row->person, &arena, &person, err);
    /* Set since it was intended: it waits. */
    if (r == 0 && (person.holds > 0 || person.blocks > 0))
        return 0;
    if (r == 0)
        r = prints_told(tx, &person, &arena, &told, err);
    if (r == 0)
        r = move(tx, step, &person, "executed", "destruction.executed", told, members_of(step), err);
    if (r == 0 && step->moved)
        r = consents_destroy(tx, person.serial, step->now_usec, err);
    if (r == 0 && step->moved)
        r = store_person_destroy(tx, person.serial, step->now_usec, err);
    return r;
}

/* [{id, at_usec, gone_usec}] of copies made before the key was gone, which hold it still. */
static int backups_told(struct tx *tx, const struct destruction_row *row, struct arena *arena, json_t *members,
                        struct err *err)
{
    json_t *list = json_array();
    struct backup_row *backups;
    size_t count;
    int r;

    if (list == NULL || json_object_set_new(members, "backups", list) != 0)
        return err_memory(err);
    r = store_backup_rows(tx, row->changed_usec, arena, &backups, &count, err);
    for (size_t i = 0; i < count && r == 0; i++)
        if (json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "id", backups[i].id, "at_usec",
                                                  (json_int_t)backups[i].at_usec, "gone_usec",
                                                  (json_int_t)backups[i].kept_until_usec)) != 0)
            r = err_memory(err);
    return r;
}

/* Everything is read again: what has to be gone is gone, and without the key nothing opens. */
static int check_gone(struct tx *tx, const struct office *office, const struct person *person, struct err *err)
{
    struct subject_key key;
    struct err why = {0};
    int64_t remains = 0;
    int r = store_person_remains(tx, person->serial, &remains, err);

    if (r < 0)
        return r;
    r = subject_key_get(tx, office->keyring, person->subject_id, &key, &why);
    explicit_bzero(&key, sizeof(key));
    if (r == -ERR_NOT_FOUND && strcmp(why.code, "subject_destroyed") == 0 && remains == 0)
        return 0;
    err_set(err, ERR_DAMAGED, "destruction_incomplete", "%s", person->subject_id);
    return err_detail(err, "%lld things remain", (long long)remains + (r == 0));
}

static int verify_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct step *step = command->arg;
    const struct store_compaction *compaction = step->compaction;
    CLEANUP_JSON json_t *members = members_of(step);
    CLEANUP_BUF struct buf told = {0};
    CLEANUP_ARENA struct arena arena;
    struct person person;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    buf_init(&told, BODY_LIMIT);
    if (members == NULL ||
        json_object_set_new(members, "compacted",
                            json_pack("{s:s, s:b, s:b, s:b, s:s*}", "engine", store_engine_name(step->office->store),
                                      "done", !compaction->skipped, "whole", compaction->whole, "searched",
                                      compaction->searched, "why", compaction->skipped ? "not_owner" : NULL)) != 0)
        return err_memory(err);
    r = person_by_serial(tx, step->row->person, &arena, &person, err);
    if (r == 0)
        r = check_gone(tx, step->office, &person, err);
    if (r == 0)
        r = backups_told(tx, step->row, &arena, members, err);
    if (r == 0)
        r = json_canonical(members, &told, err);
    if (r < 0)
        return r;
    return move(tx, step, &person, "verified", "destruction.verified", told.data, json_incref(members), err);
}

static int finish_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct step *step = command->arg;
    CLEANUP_ARENA struct arena arena;
    struct person person;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = person_by_serial(tx, step->row->person, &arena, &person, err);
    if (r == 0)
        r = move(tx, step, &person, "done", "destruction.done", step->row->told, members_of(step), err);
    if (r == 0 && step->moved)
        r = destruction_certify(tx, step->office, step->row, step->now_usec, err);
    return r;
}

/* --- A pass --------------------------------------------------------------------------------------------------------
 */

struct open {
    struct destruction_row *rows;
    size_t count;
};

struct destroying {
    const struct office *office;
    int64_t now_usec;
    struct open intended, executed, verified;
    struct err first; /* what failed first: the others do not wait for it */
    size_t count;
};

static void keep_failure(struct destroying *pass, int r, const struct err *err)
{
    if (r < 0 && pass->first.kind == ERR_NONE)
        pass->first = *err;
}

static void take(struct destroying *pass, const struct open *open, const struct store_compaction *compaction,
                 int (*run)(struct tx *, struct store_command *, struct err *))
{
    for (size_t i = 0; i < open->count; i++) {
        struct step step = {
            .office = pass->office, .row = &open->rows[i], .compaction = compaction, .now_usec = pass->now_usec};
        struct err err = {0};
        int r = store_write(pass->office->store, run, &step, &err);

        keep_failure(pass, r, &err);
        pass->count += r == 0 && step.moved;
    }
}

static int look(struct destroying *pass, struct arena *arena, struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    int r = store_read_begin(pass->office->store, &tx, err);

    if (r == 0)
        r = store_destructions_in(tx, "intended", STEP_MAX, arena, &pass->intended.rows, &pass->intended.count, err);
    if (r == 0)
        r = store_destructions_in(tx, "executed", STEP_MAX, arena, &pass->executed.rows, &pass->executed.count, err);
    if (r == 0)
        r = store_destructions_in(tx, "verified", STEP_MAX, arena, &pass->verified.rows, &pass->verified.count, err);
    return r;
}

/* What those being destroyed left to be searched for. */
static int gather_prints(const struct open *open, uint64_t *prints, size_t *ret_count, struct err *err)
{
    size_t count = 0;

    for (size_t i = 0; i < open->count; i++) {
        CLEANUP_JSON json_t *told = NULL;
        const json_t *item;
        size_t at;
        int r = stored_json_parse(open->rows[i].told, strlen(open->rows[i].told), "a destruction", &told, err);

        if (r < 0)
            return r;
        json_array_foreach(json_object_get(told, "prints"), at, item) if (json_is_string(item) && count < PRINTS_MAX)
            prints[count++] = strtoull(json_string_value(item), NULL, 16);
    }
    *ret_count = count;
    return 0;
}

/* Found is not always left: what somebody new is called by, or asked for a code by, is there rightly. */
static int compact(struct destroying *pass, uint64_t *prints, size_t count, struct store_compaction *ret,
                   struct err *err)
{
    CLEANUP_READ struct tx *tx = NULL;
    size_t left = count;
    int r = store_compact(pass->office->store, prints, count, ret, err);

    if (r == 0 || strcmp(err->code, "store_not_compacted") != 0)
        return r;
    err_clear(err);
    r = store_read_begin(pass->office->store, &tx, err);
    if (r == 0)
        r = store_prints_drop_known(tx, prints, &left, err);
    if (r < 0)
        return r;
    store_read_end(tx);
    tx = NULL;
    return store_compact(pass->office->store, prints, left, ret, err);
}

/* All at once: the store is compacted for however many there are. */
static void verify_all(struct destroying *pass)
{
    struct store_compaction compaction;
    uint64_t prints[PRINTS_MAX];
    struct err err = {0};
    size_t count = 0;
    int r;

    if (pass->executed.count == 0)
        return;
    r = gather_prints(&pass->executed, prints, &count, &err);
    if (r == 0)
        r = compact(pass, prints, count, &compaction, &err);
    keep_failure(pass, r, &err);
    if (r == 0)
        take(pass, &pass->executed, &compaction, verify_run);
}

int destruction_pass(const struct office *office, int64_t now_usec, size_t *ret_count, struct err *err)
{
    struct destroying pass = {.office = office, .now_usec = now_usec};
    CLEANUP_ARENA struct arena arena;
    int r;

    arena_init(&arena, COMMAND_ARENA_LIMIT);
    r = look(&pass, &arena, err);
    if (r < 0)
        return r;
    take(&pass, &pass.verified, NULL, finish_run);
    verify_all(&pass);
    take(&pass, &pass.intended, NULL, execute_run);
    if (pass.first.kind != ERR_NONE && pass.count == 0) {
        if (err != NULL)
            *err = pass.first;
        return -(int)pass.first.kind;
    }
    *ret_count = pass.count;
    return 0;
}

/* --- Copies of the store -------------------------------------------------------------------------------------------
 */

int backup_note(struct tx *tx, const struct office *office, int64_t kept_days, int64_t now_usec,
                char ret_id[static ID_TEXT], struct err *err)
{
    struct backup_row row = {
        .at_usec = now_usec, .kept_until_usec = now_usec + kept_days * USEC_PER_DAY, .removed_usec = TIME_NONE};
    struct actor actor = system_actor();
    CLEANUP_JSON json_t *body = body_begin("backup.made", NULL, &actor, now_usec, 0);
    char id[ID_TEXT];
    int64_t leaf;
    int r;

    (void)office;
    id_new(now_usec, id);
    row.id = id;
    if (body == NULL || json_object_set_new(body, "backup", json_string(id)) != 0 ||
        json_object_set_new(body, "kept_until_usec", json_integer(row.kept_until_usec)) != 0)
        return err_memory(err);
    r = record(tx, "backup.made", NULL, &actor, now_usec, body, NULL, NULL, &leaf, err);
    if (r == 0)
        r = store_backup_row_insert(tx, &row, err);
    if (r == 0)
        memcpy(ret_id, id, ID_TEXT);
    return r;
}

int backup_gone(struct tx *tx, const struct office *office, const char *id, int64_t now_usec, struct err *err)
{
    struct actor actor = system_actor();
    CLEANUP_JSON json_t *body = body_begin("backup.gone", NULL, &actor, now_usec, 0);
    bool found = false;
    int64_t leaf;
    int r;

    (void)office;
    if (body == NULL || json_object_set_new(body, "backup", json_string(id)) != 0)
        return err_memory(err);
    r = store_backup_row_gone(tx, id, now_usec, &found, err);
    if (r == 0 && !found)
        r = err_set(err, ERR_NOT_FOUND, "backup_unknown", NULL);
    return r < 0 ? r : record(tx, "backup.gone", NULL, &actor, now_usec, body, NULL, NULL, &leaf, err);
}
