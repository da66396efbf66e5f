/* WWW-Authenticate: read and written.
 *
 * A list is compared as one text: "Scheme name=[value] name=[value]|Scheme <token68>". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/challenge.h"

static const struct {
	const char *label, *line, *want;
} good_rows[] = {
	{ "empty", "", "" },
	{ "only commas", " , ,\t,", "" },
	{ "RFC 9728 5.1",
	    "Bearer resource_metadata=\"https://r.example/.well-known/oauth-protected-resource\"",
	    "Bearer resource_metadata=[https://r.example/.well-known/oauth-protected-resource]" },
	{ "RFC 6750 3",
	    "Bearer realm=\"example\", error=\"invalid_token\", "
	    "error_description=\"The access token expired\"",
	    "Bearer realm=[example] error=[invalid_token] error_description=[The "
	    "access token expired]" },
	{ "a list of scopes",
	    "Bearer realm=\"example\", error=\"insufficient_scope\", scope=\"a b\"",
	    "Bearer realm=[example] error=[insufficient_scope] scope=[a b]" },
	{ "RFC 9449 9",
	    "DPoP error=\"use_dpop_nonce\", error_description=\"Resource server "
	    "requires nonce in DPoP proof\"",
	    "DPoP error=[use_dpop_nonce] error_description=[Resource server requires "
	    "nonce in DPoP proof]" },
	{ "RFC 9449 7.1", "DPoP algs=\"ES256 PS256\"", "DPoP algs=[ES256 PS256]" },
	{ "three schemes in a line",
	    "Negotiate, Basic realm=\"corp\", charset=\"UTF-8\", Bearer scope=\"a "
	    "b\", resource_metadata=\"https://r/\"",
	    "Negotiate|Basic realm=[corp] charset=[UTF-8]|Bearer scope=[a b] "
	    "resource_metadata=[https://r/]" },
	{ "a hosted server",
	    "Bearer error=\"invalid_request\", error_description=\"No access token "
	    "was provided in this request\", "
	    "resource_metadata=\"https://api.example/.well-known/oauth-protected-resource/\"",
	    "Bearer error=[invalid_request] error_description=[No access token was "
	    "provided in this request] "
	    "resource_metadata=[https://api.example/.well-known/oauth-protected-resource/]" },
	{ "a provider's own parameters",
	    "Bearer "
	    "authorization_uri=\"https://login.example/common/oauth2/authorize\", "
	    "client_id=\"00000003\", trusted_issuers=\"00000001@*\"",
	    "Bearer authorization_uri=[https://login.example/common/oauth2/authorize] "
	    "client_id=[00000003] trusted_issuers=[00000001@*]" },
	{ "RFC 9110 11.6.1",
	    "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to "
	    "\\\"apps\\\"\"",
	    "Basic realm=[simple]|Newauth realm=[apps] type=[1] title=[Login to \"apps\"]" },
	{ "a challenge without parameters", "Bearer", "Bearer" },
	{ "a space behind it", "Bearer ", "Bearer" },
	{ "two without parameters", "Negotiate, NTLM", "Negotiate|NTLM" },
	{ "no space behind the comma", "Negotiate,Bearer a=b,c=d,Basic",
	    "Negotiate|Bearer a=[b] c=[d]|Basic" },
	{ "the same scheme twice", "Bearer a=1, Bearer a=2", "Bearer a=[1]|Bearer a=[2]" },
	{ "token68", "Negotiate YII/+-._~9==", "Negotiate <YII/+-._~9==>" },
	{ "token68 without padding", "Negotiate abc", "Negotiate <abc>" },
	{ "token68, then another", "Negotiate YII=, Basic realm=\"x\"",
	    "Negotiate <YII=>|Basic realm=[x]" },
	{ "token68 with space behind", "Negotiate YII= \t, NTLM", "Negotiate <YII=>|NTLM" },
	{ "token68 that looks like a name", "Negotiate realm=", "Negotiate <realm=>" },
	{ "white space around the equals sign", "Bearer realm = \"a\" ,scope\t=\tb",
	    "Bearer realm=[a] scope=[b]" },
	{ "many spaces behind the scheme", "Bearer   realm=a", "Bearer realm=[a]" },
	{ "empty elements", ",, Bearer realm=a,,\t, scope=b,", "Bearer realm=[a] scope=[b]" },
	{ "an empty element first", "Bearer , realm=a", "Bearer realm=[a]" },
	{ "an empty element before another", "Bearer , Basic realm=a", "Bearer|Basic realm=[a]" },
	{ "commas in a quoted-string", "Bearer a=\"b, Basic c=d\", e=f",
	    "Bearer a=[b, Basic c=d] e=[f]" },
	{ "escapes in a quoted-string", "Bearer a=\"\\\\\\\"\\a\"", "Bearer a=[\\\"a]" },
	{ "an empty quoted-string", "Bearer a=\"\"", "Bearer a=[]" },
	{ "a tab in a quoted-string", "Bearer a=\"b\tc\"", "Bearer a=[b\tc]" },
	{ "bytes that are not ASCII", "Bearer a=\"\xc3\xa9\xff\"", "Bearer a=[\xc3\xa9\xff]" },
	{ "an extended name", "Bearer title*=UTF-8''x", "Bearer title*=[UTF-8''x]" },
	{ "a token with every tchar", "Bearer a=!#$%&'*+-.^_`|~", "Bearer a=[!#$%&'*+-.^_`|~]" },
	{ "a scheme, a comma, a parameter", "Bearer, realm=\"x\"", "Bearer realm=[x]" },
	{ "a tab behind the scheme", "Bearer\trealm=x", "Bearer realm=[x]" },
	{ "a scheme in another case",
	    "BEARER Resource_Metadata=\"https://rs.example/m\"",
	    "BEARER Resource_Metadata=[https://rs.example/m]" },
	{ "an empty value",
	    "Bearer resource_metadata=\"\", scope=\"\"",
	    "Bearer resource_metadata=[] scope=[]" },
	{ "token68 and then Bearer",
	    "Negotiate YII==, Bearer scope=\"a\"",
	    "Negotiate <YII==>|Bearer scope=[a]" },
	{ "a comma for the space",
	    "Bearer,scope=\"a\",error=\"invalid_token\"",
	    "Bearer scope=[a] error=[invalid_token]" },
	{ "the same name in two challenges", "Bearer realm=a, Basic realm=b",
	    "Bearer realm=[a]|Basic realm=[b]" },
};

/* What breaks the grammar: it is read as far as it can be. */
static const struct {
	const char *label, *line, *want;
} odd_rows[] = {
	{ "a parameter of nothing", "realm=\"x\"", "" },
	{ "a parameter of nothing, after a comma", ", realm=\"x\"", "" },
	{ "a parameter behind token68", "Negotiate YII=, realm=x", "Negotiate realm=[x]" },
	{ "two token68", "Negotiate YII= YII=", "Negotiate YII=[YII=]" },
	{ "token68 and a parameter", "Negotiate YII realm=x", "Negotiate" },
	{ "equals signs inside token68", "Negotiate Y=I=", "Negotiate Y=[I=]" },
	{ "no comma between parameters", "Bearer a=\"b\" c=\"d\"", "Bearer a=[b] c=[d]" },
	{ "a semicolon between parameters", "Bearer a=\"b\"; c=\"d\"", "Bearer a=[b] c=[d]" },
	{ "a semicolon behind a URL without quotes", "Bearer a=https://r/x;y; c=d",
	    "Bearer a=[https://r/x;y] c=[d]" },
	{ "a quoted-string not closed", "Bearer a=\"b", "Bearer a=[b]" },
	{ "closed by an escape", "Bearer a=\"b\\\"", "Bearer a=[b\"]" },
	{ "an escape at the end", "Bearer a=\"b\\", "Bearer a=[b\\]" },
	{ "text behind a quoted-string", "Bearer a=\"b\"c", "Bearer a=[b\"c]" },
	{ "a quote in a token", "Bearer a=b\"c\"", "Bearer a=[b\"c\"]" },
	{ "single quotes", "Bearer a='b c'", "Bearer a=[b c]" },
	{ "line end in a quoted-string", "Bearer a=\"b\r\n c\"", "Bearer" },
	{ "line end between parameters", "Bearer a=b,\n c=d", "Bearer a=[b]" },
	{ "an escaped control", "Bearer a=\"\\\x01\"", "Bearer" },
	{ "DEL in a quoted-string", "Bearer a=\"\x7f\"", "Bearer" },
	{ "no value", "Bearer a=, b=c", "Bearer b=[c]" },
	{ "no value, second", "Bearer b=c, a=", "Bearer b=[c]" },
	{ "no name", "Bearer =a", "" },
	{ "no name, second", "Bearer b=c, =a", "Bearer b=[c]" },
	{ "only an equals sign", "=", "" },
	{ "a quoted name", "Bearer \"a\"=b", "Bearer" },
	{ "a quoted scheme", "\"Bearer\" a=b", "" },
	{ "two equals signs", "Bearer a==b", "Bearer a=[=b]" },
	{ "a URL that is not quoted",
	    "Bearer resource_metadata=https://r/",
	    "Bearer resource_metadata=[https://r/]" },
	{ "bytes that are not ASCII in a token", "Bearer a=\xc3\xa9", "Bearer a=[\xc3\xa9]" },
	{ "bad behind good", "Bearer a=b, Basic realm=x, (", "Bearer a=[b]|Basic realm=[x]" },
	{ "a parameter twice", "Bearer a=b, a=b", "Bearer a=[b]" },
	{ "a parameter twice, another case",
	    "Bearer scope=\"a\", x=y, Scope=\"b\"",
	    "Bearer scope=[a] x=[y]" },
	{ "Spring: a URL without quotes",
	    "Bearer resource_metadata=http://rs.example/.well-known/oauth-protected-resource/mcp",
	    "Bearer resource_metadata=[http://rs.example/.well-known/oauth-protected-resource/mcp]" },
	{ "a URL without quotes, then more",
	    "Bearer resource_metadata=https://rs.example/meta?a=b, error=\"invalid_token\"",
	    "Bearer resource_metadata=[https://rs.example/meta?a=b] error=[invalid_token]" },
	{ "a URL without quotes, no space behind the comma",
	    "Bearer resource_metadata=https://rs.example/m,scope=a",
	    "Bearer resource_metadata=[https://rs.example/m] scope=[a]" },
	{ "a comma in a URL without quotes",
	    "Bearer resource_metadata=https://rs.example/m?a=1,2",
	    "Bearer resource_metadata=[https://rs.example/m?a=1]|2" },
	{ "single quotes around a URL",
	    "Bearer resource_metadata='https://rs.example/m', scope='a b'",
	    "Bearer resource_metadata=[https://rs.example/m] scope=[a b]" },
	{ "a quote that is not escaped",
	    "Bearer error_description=\"The \"x\" token\", scope=\"a\"",
	    "Bearer error_description=[The \"x\" token] scope=[a]" },
	{ "quotes at both ends of it",
	    "Bearer error_description=\"\"x\" is bad\", scope=\"a\"",
	    "Bearer error_description=[\"x\" is bad] scope=[a]" },
	{ "a challenge in a quote that is not closed",
	    "Basic realm=\"x, Bearer scope=\"a\"",
	    "Basic realm=[x, Bearer scope=\"a]" },
	{ "a good challenge behind garbage", "(garbage), Bearer scope=\"a\"", "Bearer scope=[a]" },
	{ "a colon for an equals sign", "Bearer realm: \"x\", scope=\"a\"", "Bearer scope=[a]" },
};

