/* Accounts: made, changed, given another password. There is always an enabled admin. */
#include "access/access_event.h"
#include "access/feed.h"
#include "base/id.h"
#include "base/time.h"
#include "base/unicode.h"
#include <string.h>

#define LOGIN_MIN 3
#define LOGIN_MAX 32
#define NAME_CHARS_MAX 100
#define EMAIL_BYTES_MAX 254

bool login_valid(const char *login)
{
    size_t count = strlen(login);
    return count >= LOGIN_MIN && count <= LOGIN_MAX &&
           strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789._-") == count;
}

/* Somebody at some.where; whether it exists, a letter will tell. */
static bool email_valid(const char *email)
{
    size_t count = strlen(email);
    const char *at = strchr(email, '@');
    if (count > EMAIL_BYTES_MAX || !utf8_valid(email, count) || at == NULL || at == email ||
        strchr(at + 1, '@') != NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if ((unsigned char)email[i] <= ' ' || email[i] == 0x7F || strchr("<>\",;:\\()[]", email[i]) != NULL)
            return false;
    const char *domain = at + 1, *dot = strchr(domain, '.');
    return dot != NULL && dot != domain && email[count - 1] != '.' && strstr(domain, "..") == NULL;
}

/* The name as it is stored; "" when nothing is left of it, NULL when it is refused. */
static char *name_normalised(const char *name, struct arena *arena)
{
    if (!utf8_valid(name, strlen(name)) || strpbrk(name, "\r\n\t") != NULL)
        return NULL;
    return text_normalise(arena, name);
}

static void name_check(const char *name, struct field_errors *errors)
{
    const char *field = "name";
    if (name == NULL || name[0] == '\0') {
        field_errors_add(errors, field, "required", NULL);
        return;
    }
    if (strlen(name) > 4 * NAME_CHARS_MAX) {
        field_errors_add(errors, field, "too_long", "%d", NAME_CHARS_MAX);
        return;
    }
    const char *text = name_normalised(name, errors->arena);
    if (text == NULL)
        field_errors_add(errors, field, "not_one_line", NULL);
    else if (text[0] == '\0')
        field_errors_add(errors, field, "required", NULL);
    else if (utf8_length(text) > NAME_CHARS_MAX)
        field_errors_add(errors, field, "too_long", "%d", NAME_CHARS_MAX);
}

int account_check(const struct account_new *account, struct field_errors *errors, struct err *err)
{
    const char *login = account->login == NULL ? "" : account->login;
    if (login[0] == '\0')
        field_errors_add(errors, "login", "required", NULL);
    else if (!login_valid(login))
        field_errors_add(errors, "login", "login_malformed", NULL);
    name_check(account->name, errors);
    if (account->email != NULL && account->email[0] != '\0' && !email_valid(account->email))
        field_errors_add(errors, "email", "not_an_email", NULL);
    if (account->roles == 0)
        field_errors_add(errors, "roles", "required", NULL);
    else if ((account->roles & ~(unsigned)ROLE_STAFF) != 0)
        field_errors_add(errors, "roles", "not_an_option", NULL);
    if ((unsigned)account->lang >= LANG_COUNT)
        field_errors_add(errors, "language", "not_an_option", NULL);
    if (account->password != NULL) {
        int result = password_check(login, account->password, errors, err);
        if (result < 0 && result != -ERR_BAD_INPUT)
            return result;
    }
    if (errors->overflowed)
        return err_memory(err);
    return errors->count == 0 ? 0 : err_set(err, ERR_BAD_INPUT, "fields_refused", NULL);
}

/* The same for those who come here without having asked: refuses by the first field's code. */
static int insist(const struct account_new *account, struct arena *arena, struct err *err)
{
    struct field_errors errors;
    struct account_new without = *account;
    without.password = NULL;
    field_errors_init(&errors, arena);
    int result = account_check(&without, &errors, err);
    return result == -ERR_BAD_INPUT ? err_set(err, ERR_BAD_INPUT, errors.items[0].code, "%s", errors.items[0].arg)
                                    : result;
}

static int create(struct tx *tx, const struct access *access, const struct account_new *account,
                  const char *password_hash, const struct actor *by, int64_t now_usec, char ret_id[static 37],
                  struct arena *arena, struct err *err)
{
    int result = insist(account, arena, err);
    if (result < 0)
        return result;
    char id[ID_TEXT];
    id_new(now_usec, id);
    struct account_row row = {.id = id,
                              .login = account->login,
                              .name = name_normalised(account->name, arena),
                              .email = account->email == NULL ? "" : account->email,
                              .password_hash = password_hash,
                              .roles = roles_words(account->roles, arena),
                              .lang = lang_code(account->lang),
                              .must_change_password = account->must_change_password,
                              .locked_until_usec = TIME_NONE,
                              .created_usec = now_usec};
    if (row.name == NULL || row.roles == NULL)
        return err_memory(err);
    result = store_account_insert(tx, &row, err);
    if (result == 0)
        result = access_event(
            tx, access, "account.created", by, now_usec,
            json_pack("{s:s, s:o}", "target_account_id", id, "roles", access_roles_json(account->roles)), err);
    if (result == 0)
        memcpy(ret_id, id, sizeof id);
    return result;
}

int account_create(struct tx *tx, const struct access *access, const struct account_new *account,
                   const char *password_hash, const struct actor *by, int64_t now_usec, char ret_id[static 37],
                   struct err *err)
{
    struct arena arena;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = create(tx, access, account, password_hash, by, now_usec, ret_id, &arena, err);
    arena_done(&arena);
    return result;
}

static bool is_admin(const struct account_row *row)
{
    return !row->disabled && (roles_parse(row->roles) & ROLE_ADMIN) != 0;
}

/* Is there an enabled admin besides this one? */
static int other_admin(struct tx *tx, const char *id, struct arena *arena, bool *ret, struct err *err)
{
    struct account_row *rows = NULL;
    size_t count = 0;
    int result = store_account_list(tx, arena, &rows, &count, err);
    if (result < 0)
        return result;
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found = found || (is_admin(&rows[i]) && strcmp(rows[i].id, id) != 0);
    *ret = found;
    return 0;
}

/* Adds the column's name to the list when the two differ; false when memory ends. */
static bool note_change(json_t *list, const char *column, bool differs)
{
    return !differs || json_array_append_new(list, json_string(column)) == 0;
}

static int change(struct tx *tx, const struct access *access, const struct account_row *wanted, const struct actor *by,
                  int64_t now_usec, struct arena *arena, struct err *err)
{
    struct account_row was = {0}, row;
    int result = store_account_get(tx, wanted->id, arena, &was, err);
    if (result < 0)
        return result;
    unsigned roles = roles_parse(wanted->roles);
    int lang = lang_parse(wanted->lang);
    struct account_new checked = {.login = was.login,
                                  .name = wanted->name,
                                  .email = wanted->email,
                                  .roles = roles,
                                  .lang = lang < 0 ? (enum lang)LANG_COUNT : (enum lang)lang};
    result = insist(&checked, arena, err);
    if (result < 0)
        return result;
    row = was;
    row.name = name_normalised(wanted->name, arena);
    row.email = wanted->email == NULL ? "" : wanted->email;
    row.roles = roles_words(roles, arena);
    row.lang = lang_code((enum lang)lang);
    row.disabled = wanted->disabled;
    if (row.name == NULL || row.roles == NULL)
        return err_memory(err);
    if (is_admin(&was) && !is_admin(&row)) {
        bool other = false;
        result = other_admin(tx, was.id, arena, &other, err);
        if (result < 0)
            return result;
        if (!other)
            return err_set(err, ERR_CONFLICT, "last_admin", NULL);
    }
    json_t *changed = json_array();
    if (changed == NULL || !note_change(changed, "name", strcmp(was.name, row.name) != 0) ||
        !note_change(changed, "email", strcmp(was.email, row.email) != 0) ||
        !note_change(changed, "roles", strcmp(was.roles, row.roles) != 0) ||
        !note_change(changed, "lang", strcmp(was.lang, row.lang) != 0) ||
        !note_change(changed, "disabled", was.disabled != row.disabled)) {
        json_decref(changed);
        return err_memory(err);
    }
    if (json_array_size(changed) == 0) {
        json_decref(changed);
        return 0;
    }
    json_t *members = json_pack("{s:s, s:o, s:o, s:b}", "target_account_id", was.id, "changed", changed, "roles",
                                access_roles_json(roles), "disabled", (int)row.disabled);
    result = access_event(tx, access, "account.changed", by, now_usec, members, err);
    if (result == 0)
        result = store_account_update(tx, &row, err);
    if (result == 0 && row.disabled && !was.disabled) {
        result = store_session_delete_of(tx, row.id, err);
        if (result == 0)
            result = access_tokens_revoke_of(tx, access, row.id, by, now_usec, err);
        if (result == 0)
            result = feed_revoke(tx, access, row.id, by, now_usec, err);
    }
    return result;
}

int account_change(struct tx *tx, const struct access *access, const struct account_row *row, const struct actor *by,
                   int64_t now_usec, struct err *err)
{
    struct arena arena;
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = change(tx, access, row, by, now_usec, &arena, err);
    arena_done(&arena);
    return result;
}

int account_set_password(struct tx *tx, const struct access *access, const char *account_id, const char *password_hash,
                         const struct actor *by, int64_t now_usec, struct err *err)
{
    struct arena arena;
    struct account_row row = {0};
    arena_init(&arena, ACCESS_ARENA_BYTES);
    int result = store_account_get(tx, account_id, &arena, &row, err);
    if (result == 0) {
        row.password_hash = password_hash;
        row.must_change_password = by == NULL || strcmp(by->account_id, account_id) != 0;
        row.failures = 0;
        row.locked_until_usec = TIME_NONE;
        result = store_account_update(tx, &row, err);
    }
    if (result == 0)
        result = store_session_delete_of(tx, account_id, err);
    if (result == 0)
        result = access_event(tx, access, "account.password_set", by, now_usec,
                              json_pack("{s:s}", "target_account_id", account_id), err);
    arena_done(&arena);
    return result;
}
