#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int64_t loop_now(void)
{
	struct timespec t;
	MUST(clock_gettime(CLOCK_MONOTONIC_COARSE, &t) == 0);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void loop_post(struct loop *loop, struct loop_task *task)
{
	struct loop_task *latest = atomic_load_explicit(&loop->posted, memory_order_relaxed);
	do
		task->next = latest;
	while (!atomic_compare_exchange_weak_explicit(
		&loop->posted, &latest, task, memory_order_release, memory_order_relaxed));
	/* From here on the task may already be gone. */
	if (latest == NULL)
		MUST(eventfd_write(loop->wake_fd, 1) == 0);
}

static void run_posted(int fd, short what, void *context)
{
	(void)what;
	struct loop *loop = context;
	eventfd_t count;
	MUST(eventfd_read(fd, &count) == 0 || errno == EAGAIN);
	struct loop_task *latest = atomic_exchange_explicit(&loop->posted, NULL, memory_order_acquire);
	struct loop_task *oldest = NULL;
	while (latest != NULL) {
		struct loop_task *task = latest;
		latest = task->next;
		task->next = oldest;
		oldest = task;
	}
	while (oldest != NULL) {
		struct loop_task *task = oldest;
		oldest = task->next;
		task->fn(task);
	}
}

int loop_init(struct loop *loop)
{
	atomic_init(&loop->posted, NULL);
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	/* Nothing of libevent is touched from two threads, so the base needs no locks. */
	struct event_config *config = event_config_new();
	if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		loop->base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	if (loop->base != NULL && loop->wake_fd >= 0)
		loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, run_posted, loop);
	return loop->wake != NULL && event_add(loop->wake, NULL) == 0 ? 0 : -1;
}

void loop_done(struct loop *loop)
{
	if (loop->wake != NULL)
		event_free(loop->wake);
	if (loop->base != NULL)
		event_base_free(loop->base);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
}

static void *run(void *context)
{
	pthread_setname_np(pthread_self(), "io");
	struct loop *loop = context;
	(void)event_base_dispatch(loop->base);
	return NULL;
}

int loop_start(struct loop *loop)
{
	/* Signals are for the main thread. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int failed = pthread_create(&loop->thread, NULL, run, loop);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	loop->running = failed == 0;
	return failed;
}

void loop_exit(struct loop *loop)
{
	(void)event_base_loopexit(loop->base, NULL);
}

void loop_join(struct loop *loop)
{
	if (loop->running)
		MUST(pthread_join(loop->thread, NULL) == 0);
	loop->running = false;
}
