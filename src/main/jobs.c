#include "main/jobs.h"

#include "app/app.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/retire.h"
#include "core/limit.h"
#include "deliver/deliver.h"
#include "exchange/exchange.h"
#include "license/license.h"
#include "magic/magic.h"
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

/* By the clock that is never moved: a shift must not make jobs run a million times. */
int jobs_run(void)
{
	int64_t wait = 1000;
	for (size_t i = 0; i < COUNT(jobs); i++) {
		if (jobs[i].due <= clock_steady()) {
			jobs[i].run();
			jobs[i].due = clock_steady() + jobs[i].every;
		}
		int64_t left = jobs[i].due - clock_steady();
		if (left < wait)
			wait = left > 0 ? left : 0;
	}
	return (int)wait;
}
