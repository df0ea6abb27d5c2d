/* A case of any procedure of the catalogue, made by hand at the moment it issues a paper: every field filled with
 * something of its type, or only what is required. What the shipped papers are drawn from in tests. */
#ifndef TALAP_TESTS_OUT_ISSUED_H
#define TALAP_TESTS_OUT_ISSUED_H

#include "law/catalogue.h"
#include "out/paper.h"
#include <stdio.h>
#include <string.h>

#define ISSUED_LEAF 2048
#define ISSUED_LINKS 7
#define ISSUED_ROWS 372

struct issued {
    struct arena arena;
    bool full;   /* everything given, else what is required alone */
    size_t pick; /* which option of a choice */
    struct case_view view;
    struct case_event events[3]; /* the opening; what came before; the act that issues */
    struct case_paper paper;
    struct started_clock clocks[16];
    struct attachment_row files[2];
    const char *file_names[2];
};

static inline const char *const *one_text(struct issued *issued, const char *text)
{
    const char **texts = ARENA_ARRAY(&issued->arena, const char *, 1);

    texts[0] = text;
    return texts;
}

static inline void sample_many(struct issued *issued, const struct field *field, struct case_value *value)
{
    bool links = field->type == FIELD_LINKS, table = field->type == FIELD_TABLE;
    const char **texts;

    if (table) { /* the rows of a year, so that a paper runs over many pages; every tenth was not counted */
        texts = ARENA_ARRAY(&issued->arena, const char *, ISSUED_ROWS);
        for (int i = 0; i < ISSUED_ROWS; i++)
            texts[i] = arena_printf(&issued->arena, i % 10 == 9 ? "2026-%02d-%02d\t\t%d" : "2026-%02d-%02d\t120345\t%d",
                                    i / 31 + 1, i % 31 + 1, 5000 + i);
        value->count = ISSUED_ROWS;
        value->texts = texts;
        return;
    }

    value->count = links ? ISSUED_LINKS : field->option_count;
    texts = ARENA_ARRAY(&issued->arena, const char *, value->count);
    for (size_t i = 0; i < value->count; i++)
        texts[i] = links ? arena_printf(&issued->arena, "https://resurs.example.kz/2026/11/zhazba-%zu?kind=%zu", i, i)
                         : field->options[i].id;
    value->texts = texts;
}

static inline void sample(struct issued *issued, const struct field *field, struct case_value *value)
{
    static const char *const texts[] = {
        [FIELD_TEXT] = "Тексеру барысында мән-жайлар жан-жақты қаралды. В ходе проверки обстоятельства рассмотрены.\n"
                       "Екінші азатжол: ә ғ қ ң ө ұ ү һ і.",
        [FIELD_LINE] = "№ 17-04/2841",
        [FIELD_YES_NO] = "true",
        [FIELD_DATE] = "2026-11-02",
        [FIELD_MOMENT] = "2026-11-02T15:40:00+05:00",
        [FIELD_NUMBER] = "120345",
        [FIELD_URL] = "https://platforma.example.kz",
        [FIELD_EMAIL] = "qabyldau@example.kz",
        [FIELD_PHONE] = "+77172550011",
        [FIELD_IIN] = "900101300017",
        [FIELD_BIN] = "180540012344",
        [FIELD_PERSON] = "Айгүл Серікқызы Әбдіғаппарова",
        [FIELD_ORGANISATION] = "«Алаң» онлайн-платформасы» ЖШС",
        [FIELD_COUNTRY] = "KZ",
        [FIELD_CASE] = "Ш-2026-000123",
        [FIELD_LINKS] = NULL,
        [FIELD_TABLE] = NULL,
    };

    *value = (struct case_value){.field = field, .count = 1};
    if (field_takes_list(field))
        sample_many(issued, field, value);
    else if (field->type == FIELD_CHOICE)
        value->texts = one_text(issued, field->options[issued->pick % field->option_count].id);
    else
        value->texts = one_text(issued, texts[field->type]);
}

static inline void give(struct issued *issued, struct case_event *event, const struct field *fields, size_t count)
{
    struct case_value *values = ARENA_ARRAY(&issued->arena, struct case_value, event->value_count + count);

    if (event->value_count > 0)
        memcpy(values, event->values, event->value_count * sizeof(*values));
    for (size_t i = 0; i < count; i++)
        if (issued->full || fields[i].required)
            sample(issued, &fields[i], &values[event->value_count++]);
    event->values = values;
}

