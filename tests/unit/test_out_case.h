/* An answered complaint as cases/ shows it, made by hand from the real catalogue: what papers and letters are drawn
 * from in tests, without a store. */
#ifndef TALAP_TESTS_OUT_CASE_H
#define TALAP_TESTS_OUT_CASE_H

#include "cases/cases.h"
#include "out/paper.h"
#include <string.h>

#define ANSWER_LEAF 1204
#define VALUES_MAX 16

struct answered {
    struct case_view view;
    struct case_event events[2];
    struct case_value values[VALUES_MAX], act_values[VALUES_MAX];
    const char *texts[2 * VALUES_MAX][12];
    size_t text_count;
    struct case_paper paper;
    struct case_clock clock;
};

static inline const struct field *field_named(const struct field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static inline struct case_value *value_slot(struct answered *answered, bool of_act, const char *name)
{
    const struct procedure *procedure = answered->view.procedure;
    const struct procedure_act *act = procedure_act_find(procedure, "answer");
    struct case_value *values = of_act ? answered->act_values : answered->values;
    size_t *count = &answered->events[of_act ? 1 : 0].value_count;
    const struct field *field = of_act ? field_named(act->fields, act->field_count, name)
                                       : field_named(procedure->fields, procedure->field_count, name);

    for (size_t i = 0; i < *count; i++)
        if (values[i].field == field)
            return &values[i];
    values[(*count)++].field = field;
    answered->view.value_count = answered->events[0].value_count;
    return &values[*count - 1];
}

static inline void put_one(struct answered *answered, bool of_act, const char *name, const char *text)
{
    struct case_value *value = value_slot(answered, of_act, name);
    const char **texts = answered->texts[answered->text_count++];

    texts[0] = text;
    value->texts = texts;
    value->count = text != NULL;
}

static inline void add_one(struct answered *answered, const char *name, const char *text)
{
    struct case_value *value = value_slot(answered, true, name);
    const char **texts =
        value->texts != NULL ? (const char **)(uintptr_t)value->texts : answered->texts[answered->text_count++];

    texts[value->count++] = text;
    value->texts = texts;
}

static inline void answered_init(struct answered *answered, const struct catalogue *catalogue)
{
    const struct procedure *procedure = catalogue_procedure(catalogue, "complaint");
    const struct zone *zone = &catalogue->calendar->zone;
    int64_t opened = zone_moment(zone, day_from_date((struct date){2026, 10, 21}), 36000);
    int64_t acted = zone_moment(zone, day_from_date((struct date){2026, 11, 6}), 41530);

    memset(answered, 0, sizeof(*answered));
    answered->view = (struct case_view){
        .procedure = procedure,
        .row = {.id = "019a0000-0000-7000-8000-000000000001",
                .procedure = "complaint",
                .number = "Ш-2026-000123",
                .state = "answered",
                .version = 3,
                .opened_usec = opened,
                .registered_usec = opened,
                .closed_usec = acted,
                .opener = "public",
                .lang = "kk"},
        .state = procedure_state_find(procedure, "answered"),
        .values = answered->values,
        .events = answered->events,
        .event_count = 2,
        .papers = &answered->paper,
        .paper_count = 1,
        .clocks = &answered->clock,
        .clock_count = 1,
    };
    answered->events[0] = (struct case_event){.leaf = ANSWER_LEAF - 300,
                                              .at_usec = opened,
                                              .happened_usec = opened,
                                              .kind = "case.opened",
                                              .actor_kind = "opener",
                                              .to_state = "received",
                                              .values = answered->values};
    answered->events[1] = (struct case_event){.leaf = ANSWER_LEAF,
                                              .at_usec = acted,
                                              .happened_usec = acted,
                                              .kind = "case.acted",
                                              .act = procedure_act_find(procedure, "answer"),
                                              .signer_name = "Әсел Қайратқызы Нұрғалиева",
                                              .actor_kind = "account",
                                              .from_state = "in_review",
                                              .to_state = "answered",
                                              .values = answered->act_values};
    for (size_t i = 0; i < SHA256_BYTES; i++)
        answered->events[1].leaf_hash.bytes[i] = (uint8_t)(i * 37 + 11);
    answered->paper = (struct case_paper){.id = "complaint_answer", .leaf = ANSWER_LEAF, .seq = 1, .at_usec = acted};
    answered->clock =
        (struct case_clock){.clock = procedure_clock_find(procedure, "answer"),
                            .norm = catalogue_norm_at(catalogue, "opl.11.3", opened),
                            .row = {.clock = "answer",
                                    .norm = "opl.11.3",
                                    .starts_usec = opened,
                                    .due_usec = zone_moment(zone, day_from_date((struct date){2026, 11, 10}), 86399),
                                    .overdue_usec = zone_moment(zone, day_from_date((struct date){2026, 11, 11}), 0),
                                    .state = "running",
                                    .stopped_usec = TIME_NONE}};
    put_one(answered, false, "about", "content");
    put_one(answered, false, "link", "https://platforma.example.kz/video/2026/10/19/8f3a61");
    put_one(answered, false, "text", "Бейнеде менің суретім рұқсатсыз қолданылған.");
    put_one(answered, false, "contact_name", "Айгүл Серікқызы Әбдіғаппарова");
    put_one(answered, false, "contact_email", "aigul@example.kz");
    put_one(answered, true, "decision", "partly_upheld");
}

static const struct organisation test_organisation = {
    .name = {{"«Алаң» онлайн-платформасы» ЖШС", "ТОО «Онлайн-платформа «Алаң»", "Alan Online Platform LLP"}},
    .bin = "180540012344",
    .address = {{"010000, Астана қаласы, Мәңгілік Ел даңғылы, 55", "010000, город Астана, проспект Мәңгілік Ел, 55",
                 "55 Mangilik El Avenue, Astana 010000"}},
    .email = "shagym@alan.example.kz",
    .phone = "+7 717 255 00 11",
    .url = "https://talap.alan.example.kz/",
    .complaint_rules = {{"", "", ""}}};

#endif
