#include "magic/magic.h"

#include "base/clock.h"
#include "base/enc.h"
#include "core/device.h"
#include "core/place.h"
#include "core/prune.h"
#include "crypto/rand.h"
#include "magic/magic_rules.h"
#include "magic/magic_sql.h"
#include "signin/guesses.h"
#include "signin/sends.h"
#include "template/template.h"

enum { TOKEN_SIZE = 32, CODE_LENGTH = 8, CODE_TRIES = 3, NUMBER_LENGTH = 2 };

static struct {
	const struct house *house;
	struct mac_key *tokens, *flows, *codes; /* of what the store keeps */
	struct mac_key *digits, *numbers;       /* of what is derived */
} room;

int magic_start(const struct house *house)
{
	room.house = house;
	room.tokens = mac_key_new(house->master, "magic link token");
	room.flows = mac_key_new(house->master, "magic link flow");
	room.codes = mac_key_new(house->master, "magic link code");
	room.digits = mac_key_new(house->master, "magic link digits");
	room.numbers = mac_key_new(house->master, "magic link number");
	return 0;
}

void magic_stop(void)
{
	struct mac_key **const keys[] = {&room.numbers, &room.digits, &room.codes, &room.flows, &room.tokens};
	for (size_t i = 0; i < COUNT(keys); i++) {
		mac_key_free(*keys[i]);
		*keys[i] = NULL;
	}
}

/* ---- sums ---- */

/* Of a text that belongs to one link. */
static void sum(const struct mac_key *key, const struct magic_link *link, struct text t, uint8_t out[static MAC_SIZE])
{
	MAC_SUM(key, out, text_bytes(&link->app_id, sizeof link->app_id),
		text_bytes(&link->link_id, sizeof link->link_id), t);
}

/* The same, to be stored. */
static struct text kept_sum(
	struct arena *arena, const struct mac_key *key, const struct magic_link *link, struct text t)
{
	uint8_t *out = arena_alloc(arena, MAC_SIZE);
	sum(key, link, t, out);
	return text_bytes(out, MAC_SIZE);
}

/* Found by it alone, so it cannot be tied to its link. */
static struct text token_sum(struct arena *arena, struct text token)
{
	uint8_t *out = arena_alloc(arena, MAC_SIZE);
	MAC_SUM(room.tokens, out, token);
	return text_bytes(out, MAC_SIZE);
}

static bool is_sum(struct text kept, const uint8_t mac[static MAC_SIZE])
{
	return kept.n == MAC_SIZE && secret_equal(kept.p, mac, MAC_SIZE);
}

/* The first so many digits of a link's code. */
static struct text derive_code(struct arena *arena, const struct magic_link *link, struct text token, size_t length)
{
	uint8_t mac[MAC_SIZE];
	char *digits = arena_alloc(arena, GUESSES_LONG_CODE + 1);
	sum(room.digits, link, token, mac);
	enc_digits(mac, digits, length);
	secret_wipe(mac, sizeof mac);
	return text_bytes(digits, length);
}

struct text magic_code(struct arena *arena, const struct magic_link *link, struct text token)
{
	const struct text code = derive_code(arena, link, token, CODE_LENGTH);
	uint8_t mac[MAC_SIZE];
	sum(room.codes, link, code, mac);
	return is_sum(link->code_mac, mac) ? code : derive_code(arena, link, token, GUESSES_LONG_CODE);
}

struct text magic_number(struct arena *arena, const struct magic_link *link)
{
	uint8_t mac[MAC_SIZE];
	char *digits = arena_alloc(arena, NUMBER_LENGTH + 1);
	sum(room.numbers, link, TEXT(""), mac);
	enc_digits(mac, digits, NUMBER_LENGTH);
	return text_bytes(digits, NUMBER_LENGTH);
}

bool magic_is_asker(const struct magic_link *link, const uint8_t *flow)
{
	uint8_t mac[MAC_SIZE];
	if (!flow)
		return false;
	sum(room.flows, link, text_bytes(flow, MAGIC_FLOW_SIZE), mac);
	return is_sum(link->flow_mac, mac);
}

bool magic_code_is_spent(const struct magic_link *link)
{
	return link->code_tries >= CODE_TRIES;
}

static enum err note(struct op *op, const struct magic_link *link, enum event_type type)
{
	return event_record(
		op, &(struct event){.type = type, .app_id = link->app_id, .contact = link->contact.canonical});
}

/* ---- asking ---- */

