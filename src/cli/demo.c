/* Filling a store with an example: what the planners plan becomes one list of moments, and the list is lived through in
 * order with the real engine, so that clocks, reminders, events and the ledger are what two years of work would have
 * left. */
#include "audience/counter.h"
#include "cli/demo_life.h"
#include "persons/consents.h"
#include "persons/vault.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_LIMIT 500
#define MAIL_AFTER (20 * USEC_PER_SEC)

/* splitmix64 */
uint64_t demo_draw(struct demo *demo)
{
    uint64_t z = demo->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t demo_between(struct demo *demo, int64_t from, int64_t until)
{
    return from + (int64_t)(demo_draw(demo) % (uint64_t)(until - from + 1));
}

bool demo_chance(struct demo *demo, int percent)
{
    return demo_between(demo, 1, 100) <= percent;
}

bool demo_plan(struct demo *demo, const struct demo_step *step)
{
    struct demo_step *planned = &demo->steps[demo->step_count];

    if (step->at_usec >= demo->now_usec || step->at_usec < demo->now_usec - DEMO_DAYS * USEC_PER_DAY)
        return false;
    if (demo->step_count == DEMO_STEPS_MAX) {
        demo->too_many_steps = true;
        return false;
    }
    *planned = *step;
    planned->order = demo->step_count++;
    return true;
}

struct raw_value demo_said(const char *name, const char *const *texts)
{
    return (struct raw_value){.name = name, .kind = RAW_STRING, .count = 1, .texts = texts};
}

/* --- Opening and acting ------------------------------------------------------------------------------------------- */

static int told(int r, const char *what, const struct field_errors *errors, struct err *err)
{
    if (r == 0 || errors->count == 0)
        return r;
    return err_detail(err, "%s: %s %s", what, errors->items[0].field, errors->items[0].code);
}

int demo_open(struct demo *demo, struct tx *tx, const struct case_opening *opening, const struct actor *actor,
              int64_t at_usec, struct case_opened *ret, struct err *err)
{
    const struct case_prepared *prepared;
    struct field_errors errors;
    int r;

    field_errors_init(&errors, &demo->each);
    r = case_open_prepare(tx, demo->office, opening, actor, at_usec, &demo->each, &prepared, &errors, err);
    if (r < 0)
        return told(r, opening->procedure->id, &errors, err);
    return case_open(tx, demo->office, prepared, at_usec, ret, err);
}

int demo_act(struct demo *demo, struct tx *tx, const struct case_acting *acting, const struct actor *actor,
             int64_t at_usec, int64_t *ret_leaf, struct err *err)
{
    const struct act_prepared *prepared;
    struct field_errors errors;
    int64_t version, leaf;
    int r;

    field_errors_init(&errors, &demo->each);
    r = case_act_prepare(tx, demo->office, acting, actor, at_usec, &demo->each, &prepared, &errors, err);
    if (r < 0)
        return told(r, acting->act, &errors, err);
    r = case_act(tx, demo->office, prepared, at_usec, &version, &leaf, err);
    if (r == 0 && ret_leaf != NULL)
        *ret_leaf = leaf;
    return r;
}

/* --- Living through it -------------------------------------------------------------------------------------------- */

static int tick(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    size_t count = TICK_LIMIT;
    int r = 0;

    while (r == 0 && count == TICK_LIMIT)
        r = case_tick(tx, demo->office, step->at_usec, TICK_LIMIT, &count, err);
    for (count = TICK_LIMIT; r == 0 && count == TICK_LIMIT;)
        r = consents_expire(tx, demo->office, step->at_usec, TICK_LIMIT, &count, err);
    for (count = 1; r == 0 && count > 0;)
        r = retention_pass(tx, demo->office, step->at_usec, TICK_LIMIT, &count, err);
    return r;
}

static int by_time(const void *a, const void *b)
{
    const struct demo_step *x = a, *y = b;

    if (x->at_usec != y->at_usec)
        return x->at_usec < y->at_usec ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The job loop of those days: in the night, in the morning, and soon after whatever happens, because a clock of "at
 * once" gives its alarm when it has started. */
static void plan_ticks(struct demo *demo)
{
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, demo->now_usec);
    size_t count = demo->step_count;
    struct demo_step step = {.live = tick};

    for (size_t i = 0; i < count; i++) {
        step.at_usec = demo->steps[i].at_usec + 2 * USEC_PER_SEC;
        if (demo->steps[i].alarms)
            (void)demo_plan(demo, &step);
    }
    for (int32_t day = today - DEMO_DAYS; day <= today; day++) {
        step.at_usec = zone_moment(zone, day, 1);
        (void)demo_plan(demo, &step);
        step.at_usec = zone_moment(zone, day, 9 * 3600 + 1);
        (void)demo_plan(demo, &step);
    }
    step.at_usec = demo->now_usec - 1;
    (void)demo_plan(demo, &step);
}

static int live_steps(struct tx *tx, struct store_command *command, struct err *err)
{
    struct demo *demo = command->arg;
    int r = 0;

    for (size_t i = demo->next_step; r == 0 && i < demo->steps_until; i++) {
        arena_reset(&demo->each);
        r = demo->steps[i].live(demo, tx, &demo->steps[i], err);
    }
    return r;
}

static int live_through(struct demo *demo, struct err *err)
{
    while (demo->next_step < demo->step_count) {
        int r;

        demo->steps_until = demo->next_step;
        while (demo->steps_until < demo->step_count && demo->steps_until < demo->next_step + 64 &&
               !demo->steps[demo->steps_until].alone)
            demo->steps_until++;
        if (demo->steps_until > demo->next_step) {
            r = store_write(demo->office->store, live_steps, demo, err);
        } else {
            arena_reset(&demo->each);
            r = demo->steps[demo->next_step].live(demo, NULL, &demo->steps[demo->next_step], err);
            demo->steps_until++;
        }
        if (r < 0)
            return r;
        demo->next_step = demo->steps_until;
    }
    for (size_t i = 0; i < demo->step_count; i++) {
        demo->report.cases += (int64_t)demo->steps[i].opens;
        demo->report.acts += (int64_t)demo->steps[i].acts;
    }
    return 0;
}

static int plan_all(struct demo *demo, const char *dir, struct err *err)
{
    int r = demo_complaints_plan(demo, err);

    if (r == 0)
        r = demo_stories_plan(demo, dir, err);
    if (r == 0)
        r = demo_people_plan(demo, dir, err);
    if (r == 0)
        r = demo_ads_plan(demo, dir, err);
    if (r == 0)
        r = demo_audience_plan(demo, err);
    if (r < 0)
        return r;
    plan_ticks(demo);
    if (demo->too_many_steps)
        return err_set(err, ERR_BAD_INPUT, "demo_malformed", "steps");
    qsort(demo->steps, demo->step_count, sizeof(demo->steps[0]), by_time);
    return 0;
}

/* --- Who works here ----------------------------------------------------------------------------------------------- */

static struct account_new account_new_of(const struct demo_account *account)
{
    return (struct account_new){.login = account->login,
                                .name = account->name,
                                .email = account->email,
                                .password = DEMO_PASSWORD,
                                .roles = roles_parse(account->roles),
                                .lang = account->lang};
}

/* But for its id, which it gets when the account is made. */
static struct actor actor_of(const struct demo_account *data, const struct account_new *account)
{
    struct actor actor = {.kind = ACTOR_ACCOUNT, .roles = account->roles | ROLE_PUBLIC, .lang = data->lang};

    snprintf(actor.login, sizeof(actor.login), "%s", data->login);
    snprintf(actor.name, sizeof(actor.name), "%s", data->name);
    return actor;
}

static int found(struct tx *tx, struct store_command *command, struct err *err)
{
    struct demo *demo = command->arg;
    const struct actor system = {.kind = ACTOR_SYSTEM, .roles = ROLE_PUBLIC};
    int64_t at_usec = demo->now_usec - (DEMO_DAYS + 2) * USEC_PER_DAY;
    int r = organisation_put(tx, demo->office, &demo->data.organisation, &system, at_usec, err);

    for (size_t i = 0; r == 0 && i < demo->data.account_count; i++) {
        struct account_new account = account_new_of(&demo->data.accounts[i]);
        r = account_create(tx, &demo->office->access, &account, demo->hashes[i], NULL, at_usec,
                           demo->actors[i].account_id, err);
    }
    return r;
}

static int check_accounts(struct demo *demo, struct err *err)
{
    struct field_errors errors;

    if (demo->data.account_count > DEMO_ACCOUNTS_MAX)
        return err_set(err, ERR_BAD_INPUT, "demo_malformed", "accounts");
    field_errors_init(&errors, &demo->arena);
    for (size_t i = 0; i < demo->data.account_count; i++) {
        const struct demo_account *data = &demo->data.accounts[i];
        struct account_new account = account_new_of(data);
        int r = account_check(&account, &errors, err);

        if (r == 0)
            r = password_hash(DEMO_PASSWORD, demo->hashes[i], err);
        if (r < 0)
            return r;
        demo->actors[i] = actor_of(data, &account);
        if ((account.roles & ROLE_MODERATOR) != 0)
            demo->moderators[demo->moderator_count++] = i;
        if ((account.roles & ROLE_REGISTRAR) != 0)
            demo->registrar = i;
        snprintf(demo->report.accounts[i].login, sizeof(demo->report.accounts[i].login), "%s", data->login);
        snprintf(demo->report.accounts[i].roles, sizeof(demo->report.accounts[i].roles), "%s", data->roles);
        demo->report.account_count++;
    }
    return demo->moderator_count > 0 ? 0 : err_set(err, ERR_BAD_INPUT, "demo_malformed", "accounts");
}

/* --- Afterwards --------------------------------------------------------------------------------------------------- */

/* Mail of the past counts as sent: these addresses lead to nobody, and nobody is to be written to. */
static int settle_mail(struct tx *tx, struct store_command *command, struct err *err)
{
    struct demo *demo = command->arg;
    struct outbox_row *rows;
    size_t count = 1;
    int r = 0;

    while (r == 0 && count > 0) {
        arena_reset(&demo->each);
        r = store_outbox_ripe(tx, NULL, demo->now_usec, 500, &demo->each, &rows, &count, err);
        for (size_t i = 0; r == 0 && i < count; i++) {
            rows[i].state = "sent";
            rows[i].attempts = 1;
            rows[i].sent_usec = rows[i].created_usec + MAIL_AFTER;
            r = store_outbox_update(tx, &rows[i], err);
        }
    }
    return r;
}

static int index_words(struct tx *tx, struct store_command *command, struct err *err)
{
    struct demo *demo = command->arg;
    size_t count = 1;
    int r = 0;

    while (r == 0 && count > 0)
        r = case_index(tx, demo->office, 1000, &count, err);
    return r;
}

static int has_accounts(const struct office *office, struct arena *arena, bool *ret, struct err *err)
{
    struct tx *tx CLEANUP_READ = NULL;
    struct account_row *accounts;
    size_t count;
    int r = store_read_begin(office->store, &tx, err);

    if (r == 0)
        r = store_account_list(tx, arena, &accounts, &count, err);
    if (r == 0)
        *ret = count > 0;
    return r;
}

static int fill(struct demo *demo, const char *dir, struct err *err)
{
    struct store *store = demo->office->store;
    bool used = false;
    int r = has_accounts(demo->office, &demo->arena, &used, err);

    if (r < 0 || used)
        return r;
    r = demo_data_load(dir, &demo->arena, &demo->data, err);
    if (r == 0)
        r = check_accounts(demo, err);
    if (r == 0)
        r = plan_all(demo, dir, err); /* before anything is written: most mistakes in the data are found here */
    if (r == 0)
        r = store_write(store, found, demo, err);
    if (r == 0)
        r = live_through(demo, err);
    if (r == 0)
        r = store_write(store, settle_mail, demo, err);
    if (r == 0)
        r = store_write(store, index_words, demo, err);
    if (r == 0)
        demo->report.filled = true;
    return r;
}

int demo_fill(const struct office *office, const char *dir, int64_t now_usec, struct demo_report *ret, struct err *err)
{
    struct demo *demo = calloc(1, sizeof(*demo));
    int r;

    if (demo == NULL)
        return err_memory(err);
    demo->office = office;
    demo->now_usec = now_usec;
    demo->random = 2023; /* the year of the law */
    arena_init(&demo->arena, 16u << 20);
    arena_init(&demo->each, 16u << 20);
    r = fill(demo, dir, err);
    if (r == 0)
        *ret = demo->report;
    counter_free(demo->counter);
    demo_ads_free(demo->adverts);
    arena_done(&demo->arena);
    arena_done(&demo->each);
    json_decref(demo->processing);
    free(demo);
    return r;
}
