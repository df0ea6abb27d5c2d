/* /v1/persons: people whose data are held, found by their names in a body (never in an address, which is logged), what
 * stands about each, what was done, transfers to third persons, policies that they have read. */
#include "web/api/persons.h"
#include "cases/parts.h"
#include "persons/acknowledge.h"
#include "persons/decide_now.h"
#include "persons/effects.h"
#include "web/api/json_in.h"
#include <string.h>

#define HISTORY_USUAL 50
#define HISTORY_MAX 500

/* --- Found ---------------------------------------------------------------------------------------------------------
 */

static void write_person(struct request *request, struct buf *out, const struct person *person)
{
    const struct zone *zone = request_zone(request);
    int32_t today = zone_day_of(zone, request->now_usec);
    jo_open(out, '{');
    jo_text(out, "person", person->subject_id);
    jo_text(out, "id", person->id);
    jo_moment(out, "known_since", zone, person->created_usec);
    jo_key(out, "minor");
    buf_puts(out, person->adult_day == INT32_MIN ? "null" : person->adult_day > today ? "true" : "false");
    jo_bool(out, "blocked", person->blocks > 0);
    jo_bool(out, "held", person->holds > 0);
    jo_moment(out, "destroyed_at", zone, person->destroyed_usec);
    jo_key(out, "consents_url");
    buf_printf(out, "\"/v1/persons/%s/consents\"", person->subject_id);
    jo_key(out, "history_url");
    buf_printf(out, "\"/v1/persons/%s/history\"", person->subject_id);
    jo_close(out, '}');
}

int api_person_find(struct request *request, struct response *response, struct err *err)
{
    struct json_in in = json_in_body(request, person_name_keys);
    struct person_names names;
    struct person person;
    struct tx *tx;
    bool found;
    json_in_names(&in, &names);
    if (names.id == NULL && names.email == NULL && names.phone == NULL && names.iin == NULL &&
        request->errors.count == 0)
        return api_refuse(request, "id", "person_unnamed", err);
    int r = json_in_end(request, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = person_find(tx, request->office, &names, &request->arena, &person, &found, err);
    if (r < 0)
        return r;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "person_unknown", NULL);
    write_person(request, &response->body, &person);
    return 0;
}

/* The person of the address, by subject_id alone. */
static int person_of_path(struct request *request, struct tx *tx, struct person *ret, struct err *err)
{
    const char *id = request_param(request, "id");
    if (!id_valid(id))
        return err_set(err, ERR_NOT_FOUND, "person_unknown", NULL);
    return person_get(tx, id, &request->arena, ret, err);
}

static int read_person(struct request *request, struct tx **ret_tx, struct person *ret, struct err *err)
{
    int r = request_read(request, ret_tx, err);
    return r < 0 ? r : person_of_path(request, *ret_tx, ret, err);
}

int api_person_get(struct request *request, struct response *response, struct err *err)
{
    struct person person;
    struct tx *tx;
    int r = read_person(request, &tx, &person, err);
    if (r == 0)
        write_person(request, &response->body, &person);
    return r;
}

/* --- Consents ------------------------------------------------------------------------------------------------------
 */

static int consents_run(struct tx *tx, struct request *request, struct err *err)
{
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    return r < 0
               ? r
               : person_note_look(tx, request->office, &person, "consents", 0, &request->actor, request->now_usec, err);
}

