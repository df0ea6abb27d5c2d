/* Words for the search: what of an event can be found, added in batches after the fact. */
#include "store/words.h"
#include "store/case_rows.h"
#include "store/db.h"

#define WORD_BYTES_MAX 255
#define WORDS_BYTES_MAX ((size_t)1024 * 1024)

static bool is_word_byte(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void words_clean(const char *words, struct buf *out)
{
    buf_puts(out, "");
    for (const char *at = words; *at != '\0';) {
        const char *end = at;
        while (is_word_byte((unsigned char)*end))
            end++;
        size_t count = (size_t)(end - at);
        if (count > 0 && count <= WORD_BYTES_MAX) {
            if (out->len > 0)
                buf_putc(out, ' ');
            buf_put(out, at, count);
        }
        at = *end == '\0' ? end : end + (count == 0);
    }
}

int store_words_add(struct tx *tx, int64_t leaf, const char *case_id, const char *words, struct err *err)
{
    CLEANUP_BUF struct buf clean;
    buf_init(&clean, WORDS_BYTES_MAX);
    words_clean(words, &clean);
    if (clean.failed)
        return err_memory(err);
    if (clean.len == 0)
        return 0;
    struct db *db = db_query(tx->db, tx->db->engine->words_insert);
    db_put_int(db, leaf);
    db_put_text(db, clean.data);
    db_put_text(db, case_id);
    return db_run(db, NULL, err);
}

int store_words_position_get(struct tx *tx, int64_t *ret, struct err *err)
{
    return db_run_int(db_query(tx->db, SQL("SELECT leaf FROM words_position WHERE id = 1")), 0, ret, err);
}

int store_words_position_set(struct tx *tx, int64_t leaf, struct err *err)
{
    struct db *db = db_query(tx->db, SQL("UPDATE words_position SET leaf = $1 WHERE id = 1"));
    db_put_int(db, leaf);
    return db_run(db, NULL, err);
}
