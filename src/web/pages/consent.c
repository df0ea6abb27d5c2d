/* The receipt of a consent for whoever gave it: by its number and the code that came with it. An unknown number and a
 * wrong code are answered alike. No name is shown, and to withdraw it one enters the cabinet. */
#include "web/pages/cabinet.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>

/* A leaf of the address; -1 for what is none, which then no code fits. */
static int64_t leaf_of(const struct request *request)
{
    const char *text = request_param(request, "leaf");
    char *end;
    long long leaf = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' ? leaf : -1;
}

int page_consent_get(struct request *request, struct response *response, struct err *err)
{
    CLEANUP_KEPT struct kept *kept = NULL;
    const char *code = request_query(request, "code");
    int64_t leaf = leaf_of(request);
    struct cabinet_consent_view view = {0};
    struct consent_line line;
    struct consent_text text;
    struct consent consent;
    struct person person;
    struct page *page;
    struct tx *tx;
    char *hash = arena_alloc(&request->arena, 2 * SHA256_BYTES + 1);
    if (hash == NULL)
        return err_memory(err);
    if (!keyring_consent_code_matches(request->office->keyring, leaf, code != NULL ? code : ""))
        return err_set(err, ERR_NOT_FOUND, "consent_code_wrong", NULL);
    int r = request_read(request, &tx, err);
    if (r < 0)
        return r;
    struct err why = {0};
    r = consent_get(tx, leaf, &request->arena, &consent, &why);
    if (r == -ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "consent_code_wrong", NULL);
    if (r < 0) {
        *err = why;
        return r;
    }
    r = kept_load(tx, request->office, &kept, err);
    if (r == 0)
        r = person_by_serial(tx, consent.person, &request->arena, &person, err);
    if (r == 0)
        r = consent_line_get(request, tx, kept, &person, leaf, &line, err);
    if (r == 0)
        r = consent_text_get(tx, consent.text, &request->arena, &text, err);
    if (r < 0)
        return r;
    hex_encode(text.hash.bytes, SHA256_BYTES, hash);
    view.line = &line;
    view.text = &text;
    view.hash = hash;
    r = page_begin(request, response, line.purpose, "verify", &page, err);
    if (r < 0)
        return r;
    page_consent(&page->out, &view);
    return page_end(page, err);
}
