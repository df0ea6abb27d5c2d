/* The job loop: what happens because time passes, not because somebody asked.
 *
 * Up to eight threads, one for each thing that may take long and must not keep the others waiting:
 *
 * - time: the clocks, days of users that are over, advertisements whose year is over, the store's own housekeeping;
 * - mail, because a mail server may take its time and a clock may not (only where there is one);
 * - import: files of consents;
 * - index: brings the index of people up to what was written, so that no decision has to wait for that after a large
 *   file (only where decisions are made);
 * - showings: adds counts to the figures by the hundred thousand;
 * - library: its index follows, and is written to its file (only where it is searched);
 * - dump: writes all of the library at night, for minutes (only where a folder for it is named);
 * - counter: what other nodes counted, and what has gathered into the sets (only where users are counted).
 *
 * None could share a thread with another without making it late: the dump takes minutes, a fold up to a second, and a
 * clock may wait for neither. A thread that has nothing to do costs one look a second and a few pages of memory. Each
 * wakes every second, looks
 * with a read whether anything is ripe, and only then takes the writer's turn: reminders and overdue clocks, days of
 * users that are over, clocks of an outdated calendar, words for the search, ended sessions and old idempotency keys; a
 * message of the outbox. Each piece is small and repeated, so that stopping never waits long. A failure of the store or
 * of the mail server is logged once a minute and tried again; nothing else stops for it. */
#ifndef TALAP_JOBS_JOBS_H
#define TALAP_JOBS_JOBS_H

#include "adverts/library.h"
#include "out/mail.h"
#include "out/sms.h"
#include "persons/person_index.h"

struct jobs;

struct jobs_settings {
    const struct office *office;
    const struct papers *papers;
    const struct mailer_settings *mail; /* url NULL: mail waits visibly */
    const struct sms_settings *sms;     /* NULL, or url NULL: no short messages */
    struct person_index *index;         /* NULL: nobody here decides from it */
    struct counter *counter;            /* of users; NULL: nobody is counted here, and no day closed */
    int late_hour;                      /* until which hour yesterday takes lines; then it is closed */
    struct library *library;            /* of advertisements; NULL: nobody here searches it */
    const char *dumps_dir;              /* adverts/dump.h; NULL: no dumps are made here */
    int64_t (*now)(void);
};
/* Copies `settings`; what it points at must outlive the loop. */
int jobs_start(const struct jobs_settings *settings, struct jobs **ret, struct err *err) WARN_UNUSED;
/* Ends after the piece at hand. NULL-safe. */
void jobs_stop(struct jobs *jobs);

/* One pass over everything but the mail; *ret_handled tells how much was done: while it is not 0, there may be more. */
int jobs_pass(const struct jobs_settings *settings, int64_t now_usec, size_t *ret_handled, struct err *err) WARN_UNUSED;

/* The back-off of the outbox: the wait after `attempts` failures: 1, 2, 4 … minutes, at most 6 hours; -1 when it is
 * time to give up (after 20 attempts, about three days). */
int64_t outbox_backoff_usec(int attempts);

/* Sends one message that is ripe in the outbox; *ret_handled is 1, or 0 when there was none. It is leased before it is
 * sent (its next attempt moved five minutes ahead in a transaction, far beyond what one delivery may take), so that two
 * nodes do not send it twice. What became of it, sent, to be tried again, given up, stands in its row; an address that
 * is none is given up at once. */
int outbox_pass(const struct jobs_settings *settings, int64_t now_usec, size_t *ret_handled,
                struct err *err) WARN_UNUSED;

#endif
