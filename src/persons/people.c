/* People, found and made. */
#include "persons/people.h"
#include <string.h>

bool person_id_valid(const char *id)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    size_t count = strlen(id);

    return count >= 1 && count <= 64 && id[strspn(id, allowed)] == '\0' && !iin_valid(id) && !bin_valid(id);
}
