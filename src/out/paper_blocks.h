/* The blocks of a paper put on a sheet. Private to the room. */
#ifndef TALAP_OUT_PAPER_BLOCKS_H
#define TALAP_OUT_PAPER_BLOCKS_H

#include "out/paper_layout.h"
#include "out/paper_sheet.h"

struct qr_code;

/* Where the paper is proved, in one language: the address, as words and as a QR code, the leaf and its hash. */
struct paper_proof {
    struct qr_code *code;
    const char *title, *how, *url, *leaf, *hash;
    double height;
};
/* Words are made in the fill's arena; the code is the proof's own. */
int paper_proof_init(const struct paper_fill *fill, struct paper_proof *proof, struct err *err) WARN_UNUSED;
void paper_proof_done(struct paper_proof *proof); /* safe on a zeroed one */

/* All blocks of the fill's layout, top to bottom. The proof must live until the sheet is drawn. */
int paper_put_blocks(const struct paper_fill *fill, struct sheet *sheet, struct paper_proof *proof,
                     struct err *err) WARN_UNUSED;

#endif