static int consents_finish(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct buf *out = &response->body;
    struct consent *consents;
    struct person person;
    struct tx *tx;
    size_t count;
    int r = read_person(request, &tx, &person, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = consents_of(tx, person.serial, &request->arena, &consents, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "consents");
    jo_open(out, '[');
    for (size_t i = 0; r == 0 && i < count; i++)
        r = consent_write(request, tx, out, kept, &person, &consents[i], err);
    jo_close(out, ']');
    jo_close(out, '}');
    return r;
}

int api_person_consents(struct request *request, struct response *response, struct err *err)
{
    return request_write(request, consents_run, consents_finish);
}

/* --- History -------------------------------------------------------------------------------------------------------
 */

/* The body of an event without what stands beside it already, and without the name of the person. */
static int write_deed(struct request *request, struct buf *out, const struct person_deed *deed, struct err *err)
{
    static const char *const beside[] = {"kind",     "at_usec",    "actor",   "account_id",
                                         "token_id", "subject_id", "personal"};
    CLEANUP_JSON json_t *rest = json_copy((json_t *)(uintptr_t)deed->body);
    CLEANUP_BUF struct buf text = {0};
    if (rest == NULL)
        return err_memory(err);
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
        json_object_del(rest, beside[i]);
    buf_init(&text, BODY_LIMIT);
    int r = json_canonical(rest, &text, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_int(out, "leaf_index", deed->leaf);
    jo_moment(out, "at", request_zone(request), deed->at_usec);
    jo_text(out, "kind", deed->kind);
    jo_text(out, "actor", deed->actor);
    jo_text(out, "account_name", deed->account_name);
    jo_key(out, "what");
    buf_put(out, text.data, text.len);
    jo_close(out, '}');
    return 0;
}

int api_person_history(struct request *request, struct response *response, struct err *err)
{
    struct buf *out = &response->body;
    int64_t before = 0, limit = HISTORY_USUAL;
    struct person_deed *deeds;
    struct person person;
    struct tx *tx;
    size_t count;
    int r = api_query_int(request, "before", 0, INT64_MAX, &before, err);
    if (r == 0)
        r = api_query_int(request, "limit", 1, HISTORY_MAX, &limit, err);
    if (r == 0)
        r = read_person(request, &tx, &person, err);
    if (r == 0)
        r = person_history(tx, person.serial, NULL, before, (size_t)limit, &request->arena, &deeds, &count, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_key(out, "history");
    jo_open(out, '[');
    for (size_t i = 0; r == 0 && i < count; i++)
        r = write_deed(request, out, &deeds[i], err);
    jo_close(out, ']');
    jo_key(out, "before");
    if (count == (size_t)limit && deeds[count - 1].leaf > 0)
        jo_put_int(out, deeds[count - 1].leaf);
    else
        jo_put_text(out, NULL);
    jo_close(out, '}');
    person_history_done(deeds, count);
    return r;
}

/* --- Transfers -----------------------------------------------------------------------------------------------------
 */

struct transferring {
    const char *recipient, *purpose, *country, *ground;
    const char *const *categories;
    size_t category_count;
    struct repeat repeat;
    struct case_opened told; /* of a transfer of which the person is told (pdl.19.1); no id: of none */
    struct decision decision;
    const char *decided_ground;
    int64_t leaf;
};

/* Decided in the writer's turn, from what then stands; denied, nothing is written. */
static int decide_transfer(struct tx *tx, struct request *request, const struct person *person,
                           struct transferring *transferring, struct transfer *ret, struct err *err)
{
    CLEANUP_DECISION_LAW struct decision_law *law = NULL;
    CLEANUP_KEPT struct kept *kept = NULL;
    const struct question_words words = {.person = person->subject_id,
                                         .action = transferring->country != NULL ? "cross_border" : "transfer",
                                         .purpose = transferring->purpose,
                                         .recipient = transferring->recipient,
                                         .country = transferring->country,
                                         .ground = transferring->ground,
                                         .category_count = transferring->category_count,
                                         .categories = transferring->categories};
    struct decision *decision = &transferring->decision;
    struct question question;
    int r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = decision_law_new(tx, request->office, kept, request->now_usec, &law, err);
    if (r < 0)
        return r;
    question_make(law, request->office->keyring, &words, &question);
    r = decide_now(tx, law, &question, person, zone_day_of(request_zone(request), request->now_usec), request->now_usec,
                   decision, err);
    if (r < 0)
        return r;
    for (int i = 0; decision->answer != ANSWER_ALLOWED && i < REASONS_BASIS; i++)
        if ((decision->reasons >> i & 1) != 0)
            return err_set(err, ERR_CONFLICT, "transfer_not_allowed", "%s", reason_code((enum reason)i));
    if (decision->answer != ANSWER_ALLOWED)
        return err_set(err, ERR_CONFLICT, "transfer_not_allowed", "%s", answer_word(decision->answer));
    transferring->decided_ground =
        decision->ground > 0 ? arena_strdup(&request->arena, decision_word(law, WORD_GROUND, decision->ground)) : NULL;
    *ret = (struct transfer){.recipient = transferring->recipient,
                             .purpose = transferring->purpose,
                             .country = transferring->country,
                             .categories = question.categories,
                             .consent = decision->consent,
                             .ground = transferring->decided_ground};
    return 0;
}

static int transfer_run(struct tx *tx, struct request *request, struct err *err)
{
    struct transferring *transferring = request->state;
    struct idempotency_row first;
    struct transfer transfer;
    struct person person;
    bool repeated;
    int r = repeat_find(tx, &transferring->repeat, &request->arena, &first, &repeated, err);
    if (r == 0)
        r = person_of_path(request, tx, &person, err);
    if (r < 0)
        return r;
    if (repeated) {
        transferring->leaf = first.leaf;
        transferring->decision.consent = -1;
        return 0;
    }
    r = decide_transfer(tx, request, &person, transferring, &transfer, err);
    if (r == 0)
        r = person_note_transfer(tx, request->office, &person, &transfer, &request->actor, request->now_usec,
                                 &transferring->leaf, err);
    if (r == 0)
        r = transfer_notice_open(tx, request->office, &person, &transfer, request->lang, &request->actor,
                                 request->now_usec, &transferring->told, err);
    return r < 0
               ? r
               : repeat_keep(tx, &transferring->repeat, person.subject_id, transferring->leaf, request->now_usec, err);
}

static int transfer_finish(struct request *request, struct response *response, struct err *err)
{
    const struct transferring *transferring = request->state;
    struct buf *out = &response->body;
    response->status = 201;
    jo_open(out, '{');
    jo_int(out, "leaf_index", transferring->leaf);
    jo_key(out, "consent");
    if (transferring->decision.consent >= 0)
        jo_put_int(out, transferring->decision.consent);
    else
        jo_put_text(out, NULL);
    jo_text(out, "ground", transferring->decided_ground);
    jo_key(out, "notice");
    if (transferring->told.id[0] == '\0') {
        jo_put_text(out, NULL);
    } else {
        jo_open(out, '{');
        jo_text(out, "id", transferring->told.id);
        jo_text(out, "number", transferring->told.number);
        jo_close(out, '}');
    }
    jo_close(out, '}');
    return 0;
}

int api_person_transfer(struct request *request, struct response *response, struct err *err)
{
    static const char *const keys[] = {"recipient", "purpose", "categories", "country", "ground", NULL};
    struct transferring *transferring = ARENA_NEW(&request->arena, struct transferring);
    struct person person;
    struct tx *tx;
    if (transferring == NULL)
        return err_memory(err);
    struct json_in in = json_in_body(request, keys);
    transferring->recipient = json_in_text(&in, "recipient");
    transferring->purpose = json_in_text(&in, "purpose");
    transferring->country = json_in_as(&in, "country", FIELD_COUNTRY);
    transferring->ground = json_in_text(&in, "ground");
    transferring->categories = json_in_texts(&in, "categories", &transferring->category_count);
    if (transferring->country != NULL && strcmp(transferring->country, "KZ") == 0)
        transferring->country = NULL;
    if (transferring->recipient == NULL)
        field_errors_add(&request->errors, "recipient", "required", NULL);
    if (transferring->purpose == NULL)
        field_errors_add(&request->errors, "purpose", "required", NULL);
    if (transferring->category_count == 0)
        field_errors_add(&request->errors, "categories", "required", NULL);
    int r = json_in_end(request, err);
    if (r == 0)
        r = read_person(request, &tx, &person, err);
    const char *body = r < 0 ? NULL : json_in_canonical(request);
    if (r == 0 && body == NULL)
        r = err_memory(err);
    if (r == 0)
        r = repeat_make(request->office, request_header(request, "Idempotency-Key"), request->path, &request->actor,
                        NULL, 0, NULL, 0, body, &transferring->repeat, err);
    if (r < 0)
        return r;
    request->state = transferring;
    return request_write(request, transfer_run, transfer_finish);
}

/* --- Policies that were read ---------------------------------------------------------------------------------------
 */

struct acknowledging {
    const char *policy, *lang;
    int64_t version; /* 0: the one in force */
    struct acknowledgement_row row;
    bool is_new;
};

static int acknowledge_run(struct tx *tx, struct request *request, struct err *err)
{
    struct acknowledging *acknowledging = request->state;
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    if (r == 0)
        r = person_acknowledge(tx, request->office, &person, acknowledging->policy, acknowledging->version,
                               acknowledging->lang, &request->actor, request->now_usec, &acknowledging->row,
                               &acknowledging->is_new, err);
    return r;
}

static int acknowledge_finish(struct request *request, struct response *response, struct err *err)
{
    const struct acknowledging *acknowledging = request->state;
    struct buf *out = &response->body;
    response->status = acknowledging->is_new ? 201 : 200;
    jo_open(out, '{');
    jo_text(out, "policy", acknowledging->policy);
    jo_int(out, "version", acknowledging->row.version);
    jo_text(out, "lang", acknowledging->row.lang);
    jo_moment(out, "at", request_zone(request), acknowledging->row.at_usec);
    jo_int(out, "leaf_index", acknowledging->row.leaf);
    jo_close(out, '}');
    return 0;
}

int api_person_acknowledge(struct request *request, struct response *response, struct err *err)
{
    static const char *const keys[] = {"policy", "version", "lang", NULL};
    struct acknowledging *acknowledging = ARENA_NEW(&request->arena, struct acknowledging);
    if (acknowledging == NULL)
        return err_memory(err);
    struct json_in in = json_in_body(request, keys);
    const json_t *version = json_object_get(request->json, "version");
    acknowledging->policy = json_in_text(&in, "policy");
    acknowledging->lang = json_in_text(&in, "lang");
    if (version != NULL && !json_is_null(version)) {
        acknowledging->version = json_integer_value(version);
        if (!json_is_integer(version) || acknowledging->version < 1)
            field_errors_add(&request->errors, "version", "wrong_type", NULL);
    }
    if (acknowledging->policy == NULL)
        field_errors_add(&request->errors, "policy", "required", NULL);
    if (acknowledging->lang == NULL || lang_parse(acknowledging->lang) < 0)
        field_errors_add(&request->errors, "lang", acknowledging->lang == NULL ? "required" : "not_an_option", NULL);
    int r = json_in_end(request, err);
    if (r < 0)
        return r;
    request->state = acknowledging;
    return request_write(request, acknowledge_run, acknowledge_finish);
}

/* --- Names that are theirs no longer -------------------------------------------------------------------------------
 */

static int forget_run(struct tx *tx, struct request *request, struct err *err)
{
    struct person person;
    int r = person_of_path(request, tx, &person, err);
    return r < 0 ? r
                 : person_forget_names(tx, request->office, &person, request->state, &request->actor, request->now_usec,
                                       err);
}

static int forget_finish(struct request *request, struct response *response, struct err *err)
{
    (void)err;
    (void)request;
    response->status = 204;
    return 0;
}

int api_person_forget(struct request *request, struct response *response, struct err *err)
{
    static const char *const keys[] = {"email", "phone", "iin", NULL};
    struct person_names *names = ARENA_NEW(&request->arena, struct person_names);
    (void)response;
    if (names == NULL)
        return err_memory(err);
    struct json_in in = json_in_body(request, keys);
    json_in_names(&in, names);
    int r = json_in_end(request, err);
    if (r == 0 && names->email == NULL && names->phone == NULL && names->iin == NULL)
        r = api_refuse(request, "email", "person_unnamed", err);
    if (r < 0)
        return r;
    request->state = names;
    return request_write(request, forget_run, forget_finish);
}
