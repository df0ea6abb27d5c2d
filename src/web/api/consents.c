/* /v1/consents: given, looked at, withdrawn, ended. Everything that can be refused is refused before the writer's turn
 * and by name, all of it at once. */
#include "cases/parts.h"
#include "web/api/json_in.h"
#include "web/api/persons.h"
#include <string.h>

/* --- Giving --------------------------------------------------------------------------------------------------------
 */

struct giving {
    const struct consent_prepared *prepared;
    struct repeat repeat;
    int64_t leaf;
    char subject_id[ID_TEXT];
};

static int give_run(struct tx *tx, struct request *request, struct err *err)
{
    struct giving *giving = request->state;
    struct idempotency_row first;
    bool repeated;
    int r = repeat_find(tx, &giving->repeat, &request->arena, &first, &repeated, err);
    if (r < 0)
        return r;
    if (repeated) {
        giving->leaf = first.leaf;
        memcpy(giving->subject_id, first.case_id, strnlen(first.case_id, ID_TEXT - 1) + 1);
        return 0;
    }
    r = consent_give(tx, request->office, giving->prepared, &request->actor, request->now_usec, &giving->leaf,
                     giving->subject_id, err);
    return r < 0 ? r : repeat_keep(tx, &giving->repeat, giving->subject_id, giving->leaf, request->now_usec, err);
}

/* The proof that the ledger holds the event, as `talap verify --receipt` and the public page take it. */
static int write_receipt(struct request *request, struct tx *tx, int64_t leaf, struct buf *out, struct err *err)
{
    const char *key = signer_verifier_key(ledger_signer(request->office->ledger), &request->arena);
    struct receipt receipt;
    if (key == NULL)
        return err_memory(err);
    int r = ledger_receipt(tx, leaf, 0, &request->arena, &receipt, err);
    return r < 0 ? r : receipt_to_json(&receipt, key, out, err);
}

static int give_finish(struct request *request, struct response *response, struct err *err)
{
    const struct giving *giving = request->state;
    struct buf *out = &response->body;
    char code[16];
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    response->status = 201;
    if (response_header(response, request, "Location", "/v1/consents/%lld", (long long)giving->leaf) < 0)
        return err_memory(err);
    keyring_consent_code(request->office->keyring, giving->leaf, code);
    jo_open(out, '{');
    jo_int(out, "consent", giving->leaf);
    jo_text(out, "person", giving->subject_id);
    jo_text(out, "code", code);
    jo_text(out, "receipt_url",
            arena_printf(&request->arena, "%s/%s/consent/%lld?code=%s", request_public_url(request),
                         lang_code(request->lang), (long long)giving->leaf, code));
    jo_key(out, "receipt");
    r = write_receipt(request, tx, giving->leaf, out, err);
    jo_close(out, '}');
    return r;
}

static void read_given(struct request *request, struct consent_given *given)
{
    static const char *const keys[] = {"person",       "representative",
                                       "operator",     "purpose",
                                       "categories",   "third_persons",
                                       "cross_border", "publication",
                                       "automated",    "recipients",
                                       "from",         "until",
                                       "text",         "way",
                                       "given_at",     NULL};
    static const char *const operator_keys[] = {"name", "bin", NULL}, *const text_keys[] = {"text", "lang", "version",
                                                                                            NULL};
    struct json_in in = json_in_body(request, keys);
    struct json_in person = json_in_object(&in, "person", person_name_keys);
    struct json_in operated = json_in_object(&in, "operator", operator_keys);
    struct json_in text = json_in_object(&in, "text", text_keys);
    json_in_names(&person, &given->person);
    given->representative = json_in_text(&in, "representative");
    given->operator_name = json_in_text(&operated, "name");
    given->operator_bin = json_in_text(&operated, "bin");
    given->purpose = json_in_text(&in, "purpose");
    given->categories = json_in_texts(&in, "categories", &given->category_count);
    given->third_persons = json_in_bool(&in, "third_persons");
    given->cross_border = json_in_bool(&in, "cross_border");
    given->publication = json_in_bool(&in, "publication");
    given->automated = json_in_bool(&in, "automated");
    given->recipients = json_in_texts(&in, "recipients", &given->recipient_count);
    given->from_usec = json_in_moment(&in, "from");
    given->until_usec = json_in_moment(&in, "until");
    given->text = json_in_text(&text, "text");
    given->text_lang = json_in_text(&text, "lang");
    given->text_version = json_in_text(&text, "version");
    given->way = json_in_text(&in, "way");
    given->given_usec = json_in_moment(&in, "given_at");
}

