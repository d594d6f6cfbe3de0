#include "net/mail.h"

#include <utlist.h>

#include "base/ip.h"
#include "net/mime.h"

/* How long, and how many, connections wait for the next mail. Relays close idle ones after minutes. */
#define IDLE_MS 30000
#define IDLE_MAX 32

/* A greeted, secured and logged-in connection to a relay. */
struct mail_connection {
	struct arena *arena; /* holds this too */
	CURL *easy;
	char *url; /* whom it belongs to, credentials included */
	curl_socket_t socket;
	bool used_before;
	int64_t idle_since;
	struct mail_connection *prev, *next;
};

/* ---- connections ---- */

void mail_disconnect(struct courier *courier, struct mail_connection *connection)
{
	if (connection == NULL)
		return;
	courier->curl->multi_remove_handle(courier->multi, connection->easy);
	courier->curl->easy_cleanup(connection->easy);
	arena_free(connection->arena);
}

/* A relay is told before its connection ends, but not waited for. */
static void say_goodbye(struct courier *courier, struct mail_connection *connection)
{
	size_t said;
	(void)courier->curl->easy_send(connection->easy, "QUIT\r\n", 6, &said);
	mail_disconnect(courier, connection);
}

void mail_drop_stale(struct courier *courier)
{
	const int64_t oldest = transfer_now() - IDLE_MS;
	struct mail_connection *connection, *next;
	unsigned kept = 0;
	DL_FOREACH_SAFE(courier->idle, connection, next)
	{
		if (kept < IDLE_MAX && connection->idle_since >= oldest) {
			kept++;
			continue;
		}
		DL_DELETE(courier->idle, connection);
		say_goodbye(courier, connection);
	}
}

void mail_drop_all(struct courier *courier)
{
	struct mail_connection *connection, *next;
	DL_FOREACH_SAFE(courier->idle, connection, next)
	{
		DL_DELETE(courier->idle, connection);
		say_goodbye(courier, connection);
	}
}

/* The connection used last, so that those not needed grow stale. */
static struct mail_connection *take_idle(struct courier *courier, const char *url)
{
	struct mail_connection *connection;
	DL_FOREACH (courier->idle, connection) {
		if (strcmp(connection->url, url) == 0) {
			DL_DELETE(courier->idle, connection);
			return connection;
		}
	}
	return NULL;
}

/* Once the relay has the message, its connection is free for the next. */
static void release(struct transfer *transfer)
{
	struct mail_connection *connection = transfer->connection;
	if (transfer->smtp.excess)
		return;
	transfer->connection = NULL;
	connection->used_before = true;
	connection->idle_since = transfer_now();
	DL_PREPEND(transfer->courier->idle, connection);
}

/* ---- connecting ---- */

static bool is_loopback(const char *host)
{
	struct ip ip;
	if (ip_read(text_of(host), &ip) == 0)
		return ip_is_loopback(ip);
	return text_equal_nocase(text_of(host), TEXT("localhost"));
}

static void connected(struct transfer *transfer, CURLcode code)
{
	const struct curl_lazy *curl = transfer->courier->curl;
	curl_socket_t socket = CURL_SOCKET_BAD;
	if (code == CURLE_OK)
		code = curl->easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &socket);
	if (code != CURLE_OK) {
		transfer_decide_failed(transfer, code);
		return;
	}
	struct arena *arena = arena_new();
	struct mail_connection *connection = ARENA_NEW(arena, struct mail_connection);
	connection->arena = arena;
	connection->url = arena_string(arena, text_of(transfer->url));
	connection->socket = socket;
	connection->easy = transfer->easy;
	transfer->easy = NULL;
	transfer->connection = connection;
	mail_talk(transfer);
}

int mail_prepare(struct transfer *transfer)
{
	TRY(transfer_prepare(transfer, transfer->url, "smtp,smtps"));
	const long security = is_loopback(transfer->host) ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_ALL;
	TRANSFER_SET(transfer, USE_SSL, security);
	TRANSFER_SET(transfer, CONNECT_ONLY, 1L);
	return 0;
}

static void connect_to_relay(struct transfer *transfer)
{
	if (mail_prepare(transfer) != 0)
		return;
	transfer->curl_is_done = connected;
	transfer_start(transfer);
}

/* ---- the dialogue ---- */

