/* What was found, as JSON: canonical as it is kept, or with words for a reader. */
#include "adverts/check.h"
#include "base/locale.h"

#include <stdio.h>

const char *advert_finding_text(enum lang lang, const char *which, const char *code)
{
    char key[80];
    (void)snprintf(key, sizeof key, "adverts_check.%s_%s", which, code);
    const char *text = text_find(lang, key);
    return text ? text : "";
}

static void put_finding(struct buf *out, const struct advert_finding *finding, int lang)
{
    buf_puts(out, "{");
    if (lang >= 0) {
        buf_puts(out, "\"change\":");
        buf_put_json_string(out, advert_finding_text((enum lang)lang, "change", finding->code));
        buf_puts(out, ",");
    }
    buf_puts(out, "\"code\":");
    buf_put_json_string(out, finding->code);
    buf_puts(out, ",\"field\":");
    buf_put_json_string(out, finding->field);
    if (finding->found) {
        buf_puts(out, ",\"found\":");
        buf_put_json_string(out, finding->found);
    }
    if (lang >= 0) {
        buf_puts(out, ",\"message\":");
        buf_put_json_string(out, advert_finding_text((enum lang)lang, "finding", finding->code));
    }
    buf_puts(out, ",\"norm\":");
    buf_put_json_string(out, finding->norm);
    if (lang >= 0)
        buf_printf(out, ",\"norm_url\":\"/%s/law/%s\"", lang_code((enum lang)lang), finding->norm);
    buf_puts(out, finding->refuses ? ",\"refuses\":true}" : ",\"refuses\":false}");
}

int advert_result_write(const struct advert_result *result, int lang, struct buf *out, struct err *err)
{
    buf_puts(out, result->allowed ? "{\"allowed\":true,\"findings\":[" : "{\"allowed\":false,\"findings\":[");
    for (size_t i = 0; i < result->count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        put_finding(out, &result->findings[i], lang);
    }
    buf_putc(out, ']');
    if (lang >= 0) {
        buf_puts(out, ",\"norms\":[");
        for (size_t i = 0; i < result->norm_count; i++) {
            if (i > 0)
                buf_putc(out, ',');
            buf_put_json_string(out, result->norms[i]);
        }
        buf_putc(out, ']');
    }
    buf_putc(out, '}');
    return out->failed ? err_memory(err) : 0;
}
