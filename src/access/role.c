/* Roles and their words. */
#include "access/access.h"
#include <string.h>

/* In the order of the alphabet: the form in which they are stored. */
static const struct {
    enum role role;
    const char *word;
} roles[] = {{ROLE_ADMIN, "admin"},         {ROLE_AUDITOR, "auditor"},         {ROLE_CARRIER, "carrier"},
             {ROLE_HEAD, "head"},           {ROLE_MODERATOR, "moderator"},     {ROLE_OFFICIAL, "official"},
             {ROLE_REGISTRAR, "registrar"}, {ROLE_RESPONSIBLE, "responsible"}, {ROLE_SERVICE, "service"}};
#define ROLE_COUNT (sizeof roles / sizeof *roles)
_Static_assert(ROLE_COUNT == ROLES_OF_ACCOUNTS, "every role of accounts has its word");

static unsigned role_find(const char *word, size_t count)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (strlen(roles[i].word) == count && memcmp(roles[i].word, word, count) == 0)
            return roles[i].role;
    return 0;
}

unsigned role_parse(const char *word)
{
    return role_find(word, strlen(word));
}

const char *role_word(enum role role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (roles[i].role == role)
            return roles[i].word;
    return "public";
}

unsigned roles_parse(const char *words)
{
    unsigned found = 0;
    for (;;) {
        size_t count = strcspn(words, " ");
        unsigned role = role_find(words, count);
        if (role == 0)
            return 0;
        found |= role;
        if (words[count] == '\0')
            return found;
        words += count + 1;
    }
}

char *roles_words(unsigned bits, struct arena *arena)
{
    char text[128] = "";
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (bits & roles[i].role) {
            if (text[0] != '\0')
                strcat(text, " ");
            strcat(text, roles[i].word);
        }
    return arena_strdup(arena, text);
}
