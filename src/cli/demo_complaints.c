/* The complaints of the example: each gets a fate (answered soon, at the last moment, late, withdrawn, still waiting),
 * and the fates become steps of the seven months past. */
#include "cli/demo_life.h"
#include <stdio.h>
#include <stdlib.h>

#define CASES 208
#define DAYS 210
#define OVERDUE_OPEN 4 /* never answered, and too late by now */
#define TODAY 7

enum step_kind { STEP_OPEN, STEP_ASSIGN, STEP_TAKE, STEP_NOTE, STEP_ANSWER, STEP_WITHDRAW };

struct story {
    const struct demo_sample *sample;
    int64_t received_usec;
    size_t person, surname, greeting, closing, note, moderator;
    uint32_t digits; /* of link and telephone */
    bool by_staff, has_name, has_email, has_phone, has_file, has_category;
    char id[ID_TEXT];
};

static int live(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err);

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
    return zone_moment(&calendar->zone, day, (int32_t)(9 * 3600 + demo_between(demo, 60, 3 * 3600)));
}

static void plan(struct demo *demo, enum step_kind kind, struct story *story, int64_t at_usec)
{
    struct demo_step step = {.at_usec = at_usec,
                             .live = live,
                             .what = story,
                             .kind = (int)kind,
                             .opens = kind == STEP_OPEN,
                             .acts = kind != STEP_OPEN};

    (void)demo_plan(demo, &step);
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
        int64_t span = demo->now_usec - morning > 2 * DEMO_HOUR ? demo->now_usec - morning : 5 * DEMO_HOUR;

        return demo->now_usec - demo_between(demo, 10 * 60 * USEC_PER_SEC, span);
    }
    if (i < OVERDUE_OPEN)
        age_day = 24 + 3 * (int64_t)i;
    else /* a little more of them as time goes on */
        age_day = 1 + (int64_t)((DAYS - 8) * (1.0 - (double)(i - OVERDUE_OPEN) / (double)spread) *
                                (0.75 + 0.25 * (1.0 - (double)(i - OVERDUE_OPEN) / (double)spread)));
    if (i >= OVERDUE_OPEN && age_day > 30) /* some weeks are worse than others */
        age_day = demo_chance(demo, 14) ? busy_days[demo_draw(demo) % 3] + demo_between(demo, 0, 4)
                                        : age_day + demo_between(demo, -5, 5);
    return zone_moment(zone, zone_day_of(zone, demo->now_usec) - (int32_t)age_day,
                       (int32_t)demo_between(demo, 7 * 3600, 23 * 3600 + 1800));
}

/* When the answer is given, in days after receipt; 0: never. */
static int64_t answer_day(struct demo *demo, size_t i, int64_t age_day, bool *ret_withdrawn)
{
    int64_t fate = demo_between(demo, 1, 100);

    *ret_withdrawn = false;
    if (i < OVERDUE_OPEN)
        return 0;
    if (age_day >= 13 && age_day <= 19) /* some of them must run near their end */
        return demo_chance(demo, 35) ? demo_between(demo, 3, 11) : 0;
    if (fate <= 4 && age_day < 200)
        *ret_withdrawn = true;
    if (fate <= 4)
        return demo_between(demo, 1, 5);
    if (fate <= 9)
        return demo_between(demo, 23, 28);
    if (fate <= 20)
        return demo_between(demo, 14, 16);
    return demo_between(demo, 2, 13);
}

