/*
 * One request to the server that owns a data folder, over its Unix socket.
 */
#ifndef KW_MAIN_CLI_SOCKET_H
#define KW_MAIN_CLI_SOCKET_H

#include "api/api.h"

/* Returns the answer's HTTP status and its body in the arena; 0 when nobody serves there; -1 when the server did not
 * answer to the end: then it may have carried the request out. */
int cli_socket_request(
	struct arena *arena, const char *socket_path, const struct api_local *request, struct text *answer_r);

#endif
