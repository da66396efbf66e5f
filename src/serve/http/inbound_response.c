/* An answer as bytes.  spec: RFC 9112 4, 6 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "io/clock.h"
#include "serve/http/httpd_parts.h"

static const char *reason_of(int status)
{
	static const struct { int status; const char *reason; } reasons[] = {
		{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
		{ 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 408, "Request Timeout" }, { 413, "Content Too Large" }, { 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" }, { 417, "Expectation Failed" },
		{ 421, "Misdirected Request" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" },
		{ 501, "Not Implemented" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < MP_COUNT(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

/* spec: RFC 9110 5.6.7, 6.6.1; names that no locale changes */
static const char *date_now(struct mp_httpd *httpd)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	int64_t now = mp_now_s();
	time_t seconds = (time_t)now;
	struct tm tm;

	if (now == httpd->date_at || gmtime_r(&seconds, &tm) == NULL)
		return httpd->date;
	(void)snprintf(httpd->date, sizeof(httpd->date), "%s, %02d %s %d %02d:%02d:%02d GMT",
	    days[tm.tm_wday % 7], tm.tm_mday % 100, months[tm.tm_mon % 12], tm.tm_year + 1900,
	    tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100);
	httpd->date_at = now;
	return httpd->date;
}

static void add_line(struct mp_buf *out, const char *name, const char *value)
{
	mp_buf_adds(out, name);
	mp_buf_add(out, ": ", 2);
	mp_buf_adds(out, value);
	mp_buf_add(out, "\r\n", 2);
}

static void add_number(struct mp_buf *out, size_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%zu", number);
	mp_buf_adds(out, digits);
}

static void begin(struct mp_inbound *conn, int status)
{
	struct mp_buf *out = &conn->out;

	mp_buf_clear(out);
	conn->sent = 0;
	mp_buf_adds(out, "HTTP/1.1 ");
	add_number(out, (size_t)status);
	mp_buf_addc(out, ' ');
	mp_buf_adds(out, reason_of(status));
	mp_buf_add(out, "\r\n", 2);
	add_line(out, "Date", date_now(conn->httpd));
	if (conn->is_last)
		add_line(out, "Connection", "close");
}

enum mcpass_rc mp_inbound_write(struct mp_inbound *conn, const struct mp_http_response *response,
    bool has_body, struct mcpass_error *err)
{
	struct mp_buf *out = &conn->out;

	begin(conn, response->status);
	for (size_t i = 0; i < response->headers.count; i++)
		add_line(out, response->headers.items[i].name, response->headers.items[i].value);
	/* spec: RFC 9110 8.6 */
	if (response->status >= 200 && response->status != 204 && response->status != 304) {
		mp_buf_adds(out, "Content-Length: ");
		add_number(out, response->body.len);
		mp_buf_add(out, "\r\n", 2);
	} else {
		has_body = false;
	}
	mp_buf_add(out, "\r\n", 2);
	if (has_body)
		mp_buf_add(out, mp_buf_text(&response->body), response->body.len);
	return mp_buf_check(out, "the answer", err);
}

void mp_inbound_write_refusal(struct mp_inbound *conn, int status, const char *problem)
{
	struct mp_buf *out = &conn->out;

	begin(conn, status);
	if (status == 503)
		add_line(out, "Retry-After", "1");
	if (problem != NULL)
		add_line(out, "Content-Type", "text/plain");
	mp_buf_adds(out, "Content-Length: ");
	add_number(out, problem != NULL ? strlen(problem) + 2 : 0);
	mp_buf_adds(out, "\r\n\r\n");
	if (problem != NULL) {
		mp_buf_adds(out, problem);
		mp_buf_adds(out, ".\n");
	}
}