static void plan_story(struct demo *demo, struct story *story, size_t i)
{
    const struct demo_data *data = &demo->data;
    enum lang lang;
    int64_t age_day, days, opened, taken, answered;
    bool withdrawn;

    story->sample = &data->samples[(size_t)demo_draw(demo) % data->sample_count];
    lang = story->sample->lang;
    story->person = (size_t)demo_draw(demo) % data->names[lang].count;
    story->surname = (size_t)demo_draw(demo) % data->surnames[lang].count;
    story->greeting = (size_t)demo_draw(demo) % data->greetings[lang].count;
    story->closing = (size_t)demo_draw(demo) % data->closings[lang].count;
    story->digits = (uint32_t)demo_between(demo, 1000000, 9999999);
    story->has_name = demo_chance(demo, 70);
    story->has_email = demo_chance(demo, 60);
    story->has_phone = demo_chance(demo, 20);
    story->has_category = demo_chance(demo, 80);
    story->has_file = demo_chance(demo, 6);
    story->by_staff = i < CASES - TODAY && demo_chance(demo, 9);
    story->moderator = demo->moderators[(size_t)demo_draw(demo) % demo->moderator_count];
    story->received_usec = received_at(demo, i);

    opened = story->by_staff ? at_work(demo, story->received_usec + demo_between(demo, 1, 20) * DEMO_HOUR)
                             : story->received_usec;
    if (opened >= demo->now_usec) {
        story->by_staff = false;
        opened = story->received_usec;
    }
    plan(demo, STEP_OPEN, story, opened);
    if (i >= CASES - TODAY)
        return; /* nobody has looked at today's yet */
    age_day = (demo->now_usec - story->received_usec) / USEC_PER_DAY;
    days = answer_day(demo, i, age_day, &withdrawn);
    taken = at_work(demo, opened + demo_between(demo, 2, 40) * DEMO_HOUR);
    answered =
        days > 0 ? at_work(demo, story->received_usec + days * USEC_PER_DAY + demo_between(demo, 0, 8) * DEMO_HOUR) : 0;
    if (withdrawn) {
        int64_t withdrawn_usec = opened + days * USEC_PER_DAY + demo_between(demo, 1, 8) * DEMO_HOUR;

        if (taken < withdrawn_usec)
            plan(demo, STEP_TAKE, story, taken);
        plan(demo, STEP_WITHDRAW, story, withdrawn_usec);
        return;
    }
    if (answered != 0 && answered <= taken)
        answered = at_work(demo, taken + 5 * DEMO_HOUR);
    plan(demo, STEP_ASSIGN, story, taken - 60 * USEC_PER_SEC);
    plan(demo, STEP_TAKE, story, taken);
    if (demo_chance(demo, 35) && (answered == 0 || answered > taken + DEMO_HOUR)) {
        size_t moderator = story->moderator;
        enum lang notes = demo->actors[moderator].lang == LANG_RU ? LANG_RU : LANG_KK;

        story->note = (size_t)demo_draw(demo) % data->notes[notes].count;
        plan(demo, STEP_NOTE, story, taken + demo_between(demo, 5, 55) * 60 * USEC_PER_SEC);
    }
    if (answered != 0)
        plan(demo, STEP_ANSWER, story, answered);
}

int demo_complaints_plan(struct demo *demo, struct err *err)
{
    struct story *stories = ARENA_ARRAY(&demo->arena, struct story, CASES);

    if (stories == NULL)
        return err_memory(err);
    if (catalogue_procedure(demo->office->catalogue, "complaint") == NULL)
        return err_set(err, ERR_BAD_INPUT, "demo_malformed", "complaint");
    for (size_t i = 0; i < CASES; i++)
        plan_story(demo, &stories[i], i);
    return 0;
}

