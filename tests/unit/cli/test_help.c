/* The table of commands: help, manual pages and options say the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/connect/connection.h"
#include "cli/help.h"
#include "cli/show/hint.h"
#include "harness/check.h"

/* "callback-port" is "\-\-callback\-port" in a manual page. */
static void roff_name(const char *name, char *text, size_t room)
{
	size_t at = (size_t)snprintf(text, room, "\\-\\-");

	for (; *name != '\0' && at + 3 < room; name++) {
		if (*name == '-')
			text[at++] = '\\';
		text[at++] = *name;
	}
	text[at] = '\0';
}

static char *read_page(const char *command)
{
	char path[512];
	size_t len;

	if (strcmp(command, "prompts") == 0 || strcmp(command, "resources") == 0)
		command = "tools";
	if (strcmp(command, "uninstall") == 0)
		command = "install";
	(void)snprintf(path, sizeof(path), "%s/../../man/mcpass%s%s.1", MP_VECTORS,
	    command[0] != '\0' ? "-" : "", command);
	return check_read(path, &len);
}

static bool is_shared(const struct mp_option_table *table)
{
	return table == &mp_common_table || table == &mp_connection_table
	    || table == &mp_login_table || table == &mp_service_table;
}

/* A shared option is in mcpass(1), another in its command's page. */
static void test_pages(void)
{
	char *shared = read_page("");

	for (size_t i = 0; i < mp_command_count; i++) {
		const struct mp_command *command = mp_commands[i];
		char *own = strcmp(command->name, "help") == 0 ? NULL : read_page(command->name);

		for (const struct mp_option_place *p = command->places; p->table != NULL; p++)
			for (size_t o = 0; o < p->table->count; o++) {
				const struct mp_option *option = &p->table->options[o];
				char name[64], label[96];

				roff_name(option->name, name, sizeof(name));
				(void)snprintf(label, sizeof(label), "%s --%s", command->name, option->name);
				CHECK_HAS(label, is_shared(p->table) ? shared : own, name);
			}
		free(own);
	}
	free(shared);
}

static void check_option(const struct mp_command *command, const struct mp_option *option,
    size_t offset)
{
	bool is_flag = option->type == MP_OPTION_FLAG;

	CHECK_EQ(option->name, option->value == NULL, is_flag);
	CHECK(option->name, offset + option->offset < command->options_size);
	CHECK(option->name, option->help[strlen(option->help) - 1] == '.');
}

/* Of two options with one name, only the first would ever be found. */
static void test_options(void)
{
	for (size_t i = 0; i < mp_command_count; i++) {
		const struct mp_option *seen[64];
		size_t count = 0;

		for (const struct mp_option_place *p = mp_commands[i]->places; p->table != NULL; p++)
			for (size_t o = 0; o < p->table->count; o++) {
				const struct mp_option *option = &p->table->options[o];

				check_option(mp_commands[i], option, p->offset);
				for (size_t s = 0; s < count; s++) {
					CHECK(option->name, strcmp(seen[s]->name, option->name) != 0);
					CHECK(option->name, option->letter == '\0'
					    || seen[s]->letter != option->letter);
				}
				if (CHECK("so many options", count < COUNT(seen)))
					seen[count++] = option;
			}
		CHECK(mp_commands[i]->name, count >= mp_common_table.count);
	}
}

