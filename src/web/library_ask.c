#include "web/library_ask.h"

#include "web/app.h"

#define FOLLOWED 300

int library_ask(struct request *request, const struct library_query *query, struct library_answer *ret, struct err *err)
{
    struct library *library = request->app->library;
    int64_t behind = 0;
    struct tx *tx;
    int r = request_read(request, &tx, err);
    if (r == 0)
        r = library_follow(library, tx, FOLLOWED, &behind, err);
    if (r == 0)
        r = library_search(library, query, &request->arena, ret, err);
    if (r == 0 && behind > 0)
        ret->preparing = true;
    return r;
}