/* --- Living through it -------------------------------------------------------------------------------------------- */

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
    struct case_opened opened;
    struct case_opening opening = {.procedure = catalogue_procedure(demo->office->catalogue, "complaint"),
                                   .opener = story->by_staff ? "staff" : "public",
                                   .lang = sample->lang,
                                   .received_usec = story->received_usec,
                                   .raw = raw,
                                   .files = &file,
                                   .file_count = story->has_file ? 1 : 0};
    size_t n = 0;
    int r;

    texts[n] = sample->about;
    raw[n] = demo_said("about", &texts[n]);
    n++;
    texts[n] = arena_printf(arena, "%s%s%s%s%s", greeting, greeting[0] != '\0' ? " " : "", sample->text,
                            closing[0] != '\0' ? " " : "", closing);
    raw[n] = demo_said("text", &texts[n]);
    n++;
    if (sample->path != NULL) {
        texts[n] = arena_printf(arena, "https://alan.example.kz/%s/%u", sample->path, story->digits);
        raw[n] = demo_said("link", &texts[n]);
        n++;
    }
    if (sample->category != NULL && story->has_category) {
        texts[n] = sample->category;
        raw[n] = demo_said("category", &texts[n]);
        n++;
    }
    if (story->has_name) {
        texts[n] = arena_printf(arena, "%s %s", data->names[sample->lang].texts[story->person],
                                data->surnames[sample->lang].texts[story->surname]);
        raw[n] = demo_said("contact_name", &texts[n]);
        n++;
    }
    if (story->has_email) {
        texts[n] = arena_printf(arena, "%s.%zu@example.kz", data->mailboxes[sample->lang].texts[story->person],
                                story->surname + 1);
        raw[n] = demo_said("contact_email", &texts[n]);
        n++;
    }
    if (story->has_phone) {
        texts[n] = arena_printf(arena, "+7700%u", story->digits);
        raw[n] = demo_said("contact_phone", &texts[n]);
        n++;
    }
    if (arena->overflowed)
        return err_memory(err);
    opening.raw_count = n;
    r = demo_open(demo, tx, &opening, story->by_staff ? &demo->actors[demo->registrar] : &anonymous, at_usec, &opened,
                  err);
    if (r < 0)
        return r;
    snprintf(story->id, sizeof(story->id), "%s", opened.id);
    return 0;
}

static int act(struct demo *demo, struct tx *tx, const struct story *story, const char *name, const struct actor *actor,
               const struct raw_value *raw, size_t raw_count, int64_t at_usec, struct err *err)
{
    struct case_acting acting = {.case_id = story->id, .act = name, .raw = raw, .raw_count = raw_count};

    return demo_act(demo, tx, &acting, actor, at_usec, NULL, err);
}

static int answer(struct demo *demo, struct tx *tx, const struct story *story, int64_t at_usec, struct err *err)
{
    const struct demo_sample *sample = story->sample;
    struct raw_value raw[3] = {
        demo_said("decision", &sample->decision),
        demo_said("reasons", &sample->reasons),
        {.name = "measures", .kind = RAW_LIST, .count = sample->measure_count, .texts = sample->measures},
    };

    return act(demo, tx, story, "answer", &demo->actors[story->moderator], raw, 3, at_usec, err);
}

static int live(struct demo *demo, struct tx *tx, const struct demo_step *step, struct err *err)
{
    const struct actor opener = {.kind = ACTOR_OPENER, .roles = ROLE_PUBLIC};
    struct story *story = (struct story *)step->what;
    const struct actor *moderator = &demo->actors[story->moderator];
    enum lang notes = moderator->lang == LANG_RU ? LANG_RU : LANG_KK;
    const char *text;
    struct raw_value raw;

    switch ((enum step_kind)step->kind) {
    case STEP_OPEN:
        return open_story(demo, tx, story, step->at_usec, err);
    case STEP_ASSIGN:
        text = moderator->account_id;
        raw = demo_said("account", &text);
        return act(demo, tx, story, "assign", moderator, &raw, 1, step->at_usec, err);
    case STEP_TAKE:
        return act(demo, tx, story, "take", moderator, NULL, 0, step->at_usec, err);
    case STEP_NOTE:
        raw = demo_said("text", &demo->data.notes[notes].texts[story->note]);
        return act(demo, tx, story, "note", moderator, &raw, 1, step->at_usec, err);
    case STEP_ANSWER:
        return answer(demo, tx, story, step->at_usec, err);
    case STEP_WITHDRAW:
        return act(demo, tx, story, "withdraw", &opener, NULL, 0, step->at_usec, err);
    }
    abort();
}
