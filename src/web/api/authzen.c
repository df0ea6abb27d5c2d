/* POST /access/v1/evaluation and /evaluations, and where they are: /.well-known/authzen-configuration. */
#include "web/authzen.h"
#include "web/api/api.h"
#include "web/api/authzen.h"
#include <string.h>

/* A body of the largest size could ask this about nothing a hundred thousand times. */
#define EVALUATIONS_MAX 10000

enum semantic { EXECUTE_ALL, DENY_ON_FIRST_DENY, PERMIT_ON_FIRST_PERMIT };

int authzen_body(struct request *request, const struct json_cell **ret, struct err *err)
{
    const struct json_cell *root;
    int r = json_tape_read(request->text, request->body_len, &request->arena, &root, err);
    if (r < 0)
        return r;
    if (!json_cell_is_object(root))
        return err_set(err, ERR_MALFORMED, "json_not_an_object", NULL);
    *ret = root;
    return 0;
}

int authzen_refuse(const struct authzen_fault *fault, struct err *err)
{
    return err_set(err, ERR_MALFORMED, fault->code, "%s", fault->place);
}

static int answer_one(struct request *request, const struct json_cell *root, struct buf *out, struct err *err)
{
    struct rules_question question;
    struct authzen_outcome outcome = {0};
    struct authzen authzen;
    if (!authzen_read(root, NULL, 0, &question, &outcome.fault))
        return authzen_refuse(&outcome.fault, err);
    int r = authzen_init(&authzen, request, true, err);
    if (r == 0)
        r = authzen_decide(&authzen, &question, 1, &outcome, err);
    if (r == 0 && outcome.by == BY_FAULT)
        r = authzen_refuse(&outcome.fault, err);
    if (r == 0)
        authzen_write(&authzen, &outcome, out);
    authzen_outcomes_done(&outcome, 1);
    authzen_done(&authzen);
    return r;
}

int api_authzen_evaluation(struct request *request, struct response *response, struct err *err)
{
    const struct json_cell *root;
    int r = authzen_body(request, &root, err);
    return r < 0 ? r : answer_one(request, root, &response->body, err);
}

/* --- Many --------------------------------------------------------------------------------------------------------- */

static int read_semantic(const struct json_cell *root, enum semantic *ret, struct err *err)
{
    static const char *const words[] = {"execute_all", "deny_on_first_deny", "permit_on_first_permit"};
    const struct json_cell *options = json_cell_member(root, "options"), *word;
    *ret = EXECUTE_ALL;
    if (options == NULL)
        return 0;
    if (!json_cell_is_object(options))
        return err_set(err, ERR_MALFORMED, "authzen_wrong_type", "options");
    word = json_cell_member(options, "evaluations_semantic");
    if (word == NULL)
        return 0;
    for (int i = 0; json_cell_is_text(word) && i < 3; i++)
        if (strcmp(word->text, words[i]) == 0) {
            *ret = (enum semantic)i;
            return 0;
        }
    return err_set(err, ERR_MALFORMED, "authzen_semantic", NULL);
}

/* A default of a wrong type spoils the whole request; one that lacks something only those questions that take it. */
static int check_defaults(const struct json_cell *root, struct err *err)
{
    static const char *const keys[] = {"subject", "action", "resource", "context"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct json_cell *cell = json_cell_member(root, keys[i]);
        if (cell != NULL && !json_cell_is_object(cell))
            return err_set(err, ERR_MALFORMED, "authzen_wrong_type", "%s", keys[i]);
    }
    return 0;
}

/* Writes the answers of a chunk; true when the semantic ends the whole with one of them. */
static bool write_chunk(struct authzen *authzen, const struct authzen_outcome *outcomes, size_t count,
                        enum semantic semantic, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (out->data[out->len - 1] == '}')
            buf_putc(out, ',');
        authzen_write(authzen, &outcomes[i], out);
        bool yes = outcomes[i].by != BY_FAULT && outcomes[i].allowed;
        if ((semantic == DENY_ON_FIRST_DENY && !yes) || (semantic == PERMIT_ON_FIRST_PERMIT && yes))
            return true;
    }
    return false;
}

static int answer_many(struct authzen *authzen, const struct json_cell *root, const struct json_cell *list,
                       enum semantic semantic, struct buf *out, struct err *err)
{
    struct rules_question questions[AUTHZEN_CHUNK];
    struct authzen_outcome outcomes[AUTHZEN_CHUNK];
    const struct json_cell *item = json_cell_first(list);
    bool ended = false;
    int r = 0;
    buf_puts(out, "{\"evaluations\":[");
    for (size_t done = 0; r == 0 && !ended && done < list->count;) {
        size_t count = list->count - done < AUTHZEN_CHUNK ? list->count - done : AUTHZEN_CHUNK;
        memset(outcomes, 0, count * sizeof outcomes[0]);
        for (size_t i = 0; i < count; i++, item = json_cell_after(item))
            (void)authzen_read(item, root, 0, &questions[i], &outcomes[i].fault);
        r = authzen_decide(authzen, questions, count, outcomes, err);
        if (r == 0 && !out->failed)
            ended = write_chunk(authzen, outcomes, count, semantic, out);
        authzen_outcomes_done(outcomes, count);
        done += count;
    }
    buf_puts(out, "]}");
    return r;
}

int api_authzen_evaluations(struct request *request, struct response *response, struct err *err)
{
    const struct json_cell *root, *list;
    enum semantic semantic;
    struct authzen authzen;
    int r = authzen_body(request, &root, err);
    if (r < 0)
        return r;
    list = json_cell_member(root, "evaluations");
    if (list != NULL && list->kind != CELL_ARRAY)
        return err_set(err, ERR_MALFORMED, "authzen_wrong_type", "evaluations");
    r = read_semantic(root, &semantic, err);
    if (r < 0)
        return r;
    if (list == NULL || list->count == 0)
        return answer_one(request, root, &response->body, err);
    if (list->count > EVALUATIONS_MAX)
        return err_set(err, ERR_MALFORMED, "authzen_too_many", "%d", EVALUATIONS_MAX);
    r = check_defaults(root, err);
    if (r < 0)
        return r;
    r = authzen_init(&authzen, request, false, err);
    if (r == 0)
        r = answer_many(&authzen, root, list, semantic, &response->body, err);
    authzen_done(&authzen);
    return r;
}

/* --- Where -------------------------------------------------------------------------------------------------------- */

int api_authzen_configuration(struct request *request, struct response *response, struct err *err)
{
    static const struct {
        const char *member, *path;
    } places[] = {{"access_evaluation_endpoint", "evaluation"},
                  {"access_evaluations_endpoint", "evaluations"},
                  {"search_subject_endpoint", "search/subject"},
                  {"search_resource_endpoint", "search/resource"},
                  {"search_action_endpoint", "search/action"}};
    struct buf *out = &response->body;
    const char *url = request_public_url(request);
    jo_open(out, '{');
    jo_text(out, "policy_decision_point", url);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *address = arena_printf(&request->arena, "%s/access/v1/%s", url, places[i].path);
        if (address == NULL)
            return err_memory(err);
        jo_text(out, places[i].member, address);
    }
    jo_close(out, '}');
    return 0;
}
