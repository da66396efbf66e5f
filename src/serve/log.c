#include "serve/log.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/limits.h"
#include "ui/out.h"
#include "wire/uri.h"

void mp_service_note(void *ctx, const struct mcpass_note *note)
{
	struct mp_service_log *log = ctx;

	for (size_t i = 0; i < note->fact_count; i++)
		if (strcmp(note->facts[i].name, "reason") == 0)
			(void)snprintf(log->reason, sizeof(log->reason), "%s", note->facts[i].value);
}

enum mcpass_rc mp_service_fetch_later(void *ctx, const struct mcpass_fetch *fetch,
    int *ret_status, struct mp_buf *body, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_fetches_start(ctx, fetch, &why);

	(void)body;
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	*ret_status = MP_HTTP_LATER;
	return MCPASS_OK;
}

static void render(struct mp_buf *buf, const struct mp_service_log *log, const char *request,
    int status, const char *reason)
{
	time_t now = time(NULL);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		(void)strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	mp_buf_adds(buf, mp_paint(&log->term, MP_DIM));
	mp_buf_addf(buf, "%s ", log->name != NULL ? log->name : clock);
	mp_term_add_line(buf, request, 0);
	mp_buf_addf(buf, " %d", status);
	if (reason[0] != '\0') {
		mp_buf_adds(buf, ": ");
		mp_term_add_line(buf, reason, 0);
	}
	mp_buf_addf(buf, "%s\n", mp_paint(&log->term, MP_PLAIN));
}

void mp_service_log(struct mp_service_log *log, const char *method, const char *path,
    int status, const struct mcpass_error *err)
{
	const char *reason = err != NULL && err->rc != MCPASS_OK ? err->detail : log->reason;
	struct mp_buf request, line;

	if (log->quiet)
		return;
	mp_buf_init(&request, MP_MAX_HEADER_BYTES);
	mp_buf_init(&line, 2 * MP_MAX_HEADER_BYTES);
	mp_buf_addf(&request, "%s %s", method, path);
	render(&line, log, mp_buf_text(&request), status, reason);
	if (log->writer != NULL)
		mp_line_writer_add(log->writer, &line);
	else
		mp_say_text(&line);
	mp_buf_free(&request);
	mp_buf_free(&line);
	log->reason[0] = '\0';
}

enum mcpass_rc mp_service_url(const char *bind_address, unsigned port, const char *path,
    char **ret_url, struct mcpass_error *err)
{
	const char *address = bind_address != NULL ? bind_address : "127.0.0.1";
	bool is_ipv6 = strchr(address, ':') != NULL;
	struct mp_buf url;

	mp_buf_init(&url, MP_MAX_URI);
	mp_buf_addf(&url, "http://%s%s%s:%u%s", is_ipv6 ? "[" : "", address, is_ipv6 ? "]" : "",
	    port, path);
	return mp_buf_take(&url, "the URL", ret_url, err);
}

bool mp_service_is_loopback(const char *bind_address)
{
	struct mp_uri uri;
	char url[128];

	if (bind_address == NULL)
		return true;
	(void)snprintf(url, sizeof(url), strchr(bind_address, ':') != NULL ? "http://[%s]/"
	    : "http://%s/", bind_address);
	return mp_uri_parse(url, &uri, NULL) == MCPASS_OK && mp_uri_is_loopback(&uri);
}

enum mcpass_rc mp_service_hosts(const char *bind_address, const char *url,
    const char *const *names, size_t count, struct mp_http_hosts *ret_hosts,
    struct mcpass_error *err)
{
	struct mp_http_host host;
	struct mp_uri uri;
	bool is_public = url != NULL && mp_uri_parse(url, &uri, NULL) == MCPASS_OK
	    && !mp_uri_is_loopback(&uri);

	for (size_t i = 0; i < count; i++) {
		if (mp_http_host_parse(names[i], &host) && host.name.len == strlen(names[i]))
			continue;
		(void)mp_fail(err, MCPASS_E_USAGE, NULL, "--allow-host %s: is no name of a host", names[i]);
		mp_hint(err, "write the name alone, without a scheme and a port: mcp.internal");
		return MCPASS_E_USAGE;
	}
	*ret_hosts = (struct mp_http_hosts){
		.kind = !is_public && mp_service_is_loopback(bind_address) ? MP_HTTP_HOSTS_LOOPBACK
		    : MP_HTTP_HOSTS_OWN,
		.names = names, .name_count = count,
	};
	return MCPASS_OK;
}

size_t mp_service_per_address(const char *url)
{
	struct mp_uri uri;

	return url != NULL && mp_uri_parse(url, &uri, NULL) == MCPASS_OK && uri.is_https
	    ? MP_MAX_HTTPD_CONNECTIONS - MP_HTTPD_SPARE : 0;
}
