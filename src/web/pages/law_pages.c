/* The norms, for everybody to read. */
#include "base/unicode.h"
#include "web/pages/pages.h"
#include "web/routes.h"
#include <pages.h>
#include <stdlib.h>

/* The act of a norm's id: what stands before its first dot. */
static bool norm_of_act(const struct norm *norm, const char *act)
{
    size_t length = strlen(act);
    return strncmp(norm->id, act, length) == 0 && (norm->id[length] == '.' || norm->id[length] == '\0');
}

/* Every folded word must occur in the folded text of the norm. */
static bool words_match(struct request *request, const struct norm *norm, const char *words)
{
    bool matches = true;
    if (words == NULL || words[0] == '\0')
        return true;
    char *text = arena_printf(&request->arena, "%s %s %s", norm->id, norm->title.in[request->lang],
                              text3_filled(norm->note) ? norm->note.in[request->lang] : "");
    char *folded = text == NULL ? NULL : text_fold_words(&request->arena, text);
    char *left = arena_strdup(&request->arena, words), *save = NULL;
    if (folded == NULL || left == NULL)
        return false;
    for (char *word = strtok_r(left, " ", &save); word != NULL && matches; word = strtok_r(NULL, " ", &save))
        matches = strstr(folded, word) != NULL;
    return matches;
}

/* opl.9.3 before opl.10.1: figures within an id are compared as numbers. */
static int id_compare(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        bool digits = *a >= '0' && *a <= '9' && *b >= '0' && *b <= '9';
        if (digits) {
            char *a_end, *b_end;
            unsigned long left = strtoul(a, &a_end, 10), right = strtoul(b, &b_end, 10);
            if (left != right)
                return left < right ? -1 : 1;
            a = a_end;
            b = b_end;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != '\0') - (*b != '\0');
}

static int row_compare(const void *a, const void *b)
{
    return id_compare(((const struct law_row *)a)->norm->id, ((const struct law_row *)b)->norm->id);
}

int page_law_get(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct law_view view = {.act = query_text(request, "act"),
                            .words = query_text(request, "q"),
                            .acts = catalogue->acts,
                            .act_count = catalogue->act_count};
    struct law_row *rows = ARENA_ARRAY(&request->arena, struct law_row, catalogue->norm_count + 1);
    const char *words = text_fold_words(&request->arena, view.words);
    struct page *page;
    int32_t today = zone_day_of(&catalogue->calendar->zone, request->now_usec);
    if (rows == NULL || words == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->norm_count; i++) {
        const struct norm *norm = &catalogue->norms[i];
        /* Versions of a norm stand together, the newest last: that one is listed. */
        if (i + 1 < catalogue->norm_count && strcmp(norm->id, catalogue->norms[i + 1].id) == 0)
            continue;
        if ((view.act[0] != '\0' && !norm_of_act(norm, view.act)) || !words_match(request, norm, words))
            continue;
        rows[view.count++] =
            (struct law_row){.norm = norm, .in_force = norm->from_day <= today && today < norm->until_day};
    }
    qsort(rows, view.count, sizeof *rows, row_compare);
    view.rows = rows;
    int r = page_begin(request, response, PAGE_TITLE(request, law_title), "law", &page, err);
    if (r < 0)
        return r;
    page_law(&page->out, &view);
    return page_end(page, err);
}

/* "Law of 10 July 2023 No. 18-VIII …, Article 11, paragraph 3": the parts of the id in words, for acts that are laws.
 * The rules of an order have points, and the amending law items: there the number stands as it is. */
static const char *norm_cited(struct request *request, const struct act_of_law *act, const char *id)
{
    static const enum text_key keys[] = {T_paper_article, T_paper_paragraph, T_paper_subparagraph};
    const enum lang lang = request->lang;
    if (act == NULL)
        return id;
    char *words = text_format(&request->arena, lang, T_paper_act_cited, act->cited.in[lang], act->title.in[lang]);
    bool law = strcmp(act->id, "opl") == 0 || strcmp(act->id, "pdl") == 0;
    const char *rest = id + strlen(act->id);
    for (size_t i = 0; words != NULL && i < 3 && *rest == '.'; i++) {
        size_t length = strcspn(rest + 1, ".#");
        char *piece = arena_strndup(&request->arena, rest + 1, length);
        if (piece == NULL)
            return id;
        words = law ? text_format(&request->arena, lang, keys[i], words, piece)
                    : arena_printf(&request->arena, i == 0 ? "%s, %s" : "%s.%s", words, piece);
        rest += 1 + length;
    }
    return words == NULL ? id : words;
}

int page_norm_get(struct request *request, struct response *response, struct err *err)
{
    const struct catalogue *catalogue = request->office->catalogue;
    struct norm_view view = {.id = request_param(request, "norm")};
    const struct procedure **procedures =
        ARENA_ARRAY(&request->arena, const struct procedure *, catalogue->procedure_count + 1);
    struct page *page;
    if (procedures == NULL)
        return err_memory(err);
    for (size_t i = 0; i < catalogue->norm_count; i++)
        if (strcmp(catalogue->norms[i].id, view.id) == 0) {
            if (view.version_count++ == 0)
                view.versions = &catalogue->norms[i];
        }
    if (view.version_count == 0)
        return err_set(err, ERR_NOT_FOUND, "norm_unknown", "%.100s", view.id);
    for (size_t i = 0; i < catalogue->act_count; i++)
        if (norm_of_act(view.versions, catalogue->acts[i].id))
            view.act = &catalogue->acts[i];
    for (size_t i = 0; i < catalogue->procedure_count; i++)
        for (size_t j = 0; j < catalogue->procedures[i].norm_count; j++)
            if (strcmp(catalogue->procedures[i].norm_ids[j], view.id) == 0)
                procedures[view.procedure_count++] = &catalogue->procedures[i];
    view.procedures = procedures;
    view.cited = norm_cited(request, view.act, view.id);
    int r =
        page_begin(request, response, view.versions[view.version_count - 1].title.in[request->lang], "law", &page, err);
    if (r < 0)
        return r;
    page_norm(&page->out, &view);
    return page_end(page, err);
}
