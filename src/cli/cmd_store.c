/* The store at the command line: make it, check it, copy it, put it back. */
#include "cli/cli.h"

#include "adverts/advert_verify.h"
#include "audience/audience_verify.h"
#include "base/locale.h"
#include "persons/destruction.h"
#include "persons/verify.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cmd_init(struct cli *cli, struct err *err)
{
    struct installation installation;
    char *key;
    int r;

    r = installation_open(&installation, &cli->settings, true, err);
    if (r < 0)
        return r;
    key = signer_verifier_key(&installation.signer, &cli->arena);
    printf("store %s\nledger key %s\n", store_engine_name(installation.store), key ? key : "");
    installation_close(&installation);
    return 0;
}

/* Nothing but the receipt and the public key: no store, no keys, no network. */
static int verify_receipt(struct cli *cli, struct err *err)
{
    struct buf json CLEANUP_BUF = {0}, key CLEANUP_BUF = {0};
    struct receipt receipt;
    char hash[65];
    int r;

    buf_init(&json, 1 << 20);
    buf_init(&key, 8192);
    if (!cli->key)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap verify --receipt FILE --key KEY");
    r = cli_read_file(cli->receipt_path, 1 << 20, &json, err);
    /* --key takes the key itself or a file that holds it. */
    if (r == 0 && strchr(cli->key, '+'))
        buf_puts(&key, cli->key);
    else if (r == 0)
        r = cli_read_file(cli->key, 4096, &key, err);
    if (r == 0 && key.data)
        key.data[strcspn(key.data, "\r\n")] = '\0';
    if (r == 0)
        r = receipt_verify_json(json.data ? json.data : "", json.len, key.data ? key.data : "", &receipt, &cli->arena,
                                err);
    if (r < 0)
        return r;
    hex_encode(receipt.leaf_hash.bytes, SHA256_BYTES, hash);
    if (cli->json)
        printf("{\"valid\":true,\"leaf_index\":%" PRId64 ",\"leaf_hash\":\"%s\",\"tree_size\":%" PRId64 "}\n",
               receipt.leaf_index, hash, receipt.tree_size);
    else
        printf("%s: leaf %" PRId64 " of %" PRId64 ", %s\n", text_get(cli->lang, T_common_yes), receipt.leaf_index,
               receipt.tree_size, hash);
    return 0;
}

int cmd_verify(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct verify_report report = {0};
    struct persons_report people = {0};
    struct audience_verification *figures = NULL;
    struct advert_verification *adverts = NULL;
    struct verify_also also[] = {{.event = audience_verification_event}, {.event = advert_verification_event}};
    struct audience_report closed = {0};
    struct advert_report kept = {0};
    struct tx *tx = NULL;
    int r;

    if (cli->receipt_path)
        return verify_receipt(cli, err);
    r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    r = store_check(installation.store, err);
    if (r == 0)
        r = store_read_begin(installation.store, &tx, err);
    if (r == 0)
        r = audience_verification_new(&figures, err);
    if (r == 0)
        r = advert_verification_new(&adverts, err);
    also[0].arg = figures;
    also[1].arg = adverts;
    if (r == 0)
        r = persons_verify_with(tx, &installation.office, also, 2, &report, &people, err);
    if (r == 0)
        r = audience_verification_end(tx, figures, &closed, err);
    if (r == 0)
        r = advert_verification_end(tx, adverts, &kept, err);
    audience_verification_free(figures);
    advert_verification_free(adverts);
    store_read_end(tx);
    installation_close(&installation);
    if (r < 0)
        return r;
    printf(cli->json ? "{\"valid\":true,\"events\":%" PRId64 ",\"cases\":%" PRId64 ",\"attachments\":%" PRId64
                       ",\"values_checked\":%" PRId64 ",\"values_destroyed\":%" PRId64 ",\"people\":%" PRId64
                       ",\"consents\":%" PRId64 ",\"days_of_users\":%" PRId64 ",\"advertisements\":%" PRId64
                       ",\"advertisements_removed\":%" PRId64 "}\n"
                     : "events %" PRId64 ", cases %" PRId64 ", attachments %" PRId64 ", personal values %" PRId64
                       " (destroyed %" PRId64 "), people %" PRId64 ", consents %" PRId64 ", days of users %" PRId64
                       ", advertisements %" PRId64 " (removed %" PRId64 ")\n",
           report.events, report.cases, report.attachments, report.values_checked + people.records,
           report.values_destroyed + people.records_destroyed, people.people, people.consents, closed.days,
           kept.adverts, kept.removed);
    return 0;
}

