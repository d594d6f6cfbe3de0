#include "base/retire.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"

enum { KEPT_MS = 60000 };

struct retired {
	void *thing;
	void (*give_up)(void *thing);
	int64_t since; /* clock_steady(): a clock that tests move must not free what is in use */
	struct retired *next;
};

/* Oldest first. */
static struct {
	pthread_mutex_t lock;
	struct retired *first, **last;
} list = {.lock = PTHREAD_MUTEX_INITIALIZER, .last = &list.first};

void retire(void *thing, void (*give_up)(void *thing))
{
	if (!thing)
		return;
	struct retired *retired = malloc(sizeof *retired);
	MUST(retired);
	pthread_mutex_lock(&list.lock);
	*retired = (struct retired){thing, give_up, clock_steady(), NULL};
	*list.last = retired;
	list.last = &retired->next;
	pthread_mutex_unlock(&list.lock);
}

/* The first of the list if it retired before then, else NULL. */
static struct retired *take(int64_t before)
{
	pthread_mutex_lock(&list.lock);
	struct retired *retired = list.first && list.first->since < before ? list.first : NULL;
	if (retired)
		list.first = retired->next;
	if (!list.first)
		list.last = &list.first;
	pthread_mutex_unlock(&list.lock);
	return retired;
}

static void give_up(int64_t before)
{
	struct retired *retired;
	while ((retired = take(before))) {
		retired->give_up(retired->thing);
		free(retired);
	}
}

void retire_sweep(void)
{
	give_up(clock_steady() - KEPT_MS);
}

void retire_stop(void)
{
	give_up(INT64_MAX);
}
