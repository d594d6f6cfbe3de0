/*
 * Keywright licenses in a C or C++ program: license keys as people type them, and leases, which let a licensed device run
 * without a network. One header, one file, OpenSSL 3 (link with -lcrypto). README.md beside this file says how to embed it.
 *
 * Everything works on memory of yours: nothing is allocated but what OpenSSL needs for the length of a call, nothing is
 * kept, no file, clock, locale or environment is read. Every function may run in any number of threads at once, as long as
 * they do not share the structs that are written.
 */
#ifndef KEYWRIGHT_LICENSE_H
#define KEYWRIGHT_LICENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- License keys ---- */

struct keywright_key {
	char prefix[9];     /* "ACME": of which product the key is */
	char canonical[39]; /* prefix and 30 symbols, without dashes: compare and store this one */
	char shown[46];     /* in groups, as it was handed out */
};

/* Reads a key of size bytes as it was typed or pasted: case, spaces and dashes do not matter, O is 0, I and L are 1. False
 * when it cannot be one: most likely it was mistyped, so ask the person to compare. Right form does not make it a license:
 * only the server knows that. *key is written on success alone. (An app with accept_custom_keys takes other keys as well: do
 * not ask this function there.) */
bool keywright_key_read(const char *typed, size_t size, struct keywright_key *key);

/* ---- The server's public keys, which the program carries ---- */

enum { KEYWRIGHT_PINS_MAX = 16, KEYWRIGHT_JWKS_MAX = 8192 };

struct keywright_pins {
	size_t count;
	struct {
		char kid[41];
		unsigned char x[32], y[32];
	} pin[KEYWRIGHT_PINS_MAX];
};

/* Reads size bytes of JSON, at most KEYWRIGHT_JWKS_MAX, as https://<your server>/.well-known/jwks.json has them. Takes the
 * keys that sign leases (their kid begins with "lic_") and passes over the others, which sign people in and must not sign
 * leases. False when there is none, more than KEYWRIGHT_PINS_MAX, or when anything is odd; *pins is written on success alone.
 * Give it a text that is part of your program. Never one that was fetched on the device: whoever answers there would be
 * trusted. */
bool keywright_pins_read(const char *jwks, size_t size, struct keywright_pins *pins);

/* ---- Leases ---- */

enum keywright_result {
	KEYWRIGHT_OK,             /* the device may run */
	KEYWRIGHT_OK_REFRESH_DUE, /* it may run; ask the server for the next lease when there is a network */
	KEYWRIGHT_EXPIRED,        /* the lease has ended: ask the server for the next one */
	KEYWRIGHT_NOT_YET_VALID,  /* the lease begins later */
	KEYWRIGHT_WRONG_DEVICE,   /* it is another device's */
	KEYWRIGHT_WRONG_APP,      /* it is another product's */
	KEYWRIGHT_BAD_SIGNATURE,  /* it was changed */
	KEYWRIGHT_UNKNOWN_KEY,    /* none of the pinned keys signed it: forged, or the program is older than the key */
	KEYWRIGHT_MALFORMED,      /* it is no lease */
	KEYWRIGHT_CLOCK_MOVED_BACK, /* the device's clock shows a time that has passed */
	KEYWRIGHT_CRYPTO_FAILED     /* OpenSSL could not work: out of memory, or without P-256 and SHA-256 */
};
/* Whether the device may run: the first two alone. */
bool keywright_may_run(enum keywright_result result);
/* A sentence in English for each. */
const char *keywright_result_text(enum keywright_result result);

/* What is known of the time. Begin with {0, 0}; keep both numbers where the program keeps its lease, and give them back at
 * the next check.
 *
 * What it detects: a clock that runs behind the lease's own time of issue, which is the server's word, and one that was
 * moved back behind a time at which the program ran. What it cannot: an owner who holds the clock still, or who puts back
 * an older copy of these numbers together with the clock. They could not be signed without a secret in the program, which
 * its owner has. So the worst that tampering gains is a lease that lasts longer; it never makes one. */
struct keywright_clock {
	int64_t issued; /* the latest time of issue of any lease seen */
	int64_t seen;   /* the latest time that the clock showed since */
};
/* How many seconds a clock may be behind before it counts: clocks are set right, and devices differ from the server. */
#ifndef KEYWRIGHT_CLOCK_TOLERANCE
#define KEYWRIGHT_CLOCK_TOLERANCE 3600
#endif
/* Forgets both. Call it when the server has just answered with a lease: if the clock was once wrong and ahead, this is what
 * makes it good again. (A lease with a later time of issue does the same by itself.) */
void keywright_clock_online(struct keywright_clock *clock);

/* Of what the server issues the longest has half of these, and the fullest fewer. */
enum { KEYWRIGHT_LEASE_MAX = 4096, KEYWRIGHT_ENTITLEMENTS_MAX = 192 };

struct keywright_expected {
	const struct keywright_pins *pins;
	const char *app_id;    /* of your product */
	const char *device_id; /* that you activated this device with */
	int64_t now;           /* time(NULL): seconds since 1970, UTC */
};

struct keywright_lease {
	char license_id[41], activation_id[41];
	int64_t issued_at, not_before, expires_at, refresh_after; /* seconds since 1970, UTC */
	/* The rest is read by the functions below. */
	size_t entitlements;
	struct keywright_member {
		unsigned name, text; /* where they begin in json */
		int kind;
		double number;
	} entitlement[KEYWRIGHT_ENTITLEMENTS_MAX];
	char json[KEYWRIGHT_LEASE_MAX * 3 / 4 + 1];
};

/* Judges a lease of size bytes, as the server answered it; blank space around it does not matter. The first that applies:
 * MALFORMED, UNKNOWN_KEY, BAD_SIGNATURE (nothing is believed before), MALFORMED again (its claims), WRONG_APP, WRONG_DEVICE,
 * CLOCK_MOVED_BACK, NOT_YET_VALID, EXPIRED, OK_REFRESH_DUE, OK.
 *
 * *lease is always written. It is empty but where the signature is right and app and device are those expected: then it
 * tells ids and times, of an expired lease too. Entitlements it has only where the device may run. *clock is brought up to
 * date in the same cases: store it, whatever the result. */
enum keywright_result keywright_lease_check(const char *text, size_t size, const struct keywright_expected *expected,
	struct keywright_clock *clock, struct keywright_lease *lease);

/* Entitlements by name. What the lease does not have, or has as another type, is false, NULL, and leaves *number_r alone. */
bool keywright_lease_flag(const struct keywright_lease *lease, const char *name);
bool keywright_lease_number(const struct keywright_lease *lease, const char *name, double *number_r);
/* UTF-8, in *lease. */
const char *keywright_lease_text(const struct keywright_lease *lease, const char *name);
/* The name of each, from 0; NULL behind the last. In *lease. */
const char *keywright_lease_name(const struct keywright_lease *lease, size_t index);

#ifdef __cplusplus
}
#endif

#endif