static struct magic_link new_link(struct op *op, const struct magic_order *order)
{
	char *ip = arena_alloc(op->arena, IP_TEXT_SIZE);
	ip_write(op->client, ip);
	return (struct magic_link){.app_id = order->app->id,
		.link_id = uuid_new(op->now),
		.tenant_id = order->tenant_id,
		.way = order->way,
		.bound = order->app->bind_links,
		.contact = order->contact,
		.redirect_uri = order->redirect_uri,
		.state = order->state,
		.locale = order->locale,
		.challenge = text_absent(order->challenge) ? TEXT("") : order->challenge,
		.ip = op->client_known ? text_of(ip) : TEXT_NONE,
		.user_agent = op->user_agent,
		.created_at = op->now,
		.expires_at = op->now + settings_now()->magic_link_ttl};
}

static struct text new_token(struct arena *arena)
{
	uint8_t bytes[TOKEN_SIZE];
	struct buf out;
	rand_bytes(bytes, sizeof bytes);
	buf_init(&out, arena, 64);
	enc_base64url_add(&out, bytes, sizeof bytes);
	secret_wipe(bytes, sizeof bytes);
	return buf_text(&out);
}

static enum err queue_mail(
	struct op *op, const struct app *app, const struct magic_link *link, struct text token, struct text code)
{
	const struct device device = device_of(link->user_agent);
	const struct text language = template_tag(template_language(link->locale));
	const struct message message = {.kind = MESSAGE_LINK,
		.to = link->contact,
		.app_name = app->name,
		.code = code,
		.link = magic_rules_url(op->arena, room.house->public_url, link, token),
		.locale = link->locale,
		.browser = device.browser,
		.system = device.system,
		.place = op->client_known ? place_of(op->arena, op->client, language) : TEXT_NONE,
		.expires_at = link->expires_at};
	return deliver_queue(op, app->id, &message);
}

/* The row and the mail that carries its link and code; token and code are nowhere else. */
static enum err issue(struct op *op, const struct magic_order *order, const uint8_t *flow, size_t code_length,
	struct magic_link *link_r)
{
	struct magic_link link = new_link(op, order);
	const struct text token = new_token(op->arena), code = derive_code(op->arena, &link, token, code_length);
	link.token_mac = token_sum(op->arena, token);
	link.flow_mac = kept_sum(op->arena, room.flows, &link, text_bytes(flow, MAGIC_FLOW_SIZE));
	link.code_mac = kept_sum(op->arena, room.codes, &link, code);
	OP_STORE(op, magic_sql_insert(op, &link));
	TRY(queue_mail(op, order->app, &link, token, code));
	*link_r = link;
	return note(op, &link, EVENT_LINK_SENT);
}

enum err magic_send(struct op *op, const struct magic_order *order, struct magic_sent *sent_r)
{
	const struct settings *settings = settings_now();
	const struct sends sends = {"link_send", "link_send_own", settings->magic_link_send_limit,
		settings->magic_link_send_window, ERR_magic_link_rate_limited};
	int64_t length = 0;
	struct magic_link link = {0};
	TRY(sends_take(op, &sends, order->app->id, &order->contact));
	TRY(guesses_code_length(op, order->app->id, &order->contact, CODE_LENGTH, &length));
	uint8_t drawn[MAGIC_FLOW_SIZE];
	rand_bytes(drawn, sizeof drawn);
	TRY(issue(op, order, order->flow ? order->flow : drawn, (size_t)length, &link));
	*sent_r = (struct magic_sent){.link_id = link.link_id,
		.flow_token = order->flow ? TEXT_NONE
					  : magic_rules_write_flow_token(op->arena, link.app_id, link.link_id, drawn),
		.code_length = length,
		.expires_at = link.expires_at,
		.ttl_ms = settings->magic_link_ttl,
		.resend_after_ms = settings->otp_resend_after};
	secret_wipe(drawn, sizeof drawn);
	return ERR_NONE;
}

/* ---- finding ---- */

enum err magic_find(struct op *op, struct text token, struct magic_link *link_r)
{
	const enum db_found found = magic_sql_by_token(op, token_sum(op->arena, token), link_r);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_NONE : ERR_magic_link_not_found;
}

enum err magic_find_asked(
	struct op *op, struct uuid app_id, struct uuid link_id, const uint8_t *flow, struct magic_link *link_r)
{
	struct magic_link link;
	const enum db_found found = magic_sql_by_id(op, app_id, link_id, &link);
	OP_STORE(op, found);
	if (found == DB_NONE || !magic_is_asker(&link, flow))
		return ERR_magic_link_not_found;
	*link_r = link;
	return ERR_NONE;
}

/* ---- changing ---- */

/* How the link stands that a statement left as it was: ERR_NONE if it is live. */
static enum err look_again(struct op *op, const struct magic_link *link)
{
	struct magic_link row;
	const enum db_found found = magic_sql_by_id(op, link->app_id, link->link_id, &row);
	OP_STORE(op, found);
	return found == DB_ROW ? magic_judge(&row, op->now) : ERR_magic_link_not_found;
}

