/* The office: what one installation decides with, gathered once so that one argument carries it. */
#include "cases/office.h"

void office_init(struct office *office, const struct catalogue *catalogue, struct store *store, struct ledger *ledger,
                 const struct keyring *keyring)
{
    *office = (struct office){
        .catalogue = catalogue,
        .store = store,
        .ledger = ledger,
        .keyring = keyring,
        .access = {.keyring = keyring, .append = ledger_append},
    };
    hex_encode(catalogue->calendar->hash.bytes, SHA256_BYTES, office->calendar_hash);
    hex_encode(catalogue->hash.bytes, SHA256_BYTES, office->catalogue_hash);
}
