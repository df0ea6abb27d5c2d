/* Long words are looked for anywhere in the name, for they mean a viewer also inside of another word ("deviceId");
 * short ones only as a word by themselves, for "ip" is in "description". */
#include "adverts/viewer_word.h"
#include "base/unicode.h"

#include <string.h>

/* Folded as text_fold_words does: Kazakh letters as their plain neighbours. */
static const char *const stems[] = {
    "user",      "viewer",    "visitor",   "device",     "cookie",      "email",     "phone",         "session",
    "person",    "customer",  "client",    "subscriber", "member",      "account",   "profile",       "login",
    "gaid",      "idfa",      "idfv",      "msisdn",     "imei",        "imsi",      "fingerprint",   "iin",
    "passport",  "browser",   "useragent", "latitude",   "longitude",   "geoloc",    "advertisingid", "androidid",
    "username",  "surname",   "firstname", "lastname",   "birth",       "gender",    "пользовател",   "зрител",
    "посетител", "устройств", "куки",      "телефон",    "почт",        "сесси",     "сеанс",         "клиент",
    "абонент",   "аккаунт",   "учетн",     "профил",     "логин",       "паспорт",   "фамили",        "рожден",
    "иин",       "широта",    "долгота",   "браузер",    "пайдаланушы", "колданушы", "корермен",      "келуши",
    "курылгы",   "тулга",     "пошта",     "тиркелги",   "атыжони",     "жсн",       "туган",         "recipient",
    "audience",  "shownto",   "seenby",    "clickedby"};
static const char *const words[] = {"ip",   "ipv4",    "ipv6", "uid",   "did", "mac",     "name", "mail",
                                    "tel",  "address", "ua",   "age",   "sex", "sid",     "id",   "who",
                                    "seen", "имя",     "фио",  "адрес", "пол", "возраст", "есим", "жас"};

static bool has_word(const char *text, const char *word)
{
    size_t count = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        if ((at == text || at[-1] == ' ') && (at[count] == '\0' || at[count] == ' '))
            return true;
    return false;
}

bool viewer_word(const char *name, struct arena *arena)
{
    const char *folded = text_fold_words(arena, name);
    if (folded == NULL)
        return false;
    /* Once as written, once without what separates: "e-mail", "user_id". */
    char *close = arena_strdup(arena, folded);
    if (close == NULL)
        return false;
    char *to = close;
    for (const char *from = folded; *from != '\0'; from++)
        if (*from != ' ' && *from != '_')
            *to++ = *from;
    *to = '\0';
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++)
        if (strstr(folded, stems[i]) != NULL || strstr(close, stems[i]) != NULL)
            return true;
    char *apart = arena_strdup(arena, folded);
    for (to = apart; to != NULL && *to != '\0'; to++)
        *to = *to == '_' ? ' ' : *to;
    for (size_t i = 0; apart != NULL && i < sizeof words / sizeof words[0]; i++)
        if (has_word(apart, words[i]) || strcmp(close, words[i]) == 0)
            return true;
    return false;
}
