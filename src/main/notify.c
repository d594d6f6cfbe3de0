#include "main/notify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A path, or "@name" of the abstract namespace, where a NUL takes the place of the "@" (unix(7)). */
static int read_address(const char *socket_name, struct sockaddr_un *address_r, socklen_t *size_r)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t n = socket_name ? strlen(socket_name) : 0;
	if (n < 2 || n >= sizeof address.sun_path || (*socket_name != '/' && *socket_name != '@'))
		return -1;
	memcpy(address.sun_path, socket_name, n);
	if (*socket_name == '@')
		address.sun_path[0] = '\0';
	*address_r = address;
	*size_r = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return 0;
}

void notify(const char *format, ...)
{
	char message[1024];
	struct sockaddr_un address;
	socklen_t size;
	if (read_address(getenv("NOTIFY_SOCKET"), &address, &size) != 0)
		return;
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(message, sizeof message, format, args);
	va_end(args);
	if (n > 0 && n < (int)sizeof message)
		(void)!sendto(fd, message, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, size);
	close(fd);
}

void notify_reloading(void)
{
	struct timespec now;
	MUST(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	notify("RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=Reloading",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}
