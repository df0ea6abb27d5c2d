/* Filling a store with an example: each complaint gets a fate (answered soon, at the last moment, late, withdrawn,
 * still waiting), the fates become a list of moments, and the list is lived through in order with the real engine, so
 * that clocks, reminders, events and the ledger are what seven months of work would have left. */
#include "cli/demo.h"
#include "cli/demo_data.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES 208
#define DAYS 210
#define OVERDUE_OPEN 4 /* never answered, and too late by now */
#define TODAY 7
#define HOUR (3600 * USEC_PER_SEC)
#define STEPS_MAX (CASES * 6 + DAYS * 3)

enum step_kind { STEP_TICK, STEP_OPEN, STEP_ASSIGN, STEP_TAKE, STEP_NOTE, STEP_ANSWER, STEP_WITHDRAW };
struct step {
    int64_t at_usec;
    enum step_kind kind;
    size_t story;
};

struct story {
    const struct demo_sample *sample;
    int64_t received_usec;
    size_t person, surname, greeting, closing, note, moderator;
    uint32_t digits; /* of link and telephone */
    bool by_staff, has_name, has_email, has_phone, has_file, has_category;
    char id[ID_TEXT];
};

struct demo {
    const struct office *office;
    const struct procedure *procedure;
    struct demo_data data;
    struct demo_report report;
    int64_t now_usec;
    uint64_t random;
    struct arena arena; /* of the whole */
    struct arena each;  /* of one step */
    struct actor actors[DEMO_ACCOUNTS_MAX];
    size_t moderators[DEMO_ACCOUNTS_MAX], moderator_count, registrar;
    char hashes[DEMO_ACCOUNTS_MAX][128];
    struct story stories[CASES];
    size_t step_count, next_step, steps_until;
    struct step steps[STEPS_MAX];
};

