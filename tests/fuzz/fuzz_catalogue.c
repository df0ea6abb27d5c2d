/* The readers of the law take any YAML: a file is refused with its name and line, or it is a law that can be run. The
 * first byte chooses which file the rest is; the others come from the law of this source tree. */
#include "law/catalogue.h"
#include "law/load.h"
#include <stdlib.h>
#include <string.h>

static struct catalogue *law;

static void refusal_check(int result, const struct err *err)
{
    if (result == -ERR_MEMORY || (result == -ERR_UNAVAILABLE && strcmp(err->code, "zone_missing") == 0))
        return;
    if (result != -ERR_BAD_INPUT || strncmp(err->arg, "f.yaml:", 7) != 0)
        abort();
}

static void norms_run(const struct catalogue *catalogue)
{
    int64_t event_usec = 0;
    if (!moment_parse("2026-03-05T12:00:00+05:00", &law->calendar->zone, &event_usec))
        abort();
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        struct clock_moments moments;
        struct err err = {0};
        int times = norm->has_clock ? norm->clock.extend.times : -1;
        if (times < 0)
            continue;
        int result = clock_compute_extended(law->calendar, &norm->clock, event_usec, times, &moments, &err);
        if (result == 0 ? moments.overdue_usec < moments.due_usec : strcmp(err.code, "calendar_not_covered") != 0)
            abort();
    }
}

static void procedures_run(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->procedure_count; i++) {
        const struct procedure *procedure = &catalogue->procedures[i];
        if (procedure->state_count == 0 || procedure_number(procedure, 2026, 1, &catalogue->arena) == NULL)
            abort();
        for (size_t j = 0; j < procedure->act_count; j++) {
            const struct procedure_act *act = &procedure->acts[j];
            if (act->to >= (int)procedure->state_count || act->from[0] < 0)
                abort();
        }
    }
}

static void calendar_run(const struct calendar *calendar)
{
    for (int32_t i = 0; i < calendar->day_count; i++) {
        if (calendar_is_working(&calendar->days[i]) != (calendar->next_working[i] == calendar->first_day + i))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    if (law == NULL && catalogue_load(LAW_DIR, &law, &err) < 0)
        abort();
    if (size == 0)
        return 0;
    static const char *const names[] = {"acts.yaml", "calendar.yaml", "norms/f.yaml", "procedures/f.yaml",
                                        "measures.yaml"};
    unsigned which = data[0] % 5;      /* so "2" to "6" in the seeds */
    struct catalogue catalogue = *law; /* what the file refers to; its own results go into its own arena */
    arena_init(&catalogue.arena, (size_t)64 << 20);
    struct law_file file = {.name = "f.yaml", .relative = names[which], .bytes = (const char *)data + 1};
    file.count = size - 1;
    int result = yaml_parse(file.name, file.bytes, file.count, &catalogue.arena, &file.root, &err);
    if (result == 0 && which == 0)
        result = acts_read(&file, &catalogue, &err);
    if (result == 0 && which == 1)
        result = calendar_read(&file, &catalogue.arena, &catalogue.calendar, &err);
    if (result == 0 && which == 2)
        result = norms_read(&file, 1, &catalogue, &err);
    if (result == 0 && which == 3)
        result = procedures_read(&file, 1, &catalogue, &err);
    if (result == 0 && which == 4)
        result = lists_read(&file, 1, &catalogue, &err);
    if (result < 0) {
        refusal_check(result, &err);
    } else {
        calendar_run(catalogue.calendar);
        norms_run(&catalogue);
        procedures_run(&catalogue);
    }
    arena_done(&catalogue.arena);
    return 0;
}
