/*
 * Makes keys, leases and whatever is none for the tests of the C client, with OpenSSL alone: nothing of this house and
 * nothing of the client has a hand in it. Fails the test when OpenSSL does. Texts are the caller's to free().
 */
#ifndef KW_TESTS_CLIENTS_MAKER_H
#define KW_TESTS_CLIENTS_MAKER_H

#include <openssl/evp.h>
#include <stdint.h>

struct maker {
	EVP_PKEY *key;
	const char *kid; /* "lic_1" */
};
void maker_init(struct maker *maker);
void maker_done(struct maker *maker);

/* {"kty":…,"kid":kid} of the key. */
char *maker_jwk(const struct maker *maker, const char *kid);
/* {"keys":[…]} of one key, its own. */
char *maker_jwks(const struct maker *maker);

char *maker_base64url(const void *bytes, size_t n);
/* data.signature, rightly signed whatever data is. */
char *maker_signed(const struct maker *maker, const char *data);
/* header.claims.signature of two that are still to be encoded. */
char *maker_token(const struct maker *maker, const char *header, const void *claims, size_t n);
/* With the header of a lease. */
char *maker_lease(const struct maker *maker, const char *claims);

/* Claims of a lease of app "app-1" for device "device-1": issued at 1,000,000, to be renewed at 1,100,000, ended at
 * 1,604,800. */
#define MAKER_APP "app-1"
#define MAKER_DEVICE "device-1"
enum { MAKER_ISSUED = 1000000, MAKER_REFRESH = 1100000, MAKER_END = 1604800 };
extern const char MAKER_HEADER[], MAKER_CLAIMS[];
/* MAKER_CLAIMS with one piece of text replaced, which it must have. */
char *maker_claims(const char *piece, const char *by);

#endif
