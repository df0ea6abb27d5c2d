/* The office: what one installation decides with, gathered once so that one argument carries it; and who has to do with
 * which procedure, read out of the procedure itself: no second list of rights stands beside the catalogue. */
#include "cases/effects.h"

void office_init(struct office *office, const struct catalogue *catalogue, struct store *store, struct ledger *ledger,
                 const struct keyring *keyring)
{
    *office = (struct office){
        .catalogue = catalogue,
        .store = store,
        .ledger = ledger,
        .keyring = keyring,
        .access = {.keyring = keyring, .append = ledger_append},
    };
    hex_encode(catalogue->calendar->hash.bytes, SHA256_BYTES, office->calendar_hash);
    hex_encode(catalogue->hash.bytes, SHA256_BYTES, office->catalogue_hash);
}

const struct case_effects *effects_of(const struct office *office, const char *word)
{
    for (size_t i = 0; office->effects != NULL && office->effects[i] != NULL; i++)
        if (word != NULL ? office->effects[i]->knows(word) : office->effects[i]->of_people)
            return office->effects[i];
    return NULL;
}

bool office_runs(const struct office *office, const struct procedure *procedure)
{
    if (office->roles == NULL)
        return true;
    for (size_t i = 0; i < procedure->run_by_count; i++)
        if (words_have(office->roles, office->role_count, procedure->run_by[i]))
            return true;
    return false;
}

/* "opener" and "system" are no roles of accounts and add nothing. */
static unsigned roles_of(const char *const *words, size_t count)
{
    unsigned roles = 0;

    for (size_t i = 0; i < count; i++)
        roles |= role_parse(words[i]);
    return roles;
}

unsigned procedure_roles(const struct procedure *procedure)
{
    unsigned roles = roles_of(procedure->opened_by, procedure->opened_by_count);

    for (size_t i = 0; i < procedure->act_count; i++)
        roles |= roles_of(procedure->acts[i].by, procedure->acts[i].by_count);
    return roles;
}

/* Who sees every case: the system itself, who runs the installation, who audits it. */
static bool sees_all(const struct actor *actor)
{
    return actor->kind == ACTOR_SYSTEM || (actor->roles & (ROLE_ADMIN | ROLE_AUDITOR)) != 0;
}

bool actor_sees(const struct actor *actor, const struct procedure *procedure)
{
    return sees_all(actor) || (actor->roles & procedure_roles(procedure)) != 0;
}

bool actor_acts(const struct actor *actor, const struct procedure *procedure)
{
    for (size_t i = 0; i < procedure->act_count; i++)
        if ((roles_of(procedure->acts[i].by, procedure->acts[i].by_count) & actor->roles) != 0)
            return true;
    return false;
}

bool actor_opens(const struct actor *actor, const struct procedure *procedure)
{
    unsigned way = actor->kind == ACTOR_ACCOUNT ? OPENER_STAFF : actor->kind == ACTOR_TOKEN ? OPENER_API : 0;

    return (procedure->open_to & way) != 0 &&
           (actor->roles & (ROLE_ADMIN | roles_of(procedure->opened_by, procedure->opened_by_count))) != 0;
}

const char *const *actor_procedures(const struct office *office, const struct actor *actor, struct arena *arena)
{
    const struct catalogue *catalogue = office->catalogue;
    const char **ids;
    size_t count = 0;

    if (sees_all(actor))
        return NULL;
    ids = ARENA_ARRAY(arena, const char *, catalogue->procedure_count + 1);
    if (ids == NULL)
        return NULL;
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        if (actor_sees(actor, &catalogue->procedures[i]))
            ids[count++] = catalogue->procedures[i].id;
    return ids;
}