static void print_list(const struct mp_challenges *list, char *out, size_t room)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		const struct mp_challenge *c = &list->items[i];

		len += (size_t)snprintf(out + len, room - len, "%s%s", i > 0 ? "|" : "", c->scheme);
		if (c->token68 != NULL)
			len += (size_t)snprintf(out + len, room - len, " <%s>", c->token68);
		for (size_t p = 0; p < c->count; p++)
			len += (size_t)snprintf(out + len, room - len, " %s=[%s]",
			    c->params[p].name, c->params[p].value);
	}
}

/* An exact copy, so that a sanitizer sees a read past its end. */
static enum mcpass_rc parse_line(const char *line, struct mp_challenges *list,
    struct mcpass_error *err)
{
	char *copy = strdup(line);
	struct mcpass_header header = { "www-authenticate", copy };
	enum mcpass_rc rc = mp_challenges_parse(&header, 1, list, err);

	free(copy);
	return rc;
}

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(good_rows); i++) {
		struct mp_challenges list = { 0 };
		struct mcpass_error err = { 0 };
		char got[1024];

		CHECK_EQ(good_rows[i].label, parse_line(good_rows[i].line, &list, &err), MCPASS_OK);
		print_list(&list, got, sizeof(got));
		CHECK_STR(good_rows[i].label, got, good_rows[i].want);
		CHECK(good_rows[i].label, !list.odd);
		mp_challenges_free(&list);
	}
	for (size_t i = 0; i < COUNT(odd_rows); i++) {
		struct mp_challenges list = { 0 };
		char got[1024];

		CHECK_EQ(odd_rows[i].label, parse_line(odd_rows[i].line, &list, NULL), MCPASS_OK);
		print_list(&list, got, sizeof(got));
		CHECK_STR(odd_rows[i].label, got, odd_rows[i].want);
		CHECK(odd_rows[i].label, list.odd);
		mp_challenges_free(&list);
	}
}

