#include "page/ticket.h"

#include "base/enc.h"
#include "base/num.h"
#include "crypto/seal.h"

static struct seal_key *key;

void ticket_start(const struct house *house)
{
	key = seal_key_new(house->master, "sign-in page ticket");
}

void ticket_stop(void)
{
	seal_key_free(key);
	key = NULL;
}

/* One value a line: none of them can hold a line's end. */
struct text ticket_write(struct arena *arena, const struct flow *flow, const struct ticket *ticket)
{
	const struct start *start = &ticket->start;
	char id[UUID_TEXT_SIZE];
	uuid_write(start->app->id, id);
	const struct text lines[] = {text_of(id), start->redirect_uri, start->state, start->challenge, start->lang,
		ticket->contact.canonical, ticket->request_id};
	struct buf plain, out;
	buf_init(&plain, arena, 1024);
	for (size_t i = 0; i < COUNT(lines); i++) {
		buf_add(&plain, lines[i]);
		buf_add_char(&plain, '\n');
	}
	buf_printf(&plain, "%lld\n%lld", (long long)ticket->code_length, (long long)ticket->expires_at);
	struct text sealed = seal(key, arena, text_bytes(flow->secret, sizeof flow->secret), buf_text(&plain));
	buf_init(&out, arena, ENC_BASE64URL_SIZE(sealed.n) + 1);
	enc_base64url_add(&out, sealed.p, sealed.n);
	MUST(out.n <= TICKET_MAX);
	return buf_text(&out);
}

static int parse(struct arena *arena, struct text plain, struct ticket *ticket_r)
{
	struct ticket ticket = {0};
	struct start *start = &ticket.start;
	struct uuid app_id;
	TRY(uuid_read(text_cut(&plain, '\n'), &app_id));
	start->app = app_find(app_id);
	start->redirect_uri = text_cut(&plain, '\n');
	start->state = text_cut(&plain, '\n');
	start->challenge = text_cut(&plain, '\n');
	start->lang = text_cut(&plain, '\n');
	TRY(contact_phone(arena, text_cut(&plain, '\n'), &ticket.contact));
	ticket.request_id = text_cut(&plain, '\n');
	TRY(num_read(text_cut(&plain, '\n'), 0, INT64_MAX, &ticket.code_length));
	TRY(num_read(plain, 0, INT64_MAX, &ticket.expires_at));
	if (!start->app)
		return -1;
	*ticket_r = ticket;
	return 0;
}

int ticket_read(struct arena *arena, const struct flow *flow, struct text written, struct ticket *ticket_r)
{
	uint8_t *sealed = arena_alloc(arena, written.n);
	struct text plain;
	size_t n;
	TRY(enc_base64url_read(written, sealed, written.n, &n));
	TRY(seal_open(key, arena, text_bytes(flow->secret, sizeof flow->secret), text_bytes(sealed, n), &plain));
	return parse(arena, plain, ticket_r);
}
