#include "magic/magic_rules.h"

#include "base/enc.h"
#include "core/pkce.h"

/* ---- texts ---- */

struct flow {
	struct uuid app_id, link_id;
	uint8_t secret[MAGIC_FLOW_SIZE];
};
_Static_assert(sizeof(struct flow) == 64, "a flow token, without padding");
#define FLOW_PREFIX TEXT("kwf_")

struct text magic_rules_write_flow_token(
	struct arena *arena, struct uuid app_id, struct uuid link_id, const uint8_t flow[static MAGIC_FLOW_SIZE])
{
	struct flow whole = {app_id, link_id, {0}};
	struct buf out;
	memcpy(whole.secret, flow, sizeof whole.secret);
	buf_init(&out, arena, 96);
	buf_add(&out, FLOW_PREFIX);
	enc_base64url_add(&out, &whole, sizeof whole);
	secret_wipe(&whole, sizeof whole);
	return buf_text(&out);
}

int magic_read_flow_token(
	struct text flow_token, struct uuid *app_id_r, struct uuid *link_id_r, uint8_t flow_r[static MAGIC_FLOW_SIZE])
{
	struct flow whole;
	size_t n;
	if (!text_starts(flow_token, FLOW_PREFIX))
		return -1;
	const struct text rest = text_bytes(flow_token.p + FLOW_PREFIX.n, flow_token.n - FLOW_PREFIX.n);
	TRY(enc_base64url_read(rest, &whole, sizeof whole, &n));
	if (n != sizeof whole)
		return -1;
	*app_id_r = whole.app_id;
	*link_id_r = whole.link_id;
	memcpy(flow_r, whole.secret, sizeof whole.secret);
	secret_wipe(&whole, sizeof whole);
	return 0;
}

struct text magic_rules_url(
	struct arena *arena, const char *public_url, const struct magic_link *link, struct text token)
{
	if (link->way != MAGIC_APP)
		return arena_printf(arena, "%s/l/%.*s", public_url, TEXT_ARG(token));
	struct buf url;
	buf_init(&url, arena, 256);
	buf_add(&url, link->redirect_uri);
	enc_query_add(&url, "token", token);
	if (!text_absent(link->state))
		enc_query_add(&url, "state", link->state);
	return buf_text(&url);
}

/* ---- judgements ---- */

enum err magic_judge(const struct magic_link *link, int64_t now)
{
	if (link->used_at)
		return ERR_magic_link_already_used;
	if (link->expires_at <= now)
		return ERR_magic_link_expired;
	return ERR_NONE;
}

static bool is_meant_for(const struct magic_link *link, const struct magic_claim *claim)
{
	if (link->way == MAGIC_PAGE || !claim->app)
		return false;
	if (claim->proven ? !uuid_equal(claim->proven->id, link->app_id) : claim->app->require_secret)
		return false;
	if (claim->flow_sent ? !claim->flow_fits : link->bound)
		return false;
	return pkce_fits(link->challenge, claim->verifier);
}

enum err magic_rules_verify(const struct magic_link *link, const struct magic_claim *claim, int64_t now)
{
	if (!is_meant_for(link, claim))
		return ERR_magic_link_not_found;
	return magic_judge(link, now);
}

const char *magic_status(const struct magic_link *link, int64_t now)
{
	switch (magic_judge(link, now)) {
	case ERR_magic_link_already_used: return "used";
	case ERR_magic_link_expired: return "expired";
	default: return link->approved_at ? "approved" : "pending";
	}
}