static enum err explain(struct op *op, const struct magic_link *link)
{
	const enum err err = look_again(op, link);
	/* the statement saw no live link: whoever finds one now shall ask again, not be let in */
	return err != ERR_NONE ? err : ERR_INTERNAL_ERROR;
}

enum err magic_use(struct op *op, const struct magic_link *link, struct proof *proof_r)
{
	const struct app *app = app_find(link->app_id);
	if (!app)
		return ERR_magic_link_not_found;
	TRY(magic_judge(link, op->now));
	TRY(signin_judge_tenant(op, link->app_id, &link->contact, link->tenant_id));
	const int used = magic_sql_use(op, link);
	OP_STORE(op, used);
	if (used == 0)
		return explain(op, link);
	*proof_r = (struct proof){.app = app, .contact = link->contact, .amr = "link", .tenant_id = link->tenant_id};
	return ERR_NONE;
}

enum err magic_verify(struct op *op, const struct magic_answer *answer, struct signin *signin_r)
{
	struct magic_link link;
	struct proof proof;
	uint8_t flow[MAGIC_FLOW_SIZE];
	struct uuid app_id, link_id; /* the flow's MAC has them too */
	TRY(magic_find(op, answer->token, &link));
	const struct magic_claim claim = {
		.app = app_find(link.app_id),
		.proven = op->app_proven ? op->app : NULL,
		.verifier = answer->code_verifier,
		.flow_sent = !text_absent(answer->flow_token),
		.flow_fits = magic_read_flow_token(answer->flow_token, &app_id, &link_id, flow) == 0 &&
			     uuid_equal(app_id, link.app_id) && uuid_equal(link_id, link.link_id) &&
			     magic_is_asker(&link, flow),
	};
	secret_wipe(flow, sizeof flow);
	TRY(magic_rules_verify(&link, &claim, op->now));
	TRY(magic_use(op, &link, &proof));
	return signin_complete(op, &proof, signin_r);
}

/* A right code that was not consumed yet, since its link names a tenant. */
static enum err enter_by_code(struct op *op, const struct magic_link *link)
{
	TRY(signin_judge_tenant(op, link->app_id, &link->contact, link->tenant_id));
	const int used = magic_sql_use(op, link);
	OP_STORE(op, used);
	return used ? ERR_NONE : ERR_exchange_code_not_found;
}

enum err magic_use_code(struct op *op, struct uuid app_id, struct uuid link_id, const uint8_t *flow, struct text code,
	struct proof *proof_r, struct magic_link *link_r)
{
	const struct app *app = app_find(app_id);
	struct magic_link asked = {.app_id = app_id, .link_id = link_id}, link;
	if (!app || !flow)
		return ERR_exchange_code_not_found;
	asked.code_mac = kept_sum(op->arena, room.codes, &asked, code);
	asked.flow_mac = kept_sum(op->arena, room.flows, &asked, text_bytes(flow, MAGIC_FLOW_SIZE));
	const enum db_found found = magic_sql_try_code(op, &asked, CODE_TRIES, &link);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_exchange_code_not_found;
	if (!is_sum(link.code_mac, (const uint8_t *)asked.code_mac.p)) {
		TRY(guesses_note(op, app_id, &link.contact));
		return ERR_exchange_code_not_found;
	}
	if (link.used_at == 0)
		TRY(enter_by_code(op, &link));
	*proof_r = (struct proof){.app = app, .contact = link.contact, .amr = "otp-email", .tenant_id = link.tenant_id};
	if (link_r)
		*link_r = link;
	return ERR_NONE;
}

enum err magic_deny(struct op *op, const struct magic_link *link)
{
	const int killed = magic_sql_kill(op, link);
	OP_STORE(op, killed);
	return killed ? note(op, link, EVENT_LINK_DENIED) : explain(op, link);
}

enum err magic_approve(struct op *op, const struct magic_link *link, struct text number)
{
	const struct text wanted = magic_number(op->arena, link);
	if (number.n != wanted.n || !secret_equal(number.p, wanted.p, wanted.n)) {
		TRY(magic_deny(op, link));
		return ERR_FORBIDDEN;
	}
	const int approved = magic_sql_approve(op, link);
	OP_STORE(op, approved);
	/* none: dead by now, or approved before, which is as good */
	return approved ? note(op, link, EVENT_LINK_APPROVED) : look_again(op, link);
}

/* ---- void, prune ---- */

enum err magic_void(struct op *op)
{
	OP_STORE(op, magic_sql_void(op->tx));
	return ERR_NONE;
}

void magic_prune(void)
{
	prune_pieces(room.house->db, magic_sql_prune, clock_now() - settings_now()->magic_link_retention);
}
