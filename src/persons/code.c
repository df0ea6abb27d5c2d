/* One-time codes. Who asks learns nothing by asking: the request writes a row under the keyed hash of the address and
 * seals the address under a key of the code's own; whether anybody is known by it is looked up a moment later by the
 * job loop. Trying a code compares and counts in the same way for an address that nobody has. */
#include "base/digest.h"
#include "cases/record.h"
#include "persons/identity.h"
#include "store/identity_rows.h"
#include "store/people_rows.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define AGAIN_USEC USEC_PER_MINUTE
#define HOUR_USEC (60 * USEC_PER_MINUTE)
#define ADDRESS_LIMIT 1024
#define NO_LEAF (-1)

void code_derive(const struct keyring *keyring, const char *id, char ret[static CODE_DIGITS + 1])
{
    struct hash hash = keyring_lookup(keyring, "code", id);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++)
        number = number << 8 | hash.bytes[i];
    snprintf(ret, CODE_DIGITS + 1, "%08" PRIu64, number % UINT64_C(100000000));
    sodium_memzero(&hash, sizeof hash);
}

static struct subject_key address_key(const struct keyring *keyring, const char *id)
{
    struct hash hash = keyring_lookup(keyring, "code address", id);
    struct subject_key key;
    memcpy(key.bytes, hash.bytes, sizeof key.bytes);
    sodium_memzero(&hash, sizeof hash);
    return key;
}

/* --- Asking --------------------------------------------------------------------------------------------------------
 */

/* Is the newest code of the address the answer still? */
static bool newest_serves(const struct code_row *newest, int64_t in_hour, int64_t now_usec)
{
    if (newest->paused_until_usec != TIME_NONE && newest->paused_until_usec > now_usec)
        return true;
    if (in_hour >= CODE_HOURLY)
        return true;
    return newest->used_usec == TIME_NONE && now_usec - newest->created_usec < AGAIN_USEC;
}

static int code_make(struct tx *tx, const struct office *office, const char *kind, const char *value, enum lang lang,
                     const struct hash *lookup, int64_t now_usec, char ret_id[static ID_TEXT], struct err *err)
{
    CLEANUP_BUF struct buf sealed = {0};
    char id[ID_TEXT];
    buf_init(&sealed, ADDRESS_LIMIT);
    id_new(now_usec, id);
    struct subject_key key = address_key(office->keyring, id);
    int r = seal(&key, "code", value, strlen(value), &sealed, err);
    sodium_memzero(&key, sizeof key);
    if (r < 0)
        return r;
    struct code_row row = {.id = id,
                           .lookup = *lookup,
                           .kind = strcmp(kind, "phone") == 0 ? "sms" : "mail",
                           .lang = lang_code(lang),
                           .sealed = sealed.data,
                           .sealed_len = sealed.len,
                           .state = "asked",
                           .created_usec = now_usec,
                           .paused_until_usec = TIME_NONE,
                           .used_usec = TIME_NONE};
    r = store_code_insert(tx, &row, err);
    if (r == 0)
        memcpy(ret_id, id, ID_TEXT);
    return r;
}

int code_ask(struct tx *tx, const struct office *office, const char *kind, const char *value, enum lang lang,
             int64_t now_usec, char ret_id[static ID_TEXT], struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct hash lookup = person_lookup(office->keyring, kind, value);
    struct code_row newest;
    bool found;
    int64_t in_hour;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = store_code_newest(tx, &lookup, now_usec - HOUR_USEC, &arena, &newest, &found, &in_hour, err);
    if (r < 0)
        return r;
    if (!found || !newest_serves(&newest, in_hour, now_usec))
        return code_make(tx, office, kind, value, lang, &lookup, now_usec, ret_id, err);
    memcpy(ret_id, newest.id, ID_TEXT);
    return 0;
}

/* --- Telling -------------------------------------------------------------------------------------------------------
 */

static int address_open(const struct office *office, const struct code_row *row, struct arena *arena, const char **ret,
                        struct err *err)
{
    CLEANUP_BUF struct buf plain = {0};
    struct subject_key key = address_key(office->keyring, row->id);
    buf_init(&plain, ADDRESS_LIMIT);
    int r = unseal(&key, "code", row->sealed, row->sealed_len, &plain, err);
    sodium_memzero(&key, sizeof key);
    if (r < 0)
        return r;
    *ret = plain.failed ? NULL : arena_strndup(arena, plain.data, plain.len);
    sodium_memzero(plain.data, plain.len);
    return *ret == NULL ? err_memory(err) : 0;
}

/* No event: whoever asks for a code by another's address and then watches the public ledger grow would learn who is
 * known here. That somebody entered is one, and codes that were asked for stand for an hour as rows. */
static int tell(struct tx *tx, const struct code_row *row, int64_t now_usec, struct err *err)
{
    char id[ID_TEXT];
    id_new(now_usec, id);
    struct outbox_row message = {.id = id,
                                 .kind = row->kind,
                                 .purpose = "code",
                                 .leaf = NO_LEAF,
                                 .to = row->id,
                                 .state = "waiting",
                                 .created_usec = now_usec,
                                 .next_usec = now_usec,
                                 .sent_usec = TIME_NONE,
                                 .last_error = ""};
    return store_outbox_insert(tx, &message, err);
}

