/*
 * A device with a pinned key, a clock and a lease to judge: the fixture of the C client's tests. Written below as a table
 * would be: desk_judge() is one row.
 */
#ifndef KW_TESTS_CLIENTS_DESK_H
#define KW_TESTS_CLIENTS_DESK_H

#include "keywright_license.h"
#include "maker.h"

struct desk {
	struct maker maker;
	struct keywright_pins pins;
	struct keywright_expected expected; /* MAKER_APP, MAKER_DEVICE, a minute after MAKER_ISSUED */
	struct keywright_clock clock;
	struct keywright_lease lease; /* as the last judgement left it */
};
int desk_set_up(void **state);
int desk_tear_down(void **state);

/* Of n bytes of text. Sees that what is no lease of ours left lease and clock empty, and that only one that may run has
 * entitlements. */
enum keywright_result desk_judge(struct desk *desk, const char *text, size_t n);
/* Of a token, which it frees. */
enum keywright_result desk_judge_token(struct desk *desk, char *token);
/* Of MAKER_CLAIMS with piece replaced, rightly signed. */
enum keywright_result desk_judge_changed(struct desk *desk, const char *piece, const char *by);

#endif
