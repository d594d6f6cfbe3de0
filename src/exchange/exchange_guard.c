#include "exchange/exchange_guard.h"

#include <stdatomic.h>

#include "base/log.h"
#include "core/limit.h"

static const int64_t HOUR_MS = 3600 * 1000LL, BREAKER_MS = 5 * 60 * 1000LL;
enum { SITE_FACTOR = 16, BREAKER_COUNT = 100 };

static struct {
	_Atomic uint64_t locks, breakers;
} room;

struct exchange_stats exchange_guard_stats(void)
{
	return (struct exchange_stats){.locks = atomic_load(&room.locks), .breakers = atomic_load(&room.breakers)};
}

/* ---- windows ---- */

/* Counts events, and what happens when there are too many: for a time, nothing goes. */
struct fuse {
	struct limit_window events, blown;
};

/* How long it still holds, 0 when it is whole. */
static enum err see(struct op *op, const struct fuse *fuse, int64_t *left_ms_r)
{
	int64_t used;
	return limit_see(op, &fuse->blown, &used, left_ms_r);
}

enum load { LOAD_FULL, LOAD_COUNTED, LOAD_LAST };

/* Counts an event, unless there is no room for one: LOAD_FULL. LOAD_LAST: it was the one too many, and the fuse is blown
 * from now on. */
static enum err load(struct op *op, const struct fuse *fuse, enum load *load_r)
{
	int64_t used, wait, blown;
	TRY(limit_add(op, &fuse->events, &wait));
	*load_r = wait ? LOAD_FULL : LOAD_COUNTED;
	if (wait)
		return ERR_NONE;
	TRY(limit_see(op, &fuse->events, &used, &wait));
	if (wait == 0)
		return ERR_NONE;
	TRY(limit_add(op, &fuse->blown, &blown));
	if (blown == 0)
		*load_r = LOAD_LAST;
	return ERR_NONE;
}

/* ---- the address lock ---- */

struct address {
	struct ip prefix;
	struct fuse fuse;
};

static struct address *new_address(struct op *op, unsigned bits, int64_t failures)
{
	struct address *address = ARENA_NEW(op->arena, struct address);
	const struct uuid app_id = op->app_proven ? op->app->id : (struct uuid){0};
	const bool is_site = bits == 48;
	address->prefix = ip_prefix(op->client, bits);
	const struct text subject = text_bytes(&address->prefix, sizeof address->prefix);
	address->fuse.events = (struct limit_window){
		is_site ? "exchange_site_failure" : "exchange_failure", app_id, subject, failures, HOUR_MS};
	address->fuse.blown =
		(struct limit_window){is_site ? "exchange_site_lock" : "exchange_lock", app_id, subject, 1, HOUR_MS};
	return address;
}

/* Those that op's client counts for: itself, and of IPv6 its site. */
static size_t addresses_of(struct op *op, struct address *addresses[static 2])
{
	const int64_t failures = settings_now()->exchange_max_failures;
	const bool v4 = ip_is_v4(op->client);
	if (!op->client_known)
		return 0;
	addresses[0] = new_address(op, v4 ? 128 : 64, failures);
	if (v4)
		return 1;
	addresses[1] = new_address(op, 48, failures * SITE_FACTOR);
	return 2;
}

enum err exchange_guard_look(struct op *op, int64_t *left_ms_r)
{
	struct address *addresses[2];
	const size_t count = addresses_of(op, addresses);
	int64_t longest = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t left;
		TRY(see(op, &addresses[i]->fuse, &left));
		if (left > longest)
			longest = left;
	}
	*left_ms_r = longest;
	return longest ? op_refuse_later(op, ERR_exchange_code_attempt_limit_exceeded, longest) : ERR_NONE;
}

static void note_lock(void *context)
{
	atomic_fetch_add(&room.locks, 1);
}

static enum err count_failure(struct op *op)
{
	struct address *addresses[2];
	const size_t count = addresses_of(op, addresses);
	for (size_t i = 0; i < count; i++) {
		const struct fuse *fuse = &addresses[i]->fuse;
		enum load load_now;
		TRY(load(op, fuse, &load_now));
		if (load_now == LOAD_FULL)
			return op_refuse_later(op, ERR_exchange_code_attempt_limit_exceeded, HOUR_MS);
		if (load_now == LOAD_COUNTED)
			continue;
		op_after_commit(op, note_lock, NULL);
		TRY(event_record(op, &(struct event){.type = EVENT_EXCHANGE_LOCKED, .app_id = fuse->blown.app_id}));
	}
	return ERR_NONE;
}

/* ---- the breaker ---- */

static struct fuse breaker(void)
{
	return (struct fuse){.events = {"exchange_guess", {{0}}, TEXT(""), BREAKER_COUNT, BREAKER_MS},
		.blown = {"exchange_breaker", {{0}}, TEXT(""), 1, BREAKER_MS}};
}

static enum err judge_breaker(struct op *op)
{
	const struct fuse fuse = breaker();
	int64_t left;
	TRY(see(op, &fuse, &left));
	return left ? op_refuse_later(op, ERR_RATE_LIMITED, left) : ERR_NONE;
}

static void note_breaker(void *context)
{
	atomic_fetch_add(&room.breakers, 1);
	log_say(LOG_WARN, "exchange_breaker",
		"someone guesses exchange codes: unbound digits are refused for 5 minutes");
}

static enum err count_guess(struct op *op)
{
	const struct fuse fuse = breaker();
	enum load load_now;
	TRY(load(op, &fuse, &load_now));
	if (load_now != LOAD_LAST)
		return ERR_NONE;
	op_after_commit(op, note_breaker, NULL);
	return event_record(op, &(struct event){.type = EVENT_EXCHANGE_BREAKER});
}

/* ---- all of it ---- */

/* An app's server that does not say for whom it calls. */
static bool is_for_nobody(const struct op *op)
{
	return op->app_proven && !op->client_known;
}

enum err exchange_guard_enter(struct op *op, enum exchange_kind kind)
{
	int64_t left;
	TRY(exchange_guard_look(op, &left));
	if (is_for_nobody(op) && kind != EXCHANGE_OPAQUE)
		TRY(limit_look(op, LIMIT_exchange_digits_per_app, text_bytes(&op->app->id, sizeof op->app->id)));
	return kind == EXCHANGE_LOOSE ? judge_breaker(op) : ERR_NONE;
}

enum err exchange_guard_missed(struct op *op, enum exchange_kind kind)
{
	TRY(count_failure(op));
	if (is_for_nobody(op) && kind != EXCHANGE_OPAQUE)
		TRY(limit_take(op, LIMIT_exchange_digits_per_app, text_bytes(&op->app->id, sizeof op->app->id)));
	if (kind == EXCHANGE_LOOSE)
		TRY(count_guess(op));
	return ERR_exchange_code_not_found;
}