static void test_help(void)
{
	static const struct mp_term term = { .width = 80 };
	struct mp_buf buf;

	mp_buf_init(&buf, 100000);
	mp_help_overview(&buf, &term);
	for (size_t i = 0; i < mp_command_count; i++)
		CHECK_HAS("the overview names it", mp_buf_text(&buf), mp_commands[i]->name);
	CHECK_HAS("the overview has the exit codes", mp_buf_text(&buf), "5  refused");
	for (size_t i = 0; i < mp_command_count; i++) {
		char usage[64];

		mp_buf_clear(&buf);
		mp_help_command(&buf, &term, mp_commands[i]);
		(void)snprintf(usage, sizeof(usage), "usage: mcpass %s ", mp_commands[i]->name);
		CHECK_HAS(mp_commands[i]->name, mp_buf_text(&buf), usage);
		CHECK_HAS(mp_commands[i]->name, mp_buf_text(&buf), "-q, --quiet");
		for (const char *line = mp_buf_text(&buf); *line != '\0'; line += strcspn(line, "\n") + 1)
			CHECK(mp_commands[i]->name, strcspn(line, "\n") <= 96);
	}
	mp_buf_clear(&buf);
	mp_help_command(&buf, &term, &mp_command_call);
	CHECK("the options for signing in have a page", strstr(mp_buf_text(&buf), "--client-secret-file")
	    == NULL);
	CHECK_HAS("which is named", mp_buf_text(&buf), "see 'mcpass help login'");
	mp_buf_clear(&buf);
	mp_help_command(&buf, &term, &mp_command_login);
	for (const struct mp_option_place *p = mp_command_call.places; p->table != NULL; p++)
		for (size_t o = 0; is_shared(p->table) && o < p->table->count; o++)
			CHECK_HAS(p->table->options[o].name, mp_buf_text(&buf), p->table->options[o].name);
	mp_buf_free(&buf);
}

static const struct {
	const char *label, *words;
	enum mcpass_rc want;
	const char *detail, *hint;
} rows[] = {
	{ "no operand", "call", MCPASS_E_USAGE, "call: an argument is missing",
	    "usage: mcpass call SERVER TOOL [KEY=VALUE ...]" },
	{ "one too many", "logout|a|b", MCPASS_E_USAGE, "logout: one argument too many: b",
	    "usage: mcpass logout SERVER" },
	{ "an unknown option", "call|a|b|--explian", MCPASS_E_USAGE, "unknown option --explian",
	    "did you mean --explain?" },
	{ "an unknown option far from all", "call|a|b|--frobnicate", MCPASS_E_USAGE,
	    "unknown option --frobnicate", "'mcpass help call' lists its options" },
	{ "an unknown command to help with", "help|cal", MCPASS_E_USAGE, "unknown command cal",
	    "did you mean 'mcpass call'?" },
	{ "another", "help|frobnicate", MCPASS_E_USAGE, "unknown command frobnicate",
	    "'mcpass help' lists the commands" },
	{ "an unknown shell", "completion|tcsh", MCPASS_E_USAGE,
	    "unknown shell tcsh: bash, zsh or fish", "" },
	{ "no issuer", "serve", MCPASS_E_USAGE, "no issuer whose tokens are accepted",
	    "--issuer URL, such as that of 'mcpass authserver'; or --open for none" },
	{ "open to the world", "serve|--open|--bind|0.0.0.0", MCPASS_E_POLICY,
	    "--open on 0.0.0.0: everybody there could call it",
	    "--open is for loopback addresses; elsewhere name an --issuer" },
	{ "a far address without a name", "serve|-i|https://a|--bind|0.0.0.0", MCPASS_E_USAGE,
	    "on 0.0.0.0 its public URL has to be told",
	    "--resource https://HOST/mcp: tokens are bound to it" },
	{ "an unknown fault", "authserver|--fault|zzzzzzz", MCPASS_E_USAGE, "unknown fault zzzzzzz",
	    "'mcpass authserver --fault help' lists them" },
	{ "a token for nobody", "authserver|token", MCPASS_E_USAGE,
	    "--user and --resource are needed", "" },
	{ "a token without a key", "authserver|token|--user|a|--resource|https://x", MCPASS_E_USAGE,
	    "no key to sign with", "--data FILE of the server, or its --key FILE" },
	{ "a profile of two words", "token|https://x|--profile|a b", MCPASS_E_USAGE,
	    "--profile a b: letters, digits, . _ - only", "" },
	{ "an unknown grant", "token|https://x|--grant|password", MCPASS_E_USAGE,
	    "--grant password: code, client-credentials, jwt-bearer, id-jag or device", "" },
	{ "an unknown mode", "serve|-i|https://a|--port|0|--dpop|maybe", MCPASS_E_USAGE,
	    "dpop maybe: off, accepted or required", "" },
	{ "a document nowhere", "client-metadata", MCPASS_E_USAGE, "where will the document be?",
	    "--url https://HOST/PATH, which is the client id" },
	{ "a client id without TLS", "client-metadata|--url|http://x.example/c", MCPASS_E_USAGE,
	    "http://x.example/c: a client id is an https URL with a path, and neither query nor fragment", "" },
	{ "a client id without a path", "client-metadata|--url|https://x.example/", MCPASS_E_USAGE,
	    "https://x.example/: a client id is an https URL with a path, and neither query nor fragment", "" },
	{ "a client id with a query", "client-metadata|--url|https://x.example/c?a", MCPASS_E_USAGE,
	    "https://x.example/c?a: a client id is an https URL with a path, and neither query nor fragment", "" },
	{ "parameters that are no object", "request|https://x|tools/list|[]", MCPASS_E_USAGE,
	    "the parameters are not a JSON object", "" },
};

