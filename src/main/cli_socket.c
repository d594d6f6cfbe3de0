#include "main/cli_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int send_all(int fd, struct text t)
{
	while (t.n) {
		ssize_t n = send(fd, t.p, t.n, MSG_NOSIGNAL);
		if (n <= 0)
			return -1;
		t = text_bytes(t.p + n, t.n - (size_t)n);
	}
	return 0;
}

static struct text receive_all(struct arena *arena, int fd)
{
	struct buf in;
	char piece[4096];
	ssize_t n;
	buf_init(&in, arena, sizeof piece);
	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		buf_add(&in, text_bytes(piece, (size_t)n));
	return buf_text(&in);
}

static struct text write_request(struct arena *arena, const struct api_local *request)
{
	const struct text app = api_local_authorization(arena, request), body = request->body;
	struct buf out;
	buf_init(&out, arena, 512 + body.n);
	buf_printf(&out, "%s %.*s%s%.*s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
		router_method_name(request->method), TEXT_ARG(request->path), text_absent(request->query) ? "" : "?",
		TEXT_ARG(request->query));
	if (!text_absent(app))
		buf_printf(&out, "Authorization: %.*s\r\n", TEXT_ARG(app));
	if (!text_absent(body))
		buf_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.n);
	buf_add(&out, TEXT("\r\n"));
	if (!text_absent(body))
		buf_add(&out, body);
	return buf_text(&out);
}

int cli_socket_request(
	struct arena *arena, const char *socket_path, const struct api_local *request, struct text *answer_r)
{
	int fd = connect_to(socket_path);
	if (fd < 0)
		return 0;
	struct text answer = send_all(fd, write_request(arena, request)) == 0 ? receive_all(arena, fd) : TEXT("");
	close(fd);

	/* "HTTP/1.1 200 OK", fields, an empty line, the body */
	const char *end = memmem(answer.p, answer.n, "\r\n\r\n", 4);
	int64_t status;
	if (!end || answer.n < 12 || num_read(text_bytes(answer.p + 9, 3), 100, 599, &status) != 0)
		return -1;
	*answer_r = text_bytes(end + 4, (size_t)(answer.p + answer.n - end) - 4);
	return (int)status;
}
