#include "db/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* The server gives up on a statement before we give up on the server (the work's deadline in postgres.c). */
static const char *const session = "SET client_encoding='UTF8';"
				   "SET application_name='keywright';"
				   "SET client_min_messages=warning;"
				   "SET default_transaction_isolation='read committed';"
				   "SET lock_timeout=1000;"
				   "SET statement_timeout=1200;"
				   "SET idle_in_transaction_session_timeout=5000";

/* ---- the end ---- */

void link_close(struct link *link)
{
	if (link->pg)
		pq.finish(link->pg);
	link->pg = NULL;
	link->working = false;
}

/* Notes the first line of why, and closes. */
static enum link_end end(struct link *link, enum link_end how)
{
	const char *why = how == LINK_LATE ? "no answer in time" : pq.errorMessage(link->pg);

	snprintf(link->why, sizeof link->why, "%.*s", (int)strcspn(why, "\n"), why);
	log_say(link->working ? LOG_WARN : LOG_DEBUG, "store_connection_lost", "PostgreSQL: %s", link->why);
	link_close(link);
	link->late = how == LINK_LATE;
	return how;
}

/* ---- waiting ---- */

static enum link_end wait_for(struct link *link, short events)
{
	struct pollfd fd = {.fd = pq.socket(link->pg), .events = events};

	for (;;) {
		const int64_t left = link->deadline - clock_steady();
		if (left <= 0)
			return end(link, LINK_LATE);
		const int n = poll(&fd, 1, (int)left);
		if (n > 0)
			return LINK_OK;
		if (n < 0 && errno != EINTR)
			return end(link, LINK_LOST);
	}
}

/* Sends and receives until the next result is here. */
static enum link_end receive(struct link *link)
{
	while (pq.isBusy(link->pg)) {
		const int unsent = pq.flush(link->pg);
		if (unsent < 0)
			return end(link, LINK_LOST);
		TRY(wait_for(link, (short)(unsent ? POLLIN | POLLOUT : POLLIN)));
		if (!pq.consumeInput(link->pg))
			return end(link, LINK_LOST);
	}
	return LINK_OK;
}

/* ---- answers ---- */

static bool is_error(const PGresult *result)
{
	const ExecStatusType status = pq.resultStatus(result);

	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

/* Keeps the first error, else the latest result. */
static void keep(struct link_answer *answer, PGresult *result)
{
	if (answer->result && is_error(answer->result)) {
		pq.clear(result);
		return;
	}
	pq.clear(answer->result);
	answer->result = result;
	if (!is_error(result))
		answer->done++;
}

static enum link_end judge(struct link *link, struct link_answer *answer, struct link_answer *answer_r)
{
	if (pq.status(link->pg) == CONNECTION_BAD) {
		pq.clear(answer->result);
		return end(link, LINK_LOST);
	}
	*answer_r = *answer;
	return answer->result && is_error(answer->result) ? LINK_ERROR : LINK_OK;
}

/* Collects results until the sync, or in plain mode until there are no more. */
static enum link_end collect(struct link *link, bool pipeline, struct link_answer *answer_r)
{
	struct link_answer answer = {0};

	for (;;) {
		const enum link_end failed = receive(link);
		if (failed) {
			pq.clear(answer.result);
			return failed;
		}
		PGresult *result = pq.getResult(link->pg);
		const bool last = pipeline ? pq.resultStatus(result) == PGRES_PIPELINE_SYNC : result == NULL;
		if (last || pq.status(link->pg) == CONNECTION_BAD) {
			pq.clear(result);
			return judge(link, &answer, answer_r);
		}
		/* In a pipeline NULL only stands between the results of two statements. */
		if (result)
			keep(&answer, result);
	}
}

enum link_end link_exchange(struct link *link, struct link_answer *answer_r)
{
	if (!pq.pipelineSync(link->pg))
		return end(link, LINK_LOST);
	return collect(link, true, answer_r);
}

enum link_end link_script(struct link *link, const char *sql, struct link_answer *answer_r)
{
	/* Several statements in one text need the simple protocol, which a pipeline does not speak. */
	if (!pq.exitPipelineMode(link->pg) || !pq.sendQuery(link->pg, sql))
		return end(link, LINK_LOST);
	const enum link_end how = collect(link, false, answer_r);
	if (how != LINK_LOST && how != LINK_LATE)
		MUST(pq.enterPipelineMode(link->pg));
	return how;
}

enum link_end link_check(struct link *link)
{
	if (!pq.consumeInput(link->pg) || pq.status(link->pg) == CONNECTION_BAD)
		return end(link, LINK_LOST);
	return LINK_OK;
}

/* ---- connecting ---- */

static void ignore_notice(void *context, const char *message) {}

static enum link_end set_session(struct link *link)
{
	struct link_answer answer = {0};
	const enum link_end how = link_script(link, session, &answer);

	if (how == LINK_OK || how == LINK_ERROR)
		pq.clear(answer.result);
	link->working = how == LINK_OK;
	return how == LINK_ERROR ? end(link, LINK_LOST) : how;
}

enum link_end link_connect(struct link *link)
{
	PostgresPollingStatusType wants = PGRES_POLLING_WRITING;

	link->pg = pq.connectStart(link->url);
	MUST(link->pg != NULL);
	link->late = false;
	while (wants == PGRES_POLLING_WRITING || wants == PGRES_POLLING_READING) {
		if (pq.status(link->pg) == CONNECTION_BAD)
			return end(link, LINK_LOST);
		TRY(wait_for(link, wants == PGRES_POLLING_READING ? POLLIN : POLLOUT));
		wants = pq.connectPoll(link->pg);
	}
	if (wants != PGRES_POLLING_OK || pq.setnonblocking(link->pg, 1) != 0 || !pq.enterPipelineMode(link->pg))
		return end(link, LINK_LOST);
	pq.setNoticeProcessor(link->pg, ignore_notice, NULL);
	return set_session(link);
}
