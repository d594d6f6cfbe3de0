/* The world around: mail, text messages, proxies, how people get here. */
#include <stdio.h>

#include "base/clock.h"
#include "main/doctor.h"
#include "net/probe.h"
#include "net/tls.h"

enum { PROBE_MS = 10 * 1000 };
static const int64_t DAY_MS = 24 * 3600 * 1000LL, SOON_MS = 14 * DAY_MS;

/* ---- mail ---- */

/* scheme, host and port of a URL; nothing that could be of a password, however it is written */
static const char *without_secrets(struct doctor *doctor, const char *url)
{
	const char *host = strstr(url, "://") ? strstr(url, "://") + 3 : url;
	const char *at = strrchr(host, '@'), *from = at ? at + 1 : host;
	return arena_printf(doctor->arena, "%.*s%.*s", (int)(host - url), url, (int)strcspn(from, "/?#"), from).p;
}

static void judge_relay(struct doctor *doctor, const char *relay, const struct probe_relay *found)
{
	const struct settings *settings = doctor->settings;
	if (found->outcome.result == COURIER_OK && (found->offers_starttls || strncmp(relay, "smtps", 5) == 0))
		doctor_fine(doctor, "%s takes mail, over TLS", relay);
	else if (found->outcome.result == COURIER_OK)
		doctor_fine(doctor, "%s takes mail, without TLS, which only this machine sees", relay);
	else if (strstr(found->outcome.why, "certificate"))
		doctor_blame(doctor,
			*settings->mail_ca_file
				? "have mail.ca_file name who signed it, or mail.smtp_url the host it was made for"
				: "let mail.smtp_url name the host it was made for, or mail.ca_file who signed it",
			"%s has a certificate that does not verify", relay);
	else if (found->greeted && strstr(found->outcome.why, "ogin"))
		doctor_blame(doctor, "correct user and password of mail.smtp_url",
			found->offers_auth ? "%s refuses to let us log in"
					   : "%s offers no log-in, and mail.smtp_url has one",
			relay);
	else if (found->greeted && !found->offers_starttls && strncmp(relay, "smtps", 5) != 0)
		doctor_blame(doctor, "let the relay offer STARTTLS, or use smtps://: no mail goes there in the clear",
			"%s does not offer STARTTLS", relay);
	else
		doctor_blame(doctor,
			"correct mail.smtp_url, or see why the relay does not answer: mails wait in the outbox",
			"%s: %s", relay, found->outcome.why);
}

void doctor_mail(struct doctor *doctor)
{
	const struct settings *settings = doctor->settings;
	const char *url = settings->mail_smtp_url;
	const struct courier_config config = {
		.ca_file = *settings->mail_ca_file ? settings->mail_ca_file : NULL, .timeout_ms = PROBE_MS};
	struct probe_relay found;
	if (!*url && settings->dev) {
		doctor_fine(doctor, "dev mode keeps it in /dev/inbox");
		return;
	}
	if (!*url) {
		doctor_warn(doctor, "set mail.smtp_url and mail.from",
			"no mail goes out: it waits in the outbox and expires");
		return;
	}
	probe_relay(&config, url, &found);
	judge_relay(doctor, without_secrets(doctor, url), &found);
}

void doctor_sms(struct doctor *doctor)
{
	const struct settings *settings = doctor->settings;
	if (!*settings->sms_provider)
		doctor_fine(doctor, settings->dev ? "dev mode keeps them in /dev/inbox"
						  : "sms.provider is not set: phone numbers are refused");
	else if (!*settings->sms_countries && !settings->dev)
		doctor_warn(doctor, "set sms.countries, such as 49,91: each costs money, so none is served by itself",
			"sms.countries is empty: phone numbers are refused");
	else
		doctor_fine(doctor, "by %s, to %s", settings->sms_provider,
			*settings->sms_countries ? settings->sms_countries : "every country (dev mode)");
}

/* ---- proxies ---- */

static bool trusts_everybody(const struct settings *settings)
{
	struct ip any;
	MUST(ip_read(TEXT("203.0.113.1"), &any) == 0);
	struct ip six;
	MUST(ip_read(TEXT("2001:db8::1"), &six) == 0);
	for (size_t i = 0; i < settings->proxy_count; i++)
		if (ip_in(any, settings->proxies[i]) || ip_in(six, settings->proxies[i]))
			return true;
	return false;
}

