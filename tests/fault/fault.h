/* A disk that fails on command: an SQLite VFS over the real one, which becomes the default when it is registered. */
#ifndef TALAP_TESTS_FAULT_H
#define TALAP_TESTS_FAULT_H

enum fault {
    FAULT_NONE,
    FAULT_FULL,      /* writing: ENOSPC */
    FAULT_BROKEN,    /* writing: EIO */
    FAULT_FLUSH,     /* flushing: EIO */
    FAULT_READ_ONLY, /* writing: EROFS, as a file system that the kernel has made read-only */
};

void fault_register(void);
/* From now on; `after` writes (or flushes) still succeed. `once`: only the first one fails. */
void fault_set(enum fault fault, int after, int once);
/* How many have failed since fault_set. */
int fault_count(void);

#endif
