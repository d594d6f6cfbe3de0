#include "main/jobs.h"

#include <time.h>

#include "app/app.h"
#include "core/limit.h"
#include "deliver/deliver.h"
#include "otp/otp.h"
#include "token/token.h"

static struct job {
	void (*run)(void);
	int64_t every, due;
} jobs[] = {
#define JOB(name, every_ms, help) {name, every_ms, 0},
#include "tables/jobs.def"
#undef JOB
};

/* The machine's own ticks: a clock that tests move must not make jobs run a million times. */
static int64_t ticks(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int jobs_run(void)
{
	int64_t wait = 1000;
	for (size_t i = 0; i < COUNT(jobs); i++) {
		if (jobs[i].due <= ticks()) {
			jobs[i].run();
			jobs[i].due = ticks() + jobs[i].every;
		}
		int64_t left = jobs[i].due - ticks();
		if (left < wait)
			wait = left > 0 ? left : 0;
	}
	return (int)wait;
}