/* splitmix64: the same story every time. */
static uint64_t draw(struct demo *demo)
{
    uint64_t z = demo->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t between(struct demo *demo, int64_t from, int64_t until)
{
    return from + (int64_t)(draw(demo) % (uint64_t)(until - from + 1));
}

static bool chance(struct demo *demo, int percent)
{
    return between(demo, 1, 100) <= percent;
}

/* The moment itself within working hours, else the morning of the next working day. */
static int64_t at_work(struct demo *demo, int64_t at_usec)
{
    const struct calendar *calendar = demo->office->catalogue->calendar;
    int32_t day = zone_day_of(&calendar->zone, at_usec);
    int64_t second = (at_usec - zone_moment(&calendar->zone, day, 0)) / USEC_PER_SEC;
    const struct calendar_day *entry = calendar_find(calendar, day);

    if (entry != NULL && calendar_is_working(entry) && second >= 9 * 3600 && second < 18 * 3600)
        return at_usec;
    if (second >= 9 * 3600)
        day++;
    while ((entry = calendar_find(calendar, day)) != NULL && !calendar_is_working(entry))
        day++;
    return zone_moment(&calendar->zone, day, (int32_t)(9 * 3600 + between(demo, 60, 3 * 3600)));
}

/* What lies beyond now has not happened. */
static void plan(struct demo *demo, enum step_kind kind, size_t story, int64_t at_usec)
{
    if (at_usec < demo->now_usec && demo->step_count < STEPS_MAX)
        demo->steps[demo->step_count++] = (struct step){.at_usec = at_usec, .kind = kind, .story = story};
}

static int64_t received_at(struct demo *demo, size_t i)
{
    static const int64_t busy_days[] = {47, 96, 152};
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    size_t spread = CASES - TODAY - OVERDUE_OPEN;
    int64_t age_day;

    if (i >= CASES - TODAY) {
        /* Today's: within the hours that have passed since early morning, or the last few. */
        int64_t morning = zone_moment(zone, zone_day_of(zone, demo->now_usec), 6 * 3600);
        int64_t span = demo->now_usec - morning > 2 * HOUR ? demo->now_usec - morning : 5 * HOUR;

        return demo->now_usec - between(demo, 10 * 60 * USEC_PER_SEC, span);
    }
    if (i < OVERDUE_OPEN)
        age_day = 24 + 3 * (int64_t)i;
    else /* a little more of them as time goes on */
        age_day = 1 + (int64_t)((DAYS - 8) * (1.0 - (double)(i - OVERDUE_OPEN) / (double)spread) *
                                (0.75 + 0.25 * (1.0 - (double)(i - OVERDUE_OPEN) / (double)spread)));
    if (i >= OVERDUE_OPEN && age_day > 30) /* some weeks are worse than others */
        age_day = chance(demo, 14) ? busy_days[draw(demo) % 3] + between(demo, 0, 4) : age_day + between(demo, -5, 5);
    return zone_moment(zone, zone_day_of(zone, demo->now_usec) - (int32_t)age_day,
                       (int32_t)between(demo, 7 * 3600, 23 * 3600 + 1800));
}

/* When the answer is given, in days after receipt; 0: never. */
static int64_t answer_day(struct demo *demo, size_t i, int64_t age_day, bool *ret_withdrawn)
{
    int64_t fate = between(demo, 1, 100);

    *ret_withdrawn = false;
    if (i < OVERDUE_OPEN)
        return 0;
    if (age_day >= 13 && age_day <= 19) /* some of them must run near their end */
        return chance(demo, 35) ? between(demo, 3, 11) : 0;
    if (fate <= 4 && age_day < 200)
        *ret_withdrawn = true;
    if (fate <= 4)
        return between(demo, 1, 5);
    if (fate <= 9)
        return between(demo, 23, 28);
    if (fate <= 20)
        return between(demo, 14, 16);
    return between(demo, 2, 13);
}

static void plan_story(struct demo *demo, size_t i)
{
    struct story *story = &demo->stories[i];
    const struct demo_data *data = &demo->data;
    enum lang lang;
    int64_t age_day, days, opened, taken, answered;
    bool withdrawn;

    story->sample = &data->samples[(size_t)draw(demo) % data->sample_count];
    lang = story->sample->lang;
    story->person = (size_t)draw(demo) % data->names[lang].count;
    story->surname = (size_t)draw(demo) % data->surnames[lang].count;
    story->greeting = (size_t)draw(demo) % data->greetings[lang].count;
    story->closing = (size_t)draw(demo) % data->closings[lang].count;
    story->digits = (uint32_t)between(demo, 1000000, 9999999);
    story->has_name = chance(demo, 70);
    story->has_email = chance(demo, 60);
    story->has_phone = chance(demo, 20);
    story->has_category = chance(demo, 80);
    story->has_file = chance(demo, 6);
    story->by_staff = i < CASES - TODAY && chance(demo, 9);
    story->moderator = demo->moderators[(size_t)draw(demo) % demo->moderator_count];
    story->received_usec = received_at(demo, i);

    opened = story->by_staff ? at_work(demo, story->received_usec + between(demo, 1, 20) * HOUR) : story->received_usec;
    if (opened >= demo->now_usec) {
        story->by_staff = false;
        opened = story->received_usec;
    }
    plan(demo, STEP_OPEN, i, opened);
    if (i >= CASES - TODAY)
        return; /* nobody has looked at today's yet */
    age_day = (demo->now_usec - story->received_usec) / USEC_PER_DAY;
    days = answer_day(demo, i, age_day, &withdrawn);
    taken = at_work(demo, opened + between(demo, 2, 40) * HOUR);
    answered = days > 0 ? at_work(demo, story->received_usec + days * USEC_PER_DAY + between(demo, 0, 8) * HOUR) : 0;
    if (withdrawn) {
        int64_t withdrawn_usec = opened + days * USEC_PER_DAY + between(demo, 1, 8) * HOUR;

        if (taken < withdrawn_usec)
            plan(demo, STEP_TAKE, i, taken);
        plan(demo, STEP_WITHDRAW, i, withdrawn_usec);
        return;
    }
    if (answered != 0 && answered <= taken)
        answered = at_work(demo, taken + 5 * HOUR);
    plan(demo, STEP_ASSIGN, i, taken - 60 * USEC_PER_SEC);
    plan(demo, STEP_TAKE, i, taken);
    if (chance(demo, 35) && (answered == 0 || answered > taken + HOUR)) {
        size_t moderator = story->moderator;
        enum lang notes = demo->actors[moderator].lang == LANG_RU ? LANG_RU : LANG_KK;

        story->note = (size_t)draw(demo) % data->notes[notes].count;
        plan(demo, STEP_NOTE, i, taken + between(demo, 5, 55) * 60 * USEC_PER_SEC);
    }
    if (answered != 0)
        plan(demo, STEP_ANSWER, i, answered);
}

static int by_time(const void *a, const void *b)
{
    const struct step *x = a, *y = b;

    if (x->at_usec != y->at_usec)
        return x->at_usec < y->at_usec ? -1 : 1;
    if (x->story != y->story)
        return x->story < y->story ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

static void plan_all(struct demo *demo)
{
    const struct zone *zone = &demo->office->catalogue->calendar->zone;
    int32_t today = zone_day_of(zone, demo->now_usec);

    for (size_t i = 0; i < CASES; i++)
        plan_story(demo, i);
    for (int32_t day = today - DAYS; day <= today; day++) {
        plan(demo, STEP_TICK, 0, zone_moment(zone, day, 1));
        plan(demo, STEP_TICK, 0, zone_moment(zone, day, 9 * 3600 + 1));
    }
    qsort(demo->steps, demo->step_count, sizeof(demo->steps[0]), by_time);
}

/* --- Living through it -------------------------------------------------------------------------------------------- */

static struct raw_value said(const char *name, const char *const *texts)
{
    return (struct raw_value){.name = name, .kind = RAW_STRING, .count = 1, .texts = texts};
}

static int open_story(struct demo *demo, struct tx *tx, struct story *story, int64_t at_usec, struct err *err)
{
    const struct demo_data *data = &demo->data;
    const struct demo_sample *sample = story->sample;
    const struct actor anonymous = {.kind = ACTOR_ANONYMOUS, .roles = ROLE_PUBLIC, .lang = sample->lang};
    const char *greeting = data->greetings[sample->lang].texts[story->greeting];
    const char *closing = data->closings[sample->lang].texts[story->closing];
    struct arena *arena = &demo->each;
    struct attachment_new file = {.name = "screenshot.png", .bytes = data->screenshot, .count = data->screenshot_len};
    struct raw_value raw[8];
    const char *texts[8];
    struct field_errors errors;
    const struct case_prepared *prepared;
    struct case_opened opened;
    struct case_opening opening = {.procedure = demo->procedure,
                                   .opener = story->by_staff ? "staff" : "public",
                                   .lang = sample->lang,
                                   .received_usec = story->received_usec,
                                   .raw = raw,
                                   .files = &file,
                                   .file_count = story->has_file ? 1 : 0};
    size_t n = 0;
    int r;

    texts[n] = sample->about;
    raw[n] = said("about", &texts[n]);
    n++;
    texts[n] = arena_printf(arena, "%s%s%s%s%s", greeting, greeting[0] != '\0' ? " " : "", sample->text,
                            closing[0] != '\0' ? " " : "", closing);
    raw[n] = said("text", &texts[n]);
    n++;
    if (sample->path != NULL) {
        texts[n] = arena_printf(arena, "https://alan.example.kz/%s/%u", sample->path, story->digits);
        raw[n] = said("link", &texts[n]);
        n++;
    }
    if (sample->category != NULL && story->has_category) {
        texts[n] = sample->category;
        raw[n] = said("category", &texts[n]);
        n++;
    }
    if (story->has_name) {
        texts[n] = arena_printf(arena, "%s %s", data->names[sample->lang].texts[story->person],
                                data->surnames[sample->lang].texts[story->surname]);
        raw[n] = said("contact_name", &texts[n]);
        n++;
    }
    if (story->has_email) {
        texts[n] = arena_printf(arena, "%s.%zu@example.kz", data->mailboxes[sample->lang].texts[story->person],
                                story->surname + 1);
        raw[n] = said("contact_email", &texts[n]);
        n++;
    }
    if (story->has_phone) {
        texts[n] = arena_printf(arena, "+7700%u", story->digits);
        raw[n] = said("contact_phone", &texts[n]);
        n++;
    }
    if (arena->overflowed)
        return err_memory(err);
    opening.raw_count = n;
    field_errors_init(&errors, arena);
    r = case_open_prepare(tx, demo->office, &opening, story->by_staff ? &demo->actors[demo->registrar] : &anonymous,
                          at_usec, arena, &prepared, &errors, err);
    if (r < 0)
        return errors.count > 0 ? err_detail(err, "%s %s", errors.items[0].field, errors.items[0].code) : r;
    r = case_open(tx, demo->office, prepared, at_usec, &opened, err);
    if (r < 0)
        return r;
    snprintf(story->id, sizeof(story->id), "%s", opened.id);
    return 0;
}

static int act(struct demo *demo, struct tx *tx, const struct story *story, const char *name, const struct actor *actor,
               const struct raw_value *raw, size_t raw_count, int64_t at_usec, struct err *err)
{
    struct case_acting acting = {.case_id = story->id, .act = name, .raw = raw, .raw_count = raw_count};
    const struct act_prepared *prepared;
    struct field_errors errors;
    int64_t version, leaf;
    int r;

    field_errors_init(&errors, &demo->each);
    r = case_act_prepare(tx, demo->office, &acting, actor, at_usec, &demo->each, &prepared, &errors, err);
    if (r < 0)
        return errors.count > 0 ? err_detail(err, "%s %s", errors.items[0].field, errors.items[0].code) : r;
    return case_act(tx, demo->office, prepared, at_usec, &version, &leaf, err);
}

static int answer(struct demo *demo, struct tx *tx, const struct story *story, int64_t at_usec, struct err *err)
{
    const struct demo_sample *sample = story->sample;
    struct raw_value raw[3] = {
        said("decision", &sample->decision),
        said("reasons", &sample->reasons),
        {.name = "measures", .kind = RAW_LIST, .count = sample->measure_count, .texts = sample->measures},
    };

    return act(demo, tx, story, "answer", &demo->actors[story->moderator], raw, 3, at_usec, err);
}

static int live(struct demo *demo, struct tx *tx, const struct step *step, struct err *err)
{
    const struct actor opener = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC};
    struct story *story = &demo->stories[step->story];
    const struct actor *moderator = &demo->actors[story->moderator];
    enum lang notes = moderator->lang == LANG_RU ? LANG_RU : LANG_KK;
    const char *text;
    struct raw_value raw;
    size_t count;

    arena_reset(&demo->each);
    switch (step->kind) {
    case STEP_TICK:
        return case_tick(tx, demo->office, step->at_usec, 2 * CASES, &count, err);
    case STEP_OPEN:
        return open_story(demo, tx, story, step->at_usec, err);
    case STEP_ASSIGN:
        text = moderator->account_id;
        raw = said("account", &text);
        return act(demo, tx, story, "assign", moderator, &raw, 1, step->at_usec, err);
    case STEP_TAKE:
        return act(demo, tx, story, "take", moderator, NULL, 0, step->at_usec, err);
    case STEP_NOTE:
        raw = said("text", &demo->data.notes[notes].texts[story->note]);
        return act(demo, tx, story, "note", moderator, &raw, 1, step->at_usec, err);
    case STEP_ANSWER:
        return answer(demo, tx, story, step->at_usec, err);
    case STEP_WITHDRAW:
        return act(demo, tx, story, "withdraw", &opener, NULL, 0, step->at_usec, err);
    }
    abort();
}

static int live_steps(struct tx *tx, struct store_command *command, struct err *err)
{
    struct demo *demo = command->arg;
    int r = 0;

    for (size_t i = demo->next_step; r == 0 && i < demo->steps_until; i++)
        r = live(demo, tx, &demo->steps[i], err);
    return r;
}

static int live_through(struct demo *demo, struct err *err)
{
    while (demo->next_step < demo->step_count) {
        int r;

        demo->steps_until = demo->next_step + 64 < demo->step_count ? demo->next_step + 64 : demo->step_count;
        r = store_write(demo->office->store, live_steps, demo, err);
        if (r < 0)
            return r;
        demo->next_step = demo->steps_until;
    }
    for (size_t i = 0; i < demo->step_count; i++) {
        if (demo->steps[i].kind == STEP_OPEN)
            demo->report.cases++;
        else if (demo->steps[i].kind != STEP_TICK)
            demo->report.acts++;
    }
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

static int found(struct tx *tx, struct store_command *command, struct err *err)
{
    struct demo *demo = command->arg;
    const struct actor system = {.kind = ACTOR_SYSTEM, .roles = ROLE_PUBLIC};
    int64_t at_usec = demo->now_usec - (DAYS + 2) * USEC_PER_DAY;
    int r = organisation_put(tx, demo->office, &demo->data.organisation, &system, at_usec, err);

    for (size_t i = 0; r == 0 && i < demo->data.account_count; i++) {
        struct account_new account = account_new_of(&demo->data.accounts[i]);
        struct actor *actor = &demo->actors[i];

        *actor = (struct actor){.kind = ACTOR_ACCOUNT, .roles = account.roles | ROLE_PUBLIC, .lang = account.lang};
        snprintf(actor->login, sizeof(actor->login), "%s", account.login);
        snprintf(actor->name, sizeof(actor->name), "%s", account.name);
        r = account_create(tx, &demo->office->access, &account, demo->hashes[i], NULL, at_usec, actor->account_id, err);
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
        r = store_outbox_ripe(tx, demo->now_usec, 500, &demo->each, &rows, &count, err);
        for (size_t i = 0; r == 0 && i < count; i++) {
            rows[i].state = "sent";
            rows[i].attempts = 1;
            rows[i].sent_usec = rows[i].created_usec + 20 * USEC_PER_SEC;
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
    demo->procedure = catalogue_procedure(demo->office->catalogue, "complaint");
    if (demo->procedure == NULL)
        return err_set(err, ERR_BAD_INPUT, "demo_malformed", "complaint");
    r = demo_data_load(dir, &demo->arena, &demo->data, err);
    if (r == 0)
        r = check_accounts(demo, err);
    if (r == 0)
        r = store_write(store, found, demo, err);
    if (r < 0)
        return r;
    plan_all(demo);
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
    arena_done(&demo->arena);
    arena_done(&demo->each);
    free(demo);
    return r;
}