static int repeat_of(struct request *request, struct repeat *ret, struct err *err)
{
    const char *body = json_in_canonical(request);
    return body == NULL ? err_memory(err)
                        : repeat_make(request->office, request_header(request, "Idempotency-Key"), request->path,
                                      &request->actor, NULL, 0, NULL, 0, body, ret, err);
}

int api_consent_give(struct request *request, struct response *response, struct err *err)
{
    struct giving *giving = ARENA_NEW(&request->arena, struct giving);
    CLEANUP_KEPT struct kept *kept = NULL;
    struct consent_given given = {0};
    struct organisation organisation;
    struct tx *tx;
    if (giving == NULL)
        return err_memory(err);
    read_given(request, &given);
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = organisation_get(tx, &request->arena, &organisation, err);
    if (r == 0)
        r = consent_prepare(request->office, kept, &organisation, &given, request->now_usec, &request->arena,
                            &giving->prepared, &request->errors, err);
    /* What was of the wrong kind is named beside what was missing. */
    if (r == 0)
        r = json_in_end(request, err);
    if (r == 0)
        r = repeat_of(request, &giving->repeat, err);
    if (r < 0)
        return r;
    request->state = giving;
    return request_write(request, give_run, give_finish);
}

/* --- Looking -------------------------------------------------------------------------------------------------------
 */

static void write_aspects(struct buf *out, const char *key, unsigned aspects)
{
    jo_key(out, key);
    jo_open(out, '{');
    for (unsigned bit = ASPECT_PROCESSING; bit <= ASPECT_AUTOMATED; bit <<= 1)
        jo_bool(out, aspect_word((enum consent_aspect)bit), (aspects & bit) != 0);
    jo_close(out, '}');
}

static int64_t moment_of(int64_t sec)
{
    return sec == INT64_MAX ? TIME_NONE : sec * USEC_PER_SEC;
}

const char *consent_state(const struct consent *consent, int64_t now_usec)
{
    int64_t now = now_usec / USEC_PER_SEC;
    if (consent->ended != NULL)
        return consent->ended;
    return now < consent->from_sec ? "not_begun" : now >= consent->until_sec ? "expired" : "stands";
}

static void write_purpose(struct request *request, struct buf *out, const struct kept *kept,
                          const struct consent *consent)
{
    const struct kept_entry *purpose = kept_version(kept, KEPT_PURPOSE, consent->purpose, consent->purpose_version);
    jo_text(out, "purpose", purpose == NULL ? NULL : purpose->id);
    jo_int(out, "purpose_version", consent->purpose_version);
    jo_text(out, "purpose_title", purpose == NULL ? NULL : kept_title(purpose, request->lang));
}

static void write_text(struct buf *out, const struct consent_text *text)
{
    jo_key(out, "operator");
    jo_open(out, '{');
    jo_text(out, "name", text->operator_name);
    jo_text(out, "bin", text->operator_bin);
    jo_close(out, '}');
    jo_key(out, "text");
    jo_open(out, '{');
    jo_hash(out, "hash", &text->hash);
    jo_text(out, "lang", text->lang);
    jo_text(out, "version", text->version);
    jo_text(out, "text", text->text);
    jo_close(out, '}');
}

