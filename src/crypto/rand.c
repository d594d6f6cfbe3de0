#include "crypto/rand.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

void rand_bytes(void *out, size_t n)
{
	MUST(n <= INT32_MAX);
	MUST(RAND_bytes(out, (int)n) == 1);
}

void rand_digits(char *out, size_t n)
{
	MUST(n <= 18);
	uint64_t scale = 1;
	for (size_t i = 0; i < n; i++)
		scale *= 10;

	/* bits * scale / 2^128, by schoolbook multiplication in halves. */
	uint64_t bits[2];
	rand_bytes(bits, sizeof bits);
	const unsigned __int128 low = (unsigned __int128)bits[0] * scale;
	const unsigned __int128 high = (unsigned __int128)bits[1] * scale;
	uint64_t value = (uint64_t)((high + (low >> 64)) >> 64);

	out[n] = '\0';
	for (size_t i = n; i > 0; value /= 10)
		out[--i] = (char)('0' + value % 10);
	OPENSSL_cleanse(bits, sizeof bits);
}
