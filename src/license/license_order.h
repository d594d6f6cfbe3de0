/*
 * Calls with an Idempotency-Key, known again for 24 hours. What such a call answers is not kept but made anew: all that was
 * drawn by chance comes from the order's seed and a key of ours, so that a license key that is shown "this once" can be shown
 * to whoever asks the same again, and a stolen store leads to none. A day later the seed is gone.
 */
#ifndef KW_LICENSE_LICENSE_ORDER_H
#define KW_LICENSE_LICENSE_ORDER_H

#include "app/app.h"

enum { ORDER_SEED_SIZE = 16, ORDER_CHANCE_SIZE = MAC_SIZE };

struct license_order {
	uint8_t seed[ORDER_SEED_SIZE];
	struct text prefix; /* of the keys that it made, or makes */
	int64_t at;         /* when it was placed, ms */
	bool again;         /* it was carried out before */
};

void license_order_start(const struct house *house);
void license_order_stop(void);

/* What op's call orders: one of the same key and body that was placed within 24 hours, or else a fresh one, which is kept.
 * Without a key it is always a fresh one, and not kept. Of calls that meet, one is fresh. Refuse before you place: what was placed
 * is carried out. IDEMPOTENCY_KEY_REUSED. */
MUST_USE enum err license_order_place(struct op *op, const struct app *app, struct license_order *order_r);
/* Only looks for it: again tells whether it is there. */
MUST_USE enum err license_order_look(struct op *op, const struct app *app, struct license_order *order_r);
/* What chance gave the license of that number: the same for the same order. */
void license_order_chance(const struct license_order *order, int64_t number, uint8_t out[static ORDER_CHANCE_SIZE]);

/* Removes what is too old, or fewer: how many, or -1. */
MUST_USE int license_order_prune(struct db_tx *tx, int64_t now);

#endif
