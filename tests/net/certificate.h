/* Self-signed certificates for TLS tests. */
#ifndef KW_TESTS_NET_CERTIFICATE_H
#define KW_TESTS_NET_CERTIFICATE_H

/* Writes a new key and its certificate for that name as PEM files. Failures end the test. */
void certificate_write(const char *cert_file, const char *key_file, const char *name);

#endif
