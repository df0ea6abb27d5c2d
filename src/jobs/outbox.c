/* The outbox' pass: lease, compose, send, note the outcome. Composing reads the case and decrypts the address at the
 * last moment; sending holds no transaction, because a mail server may take twenty seconds. */
#include "jobs/jobs.h"

#include "base/log.h"
#include "base/time.h"
#include <string.h>

#define LEASE_USEC (5 * 60 * USEC_PER_SEC)
#define ATTEMPTS_MAX 20

int64_t outbox_backoff_usec(int attempts)
{
    int64_t minutes;

    if (attempts >= ATTEMPTS_MAX)
        return -1;
    minutes = attempts >= 10 ? 360 : INT64_C(1) << (attempts > 0 ? attempts - 1 : 0);
    return (minutes > 360 ? 360 : minutes) * 60 * USEC_PER_SEC;
}

struct lease {
    struct arena *arena;
    int64_t now_usec;
    const char *kind;       /* of the messages that can go out; NULL: any */
    struct outbox_row *row; /* one, or none */
    size_t count;
};

static int lease_run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct lease *lease = command->arg;
    int r;

    r = store_outbox_ripe(tx, lease->kind, lease->now_usec, 1, lease->arena, &lease->row, &lease->count, err);
    if (r < 0 || lease->count == 0)
        return r;
    lease->row->attempts++;
    lease->row->next_usec = lease->now_usec + LEASE_USEC;
    return store_outbox_update(tx, lease->row, err);
}

static int outcome_run(struct tx *tx, struct store_command *command, struct err *err)
{
    return store_outbox_update(tx, command->arg, err);
}

/* Whom to tell what; message->to NULL: nobody. */
static int compose(struct tx *tx, const struct jobs_settings *settings, const struct outbox_row *row, int64_t now_usec,
                   struct arena *arena, struct mail_message *message, struct err *err)
{
    if (strcmp(row->purpose, "code") == 0)
        return code_compose(tx, settings->office, settings->mail, row, now_usec, arena, message, err);
    return mail_compose(tx, settings->office, settings->papers, settings->mail, row, arena, message, err);
}

static int send_mail(const struct jobs_settings *settings, const struct mail_message *message, const char *id,
                     int64_t now_usec, struct err *err)
{
    const struct zone *zone = &settings->office->catalogue->calendar->zone;
    struct buf formatted CLEANUP_BUF = {0};
    int r;

    buf_init(&formatted, 32 << 20);
    r = mail_format(settings->mail, message, id, now_usec, zone, &formatted, err);
    return r < 0 ? r : mail_send(settings->mail, message, formatted.data, formatted.len, err);
}

/* Composes and sends one message; fills the row's new state. An error of the message is the row's, not the pass'. */
static void deliver(const struct jobs_settings *settings, struct outbox_row *row, int64_t now_usec, struct arena *arena)
{
    struct mail_message message = {0};
    struct tx *tx CLEANUP_READ = NULL;
    struct err err = {0};
    int64_t wait;
    int r;

    r = store_read_begin(settings->office->store, &tx, &err);
    if (r == 0)
        r = compose(tx, settings, row, now_usec, arena, &message, &err);
    store_read_end(tx);
    tx = NULL;
    if (r == 0 && !message.to) {
        row->state = "skipped";
        row->last_error = "";
        return;
    }
    if (r == 0)
        r = strcmp(row->kind, "sms") == 0 ? sms_send(settings->sms, message.to, message.text, &err)
                                          : send_mail(settings, &message, row->id, now_usec, &err);
    if (r == 0) {
        row->state = "sent";
        row->sent_usec = now_usec;
        row->last_error = "";
        return;
    }
    /* No other day makes an address of what is none. */
    wait = err.code && strcmp(err.code, "mail_address") == 0 ? -1 : outbox_backoff_usec(row->attempts);
    row->state = wait < 0 ? "failed" : "waiting";
    row->next_usec = now_usec + (wait < 0 ? 0 : wait);
    row->last_error = err.code ? err.code : "internal";
    log_line(LOG_LEVEL_WARNING, "message not sent", "outbox", row->id, "code", row->last_error, "detail", err.detail,
             NULL);
}

/* A look first: an idle outbox must not take the writer's turn every second. */
static int look(struct store *store, struct lease *lease, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    int r = store_read_begin(store, &tx, err);

    return r < 0
               ? r
               : store_outbox_ripe(tx, lease->kind, lease->now_usec, 1, lease->arena, &lease->row, &lease->count, err);
}

int outbox_pass(const struct jobs_settings *settings, int64_t now_usec, size_t *ret_handled, struct err *err)
{
    struct arena arena;
    struct lease lease = {.arena = &arena, .now_usec = now_usec};
    bool mails = settings->mail->url, texts = settings->sms && settings->sms->url;
    int r;

    if (!mails && !texts) {
        *ret_handled = 0;
        return 0;
    }
    lease.kind = mails && texts ? NULL : mails ? "mail" : "sms";
    arena_init(&arena, 48 << 20);
    r = look(settings->office->store, &lease, err);
    if (r == 0 && lease.count > 0)
        r = store_write(settings->office->store, lease_run, &lease, err);
    if (r == 0 && lease.count > 0) {
        deliver(settings, lease.row, now_usec, &arena);
        r = store_write(settings->office->store, outcome_run, lease.row, err);
    }
    if (r == 0)
        *ret_handled = lease.count;
    arena_done(&arena);
    return r;
}