bool mail_is_talking(const struct transfer *transfer)
{
	return transfer->connection != NULL;
}

struct curl_waitfd mail_wants(const struct transfer *transfer)
{
	const bool saying = smtp_to_say(&transfer->smtp).n > 0;
	return (struct curl_waitfd){
		.fd = transfer->connection->socket,
		.events = (short)(CURL_WAIT_POLLIN | (saying ? CURL_WAIT_POLLOUT : 0)),
	};
}

static CURLcode say(struct transfer *transfer)
{
	for (;;) {
		const struct text rest = smtp_to_say(&transfer->smtp);
		if (rest.n == 0)
			return CURLE_OK;
		size_t said = 0;
		const CURLcode code =
			transfer->courier->curl->easy_send(transfer->connection->easy, rest.p, rest.n, &said);
		if (code != CURLE_OK)
			return code;
		smtp_said(&transfer->smtp, said);
	}
}

static CURLcode hear(struct transfer *transfer)
{
	char bytes[4096];
	size_t n = 0;
	const CURLcode code = transfer->courier->curl->easy_recv(transfer->connection->easy, bytes, sizeof bytes, &n);
	if (code != CURLE_OK)
		return code;
	if (n == 0)
		return CURLE_RECV_ERROR;
	(void)smtp_hear(&transfer->smtp, text_bytes(bytes, n));
	return CURLE_OK;
}

/* A relay that closed a waiting connection, silently or with 421, has not refused anything. */
static bool was_stale(const struct transfer *transfer)
{
	return transfer->connection->used_before && transfer->smtp.stage == SMTP_MAIL &&
	       (transfer->smtp.status == 0 || transfer->smtp.status == 421);
}

static void reconnect(struct transfer *transfer)
{
	mail_disconnect(transfer->courier, transfer->connection);
	transfer->connection = NULL;
	smtp_restart(&transfer->smtp);
	connect_to_relay(transfer);
}

static void decide(struct transfer *transfer)
{
	const struct smtp *smtp = &transfer->smtp;
	if (smtp->verdict == SMTP_ACCEPTED) {
		release(transfer);
		transfer_decide(transfer, COURIER_OK, smtp->status, "%s", "");
		return;
	}
	const enum courier_result result = smtp->verdict == SMTP_REFUSED ? COURIER_REFUSED : COURIER_LATER;
	const char *about = smtp_stage_name(smtp);
	if (smtp->verdict == SMTP_GARBLED)
		transfer_decide(transfer, result, 0, "the reply to %s is not SMTP", about);
	else
		transfer_decide(transfer, result, smtp->status, "%s was answered with %d %s", about, smtp->status,
			smtp->detail);
}

void mail_talk(struct transfer *transfer)
{
	CURLcode code = CURLE_OK;
	while (code == CURLE_OK && transfer->smtp.verdict == SMTP_TALKING) {
		code = say(transfer);
		if (code == CURLE_OK || code == CURLE_AGAIN)
			code = hear(transfer);
	}
	if (transfer->smtp.verdict == SMTP_TALKING && code == CURLE_AGAIN)
		return;
	if (was_stale(transfer))
		reconnect(transfer);
	else if (transfer->smtp.verdict == SMTP_TALKING)
		transfer_decide(transfer, COURIER_LATER, transfer->smtp.status, "the connection was lost at %s",
			smtp_stage_name(&transfer->smtp));
	else
		decide(transfer);
}

void mail_give_up(struct transfer *transfer)
{
	transfer_decide(transfer, COURIER_LATER, 0, "no reply to %s in time", smtp_stage_name(&transfer->smtp));
}

/* ---- the mail ---- */

void mail_begin(struct transfer *transfer, const struct courier_mail *mail)
{
	struct buf message;
	const char *why;
	buf_init(&message, transfer->arena, 4096);
	if (mime_write(&message, mail, &why) != 0) {
		transfer_decide(transfer, COURIER_REFUSED, 0, "%s", why);
		return;
	}
	smtp_begin(&transfer->smtp, transfer->arena, mail->from, mail->to, buf_text(&message));
	transfer->url = arena_string(transfer->arena, text_of(mail->url));
	transfer->connection = take_idle(transfer->courier, transfer->url);
	if (transfer->connection == NULL)
		connect_to_relay(transfer);
	else
		mail_talk(transfer);
}
