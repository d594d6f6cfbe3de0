#include "main/health.h"

#include <stdio.h>
#include <unistd.h>

#include "api/api.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/err.h"
#include "deliver/deliver.h"
#include "exchange/exchange.h"
#include "main/reload.h"

static struct {
	const struct house *house;
	const struct server *server;
	int64_t began;
} room;

void health_start(const struct house *house, const struct server *server)
{
	room.house = house;
	room.server = server;
	room.began = clock_ticks();
}

enum err health_alive_document(struct op *op, struct document *document)
{
	document->content_type = "application/json";
	document->body = TEXT("{\"success\":true,\"status\":\"ok\"}");
	return ERR_NONE;
}

enum err health_ready_document(struct op *op, struct document *document)
{
	if (!db_health(room.house->db).up)
		return op_refuse_later(op, ERR_SERVICE_UNAVAILABLE, 1000);
	document->content_type = "application/json";
	document->body = TEXT("{\"success\":true,\"status\":\"ready\"}");
	return ERR_NONE;
}

/* ---- /metrics: Prometheus text exposition format 0.0.4 ---- */

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP keywright_%s %s\n# TYPE keywright_%s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	head(out, name, type, help);
	buf_printf(out, "keywright_%s %llu\n", name, (unsigned long long)value);
}

static void write_answers(struct buf *out)
{
	struct api_stats stats = api_stats();
	head(out, "answers_total", "counter", "Answers by class of status.");
	for (int i = 1; i < 6; i++)
		buf_printf(
			out, "keywright_answers_total{class=\"%dxx\"} %llu\n", i, (unsigned long long)stats.answers[i]);
	head(out, "refusals_total", "counter", "Refusals by error code.");
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++)
		if (stats.refusals[err])
			buf_printf(out, "keywright_refusals_total{error=\"%s\"} %llu\n", err_info(err)->name,
				(unsigned long long)stats.refusals[err]);
}

static void write_connections(struct buf *out)
{
	struct server_stats stats = server_stats(room.server);
	one(out, "connections_open", "gauge", "Open connections.", stats.open);
	one(out, "connections_accepted_total", "counter", "Connections accepted.", stats.accepted);
	one(out, "connections_evicted_total", "counter", "Idle connections closed at the cap.", stats.evicted);
	one(out, "connections_timed_out_total", "counter", "Connections that missed a deadline.", stats.timeouts);
	one(out, "requests_total", "counter", "Whole requests received.", stats.requests);
	one(out, "edge_refusals_total", "counter", "Requests refused by the HTTP reader.", stats.refused);
}

static void write_store(struct buf *out)
{
	struct db_health health = db_health(room.house->db);
	one(out, "store_up", "gauge", "1 while the store answers.", health.up);
	one(out, "store_queued", "gauge", "Actions that wait for the store.", health.queued);
	one(out, "store_actions_total", "counter", "Actions carried out.", health.actions);
	one(out, "store_commits_total", "counter", "Commits; actions per commit is the group's size.", health.commits);
	one(out, "store_faults_total", "counter", "Actions undone by a fault.", health.faults);
}

static void write_delivery(struct buf *out)
{
	struct deliver_stats stats = deliver_stats();
	one(out, "mails_sent_total", "counter", "Mails handed to the provider.", stats.mails_sent);
	one(out, "texts_sent_total", "counter", "Text messages handed to the provider: what costs money.",
		stats.texts_sent);
	one(out, "messages_waiting", "gauge", "Messages that wait for delivery on this node.", stats.waiting);
	one(out, "messages_retried_total", "counter", "Attempts that will be repeated.", stats.retried);
	one(out, "messages_failed_total", "counter", "Messages refused for good.", stats.failed);
	one(out, "messages_expired_total", "counter", "Messages that were not delivered in time.", stats.expired);
}

static void write_guards(struct buf *out)
{
	struct exchange_stats stats = exchange_stats();
	one(out, "exchange_locks_total", "counter", "Addresses locked out after too many wrong exchange codes.",
		stats.locks);
	one(out, "exchange_breakers_total", "counter",
		"Times that someone guessed codes and unbound digits were refused: alarm on any.", stats.breakers);
}

static void write_audit(struct buf *out)
{
	struct audit_stats stats = audit_stats();
	one(out, "audit_sealed_total", "counter", "Audit events that this node gave their place in a chain.",
		stats.sealed);
	one(out, "audit_refused_total", "counter",
		"Times that nothing was added to a chain because its end was edited: alarm on any.", stats.refused);
}

static void write_reloads(struct buf *out)
{
	struct reload_stats stats = reload_stats();
	one(out, "reloads_total", "counter", "Times that settings, templates and certificate were read again.",
		stats.reloads);
	one(out, "reloads_refused_total", "counter", "Reloads that found something broken.", stats.refused);
	one(out, "reload_kept_old", "gauge",
		"1 when the last reload found something broken and kept the old: alarm on it.", stats.kept_old);
	one(out, "settings_waiting", "gauge", "Changed settings that wait for a restart.", stats.waiting);
}

/* Resident memory in bytes; 0 where /proc is missing. */
static uint64_t resident(void)
{
	unsigned long size = 0, pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	int got = fscanf(file, "%lu %lu", &size, &pages);
	fclose(file);
	return got == 2 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

enum err health_metrics_document(struct op *op, struct document *document)
{
	struct buf out;
	buf_init(&out, op->arena, 8192);
	write_answers(&out);
	write_connections(&out);
	write_store(&out);
	write_delivery(&out);
	write_guards(&out);
	write_audit(&out);
	write_reloads(&out);
	one(&out, "log_lines_dropped_total", "counter", "Log lines that found no place.", log_dropped());
	one(&out, "resident_memory_bytes", "gauge", "Resident memory.", resident());
	one(&out, "uptime_seconds", "gauge", "Seconds since the start.",
		(uint64_t)((clock_ticks() - room.began) / 1000));
	document->content_type = "text/plain; version=0.0.4";
	document->body = buf_text(&out);
	return ERR_NONE;
}
