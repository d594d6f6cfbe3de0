#include "page/flow.h"

#include "base/enc.h"
#include "crypto/mac.h"
#include "crypto/rand.h"

#define COOKIE_NAME "__Host-kw_flow"

/* What a cookie holds. */
struct sealed {
	uint8_t seed[FLOW_SIZE];
	struct uuid app_id, link_id;
	uint8_t mac[MAC_SIZE];
};
_Static_assert(sizeof(struct sealed) == 96, "without padding");

static struct {
	struct mac_key *cookie_key, *secret_key, *form_key;
} room;

void flow_start(const struct house *house)
{
	room.cookie_key = mac_key_new(house->master, "page flow cookie");
	room.secret_key = mac_key_new(house->master, "page flow secret");
	room.form_key = mac_key_new(house->master, "page form token");
}

void flow_stop(void)
{
	mac_key_free(room.cookie_key);
	mac_key_free(room.secret_key);
	mac_key_free(room.form_key);
	room.cookie_key = room.secret_key = room.form_key = NULL;
}

/* ---- the cookie ---- */

_Static_assert(FLOW_SIZE == MAC_SIZE, "a flow's secret is a MAC");

static void derive_secret(struct flow *flow)
{
	MAC_SUM(room.secret_key, flow->secret, text_bytes(flow->seed, FLOW_SIZE));
}

void flow_draw(struct flow *flow_r)
{
	*flow_r = (struct flow){.is_new = true};
	rand_bytes(flow_r->seed, FLOW_SIZE);
	derive_secret(flow_r);
}

/* The value of the one cookie of our name in all Cookie fields (RFC 6265 section 5.4); absent when there is none, and when
 * there are two: a browser keeps one of that name, so the other was planted, and nobody can tell which. */
static struct text find_cookie(const struct http_request *request)
{
	struct text found = TEXT_NONE;
	for (size_t i = 0; i < request->field_count; i++) {
		struct text rest = request->fields[i].value;
		if (!text_equal_nocase(request->fields[i].name, TEXT("Cookie")))
			continue;
		while (!text_absent(rest)) {
			struct text value = text_trim(text_cut(&rest, ';')), name = text_cut(&value, '=');
			if (!text_equal(name, TEXT(COOKIE_NAME)))
				continue;
			if (!text_absent(found) || text_absent(value))
				return TEXT_NONE;
			found = value;
		}
	}
	return found;
}

static void sum(const struct sealed *sealed, uint8_t mac_r[static MAC_SIZE])
{
	MAC_SUM(room.cookie_key, mac_r, text_bytes(sealed, offsetof(struct sealed, mac)));
}

/* Whether value is what flow_cookie wrote; then its flow. */
static bool open_cookie(struct text value, struct flow *flow_r)
{
	struct sealed sealed;
	uint8_t mac[MAC_SIZE];
	size_t n;
	if (value.n != ENC_BASE64URL_SIZE(sizeof sealed) || enc_base64url_read(value, &sealed, sizeof sealed, &n) != 0)
		return false;
	sum(&sealed, mac);
	if (!secret_equal(mac, sealed.mac, MAC_SIZE))
		return false;
	*flow_r = (struct flow){.app_id = sealed.app_id, .link_id = sealed.link_id};
	memcpy(flow_r->seed, sealed.seed, FLOW_SIZE);
	derive_secret(flow_r);
	return true;
}

void flow_of(const struct op *op, struct flow *flow_r)
{
	struct text value = find_cookie(op->request);
	if (text_absent(value) || !open_cookie(value, flow_r))
		flow_draw(flow_r);
}

void flow_asked(struct flow *flow, struct uuid app_id, struct uuid link_id)
{
	flow->app_id = app_id;
	flow->link_id = link_id;
	flow->is_changed = true;
}

struct text flow_cookie(struct arena *arena, const struct flow *flow)
{
	struct sealed sealed = {.app_id = flow->app_id, .link_id = flow->link_id};
	struct buf out;
	memcpy(sealed.seed, flow->seed, FLOW_SIZE);
	sum(&sealed, sealed.mac);
	buf_init(&out, arena, 192);
	buf_add(&out, TEXT(COOKIE_NAME "="));
	enc_base64url_add(&out, &sealed, sizeof sealed);
	buf_add(&out, TEXT("; Path=/; Secure; HttpOnly; SameSite=Lax"));
	return buf_text(&out);
}

/* ---- form tokens ---- */

struct text flow_form_token(struct arena *arena, const struct flow *flow)
{
	uint8_t mac[MAC_SIZE];
	struct buf out;
	MAC_SUM(room.form_key, mac, text_bytes(flow->secret, FLOW_SIZE));
	buf_init(&out, arena, 64);
	enc_base64url_add(&out, mac, sizeof mac);
	return buf_text(&out);
}

bool flow_form_fits(const struct flow *flow, struct text form_token)
{
	uint8_t mac[MAC_SIZE], sent[MAC_SIZE];
	size_t n;
	if (form_token.n != ENC_BASE64URL_SIZE(MAC_SIZE) || enc_base64url_read(form_token, sent, sizeof sent, &n) != 0)
		return false;
	MAC_SUM(room.form_key, mac, text_bytes(flow->secret, FLOW_SIZE));
	return secret_equal(mac, sent, MAC_SIZE);
}
