/* uri.h - http and https URIs, read strictly, and normalised only to be compared.
 * spec: RFC 3986 3; RFC 8252 7.3 (loopback); RFC 8414 3.1, RFC 9728 3.1 (well-known) */
#pragma once
#include "base/text.h"

/* Views into the text that was parsed; they live as long as it does. */
struct mp_uri {
	struct mp_span scheme, host;    /* host of an IPv6 literal without brackets */
	struct mp_span path;            /* "" or "/..." */
	struct mp_span query, fragment; /* data NULL when absent, which is not empty */
	struct mp_span origin;          /* scheme://host[:port] as written */
	unsigned port;                  /* the default one when none is written */
	bool is_https, has_port, is_ipv6;
};

/* Reads an absolute http or https URI.  text is borrowed by *ret_uri.
 * MCPASS_E_USAGE  not such a URI: relative, another scheme, no host or one that is
 *                 neither a DNS name nor an address, user info, a bad port or escape,
 *                 a byte outside the grammar (a space, control, backslash, '"', '<',
 *                 '[' in a path or non-ASCII; an apostrophe is inside)
 * MCPASS_E_LIMIT  longer than MP_MAX_URI
 * The caller turns E_USAGE into the fault of the party that wrote it. */
enum mcpass_rc mp_uri_parse(const char *text, struct mp_uri *ret_uri,
    struct mcpass_error *err);

/* 127.x.y.z, ::1 or localhost, in no other notation: http:// is allowed for these. */
bool mp_uri_is_loopback(const struct mp_uri *uri);
/* An IP literal (any notation a resolver takes) that is not globally reachable:
 * loopback, private, link-local, unspecified, unique-local, mapped IPv4 of these;
 * also localhost and NAME.localhost.  Says nothing of what a name resolves to. */
bool mp_uri_is_private(const struct mp_uri *uri);
/* spec: RFC 3986 2.3 */
bool mp_uri_is_unreserved(char c);
/* Scheme, host (case does not matter) and port, the default one counted in. */
bool mp_uri_same_origin(const struct mp_uri *a, const struct mp_uri *b);

/* Whether both lead to the same place, by the normalisation of syntax and scheme: case of
 * scheme and host, default port, escapes that are not needed, dot segments, "" and "/".
 * Query and fragment do not count.  For what says so (RFC 9449 4.3): identifiers are
 * compared byte for byte.  MCPASS_E_NOMEM.  spec: RFC 3986 6.2.2, 6.2.3 */
enum mcpass_rc mp_uri_same_target(const struct mp_uri *a, const struct mp_uri *b, bool *ret_same,
    struct mcpass_error *err);

/* For a rule about a name that is a URI of any scheme: what common URL parsers take for one URI has
 * one loose text (escapes, dot segments, backslashes, blanks, case, default ports, fragments); so
 * have some that differ, for whom the rule counts, too.  Nothing is fetched by it, or shown.
 * *ret_text is the caller's (free).  MCPASS_E_NOMEM.  spec: URL Standard, "URL parsing" */
enum mcpass_rc mp_uri_loose(const char *text, char **ret_text, struct mcpass_error *err);

/* True when parent equals child, or is its origin with a path that child's path
 * continues at a '/' boundary; query and fragment of parent must then be absent.
 * False when either path has a "." or ".." segment, also a %-escaped one. */
bool mp_uri_is_parent(const struct mp_uri *parent, const struct mp_uri *child);

enum mp_well_known {
	MP_WELL_KNOWN_INSERTED,  /* origin + /.well-known/NAME + path, and the query, which
	                          * a resource may have (RFC 8414 3.1, RFC 9728 3.1) */
	MP_WELL_KNOWN_ROOT,      /* origin + /.well-known/NAME */
	MP_WELL_KNOWN_APPENDED   /* origin + path + /.well-known/NAME (OIDC Discovery 4) */
};
/* Builds a well-known URL; a terminating '/' of the path is dropped as RFC 8414 3.1
 * says; the fragment is left out.  *ret_url is the caller's (free). */
enum mcpass_rc mp_uri_well_known(const struct mp_uri *uri, const char *name,
    enum mp_well_known form, char **ret_url, struct mcpass_error *err);

/* Resolves a reference (a Location header) against base; spec: RFC 3986 5.2.
 * *ret_url is the caller's (free).  Errors as of mp_uri_parse() on the result. */
enum mcpass_rc mp_uri_resolve(const struct mp_uri *base, const char *reference,
    char **ret_url, struct mcpass_error *err);

/* The same URL for a program that is started with it, and for a terminal: in path, query and
 * fragment everything is percent-encoded but unreserved characters and the delimiters that
 * a URL cannot do without (/ : @, and ? & = + behind the path), so that nothing of it is a
 * command to sh, PowerShell or cmd.exe inside quotes.  A server that decodes reads the same.
 * *ret_url is the caller's (free).  Errors as of mp_uri_parse().
 * spec: RFC 3986 2.2, 2.3; CVE-2025-6514 */
enum mcpass_rc mp_uri_plain(const char *url, char **ret_url, struct mcpass_error *err);
