/* Opening an installation: catalogue, store, keys and ledger, in the order in which each needs the one before. */
#include "audience/effects.h"
#include "cli/cli.h"
#include "persons/effects.h"
#include "persons/kept.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int cli_catalogue(const struct cli *cli, struct catalogue **ret, struct err *err)
{
    return catalogue_load(cli->settings.law_dir, ret, err);
}

struct actor cli_actor(void)
{
    return (struct actor){.kind = ACTOR_SYSTEM, .roles = ROLE_PUBLIC | ROLE_ADMIN, .lang = LANG_EN};
}

/* The checkpoint's origin must never change with the address under which the service is reached, and its key must never
 * change behind the readers' back: both are fixed when the store is made, and a key file that does not fit is refused.
 */
struct identity {
    const char *origin, *verifier_key; /* as JSON strings, or NULL while the store has none */
};

static int identity_run(struct tx *tx, struct store_command *command, struct err *err)
{
    const struct identity *identity = command->arg;
    int r = store_setting_put(tx, "ledger_origin", identity->origin, err);

    return r < 0 ? r : store_setting_put(tx, "ledger_key", identity->verifier_key, err);
}

static int read_identity(struct store *store, struct arena *arena, struct identity *ret, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    int r = store_read_begin(store, &tx, err);

    if (r == 0)
        r = store_setting_get(tx, "ledger_origin", arena, &ret->origin, err);
    return r < 0 ? r : store_setting_get(tx, "ledger_key", arena, &ret->verifier_key, err);
}

/* The text between the quotes of a JSON string that needs no escapes. */
static char *unquote(struct arena *arena, const char *json)
{
    size_t len = strlen(json);

    return arena_strndup(arena, json + 1, len >= 2 ? len - 2 : 0);
}

static int load_signer(struct installation *installation, const struct settings *settings, struct identity *identity,
                       struct arena *arena, struct err *err)
{
    bool fresh = !identity->origin;
    char path[4096], id[ID_TEXT];
    char *origin, *key;
    int r;

    if (fresh) {
        id_new(time_now_usec(), id);
        identity->origin = arena_printf(arena, "\"talap-%s/ledger\"", id);
    }
    origin = identity->origin ? unquote(arena, identity->origin) : NULL;
    snprintf(path, sizeof(path), "%s/ledger.key", settings->var_dir);
    r = origin ? signer_load(path, origin, fresh, &installation->signer, err) : err_memory(err);
    if (r < 0)
        return r;
    key = signer_verifier_key(&installation->signer, arena);
    key = key ? arena_printf(arena, "\"%s\"", key) : NULL;
    if (!key)
        return err_memory(err);
    if (!fresh && (!identity->verifier_key || strcmp(identity->verifier_key, key) != 0))
        return err_set(err, ERR_UNAVAILABLE, "ledger_key_wrong", "%s", path);
    identity->verifier_key = key;
    return fresh ? store_write(installation->store, identity_run, identity, err) : 0;
}

static int key_check_run(struct tx *tx, struct store_command *command, struct err *err)
{
    return keyring_check(tx, command->arg, err);
}

static int check_key(struct installation *installation, bool create, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    int r;

    if (create)
        return store_write(installation->store, key_check_run, installation->keyring, err);
    r = store_read_begin(installation->store, &tx, err);
    return r < 0 ? r : keyring_check(tx, installation->keyring, err);
}

/* A missing key is told by its name, so that whoever keeps several knows which one to bring. */
static int name_missing_key(struct store *store, struct arena *arena, const char *path, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    const char *id = NULL;
    struct err ignored = {0};

    if (store_read_begin(store, &tx, &ignored) == 0 &&
        store_setting_get(tx, KEYRING_SETTING, arena, &id, &ignored) == 0 && id)
        id = unquote(arena, id);
    return err_set(err, ERR_UNAVAILABLE, "master_key_missing", "%s (%.100s)", id ? id : "?", path);
}

/* The keys, which belong to the store: only a store that has none yet gets new ones. With a store that has, a lost key
 * is an error, and no other is made in its place. */
static int open_keys(struct installation *installation, const struct settings *settings, bool create, struct err *err)
{
    struct identity identity = {0};
    char path[4096];
    struct arena arena;
    bool fresh;
    int r;

    arena_init(&arena, 64 << 10);
    r = read_identity(installation->store, &arena, &identity, err);
    fresh = !identity.origin;
    if (r == 0 && fresh && !create)
        r = err_set(err, ERR_UNAVAILABLE, "store_not_initialised", NULL);
    snprintf(path, sizeof(path), "%s/master.key", settings->var_dir);
    if (r == 0)
        r = keyring_load(path, fresh, &installation->keyring, err);
    if (r == -ERR_UNAVAILABLE && strcmp(err->code, "master_key_missing") == 0)
        r = name_missing_key(installation->store, &arena, path, err);
    if (r == 0)
        r = check_key(installation, fresh, err);
    if (r == 0)
        r = load_signer(installation, settings, &identity, &arena, err);
    arena_done(&arena);
    return r;
}

static int open_with(struct installation *installation, const struct settings *settings,
                     const struct store_options *options, struct err *err)
{
    static const struct case_effects *const effects[] = {&person_effects, &audience_effects, NULL};
    bool create = options->create;
    int r;

    *installation = (struct installation){0};
    if (create && mkdir(settings->var_dir, 0700) < 0 && errno != EEXIST)
        return err_set(err, ERR_UNAVAILABLE, "folder_unwritable", "%.120s", settings->var_dir);
    r = catalogue_load(settings->law_dir, &installation->catalogue, err);
    if (r == 0)
        r = store_open(options, &installation->store, err);
    if (r == 0)
        r = open_keys(installation, settings, create, err);
    if (r == 0)
        r = ledger_open(installation->store, &installation->signer, &installation->ledger, err);
    if (r == 0)
        r = kept_cache_new(&installation->kept, err);
    if (r < 0) {
        installation_close(installation);
        return r;
    }
    office_init(&installation->office, installation->catalogue, installation->store, installation->ledger,
                installation->keyring);
    installation->office.effects = effects;
    installation->office.kept = installation->kept;
    return 0;
}

int installation_open(struct installation *installation, const struct settings *settings, bool create, struct err *err)
{
    const struct store_options options = {.url = settings->store_url, .create = create};

    return open_with(installation, settings, &options, err);
}

int installation_open_to_fill(struct installation *installation, const struct settings *settings, struct err *err)
{
    const struct store_options options = {.url = settings->store_url, .create = true, .later = true};

    return open_with(installation, settings, &options, err);
}

void installation_close(struct installation *installation)
{
    /* The store first: its writer still calls the ledger's hooks for what is queued. */
    store_close(installation->store);
    ledger_close(installation->ledger);
    signer_wipe(&installation->signer);
    keyring_free(installation->keyring);
    kept_cache_free(installation->kept);
    catalogue_free(installation->catalogue);
    *installation = (struct installation){0};
}
