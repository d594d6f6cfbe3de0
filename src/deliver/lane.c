#include "deliver/lane.h"

#include <utlist.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/rand.h"
#include "deliver/inbox.h"
#include "deliver/outbox.h"

enum { UNDER_WAY_MAX = 32, LOOK_AFTER_MS = 1000 };
_Static_assert(OUTBOX_CLAIM_MS >= 2 * CARRIER_TRY_MS, "a claim outlives a try that begins in its first half");

/* ---- the log ---- */

/* Neither the contact nor the code. */
static void log_letter(enum log_level level, const char *event, const struct lane *lane, const struct letter *letter,
	const struct courier_outcome *outcome)
{
	struct log_line line;
	char id[UUID_TEXT_SIZE];
	uuid_write(letter->message_id, id);
	log_begin(&line, level, event);
	log_string(&line, "message_id", id);
	log_string(&line, "channel", lane->name);
	log_int(&line, "tries", letter->tries);
	if (outcome) {
		log_int(&line, "status", outcome->status);
		log_string(&line, "why", outcome->why);
	}
	log_end(&line);
}

static void log_circuit(const struct lane *lane, bool shut)
{
	struct log_line line;
	log_begin(&line, LOG_WARN, shut ? "provider.down" : "provider.up");
	log_string(&line, "channel", lane->name);
	log_string(&line, "what",
		shut ? "the provider fails: one message at a time probes it until it works again"
		     : "the provider works again");
	log_end(&line);
}

/* ---- ends ---- */

static void end(struct lane *lane, struct letter *letter)
{
	outbox_erase(letter);
	lane->tally.held--;
	letter_free(letter);
}

static void expire(struct lane *lane, struct letter *letter)
{
	lane->tally.expired++;
	log_letter(LOG_WARN, "message.expired", lane, letter, NULL);
	end(lane, letter);
}

/* The row waits for whoever claims it first from then on. */
static void release(struct lane *lane, struct letter *letter, int64_t free_at)
{
	outbox_release(letter, free_at);
	lane->tally.held--;
	letter_free(letter);
}

/* Without a word to the outbox: the claim passes by itself. */
static void forget(struct lane *lane, struct letter *letter)
{
	lane->tally.held--;
	letter_free(letter);
}

/* Who queued it has shown it already (dispatch_take), if the inbox was its carrier then. */
static void end_in_inbox(struct lane *lane, struct letter *letter)
{
	inbox_show(letter);
	lane->tally.sent++;
	end(lane, letter);
}

/* ---- tries ---- */

static uint8_t chance(void)
{
	uint8_t byte;
	rand_bytes(&byte, 1);
	return byte;
}

/* Whether the provider is to blame, or (a 45x of SMTP) this recipient's mailbox. */
static bool is_outage(const struct letter *letter, const struct courier_outcome *outcome)
{
	const bool mailbox = outcome->status >= 450 && outcome->status <= 459;
	return letter->message.to.kind != CONTACT_EMAIL || !mailbox;
}

/* Waits here while the claim lasts for a whole try after the pause, else in the outbox. */
static void pause_letter(struct lane *lane, struct letter *letter, int64_t pause)
{
	const int64_t due = clock_now() + pause;
	if (letter->claimed_until - due < CARRIER_TRY_MS) {
		release(lane, letter, due);
		return;
	}
	letter->due = clock_steady() + pause;
	DL_APPEND(lane->paused, letter);
}

/* The provider answers: what waited for that need not wait any longer. */
static void provider_works(struct lane *lane)
{
	if (!circuit_succeeded(&lane->circuit))
		return;
	log_circuit(lane, false);
	DL_CONCAT(lane->ready, lane->paused);
	lane->paused = NULL;
}

static void came_to_nothing(struct lane *lane, struct letter *letter, const struct courier_outcome *outcome)
{
	const bool outage = is_outage(letter, outcome);
	letter->tries++;
	lane->tally.retried++;
	log_letter(LOG_INFO, "message.put_off", lane, letter, outcome);
	if (!outage)
		provider_works(lane);
	else if (circuit_failed(&lane->circuit, clock_steady(), chance(), outcome->retry_after))
		log_circuit(lane, true);
	pause_letter(lane, letter,
		pause_ms(letter->tries, outage ? PAUSE_OUTAGE_MS : PAUSE_PUT_OFF_MS, chance(), outcome->retry_after));
}

