/*
 * Random bytes from OpenSSL's DRBG. A generator that fails ends the process: nothing here returns weak bytes.
 */
#ifndef KW_CRYPTO_RAND_H
#define KW_CRYPTO_RAND_H

#include "base/def.h"

void rand_bytes(void *out, size_t n);
/* n decimal digits (n <= 18) and a NUL: 128 random bits scaled to 10^n, so that no draw is rejected and the bias stays
 * under 2^-64. */
void rand_digits(char *out, size_t n);

#endif