static void test_lines(void)
{
	static const struct mcpass_header headers[] = {
		{ "WWW-Authenticate", "Negotiate" },
		{ "Content-Type", "text/plain; broken=\"" },
		{ "www-authenticate", "Basic realm=\"x\", bearer Scope=\"a\"" },
		{ "WWW-Authenticate", "" },
		{ "WWW-AUTHENTICATE", "Bearer scope=b" },
	};
	static const struct mcpass_header apart[] = {
		{ "WWW-Authenticate", "Bearer a=b" }, { "WWW-Authenticate", "c=d" },
	};
	const struct mp_challenge *bearer;
	struct mp_challenges list = { 0 };
	char got[1024];

	CHECK_EQ("many lines", mp_challenges_parse(headers, COUNT(headers), &list, NULL),
	    MCPASS_OK);
	print_list(&list, got, sizeof(got));
	CHECK_STR("in order", got, "Negotiate|Basic realm=[x]|bearer Scope=[a]|Bearer scope=[b]");
	bearer = mp_challenge_find(&list, "BEARER");
	CHECK("the first of a scheme", bearer == &list.items[2]);
	CHECK_STR("a parameter without case", mp_challenge_get(bearer, "sCOPE"), "a");
	CHECK_STR("an absent one", mp_challenge_get(bearer, "realm"), NULL);
	CHECK("an absent scheme", mp_challenge_find(&list, "DPoP") == NULL);
	CHECK_STR("what the first says", mp_challenges_get(&list, "Bearer", "scope"), "a");
	CHECK_STR("what none says", mp_challenges_get(&list, "Bearer", "error"), NULL);
	mp_challenges_free(&list);
	CHECK_EQ("no such header", mp_challenges_parse(headers + 1, 1, &list, NULL), MCPASS_OK);
	CHECK_EQ("an empty list", list.count, 0);
	CHECK_EQ("no header at all", mp_challenges_parse(NULL, 0, &list, NULL), MCPASS_OK);
	CHECK_EQ("two lines", mp_challenges_parse(apart, 2, &list, NULL), MCPASS_OK);
	print_list(&list, got, sizeof(got));
	CHECK_STR("a challenge ends with its line", got, "Bearer a=[b]");
	CHECK("which is odd", list.odd);
	mp_challenges_free(&list);
}

