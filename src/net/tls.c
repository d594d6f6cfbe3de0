#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/why.h"

struct tls {
	char *cert_file, *key_file;
	pthread_mutex_t mutex; /* over context */
	SSL_CTX *context;
};

/* A client that offers protocols without ours is turned away with an alert (RFC 7301 section 3.2). */
static int choose_protocol(SSL *session, const unsigned char **out, unsigned char *out_n, const unsigned char *offered,
	unsigned offered_n, void *context)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, out_n, ours, sizeof ours - 1, offered, offered_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Nobody is there to type a passphrase: encrypted keys are refused. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
	return -1;
}

static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return reason != NULL ? reason : "no reason given";
}

static SSL_CTX *context_new(const char *cert_file, const char *key_file, const char **why_r)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	if (context == NULL) {
		*why_r = why("TLS cannot start: %s", openssl_reason());
		return NULL;
	}
	/* Renegotiation is work at the client's command. A connection that ends without close_notify is no error: lengths
	 * say where messages end. */
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
	SSL_CTX_set_default_passwd_cb(context, no_passphrase);
	const char *at = NULL;
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
		SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
		at = cert_file;
	else if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(context) != 1)
		at = key_file;
	if (at == NULL)
		return context;
	*why_r = why("%s: %s", at, openssl_reason());
	SSL_CTX_free(context);
	return NULL;
}

struct tls *tls_new(const char *cert_file, const char *key_file, const char **why_r)
{
	SSL_CTX *context = context_new(cert_file, key_file, why_r);
	if (context == NULL)
		return NULL;
	struct tls *tls = calloc(1, sizeof *tls);
	MUST(tls != NULL);
	tls->cert_file = strdup(cert_file);
	tls->key_file = strdup(key_file);
	MUST(tls->cert_file != NULL && tls->key_file != NULL);
	pthread_mutex_init(&tls->mutex, NULL);
	tls->context = context;
	return tls;
}

void tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	pthread_mutex_destroy(&tls->mutex);
	free(tls->cert_file);
	free(tls->key_file);
	free(tls);
}

int tls_reload(struct tls *tls, const char **why_r)
{
	SSL_CTX *context = context_new(tls->cert_file, tls->key_file, why_r);
	if (context == NULL)
		return -1;
	pthread_mutex_lock(&tls->mutex);
	SSL_CTX *old = tls->context;
	tls->context = context;
	pthread_mutex_unlock(&tls->mutex);
	SSL_CTX_free(old);
	return 0;
}

SSL *tls_session(struct tls *tls)
{
	pthread_mutex_lock(&tls->mutex);
	SSL *session = SSL_new(tls->context);
	pthread_mutex_unlock(&tls->mutex);
	MUST(session != NULL);
	return session;
}

/* Milliseconds since 1970 of a certificate's time. */
static int read_time(const ASN1_TIME *time, int64_t *ms_r)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	const int known = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
	ASN1_TIME_free(epoch);
	if (!known)
		return -1;
	*ms_r = ((int64_t)days * 86400 + seconds) * 1000;
	return 0;
}

int tls_expires_at(const char *cert_file, int64_t *at_r, const char **why_r)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	int failed = -1;
	if (context != NULL && SSL_CTX_use_certificate_chain_file(context, cert_file) == 1)
		failed = read_time(X509_get0_notAfter(SSL_CTX_get0_certificate(context)), at_r);
	if (failed)
		*why_r = why("%s: %s", cert_file, openssl_reason());
	SSL_CTX_free(context);
	return failed;
}
