/*
 * A disk that fails on demand: the test program's own fdatasync, fsync and pwrite64 stand before the C library's, also
 * for libsqlite3. No preloading, nothing in the product knows.
 */
#ifndef KW_TESTS_DB_FAULTY_DISK_H
#define KW_TESTS_DB_FAULTY_DISK_H

enum disk { DISK_FINE, DISK_SYNC_FAILS, DISK_FULL };

/* How every file behaves from here on, on all threads. */
void faulty_disk(enum disk disk);
/* How many calls failed since the last faulty_disk. */
int faulty_disk_failures(void);

#endif
