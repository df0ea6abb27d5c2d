/* See fixture.h. */
#include "fixture.h"
#include "audience/audience_verify.h"
#include "audience/effects.h"
#include "persons/effects.h"
#include "persons/verify.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES (64u << 20)
#define FOUNDED_USEC (INT64_C(1693526400) * USEC_PER_SEC) /* 2023-09-01 */

static const char *const about_text = "interface";
static const char *const said_text = "Батырма көрінбейді, түзетіңіздерші.";
const struct raw_value fixture_complaint[2] = {
    {.name = "about", .kind = RAW_STRING, .count = 1, .texts = &about_text},
    {.name = "text", .kind = RAW_STRING, .count = 1, .texts = &said_text},
};

struct raw_value fixture_raw(const char *name, const char *const *text)
{
    return (struct raw_value){.name = name, .kind = RAW_STRING, .count = 1, .texts = text};
}

static void must(int r, const struct err *err, const char *what)
{
    if (r >= 0)
        return;
    fprintf(stderr, "fixture: %s: %s %s %s\n", what, err->code != NULL ? err->code : "?", err->arg, err->detail);
    abort();
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

static char *read_all(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rbe");
    struct stat info;
    char *bytes;

    if (file == NULL)
        return NULL;
    /* No larger than the file: the sanitizer writes over whatever is taken, and the whole law is copied for each test.
     */
    if (fstat(fileno(file), &info) != 0 || info.st_size > FILE_MAX_BYTES ||
        (bytes = malloc((size_t)info.st_size + 1)) == NULL)
        abort();
    *ret_len = fread(bytes, 1, (size_t)info.st_size, file);
    bytes[*ret_len] = '\0';
    fclose(file);
    return bytes;
}

static void write_all(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wbe");

    if (file == NULL || fwrite(bytes, 1, len, file) != len || fclose(file) != 0) {
        perror(path);
        abort();
    }
}

static char copy_to[128];
static size_t copy_skip;

static int copy_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    char to[512];

    (void)info;
    (void)ftw;
    snprintf(to, sizeof(to), "%s%s", copy_to, path + copy_skip);
    if (type == FTW_D)
        return mkdir(to, 0700) == 0 || errno == EEXIST ? 0 : -1;
    size_t len;
    char *bytes = read_all(path, &len);
    if (bytes == NULL)
        return -1;
    write_all(to, bytes, len);
    free(bytes);
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* --- The office --------------------------------------------------------------------------------------------------- */

static const struct case_effects *const fixture_effects[] = {&person_effects, &audience_effects, NULL};

static void open_store(struct fixture *fixture, bool create)
{
    char url[128];
    struct err err = {0};
    struct store_options options = {.url = url, .create = create, .later = !fixture->durable};

    snprintf(url, sizeof(url), "sqlite:%s/talap.db", fixture->dir);
    must(store_open(&options, &fixture->store, &err), &err, "store_open");
    must(ledger_open(fixture->store, &fixture->signer, &fixture->ledger, &err), &err, "ledger_open");
    office_init(&fixture->office, fixture->catalogues[fixture->catalogue_count - 1], fixture->store, fixture->ledger,
                fixture->keyring);
    fixture->office.effects = fixture_effects;
}

static void close_store(struct fixture *fixture)
{
    store_close(fixture->store);
    ledger_close(fixture->ledger);
}

struct founding {
    struct fixture *fixture;
    const char *login, *email;
    unsigned role;
    struct actor *actor;
};

static int found(struct tx *tx, struct store_command *command, struct err *err)
{
    struct founding *founding = command->arg;
    struct account_new account = {.login = founding->login,
                                  .name = founding->login,
                                  .email = founding->email,
                                  .password = "not used by these tests",
                                  .roles = founding->role,
                                  .lang = LANG_KK};
    struct actor *actor = founding->actor;

    *actor = (struct actor){.kind = ACTOR_ACCOUNT, .roles = founding->role | ROLE_PUBLIC, .lang = LANG_KK};
    snprintf(actor->login, sizeof(actor->login), "%s", founding->login);
    snprintf(actor->name, sizeof(actor->name), "%s", founding->login);
    return account_create(tx, &founding->fixture->office.access, &account, "$argon2id$none", NULL, FOUNDED_USEC,
                          actor->account_id, err);
}

void fixture_hire(struct fixture *fixture, const char *login, const char *email, unsigned roles, struct actor *ret)
{
    struct founding founding = {fixture, login, email, roles, ret};
    struct err err = {0};

    must(store_write(fixture->store, found, &founding, &err), &err, login);
}

struct handing {
    struct fixture *fixture;
    const struct actor *of;
    char *token_id;
};

static int hand_out(struct tx *tx, struct store_command *command, struct err *err)
{
    struct handing *handing = command->arg;
    char secret[64];

    return token_create(tx, &handing->fixture->office.access, handing->of->account_id, "test",
                        handing->of->roles & ~(unsigned)ROLE_PUBLIC, TIME_NONE, NULL, FOUNDED_USEC, secret,
                        handing->token_id, err);
}

void fixture_token(struct fixture *fixture, const struct actor *of, struct actor *ret)
{
    struct actor actor = *of;
    struct handing handing = {fixture, of, actor.token_id};
    struct err err = {0};

    must(store_write(fixture->store, hand_out, &handing, &err), &err, "token_create");
    actor.kind = ACTOR_TOKEN;
    *ret = actor;
}

static int tie_keyring(struct tx *tx, struct store_command *command, struct err *err)
{
    return keyring_check(tx, command->arg, err);
}

void fixture_start_empty(struct fixture *fixture)
{
    char path[256];
    struct err err = {0};

    if (sodium_init() < 0)
        abort();
    *fixture = (struct fixture){.opener = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC},
                                .anonymous = {.kind = ACTOR_ANONYMOUS, .roles = ROLE_PUBLIC}};
    snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/talap-XXXXXX");
    if (mkdtemp(fixture->dir) == NULL)
        abort();
    snprintf(fixture->law_dir, sizeof(fixture->law_dir), "%s/law", fixture->dir);
    snprintf(copy_to, sizeof(copy_to), "%s", fixture->law_dir);
    copy_skip = strlen(LAW_DIR);
    if (nftw(LAW_DIR, copy_one, 16, FTW_PHYS) != 0)
        abort();
    arena_init(&fixture->arena, 64u << 20);
    must(fixture_reload(fixture, &err), &err, "catalogue_load");
    snprintf(path, sizeof(path), "%s/master.key", fixture->dir);
    must(keyring_load(path, true, &fixture->keyring, &err), &err, "keyring_load");
    snprintf(path, sizeof(path), "%s/ledger.key", fixture->dir);
    must(signer_load(path, "test.example.kz/ledger", true, &fixture->signer, &err), &err, "signer_load");
    open_store(fixture, true);
    must(store_write(fixture->store, tie_keyring, fixture->keyring, &err), &err, "keyring_check");
}