static inline void start_clocks(struct issued *issued, const struct catalogue *catalogue, int64_t at_usec)
{
    const struct procedure *procedure = issued->view.procedure;

    for (size_t i = 0; i < procedure->clock_count && i < 16; i++) {
        const struct procedure_clock *clock = &procedure->clocks[i];
        const struct norm *norm = catalogue_norm_at(catalogue, clock->norm_id, at_usec);
        struct clock_moments moments;

        if (!procedure_clock_starts_on(clock, "opened") || norm == NULL ||
            clock_compute(catalogue->calendar, &norm->clock, at_usec, &moments, NULL) != 0)
            continue;
        issued->clocks[issued->events[0].started_count++] =
            (struct started_clock){.clock = clock->id,
                                   .norm = clock->norm_id,
                                   .starts_usec = at_usec,
                                   .due_usec = moments.due_usec,
                                   .overdue_usec = moments.overdue_usec};
    }
    issued->events[0].started = issued->clocks;
}

/* `act` NULL: the opening issues the paper. Free with arena_done(&issued->arena). */
static inline void issued_init(struct issued *issued, const struct catalogue *catalogue,
                               const struct procedure *procedure, const struct procedure_act *act, bool full,
                               size_t pick)
{
    const struct zone *zone = &catalogue->calendar->zone;
    int64_t opened = zone_moment(zone, day_from_date((struct date){2026, 10, 21}), 36000);
    int64_t acted = zone_moment(zone, day_from_date((struct date){2026, 11, 6}), 41530);

    memset(issued, 0, sizeof(*issued));
    arena_init(&issued->arena, 4 << 20);
    issued->full = full;
    issued->pick = pick;
    issued->view = (struct case_view){.procedure = procedure,
                                      .row = {.id = "019a0000-0000-7000-8000-000000000002",
                                              .procedure = procedure->id,
                                              .number = procedure_number(procedure, 2026, 57, &issued->arena),
                                              .opened_usec = opened,
                                              .registered_usec = opened,
                                              .closed_usec = TIME_NONE,
                                              .opener = "staff",
                                              .lang = "kk"},
                                      .events = issued->events,
                                      .event_count = act != NULL ? 3 : 1,
                                      .papers = &issued->paper,
                                      .paper_count = 1,
                                      .attachments = issued->files,
                                      .attachment_names = issued->file_names,
                                      .attachment_count = full ? 2 : 0};
    issued->events[0] = (struct case_event){.leaf = act != NULL ? 7 : ISSUED_LEAF,
                                            .at_usec = opened,
                                            .happened_usec = opened,
                                            .kind = "case.opened",
                                            .actor_kind = "account"};
    issued->events[1] =
        (struct case_event){.leaf = 8, .at_usec = opened, .happened_usec = opened, .kind = "case.acted"};
    issued->events[2] = (struct case_event){.leaf = ISSUED_LEAF,
                                            .at_usec = acted,
                                            .happened_usec = acted,
                                            .kind = "case.acted",
                                            .act = act,
                                            .actor_kind = "account"};
    give(issued, &issued->events[0], procedure->fields, procedure->field_count);
    for (size_t i = 0; i < procedure->act_count; i++)
        give(issued, &issued->events[&procedure->acts[i] == act ? 2 : 1], procedure->acts[i].fields,
             procedure->acts[i].field_count);
    if (strcmp(act != NULL ? act->by[0] : "official", "opener") != 0)
        issued->events[act != NULL ? 2 : 0].signer_name = "Әсел Қайратқызы Нұрғалиева";
    for (int i = 0; i < 2; i++) {
        issued->files[i] = (struct attachment_row){
            .leaf = i == 0 ? issued->events[0].leaf : ISSUED_LEAF, .type = "image/png", .size_bytes = 48211 + i};
        issued->files[i].commitment.bytes[0] = (uint8_t)(0xa0 + i);
        issued->file_names[i] = i == 0 ? "Экран суреті 1.png" : "Экран суреті 2.png";
    }
    issued->paper = (struct case_paper){.id = act != NULL ? act->paper : procedure->paper,
                                        .leaf = ISSUED_LEAF,
                                        .seq = 1,
                                        .at_usec = act != NULL ? acted : opened};
    start_clocks(issued, catalogue, opened);
}

#endif