int consent_write(struct request *request, struct tx *tx, struct buf *out, const struct kept *kept,
                  const struct person *person, const struct consent *consent, struct err *err)
{
    const struct zone *zone = request_zone(request);
    const char *full_name, *representative;
    const char *const *recipients;
    struct consent_text text;
    size_t recipient_count;
    int r = consent_text_get(tx, consent->text, &request->arena, &text, err);
    if (r == 0)
        r = recipient_set_get(tx, consent->recipients, &request->arena, &recipients, &recipient_count, err);
    if (r == 0)
        r = consent_names_get(tx, request->office, consent, person, &request->arena, &full_name, &representative, err);
    if (r < 0)
        return r;
    jo_open(out, '{');
    jo_int(out, "consent", consent->leaf);
    jo_text(out, "person", person->subject_id);
    jo_text(out, "state", consent_state(consent, request->now_usec));
    jo_text(out, "full_name", full_name);
    jo_text(out, "representative", representative);
    write_purpose(request, out, kept, consent);
    jo_key(out, "categories");
    jo_open(out, '[');
    for (int number = 0; number < DATA_CATEGORIES_MAX; number++)
        if ((consent->categories >> number & 1) != 0)
            jo_put_text(out, kept_category_id(kept, number));
    jo_close(out, ']');
    write_aspects(out, "given", consent->given);
    write_aspects(out, "stands", consent->stands);
    jo_words(out, "recipients", recipients, recipient_count);
    jo_moment(out, "from", zone, moment_of(consent->from_sec));
    jo_moment(out, "until", zone, moment_of(consent->until_sec));
    jo_moment(out, "given_at", zone, consent->given_usec);
    jo_moment(out, "ended_at", zone, consent->ended_usec);
    jo_text(out, "way", consent->way);
    write_text(out, &text);
    jo_key(out, "proof_url");
    buf_printf(out, "\"/v1/ledger/inclusion?leaf=%lld\"", (long long)consent->leaf);
    jo_close(out, '}');
    return out->failed ? err_memory(err) : 0;
}

/* The consent of the address and whose it is. */
static int consent_of_path(struct request *request, struct tx *tx, struct consent *ret, struct person *ret_person,
                           struct err *err)
{
    int64_t leaf;
    int r = api_param_int(request, "leaf", 0, INT64_MAX, &leaf, err);
    if (r == 0)
        r = consent_get(tx, leaf, &request->arena, ret, err);
    return r < 0 ? r : person_by_serial(tx, ret->person, &request->arena, ret_person, err);
}

static int get_run(struct tx *tx, struct request *request, struct err *err)
{
    struct consent consent;
    struct person person;
    int r = consent_of_path(request, tx, &consent, &person, err);
    return r < 0
               ? r
               : person_note_look(tx, request->office, &person, "consents", 0, &request->actor, request->now_usec, err);
}

static int get_finish(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    struct consent consent;
    struct person person;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = consent_of_path(request, tx, &consent, &person, err);
    return r < 0 ? r : consent_write(request, tx, &response->body, kept, &person, &consent, err);
}

/* Whoever looks is written down (pdl.8-2), once an hour. */
int api_consent_get(struct request *request, struct response *response, struct err *err)
{
    int64_t leaf;
    int r = api_param_int(request, "leaf", 0, INT64_MAX, &leaf, err);
    return r < 0 ? r : request_write(request, get_run, get_finish);
}

/* --- Withdrawing and ending ----------------------------------------------------------------------------------------
 */

#define WITHDRAWAL "consent_withdrawal"

struct withdrawing {
    const struct case_prepared *prepared; /* NULL: without a case */
    struct case_opened opened;
    struct repeat repeat;
    int64_t leaf, person;
    unsigned aspects;
};

static int read_withdrawal(struct request *request, unsigned *ret_aspects, const char *const **ret_words,
                           size_t *ret_count, struct err *err)
{
    static const char *const keys[] = {"aspects", NULL};
    static const char *const all[] = {"processing"};
    struct json_in in = json_in_body(request, keys);
    *ret_words = json_in_texts(&in, "aspects", ret_count);
    if (*ret_count == 0) {
        *ret_words = all;
        *ret_count = 1;
    }
    for (size_t i = 0; i < *ret_count; i++) {
        unsigned bit = aspect_parse((*ret_words)[i]);
        if (bit == 0)
            return api_refuse(request, "aspects", "not_an_option", err);
        *ret_aspects |= bit;
    }
    return json_in_end(request, err);
}

