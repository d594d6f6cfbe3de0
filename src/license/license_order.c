#include "license/license_order.h"

#include "api/router.h"
#include "crypto/rand.h"
#include "license/license_order_sql.h"

static const int64_t KEPT_MS = 24 * 3600 * 1000LL;

static struct mac_key *order_key, *chance_key;

void license_order_start(const struct house *house)
{
	order_key = mac_key_new(house->master, "license idempotency key");
	chance_key = mac_key_new(house->master, "license order");
}

void license_order_stop(void)
{
	mac_key_free(order_key);
	mac_key_free(chance_key);
	order_key = chance_key = NULL;
}

/* Which call it is, of an endpoint and a key, and what it says. */
static struct license_order_row row_of(struct op *op, const struct app *app)
{
	struct license_order_row row = {.app_id = app->id, .prefix = app->license_prefix, .created_at = op->now};
	const struct text app_id = text_bytes(&app->id, sizeof app->id), endpoint = text_of(op->endpoint->name);
	const struct text body = text_absent(op->request->body) ? TEXT("") : op->request->body;
	MAC_SUM(order_key, row.order_mac, app_id, endpoint, op->idempotency_key);
	MAC_SUM(order_key, row.request_mac, app_id, endpoint, op->idempotency_key, body);
	rand_bytes(row.seed, sizeof row.seed);
	return row;
}

static struct license_order order_of(const struct license_order_row *row, bool again)
{
	struct license_order order = {.prefix = row->prefix, .at = row->created_at, .again = again};
	memcpy(order.seed, row->seed, sizeof order.seed);
	return order;
}

static enum err look(struct op *op, const struct license_order_row *fresh, struct license_order *order_r)
{
	struct license_order_row kept = *fresh;
	const enum db_found found = license_order_sql_get(op->tx, &kept, op->now - KEPT_MS);
	OP_STORE(op, found);
	if (found == DB_ROW && !secret_equal(kept.request_mac, fresh->request_mac, MAC_SIZE))
		return ERR_IDEMPOTENCY_KEY_REUSED;
	*order_r = order_of(found == DB_ROW ? &kept : fresh, found == DB_ROW);
	return ERR_NONE;
}

enum err license_order_look(struct op *op, const struct app *app, struct license_order *order_r)
{
	const struct license_order_row fresh = row_of(op, app);
	if (!text_absent(op->idempotency_key))
		return look(op, &fresh, order_r);
	*order_r = order_of(&fresh, false);
	return ERR_NONE;
}

enum err license_order_place(struct op *op, const struct app *app, struct license_order *order_r)
{
	const struct license_order_row fresh = row_of(op, app);
	if (!text_absent(op->idempotency_key)) {
		const int placed = license_order_sql_put(op->tx, &fresh, op->now - KEPT_MS);
		OP_STORE(op, placed);
		/* the same call, on another connection, was faster */
		if (placed == 0)
			return look(op, &fresh, order_r);
	}
	*order_r = order_of(&fresh, false);
	return ERR_NONE;
}

void license_order_chance(const struct license_order *order, int64_t number, uint8_t out[static ORDER_CHANCE_SIZE])
{
	MAC_SUM(chance_key, out, text_bytes(order->seed, sizeof order->seed), text_bytes(&number, sizeof number));
}

int license_order_prune(struct db_tx *tx, int64_t now)
{
	return license_order_sql_prune(tx, now - KEPT_MS);
}
