/* Appends many events of the kinds a yearly report reads, through the real ledger, without the cases behind them:
 * fill_events STORE VAR LAW COUNT YEAR. Half are moderation decisions, a quarter complaints, a quarter their answers.
 */
#include "cli/cli.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP 20000

struct group {
    const struct office *office;
    long from, until, count;
    int64_t begin_usec, span_usec;
};

static const char *const categories[] = {"fraud", "narcotics", "war", "suicide", "pornography", "separatism"};
static const char *const measures[] = {"removed", "hidden", "restricted", "warned"};
static const char *const langs[] = {"kk", "ru", "en"};
static const char *const decisions[] = {"upheld", "partly_upheld", "rejected"};
#define PICK(list, i) ((list)[(i) % (long)(sizeof(list) / sizeof((list)[0]))])
#define HASH "0000000000000000000000000000000000000000000000000000000000000000"

/* Bodies as the engine writes them (RFC 8785), with values of usual length. */
static int body_write(long i, int64_t at_usec, const char *id, char *out, size_t room)
{
    long long at = at_usec;

    if (i % 4 < 2)
        return snprintf(
            out, room,
            "{\"account_id\":\"018f0000-0000-7000-8000-000000000001\",\"actor\":\"token\",\"at_usec\":%lld,"
            "\"attachments\":[],\"calendar\":\"" HASH "\",\"case_id\":\"%s\",\"catalogue\":\"" HASH "\","
            "\"clocks\":[],\"kind\":\"case.opened\",\"lang\":\"kk\",\"number\":\"МШ-2025-%06ld\","
            "\"opener\":\"api\",\"personal\":{},\"procedure\":\"moderation\",\"received\":%lld,"
            "\"state\":\"in_force\",\"values\":{\"category\":\"%s\",\"content_type\":\"text\","
            "\"content_url\":\"https://alan.example.kz/p/%ld\",\"decided_by\":\"%s\",\"found_by\":\"automatic\","
            "\"found_how\":\"Мәтін сүзгісі\",\"ground\":\"law\",\"measure\":\"%s\","
            "\"reasons\":\"Жазбада тыйым салынған мәлімет бар, тексеру нәтижесі қоса берілген.\"},\"version\":1}",
            at, id, i, at, PICK(categories, i), i, i % 3 ? "automatic" : "person", PICK(measures, i));
    if (i % 4 == 2)
        return snprintf(
            out, room,
            "{\"actor\":\"opener\",\"at_usec\":%lld,\"attachments\":[],\"calendar\":\"" HASH "\",\"case_id\":\"%s\","
            "\"catalogue\":\"" HASH "\",\"clocks\":[{\"clock\":\"answer\",\"due\":%lld,\"norm\":\"opl.11.3\","
            "\"norm_from\":\"2023-09-10\",\"overdue\":%lld,\"starts\":%lld}],\"kind\":\"case.opened\","
            "\"lang\":\"%s\",\"number\":\"Ш-2025-%06ld\",\"opener\":\"public\",\"personal\":{},"
            "\"procedure\":\"complaint\",\"received\":%lld,\"state\":\"received\",\"values\":{\"about\":\"content\","
            "\"link\":\"https://alan.example.kz/p/%ld\",\"text\":\"Менің суретім рұқсатсыз жарияланған, өшіруді "
            "сұраймын.\"},\"version\":1}",
            at, id, at, at, at, PICK(langs, i / 4), i, at, i);
    return snprintf(
        out, room,
        "{\"account_id\":\"018f0000-0000-7000-8000-000000000001\",\"act\":\"answer\",\"actor\":\"account\","
        "\"at_usec\":%lld,\"calendar\":\"" HASH "\",\"case_id\":\"%s\",\"catalogue\":\"" HASH "\",\"clocks\":[{"
        "\"at\":%lld,\"clock\":\"answer\",\"in_time\":true,\"starts\":%lld,\"stopped\":\"met\"}],\"from\":\"received\","
        "\"kind\":\"case.acted\",\"paper\":\"complaint_answer\",\"personal\":{},\"procedure\":\"complaint\","
        "\"to\":\"answered\",\"values\":{\"decision\":\"%s\",\"reasons\":\"Тексерілді, ереже бұзылғаны анықталды, "
        "жазба өшірілді.\"},\"version\":2}",
        at, id, at, at - (i % 500) * 3600 * USEC_PER_SEC, PICK(decisions, i / 4));
}

static int run(struct tx *tx, struct store_command *command, struct err *err)
{
    struct group *group = command->arg;
    int r = 0;

    for (long i = group->from; r == 0 && i < group->until; i++) {
        int64_t at_usec = group->begin_usec + (int64_t)((double)group->span_usec * (double)i / (double)group->count);
        char body[4096], id[64];
        struct event_row event = {.at_usec = at_usec, .case_id = id, .body = body};

        snprintf(id, sizeof(id), "018f0000-0000-7000-8000-%012ld", i / 4 * 4 + (i % 4 == 3 ? 2 : i % 4));
        event.kind = i % 4 == 3 ? "case.acted" : "case.opened";
        event.account_id = i % 4 == 2 ? NULL : "018f0000-0000-7000-8000-000000000001";
        event.body_len = (size_t)body_write(i, at_usec, id, body, sizeof(body));
        r = ledger_append(tx, &event, err);
    }
    return r;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct installation installation;
    struct group group = {0};
    struct err err = {0};
    int r;

    if (argc != 6 || sodium_init() < 0)
        return 2;
    settings.store_url = argv[1];
    settings.var_dir = argv[2];
    settings.law_dir = argv[3];
    group.count = atol(argv[4]);
    r = installation_open(&installation, &settings, true, &err);
    if (r < 0) {
        fprintf(stderr, "%s %s %s\n", err.code, err.arg, err.detail);
        return 1;
    }
    const struct zone *zone = &installation.catalogue->calendar->zone;
    group.begin_usec = zone_moment(zone, day_from_date((struct date){atoi(argv[5]), 1, 1}), 0);
    group.span_usec = zone_moment(zone, day_from_date((struct date){atoi(argv[5]) + 1, 1, 1}), 0) - group.begin_usec;
    for (group.from = 0; r == 0 && group.from < group.count; group.from = group.until) {
        group.until = group.from + GROUP < group.count ? group.from + GROUP : group.count;
        r = store_write(installation.store, run, &group, &err);
    }
    if (r < 0)
        fprintf(stderr, "%s %s %s\n", err.code, err.arg, err.detail);
    installation_close(&installation);
    return r < 0 ? 1 : 0;
}