void fixture_start(struct fixture *fixture)
{
    fixture_start_empty(fixture);
    fixture_hire(fixture, "admin", "", ROLE_ADMIN, &fixture->admin);
    fixture_hire(fixture, "moderator", "moderator@example.kz", ROLE_MODERATOR, &fixture->moderator);
    fixture_hire(fixture, "registrar", "registrar@example.kz", ROLE_REGISTRAR, &fixture->registrar);
    fixture_hire(fixture, "auditor", "", ROLE_AUDITOR, &fixture->auditor);
    fixture_hire(fixture, "official", "official@example.kz", ROLE_OFFICIAL, &fixture->official);
    fixture_hire(fixture, "head", "head@example.kz", ROLE_HEAD, &fixture->head);
    fixture_hire(fixture, "carrier", "carrier@example.kz", ROLE_CARRIER, &fixture->carrier);
    fixture_hire(fixture, "responsible", "responsible@example.kz", ROLE_RESPONSIBLE, &fixture->responsible);
    fixture_hire(fixture, "service", "", ROLE_SERVICE, &fixture->service);
}

void fixture_end(struct fixture *fixture)
{
    close_store(fixture);
    keyring_free(fixture->keyring);
    signer_wipe(&fixture->signer);
    for (size_t i = 0; i < fixture->catalogue_count; i++)
        catalogue_free(fixture->catalogues[i]);
    arena_done(&fixture->arena);
    nftw(fixture->dir, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

int fixture_reload(struct fixture *fixture, struct err *err)
{
    int r;

    if (fixture->catalogue_count == FIXTURE_CATALOGUES_MAX)
        abort();
    r = catalogue_load(fixture->law_dir, &fixture->catalogues[fixture->catalogue_count], err);
    if (r < 0)
        return r;
    fixture->catalogue_count++;
    if (fixture->store != NULL) {
        office_init(&fixture->office, fixture->catalogues[fixture->catalogue_count - 1], fixture->store,
                    fixture->ledger, fixture->keyring);
        fixture->office.effects = fixture_effects;
    }
    return 0;
}

void fixture_edit_law(struct fixture *fixture, const char *file, const char *find, const char *replace)
{
    char path[256];
    size_t len;
    char *text, *at;
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", fixture->law_dir, file);
    text = read_all(path, &len);
    at = text == NULL ? NULL : find == NULL ? text + len : strstr(text, find);
    if (at == NULL) {
        fprintf(stderr, "fixture: %s does not hold what is to be replaced\n", file);
        abort();
    }
    out = fopen(path, "wbe");
    if (out == NULL)
        abort();
    fprintf(out, "%.*s%s%s", (int)(at - text), text, replace, at + (find != NULL ? strlen(find) : 0));
    fclose(out);
    free(text);
}

const struct actor *fixture_actor(const struct fixture *fixture, const char *word)
{
    const struct {
        const char *word;
        const struct actor *actor;
    } actors[] = {
        {"admin", &fixture->admin},     {"moderator", &fixture->moderator},     {"registrar", &fixture->registrar},
        {"auditor", &fixture->auditor}, {"official", &fixture->official},       {"head", &fixture->head},
        {"carrier", &fixture->carrier}, {"responsible", &fixture->responsible}, {"service", &fixture->service},
        {"opener", &fixture->opener},   {"public", &fixture->anonymous}};

    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        if (strcmp(actors[i].word, word) == 0)
            return actors[i].actor;
    return NULL;
}

/* --- Cases -------------------------------------------------------------------------------------------------------- */

struct turn {
    struct fixture *fixture;
    const struct case_prepared *opening;
    struct case_opened opened;
    const struct act_prepared *act;
    int64_t now_usec, version, leaf;
    size_t count;
};

static int run_open(struct tx *tx, struct store_command *command, struct err *err)
{
    struct turn *turn = command->arg;

    return case_open(tx, &turn->fixture->office, turn->opening, turn->now_usec, &turn->opened, err);
}

int fixture_open_case(struct fixture *fixture, const struct fixture_opening *opening, struct case_opened *ret,
                      struct err *err)
{
    struct turn turn = {.fixture = fixture, .now_usec = opening->now_usec};
    struct case_opening full = {
        .procedure = catalogue_procedure(fixture->office.catalogue,
                                         opening->procedure != NULL ? opening->procedure : "complaint"),
        .opener = opening->opener != NULL ? opening->opener : "public",
        .subject_id = opening->subject_id,
        .lang = opening->lang,
        .received_usec = opening->received_usec != 0 ? opening->received_usec : opening->now_usec,
        .raw = opening->raw,
        .raw_count = opening->raw_count,
        .files = opening->files,
        .file_count = opening->file_count,
        .idempotency_key = opening->key,
    };
    struct tx *tx = NULL;
    int r;

    arena_reset(&fixture->arena);
    field_errors_init(&fixture->errors, &fixture->arena);
    if (procedure_form_names_cases(full.procedure))
        must(store_read_begin(fixture->store, &tx, err), err, "store_read_begin");
    r = case_open_prepare(tx, &fixture->office, &full, opening->actor != NULL ? opening->actor : &fixture->anonymous,
                          opening->now_usec, &fixture->arena, &turn.opening, &fixture->errors, err);
    store_read_end(tx);
    if (r == 0)
        r = store_write(fixture->store, run_open, &turn, err);
    if (r == 0)
        *ret = turn.opened;
    return r;
}

static int run_act(struct tx *tx, struct store_command *command, struct err *err)
{
    struct turn *turn = command->arg;

    return case_act(tx, &turn->fixture->office, turn->act, turn->now_usec, &turn->version, &turn->leaf, err);
}

int fixture_act(struct fixture *fixture, const struct case_acting *acting, const struct actor *actor, int64_t now_usec,
                int64_t *ret_version, int64_t *ret_leaf, struct err *err)
{
    struct turn turn = {.fixture = fixture, .now_usec = now_usec};
    struct tx *tx;
    int r;

    arena_reset(&fixture->arena);
    field_errors_init(&fixture->errors, &fixture->arena);
    r = store_read_begin(fixture->store, &tx, err);
    must(r, err, "store_read_begin");
    r = case_act_prepare(tx, &fixture->office, acting, actor, now_usec, &fixture->arena, &turn.act, &fixture->errors,
                         err);
    store_read_end(tx);
    if (r == 0)
        r = store_write(fixture->store, run_act, &turn, err);
    if (r == 0 && ret_version != NULL)
        *ret_version = turn.version;
    if (r == 0 && ret_leaf != NULL)
        *ret_leaf = turn.leaf;
    return r;
}

static int run_tick(struct tx *tx, struct store_command *command, struct err *err)
{
    struct turn *turn = command->arg;

    return case_tick(tx, &turn->fixture->office, turn->now_usec, 10, &turn->count, err);
}

static int run_recompute(struct tx *tx, struct store_command *command, struct err *err)
{
    struct turn *turn = command->arg;

    return case_recompute(tx, &turn->fixture->office, turn->now_usec, 10, &turn->count, err);
}

static int run_index(struct tx *tx, struct store_command *command, struct err *err)
{
    struct turn *turn = command->arg;

    return case_index(tx, &turn->fixture->office, 10, &turn->count, err);
}

static size_t repeat(struct fixture *fixture, int64_t now_usec,
                     int (*run)(struct tx *tx, struct store_command *command, struct err *err))
{
    struct turn turn = {.fixture = fixture, .now_usec = now_usec};
    struct err err = {0};
    size_t sum = 0;

    do {
        must(store_write(fixture->store, run, &turn, &err), &err, "time passes");
        sum += turn.count;
    } while (turn.count > 0);
    return sum;
}

size_t fixture_tick(struct fixture *fixture, int64_t now_usec)
{
    return repeat(fixture, now_usec, run_tick);
}

size_t fixture_recompute(struct fixture *fixture, int64_t now_usec)
{
    return repeat(fixture, now_usec, run_recompute);
}

size_t fixture_index(struct fixture *fixture)
{
    return repeat(fixture, 0, run_index);
}

int fixture_verify(struct fixture *fixture, struct verify_report *ret, struct err *err)
{
    struct persons_report people;
    struct audience_verification *figures;
    struct verify_also also = {.event = audience_verification_event};
    struct audience_report closed;
    struct tx *tx;
    int r = store_read_begin(fixture->store, &tx, err);

    must(r, err, "store_read_begin");
    must(audience_verification_new(&figures, err), err, "audience_verification_new");
    also.arg = figures;
    r = persons_verify_with(tx, &fixture->office, &also, 1, ret, &people, err);
    if (r == 0)
        r = audience_verification_end(tx, figures, &closed, err);
    audience_verification_free(figures);
    store_read_end(tx);
    return r;
}

void fixture_sql(struct fixture *fixture, const char *sql)
{
    char path[128], *message = NULL;
    sqlite3 *db;

    snprintf(path, sizeof(path), "%s/talap.db", fixture->dir);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        abort();
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db,
                     "PRAGMA foreign_keys = OFF; DROP TRIGGER IF EXISTS event_not_changed;"
                     "DROP TRIGGER IF EXISTS event_not_deleted;",
                     NULL, NULL, &message) != SQLITE_OK ||
        sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fprintf(stderr, "fixture: %s: %s\n", sql, message);
        abort();
    }
    sqlite3_close(db);
}

