/* A folder of this test program's own under /tmp, removed with what is in it when the program ends. */
#ifndef KW_TESTS_NET_TEMPORARY_H
#define KW_TESTS_NET_TEMPORARY_H

/* The path of a file in it; good until the program ends. */
const char *temporary_path(const char *name);
/* The two files of a certificate for TLS tests, made when first asked for. */
const char *temporary_cert(void);
const char *temporary_key(void);

#endif
