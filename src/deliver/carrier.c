#include "deliver/carrier.h"

#include "base/clock.h"
#include "base/log.h"
#include "deliver/sms_request.h"
#include "net/mime.h"
#include "template/template.h"

static struct {
	const struct house *house;
	struct arena *arena;
	struct arena *scratch; /* for one message */
	struct sender sender;
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

enum carrier carrier_of(enum contact_kind kind)
{
	const struct settings *settings = room.house->settings;
	const enum carrier otherwise = settings->dev ? CARRIER_INBOX : CARRIER_NONE;
	if (kind == CONTACT_EMAIL)
		return *settings->mail_smtp_url ? CARRIER_SMTP : otherwise;
	if (!*settings->sms_provider)
		return otherwise;
	return strcmp(settings->sms_provider, "twilio") == 0 ? CARRIER_TWILIO : CARRIER_WEBHOOK;
}

static int check(const struct settings *settings)
{
	const struct text relay = text_of(settings->mail_smtp_url);
	if (relay.n > 0 && !text_starts(relay, TEXT("smtp://")) && !text_starts(relay, TEXT("smtps://"))) {
		log_say(LOG_ERROR, "deliver.settings", "mail.smtp_url must begin with smtp:// or smtps://");
		return -1;
	}
	if (relay.n > 0 && carrier_read_sender(room.arena, text_of(settings->mail_from), &room.sender) != 0) {
		log_say(LOG_ERROR, "deliver.settings", "mail.from must be an address, or Name <address>");
		return -1;
	}
	if (carrier_of(CONTACT_PHONE) == CARRIER_TWILIO && !sms_request_is_twilio_token(text_of(settings->sms_token))) {
		log_say(LOG_ERROR, "deliver.settings", "sms.token must be account_sid:auth_token for twilio");
		return -1;
	}
	return 0;
}

static void warn(const struct settings *settings)
{
	if (carrier_of(CONTACT_EMAIL) == CARRIER_NONE)
		log_say(LOG_WARN, "deliver.no_mail",
			"mail.smtp_url is not set: mails wait in the outbox and expire there");
	if (carrier_of(CONTACT_PHONE) == CARRIER_NONE)
		log_say(LOG_INFO, "deliver.no_sms", "sms.provider is not set: phone numbers are refused");
	else if (!settings->dev && !*settings->sms_countries)
		log_say(LOG_WARN, "deliver.no_countries", "sms.countries is not set: phone numbers are refused");
}

int carrier_start(const struct house *house)
{
	room.house = house;
	room.arena = arena_new();
	room.scratch = arena_new();
	TRY(check(house->settings));
	warn(house->settings);
	return 0;
}

void carrier_stop(void)
{
	arena_free(room.arena);
	arena_free(room.scratch);
	room.arena = room.scratch = NULL;
}

/* ---- sending ---- */

struct wording carrier_wording(struct arena *arena, const struct letter *letter, int64_t now)
{
	return wording_of(arena, &letter->message, room.house->public_host, now);
}

struct courier *carrier_courier(const char **why_r)
{
	const struct settings *settings = room.house->settings;
	const struct courier_config config = {
		.allow_special_addresses = settings->dev || settings->sms_allow_private_url,
		.ca_file = *settings->mail_ca_file ? settings->mail_ca_file : NULL,
		.timeout_ms = CARRIER_TRY_MS,
	};
	return courier_new(&config, why_r);
}

/* "<message id>@<the sender's domain>" */
static const char *mail_id(const struct letter *letter)
{
	char id[UUID_TEXT_SIZE];
	uuid_write(letter->message_id, id);
	return arena_printf(room.scratch, "%s%s", id, strchr(room.sender.address, '@')).p;
}

static void send_mail(struct courier *courier, const struct letter *letter, const struct wording *wording,
	courier_done *done, void *context)
{
	const char *app = arena_string(room.scratch, template_line(room.scratch, letter->message.app_name));
	const struct courier_mail mail = {
		.url = room.house->settings->mail_smtp_url,
		.from = room.sender.address,
		.from_name = *room.sender.name ? room.sender.name : app,
		.to = arena_string(room.scratch, letter->message.to.spelling),
		.subject = arena_string(room.scratch, wording->subject),
		.message_id = mail_id(letter),
		.text = wording->text,
		.html = wording->html,
		.date = letter_queued_at(letter),
	};
	courier_send_mail(courier, &mail, done, context);
}

static void send_text(struct courier *courier, const struct letter *letter, const struct wording *wording,
	courier_done *done, void *context)
{
	const struct settings *settings = room.house->settings;
	const struct courier_http request =
		carrier_of(CONTACT_PHONE) == CARRIER_TWILIO
			? sms_request_twilio(room.scratch, settings, letter, wording->text)
			: sms_request_webhook(room.scratch, settings, letter, wording->text, clock_now());
	courier_post(courier, &request, done, context);
}

void carrier_send(struct courier *courier, const struct letter *letter, courier_done *done, void *context)
{
	const struct wording wording = carrier_wording(room.scratch, letter, clock_now());
	if (letter->message.to.kind == CONTACT_EMAIL)
		send_mail(courier, letter, &wording, done, context);
	else
		send_text(courier, letter, &wording, done, context);
	arena_clear(room.scratch);
}