/* The case in which the 15 working days run and each recipient is told, where this organisation offers it. */
static int prepare_case(struct request *request, struct tx *tx, const struct person *person,
                        struct withdrawing *withdrawing, const char *const *words, size_t count, struct err *err)
{
    const struct procedure *procedure = catalogue_procedure(request->office->catalogue, WITHDRAWAL);
    const char *consent = arena_printf(&request->arena, "%lld", (long long)withdrawing->leaf);
    const struct raw_value raw[] = {{.name = "consent", .kind = RAW_NUMBER, .count = 1, .texts = &consent},
                                    {.name = "aspects", .kind = RAW_LIST, .count = count, .texts = words}};
    struct case_opening input = {.procedure = procedure,
                                 .opener = request->actor.kind == ACTOR_TOKEN ? "api" : "staff",
                                 .subject_id = person->subject_id,
                                 .lang = request->lang,
                                 .received_usec = request->now_usec,
                                 .raw = raw,
                                 .raw_count = 2,
                                 .idempotency_key = request_header(request, "Idempotency-Key")};
    if (procedure == NULL || !office_runs(request->office, procedure))
        return 0;
    if (consent == NULL)
        return err_memory(err);
    return case_open_prepare(tx, request->office, &input, &request->actor, request->now_usec, &request->arena,
                             &withdrawing->prepared, &request->errors, err);
}

static int withdraw_run(struct tx *tx, struct request *request, struct err *err)
{
    struct withdrawing *withdrawing = request->state;
    struct idempotency_row first;
    bool repeated;
    if (withdrawing->prepared != NULL)
        return case_open(tx, request->office, withdrawing->prepared, request->now_usec, &withdrawing->opened, err);
    int r = repeat_find(tx, &withdrawing->repeat, &request->arena, &first, &repeated, err);
    if (r < 0 || repeated)
        return r;
    r = consent_withdraw(tx, request->office, withdrawing->person, withdrawing->leaf, withdrawing->aspects, NULL,
                         &request->actor, request->now_usec, err);
    return r < 0 ? r : repeat_keep(tx, &withdrawing->repeat, "", withdrawing->leaf, request->now_usec, err);
}

static int withdraw_finish(struct request *request, struct response *response, struct err *err)
{
    const struct withdrawing *withdrawing = request->state;
    struct buf *out = &response->body;
    struct consent consent;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = consent_get(tx, withdrawing->leaf, &request->arena, &consent, err);
    if (r < 0)
        return r;
    response->status = 201;
    jo_open(out, '{');
    jo_int(out, "consent", consent.leaf);
    jo_text(out, "state", consent_state(&consent, request->now_usec));
    write_aspects(out, "stands", consent.stands);
    jo_key(out, "case");
    if (withdrawing->prepared == NULL) {
        jo_put_text(out, NULL);
    } else {
        jo_open(out, '{');
        jo_text(out, "id", withdrawing->opened.id);
        jo_text(out, "number", withdrawing->opened.number);
        jo_text(out, "access_code", withdrawing->opened.access_code);
        jo_int(out, "leaf_index", withdrawing->opened.leaf);
        jo_close(out, '}');
    }
    jo_close(out, '}');
    return 0;
}

int api_consent_withdraw(struct request *request, struct response *response, struct err *err)
{
    struct withdrawing *withdrawing = ARENA_NEW(&request->arena, struct withdrawing);
    const char *const *words;
    struct consent consent;
    struct person person;
    struct tx *tx;
    size_t count;
    if (withdrawing == NULL)
        return err_memory(err);
    int r = read_withdrawal(request, &withdrawing->aspects, &words, &count, err);
    if (r == 0)
        r = request_read(request, &tx, err);
    if (r == 0)
        r = consent_of_path(request, tx, &consent, &person, err);
    if (r < 0)
        return r;
    withdrawing->leaf = consent.leaf;
    withdrawing->person = consent.person;
    r = prepare_case(request, tx, &person, withdrawing, words, count, err);
    if (r == 0)
        r = repeat_of(request, &withdrawing->repeat, err);
    if (r < 0)
        return r;
    request->state = withdrawing;
    return request_write(request, withdraw_run, withdraw_finish);
}

static int end_run(struct tx *tx, struct request *request, struct err *err)
{
    return consent_end(tx, request->office, *(const int64_t *)request->state, &request->actor, request->now_usec, err);
}

int api_consent_end(struct request *request, struct response *response, struct err *err)
{
    static const char *const none[] = {NULL};
    int64_t *leaf = ARENA_NEW(&request->arena, int64_t);
    if (leaf == NULL)
        return err_memory(err);
    json_in_body(request, none);
    int r = json_in_end(request, err);
    if (r == 0)
        r = api_param_int(request, "leaf", 0, INT64_MAX, leaf, err);
    if (r < 0)
        return r;
    request->state = leaf;
    return request_write(request, end_run, get_finish);
}
