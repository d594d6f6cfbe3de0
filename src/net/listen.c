#include "net/listen.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/num.h"
#include "net/why.h"

#define BACKLOG 4096

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6;
}

/* "1.2.3.4:80" or "[::1]:80". */
static int read_address(const char *listen, union address *address_r)
{
	const char *colon = strrchr(listen, ':');
	if (colon == NULL)
		return -1;
	struct text host = text_bytes(listen, (size_t)(colon - listen));
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = text_bytes(host.p + 1, host.n - 2);
	else if (memchr(host.p, ':', host.n) != NULL)
		return -1;
	struct ip ip;
	int64_t port;
	TRY(ip_read(host, &ip));
	TRY(num_read(text_of(colon + 1), 0, 65535, &port));

	memset(address_r, 0, sizeof *address_r);
	if (ip_is_v4(ip)) {
		address_r->v4.sin_family = AF_INET;
		address_r->v4.sin_port = htons((uint16_t)port);
		memcpy(&address_r->v4.sin_addr, ip.b + 12, 4);
	} else {
		address_r->v6.sin6_family = AF_INET6;
		address_r->v6.sin6_port = htons((uint16_t)port);
		memcpy(&address_r->v6.sin6_addr, ip.b, 16);
	}
	return 0;
}

/* A bound socket, or -1 with errno. SO_REUSEADDR lets a new process follow one that has just ended. */
static int bound(const union address *address, bool share_port)
{
	const int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1;
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
		(!share_port || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
		bind(fd, &address->any, size_of(address)) == 0)
		return fd;
	const int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static void set_port(union address *address, int port)
{
	if (address->any.sa_family == AF_INET)
		address->v4.sin_port = htons((uint16_t)port);
	else
		address->v6.sin6_port = htons((uint16_t)port);
}

static int port_of(const union address *address)
{
	return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port : address->v6.sin6_port);
}

/* With SO_REUSEPORT a second server would silently share the port: without it, bind says that somebody is there. */
static bool is_free(const union address *address)
{
	const int probe = bound(address, false);
	if (probe >= 0)
		close(probe);
	return probe >= 0;
}

int listen_tcp(const char *address_text, int *port, int *fd_r, const char **why_r)
{
	union address address;
	if (read_address(address_text, &address) != 0) {
		*why_r = why(
			"\"%s\" is not an address to listen on, such as 127.0.0.1:8080 or [::1]:8080", address_text);
		return -1;
	}
	if (*port != 0)
		set_port(&address, *port);
	socklen_t size = sizeof address;
	const int fd = *port != 0 || is_free(&address) ? bound(&address, true) : -1;
	if (fd < 0 || listen(fd, BACKLOG) != 0 || getsockname(fd, &address.any, &size) != 0) {
		*why_r = why("cannot listen on %s: %s", address_text, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = port_of(&address);
	*fd_r = fd;
	return 0;
}

/* Somebody answers on that path, or it is no socket at all. */
static bool is_taken(const struct sockaddr_un *address)
{
	struct stat status;
	if (lstat(address->sun_path, &status) != 0)
		return false;
	if (!S_ISSOCK(status.st_mode))
		return true;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const bool refused =
		fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return !refused;
}

int listen_local(const char *path, int *fd_r, const char **why_r)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path) {
		*why_r = why("%s: the path of a socket has at most %zu bytes", path, sizeof address.sun_path - 1);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (is_taken(&address)) {
		*why_r = why("%s: another process listens there, or it is not a socket", path);
		return -1;
	}
	(void)unlink(path);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Linux gives the file the mode of the unbound socket: no moment in which others may connect. */
	if (fd >= 0 && fchmod(fd, 0600) == 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		listen(fd, BACKLOG) == 0) {
		*fd_r = fd;
		return 0;
	}
	*why_r = why("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void listen_fade(int fd)
{
	/* Drops what has SYN without ACK: byte 13 of the TCP header. Where filters are not to be had the stop is merely
	 * less smooth: a client that connects in its last microseconds is reset. */
	static struct sock_filter drop_new[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	const struct sock_fprog program = {.len = COUNT(drop_new), .filter = drop_new};
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