static void landed(struct lane *lane, struct letter *letter, const struct courier_outcome *outcome)
{
	switch (outcome->result) {
	case COURIER_OK:
		provider_works(lane);
		lane->tally.sent++;
		log_letter(LOG_DEBUG, "message.sent", lane, letter, outcome);
		end(lane, letter);
		return;
	case COURIER_REFUSED:
		if (outcome->status)
			provider_works(lane);
		else
			circuit_returns(&lane->circuit);
		lane->tally.failed++;
		log_letter(LOG_WARN, "message.failed", lane, letter, outcome);
		end(lane, letter);
		return;
	case COURIER_LATER: came_to_nothing(lane, letter, outcome); return;
	}
}

/* Called by the courier. */
static void done(void *context, const struct courier_outcome *outcome)
{
	struct letter *letter = context;
	struct lane *lane = letter->lane;
	DL_DELETE(lane->under_way, letter);
	lane->count_under_way--;
	landed(lane, letter, outcome);
}

static void send_letter(
	struct lane *lane, struct letter *letter, const struct settings *settings, struct courier *(*get_courier)(void))
{
	static const struct courier_outcome NO_COURIER = {.result = COURIER_LATER, .why = "libcurl cannot be loaded"};
	struct courier *courier = get_courier();
	circuit_departs(&lane->circuit);
	if (!courier) {
		landed(lane, letter, &NO_COURIER);
		return;
	}
	letter->lane = lane;
	DL_APPEND(lane->under_way, letter);
	lane->count_under_way++;
	carrier_send(courier, settings, letter, done, letter);
}

/* ---- the lane ---- */

void lane_take(struct lane *lane, struct letter *letter)
{
	lane->tally.held++;
	DL_APPEND(lane->ready, letter);
}

static void hand_over(struct lane *lane, struct letter *letter, struct courier *(*courier)(void))
{
	const int64_t now = clock_now();
	const struct settings *settings = settings_now();
	const enum carrier carrier = carrier_of(settings, letter->message.to.kind);
	if (letter->message.expires_at <= now)
		expire(lane, letter);
	else if (carrier == CARRIER_NONE)
		forget(lane, letter);
	else if (carrier == CARRIER_INBOX)
		end_in_inbox(lane, letter);
	else if (letter->claimed_until - now < CARRIER_TRY_MS)
		release(lane, letter, now);
	else
		send_letter(lane, letter, settings, courier);
}

/* Those that wait for a place or a circuit: what is past its time ends, what is about to lose its claim goes back. */
static void look_after(struct lane *lane, int64_t steady)
{
	const int64_t now = clock_now();
	struct letter *letter, *next;
	lane->looked_after = steady;
	DL_FOREACH_SAFE(lane->ready, letter, next)
	{
		const bool expired = letter->message.expires_at <= now;
		if (!expired && letter->claimed_until - now >= CARRIER_TRY_MS)
			continue;
		DL_DELETE(lane->ready, letter);
		if (expired)
			expire(lane, letter);
		else
			release(lane, letter, now);
	}
}

/* Paused letters that are due become ready. Returns when the next one is. */
static int64_t end_pauses(struct lane *lane, int64_t steady)
{
	int64_t next_due = INT64_MAX;
	struct letter *letter, *next;
	DL_FOREACH_SAFE(lane->paused, letter, next)
	{
		if (letter->due > steady) {
			next_due = letter->due < next_due ? letter->due : next_due;
			continue;
		}
		DL_DELETE(lane->paused, letter);
		DL_APPEND(lane->ready, letter);
	}
	return next_due;
}

int64_t lane_work(struct lane *lane, struct courier *(*courier)(void))
{
	const int64_t steady = clock_steady();
	int64_t again = end_pauses(lane, steady);
	while (lane->ready && lane->count_under_way < UNDER_WAY_MAX && circuit_admits(&lane->circuit, steady)) {
		struct letter *letter = lane->ready;
		DL_DELETE(lane->ready, letter);
		hand_over(lane, letter, courier);
	}
	if (!lane->ready)
		return again;
	if (steady - lane->looked_after >= LOOK_AFTER_MS)
		look_after(lane, steady);
	if (lane->circuit.shut_until > steady && lane->circuit.shut_until < again)
		again = lane->circuit.shut_until;
	return again < steady + LOOK_AFTER_MS ? again : steady + LOOK_AFTER_MS;
}

void lane_release(struct lane *lane)
{
	const int64_t now = clock_now();
	DL_CONCAT(lane->ready, lane->paused);
	lane->paused = NULL;
	while (lane->ready) {
		struct letter *letter = lane->ready;
		DL_DELETE(lane->ready, letter);
		release(lane, letter, now);
	}
}

void lane_forget(struct lane *lane)
{
	while (lane->under_way) {
		struct letter *letter = lane->under_way;
		DL_DELETE(lane->under_way, letter);
		forget(lane, letter);
	}
	lane->count_under_way = 0;
}
