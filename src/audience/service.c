/* Names of services: what a platform counts apart, its site and its applications. */
#include "audience/counter.h"
#include <string.h>

bool service_name_fits(const char *name)
{
    return strlen(name) <= SERVICE_NAME_MAX && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] == '\0';
}
