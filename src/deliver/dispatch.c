#include "deliver/dispatch.h"

#include <pthread.h>
#include <time.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/inbox.h"
#include "deliver/lane.h"
#include "deliver/outbox.h"

/* How long the thread sleeps when nothing is to be done; with a courier it looks after kept connections. */
enum { SLEEP_MS = 60 * 1000, SLEEP_WITH_COURIER_MS = 1000, ERRANDS_MS = 100, STOP_MS = 1000 };

enum { MAILS, TEXTS, LANES };

static struct {
	pthread_t thread;
	struct lane lanes[LANES];
	bool courier_failed;

	pthread_mutex_t lock;
	pthread_cond_t news;
	/* guarded by lock */
	struct letter *incoming;
	struct courier *courier; /* made when first needed, on the delivery thread */
	bool awake;              /* something came since the thread last looked */
	bool stopping;
	_Atomic size_t incoming_count;
} office = {.lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER};

/* ---- from other threads ---- */

/* With the lock held. */
static void wake_locked(void)
{
	if (office.awake)
		return;
	office.awake = true;
	if (office.courier)
		courier_wake(office.courier);
	else
		pthread_cond_signal(&office.news);
}

static void wake(void)
{
	pthread_mutex_lock(&office.lock);
	wake_locked();
	pthread_mutex_unlock(&office.lock);
}

static uint64_t held(void)
{
	return office.incoming_count + office.lanes[MAILS].tally.held + office.lanes[TEXTS].tally.held;
}

size_t dispatch_room(void)
{
	const uint64_t count = held();
	return count < DISPATCH_MAX ? DISPATCH_MAX - count : 0;
}

static struct lane *lane_for(const struct letter *letter)
{
	return &office.lanes[letter->message.to.kind == CONTACT_EMAIL ? MAILS : TEXTS];
}

/* The inbox is memory: a message stands in it before its send is answered, and only its row is left to the thread. */
static void show_in_inbox(struct letter *letter)
{
	if (carrier_of(settings_now(), letter->message.to.kind) == CARRIER_INBOX &&
		letter->message.expires_at > clock_now())
		inbox_show(letter);
}

void dispatch_take(struct letter *letters)
{
	struct letter *letter, *next;
	pthread_mutex_lock(&office.lock);
	DL_FOREACH_SAFE(letters, letter, next)
	{
		if (office.stopping || dispatch_room() == 0) {
			/* its row waits until the claim has passed */
			letter_free(letter);
			continue;
		}
		show_in_inbox(letter);
		DL_APPEND(office.incoming, letter);
		office.incoming_count++;
	}
	wake_locked();
	pthread_mutex_unlock(&office.lock);
}

static void count_expired(unsigned count)
{
	office.lanes[MAILS].tally.expired += count;
}

struct deliver_stats dispatch_stats(void)
{
	const struct lane_tally *mails = &office.lanes[MAILS].tally, *texts = &office.lanes[TEXTS].tally;
	return (struct deliver_stats){
		.mails_sent = mails->sent,
		.texts_sent = texts->sent,
		.failed = mails->failed + texts->failed,
		.expired = mails->expired + texts->expired,
		.retried = mails->retried + texts->retried,
		.waiting = held(),
	};
}

/* ---- the thread ---- */

/* Moves what came in to its lane. True: the thread is to end. */
static bool collect(void)
{
	struct letter *letter, *next;
	pthread_mutex_lock(&office.lock);
	struct letter *letters = office.incoming;
	office.incoming = NULL;
	office.awake = false;
	const bool stopping = office.stopping;
	pthread_mutex_unlock(&office.lock);
	DL_FOREACH_SAFE(letters, letter, next)
	{
		lane_take(lane_for(letter), letter);
		office.incoming_count--;
	}
	return stopping;
}

static struct courier *get_courier(void)
{
	const char *why = NULL;
	if (office.courier)
		return office.courier;
	struct courier *courier = carrier_courier(&why);
	if (!courier && !office.courier_failed)
		log_say(LOG_ERROR, "deliver.no_courier", "%s", why);
	office.courier_failed = !courier;
	pthread_mutex_lock(&office.lock);
	office.courier = courier;
	pthread_mutex_unlock(&office.lock);
	return courier;
}

static void sleep_until(int64_t end)
{
	const struct timespec until = {.tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000};
	pthread_mutex_lock(&office.lock);
	if (!office.awake)
		pthread_cond_clockwait(&office.news, &office.lock, CLOCK_MONOTONIC, &until);
	pthread_mutex_unlock(&office.lock);
}

/* Until then at the latest, driving transfers meanwhile. */
static void rest(int64_t until)
{
	const int64_t now = clock_steady(), longest = now + (office.courier ? SLEEP_WITH_COURIER_MS : SLEEP_MS);
	if (until > longest)
		until = longest;
	if (!office.courier)
		sleep_until(until);
	else
		courier_step(office.courier, until > now ? (int)(until - now) : 0);
}

static int64_t work(void)
{
	int64_t again = INT64_MAX;
	for (int i = 0; i < LANES; i++) {
		const int64_t lane_again = lane_work(&office.lanes[i], get_courier);
		again = lane_again < again ? lane_again : again;
	}
	/* a wake comes when errands are done; those that failed are tried again by the clock */
	if (!outbox_work() && clock_steady() + ERRANDS_MS < again)
		again = clock_steady() + ERRANDS_MS;
	return again;
}

static unsigned under_way(void)
{
	return office.lanes[MAILS].count_under_way + office.lanes[TEXTS].count_under_way;
}

/* What is under way gets a second, what waits goes back to the outbox. */
static void wind_up(void)
{
	const int64_t end = clock_steady() + STOP_MS;
	while (under_way() > 0 && clock_steady() < end) {
		(void)outbox_work();
		courier_step(office.courier, ERRANDS_MS);
	}
	pthread_mutex_lock(&office.lock);
	struct courier *courier = office.courier;
	office.courier = NULL;
	pthread_mutex_unlock(&office.lock);
	courier_free(courier);
	for (int i = 0; i < LANES; i++) {
		lane_forget(&office.lanes[i]);
		lane_release(&office.lanes[i]);
	}
	while (!outbox_work() && clock_steady() < end + STOP_MS) {
		sleep_until(clock_steady() + ERRANDS_MS);
		(void)collect();
	}
}

static void *run(void *unused)
{
	pthread_setname_np(pthread_self(), "delivery");
	while (!collect())
		rest(work());
	wind_up();
	return unused;
}

/* ---- start and stop ---- */

int dispatch_start(const struct house *house)
{
	static const struct outbox_doings DOINGS = {.take = dispatch_take, .expired = count_expired, .wake = wake};
	office.lanes[MAILS] = (struct lane){.name = "email"};
	office.lanes[TEXTS] = (struct lane){.name = "sms"};
	office.stopping = office.awake = false;
	outbox_start(house, &DOINGS);
	if (outbox_claim_left_behind(DISPATCH_MAX) != 0 || pthread_create(&office.thread, NULL, run, NULL) != 0) {
		outbox_stop();
		return -1;
	}
	return 0;
}

void dispatch_stop(void)
{
	pthread_mutex_lock(&office.lock);
	office.stopping = true;
	wake_locked();
	pthread_mutex_unlock(&office.lock);
	pthread_join(office.thread, NULL);
	outbox_stop();
}
