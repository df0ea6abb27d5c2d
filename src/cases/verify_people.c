/* Who may do what is a projection too: accounts, tokens, calendars and what the organisation says of itself, held
 * against the events. Names, addresses, passwords and secrets stand in no event, so they cannot be checked; roles, what
 * is disabled and what is revoked can, and that is what a change behind the program's back would be made for. */
#include "access/feed.h"
#include "cases/verify_parts.h"
#include <string.h>

int people_init(struct people *people, struct err *err)
{
    *people = (struct people){.accounts = json_object(), .tokens = json_object(), .feeds = json_object()};
    if (people->accounts != NULL && people->tokens != NULL && people->feeds != NULL)
        return 0;
    people_done(people);
    return err_memory(err);
}

void people_done(struct people *people)
{
    json_decref(people->accounts);
    json_decref(people->tokens);
    json_decref(people->feeds);
    json_decref(people->organisation);
}

static int damaged(struct err *err, const char *what, const char *id)
{
    return err_set(err, ERR_DAMAGED, "store_damaged", "%s %s", what, id);
}

/* The event's body becomes what is known of the account or token. */
static int learn(json_t *known, const char *id, json_t *body, struct err *err)
{
    if (id == NULL)
        return damaged(err, "event", "without its target");
    return json_object_set(known, id, body) == 0 ? 0 : err_memory(err);
}

/* What the newer event tells replaces what the older one told. */
static int learn_more(json_t *known, const char *id, json_t *body, struct err *err)
{
    json_t *there = id != NULL ? json_object_get(known, id) : NULL;

    if (there == NULL)
        return damaged(err, "event", "of an unknown account or token");
    return json_object_update(there, body) == 0 ? 0 : err_memory(err);
}

static int learn_feed(struct people *people, const char *account, bool created, int64_t at_usec, struct err *err)
{
    if (account == NULL)
        return damaged(err, "event", "without its target");
    if (created)
        return json_object_set_new(people->feeds, account, json_integer(at_usec)) == 0 ? 0 : err_memory(err);
    return json_object_del(people->feeds, account) == 0 ? 0 : damaged(err, "event", "of an unknown calendar");
}

int people_event(struct people *people, const struct event_row *row, struct err *err)
{
    CLEANUP_JSON json_t *body = NULL;
    const char *kind = row->kind, *account, *token;
    int r;

    if (strncmp(kind, "account.", 8) != 0 && strncmp(kind, "token.", 6) != 0 && strncmp(kind, "feed.", 5) != 0 &&
        strcmp(kind, "organisation.changed") != 0)
        return 0;
    r = stored_json_parse(row->body, row->body_len, "an event", &body, err);
    if (r < 0)
        return r;
    account = json_string_value(json_object_get(body, "target_account_id"));
    token = json_string_value(json_object_get(body, "target_token_id"));
    if (strcmp(kind, "account.created") == 0)
        return learn(people->accounts, account, body, err);
    if (strcmp(kind, "token.created") == 0)
        return learn(people->tokens, token, body, err);
    if (strcmp(kind, "account.changed") == 0)
        return learn_more(people->accounts, account, body, err);
    if (strcmp(kind, "token.revoked") == 0) {
        CLEANUP_JSON json_t *revoked = json_pack("{s:I}", "revoked_usec", (json_int_t)row->at_usec);

        return revoked != NULL ? learn_more(people->tokens, token, revoked, err) : err_memory(err);
    }
    if (strncmp(kind, "feed.", 5) == 0)
        return learn_feed(people, account, strcmp(kind, "feed.created") == 0, row->at_usec, err);
    if (strcmp(kind, "organisation.changed") == 0) {
        json_decref(people->organisation);
        people->organisation = json_incref(json_object_get(body, "organisation"));
    }
    return 0;
}

static unsigned told_roles(const json_t *told)
{
    const json_t *words = json_object_get(told, "roles");
    unsigned roles = 0;

    for (size_t i = 0; i < json_array_size(words); i++)
        roles |= role_parse(json_string_value(json_array_get(words, i)));
    return roles;
}

static int64_t told_moment(const json_t *told, const char *key)
{
    const json_t *moment = json_object_get(told, key);

    return json_is_integer(moment) ? json_integer_value(moment) : TIME_NONE;
}

static int check_accounts(struct tx *tx, const struct people *people, struct arena *arena, struct err *err)
{
    struct account_row *rows;
    size_t count;
    int r = store_account_list(tx, arena, &rows, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        const json_t *told = json_object_get(people->accounts, rows[i].id);

        if (told == NULL || roles_parse(rows[i].roles) != told_roles(told) ||
            rows[i].disabled != json_is_true(json_object_get(told, "disabled")))
            r = damaged(err, "account", rows[i].id);
    }
    return r == 0 && count != json_object_size(people->accounts) ? damaged(err, "account", "lost") : r;
}

static int check_tokens(struct tx *tx, const struct people *people, struct arena *arena, struct err *err)
{
    struct token_row *rows;
    size_t count;
    int r = store_token_list(tx, arena, &rows, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        const json_t *told = json_object_get(people->tokens, rows[i].id);
        const char *account = json_string_value(json_object_get(told, "target_account_id"));

        if (account == NULL || strcmp(account, rows[i].account_id) != 0 ||
            roles_parse(rows[i].roles) != told_roles(told) ||
            rows[i].expires_usec != told_moment(told, "expires_usec") ||
            rows[i].revoked_usec != told_moment(told, "revoked_usec"))
            r = damaged(err, "token", rows[i].id);
    }
    return r == 0 && count != json_object_size(people->tokens) ? damaged(err, "token", "lost") : r;
}

/* Which accounts have an address, and since when. The secret itself stands in no event. */
static int check_feeds(struct tx *tx, const struct people *people, struct arena *arena, struct err *err)
{
    struct account_row *rows;
    size_t count, feeds = 0;
    int r = store_account_list(tx, arena, &rows, &count, err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        int64_t since_usec, told_usec = told_moment(people->feeds, rows[i].id);

        r = feed_since(tx, rows[i].id, &since_usec, err);
        if (r == 0 && since_usec != told_usec)
            r = damaged(err, "feed", rows[i].id);
        feeds += told_usec != TIME_NONE;
    }
    return r == 0 && feeds != json_object_size(people->feeds) ? damaged(err, "feed", "lost") : r;
}

static int check_organisation(struct tx *tx, const struct people *people, struct arena *arena, struct err *err)
{
    CLEANUP_JSON json_t *setting = NULL;
    const char *text = NULL;
    int r = store_setting_get(tx, "organisation", arena, &text, err);

    if (r == 0 && text != NULL)
        r = stored_json_parse(text, strlen(text), "a setting", &setting, err);
    if (r < 0)
        return r;
    if (setting == NULL || people->organisation == NULL ? setting != people->organisation
                                                        : !json_equal(setting, people->organisation))
        return damaged(err, "setting", "organisation");
    return 0;
}

int people_check(struct tx *tx, const struct people *people, struct arena *arena, struct err *err)
{
    int r = check_accounts(tx, people, arena, err);

    if (r == 0)
        r = check_tokens(tx, people, arena, err);
    if (r == 0)
        r = check_feeds(tx, people, arena, err);
    return r < 0 ? r : check_organisation(tx, people, arena, err);
}
