/* Whom an event is told to. Only who and of what is written down, in the event's own transaction; address and words are
 * found when the message is composed, so a person destroyed meanwhile gets no mail. */
#include "cases/parts.h"
#include <string.h>

static int put(struct tx *tx, const char *purpose, const char *case_id, int64_t leaf, const char *to, int64_t now_usec,
               struct err *err)
{
    char id[ID_TEXT];
    struct outbox_row row = {
        .id = id,
        .kind = "mail",
        .purpose = purpose,
        .case_id = case_id,
        .leaf = leaf,
        .to = to,
        .state = "waiting",
        .created_usec = now_usec,
        .next_usec = now_usec,
        .sent_usec = TIME_NONE,
        .last_error = "",
    };

    id_new(now_usec, id);
    return store_outbox_insert(tx, &row, err);
}

int message_opener(struct tx *tx, const char *purpose, const char *case_id, int64_t leaf, int64_t now_usec,
                   struct err *err)
{
    return put(tx, purpose, case_id, leaf, "opener", now_usec, err);
}

static bool reachable(const struct account_row *account)
{
    return !account->disabled && account->email != NULL && account->email[0] != '\0';
}

int message_staff(struct tx *tx, const struct office *office, const char *purpose, const struct case_row *row,
                  int64_t leaf, int64_t now_usec, struct arena *arena, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(office->catalogue, row->procedure);
    /* A procedure that the catalogue has lost is the administrator's to look after. */
    unsigned roles = procedure != NULL ? procedure_roles(procedure) : ROLE_ADMIN;
    struct account_row *accounts;
    size_t count;
    int r = store_account_list(tx, arena, &accounts, &count, err);

    if (r < 0)
        return r;
    for (size_t i = 0; row->assignee != NULL && i < count; i++)
        if (strcmp(accounts[i].id, row->assignee) == 0 && reachable(&accounts[i]))
            return put(tx, purpose, row->id, leaf, accounts[i].id, now_usec, err);
    for (size_t i = 0; i < count; i++) {
        if (!reachable(&accounts[i]) || (roles_parse(accounts[i].roles) & roles) == 0)
            continue;
        r = put(tx, purpose, row->id, leaf, accounts[i].id, now_usec, err);
        if (r < 0)
            return r;
    }
    return 0;
}
