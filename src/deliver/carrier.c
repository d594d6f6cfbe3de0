#include "deliver/carrier.h"

#include "base/clock.h"
#include "base/log.h"
#include "deliver/sms_request.h"
#include "net/mime.h"
#include "template/template.h"

static struct {
	const struct house *house;
	struct arena *scratch; /* for one message */
} room;

/* ---- settings ---- */

int carrier_read_sender(struct arena *arena, struct text setting, struct sender *sender_r)
{
	struct text name = TEXT(""), address = text_trim(setting);
	if (address.n > 0 && address.p[address.n - 1] == '>') {
		address.n--;
		name = text_trim(text_cut(&address, '<'));
	}
	if (!mime_is_address(address))
		return -1;
	sender_r->name = arena_string(arena, template_line(arena, name));
	sender_r->address = arena_string(arena, address);
	return 0;
}

enum carrier carrier_of(const struct settings *settings, enum contact_kind kind)
{
	const enum carrier otherwise = settings->dev ? CARRIER_INBOX : CARRIER_NONE;
	if (kind == CONTACT_EMAIL)
		return *settings->mail_smtp_url ? CARRIER_SMTP : otherwise;
	if (!*settings->sms_provider)
		return otherwise;
	return strcmp(settings->sms_provider, "twilio") == 0 ? CARRIER_TWILIO : CARRIER_WEBHOOK;
}

int carrier_check(const struct settings *settings, const char **why_r)
{
	const struct text relay = text_of(settings->mail_smtp_url);
	struct sender sender;
	const char *why = NULL;
	if (relay.n > 0 && !text_starts(relay, TEXT("smtp://")) && !text_starts(relay, TEXT("smtps://")))
		why = "mail.smtp_url must begin with smtp:// or smtps://";
	else if (relay.n > 0 && carrier_read_sender(settings->arena, text_of(settings->mail_from), &sender) != 0)
		why = "mail.from must be an address, or Name <address>";
	else if (strcmp(settings->sms_provider, "twilio") == 0 &&
		 !sms_request_is_twilio_token(text_of(settings->sms_token)))
		why = "sms.token must be account_sid:auth_token for twilio";
	if (!why)
		return 0;
	*why_r = why;
	return -1;
}

static void warn(const struct settings *settings)
{
	if (carrier_of(settings, CONTACT_EMAIL) == CARRIER_NONE)
		log_say(LOG_WARN, "deliver.no_mail",
			"mail.smtp_url is not set: mails wait in the outbox and expire there");
	if (carrier_of(settings, CONTACT_PHONE) == CARRIER_NONE)
		log_say(LOG_INFO, "deliver.no_sms", "sms.provider is not set: phone numbers are refused");
	else if (!settings->dev && !*settings->sms_countries)
		log_say(LOG_WARN, "deliver.no_countries", "sms.countries is not set: phone numbers are refused");
}

void carrier_start(const struct house *house)
{
	room.house = house;
	room.scratch = arena_new();
	warn(settings_now());
}

void carrier_stop(void)
{
	arena_free(room.scratch);
	room.scratch = NULL;
}

/* ---- sending ---- */

struct wording carrier_wording(struct arena *arena, const struct letter *letter, int64_t now)
{
	return wording_of(arena, &letter->message, room.house->public_host, now);
}

static struct courier_config config_of(const struct settings *settings)
{
	return (struct courier_config){
		.allow_special_addresses = settings->dev || settings->sms_allow_private_url,
		.ca_file = *settings->mail_ca_file ? settings->mail_ca_file : NULL,
		.timeout_ms = CARRIER_TRY_MS,
	};
}

struct courier *carrier_courier(const char **why_r)
{
	const struct courier_config config = config_of(settings_now());
	return courier_new(&config, why_r);
}

struct call {
	struct courier *courier;
	courier_done *done;
	void *context;
};

/* "<message id>@<the sender's domain>" */
static const char *mail_id(const struct letter *letter, const struct sender *sender)
{
	char id[UUID_TEXT_SIZE];
	uuid_write(letter->message_id, id);
	return arena_printf(room.scratch, "%s%s", id, strchr(sender->address, '@')).p;
}

static void send_mail(const struct settings *settings, const struct letter *letter, const struct wording *wording,
	const struct call *call)
{
	const char *app = arena_string(room.scratch, template_line(room.scratch, letter->message.app_name));
	struct sender sender;
	MUST(carrier_read_sender(room.scratch, text_of(settings->mail_from), &sender) == 0); /* carrier_check looked */
	const struct courier_mail mail = {
		.url = settings->mail_smtp_url,
		.from = sender.address,
		.from_name = *sender.name ? sender.name : app,
		.to = arena_string(room.scratch, letter->message.to.spelling),
		.subject = arena_string(room.scratch, wording->subject),
		.message_id = mail_id(letter, &sender),
		.text = wording->text,
		.html = wording->html,
		.date = letter_queued_at(letter),
	};
	courier_send_mail(call->courier, &mail, call->done, call->context);
}

static void send_text(const struct settings *settings, const struct letter *letter, const struct wording *wording,
	const struct call *call)
{
	const struct courier_http request =
		carrier_of(settings, CONTACT_PHONE) == CARRIER_TWILIO
			? sms_request_twilio(room.scratch, settings, letter, wording->text)
			: sms_request_webhook(room.scratch, settings, letter, wording->text, clock_now());
	courier_post(call->courier, &request, call->done, call->context);
}

void carrier_send(struct courier *courier, const struct settings *settings, const struct letter *letter,
	courier_done *done, void *context)
{
	const struct wording wording = carrier_wording(room.scratch, letter, clock_now());
	const struct courier_config config = config_of(settings);
	const struct call call = {courier, done, context};
	courier_configure(courier, &config);
	if (letter->message.to.kind == CONTACT_EMAIL)
		send_mail(settings, letter, &wording, &call);
	else
		send_text(settings, letter, &wording, &call);
	arena_clear(room.scratch);
}
