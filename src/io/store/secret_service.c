#include "io/store/secret_service.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "base/secret.h"
#include "io/child.h"

#define PREFIX "secret-service:"
#define TOOL "secret-tool"
#define USUAL_NAME "store"
#define MAX_NAME 64
#define PATIENCE_MS 60000
#define NOT_RUN 127                     /* as of a shell */
#define MAX_WORDS 8

bool mp_secret_service_is(const char *place)
{
	return strncmp(place, PREFIX, strlen(PREFIX)) == 0;
}

static const char *name_of(const char *place)
{
	const char *name = place + strlen(PREFIX);

	return name[0] != '\0' ? name : USUAL_NAME;
}

void mp_secret_service_show(const char *place, struct mp_buf *text)
{
	mp_buf_addf(text, "the Secret Service (%s)", name_of(place));
}

/* It is an argument of a program: none that looks like an option. */
static enum mcpass_rc check_name(const char *name, struct mcpass_error *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	enum mcpass_rc rc;

	if (name[0] != '-' && name[strspn(name, plain)] == '\0' && strlen(name) <= MAX_NAME)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s is no name of keys in the Secret Service", name);
	mp_hint(err, PREFIX "NAME, of %d letters, digits, '.', '_' and '-' at most.", MAX_NAME);
	return rc;
}

/* TOOL's verb, a label where it wants one, and the attributes that find the item. */
static enum mcpass_rc ask(const char *verb, const char *name, const char *input,
    struct mp_child_answer *ret_answer, struct mcpass_error *err)
{
	char path[PATH_MAX], label[MAX_NAME + sizeof("--label=mcpass: keys of a store ()")];
	char *words[MAX_WORDS] = { path, (char *)verb };
	size_t count = 2;
	enum mcpass_rc rc;

	if (!mp_child_find(TOOL, path, sizeof(path))) {
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "there is no " TOOL ", which asks the Secret Service");
		mp_hint(err, "Install it (Debian: apt install libsecret-tools), or keep the keys in a file.");
		return rc;
	}
	if (input != NULL) {
		(void)snprintf(label, sizeof(label), "--label=mcpass: keys of a store (%s)", name);
		words[count++] = label;
	}
	words[count++] = (char *)"service";
	words[count++] = (char *)"mcpass";
	words[count++] = (char *)"keys";
	words[count++] = (char *)name;
	rc = mp_child_ask(words, input, PATIENCE_MS, ret_answer, err);
	if (!rc && ret_answer->status == NOT_RUN && ret_answer->said[0] == '\0')
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "%s cannot be run", path);
	if (rc == MCPASS_E_EXPIRED)
		mp_hint(err, "The keyring's password may be asked for on the desktop's screen.");
	return mp_doing(err, rc, "asking " TOOL);
}

static enum mcpass_rc fail_as(const char *said, struct mcpass_error *err)
{
	const char *words = strncmp(said, TOOL ": ", strlen(TOOL ": ")) == 0 ? said + strlen(TOOL ": ") : said;
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_STORE, NULL, "the Secret Service: %s",
	    words[0] != '\0' ? words : "the keyring is locked");

	mp_hint(err, "It answers in a desktop's session (DBUS_SESSION_BUS_ADDRESS) whose keyring is"
	    " unlocked: sign in there, or unlock it.");
	return rc;
}

/* There is nothing, or nothing that can be read: secret-tool says neither. */
static enum mcpass_rc check_absent(const char *name, struct mcpass_error *err)
{
	struct mp_child_answer answer = { .status = 0 };
	enum mcpass_rc rc;

	mp_buf_init(&answer.out, (size_t)4 * MP_CHILD_MAX_INPUT);
	rc = ask("search", name, NULL, &answer, err);
	if (!rc && (answer.status != 0 || answer.out.len > 0))
		rc = fail_as(answer.out.len > 0 ? "" : answer.said, err);
	mp_buf_free(&answer.out);
	return rc;
}

enum mcpass_rc mp_secret_service_read(const char *place, char **ret_text, struct mcpass_error *err)
{
	const char *name = name_of(place);
	struct mp_child_answer answer = { .status = 0 };
	enum mcpass_rc rc = check_name(name, err);

	mp_buf_init(&answer.out, MP_CHILD_MAX_INPUT + 1);
	if (!rc)
		rc = ask("lookup", name, NULL, &answer, err);
	if (!rc && answer.status != 0 && answer.said[0] != '\0')
		rc = fail_as(answer.said, err);
	else if (!rc && (answer.status != 0 || answer.out.len == 0))
		rc = check_absent(name, err);
	else if (!rc && memchr(mp_buf_text(&answer.out), '\0', answer.out.len) != NULL)
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "what the Secret Service has is no text");
	else if (!rc)
		rc = mp_buf_take(&answer.out, "the keys", ret_text, err);
	mp_buf_free(&answer.out);
	return rc;
}

enum mcpass_rc mp_secret_service_write(const char *place, const char *text, struct mcpass_error *err)
{
	const char *name = name_of(place);
	struct mp_child_answer answer = { .status = 0 };
	enum mcpass_rc rc = check_name(name, err);

	mp_buf_init(&answer.out, MP_CHILD_MAX_INPUT);
	if (!rc)
		rc = ask("store", name, text, &answer, err);
	if (!rc && answer.status != 0)
		rc = fail_as(answer.said, err);
	mp_buf_free(&answer.out);
	return rc;
}