static void test_run(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct mcpass_error err = { 0 };
		char words[128], *argv[8];
		int argc = 0;

		strcpy(words, rows[i].words);
		for (char *word = strtok(words, "|"); word != NULL; word = strtok(NULL, "|"))
			argv[argc++] = word;
		CHECK_EQ(label, mp_command_run(mp_command_find(argv[0]), argc - 1, argv + 1, &err),
		    rows[i].want);
		CHECK_STR(label, err.detail, rows[i].detail);
		CHECK_STR(label, err.hint, rows[i].hint);
	}
	CHECK("no such command", mp_command_find("cal") == NULL);
}

struct hinted {
	struct mp_common common;
	struct mp_connection_options conn;
};
static const struct mp_option_place hinted_places[] = { MP_CONNECTION_PLACES(struct hinted), { NULL, 0 } };
static const struct mp_command hinted = { .name = "call", .places = hinted_places };

static const struct {
	const char *label, *hint, *config, *profile, *store, *server, *want;
} hint_rows[] = {
	{ "nothing was given", "mcpass login https://x/mcp", NULL, NULL, NULL, "https://x/mcp",
	    "mcpass login https://x/mcp" },
	{ "a profile", "mcpass login https://x/mcp", NULL, "work", NULL, "https://x/mcp",
	    "mcpass login --profile work https://x/mcp" },
	{ "all of them, and a name", "run: mcpass logout https://x/mcp, then try", "f.json", "a b", "s.db",
	    "team", "run: mcpass logout --config f.json --profile 'a b' --store s.db team, then try" },
	{ "options of its own", "mcpass login --again https://x/mcp", NULL, "work", NULL, "https://x/mcp",
	    "mcpass login --profile work --again https://x/mcp" },
	{ "a quote", "mcpass login https://x/mcp", NULL, "it's", NULL, NULL,
	    "mcpass login --profile 'it'\\''s' https://x/mcp" },
	{ "no server in it", "mcpass logout drops it", NULL, "work", NULL, "https://x/mcp",
	    "mcpass logout --profile work drops it" },
	{ "another hint", "look at https://x/mcp", NULL, "work", NULL, "team", "look at https://x/mcp" },
};

static void test_hints(void)
{
	for (size_t i = 0; i < COUNT(hint_rows); i++) {
		struct hinted options = { .conn = { .config = hint_rows[i].config,
			.profile = hint_rows[i].profile, .store = hint_rows[i].store } };
		struct mcpass_error err = { .rc = MCPASS_E_DENIED };

		mp_hint(&err, "%s", hint_rows[i].hint);
		mp_hint_complete(&hinted, &options, hint_rows[i].server, &err);
		CHECK_STR(hint_rows[i].label, err.hint, hint_rows[i].want);
	}
}

int main(void)
{
	test_hints();
	test_pages();
	test_options();
	test_help();
	test_run();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