static int resolve(struct tx *tx, const struct office *office, struct code_row *row, int64_t now_usec,
                   struct arena *arena, struct err *err)
{
    struct person_names names = {0};
    struct person person;
    bool found = false;
    const char *address;
    int r = address_open(office, row, arena, &address, err);
    if (r < 0)
        return r;
    *(strcmp(row->kind, "sms") == 0 ? &names.phone : &names.email) = address;
    r = person_find(tx, office, &names, arena, &person, &found, err);
    if (r < 0)
        return r;
    if (found) {
        row->person = person.serial;
        row->state = "told";
        r = tell(tx, row, now_usec, err);
    } else {
        row->state = "nobody";
        row->sealed = NULL;
        row->sealed_len = 0;
    }
    return r < 0 ? r : store_code_update(tx, row, err);
}

int codes_pass(struct tx *tx, const struct office *office, int64_t now_usec, size_t limit, size_t *ret_count,
               struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct code_row *rows;
    size_t count;
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = store_code_asked(tx, limit, &arena, &rows, &count, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = resolve(tx, office, &rows[i], now_usec, &arena, err);
    if (r == 0)
        *ret_count = count;
    return r;
}

static bool is_old(const struct code_row *row, int64_t now_usec)
{
    return row->used_usec != TIME_NONE || now_usec - row->created_usec > CODE_MINUTES * USEC_PER_MINUTE;
}

int code_message_get(struct tx *tx, const struct office *office, const char *id, int64_t now_usec, struct arena *arena,
                     struct code_message *ret, bool *ret_found, struct err *err)
{
    struct code_row row;
    struct code_message message = {0};
    struct err why = {0};
    int r = store_code_get(tx, id, arena, &row, &why);
    if (r == -ERR_NOT_FOUND || (r == 0 && (is_old(&row, now_usec) || row.sealed == NULL || row.person == 0))) {
        *ret_found = false;
        return 0;
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    r = address_open(office, &row, arena, &message.to, err);
    if (r < 0)
        return r;
    int lang = lang_parse(row.lang);
    message.lang = lang >= 0 ? (enum lang)lang : LANG_KK;
    code_derive(office->keyring, id, message.code);
    *ret = message;
    *ret_found = true;
    return 0;
}

/* --- Trying --------------------------------------------------------------------------------------------------------
 */

/* The digits of what was typed; anything but digits, blanks and dashes makes it none. */
static void digits_of(const char *typed, char ret[static CODE_DIGITS + 1])
{
    size_t count = 0;
    memset(ret, 0, CODE_DIGITS + 1);
    for (; *typed != '\0'; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        if (*typed < '0' || *typed > '9' || count == CODE_DIGITS) {
            memset(ret, 0, CODE_DIGITS + 1);
            return;
        }
        ret[count++] = *typed;
    }
}

static void pause_refuse(int64_t until_usec, int64_t now_usec, struct err *ret_refusal)
{
    int64_t minutes = (until_usec - now_usec + USEC_PER_MINUTE - 1) / USEC_PER_MINUTE;
    (void)!err_set(ret_refusal, ERR_TOO_MANY, "code_pause", "%" PRId64, minutes);
}

static int count_wrong(struct tx *tx, struct code_row *row, int64_t now_usec, struct err *ret_refusal, struct err *err)
{
    row->tries++;
    if (row->tries >= CODE_TRIES) {
        row->paused_until_usec = now_usec + CODE_PAUSE_MINUTES * USEC_PER_MINUTE;
        pause_refuse(row->paused_until_usec, now_usec, ret_refusal);
    } else {
        (void)!err_set(ret_refusal, ERR_UNAUTHENTICATED, "code_wrong", NULL);
    }
    return store_code_update(tx, row, err);
}

static int enter(struct tx *tx, const struct office *office, struct code_row *row, int64_t now_usec,
                 struct arena *arena, char ret_secret[static 65], struct err *err)
{
    struct person person;
    const char *address;
    int r = person_by_serial(tx, row->person, arena, &person, err);
    if (r == 0)
        r = address_open(office, row, arena, &address, err);
    if (r < 0)
        return r;
    row->used_usec = now_usec;
    row->sealed = NULL;
    row->sealed_len = 0;
    r = store_code_update(tx, row, err);
    return r < 0 ? r
                 : person_session_open(tx, office, &person, strcmp(row->kind, "sms") == 0 ? "phone" : "email", address,
                                       now_usec, ret_secret, err);
}

int code_try(struct tx *tx, const struct office *office, const char *id, const char *code, int64_t now_usec,
             char ret_secret[static 65], struct err *ret_refusal, struct err *err)
{
    CLEANUP_ARENA struct arena arena;
    struct code_row row;
    struct err why = {0};
    char right[CODE_DIGITS + 1], typed[CODE_DIGITS + 1];
    ret_secret[0] = '\0';
    *ret_refusal = (struct err){0};
    arena_init(&arena, COMMAND_ARENA_LIMIT);
    int r = store_code_get(tx, id, &arena, &row, &why);
    if (r == -ERR_NOT_FOUND) {
        (void)!err_set(ret_refusal, ERR_UNAUTHENTICATED, "code_wrong", NULL);
        return 0;
    }
    if (r < 0) {
        *err = why;
        return r;
    }
    if (row.paused_until_usec != TIME_NONE && row.paused_until_usec > now_usec) {
        pause_refuse(row.paused_until_usec, now_usec, ret_refusal);
        return 0;
    }
    if (is_old(&row, now_usec)) {
        (void)!err_set(ret_refusal, ERR_UNAUTHENTICATED, "code_old", NULL);
        return 0;
    }
    code_derive(office->keyring, id, right);
    digits_of(code, typed);
    bool same = sodium_memcmp(right, typed, CODE_DIGITS) == 0;
    sodium_memzero(right, sizeof right);
    if (!same || row.person == 0)
        return count_wrong(tx, &row, now_usec, ret_refusal, err);
    return enter(tx, office, &row, now_usec, &arena, ret_secret, err);
}
