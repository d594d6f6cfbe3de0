/*
 * A disk that fails on demand: the test program's own fdatasync, fsync and pwrite64 stand before the C library's, also
 * for libsqlite3. No preloading, nothing in the product knows.
 */
#ifndef KW_TESTS_DB_FAULTY_DISK_H
#define KW_TESTS_DB_FAULTY_DISK_H

/* DATABASE_…: the syncs of databases alone, not those of their logs, fail or wait until something else is said. */
enum disk { DISK_FINE, DISK_SYNC_FAILS, DISK_FULL, DATABASE_SYNC_FAILS, DATABASE_SYNC_WAITS };

/* How every file behaves from here on, on all threads. */
void faulty_disk(enum disk disk);
/* How many calls failed since the last faulty_disk. */
int faulty_disk_failures(void);
/* How many writes reached logs since the program began. */
int faulty_disk_log_writes(void);

#endif
