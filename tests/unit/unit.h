/* What a unit test includes instead of <cmocka.h>, which wants these four before itself, in an order that
 * clang-format would not leave alone. */
#ifndef TALAP_TESTS_UNIT_H
#define TALAP_TESTS_UNIT_H

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#endif
