/*
 * The pure part of magic links: no store, no clock. magic_judge, magic_status and magic_read_flow_token of magic.h are here too.
 */
#ifndef KW_MAGIC_MAGIC_RULES_H
#define KW_MAGIC_MAGIC_RULES_H

#include "magic/magic.h"

/* "kwf_…" */
struct text magic_rules_write_flow_token(
	struct arena *arena, struct uuid app_id, struct uuid link_id, const uint8_t flow[static MAGIC_FLOW_SIZE]);
/* What the mail carries: <public_url>/l/{token}, or of MAGIC_APP the redirect_uri with token, and state if there is one, in
 * its query. */
struct text magic_rules_url(
	struct arena *arena, const char *public_url, const struct magic_link *link, struct text token);

/* Who presents a link's token at /auth/verify. */
struct magic_claim {
	const struct app *app;    /* of the link; NULL: gone */
	const struct app *proven; /* whose secret came along; NULL: none did */
	struct text verifier;     /* absent: none */
	bool flow_sent, flow_fits;
};
/* ERR_NONE if it may be consumed, else the first that applies: magic_link_not_found for whom it is not meant, or as
 * magic_judge. */
enum err magic_rules_verify(const struct magic_link *link, const struct magic_claim *claim, int64_t now);

#endif