/* Every file that belongs to the store, whatever the engine lays beside the first. */
bool fixture_files_hold(const struct fixture *fixture, const void *bytes, size_t count)
{
    DIR *dir = opendir(fixture->dir);
    struct dirent *entry;
    bool holds = false;

    if (dir == NULL)
        abort();
    while ((entry = readdir(dir)) != NULL) {
        char path[512];
        size_t len;
        char *content;

        if (strncmp(entry->d_name, "talap.db", 8) != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", fixture->dir, entry->d_name);
        content = read_all(path, &len);
        if (content != NULL && memmem(content, len, bytes, count) != NULL)
            holds = true;
        free(content);
    }
    closedir(dir);
    return holds;
}

void fixture_durably(struct fixture *fixture)
{
    close_store(fixture);
    fixture->durable = true;
    open_store(fixture, false);
}

bool fixture_store_holds(struct fixture *fixture, const char *bytes)
{
    bool holds = fixture_files_hold(fixture, bytes, strlen(bytes)); /* as it runs, with its log */

    close_store(fixture);
    holds = fixture_files_hold(fixture, bytes, strlen(bytes)) || holds;
    open_store(fixture, false);
    return holds;
}

int64_t fixture_moment(const struct fixture *fixture, const char *text)
{
    int64_t at_usec;

    if (!moment_parse(text, &fixture->office.catalogue->calendar->zone, &at_usec)) {
        fprintf(stderr, "fixture: %s is no moment\n", text);
        abort();
    }
    return at_usec;
}