void doctor_proxies(struct doctor *doctor)
{
	const struct settings *settings = doctor->settings;
	const bool is_https = strncmp(doctor->public_url, "https:", 6) == 0, has_tls = *settings->server_tls_cert;
	if (trusts_everybody(settings))
		doctor_blame(doctor, "name the addresses of your proxies alone",
			"server.trusted_proxies (%s) believes strangers: who sends X-Forwarded-For has any address "
			"they like",
			settings->server_trusted_proxies);
	else if (is_https && !has_tls && !settings->proxy_count)
		doctor_warn(doctor, "set server.trusted_proxies to its address (127.0.0.1 for one on this machine)",
			"public_url is https, and TLS does not end here: whatever ends it is not trusted, so that all "
			"people "
			"have its address, and share its limits and locks");
	else if (has_tls && settings->proxy_count)
		doctor_warn(doctor, "unset server.trusted_proxies, unless such a proxy speaks TLS to us",
			"TLS ends here, and X-Forwarded-For of %s is believed", settings->server_trusted_proxies);
	else if (settings->proxy_count)
		doctor_fine(doctor, "X-Forwarded-For counts from %s alone", settings->server_trusted_proxies);
	else
		doctor_fine(doctor, "none is trusted: people have the addresses they connect from");
}

/* ---- how people get here ---- */

static struct probe_page ask_public(struct doctor *doctor, const char *path)
{
	const struct courier_config config = {.timeout_ms = PROBE_MS};
	struct probe_page page;
	probe_page(&config, doctor->arena, arena_printf(doctor->arena, "%s%s", doctor->public_url, path).p, &page);
	return page;
}

/* Whether the keys published there (RFC 7517) have one of the server's own. */
static bool are_our_keys(const struct doctor *doctor, struct text published)
{
	json_t *set = json_loadb(published.p, published.n, 0, NULL), *key, *kid;
	size_t i, j;
	bool found = false;
	json_array_foreach(json_object_get(set, "keys"), i, key)
		json_array_foreach(json_object_get(doctor->server, "kids"), j, kid) found =
			found || json_equal(json_object_get(key, "kid"), kid);
	json_decref(set);
	return found;
}

/* Another server of ours would be healthy, too; only this one, and its other nodes, have these keys. */
static void judge_keys(struct doctor *doctor)
{
	const struct probe_page page = ask_public(doctor, "/.well-known/jwks.json");
	if (page.outcome.result == COURIER_OK && are_our_keys(doctor, page.body))
		doctor_fine(doctor, "%s leads here", doctor->public_url);
	else
		doctor_blame(doctor, "let server.public_url, DNS and the proxy lead to this server",
			"%s leads to another server of this kind", doctor->public_url);
}

void doctor_public_url(struct doctor *doctor)
{
	if (!*doctor->public_url) {
		doctor_fine(doctor, "not set: dev mode goes by the address it listens on");
		return;
	}
	if (!doctor->server) {
		doctor_fine(doctor, "not looked at: no server runs that could answer at %s", doctor->public_url);
		return;
	}
	const struct probe_page page = ask_public(doctor, "/healthz");
	if (page.outcome.result != COURIER_OK)
		doctor_blame(doctor, "see that DNS, firewall, proxy and certificate lead people here", "%s/healthz: %s",
			doctor->public_url, page.outcome.why);
	else if (!text_equal(page.body, TEXT("{\"success\":true,\"status\":\"ok\"}")))
		doctor_blame(doctor, "let server.public_url, DNS and the proxy lead to this server",
			"somebody else answers at %s", doctor->public_url);
	else
		judge_keys(doctor);
}

void doctor_certificate(struct doctor *doctor)
{
	const char *file = doctor->settings->server_tls_cert, *why = NULL;
	int64_t expires_at;
	char shown[CLOCK_RFC3339_SIZE];
	if (!*file) {
		doctor_fine(doctor, "none is configured: TLS does not end here");
		return;
	}
	if (tls_expires_at(file, &expires_at, &why) != 0) {
		doctor_blame(
			doctor, "let server.tls_cert name a PEM file with the certificate and its chain", "%s", why);
		return;
	}
	clock_rfc3339(expires_at, shown);
	if (expires_at <= clock_now())
		doctor_blame(doctor, "renew it, then systemctl reload keywright", "%s expired on %s", file, shown);
	else if (expires_at <= clock_now() + SOON_MS)
		doctor_warn(doctor, "renew it, then systemctl reload keywright", "%s expires on %s", file, shown);
	else
		doctor_fine(doctor, "%s holds until %s", file, shown);
}