static void test_caps(void)
{
	struct mp_challenges list = { 0 };
	struct mp_buf line;

	mp_buf_init(&line, 1 << 20);
	for (int i = 0; i < MP_MAX_ITEMS; i++)
		mp_buf_adds(&line, "X,");
	CHECK_EQ("as many challenges as can be", parse_line(line.data, &list, NULL), MCPASS_OK);
	CHECK_EQ("all of them", list.count, MP_MAX_ITEMS);
	mp_challenges_free(&list);
	mp_buf_adds(&line, "X");
	CHECK_EQ("one more", parse_line(line.data, &list, NULL), MCPASS_OK);
	CHECK("is left out", list.count == MP_MAX_ITEMS && list.odd);
	mp_challenges_free(&list);
	mp_buf_clear(&line);
	mp_buf_adds(&line, "X ");
	for (int i = 0; i < MP_MAX_ITEMS; i++)
		mp_buf_addf(&line, "p%d=v,", i);
	CHECK_EQ("as many parameters as can be", parse_line(line.data, &list, NULL), MCPASS_OK);
	mp_challenges_free(&list);
	mp_buf_adds(&line, "x=y");
	CHECK_EQ("one more", parse_line(line.data, &list, NULL), MCPASS_OK);
	CHECK("is left out", list.items[0].count == MP_MAX_ITEMS && list.odd);
	mp_challenges_free(&list);
	mp_buf_free(&line);
}

