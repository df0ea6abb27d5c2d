/* What the files of the library share.
 *
 * One thread at a time follows (`follower`). It reads rows, cuts texts into words and asks dictionaries without any
 * lock that readers meet; only then it takes `lock` for writing, for a slice of a few hundred advertisements or new
 * words (well under a millisecond), and puts serials into postings. Searches hold `lock` for reading. Everything that
 * grows, grows in pieces that do not move or beside the old (pile.h, vocabulary.h). */
#ifndef TALAP_ADVERTS_LIBRARY_PARTS_H
#define TALAP_ADVERTS_LIBRARY_PARTS_H

#include "adverts/library.h"
#include "adverts/vocabulary.h"
#include "base/digest.h"
#include "store/library_rows.h"
#include <pthread.h>

#define LIBRARY_PARTIES 4 /* account, advertiser, payer, sponsor: in the order of advert.h's members */

/* First bytes of entries that are no words. */
enum library_key {
    KEY_PARTY_WORD = 1,                                /* + party: a word of the name */
    KEY_PARTY_NAME = KEY_PARTY_WORD + LIBRARY_PARTIES, /* + party: the whole name */
    KEY_INCLUDED = KEY_PARTY_NAME + LIBRARY_PARTIES,   /* criterion, value, or "criterion=value" */
    KEY_EXCLUDED,
    KEY_LANGUAGE,
    KEY_KIND,  /* + a digit */
    KEY_FORMAT /* + a digit */
};
/* The key of a name or value: the byte, and the value's words folded. Returns its length. */
size_t library_key(enum library_key key, const char *value, char ret[static FORM_MAX]);

/* Of an advertisement by serial. */
struct library_advert {
    int64_t shown;
    int32_t from, until, last;
    uint32_t version; /* that is in the index; 0: none */
};

/* Names and criteria come again and again, each with many entries: what they came to, found by a keyed hash of 128 bits
 * of kind and text. The follower's own. */
struct library_known {
    uint64_t hash[2];
    uint32_t at, count; /* in `ids` */
};
struct library_cache {
    struct library_known *items; /* open addressing; count 0: free */
    size_t used;
    uint32_t *ids;
    size_t id_count;
    uint8_t key[16];
};

struct library {
    const struct office *office;
    char *path; /* of the index's file; NULL: none */
    struct stems *stems;
    pthread_rwlock_t lock;
    pthread_mutex_t follower;

    struct vocabulary vocabulary;
    roaring_bitmap_t *all;  /* that can be found */
    roaring_bitmap_t *gone; /* removed since postings were last written: still in them */
    struct pile adverts;    /* struct library_advert */
    struct buckets from, until, last, shown;

    /* How far it follows: the newest event and serial; figures; the sweep. */
    int64_t leaf, leaf_serial, counted_usec, counted_serial, swept;
    uint64_t checked_max; /* so many are asked for their period one by one; of more, months are met first */
    bool whole;           /* it has been up to date once */
    bool catching;        /* the piece before had more behind it */
    struct library_cache cache;
    bool saving;           /* the file is being written, with the follower's lock held: atomic */
    int64_t changed;       /* advertisements since it was saved */
    int64_t saved_usec;    /* when that was */
    int64_t posting_bytes; /* as last measured */
    void *map;             /* the file that postings lie in */
    size_t map_bytes;
};

/* Keys of the buckets. */
int32_t library_month_key(int32_t day); /* 32 days each, within this century and a bit */
int32_t library_last_key(int32_t day);
int32_t library_shown_key(int64_t shown);
/* Have all of the bucket the same value? */
bool library_last_same(int32_t key);
bool library_shown_same(int32_t key);

/* library_take.c. Rows with their texts; `before`, of each, is what its version in the index said, or NULL where there
 * is none. The follower's lock is held. */
int library_take(struct library *library, const struct library_row *rows, const char *const *before, size_t count,
                 struct arena *arena, struct err *err) WARN_UNUSED;
/* library_put.c. What an advertisement stands under; an entry may come twice. */
struct library_forms {
    uint32_t *ids;
    size_t count, room;
};
/* Rows that were read, with what they say now: `forms` of each, and, `count` further on, what its version in the index
 * stood under. The pile of advertisements has room for them. */
int library_put(struct library *library, const struct library_row *rows, const struct library_advert *now,
                const struct library_forms *forms, size_t count, struct arena *arena, struct err *err) WARN_UNUSED;
/* New figures of rows that are known; others are left. */
int library_count(struct library *library, const struct library_row *rows, size_t count, struct err *err) WARN_UNUSED;

/* library_page.c: what of `found` comes next in the order of the query, into `ret`, at most limit + 1 of them. */
int library_page(const struct library *library, const roaring_bitmap_t *found, uint64_t count,
                 const struct library_query *query, int64_t *ret, size_t *ret_count, struct err *err) WARN_UNUSED;
/* The cursor behind that advertisement. */
const char *library_cursor(const struct library *library, enum library_sort sort, int64_t serial, struct arena *arena);

/* library_file.c. ERR_DAMAGED "index_damaged": the file is another's, older than the program or broken, and nothing was
 * read; ERR_NOT_FOUND: there is none. */
int library_load(struct library *library, struct err *err) WARN_UNUSED;
/* library_write.c. The file as of now, while searches go on; it holds the follower's lock. */
int library_write(struct library *library, struct err *err) WARN_UNUSED;

/* Under the lock: into, or out of, the buckets of its values. */
bool library_put_figures(struct library *library, uint32_t serial, const struct library_advert *advert, bool in);

/* Memory of all bitmaps. */
int64_t library_measure(const struct library *library);
/* Everything that was taken in, let go: as after library_new without a file. */
int library_empty(struct library *library, struct err *err) WARN_UNUSED;

#endif
