#include "token/unanswered.h"

#include <pthread.h>
#include <stdio.h>

#include "core/id.h"

enum { KEPT = 1024, KEPT_MS = 10 * 60 * 1000 };

static struct entry {
	char request_id[REQUEST_ID_SIZE];
	int64_t at;
} entries[KEPT];
static size_t next;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void unanswered_add(const char *request_id, int64_t now)
{
	pthread_mutex_lock(&lock);
	struct entry *entry = &entries[next++ % KEPT];
	snprintf(entry->request_id, sizeof entry->request_id, "%s", request_id);
	entry->at = now;
	pthread_mutex_unlock(&lock);
}

bool unanswered_has(struct text request_id, int64_t now)
{
	bool has = false;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < KEPT && !has; i++)
		has = entries[i].at > now - KEPT_MS && text_equal(request_id, text_of(entries[i].request_id));
	pthread_mutex_unlock(&lock);
	return has;
}
