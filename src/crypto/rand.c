#include "crypto/rand.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/enc.h"

void rand_bytes(void *out, size_t n)
{
	MUST(n <= INT32_MAX);
	MUST(RAND_bytes(out, (int)n) == 1);
}

void rand_digits(char *out, size_t n)
{
	uint8_t bits[16];
	rand_bytes(bits, sizeof bits);
	enc_digits(bits, out, n);
	OPENSSL_cleanse(bits, sizeof bits);
}
