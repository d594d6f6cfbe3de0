#include "license/license_rules.h"

static const int64_t DAY_MS = 24 * 3600 * 1000LL;

/* ---- life ---- */

enum err license_rules_judge(const struct license *license, int64_t now)
{
	if (license->revoked_at)
		return ERR_LICENSE_REVOKED;
	if (license->expires_at && license->expires_at <= now)
		return ERR_LICENSE_EXPIRED;
	return ERR_NONE;
}

const char *license_rules_status(const struct license *license, int64_t now)
{
	switch (license_rules_judge(license, now)) {
	case ERR_LICENSE_REVOKED: return "revoked";
	case ERR_LICENSE_EXPIRED: return "expired";
	default: return "active";
	}
}

int64_t license_rules_renewed(int64_t expires_at, int64_t now, int64_t days)
{
	if (!expires_at)
		return 0;
	return (expires_at > now ? expires_at : now) + days * DAY_MS;
}

int64_t license_rules_lease_end(const struct license *license, int64_t now, int64_t ttl)
{
	const int64_t end = now / 1000 + ttl / 1000, license_end = license->expires_at / 1000;
	return license_end && license_end < end ? license_end : end;
}

/* ---- slots ---- */

int64_t license_rules_remembers(int64_t now)
{
	return now - LICENSE_CHURN_DAYS * DAY_MS;
}

void license_rules_add_freed(struct freed_slots *slots, const struct freed_slot *slot, bool own, bool debt, int64_t now)
{
	const bool remembered = slot->freed_at > license_rules_remembers(now);
	const bool held = debt && slot->held_until > now;
	if (own) {
		slots->own = *slot;
		slots->own.counts = slot->counts && remembered;
		return;
	}
	if (!remembered)
		return;
	slots->count++;
	if (held) {
		slots->held++;
		if (!slots->free_at || slot->held_until < slots->free_at)
			slots->free_at = slot->held_until;
		return;
	}
	if (!slots->first.freed_at || slot->freed_at < slots->first.freed_at)
		slots->first = *slot;
}

enum slot_choice license_rules_choose(const struct license *license, const struct freed_slots *slots)
{
	const int64_t left = license->max_activations - license->activations_used;
	if (left <= 0)
		return SLOT_NONE;
	if (slots->own.freed_at)
		return SLOT_OWN;
	if (left > slots->count)
		return SLOT_FRESH;
	return left > slots->held ? SLOT_FREED : SLOT_NONE;
}

bool license_rules_can_replace(const struct license *license, const struct freed_slots *slots)
{
	return license->max_activations - license->activations_used + 1 > slots->held;
}
