/* What a user of libevent's own HTTP server gets: one loop, one answer. hello_evhttp PORT BODY_BYTES */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

static void hello(struct evhttp_request *request, void *body_bytes)
{
	static const char body[4096] = {[0 ... 4095] = 'x'};
	struct evbuffer *out = evbuffer_new();

	evbuffer_add_reference(out, body, *(size_t *)body_bytes, NULL, NULL);
	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
	evhttp_send_reply(request, 200, "OK", out);
	evbuffer_free(out);
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	size_t body_bytes = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	evhttp_set_gencb(http, hello, &body_bytes);
	if (argc != 3 || body_bytes > 4096 ||
		evhttp_bind_socket(http, "127.0.0.1", (uint16_t)strtoul(argv[1], NULL, 10)) != 0) {
		fprintf(stderr, "usage: hello_evhttp PORT BODY_BYTES\n");
		return 2;
	}
	return event_base_dispatch(base);
}
