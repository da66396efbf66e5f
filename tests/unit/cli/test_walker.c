/* The form walker of the demo, on pages like our own. */
#include <string.h>
#include "serve/authserver/user_entry.h"
#include "serve/address.h"
#include "cli/demo/auto_login.h"
#include "harness/check.h"

static const struct {
	const char *label, *html;
	enum mcpass_rc want;
	const char *action, *fields;    /* "name=value;..." */
} form_rows[] = {
	{ "a login page", "<h1>x</h1><form method=\"post\" action=\"/login\">"
	    "<input type=\"hidden\" name=\"ticket\" value=\"t&amp;1\">\n"
	    "<input id=\"u\" name=\"username\" value=\"\"><input name=\"password\" type=\"password\">"
	    "<button class=\"main\">Sign in</button></form>", MCPASS_OK, "/login",
	    "ticket=t&1;username=;password=;" },
	{ "a consent page", "<form action=\"/consent\"><button name=\"decision\" value=\"deny\">No"
	    "</button><button class=\"main\" name=\"decision\" value=\"allow\">Yes</button></form>",
	    MCPASS_OK, "/consent", "decision=allow;" },
	{ "entities", "<form action=\"/a?b=1&amp;c=&quot;&lt;&gt;&#39;\"></form>", MCPASS_OK,
	    "/a?b=1&c=\"<>'", "" },
	{ "fields behind the form are not its", "<form action=\"/a\"></form><input name=\"x\">",
	    MCPASS_OK, "/a", "" },
	{ "no form", "<p>Hello</p>", MCPASS_E_PROTOCOL, NULL, NULL },
	{ "no end", "<form action=\"/a\"><input name=\"x\">", MCPASS_E_PROTOCOL, NULL, NULL },
	{ "no action", "<form method=\"post\"><a action=\"/x\"></form>", MCPASS_E_PROTOCOL, NULL, NULL },
	{ "an attribute without an end", "<form action=\"/a></form>", MCPASS_E_PROTOCOL, NULL, NULL },
};

static void test_forms(void)
{
	for (size_t i = 0; i < COUNT(form_rows); i++) {
		const char *label = form_rows[i].label;
		struct mp_page_form form = { 0 };
		struct mp_buf fields;

		CHECK_EQ(label, mp_auto_login_read_form(form_rows[i].html, &form, NULL), form_rows[i].want);
		CHECK_STR(label, form.action, form_rows[i].action);
		mp_buf_init(&fields, 1000);
		for (size_t f = 0; f < form.fields.count; f++)
			mp_buf_addf(&fields, "%s=%s;", form.fields.items[f].name, form.fields.items[f].value);
		if (form_rows[i].fields != NULL)
			CHECK_STR(label, mp_buf_text(&fields), form_rows[i].fields);
		mp_buf_free(&fields);
		mp_auto_login_free_form(&form);
	}
}

static void test_cookies(void)
{
	struct mcpass_header items[] = {
		{ "Set-Cookie", "a=1; Path=/; HttpOnly" }, { "set-cookie", "b=2" }, { "X", "c=3" },
	};
	struct mcpass_header later[] = { { "Set-Cookie", "a=; Max-Age=0" }, { "Set-Cookie", "b=4" } };
	const struct mp_headers first = { items, COUNT(items) }, second = { later, COUNT(later) };
	struct mp_headers jar = { 0 };

	CHECK_EQ("two cookies", mp_auto_login_take_cookies(&first, &jar, NULL), MCPASS_OK);
	CHECK_EQ("two cookies", jar.count, 2);
	CHECK_STR("without its attributes", mp_header_get(jar.items, jar.count, "a"), "1");
	CHECK_EQ("changed", mp_auto_login_take_cookies(&second, &jar, NULL), MCPASS_OK);
	CHECK_EQ("one is gone", jar.count, 1);
	CHECK_STR("one is new", mp_header_get(jar.items, jar.count, "b"), "4");
	mp_headers_free(&jar);
}

static void test_people(void)
{
	struct mp_secret one = { 0 }, two = { 0 };
	json_t *entry = NULL;
	const char *hash;

	CHECK_EQ("invented", mp_user_entry_new_password(&one, NULL), MCPASS_OK);
	CHECK_EQ("invented", mp_user_entry_new_password(&two, NULL), MCPASS_OK);
	CHECK_EQ("so long", strlen(mp_secret_reveal(&one)), 14);
	CHECK("never the same", !mp_secret_equal(&one, &two));
	CHECK_EQ("an entry", mp_user_entry_make("carol", &one, &entry, NULL), MCPASS_OK);
	CHECK_STR("its name", json_string_value(json_object_get(entry, "username")), "carol");
	hash = json_string_value(json_object_get(entry, "password_hash"));
	CHECK_HAS("a hash", hash, "$scrypt$");
	CHECK("not the password", hash == NULL || strstr(hash, mp_secret_reveal(&one)) == NULL);
	json_decref(entry);
	mp_secret_free(&one);
	mp_secret_free(&two);
}

static void test_addresses(void)
{
	char *url = NULL;

	CHECK("the default", mp_address_is_loopback(NULL));
	CHECK("127.0.0.2", mp_address_is_loopback("127.0.0.2"));
	CHECK("::1", mp_address_is_loopback("::1"));
	CHECK("everywhere", !mp_address_is_loopback("0.0.0.0"));
	CHECK("everywhere", !mp_address_is_loopback("::"));
	CHECK("a name that only looks so", !mp_address_is_loopback("127.0.0.1.example"));
	CHECK_EQ("a URL", mp_address_url("::1", 80, "/mcp", &url, NULL), MCPASS_OK);
	CHECK_STR("a URL", url, "http://[::1]:80/mcp");
	mp_free_wiped(url);
}

int main(void)
{
	test_forms();
	test_cookies();
	test_people();
	test_addresses();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
