/* Failures of logins that do not exist, so that they are locked like those that do and the answer does not tell them
 * apart. In the memory of the process alone: nothing about who was guessed is worth keeping. */
#ifndef TALAP_ACCESS_STRANGER_H
#define TALAP_ACCESS_STRANGER_H

#include <stdint.h>

/* How many failures in a row lock, and until when: TIME_NONE, or 1 minute at the fifth, 2 at the sixth … one hour. */
int64_t lock_until(int64_t failures, int64_t now_usec);
/* Until when the unknown login is locked, or TIME_NONE. */
int64_t stranger_locked_until(const char *login);
void stranger_failed(const char *login, int64_t now_usec);

#endif