static const struct {
	const char *label, *before, *value, *want;
} add_rows[] = {
	{ "the first", "Bearer ", "x", "Bearer a=\"x\"" },
	{ "the next", "Bearer b=\"y\"", "x", "Bearer b=\"y\", a=\"x\"" },
	{ "behind another challenge", "Basic realm=\"y\", Bearer ", "x",
	    "Basic realm=\"y\", Bearer a=\"x\"" },
	{ "absent", "Bearer ", NULL, "Bearer " },
	{ "empty", "Bearer ", "", "Bearer a=\"\"" },
	{ "quotes and backslashes", "Bearer ", "\"\\", "Bearer a=\"\\\"\\\\\"" },
	{ "a value that ends in a space", "Bearer b=\"y \"", "x", "Bearer b=\"y \", a=\"x\"" },
	{ "not ASCII", "Bearer ", "\xc3\xa9", "Bearer a=\"\xc3\xa9\"" },
	{ "line feed", "Bearer ", "x\nSet-Cookie: y", NULL },
	{ "carriage return", "Bearer ", "x\r", NULL },
	{ "tab", "Bearer ", "\t", NULL },
	{ "DEL", "Bearer ", "\x7f", NULL },
};

static void test_add(void)
{
	for (size_t i = 0; i < COUNT(add_rows); i++) {
		const char *want = add_rows[i].want;
		struct mp_buf buf;

		mp_buf_init(&buf, 100);
		mp_buf_adds(&buf, add_rows[i].before);
		mp_challenge_add(&buf, "a", add_rows[i].value);
		CHECK_EQ(add_rows[i].label, mp_buf_check(&buf, "it", NULL),
		    want != NULL ? MCPASS_OK : MCPASS_E_LIMIT);
		if (want != NULL)
			CHECK_STR(add_rows[i].label, mp_buf_text(&buf), want);
		mp_buf_free(&buf);
	}
}

static void test_no_memory(void)
{
	static const struct mcpass_header header = { "WWW-Authenticate",
		"Negotiate YII=, Bearer a=\"b\", c=d" };

	OOM_EACH {
		struct mp_challenges list = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_challenges_parse(&header, 1, &list, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK("untouched", rc == MCPASS_OK || (list.items == NULL && list.count == 0));
		mp_challenges_free(&list);
	}
}

int main(void)
{
	test_parse();
	test_lines();
	test_caps();
	test_add();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
