#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api/api.h"
#include "base/log.h"
#include "db/db.h"
#include "deliver/deliver.h"
#include "license/license.h"
#include "main/backup.h"
#include "main/cli.h"
#include "main/health.h"
#include "main/jobs.h"
#include "main/notify.h"
#include "main/reload.h"
#include "main/welcome.h"

struct running {
	struct boot boot;
	struct server *server;
	int signals; /* signalfd */
	bool delivers;
};

static int fail(const char *why)
{
	fprintf(stderr, "keywright: %s\n", why);
	return -1;
}

/* ---- start, in order ---- */

static int block_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Core files hold what memory holds: codes, keys, tokens. */
static void forbid_core_files(void)
{
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
}

static int open_server(struct running *running)
{
	const struct settings *settings = settings_now();
	char socket[4096];
	const char *why = NULL;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	snprintf(socket, sizeof socket, "%s/keywright.sock", settings->data);
	const struct server_config config = {
		.listen = settings->server_listen,
		.metrics_listen = *settings->server_metrics_listen ? settings->server_metrics_listen : NULL,
		.local_socket = socket,
		.threads = (unsigned)(settings->server_threads ? settings->server_threads : cores),
		.max_connections = (unsigned)settings->server_max_connections,
		.tls_cert = *settings->server_tls_cert ? settings->server_tls_cert : NULL,
		.tls_key = *settings->server_tls_key ? settings->server_tls_key : NULL,
	};
	running->server = server_open(&config, api_handler(), &why);
	return running->server ? 0 : fail(why);
}

static int start(struct running *running, const struct boot_options *options)
{
	forbid_core_files();
	running->signals = block_signals();
	if (boot_start(&running->boot, options) != 0)
		return -1;
	log_start(log_level_named(settings_now()->server_log_level));
	if (db_start(running->boot.house.db) != 0)
		return fail("cannot start the store's threads");
	if (deliver_start(&running->boot.house) != 0)
		return -1;
	running->delivers = true;
	if (open_server(running) != 0)
		return -1;
	health_start(&running->boot.house, running->server);
	backup_start(&running->boot.house);
	if (welcome(&running->boot) != 0)
		return fail("cannot make the demo app");
	return server_start(running->server) == 0 ? 0 : fail("cannot start the I/O threads");
}

/* ---- until a signal says stop ---- */

static struct signalfd_siginfo next_signal(int signals)
{
	struct pollfd poller = {.fd = signals, .events = POLLIN};
	while (poll(&poller, 1, jobs_run()) <= 0)
		continue;
	struct signalfd_siginfo info = {0};
	(void)!read(signals, &info, sizeof info);
	return info;
}

/* Somebody asks for a reload. A SIGHUP of the kernel's own says that the terminal is gone. */
static bool asks_for_reload(const struct signalfd_siginfo *info)
{
	return info->ssi_signo == SIGHUP && info->ssi_code != SI_KERNEL;
}

static void say_serving(const struct running *running)
{
	notify("READY=1\nSTATUS=Serving %s%s", running->boot.house.public_url,
		reload_stats().kept_old ? "; the last reload kept old files, the log says why" : "");
}

static void serve(struct running *running, const struct boot_options *options)
{
	say_serving(running);
	struct signalfd_siginfo info = next_signal(running->signals);
	while (asks_for_reload(&info)) {
		notify_reloading();
		reload(options, running->server);
		say_serving(running);
		info = next_signal(running->signals);
	}
	notify("STOPPING=1\nSTATUS=Finishing what was accepted");
	log_say(LOG_INFO, "stop", "signal %u: finishing what was accepted", info.ssi_signo);
}

/* From now on a second signal ends the process at once. */
static void let_signals_through(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- stop, in reverse ---- */

static void stop(struct running *running)
{
	if (running->server) {
		unsigned cut = server_stop(running->server);
		if (cut)
			log_say(LOG_WARN, "stop", "%u connections had to be cut", cut);
		license_seen(); /* what was noted since its last turn */
	}
	if (running->delivers)
		deliver_stop();
	backup_stop();
	boot_stop(&running->boot);
	server_free(running->server);
	log_stop();
	close(running->signals);
}

int cli_serve(const struct cli *cli)
{
	struct running running = {0};
	int result = start(&running, &cli->options);
	if (result == 0) {
		serve(&running, &cli->options);
		let_signals_through();
	}
	stop(&running);
	return result == 0 ? EXIT_DONE : EXIT_REFUSED;
}