/* --- Backups -------------------------------------------------------------------------------------------------------
 * Each is written down before it is made: a destruction tells which copies still hold a key, and none may be forgotten.
 */

#define BACKUP_KEPT_DAYS 30

struct noting {
    struct installation *installation;
    int64_t kept_days;
    const char *gone; /* the id of one that is gone; NULL: a new one */
    char id[ID_TEXT];
};

static int note_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct noting *noting = command->arg;
    const struct office *office = &noting->installation->office;

    return noting->gone ? backup_gone(tx, office, noting->gone, time_now_usec(), err)
                        : backup_note(tx, office, noting->kept_days, time_now_usec(), noting->id, err);
}

int cmd_backup(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct noting noting = {.installation = &installation,
                            .kept_days =
                                cli->settings.backup_kept_days ? cli->settings.backup_kept_days : BACKUP_KEPT_DAYS};
    struct err ignored = {0};
    int r;

    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap backup FILE");
    if (access(cli->words[0], F_OK) == 0)
        return err_set(err, ERR_CONFLICT, "store_backup_exists", NULL);
    r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    r = store_write(installation.store, note_run, &noting, err);
    if (r == 0) {
        r = store_backup(installation.store, cli->words[0], err);
        noting.gone = noting.id;
        if (r < 0 && store_write(installation.store, note_run, &noting, &ignored) < 0)
            fprintf(stderr, "talap: backup %s stays listed\n", noting.id);
    }
    installation_close(&installation);
    return r;
}

int cmd_backup_gone(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct noting noting = {.installation = &installation};
    int r;

    if (cli->word_count != 1 || !id_valid(cli->words[0]))
        return err_set(err, ERR_BAD_INPUT, "usage", "talap backup gone ID");
    noting.gone = cli->words[0];
    r = installation_open(&installation, &cli->settings, false, err);
    if (r < 0)
        return r;
    r = store_write(installation.store, note_run, &noting, err);
    installation_close(&installation);
    return r;
}

int cmd_backup_list(struct cli *cli, struct err *err)
{
    struct installation installation;
    struct backup_row *rows;
    struct tx *tx = NULL;
    size_t count;
    int64_t now_usec = time_now_usec();
    int r = installation_open(&installation, &cli->settings, false, err);

    if (r < 0)
        return r;
    r = store_read_begin(installation.store, &tx, err);
    if (r == 0)
        r = store_backup_rows(tx, now_usec, &cli->arena, &rows, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++) {
        const struct zone *zone = &installation.catalogue->calendar->zone;
        char made[32], until[32];

        moment_format(zone, rows[i].at_usec, made);
        moment_format(zone, rows[i].kept_until_usec, until);
        printf("%s\t%s\t%s\t%s\n", rows[i].id, made, until, rows[i].kept_until_usec <= now_usec ? "over" : "kept");
    }
    store_read_end(tx);
    installation_close(&installation);
    return r;
}

int cmd_restore(struct cli *cli, struct err *err)
{
    if (cli->word_count != 1)
        return err_set(err, ERR_BAD_INPUT, "usage", "talap restore FILE");
    return store_restore(cli->words[0], cli->settings.store_url, err);
}
