#include "deliver/notice.h"

#include "core/device.h"
#include "core/place.h"
#include "template/template.h"

static const int64_t HELD_MS = 24 * 3600 * 1000LL;

static bool can_be_told(struct op *op, const struct user *user, enum contact_kind kind, struct contact *contact_r)
{
	if (!(kind == CONTACT_EMAIL ? user->email_proven : user->phone_proven))
		return false;
	return user_contact(op->arena, user, kind, contact_r) &&
	       (kind == CONTACT_EMAIL || deliver_sms_can_reach(contact_r));
}

enum err notice_send(struct op *op, const struct app *app, const struct user *user, enum contact_kind preferred,
	struct message message)
{
	const enum contact_kind other = preferred == CONTACT_EMAIL ? CONTACT_PHONE : CONTACT_EMAIL;
	if (!can_be_told(op, user, preferred, &message.to) && !can_be_told(op, user, other, &message.to))
		return ERR_NONE;
	message.app_name = app->name;
	message.expires_at = op->now + HELD_MS;
	if (op->client_known)
		message.place = place_of(op->arena, op->client, template_tag(template_language(message.locale)));
	/* an app's server is not the device */
	if (!op->app_proven) {
		const struct device device = device_of(op->user_agent);
		message.browser = device.browser;
		message.system = device.system;
	}
	return deliver_queue(op, app->id, &message);
}
