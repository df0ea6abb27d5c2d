/* A consent record of ISO/IEC TS 27560:2023 in terms of the Data Privacy Vocabulary, after the guide of the W3C group
 * that keeps it (https://w3id.org/dpv/guides/consent-27560). Header, notice, one process with its parties, the states.
 * Each yes and no of pdl.8.4 beyond the processing itself is a part of the process with a state of its own. */
#include "persons/export_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char context_json[] =
    "{\"dpv\":\"https://w3id.org/dpv#\",\"loc\":\"https://w3id.org/dpv/loc#\",\"dct\":\"http://purl.org/dc/terms/\","
    "\"xsd\":\"http://www.w3.org/2001/XMLSchema#\",\"schema\":\"https://schema.org/\","
    "\"dct:conformsTo\":{\"@type\":\"@id\"},\"dct:source\":{\"@type\":\"@id\"},"
    "\"dct:created\":{\"@type\":\"xsd:dateTime\"},\"dct:date\":{\"@type\":\"xsd:dateTime\"},"
    "\"dct:valid\":{\"@type\":\"dct:Period\"},\"dpv:hasConsentStatus\":{\"@type\":\"@id\"},"
    "\"dpv:hasLegalBasis\":{\"@type\":\"@id\"},\"dpv:hasJurisdiction\":{\"@type\":\"@id\"},"
    "\"dpv:hasLocation\":{\"@type\":\"@id\"},\"dpv:hasProcessing\":{\"@type\":\"@id\"},\"dpv:hasContext\":{\"@type\":"
    "\"@id\"},"
    "\"dpv:isExercisedAt\":{\"@type\":\"@id\"},\"dpv:isIndicatedBy\":{\"@type\":\"@id\"},"
    "\"dpv:hasDuration\":{\"@type\":\"xsd:duration\"}}";

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static void comma(struct buf *out)
{
    char last = out->len > 0 ? out->data[out->len - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        buf_putc(out, ',');
}

static void open_with(struct buf *out, const char *key, char bracket)
{
    comma(out);
    if (key != NULL)
        buf_printf(out, "\"%s\":", key);
    buf_putc(out, bracket);
}

static void text(struct buf *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    comma(out);
    if (key != NULL)
        buf_printf(out, "\"%s\":", key);
    buf_put_json_string(out, value);
}

static void moment(const struct export_context *context, struct buf *out, const char *key, int64_t at_usec)
{
    char formatted[32];
    moment_format(&context->office->catalogue->calendar->zone, at_usec, formatted);
    text(out, key, formatted);
}

/* An address of our own: a name for what the registers keep, good within this installation's records. */
static void name_of(struct buf *out, const char *key, const char *kind, const char *id)
{
    comma(out);
    buf_printf(out, "\"%s\":\"urn:talap:%s:", key, kind);
    buf_put_url(out, id);
    buf_putc(out, '"');
}

/* A title in the three languages. */
static void title(struct buf *out, const struct text3 *texts)
{
    if (texts == NULL)
        return;
    open_with(out, "dct:title", '[');
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        if (texts->in[lang] == NULL)
            continue;
        open_with(out, NULL, '{');
        text(out, "@value", texts->in[lang]);
        text(out, "@language", lang_code((enum lang)lang));
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void entry_title(struct buf *out, const struct kept_entry *entry)
{
    struct text3 texts;
    for (int lang = 0; lang < LANG_COUNT; lang++)
        texts.in[lang] = kept_title(entry, (enum lang)lang);
    title(out, &texts);
}

/* --- Parts of the record ------------------------------------------------------------------------------------------ */

static void subject(const struct consent_told *told, struct buf *out)
{
    open_with(out, "dpv:hasDataSubject", '{');
    comma(out);
    buf_printf(out, "\"@id\":\"urn:uuid:%s\"", told->person.subject_id);
    text(out, "@type", "dpv:DataSubject");
    text(out, "dct:identifier", told->person.id);
    text(out, "dpv:hasName", told->full_name);
    if (told->representative != NULL) {
        open_with(out, "dpv:hasRepresentative", '{');
        text(out, "@type", "dpv:Representative");
        text(out, "dpv:hasName", told->representative);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
}

static void notice(const struct consent_told *told, struct buf *out)
{
    char hex[2 * SHA256_BYTES + 1];
    hex_encode(told->text.hash.bytes, SHA256_BYTES, hex);
    open_with(out, "dpv:hasNotice", '{');
    text(out, "@type", "dpv:ConsentNotice");
    comma(out);
    buf_printf(out, "\"dct:identifier\":\"sha256:%s\"", hex);
    text(out, "dct:language", told->text.lang);
    text(out, "dct:hasVersion", told->text.version);
    open_with(out, "dct:description", '{');
    text(out, "@value", told->text.text);
    text(out, "@language", told->text.lang);
    buf_puts(out, "}}");
}

static void categories(const struct export_context *context, const struct consent_told *told, struct buf *out)
{
    open_with(out, "dpv:hasPersonalData", '[');
    for (int number = 0; number < DATA_CATEGORIES_MAX; number++) {
        const char *id = kept_category_id(context->kept, number);
        if ((told->consent.categories >> number & 1) == 0 || id == NULL)
            continue;
        unsigned kinds = kept_category_kinds(context->kept, number);
        open_with(out, NULL, '{');
        name_of(out, "@id", "category", id);
        text(out, "@type",
             (kinds & (DATA_RESTRICTED | DATA_BIOMETRIC)) != 0 ? "dpv:SensitivePersonalData" : "dpv:PersonalData");
        text(out, "dct:identifier", id);
        title(out, kept_category_title(context->kept, number));
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void purpose(const struct consent_told *told, struct buf *out)
{
    open_with(out, "dpv:hasPurpose", '{');
    if (told->purpose != NULL) {
        name_of(out, "@id", "purpose", told->purpose->id);
        text(out, "@type", "dpv:Purpose");
        text(out, "dct:identifier", told->purpose->id);
        comma(out);
        buf_printf(out, "\"dct:hasVersion\":\"%lld\"", (long long)told->consent.purpose_version);
        entry_title(out, told->purpose);
    }
    buf_putc(out, '}');
}

static void controller(const struct consent_told *told, struct buf *out)
{
    open_with(out, "dpv:hasDataController", '{');
    name_of(out, "@id", "bin", told->text.operator_bin);
    text(out, "@type", "dpv:DataController");
    text(out, "dct:identifier", told->text.operator_bin);
    text(out, "dpv:hasName", told->text.operator_name);
    buf_putc(out, '}');
}

static void recipient(const struct export_context *context, const char *id, bool named, struct buf *out)
{
    const struct kept_entry *entry = kept_at(context->kept, KEPT_RECIPIENT, id, context->now_usec);
    open_with(out, NULL, '{');
    name_of(out, "@id", "recipient", id);
    buf_puts(out, ",\"@type\":[\"dpv:Recipient\",\"dpv:ThirdParty\"]");
    /* Those that a consent names have an identifier; those it only comes to by its purpose have not. */
    if (named)
        text(out, "dct:identifier", id);
    if (entry != NULL)
        entry_title(out, entry);
    buf_putc(out, '}');
}

static void recipients(const struct export_context *context, const struct consent_told *told, struct buf *out)
{
    open_with(out, "dpv:hasRecipient", '[');
    const json_t *all = told->purpose == NULL ? NULL : json_object_get(told->purpose->json, "recipients");
    bool stands = (told->consent.stands & ASPECT_THIRD_PERSONS) != 0;
    for (size_t i = 0; stands && i < told->recipient_count; i++)
        recipient(context, told->recipients[i], true, out);
    for (size_t i = 0; stands && told->recipient_count == 0 && i < json_array_size(all); i++)
        recipient(context, json_string_value(json_array_get(all, i)), false, out);
    if (!stands) {
        open_with(out, NULL, '{');
        name_of(out, "@id", "bin", told->text.operator_bin);
        text(out, "@type", "dpv:Recipient");
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void storage(const struct consent_told *told, struct buf *out)
{
    const json_t *retention = told->purpose == NULL ? NULL : json_object_get(told->purpose->json, "retention");
    const char *unit = json_string_value(json_object_get(retention, "unit"));
    open_with(out, "dpv:hasStorageCondition", '{');
    text(out, "@type", "dpv:StorageCondition");
    if (unit != NULL) {
        comma(out);
        buf_printf(out, "\"dpv:hasDuration\":\"P%lld%c\"",
                   (long long)json_integer_value(json_object_get(retention, "amount")),
                   strcmp(unit, "day") == 0     ? 'D'
                   : strcmp(unit, "month") == 0 ? 'M'
                                                : 'Y');
    }
    text(out, "dpv:hasLocation", "loc:KZ");
    buf_putc(out, '}');
}

static const char *aspect_state(const struct consent_told *told, unsigned aspect)
{
    if ((told->consent.given & aspect) == 0)
        return "dpv:ConsentRefused";
    if ((told->consent.stands & aspect) == 0)
        return strcmp(told->state, "expired") == 0 ? "dpv:ConsentExpired" : "dpv:ConsentWithdrawn";
    return "dpv:ConsentGiven";
}

static void aspects(const struct consent_told *told, struct buf *out)
{
    static const struct {
        unsigned aspect;
        const char *id, *term, *what;
    } parts[] = {{ASPECT_THIRD_PERSONS, "third_persons", "dpv:hasProcessing", "dpv:Transfer"},
                 {ASPECT_CROSS_BORDER, "cross_border", "dpv:hasProcessing", "dpv:CrossBorderTransfer"},
                 {ASPECT_PUBLICATION, "publication", "dpv:hasProcessing", "dpv:MakeAvailable"},
                 {ASPECT_AUTOMATED, "automated", "dpv:hasContext", "dpv:AutomatedDecisionMaking"}};
    open_with(out, "dpv:hasProcess", '[');
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        open_with(out, NULL, '{');
        text(out, "@type", "dpv:Process");
        text(out, "dct:identifier", parts[i].id);
        text(out, parts[i].term, parts[i].what);
        text(out, "dpv:hasConsentStatus", aspect_state(told, parts[i].aspect));
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void exercised(const struct export_context *context, struct buf *out, const char *key, const char *type)
{
    open_with(out, key, '{');
    text(out, "@type", type);
    comma(out);
    buf_puts(out, "\"dpv:isExercisedAt\":");
    char *url = NULL;
    if (asprintf(&url, "%s/kk/cabinet", context->public_url) >= 0)
        buf_put_json_string(out, url);
    else
        out->failed = true;
    free(url);
    buf_putc(out, '}');
}

static void process(const struct export_context *context, const struct consent_told *told, struct buf *out)
{
    open_with(out, "dpv:hasProcess", '{');
    text(out, "@type", "dpv:Process");
    purpose(told, out);
    categories(context, told, out);
    buf_puts(out, ",\"dpv:hasProcessing\":[\"dpv:Collect\",\"dpv:Store\",\"dpv:Use\"]");
    storage(told, out);
    controller(told, out);
    recipients(context, told, out);
    text(out, "dpv:hasLegalBasis", "dpv:ExpressedConsent");
    exercised(context, out, "dpv:hasConsentControl", "dpv:WithdrawConsent");
    exercised(context, out, "dpv:hasRight", "dpv:DataSubjectRight");
    text(out, "dpv:hasJurisdiction", "loc:KZ");
    aspects(told, out);
    buf_putc(out, '}');
}

static const char *state_term(const char *state)
{
    static const char *const terms[][2] = {
        {"stands", "dpv:ConsentGiven"}, {"withdrawn", "dpv:ConsentWithdrawn"}, {"expired", "dpv:ConsentExpired"}};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        if (strcmp(terms[i][0], state) == 0)
            return terms[i][1];
    return "dpv:ConsentInvalidated"; /* the purpose is achieved, or the data are destroyed */
}

static void events(const struct export_context *context, const struct consent_told *told, struct buf *out)
{
    const struct zone *zone = &context->office->catalogue->calendar->zone;
    char at[32];
    open_with(out, "dpv:hasStatus", '[');
    open_with(out, NULL, '{');
    text(out, "@type", "dpv:ConsentGiven");
    moment(context, out, "dct:date", told->consent.given_usec);
    moment_format(zone, told->consent.from_sec * USEC_PER_SEC, at);
    buf_printf(out, ",\"dct:valid\":\"start=%s;", at);
    if (told->consent.until_sec != INT64_MAX) {
        moment_format(zone, told->consent.until_sec * USEC_PER_SEC, at);
        buf_printf(out, " end=%s;", at);
    }
    buf_printf(out, " scheme=W3C-DTF;\",\"dpv:isIndicatedBy\":\"urn:uuid:%s\"", told->person.subject_id);
    text(out, "dpv:hasIndicationMethod", told->consent.way);
    buf_putc(out, '}');
    if (strcmp(told->state, "stands") != 0) {
        open_with(out, NULL, '{');
        text(out, "@type", state_term(told->state));
        moment(context, out, "dct:date",
               told->consent.ended_usec != TIME_NONE ? told->consent.ended_usec
                                                     : told->consent.until_sec * USEC_PER_SEC);
        text(out, "dct:description", told->state);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

void consent_record_write(const struct export_context *context, const struct consent_told *told, struct buf *out)
{
    CLEANUP_BUF struct buf url;
    buf_init(&url, 64 * 1024);
    /* Not at the start of `out`, perhaps: the first brace is no member of what stands before. */
    buf_printf(out, "{\"@context\":%s", context_json);
    buf_printf(&url, "%s/v1/consents/%lld/record.jsonld", context->public_url, (long long)told->consent.leaf);
    text(out, "@id", url.data);
    text(out, "@type", "dpv:ConsentRecord");
    text(out, "dct:conformsTo", "https://w3id.org/dpv/schema/dpv-27560#record");
    buf_printf(out, ",\"dct:identifier\":\"%lld\"", (long long)told->consent.leaf);
    buf_reset(&url);
    buf_printf(&url, "%s/kk/proof/%lld", context->public_url, (long long)told->consent.leaf);
    text(out, "dct:source", url.data);
    moment(context, out, "dct:created", context->now_usec);
    subject(told, out);
    notice(told, out);
    process(context, told, out);
    text(out, "dpv:hasConsentStatus", state_term(told->state));
    events(context, told, out);
    buf_putc(out, '}');
    out->failed = out->failed || url.failed;
}
