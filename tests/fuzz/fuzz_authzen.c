/* A question of AuthZEN from any bytes: what is read of it is what the text says, and a fault names its place. */
#include "web/authzen.h"
#include <stdlib.h>
#include <string.h>

static void check_text(const struct json_cell *root, const char *entity, const char *key, const char *read)
{
    const struct json_cell *cell = json_cell_member(json_cell_member(root, entity), key);
    if (!json_cell_is_text(cell) || cell->text != read || strlen(read) != cell->count)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct json_cell *root = NULL;
    struct arena arena;
    struct err err = {0};
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    arena_init(&arena, (size_t)64 << 20);
    if (json_tape_read(text, size, &arena, &root, &err) == 0)
        for (unsigned open = 0; open < 8; open++) {
            struct rules_question question;
            struct authzen_fault fault = {0};
            const struct json_cell *defaults = json_cell_member(root, "defaults");
            if (!authzen_read(root, defaults, open, &question, &fault)) {
                if (fault.code == NULL || fault.place == NULL)
                    abort();
                continue;
            }
            if (defaults == NULL) {
                check_text(root, "subject", "type", question.subject.type);
                check_text(root, "resource", "type", question.resource.type);
                if ((open & OPEN_SUBJECT) == 0)
                    check_text(root, "subject", "id", question.subject.id);
                if ((open & OPEN_RESOURCE) == 0)
                    check_text(root, "resource", "id", question.resource.id);
                if ((open & OPEN_ACTION) == 0)
                    check_text(root, "action", "name", question.action.id);
            }
            const char *rule = "";
            if (rules_decide(NULL, &question, &rule) != RULES_SILENT || rule != NULL)
                abort();
        }
    arena_done(&arena);
    free(text);
    return 0;
}
